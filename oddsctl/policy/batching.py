"""Merge many requests into few calls: which requests can share one. Pure.

No answer names the region of a bookmaker. So boards of different regions are merged only when that saves
credits, an answer for more regions than requested keeps all its bookmakers, and no list of ours ever cuts an
answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oddsctl.domain.bookmakers import REGION_BOOKS
from oddsctl.domain.jobs import ForecastJob, Job, OddsJob, ScheduleJob, price
from oddsctl.policy.coverage import covers

PLACES_PER_CALL = 100
"""Open-Meteo accepts 1000, but long URLs fail first (FACTS 3.1)."""
DAYS_PER_CALL = 14
"""Up to this many days each place counts as 1 against Open-Meteo's limits (FACTS 3.2)."""


@dataclass(frozen=True, slots=True)
class MergedCall:
    """One call to make, and the requests that its answer serves."""

    job: Job
    requests: tuple[Job, ...]


def plan_calls(wants: Sequence[Job]) -> tuple[MergedCall, ...]:
    """Plan the calls that serve all requests, each by one call.

    Equal requests share a call, a larger one serves those it covers, and mergeable ones are merged.
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
    """Return one job that surely answers both and costs no more than the two; None if there is none."""
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
    """Return True if the future answer to `have` will contain the answer to `want`.

    A bookmaker may be in none of the requested regions. An event may be off the board, which shows when the
    answer is cut; it is then requested separately.
    """
    if not covers(have, want) or not (isinstance(have, OddsJob) and isinstance(want, OddsJob)):
        return covers(have, want)
    known = frozenset(have.bookmakers).union(*(REGION_BOOKS.get(region, ()) for region in have.regions))
    return set(want.bookmakers) <= known


def _merge_odds(one: OddsJob, other: OddsJob) -> OddsJob | None:
    if (one.sport, one.event) != (other.sport, other.event) or bool(one.bookmakers) != bool(other.bookmakers):
        return None
    if _asks_outrights(one) != _asks_outrights(other):
        # No sport has both, and the provider refuses them together.
        return None
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
