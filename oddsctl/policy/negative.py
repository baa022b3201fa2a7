"""Definite refusals, and paid answers that can't be read: how long each is remembered, what it is about, what
is left to ask. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from oddsctl.domain.errors import EventGoneError, InvalidKeyError, ProviderError, RejectedError
from oddsctl.domain.jobs import (
    EventsJob,
    Job,
    OddsJob,
    ScheduleJob,
    ScoresJob,
)
from oddsctl.policy import batching as coalesce
from oddsctl.policy.backoff import is_paid_for
from oddsctl.policy.batching import Call

DAY = 86400.0
UNTIL_THE_KEY_CHANGES = 365 * DAY
"""Refusals of a key are kept under its fingerprint: another key is not met by them."""
MOST_NARROWINGS = 24
"""Calls that one run makes at the most to find out which part of shared calls was refused."""
ABOUT = ("sport", "markets", "regions", "bookmakers", "event")
"""The parts of a request that a provider can refuse, see `RejectedError.about`."""


def remembered_until(
    error: ProviderError, game_time: float | None, now: float, fresh_for: float = 0.0
) -> float | None:
    """Until when the same would be refused again (epoch seconds); None for what may pass.

    An answer that was paid for and can't be read is remembered as long as it would have been fresh
    (`fresh_for` seconds).
    """
    match error:
        case InvalidKeyError():
            return now + UNTIL_THE_KEY_CHANGES
        case EventGoneError():
            return game_time if game_time is not None and game_time > now else now + DAY
        case RejectedError():
            return now + DAY
        case _:
            return now + fresh_for if is_paid_for(error) else None


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


def narrowed(refused: Job, wants: Sequence[Job], about: str | None) -> tuple[Call, ...]:
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
    calls: list[Call] = []
    for half in (left[: len(left) // 2], left[len(left) // 2 :]):
        for call in coalesce.plan([want for group in half for want in group]):
            calls += narrowed(refused, call.wants, about) if part(call.job, about) == bad else (call,)
    return tuple(calls)
