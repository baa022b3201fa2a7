"""The account's month as a small chart: credits a day against the even pace to the reset.

From the `oddsctl.stats/1` document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import ceil
from typing import Any

from rich.console import Console
from rich.text import Text

from oddsctl.render import text
from oddsctl.render.layout import cell

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
            drawn.append(f"  {text.number(even)} a day is even", "dim")
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
