"""The panels of `dashboard`, each as lines: limits, health, queue, last calls, performance.

What is not known is never shown as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.domain.reports import QueueItem
from oddsctl.records.call_report import IN_FLIGHT, RecentCall
from oddsctl.render import queue as timeline
from oddsctl.render import stats, text, timeline_chart
from oddsctl.render.layout import LEAST_ROOM, Column, cell, named, side_by_side, width

Facts = Mapping[str, Any]

STATUS_STYLES = {"healthy": "green", "degraded": "yellow", "unhealthy": "bold red", "unknown": "dim"}
INDENT = 9
"""The widest name of an API, and the gap."""
LEAST_ROWS = 4
"""Rows of the queue, head included, that are left below its drawing; else it has none."""
CALL_EXTENTS = (
    ("time", "api", "sport", "command", "outcome", "credits", "took"),
    ("time", "api", "sport", "outcome", "credits", "took"),
    ("time", "api", "outcome", "credits", "took"),
    ("time", "api", "outcome", "credits"),
    ("api", "outcome"),
)
"""The columns, fewer and fewer: the first set that fits is taken."""


def limits(console: Console, document: Facts, zone: ZoneInfo, *, chart: bool) -> list[Text]:
    """The buckets and the accounts, with the chart of the month if wished for."""
    apis: Mapping[str, Facts] = document["apis"]
    days = document["days"] if chart else []
    accounts = [
        stats.account(console, api, facts["credits"], days, zone)
        for api, facts in apis.items()
        if "credits" in facts
    ]
    return [*stats.buckets(console, apis), *(line for account in accounts for line in account)]


def health(console: Console, document: Facts | None, now: float, *, in_full: bool) -> list[Text]:
    """A line for each API; why it is so at its end, or in full below it."""
    if document is None:
        return [cell("not known", "dim")]
    apis: Mapping[str, Facts] = document["apis"]
    reasons = [str(one["reason"] or "") for one in apis.values()]
    columns = [
        _column("api", apis),
        Column(
            [
                cell("status", "dim"),
                *(cell(one["status"], STATUS_STYLES.get(one["status"], "")) for one in apis.values()),
            ]
        ),
        _column("for", [_since(one["since"], now) for one in apis.values()], right=True),
        _column("latency", [text.latency(one["latency_ms"]) for one in apis.values()], right=True),
        _column("breaker", [str(one["breaker"]["state"]).replace("_", " ") for one in apis.values()]),
    ]
    if not in_full:
        return side_by_side([*columns, _column("why", reasons)])
    heading, *rows = side_by_side(columns)
    return [
        heading,
        *(line for row, why in zip(rows, reasons, strict=True) for line in (row, *_below(console, why))),
    ]


def queue(
    console: Console, items: Sequence[QueueItem], now: float, zone: ZoneInfo, height: int | None
) -> list[Text]:
    """What waits and what is planned: the sum, the drawing where there is room for it, and the rows."""
    if not items:
        return [cell("Nothing waits, and nothing is planned.", "dim")]
    signs = timeline_chart.glyphs_for(console)
    drawn = [*timeline_chart.draw_timeline(items, now, zone, signs, console.width), Text()]
    if height is not None and height < 1 + len(drawn) + LEAST_ROWS:
        drawn = []
    above = [timeline.total(items), *drawn]
    return above + _listed(
        items, lambda part: timeline.rows(part, now, zone, signs, console.width), height, len(above)
    )


def calls(
    console: Console, found: Sequence[RecentCall], now: float, zone: ZoneInfo, height: int | None
) -> list[Text]:
    """The last calls, newest first: when, of whom, for what, how it ended, what it cost and how long it
    took.
    """
    if not found:
        return [cell("No call is on record.", "dim")]
    return _listed(found, lambda part: _call_rows(console, part, now, zone), height, 0)


def performance(console: Console, document: Facts, zone: ZoneInfo) -> list[Text]:
    """Calls, errors, retries and latency of each API, how often stored answers did, and what that saved."""
    cache = document["cache"]
    requests = sum(cache[name] for name in ("hits", "misses", "stale", "joined"))
    rate = (
        f"{cache['hits'] / requests:.0%} of {text.counted(requests, 'request')}" if requests else text.UNKNOWN
    )
    return [
        *stats.calls(console, document, zone),
        *named(console, ("hits ",), [cell(rate)]),
        *stats.cache(console, cache, document["saved"]),
    ]


def _listed(
    things: Sequence[Any], rows: Callable[[Sequence[Any]], list[Text]], height: int | None, above: int
) -> list[Text]:
    """The rows of these things under their head; where not all have room, how many more there are."""
    if height is None or above + 1 + len(things) <= height:
        return rows(things)
    shown = max(0, height - above - 2)
    return (
        [*rows(things[:shown])[: shown + 1], cell(f"{text.number(len(things) - shown)} more", "dim")]
        if shown
        else []
    )


def _call_rows(console: Console, found: Sequence[RecentCall], now: float, zone: ZoneInfo) -> list[Text]:
    for extent in CALL_EXTENTS:
        lines = side_by_side([_call_column(name, found, now, zone) for name in extent])
        if width(lines) <= console.width:
            break
    return lines


def _call_column(name: str, found: Sequence[RecentCall], now: float, zone: ZoneInfo) -> Column:
    spell: dict[str, Callable[[RecentCall], Text]] = {
        "time": lambda call: cell(_time(call.at, now, zone)),
        "api": lambda call: cell(call.api),
        "sport": lambda call: cell(call.sport or ""),
        "command": lambda call: cell(call.command),
        "outcome": lambda call: cell(
            call.outcome.lower().replace("_", " ") if call.outcome == IN_FLIGHT else call.outcome,
            _style(call),
        ),
        "credits": _credits,
        "took": lambda call: cell(text.latency(None if call.seconds is None else call.seconds * 1000)),
    }
    return Column(
        [cell(name, "dim"), *(spell[name](call) for call in found)], right=name in ("credits", "took")
    )


def _style(call: RecentCall) -> str:
    return {"FETCHED": "green", IN_FLIGHT: "cyan"}.get(call.outcome, "yellow")


def _credits(call: RecentCall) -> Text:
    """What it cost, or the price with a question mark where nobody knows."""
    if call.spent is None:
        return cell(f"{call.price}?" if call.price else "0", "" if call.price else "dim")
    return cell(str(call.spent), "" if call.spent else "dim")


def _time(at: float, now: float, zone: ZoneInfo) -> str:
    moment, today = (datetime.fromtimestamp(when, zone) for when in (at, now))
    return f"{moment:%H:%M:%S}" if moment.date() == today.date() else f"{moment.day} {moment:%b %H:%M}"


def _below(console: Console, words: str) -> list[Text]:
    """Words on as many lines as they need, set in as far as the names above reach."""
    lines = list(cell(words, "dim").wrap(console, max(LEAST_ROOM, console.width - INDENT))) if words else []
    for line in lines:
        line.pad_left(INDENT)
    return lines


def _since(stamp: str | None, now: float) -> str:
    return text.UNKNOWN if stamp is None else text.age(now - datetime.fromisoformat(stamp).timestamp())


def _column(title: str, values: Sequence[str] | Mapping[str, object], *, right: bool = False) -> Column:
    return Column([cell(title, "dim"), *(cell(value) for value in values)], right=right)
