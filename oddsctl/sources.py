"""Where a part of a board came from, and why nothing can be shown where nothing can. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from oddsctl.errors import OddsctlError, OfflineError
from oddsctl.messages.wishes import Outcome, Reason
from oddsctl.models import Source, Sport
from oddsctl.policy import freshness

SEVERITY = (
    *(Reason.FRESH_CACHE, Reason.PREFETCHED, Reason.SUPERSET_CACHE, Reason.JOINED_INFLIGHT, Reason.FETCHED, Reason.NEGATIVE_CACHE),
    *(Reason.FALLBACK, Reason.STALE_OFFLINE, Reason.STALE_RATE, Reason.STALE_RESERVE, Reason.STALE_BUDGET, Reason.STALE_BREAKER),
    *(Reason.STALE_ERROR, Reason.REFUSED_RATE, Reason.REFUSED_BUDGET, Reason.REFUSED_MAX_CREDITS, Reason.REFUSED_BREAKER),
    *(Reason.NO_KEY, Reason.NONE),
)
"""From plainly fine to nothing at all: a part that several answers make is as good as the worst of them."""


def source(api: str, sport: Sport, outcomes: Sequence[Outcome], now: float) -> Source:
    """One entry for a part that several answers make: as good as the worst, as old as the oldest, as dear as all."""
    worst = max(outcomes, key=lambda outcome: SEVERITY.index(outcome.reason))
    oldest = min((outcome.fetched_at for outcome in outcomes if outcome.fetched_at is not None), default=None)
    age = None if oldest is None else freshness.age(oldest, now)
    spent = sum(outcome.credits for outcome in outcomes)
    return Source(api, sport.name, worst.reason, oldest, age, spent, worst.detail)


def failure(outcomes: Sequence[Outcome]) -> OddsctlError | None:
    """Why none of these brought anything to show; None where one did."""
    if not outcomes or any(outcome.answer is not None for outcome in outcomes):
        return None
    return max((error_of(outcome) for outcome in outcomes), key=lambda error: error.exit_code)


def error_of(outcome: Outcome) -> OddsctlError:
    """Why a wish has no answer."""
    return outcome.error or OfflineError("nothing stored to show, and --offline asks nobody", provider=outcome.job.api)
