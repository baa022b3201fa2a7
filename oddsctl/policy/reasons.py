"""Where a part of a board came from, and why nothing can be shown where nothing can. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from oddsctl.domain.board_models import Source
from oddsctl.domain.errors import (
    BreakerRefusedError,
    BudgetRefusedError,
    MaxCreditsRefusedError,
    OddsctlError,
    OfflineError,
    RateRefusedError,
    family,
)
from oddsctl.domain.jobs import Job
from oddsctl.domain.models import Sport
from oddsctl.domain.provider_errors import MissingKeyError
from oddsctl.domain.requests import Outcome, Reason, Refusal, Refused
from oddsctl.policy import freshness

NAMES = {"odds": "The Odds API", "espn": "ESPN", "weather": "Open-Meteo"}
SEVERITY = (
    *(
        Reason.FRESH_CACHE,
        Reason.PREFETCHED,
        Reason.SUPERSET_CACHE,
        Reason.JOINED_INFLIGHT,
        Reason.FETCHED,
        Reason.NEGATIVE_CACHE,
    ),
    *(
        Reason.FALLBACK,
        Reason.STALE_OFFLINE,
        Reason.STALE_RATE,
        Reason.STALE_RESERVE,
        Reason.STALE_BUDGET,
        Reason.STALE_BREAKER,
    ),
    *(
        Reason.STALE_ERROR,
        Reason.REFUSED_RATE,
        Reason.REFUSED_BUDGET,
        Reason.REFUSED_MAX_CREDITS,
        Reason.REFUSED_BREAKER,
    ),
    *(Reason.NO_KEY, Reason.NONE),
)
"""From plainly fine to nothing at all: a part that several answers make is as good as the worst of them."""


def source(api: str, sport: Sport, outcomes: Sequence[Outcome], now: float) -> Source:
    """One entry for a part that several answers make: as good as the worst, as old as the oldest, as dear as
    all.
    """
    worst = max(outcomes, key=lambda outcome: SEVERITY.index(outcome.reason))
    oldest = min((outcome.fetched_at for outcome in outcomes if outcome.fetched_at is not None), default=None)
    age = freshness.known_age(oldest, now)
    spent = sum(outcome.credits for outcome in outcomes)
    return Source(api, sport.name, worst.reason, oldest, age, spent, worst.detail)


def failure(outcomes: Sequence[Outcome]) -> OddsctlError | None:
    """Why none of these brought anything to show; None where one did."""
    if not outcomes or any(outcome.answer is not None for outcome in outcomes):
        return None
    return max((error_of(outcome) for outcome in outcomes), key=lambda error: error.exit_code)


@dataclass(frozen=True, slots=True)
class RetryOutlook:
    """What is known of a provider that fails: when a job of it is asked again, where it is left alone, and
    how it has been of late.
    """

    rests_until: Callable[[Job], float | None]
    of_late: Callable[[str], str]
    zone: ZoneInfo


def nothing_to_show(sport: Sport, outcomes: Sequence[Outcome], outlook: RetryOutlook) -> OddsctlError | None:
    """Why no game can be shown; None where one answer came.

    Of several providers each is named: its cause, and when it is asked again.

    Code and exit code are those of the worst.
    """
    worst = failure(outcomes)
    apis = list(dict.fromkeys(outcome.job.api for outcome in outcomes))
    if worst is None or len(apis) < 2 or isinstance(worst, OfflineError):
        return worst
    causes = [
        _cause(api, [outcome for outcome in outcomes if outcome.job.api == api], outlook) for api in apis
    ]
    moments = [retry_at for _, retry_at in causes if retry_at is not None]
    hints = dict.fromkeys(error.hint for outcome in outcomes if (error := error_of(outcome)).hint)
    hint = (
        "; ".join(filter(None, hints))
        or "run it again later; `oddsctl health --probe` shows whether they are back"
    )
    told = "; ".join(text for text, _ in causes)
    joined = OddsctlError(
        f"nothing to show for {sport.name}, and nothing stored: {told}",
        retry_at=min(moments, default=None),
        hint=hint,
    )
    joined.code, joined.exit_code = worst.code, worst.exit_code
    return joined


def _cause(api: str, outcomes: Sequence[Outcome], outlook: RetryOutlook) -> tuple[str, float | None]:
    """One provider: what is wrong, and when it is asked again (epoch seconds), where that is not by the next
    command.
    """
    errors = [error_of(outcome) for outcome in outcomes]
    said = dict.fromkeys(
        f"keeps failing ({outlook.of_late(api)})"
        if isinstance(error, BreakerRefusedError)
        else error.message.removeprefix(f"{api}: ")
        for error in errors
    )
    text = f"{NAMES[api]}: {', '.join(said)}"
    if any(error.exit_code == MissingKeyError.exit_code for error in errors):
        return text, None
    rests = [outlook.rests_until(outcome.job) for outcome in outcomes]
    retry_at = max(
        (at for at in (*rests, *(error.retry_at for error in errors)) if at is not None), default=None
    )
    if retry_at is None:
        return f"{text} (asked again by the next command)", None
    at = datetime.fromtimestamp(retry_at, outlook.zone)
    return f"{text} (asked again from {at:%Y-%m-%d %H:%M:%S} {at.tzname() or outlook.zone.key})", retry_at


def error_of(outcome: Outcome) -> OddsctlError:
    """Return why a request has no answer."""
    return outcome.error or OfflineError(
        "nothing stored to show, and --offline sends no requests", provider=outcome.job.api
    )


NOT_ASKED: dict[Refusal, type[OddsctlError]] = {
    Refusal.BUDGET: BudgetRefusedError,
    Refusal.RESERVE: BudgetRefusedError,
    Refusal.MAX_CREDITS: MaxCreditsRefusedError,
    Refusal.RATE: RateRefusedError,
    Refusal.BREAKER: BreakerRefusedError,
}
"""The error that a call not let through is."""
LACK_OF_CREDITS = (Reason.REFUSED_BUDGET, Reason.REFUSED_MAX_CREDITS)
UNBOUGHT = frozenset(
    (
        *(why.value for why, kind in NOT_ASKED.items() if kind.reason_when_nothing in LACK_OF_CREDITS),
        *(kind.code for kind in family() if kind.reason_when_nothing in LACK_OF_CREDITS),
    )
)
"""Causes (`Outcome.detail`) that are a lack of credits: our rules keep them, or the account has none."""


def refusal_error(refused: Refused, job: Job) -> OddsctlError:
    """Return the error that a refused call is."""
    kind = NOT_ASKED[refused.why]
    return kind(f"{job.api}: not asked, {refused.detail}", provider=job.api, retry_at=refused.retry_at)


def reasons_of(result: Refused | OddsctlError) -> tuple[Reason, Reason, str]:
    """Return the reason if something older is shown, the reason if nothing is, and the cause in one word."""
    if not isinstance(result, Refused):
        return Reason(result.reason_when_stale), Reason(result.reason_when_nothing), result.code
    kind = NOT_ASKED[result.why]
    # the reserve is a part of the budget that has a name of its own when something older is shown
    is_reserve = result.why is Refusal.RESERVE
    stale = Reason.STALE_RESERVE if is_reserve else Reason(kind.reason_when_stale)
    return stale, Reason(kind.reason_when_nothing), result.why.value
