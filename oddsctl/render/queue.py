"""What waits and what is planned as a page for people: a drawing on a terminal, and a row for each.

What is piped is rows only, whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.domain.board_models import Usage
from oddsctl.domain.reports import QueueItem, QueueResult
from oddsctl.domain.requests import Priority
from oddsctl.render import text, timeline_chart
from oddsctl.render.console import is_piped
from oddsctl.render.layout import Column, banner, cell, show_lines, side_by_side, width
from oddsctl.render.timeline_chart import STYLES, Glyphs

Rows = Sequence[QueueItem]
LEAST_WHAT = 18
"""Columns that are left for what is asked, before another column has to go."""
NOTHING = "Nothing is waiting or planned."
EXTENTS = (
    ("due", "sport", "what", "window", "priority", "why", "credits", "tries", "state"),
    ("due", "sport", "what", "window", "priority", "credits", "tries", "state"),
    ("due", "sport", "what", "window", "priority", "credits", "state"),
    ("due", "mark", "sport", "what", "window", "credits", "state"),
    ("due", "mark", "sport", "what", "window", "credits"),
    ("due", "mark", "sport", "what", "credits"),
    ("due", "mark", "what", "credits"),
    ("due", "what"),
)
"""The columns, fewer and fewer: the first set that fits the terminal is taken."""


def show_timeline(
    console: Console,
    items: Rows,
    now: float,
    zone: ZoneInfo,
    *,
    demo: bool = False,
    nothing: str = NOTHING,
) -> None:
    """Print the page, `nothing` where it is empty.

    On a terminal it ends with how many requests these are and what they cost.
    """
    mark = banner(demo=demo)
    if not items:
        page = [Text(nothing)]
    elif is_piped(console):
        page = _table(_columns(items, EXTENTS[0], lambda at: _whole_time(at, zone), timeline_chart.ASCII))
    else:
        signs = timeline_chart.glyphs_for(console)
        drawn = timeline_chart.draw_timeline(items, now, zone, signs, console.width)
        page = [
            _heading(items, now, zone),
            Text(),
            *drawn,
            Text(),
            *rows(items, now, zone, signs, console.width),
            Text(),
            total(items),
        ]
    with console:  # written at once
        show_lines(console, [*mark, *page, *mark])


def _heading(items: Rows, now: float, zone: ZoneInfo) -> Text:
    """The day and the minute that it is, and the zone, or the two where the clock is changed meanwhile."""
    moment = datetime.fromtimestamp(now, zone)
    names = dict.fromkeys(text.zone_name(at, zone) for at in (now, max(now, *(item.due for item in items))))
    return cell(f"{text.day(moment.date(), this_year=moment.year)} {moment:%H:%M} {'/'.join(names)}", "bold")


def total(items: Rows) -> Text:
    """How many wait, how many are planned, and what they cost together."""
    waiting, planned = (
        sum((item.state == "planned") is wanted for item in items) for wanted in (False, True)
    )
    parts = [f"{text.number(waiting)} waiting"] if waiting else []
    parts += [f"{text.counted(planned, 'planned call')}"] if planned else []
    return Text(f"{', '.join(parts)}: {text.counted(sum(item.credits for item in items), 'credit')}")


# ── rows ──


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    column: Column


def rows(items: Rows, now: float, zone: ZoneInfo, signs: Glyphs, room: int) -> list[Text]:
    """A row for each, under a head: the table of the first extent that fits, what is asked cut to the room
    there is.
    """
    for extent in EXTENTS:
        columns = _columns(items, extent, lambda at: _short_time(at, now, zone), signs)
        what = next(one.column.cells for one in columns if one.name == "what")
        missing, widest = width(_table(columns)) - room, width(what)
        if widest - missing >= min(LEAST_WHAT, widest):
            break
    if missing > 0:
        for value in what:
            value.truncate(
                max(1, widest - missing), overflow="ellipsis" if signs is timeline_chart.PRETTY else "crop"
            )
    return _table(columns)


def _table(columns: Sequence[_Named]) -> list[Text]:
    return side_by_side([one.column for one in columns])


def _columns(
    items: Rows, extent: Sequence[str], spell: Callable[[float], str], signs: Glyphs
) -> list[_Named]:
    """The columns of that extent, each with its head, without those that say nothing."""
    cells: dict[str, Callable[[QueueItem], Text]] = {
        "due": lambda item: cell(spell(item.due)),
        "mark": lambda item: cell(signs.marks[item.effective_priority], STYLES[item.effective_priority]),
        "sport": lambda item: cell(item.sport or item.api),
        "what": lambda item: cell(item.what),
        "window": lambda item: cell(item.window or ""),
        "priority": lambda item: _priority(item.effective_priority, signs),
        "why": lambda item: cell(_why(item), "dim"),
        "credits": lambda item: cell(str(item.credits), "" if item.credits else "dim"),
        "tries": lambda item: cell(str(item.attempts) if item.attempts else ""),
        "state": lambda item: cell(item.state.replace("_", " "), "dim" if item.state == "planned" else ""),
    }
    columns = []
    for name in extent:
        values = [cells[name](item) for item in items]
        if any(values):
            head = cell("" if name == "mark" else name, "dim")
            columns.append(_Named(name, Column([head, *values], right=name in ("credits", "tries"))))
    return columns


def _priority(priority: Priority, signs: Glyphs) -> Text:
    mark = (
        f"{signs.marks[priority]} " if signs is timeline_chart.PRETTY else ""
    )  # in ASCII it is the first letter of the name
    return cell(f"{mark}{priority.name.lower()}", STYLES[priority])


def _why(item: QueueItem) -> str:
    return (
        item.why.lower()
        if item.effective_priority == item.priority
        else f"{item.priority.name.lower()}, {item.why}"
    )


def _short_time(at: float, now: float, zone: ZoneInfo) -> str:
    """`now` for what is due, `18:00` today, `Fri 09:30` within the week, with the day of the month beyond."""
    if at <= now:
        return "now"
    moment, today = (datetime.fromtimestamp(when, zone) for when in (at, now))
    days = (moment.date() - today.date()).days
    if days == 0:
        return f"{moment:%H:%M}"
    return f"{moment:%a %H:%M}" if days < 7 else f"{moment.day} {moment:%b %H:%M}"


def _whole_time(at: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M} {text.zone_name(at, zone)}"


STATE_STYLES = {"answered": "green", "postponed": "yellow", "dropped": "red"}


def show_queue_run(
    console: Console, worked: Sequence[QueueResult], usage: Usage, now: float, *, demo: bool = False
) -> None:
    """Print a line for each, and what it cost altogether."""
    rows = side_by_side(
        [
            Column([cell("sport", "dim"), *(cell(one.sport or one.api) for one in worked)]),
            Column([cell("what", "dim"), *(cell(one.what) for one in worked)]),
            Column(
                [
                    cell("credits", "dim"),
                    *(cell(str(one.credits), "" if one.credits else "dim") for one in worked),
                ],
                right=True,
            ),
            Column([cell("state", "dim"), *(cell(one.state, STATE_STYLES[one.state]) for one in worked)]),
            Column([cell("reason", "dim"), *(cell(_reason(one, now)) for one in worked)]),
        ]
    )
    counts = [
        f"{count} {state}" for state in STATE_STYLES if (count := sum(one.state == state for one in worked))
    ]
    total = (
        f"{', '.join(counts)}; {text.counted(usage.calls, 'call')}, {text.counted(usage.credits, 'credit')}"
    )
    mark = banner(demo=demo)
    with console:  # written at once
        show_lines(console, [*mark, *rows, Text(), Text(total), *mark])


def _reason(one: QueueResult, now: float) -> str:
    detail = f" ({one.detail})" if one.detail and one.detail not in one.reason else ""
    wait = one.due - now if one.due is not None else 0
    return f"{one.reason}{detail}" + (f", again in {text.age(wait)}" if wait > 0 else "")
