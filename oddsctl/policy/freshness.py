"""Decide how old an answer may be and still count as fresh. Pure; the only owner of that question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, assert_never

from oddsctl.domain import settings
from oddsctl.domain.answers import Answer, Events
from oddsctl.domain.errors import Remember
from oddsctl.domain.jobs import (
    Job,
)
from oddsctl.domain.provider_errors import ProviderError
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
LIFETIMES: dict[Literal["schedule", "forecast", "sports", "geocoding"], float] = {
    "schedule": SCHEDULE,
    "forecast": FORECAST,
    "sports": SPORTS,
    "geocoding": GEOCODING,
}
"""Seconds of the rules that depend on no game and no setting."""
CLOCK_SLACK = 1.0
"""Seconds by which a clock may silently be set back.

Anything further in the future was stored by a clock that was ahead.
"""

WITHIN_A_RUN = 60.0
"""The same slack for comparisons with the start of a run: answers requested by the run came after it."""


def board_lifetime(starts: Iterable[float], now: float, rules: settings.FreshnessSettings) -> float:
    """Return how many seconds a board stays fresh, by its next start; `in_play` when every game has begun."""
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
    """Return how many seconds the answer to `job` stays fresh.

    `thrifty`: credits are low enough to accept a board up to an hour old.
    """
    match job.freshness:
        case "board":
            starts = (event.commence_time for event in answer.events) if isinstance(answer, Events) else ()
            life = board_lifetime(starts, now, rules)
            return max(life, THRIFTY_BOARD) if thrifty else life
        case "in_play":
            return rules.in_play
        case str() as rule:
            return LIFETIMES[rule]
        case seconds:
            return seconds


def age(fetched_at: float, now: float) -> float:
    """Return the seconds since the answer came; never negative."""
    return max(0.0, now - fetched_at)


def known_age(fetched_at: float | None, now: float) -> float | None:
    """Return the age to show; None for an answer from the future, whose real age is unknown."""
    return None if fetched_at is None or fetched_at > now + CLOCK_SLACK else age(fetched_at, now)


def is_fresh(fetched_at: float, now: float, life: float, slack: float = CLOCK_SLACK) -> bool:
    """Return True if an answer from `fetched_at` is young enough.

    One further ahead than `slack` has no known age and is not fresh.
    """
    return -slack <= now - fetched_at <= life


UNTIL_THE_KEY_CHANGES = 365 * DAY
"""Refusals of a key are kept under its fingerprint, so they do not affect another key."""
MOST_NARROWINGS = 24
"""Most calls one run makes to find which part of a shared call was refused."""
ABOUT = ("sport", "markets", "regions", "bookmakers", "event")
"""The parts of a request that a provider can refuse, see `RejectedError.about`."""


def refusal_expires_at(
    error: ProviderError, game_time: float | None, now: float, fresh_for: float = 0.0
) -> float | None:
    """Return until when the same request would be refused (epoch seconds); None for passing errors.

    A charged answer that cannot be read is remembered as long as it would have been fresh (`fresh_for`
    seconds).
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
    """The name of the part of `job` that a refusal is about; its key where that is the whole job."""
    return job.part(about) or job.key


def parts(job: Job) -> tuple[str, ...]:
    """List the names under which refusals of this job are remembered."""
    return tuple(dict.fromkeys((job.key, *(part(job, about) for about in ABOUT))))


def narrowed(refused: Job, wants: Sequence[Job], about: str | None) -> tuple[MergedCall, ...]:
    """Return the calls still worth making after a shared call was refused: those that differ in the refused
    part.

    None for requests of exactly what was refused. The others are split in half by that part, again where a
    half, merged anew, would request the same.
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
