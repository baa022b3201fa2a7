"""Rate limits, credits and usage as a page for people, from the `oddsctl.stats/1` document.

What is not known is never shown as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.render import text
from oddsctl.render.costs import group_lines
from oddsctl.render.layout import (
    BAR_CELLS,
    GAP,
    Column,
    banner,
    bar,
    cell,
    named,
    show_lines,
    side_by_side,
    width,
)

Facts = Mapping[str, Any]

LOW = 0.1
"""Below this share of the whole a bar warns."""
LEAST_BAR = 6
FATES = {"no_prices": "without prices"}
"""How windows ended, where the word of the document is not the one that people read."""
HOW_SAVED = "credits avoided by cache hits and shared requests"
CALL_COLUMNS = {"sent": "calls", "errors": "errors", "retries": "retries"}
LATENCY_COLUMNS = {"p50": "latency_p50_ms", "p95": "latency_p95_ms"}


def show_stats(console: Console, document: Facts, *, zone: ZoneInfo, demo: bool = False) -> None:
    """Print the page: the buckets, the account with its month, the calls, the cache."""
    with console:  # written at once
        show_lines(console, stats_page(console, document, zone=zone, demo=demo))


def fitting_page(console: Console, document: Facts, *, zone: ZoneInfo, demo: bool = False) -> list[Text]:
    """The lines of the page; without the chart where the terminal is not high enough for it."""
    page = stats_page(console, document, zone=zone, demo=demo)
    return (
        page
        if len(page) <= console.height
        else stats_page(console, document, zone=zone, demo=demo, chart=False)
    )


def stats_page(
    console: Console, document: Facts, *, zone: ZoneInfo, demo: bool = False, chart: bool = True
) -> list[Text]:
    """The lines of the page, each fit for the console's width where that is 60 or more."""
    apis: Mapping[str, Facts] = document["apis"]
    days = document["days"] if chart else []
    parts = [
        buckets(console, apis),
        *(
            account(console, api, facts["credits"], days, zone)
            for api, facts in apis.items()
            if "credits" in facts
        ),
        calls(console, document, zone),
        *([_groups(console, document)] if "by" in document else []),
        *([prefetch] if (prefetch := _prefetch(console, document["prefetch"], zone)) else []),
        cache(console, document["cache"], document["saved"]),
    ]
    mark = banner(demo=demo)
    lines = [line for part in parts for line in (Text(), *part)]
    return [*mark, *lines[1:], *mark]


def buckets(console: Console, apis: Mapping[str, Facts]) -> list[Text]:
    """The token bucket of each API; the bars take what the numbers leave them."""
    rows = apis.values()
    names = _names("rate limits", apis)
    numbers = [
        _values(
            "tokens",
            (f"{text.number(facts['tokens'])} of {text.number(facts['capacity'])}" for facts in rows),
        ),
        _values("refill", (_refill(facts) for facts in rows), right=False),
    ]
    room = console.width - width(side_by_side([names, *numbers])) - GAP
    bars = [
        _share(console, facts["tokens"], facts["capacity"], max(LEAST_BAR, min(BAR_CELLS, room)))
        for facts in rows
    ]
    return side_by_side([names, Column([Text(), *bars]), *numbers])


def _refill(facts: Facts) -> str:
    rate, configured = facts["rate_per_second"], facts["configured_rate_per_second"]
    return f"{rate:g}/s" if rate == configured else f"{rate:g}/s, adapted from {configured:g}/s"


def account(console: Console, api: str, credits: Facts, days: Sequence[Facts], zone: ZoneInfo) -> list[Text]:
    """The credits of one account, with the chart of its month where there are `days`."""
    used, left, limit = (credits[name] for name in ("used", "remaining", "limit"))
    balance = f"{text.number(left)} of {text.number(limit)} left, {text.number(used)} used"
    if left is None and used is None:
        balance = "not known yet: no answer has reported the balance"
    held = {
        "reserved": "reserved",
        "maybe_charged": "maybe charged",
        "foreign": "spent by others on this key",
    }
    share = _share(console, left, limit)
    lines = [
        Text.assemble(share, "  ", balance) if share else Text(balance),
        cell(", ".join(f"{text.number(credits[name])} {words}" for name, words in held.items())),
        cell(_reset(credits, zone)),
        _pace(credits),
        *month_chart(console, credits, days),
    ]
    return named(console, ("credits", api), lines)


def _reset(credits: Facts, zone: ZoneInfo) -> str:
    if credits["reset_at"] is None:
        return "new month: not known yet"
    known = "as configured, none seen yet" if credits["reset_inferred"] else "as seen before"
    return f"new month on {text.moment(credits['reset_at'], zone)} ({known})"


def _pace(credits: Facts) -> Text:
    pace, left = credits["spend_per_day"], credits["projected_remaining_at_reset"]
    if pace is None:
        return cell("pace not known yet")
    words = f"so far {text.number(pace)}/day"
    if left is None:
        return cell(words)
    if left < 0:
        return cell(f"{words}; about {-left:,.0f} credits short at the reset", "yellow")
    return cell(f"{words}; about {left:,.0f} credits left at the reset")


