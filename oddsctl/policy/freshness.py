"""How old an answer may be and still count as fresh. Pure; the only owner of that question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from oddsctl.domain import settings
from oddsctl.domain.answers import Answer, Events
from oddsctl.domain.errors import ProviderError, Remember
from oddsctl.domain.jobs import (
    EventsJob,
    ForecastJob,
    GeocodeJob,
    Job,
    OddsJob,
    ScheduleJob,
    ScoresJob,
    SportsJob,
)
from oddsctl.domain.units import DAY, HOUR, MINUTE
from oddsctl.policy import batching
from oddsctl.policy.backoff import is_paid_for
from oddsctl.policy.batching import MergedCall

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


def board_lifetime(starts: Iterable[float], now: float, rules: settings.FreshnessSettings) -> float:
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
    job: Job, answer: Answer, now: float, rules: settings.FreshnessSettings, *, thrifty: bool = False
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


UNTIL_THE_KEY_CHANGES = 365 * DAY
"""Refusals of a key are kept under its fingerprint: another key is not met by them."""
MOST_NARROWINGS = 24
"""Calls that one run makes at the most to find out which part of shared calls was refused."""
ABOUT = ("sport", "markets", "regions", "bookmakers", "event")
"""The parts of a request that a provider can refuse, see `RejectedError.about`."""


def refusal_expires_at(
    error: ProviderError, game_time: float | None, now: float, fresh_for: float = 0.0
) -> float | None:
    """Until when the same would be refused again (epoch seconds); None for what may pass.

    An answer that was paid for and can't be read is remembered as long as it would have been fresh
    (`fresh_for` seconds).
    """
    match error.remember:
        case Remember.UNTIL_KEY_CHANGES:
            return now + UNTIL_THE_KEY_CHANGES
        case Remember.UNTIL_GAME:
            return game_time if game_time is not None and game_time > now else now + DAY
        case Remember.A_DAY:
            return now + DAY
        case Remember.NEVER:
            return now + fresh_for if is_paid_for(error) else None
        case _:
            assert_never(error.remember)


def part(job: Job, about: str | None) -> str:
    """The name of the part of `job` that a refusal is about: requests that share it are refused alike.

    The whole job where unknown.
    """
    match about, job:
        case "sport", OddsJob() | EventsJob() | ScoresJob():
            return f"part/odds/sport/{job.sport}"
        case "sport", ScheduleJob():
            return f"part/espn/sport/{job.league}"
        case "markets", OddsJob():
            return (
                f"part/odds/markets/{job.sport}/{'event' if job.event else 'board'}/{','.join(job.markets)}"
            )
        case "regions", OddsJob() if job.regions:
            return f"part/odds/regions/{','.join(job.regions)}"
        case "bookmakers", OddsJob() if job.bookmakers:
            return f"part/odds/bookmakers/{','.join(job.bookmakers)}"
        case "event", OddsJob() if job.event:
            return f"part/odds/event/{job.sport}/{job.event}"
        case _:
            return job.key


def parts(job: Job) -> tuple[str, ...]:
    """The names under which refusals are remembered that concern the job."""
    return tuple(dict.fromkeys((job.key, *(part(job, about) for about in ABOUT))))


def narrowed(refused: Job, wants: Sequence[Job], about: str | None) -> tuple[MergedCall, ...]:
    """The calls still worth making for `wants`, after a call that they shared was refused: only such as
    differ in the refused part.

    None for wants that ask for just what was refused. The others are halved by that part, again and again
    where a half, merged anew, would ask for the same.
    """
    bad = part(refused, about)
    groups: dict[str, list[Job]] = {}
    for want in wants:
        groups.setdefault(part(want, about), []).append(want)
    groups.pop(bad, None)
    left = list(groups.values())
    calls: list[MergedCall] = []
    for half in (left[: len(left) // 2], left[len(left) // 2 :]):
        for call in batching.plan_calls([want for group in half for want in group]):
            calls += narrowed(refused, call.requests, about) if part(call.job, about) == bad else (call,)
    return tuple(calls)
