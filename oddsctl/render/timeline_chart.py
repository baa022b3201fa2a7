"""Requests over time as a drawing for a terminal: a lane for each sport and one for what waits, a mark for
each at its due time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.domain.queued import Item
from oddsctl.domain.requests import Priority
from oddsctl.render.layout import cell
from oddsctl.render.ticks import Tick, ticks

WIDEST = 160
GAP = 2
LEAST_SPAN = 3600.0
MARGIN = 1.04
"""Of the time shown, so much is beyond the last mark."""
ROOM_FOR_TICK = 9
"""Columns: a label, as `18:00` or `Fri 27`, and blanks that tell it from the next."""
WAITING = "waiting"
STYLES = {
    Priority.CRITICAL: "bold red",
    Priority.HIGH: "yellow",
    Priority.NORMAL: "cyan",
    Priority.LOW: "blue",
    Priority.PREFETCH: "green",
}
NOW_STYLE = "bold"


@dataclass(frozen=True, slots=True)
class Signs:
    """What is drawn with: a mark for each priority, the line of the time that it is now, the axis and its
    ticks.
    """

    marks: Mapping[Priority, str]
    now: str
    axis: str
    tick: str


PRETTY = Signs(dict(zip(Priority, "◆▲●○◇", strict=True)), "│", "─", "┬")
ASCII = Signs(dict(zip(Priority, "CHNLP", strict=True)), "|", "-", "+")


def signs(console: Console) -> Signs:
    """Those that the terminal can show."""
    return ASCII if console.options.ascii_only else PRETTY


@dataclass(frozen=True, slots=True)
class Scale:
    """Which of `columns` a moment falls into; now is the first, and so is what is due already."""

    now: float
    end: float
    columns: int

    def column(self, at: float) -> int:
        return max(
            0, min(self.columns - 1, round((at - self.now) / (self.end - self.now) * (self.columns - 1)))
        )


def drawing(items: Sequence[Item], now: float, zone: ZoneInfo, signs: Signs, width: int) -> list[Text]:
    """Lanes, axis and legend, no line wider than `width`."""
    lanes = _lanes(items)
    names = max(map(len, lanes)) + GAP
    prices = [_price(lane) for lane in lanes.values()]
    right = max(map(len, prices)) + GAP if any(prices) else 0
    end = now + max(LEAST_SPAN, max(item.due for item in items) - now) * MARGIN
    scale = Scale(now, end, max(1, min(width, WIDEST) - names - right))
    return [
        *(
            _lane(name, lane, scale, signs, names, price.rjust(right))
            for (name, lane), price in zip(lanes.items(), prices, strict=True)
        ),
        *_axis(scale, zone, signs, names),
        Text(),
        legend(items, signs),
    ]


def legend(items: Iterable[Item], signs: Signs) -> Text:
    """What the marks mean, of those that are there."""
    there = sorted({item.effective_priority for item in items})
    words = [
        Text.assemble((signs.marks[priority], STYLES[priority]), f" {priority.name.lower()}")
        for priority in there
    ]
    return Text("  ").join([*words, Text(f"{signs.now} now")])


def _lanes(items: Sequence[Item]) -> dict[str, list[Item]]:
    """The items by lane: what waits first, then the sports, in the order in which they come; what is of no
    sport by who is asked.
    """
    lanes: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda item: item.state == "planned"):
        lanes.setdefault((item.sport or item.api) if item.state == "planned" else WAITING, []).append(item)
    return lanes


def _price(lane: Sequence[Item]) -> str:
    credits = sum(item.credits for item in lane)
    return f"{credits} cr" if credits else ""


def _lane(name: str, lane: Sequence[Item], scale: Scale, signs: Signs, names: int, price: str) -> Text:
    cells = [Text(" ") for _ in range(scale.columns)]
    cells[0] = Text(signs.now, NOW_STYLE)
    at: dict[int, list[Priority]] = {}
    for item in lane:
        at.setdefault(scale.column(item.due), []).append(item.effective_priority)
    for column, priorities in at.items():
        first = min(priorities)
        cells[column] = Text(signs.marks[first], STYLES[first])
        _count(cells, column, len(priorities), at, STYLES[first])
    line = Text.assemble(cell(name.ljust(names)), *cells, (price, "dim"))
    line.rstrip()
    return line


def _count(cells: list[Text], column: int, count: int, taken: Mapping[int, object], style: str) -> None:
    """Write how many a mark stands for to its right, where there is room."""
    digits = str(count) if count > 1 else ""
    room = range(column + 1, column + 1 + len(digits))
    if digits and room[-1] < len(cells) and not any(place in taken for place in room):
        for place, digit in zip(room, digits, strict=True):
            cells[place] = Text(digit, style)


def _axis(scale: Scale, zone: ZoneInfo, signs: Signs, names: int) -> list[Text]:
    """The line with its ticks, and below it what they mean.

    A label that has no room is left out, its tick is not.
    """
    found = ticks(scale.now, scale.end, zone, math.ceil(scale.columns / ROOM_FOR_TICK))
    line = [signs.axis] * scale.columns
    for tick in found:
        line[scale.column(tick.at)] = signs.tick
    line[0] = signs.now
    labels = _labels(found, scale)
    return [Text(" " * names + "".join(line)), Text.assemble(" " * names, labels)]


def _labels(found: Sequence[Tick], scale: Scale) -> Text:
    text = Text("now", NOW_STYLE)
    for tick in found:
        blanks = scale.column(tick.at) - len(tick.label) // 2 - text.cell_len
        if blanks > 0 and text.cell_len + blanks + len(tick.label) <= scale.columns:
            text.append(" " * blanks + tick.label, "dim" if ":" in tick.label else "bold")
    return text
