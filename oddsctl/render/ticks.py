"""Where a time axis has its ticks: at round minutes, hours and days of the reader's clock, over midnight and
clock changes too. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = 60, 3600, 86400
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
    wall = datetime(day.year, day.month, day.day) + timedelta(seconds=second)  # noqa: DTZ001 - the zone is put on below
    told = {wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in ((0, 1) if twice else (0,))}
    yield from (at for at in told if datetime.fromtimestamp(at, zone).replace(tzinfo=None) == wall)


def _label(at: float, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(at, zone)
    return f"{moment:%H:%M}" if (moment.hour, moment.minute) != (0, 0) else f"{moment:%a} {moment.day}"
