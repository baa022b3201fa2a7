"""How old an answer may be and still count as fresh. Pure; the only owner of that question."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from oddsctl.domain import settings
from oddsctl.domain.jobs import (
    Answer,
    Events,
    EventsJob,
    ForecastJob,
    GeocodeJob,
    Job,
    OddsJob,
    ScheduleJob,
    ScoresJob,
    SportsJob,
)

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
EMPTY_BOARD = 30 * MINUTE
SCHEDULE = 15 * MINUTE
FORECAST = HOUR
SPORTS = DAY
GEOCODING = 30 * DAY
THRIFTY_BOARD = HOUR
CLOCK_SLACK = 1.0
"""Seconds by which a clock may be set back without a word.

What is from further in the future was stored under a clock that was ahead.
"""

WITHIN_A_RUN = 60.0
"""The same for who compares with the time at which a run began: what it asked for has come since."""


def board_lifetime(starts: Iterable[float], now: float, rules: settings.Freshness) -> float:
    """Seconds a board stays fresh: that of its soonest game not yet started, `in_play` when none is left."""
    starts = tuple(starts)
    if not starts:
        return EMPTY_BOARD
    ahead = min((start - now for start in starts if start > now), default=None)
    if ahead is None:
        return rules.in_play
    if ahead > 24 * HOUR:
        return rules.over_24h
    if ahead > 6 * HOUR:
        return rules.over_6h
    return rules.over_1h if ahead > HOUR else rules.under_1h


def lifetime(
    job: Job, answer: Answer, now: float, rules: settings.Freshness, *, thrifty: bool = False
) -> float:
    """Seconds the answer to `job` stays fresh.

    `thrifty`: so few credits are left that a board up to an hour old does.
    """
    match job:
        case OddsJob():
            starts = (event.commence_time for event in answer.events) if isinstance(answer, Events) else ()
            life = board_lifetime(starts, now, rules)
            return max(life, THRIFTY_BOARD) if thrifty else life
        case ScheduleJob() | EventsJob():
            return SCHEDULE
        case ForecastJob():
            return FORECAST
        case ScoresJob():
            return rules.in_play
        case SportsJob():
            return SPORTS
        case GeocodeJob():
            return GEOCODING
        case _:
            assert_never(job)


def age(fetched_at: float, now: float) -> float:
    """Seconds since the answer came; never negative."""
    return max(0.0, now - fetched_at)


def known_age(fetched_at: float | None, now: float) -> float | None:
    """The age to show; None for an answer from the future: how old it really is nobody knows."""
    return None if fetched_at is None or fetched_at > now + CLOCK_SLACK else age(fetched_at, now)


def is_fresh(fetched_at: float, now: float, life: float, slack: float = CLOCK_SLACK) -> bool:
    """Whether an answer from `fetched_at` is young enough; one from further ahead than `slack` has no known
    age.
    """
    return -slack <= now - fetched_at <= life
