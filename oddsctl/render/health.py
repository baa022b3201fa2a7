"""How the three APIs are, as a page for people. Decides no status; the document does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.render import text
from oddsctl.render.layout import Column, banner, cell, show_lines, side_by_side, width

Facts = Mapping[str, Any]

SIGNS = {
    "healthy": ("✓", "+", "green"),
    "degraded": ("!", "!", "yellow"),
    "unhealthy": ("✗", "x", "bold red"),
    "unknown": ("?", "?", "dim"),
}
"""The sign, the same in ASCII, and the colour: each status is told by its word as well."""
INDENT = 9
"""The widest name of an API, and the gap."""
NARROWEST = 20


def show_health(console: Console, document: Facts, *, now: float, zone: ZoneInfo, demo: bool = False) -> None:
    """Print the page."""
    mark = banner(demo=demo)
    with console:  # written at once
        show_lines(console, [*mark, *health_lines(console, document["apis"], now=now, zone=zone), *mark])


def health_lines(console: Console, apis: Mapping[str, Facts], *, now: float, zone: ZoneInfo) -> list[Text]:
    """A line of facts for each API, and below it why.

    Where the lines are too narrow for the breaker it stands below as well.
    """
    facts = [
        Column([cell("health", "bold"), *(cell(api) for api in apis)]),
        Column([Text(), *(_status(console, one["status"]) for one in apis.values())]),
        _values("since", (_since(one["since"], now, zone) for one in apis.values())),
        _values("latency", (text.latency(one["latency_ms"]) for one in apis.values()), right=True),
        _values("errors", (text.share(one["error_rate"]) for one in apis.values()), right=True),
    ]
    lines = side_by_side([*facts, _values("breaker", (_state(one["breaker"]) for one in apis.values()))])
    apart = width(lines) > console.width
    heading, *rows = side_by_side(facts) if apart else lines
    page = [heading]
    for row, one in zip(rows, apis.values(), strict=True):
        page += [row, *_below(console, one["reason"])]
        if (told := _breaker(one["breaker"], now, zone)) or apart:
            page += _below(console, f"breaker {_state(one['breaker'])}{told}")
    return page


def _status(console: Console, status: str) -> Text:
    sign, plain, style = SIGNS[status]
    return cell(f"{plain if console.options.ascii_only else sign} {status}", style)


def _since(since: str | None, now: float, zone: ZoneInfo) -> str:
    """`12 min (15:03)`, with the day where it is another."""
    if since is None:
        return text.UNKNOWN
    at, today = datetime.fromisoformat(since).astimezone(zone), datetime.fromtimestamp(now, zone)
    when = f"{at:%H:%M}" if at.date() == today.date() else text.day(at.date(), this_year=today.year)
    return f"{text.age(now - at.timestamp())} ({when})"


def _state(breaker: Facts) -> str:
    return str(breaker["state"]).replace("_", " ")


def _breaker(breaker: Facts, now: float, zone: ZoneInfo) -> str:
    """When an open one lets a call through again; nothing of any other."""
    if breaker["retry_at"] is None:
        return ""
    at = datetime.fromisoformat(breaker["retry_at"]).astimezone(zone)
    failed = f" after {text.counted(breaker['failures'], 'failure')}" if breaker["failures"] else ""
    return f"{failed}: asks again at {at:%H:%M:%S}, in {text.age(at.timestamp() - now)}"


def _below(console: Console, words: str) -> list[Text]:
    """Words under the facts, on as many lines as they need."""
    lines = cell(words, "dim").wrap(console, max(NARROWEST, console.width - INDENT))
    for line in lines:
        line.pad_left(INDENT)
    return list(lines)


def _values(title: str, values: Iterable[str], *, right: bool = False) -> Column:
    return Column([cell(title, "dim"), *(cell(value) for value in values)], right=right)
