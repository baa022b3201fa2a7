"""Many wishes, few calls: which stored answer covers a wish, how it is cut to fit, and which wishes share one
call. Pure.

No answer tells which region a book is from. So boards of different regions are merged only where that saves
credits, an answer for more regions than asked keeps all its books, and no list of ours ever cuts what an
answer holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oddsctl.domain.bookmakers import REGION_BOOKS
from oddsctl.domain.jobs import ForecastJob, Job, OddsJob, ScheduleJob, price
from oddsctl.policy.coverage import covers

PLACES_PER_CALL = 100
"""Open-Meteo takes 1000, but long URLs fail first (FACTS 3.1)."""
DAYS_PER_CALL = 14
"""Up to here each place weighs 1 against Open-Meteo's limits (FACTS 3.2)."""


@dataclass(frozen=True, slots=True)
class MergedCall:
    """One call to make, and the wishes that its answer serves."""

    job: Job
    requests: tuple[Job, ...]


def plan_calls(wants: Sequence[Job]) -> tuple[MergedCall, ...]:
    """The calls that serve all wishes, each wish by one call: equal ones once, covered ones by the larger,
    mergeable ones together.
    """
    calls: list[MergedCall] = []
    for want in dict.fromkeys(wants):
        for index, call in enumerate(calls):
            if (merged := merge(call.job, want)) is not None:
                calls[index] = MergedCall(merged, (*call.requests, want))
                break
        else:
            calls.append(MergedCall(want, (want,)))
    return tuple(calls)


def merge(one: Job, other: Job) -> Job | None:
    """One job that surely answers both and costs no more than the two, or None."""
    if _surely_covers(one, other):
        return one
    if _surely_covers(other, one):
        return other
    match one, other:
        case OddsJob(), OddsJob():
            return _merge_odds(one, other)
        case ForecastJob(), ForecastJob():
            return _merge_forecasts(one, other)
        case ScheduleJob(), ScheduleJob() if one.folds and (one.league, one.groups) == (
            other.league,
            other.groups,
        ):
            return replace(one, dates=one.dates[:6]) if one.dates[:6] == other.dates[:6] else None
        case _:
            return None


def _surely_covers(have: Job, want: Job) -> bool:
    """Whether the answer to `have`, not seen yet, will hold that to `want`: a book may be in no region asked.

    An event may be off the board, which shows when the answer is cut; it is then asked apart.
    """
    if not covers(have, want) or not (isinstance(have, OddsJob) and isinstance(want, OddsJob)):
        return covers(have, want)
    known = frozenset(have.bookmakers).union(*(REGION_BOOKS.get(region, ()) for region in have.regions))
    return set(want.bookmakers) <= known


def _merge_odds(one: OddsJob, other: OddsJob) -> OddsJob | None:
    if (one.sport, one.event) != (other.sport, other.event) or bool(one.bookmakers) != bool(other.bookmakers):
        return None
    if _asks_outrights(one) != _asks_outrights(other):
        return None  # no sport has both, and the provider refuses them together
    both = replace(
        one,
        markets=(*one.markets, *other.markets),
        regions=(*one.regions, *other.regions),
        bookmakers=(*one.bookmakers, *other.bookmakers),
    )
    saved = price(one) + price(other) - price(both)
    return both if saved > 0 or (saved == 0 and one.regions == other.regions) else None


def _asks_outrights(job: OddsJob) -> bool:
    return any(market.startswith("outrights") for market in job.markets)


def _merge_forecasts(one: ForecastJob, other: ForecastJob) -> ForecastJob | None:
    first, last = min(one.first_day, other.first_day), max(one.last_day, other.last_day)
    both = replace(one, places=(*one.places, *other.places), first_day=first, last_day=last)
    fits = last - first < DAYS_PER_CALL and len(both.places) <= PLACES_PER_CALL
    return both if fits and one.units == other.units else None
