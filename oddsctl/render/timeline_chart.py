"""Requests over time as a drawing for a terminal: a lane for each sport and one for what waits, a mark for
each at its due time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.domain.reports import QueueItem
from oddsctl.domain.requests import Priority
from oddsctl.domain.units import DAY, HOUR, MINUTE
from oddsctl.render.layout import cell

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
class Glyphs:
    """What is drawn with: a mark for each priority, the line of the time that it is now, the axis and its
    ticks.
    """

    marks: Mapping[Priority, str]
    now: str
    axis: str
    tick: str


PRETTY = Glyphs(dict(zip(Priority, "◆▲●○◇", strict=True)), "│", "─", "┬")
ASCII = Glyphs(dict(zip(Priority, "CHNLP", strict=True)), "|", "-", "+")


def glyphs_for(console: Console) -> Glyphs:
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


def draw_timeline(
    items: Sequence[QueueItem], now: float, zone: ZoneInfo, glyphs: Glyphs, width: int
) -> list[Text]:
    """Lanes, axis and legend, no line wider than `width`."""
    lanes = _lanes(items)
    names = max(map(len, lanes)) + GAP
    prices = [_price(lane) for lane in lanes.values()]
    right = max(map(len, prices)) + GAP if any(prices) else 0
    end = now + max(LEAST_SPAN, max(item.due for item in items) - now) * MARGIN
    scale = Scale(now, end, max(1, min(width, WIDEST) - names - right))
    return [
        *(
            _lane(name, lane, scale, glyphs, names, price.rjust(right))
            for (name, lane), price in zip(lanes.items(), prices, strict=True)
        ),
        *_axis(scale, zone, glyphs, names),
        Text(),
        legend(items, glyphs),
    ]


def legend(items: Iterable[QueueItem], glyphs: Glyphs) -> Text:
    """What the marks mean, of those that are there."""
    there = sorted({item.effective_priority for item in items})
    words = [
        Text.assemble((glyphs.marks[priority], STYLES[priority]), f" {priority.name.lower()}")
        for priority in there
    ]
    return Text("  ").join([*words, Text(f"{glyphs.now} now")])


def _lanes(items: Sequence[QueueItem]) -> dict[str, list[QueueItem]]:
    """The items by lane: what waits first, then the sports, in the order in which they come; what is of no
    sport by who is asked.
    """
    lanes: dict[str, list[QueueItem]] = {}
    for item in sorted(items, key=lambda item: item.state == "planned"):
        lanes.setdefault((item.sport or item.api) if item.state == "planned" else WAITING, []).append(item)
    return lanes


def _price(lane: Sequence[QueueItem]) -> str:
    credits = sum(item.credits for item in lane)
    return f"{credits} cr" if credits else ""


def _lane(name: str, lane: Sequence[QueueItem], scale: Scale, glyphs: Glyphs, names: int, price: str) -> Text:
    cells = [Text(" ") for _ in range(scale.columns)]
    cells[0] = Text(glyphs.now, NOW_STYLE)
    at: dict[int, list[Priority]] = {}
    for item in lane:
        at.setdefault(scale.column(item.due), []).append(item.effective_priority)
    for column, priorities in at.items():
        first = min(priorities)
        cells[column] = Text(glyphs.marks[first], STYLES[first])
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


def _axis(scale: Scale, zone: ZoneInfo, glyphs: Glyphs, names: int) -> list[Text]:
    """The line with its ticks, and below it what they mean.

    A label that has no room is left out, its tick is not.
    """
    found = ticks(scale.now, scale.end, zone, math.ceil(scale.columns / ROOM_FOR_TICK))
    line = [glyphs.axis] * scale.columns
    for tick in found:
        line[scale.column(tick.at)] = glyphs.tick
    line[0] = glyphs.now
    labels = _labels(found, scale)
    return [Text(" " * names + "".join(line)), Text.assemble(" " * names, labels)]


def _labels(found: Sequence[Tick], scale: Scale) -> Text:
    text = Text("now", NOW_STYLE)
    for tick in found:
        blanks = scale.column(tick.at) - len(tick.label) // 2 - text.cell_len
        if blanks > 0 and text.cell_len + blanks + len(tick.label) <= scale.columns:
            text.append(" " * blanks + tick.label, "dim" if ":" in tick.label else "bold")
    return text


STEPS = (
    *(MINUTE * n for n in (5, 10, 15, 30)),
    *(HOUR * n for n in (1, 2, 3, 4, 6, 12)),
    *(DAY * n for n in (1, 2, 7, 14)),
)
"""Seconds between ticks. All but the last ones divide a day, so that ticks are the same each day."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment (epoch seconds) and what is written there: `18:00`, or the day at its beginning, `Fri 27`."""

    at: float
    label: str


def ticks(begin: float, end: float, zone: ZoneInfo, most: int) -> tuple[Tick, ...]:
    """The ticks from `begin` to `end`, included: as many as there can be at equal steps, but about `most` at
    the most.
    """
    step = next((step for step in STEPS if (end - begin) / step <= most), STEPS[-1])
    return tuple(Tick(at, _label(at, zone)) for at in _moments(begin, end, zone, step))


def _moments(begin: float, end: float, zone: ZoneInfo, step: int) -> Iterator[float]:
    day, last = (datetime.fromtimestamp(moment, zone).date() for moment in (begin, end))
    while day <= last:
        if step < DAY or day.toordinal() % (step // DAY) == 0:
            found = (
                at
                for second in range(0, DAY, step)
                for at in _instants(day, second, zone, twice=step <= HOUR)
            )
            yield from (at for at in sorted(found) if begin <= at <= end)
        day += timedelta(days=1)


def _instants(day: date, second: int, zone: ZoneInfo, *, twice: bool) -> Iterator[float]:
    """When the clock shows that time of that day: never in the hour that is left out, twice in the one that
    comes again.
    """
    # The zone is added below.
    wall = datetime(day.year, day.month, day.day) + timedelta(seconds=second)  # noqa: DTZ001
    told = {wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in ((0, 1) if twice else (0,))}
    yield from (at for at in told if datetime.fromtimestamp(at, zone).replace(tzinfo=None) == wall)


def _label(at: float, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(at, zone)
    return f"{moment:%H:%M}" if (moment.hour, moment.minute) != (0, 0) else f"{moment:%a} {moment.day}"
