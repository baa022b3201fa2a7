"""Which scoreboards of ESPN hold the games of a span of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from oddsctl.domain.jobs import ScheduleJob
from oddsctl.domain.models import Sport
from oddsctl.domain.units import day_of, midnight


def schedule_jobs(sport: Sport, start: float, end: float, *, by_day: bool = False) -> tuple[ScheduleJob, ...]:
    """The fewest scoreboards that hold every game from `start` to before `end` (epoch seconds).

    Days are US Eastern. They are asked as whole months where a month of the league fits one answer: the empty
    answer to a single day proves nothing, and ranges fail since September 2026. `by_day` asks for single days
    where they can be relied on: they are a fraction of the size. None for a sport that ESPN does not have.
    """
    dates = (
        dict.fromkeys(_asked_as(sport, day, by_day=by_day) for day in _eastern_days(start, end))
        if sport.espn_path
        else ()
    )
    return tuple(_scoreboard(sport, date) for date in dates)


def day_job(sport: Sport, day: str) -> ScheduleJob:
    """The scoreboard that holds the games of a US Eastern day (YYYYMMDD) of a sport that ESPN has."""
    return _scoreboard(sport, _asked_as(sport, day, by_day=False))


def _eastern_days(start: float, end: float) -> Iterator[str]:
    """The days, YYYYMMDD, that the span touches; none where it is empty."""
    day = day_of(start)
    while midnight(day) < end > start:
        yield day.strftime("%Y%m%d")
        day += timedelta(days=1)


def _asked_as(sport: Sport, day: str, *, by_day: bool) -> str:
    return day[:6] if sport.folds_months and not (by_day and _knows_days(sport)) else day


def _scoreboard(sport: Sport, dates: str) -> ScheduleJob:
    """A day that is asked for as such is not to be merged into its month again."""
    return ScheduleJob(sport.espn_path or "", dates, sport.espn_groups, folds=len(dates) == len("YYYYMM"))


def _knows_days(sport: Sport) -> bool:
    """Whether a single day holds all its games: in soccer, days beyond about tomorrow are answered without
    any (FACTS 2.2).
    """
    return not (sport.espn_path or "").startswith("soccer/")
