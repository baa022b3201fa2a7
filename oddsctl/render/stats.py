"""Rate limits, credits and usage as a page for people, from the `oddsctl.stats/1` document. What is not known is never shown as 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.render import text
from oddsctl.render.layout import Column, banner, bar, cell, show_lines, side_by_side

Facts = Mapping[str, Any]

LOW = 0.1
"""Below this share of the whole a bar warns."""
CALL_COLUMNS = {"sent": "calls", "errors": "errors", "retries": "retries"}
LATENCY_COLUMNS = {"p50": "latency_p50_ms", "p95": "latency_p95_ms"}


def show_stats(console: Console, document: Facts, *, zone: ZoneInfo, demo: bool = False) -> None:
    """Print the page: the buckets, the account, the calls, the cache."""
    apis: Mapping[str, Facts] = document["apis"]
    parts = [
        _buckets(console, apis),
        *(_account(console, api, facts["credits"], zone) for api, facts in apis.items() if "credits" in facts),
        _calls(apis),
        _cache(document["cache"], document["saved"]),
    ]
    mark = banner(demo=demo)
    with console:  # written at once
        show_lines(console, mark)
        for number, part in enumerate(parts):
            show_lines(console, [Text(), *part] if number else part)
        show_lines(console, mark)


def _buckets(console: Console, apis: Mapping[str, Facts]) -> list[Text]:
    rows = apis.values()
    bars = [_share(console, facts["tokens"], facts["capacity"]) for facts in rows]
    return side_by_side(
        [
            _names("rate limits", apis),
            Column([Text(), *bars]),
            _values("tokens", (f"{text.number(facts['tokens'])} of {text.number(facts['capacity'])}" for facts in rows)),
            _values("refill", (_refill(facts) for facts in rows), right=False),
        ]
    )


def _refill(facts: Facts) -> str:
    rate, configured = facts["rate_per_second"], facts["configured_rate_per_second"]
    return f"{rate:g}/s" if rate == configured else f"{rate:g}/s, adapted from {configured:g}/s"


def _account(console: Console, api: str, credits: Facts, zone: ZoneInfo) -> list[Text]:
    used, left, limit = (credits[name] for name in ("used", "remaining", "limit"))
    balance = f"{text.number(left)} of {text.number(limit)} left, {text.number(used)} used"
    if left is None and used is None:
        balance = "not known yet: no answer has told the balance"
    held = {"reserved": "reserved", "maybe_charged": "maybe charged", "foreign": "spent by others on this key"}
    share = _share(console, left, limit)
    lines = [
        Text.assemble(share, "  ", balance) if share else Text(balance),
        cell(", ".join(f"{text.number(credits[name])} {words}" for name, words in held.items())),
        cell(_reset(credits, zone)),
        _pace(credits),
    ]
    names = [cell("credits", "bold"), cell(api), *(Text() for _ in lines[2:])]
    return side_by_side([Column(names), Column(lines)])


def _reset(credits: Facts, zone: ZoneInfo) -> str:
    if credits["reset_at"] is None:
        return "new month: not known yet"
    at = datetime.fromisoformat(credits["reset_at"]).astimezone(zone)
    known = "as configured, none seen yet" if credits["reset_inferred"] else "as seen before"
    return f"new month on {text.day(at.date(), this_year=at.year)} at {at:%H:%M} ({known})"


def _pace(credits: Facts) -> Text:
    pace, left = credits["spend_per_day"], credits["projected_remaining_at_reset"]
    if pace is None:
        return cell("pace not known yet")
    words = f"{text.number(pace)} a day so far"
    if left is None:
        return cell(words)
    if left < 0:
        return cell(f"{words}; at this pace about {-left:,.0f} too few until then", "yellow")
    return cell(f"{words}; at this pace about {left:,.0f} are left then")


def _calls(apis: Mapping[str, Facts]) -> list[Text]:
    rows = apis.values()
    return side_by_side(
        [
            _names("calls", apis),
            *(_values(name, (text.number(facts[key]) for facts in rows)) for name, key in CALL_COLUMNS.items()),
            *(_values(name, (text.latency(facts[key]) for facts in rows)) for name, key in LATENCY_COLUMNS.items()),
        ]
    )


def _cache(cache: Facts, saved: Facts) -> list[Text]:
    served = ", ".join(f"{text.number(cache[name])} {name}" for name in ("hits", "misses", "stale", "joined"))
    kept = f"{text.number(cache['entries'])} kept in {text.size(cache['bytes'])}"
    spared = f"{text.counted(saved['calls'], 'call')}, {text.counted(saved['credits'], 'credit')}"
    return side_by_side([Column([cell("cache", "bold"), cell("saved", "bold")]), Column([cell(f"{served}; {kept}"), cell(spared)])])


def _names(title: str, apis: Iterable[str]) -> Column:
    return Column([cell(title, "bold"), *(cell(api) for api in apis)])


def _values(title: str, values: Iterable[str], *, right: bool = True) -> Column:
    return Column([cell(title, "dim"), *(cell(value) for value in values)], right=right)


def _share(console: Console, part: float | None, whole: float | None) -> Text:
    share = part / whole if part is not None and whole else None
    return bar(console, share, "green" if share is None or share >= LOW else "yellow")
