"""The whole screen of `dashboard`: panels side by side, one below the other, or one alone, by what the
terminal holds. No I/O may enter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from functools import partial
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.render import dashboard_panels, text
from oddsctl.render.documents_usage import health_document, stats_document
from oddsctl.render.layout import Column, banner, cell, side_by_side
from oddsctl.services.dashboard import DashboardSnapshot


class Panel(IntEnum):
    """What can be looked at, each called by its digit."""

    LIMITS = 1
    HEALTH = 2
    QUEUE = 3
    CALLS = 4
    PERFORMANCE = 5


View = Panel | None
"""A panel alone, or None: as many as fit."""
LEFT = (Panel.LIMITS, Panel.HEALTH, Panel.PERFORMANCE)
RIGHT = (Panel.QUEUE, Panel.CALLS)
BY_WEIGHT = (Panel.LIMITS, Panel.HEALTH, Panel.CALLS, Panel.PERFORMANCE, Panel.QUEUE)
"""Who gets a place first where not all have one."""
GRID, STACK = (110, 30), (72, 20)
"""The smallest terminals, columns and lines, for two columns of panels, and for panels one below the
other.
"""
LEFT_WIDTHS = (60, 64)
GUTTER = 3
LEAST_LIST = 6
"""Lines of a list that is cut: title, head, a few rows, and how many more there are."""
LEAST_FOR_FOOT = 10
KEYS = "1-5, Tab, arrows: one panel   0: all that fit   q: quit"
KEYS_OF_SMALL = "1-5, Tab, arrows: another   q: quit"

Draw = Callable[[Panel, Console, int | None], list[Text]]
"""The lines of a panel without its title; at most so many where a number is given, in full detail where none
is.
"""


def page(
    console: Console,
    overview: DashboardSnapshot,
    view: View,
    *,
    zone: ZoneInfo,
    demo: bool = False,
    trouble: str = "",
) -> list[Text]:
    """The lines of the screen, none wider and all together no higher than the console.

    `trouble` is why they are not newer.
    """
    chosen = standing(console, view)
    top = [*banner(demo=demo), _tabs(console, overview, chosen, zone)]
    foot = (
        [
            cell(trouble, "yellow")
            if trouble
            else cell(KEYS if None in views(console) else KEYS_OF_SMALL, "dim")
        ]
        if console.height >= LEAST_FOR_FOOT or trouble
        else []
    )
    room = max(0, console.height - len(top) - len(foot))
    body = _body(console, partial(_panel, overview, zone), chosen, room)
    lines = [*top, *body, *[Text()] * (room - len(body)), *foot][: console.height]
    return [_cut(line, console) for line in lines]


def views(console: Console) -> tuple[View, ...]:
    """What can be chosen, in the order of the tabs: on a small terminal no more than one panel at a time."""
    return (None, *Panel) if _holds(console, STACK) else tuple(Panel)


def standing(console: Console, view: View) -> View:
    """What is shown when `view` is wished for."""
    possible = views(console)
    return view if view in possible else possible[0]


def turned(console: Console, view: View, steps: int) -> View:
    """The view so many tabs further, round and round."""
    possible = views(console)
    return possible[(possible.index(standing(console, view)) + steps) % len(possible)]


# ── what goes where ──


def _body(console: Console, draw: Draw, view: View, room: int) -> list[Text]:
    if view is not None:
        return _stack(console, draw, (view,), room)
    if not _holds(console, GRID):
        return _stack(console, draw, BY_WEIGHT, room)
    least, most = LEFT_WIDTHS
    left = min(most, max(least, (console.width - GUTTER) // 2))
    columns = [
        _stack(_sheet(console, wide), draw, dashboard_panels, room)
        for wide, dashboard_panels in ((left, LEFT), (console.width - GUTTER - left, RIGHT))
    ]
    return side_by_side([Column([*lines, *[Text()] * (room - len(lines))]) for lines in columns], GUTTER)


def _stack(console: Console, draw: Draw, wanted: Sequence[Panel], room: int) -> list[Text]:
    """Panels one below the other in their order, those that find room by theirs in `wanted`; lists share what
    the others leave.
    """
    for height in (None, 0):
        drawn = {panel: draw(panel, console, None if panel in RIGHT else height) for panel in wanted}
        needed = sum(_least(panel, len(lines) + 1) for panel, lines in drawn.items())
        if needed <= room:
            break
    given = heights({panel: len(lines) + 1 for panel, lines in drawn.items()}, room)
    if not given:
        given = {wanted[0]: room}
    lines = []
    for panel in sorted(given):
        content = draw(panel, console, given[panel] - 1) if panel in RIGHT else drawn[panel]
        lines += [_title(console, panel), *content][: given[panel]]
    return [_cut(line, console) for line in lines]


def heights(natural: Mapping[Panel, int], room: int) -> dict[Panel, int]:
    """How many lines each panel gets of these, title included, those first that are named first.

    Who gets none is left out.
    """
    given: dict[Panel, int] = {}
    for panel, lines in natural.items():
        least = _least(panel, lines)
        if least <= room:
            given[panel], room = least, room - least
    while hungry := [panel for panel in given if given[panel] < natural[panel]][:room]:
        for panel in hungry:
            given[panel], room = given[panel] + 1, room - 1
    return given


def _least(panel: Panel, lines: int) -> int:
    return min(LEAST_LIST, lines) if panel in RIGHT else lines


def _holds(console: Console, least: tuple[int, int]) -> bool:
    return console.width >= least[0] and console.height >= least[1]


def _sheet(console: Console, width: int) -> Console:
    """A part of the console, to measure and wrap by; nothing is printed on it."""
    return Console(
        file=console.file,
        width=width,
        height=console.height,
        color_system=None,
        force_terminal=False,
        _environ={},
    )


# ── lines ──


def _panel(
    overview: DashboardSnapshot, zone: ZoneInfo, panel: Panel, sheet: Console, height: int | None
) -> list[Text]:
    match panel:
        case Panel.LIMITS:
            return dashboard_panels.limits(sheet, stats_document(overview.stats), zone, chart=height is None)
        case Panel.HEALTH:
            report = None if overview.health is None else health_document(overview.health)
            return dashboard_panels.health(sheet, report, overview.at, in_full=height is None)
        case Panel.QUEUE:
            return dashboard_panels.queue(sheet, overview.items, overview.at, zone, height)
        case Panel.CALLS:
            return dashboard_panels.calls(sheet, overview.calls, overview.at, zone, height)
        case Panel.PERFORMANCE:
            return dashboard_panels.performance(sheet, stats_document(overview.stats), zone)


def _tabs(console: Console, overview: DashboardSnapshot, chosen: View, zone: ZoneInfo) -> Text:
    """All tabs by digit and name, the chosen one in brackets; digits only where names have no room.

    The time where there is some.
    """
    lines = [_tab_line(views(console), chosen, named) for named in (views(console), (chosen,))]
    line = next((line for line in lines if line.cell_len <= console.width), lines[-1])
    time = f"{datetime.fromtimestamp(overview.at, zone):%H:%M:%S} {text.zone_name(overview.at, zone)}"
    blanks = console.width - line.cell_len - len(time)
    return Text.assemble(line, " " * blanks, (time, "dim")) if blanks > 1 else line


def _tab_line(possible: Iterable[View], chosen: View, named: Sequence[View]) -> Text:
    tabs = []
    for view in possible:
        label = f"{int(view or 0)} {name(view)}" if view in named else f"{int(view or 0)}"
        tabs.append(Text(f"[{label}]", "bold") if view is chosen else Text(f" {label} "))
    return Text().join(tabs)


def name(view: View) -> str:
    """What it is called."""
    return "all" if view is None else view.name.lower()


def _title(console: Console, panel: Panel) -> Text:
    line = "-" if console.options.ascii_only else "─"
    words = f"{line * 2} {panel.value} {name(panel)} "
    return Text(words + line * max(0, console.width - len(words)), "bold cyan")


def _cut(line: Text, console: Console) -> Text:
    """The line as wide as the console at most, and in ASCII as far as it is ours where the terminal knows no
    other.
    """
    line = line.copy()
    if console.options.ascii_only:
        line.truncate(console.width, overflow="crop")
        line.plain = line.plain.translate({ord(text.UNKNOWN): "-", ord("…"): "."})
    else:
        line.truncate(console.width, overflow="ellipsis")
    return line