def _prefetch(console: Console, prefetch: Facts, zone: ZoneInfo) -> list[Text]:
    """How windows ended, and whether the credits are short; nothing where there never was a window."""
    lines = [
        cell(
            f"{window}: "
            + ", ".join(
                f"{text.number(count)} {FATES.get(fate, fate)}" for fate, count in fates.items() if count
            )
        )
        for window, fates in prefetch["windows"].items()
    ]
    if since := prefetch["emergency_since"]:
        lines.append(
            cell(
                f"credits run short since {text.moment(since, zone)}: only the nearest window is bought, "
                "h2h only",
                "yellow",
            )
        )
    return named(console, ("windows",), lines) if lines else []


def calls(console: Console, document: Facts, zone: ZoneInfo) -> list[Text]:
    """Calls, errors and latencies of each API."""
    apis: Mapping[str, Facts] = document["apis"]
    rows = apis.values()
    lines = side_by_side(
        [
            _names("calls", apis),
            *(
                _values(name, (text.number(facts[key]) for facts in rows))
                for name, key in CALL_COLUMNS.items()
            ),
            *(
                _values(name, (text.latency(facts[key]) for facts in rows))
                for name, key in LATENCY_COLUMNS.items()
            ),
        ]
    )
    if "since" in document:
        since = (
            f"since {text.moment(document['since'], zone)}; all else on this page counts from the beginning"
        )
        lines += named(console, ("",), [cell(since, "dim")])
    return lines


def _groups(console: Console, document: Facts) -> list[Text]:
    """What the calls cost, by what was asked for."""
    rows = [((group["group"],), group) for group in document["by"]]
    return group_lines(console, ("calls by",), rows) if rows else [cell("no calls on record", "dim")]


def cache(console: Console, cache: Facts, saved: Facts) -> list[Text]:
    """How often stored answers served, and what that saved."""
    served = ", ".join(f"{text.number(cache[name])} {name}" for name in ("hits", "misses", "stale", "joined"))
    kept = f"{text.number(cache['entries'])} cached answers in {text.size(cache['bytes'])}"
    spared = f"{text.counted(saved['calls'], 'call')}, {text.counted(saved['credits'], 'credit')}"
    return [
        *named(console, ("cache",), [cell(f"{served}; {kept}")]),
        *named(console, ("saved",), [cell(spared), cell(HOW_SAVED, "dim")]),
    ]


def _names(title: str, apis: Iterable[str]) -> Column:
    return Column([cell(title, "bold"), *(cell(api) for api in apis)])


def _values(title: str, values: Iterable[str], *, right: bool = True) -> Column:
    return Column([cell(title, "dim"), *(cell(value) for value in values)], right=right)


def _share(console: Console, part: float | None, whole: float | None, cells: int = BAR_CELLS) -> Text:
    share = part / whole if part is not None and whole else None
    return bar(console, share, "green" if share is None or share >= LOW else "yellow", cells)


ROWS = 3
BLOCKS, LINE = " ▁▂▃▄▅▆▇█", "┄"
ASCII_BLOCKS, ASCII_LINE = " .:#", "-"


def month_chart(
    console: Console, credits: Mapping[str, Any], days: Sequence[Mapping[str, Any]]
) -> list[Text]:
    """The chart with its axis and caption, a column a day; nothing while nothing was spent this month."""
    spent = [day["credits"] + day["maybe_charged"] for day in days]
    if not any(spent) or credits["reset_at"] is None:
        return []
    first, reset = date.fromisoformat(days[0]["day"]), date.fromisoformat(credits["reset_at"][:10])
    even = credits["even_per_day"]
    count = (reset - first).days
    return [
        *_rows(console, spent, even, count),
        _axis(first, reset, len(days), count),
        _caption(days, spent, reset.year),
    ]


def _rows(console: Console, spent: Sequence[int], even: float, count: int) -> list[Text]:
    """From the top down.

    Each row is a third of the highest value; the even pace is a line through the cells that no bar needs.
    """
    blocks, line = (ASCII_BLOCKS, ASCII_LINE) if console.options.ascii_only else (BLOCKS, LINE)
    steps, top = len(blocks) - 1, max(even, *spent)
    heights = [ceil(amount / top * ROWS * steps) for amount in spent]
    pace_row = max(0, ceil(even / top * ROWS) - 1)
    rows = []
    for row in reversed(range(ROWS)):
        drawn = Text()
        for number in range(count):
            height = min(steps, max(0, heights[number] - row * steps)) if number < len(spent) else 0
            if height:
                drawn.append(blocks[height], "yellow" if spent[number] > even else "green")
            else:
                drawn.append(line if row == pace_row else " ", "dim")
        if row == pace_row:
            drawn.append(f"  even pace {text.number(even)}/day", "dim")
        rows.append(drawn)
    return rows


def _axis(first: date, reset: date, today: int, count: int) -> Text:
    """When the month began, a mark below today, when it ends."""
    begin, end = (f"{day.day} {day:%b}" for day in (first, reset))
    marks = list(begin.ljust(count + 2) + end)
    if set(marks[max(0, today - 2) : today + 1]) == {" "}:
        marks[today - 1] = "^"
    return cell("".join(marks), "dim")


def _caption(days: Sequence[Mapping[str, Any]], spent: Sequence[int], this_year: int) -> Text:
    most = max(spent)
    on = text.day(date.fromisoformat(days[spent.index(most)]["day"]), this_year=this_year)
    doubtful = sum(day["maybe_charged"] for day in days)
    mixed = f"; maybe charged: {text.number(doubtful)}" if doubtful else ""
    return cell(f"own credits a day (UTC), most on {on}: {text.number(most)}{mixed}", "dim")
