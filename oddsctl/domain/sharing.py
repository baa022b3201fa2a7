"""How requests for odds share calls and cached answers, and how requests for weather do. Pure.

No answer says which region a book is from. So boards of different regions are merged only where that saves
credits, an answer for more regions than asked keeps all its books, and no list of ours ever removes what an
answer holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from oddsctl.domain.answers import Events, Forecasts
from oddsctl.domain.bookmakers import REGION_BOOKS
from oddsctl.domain.models import OddsEvent

if TYPE_CHECKING:
    from oddsctl.domain.jobs import ForecastJob
    from oddsctl.domain.odds_api_jobs import OddsJob

PLACES_PER_CALL = 100
"""Open-Meteo takes 1000, but long URLs fail first (FACTS 3.1)."""
DAYS_PER_CALL = 14
"""Up to here each place weighs 1 against Open-Meteo's limits (FACTS 3.2)."""


def covers_odds(have: OddsJob, want: OddsJob) -> bool:
    """Return whether the answer to `have` may hold the answer to `want`."""
    if (
        have.sport != want.sport
        or have.event not in (None, want.event)
        or not set(want.markets) <= set(have.markets)
    ):
        return False
    if want.bookmakers:
        return not have.bookmakers or set(want.bookmakers) <= set(have.bookmakers)
    return not have.bookmakers and set(want.regions) <= set(have.regions)


def surely_covers_odds(have: OddsJob, want: OddsJob) -> bool:
    """Return whether the answer to `have`, not seen yet, will hold that to `want`.

    A book may be in no region asked for. An event may be off the board, which shows when the answer is
    extracted; it is then asked for separately.
    """
    if not covers_odds(have, want):
        return False
    known = frozenset(have.bookmakers).union(*(REGION_BOOKS.get(region, ()) for region in have.regions))
    return set(want.bookmakers) <= known


def merge_odds(one: OddsJob, other: OddsJob) -> OddsJob | None:
    """Return one board for both, where that saves credits or costs the same in the same regions."""
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
    saved = one.price + other.price - both.price
    return both if saved > 0 or (saved == 0 and one.regions == other.regions) else None


def _asks_outrights(job: OddsJob) -> bool:
    return any(market.startswith("outrights") for market in job.markets)


def extract_odds(have: OddsJob, answer: Events, want: OddsJob) -> Events | None:
    """Return the part of the answer to `have` that answers `want`; None where it may lack a book."""
    books: frozenset[str] | None = None
    if want.bookmakers and want.bookmakers != have.bookmakers:
        books = frozenset(want.bookmakers)
        priced = {price.bookmaker for event in answer.events for price in event.prices}
        if not have.bookmakers and not books <= priced:
            return None  # a book that is not there may be of another region: ask for it
    others = _with_lay(have.markets) - _with_lay(want.markets)
    events = tuple(
        _extract_event(event, others, books) for event in answer.events if want.event in (None, event.id)
    )
    return replace(answer, events=events) if events or want.event is None else None


def _with_lay(markets: Iterable[str]) -> set[str]:
    """The markets, and the lay prices that exchanges send with them unasked."""
    return {name for market in markets for name in (market, f"{market}_lay")}


def _extract_event(event: OddsEvent, other_markets: set[str], books: frozenset[str] | None) -> OddsEvent:
    """The event without what only other requests asked for."""
    prices = (
        price
        for price in event.prices
        if price.market not in other_markets and (books is None or price.bookmaker in books)
    )
    return replace(event, prices=tuple(prices))


def covers_forecasts(have: ForecastJob, want: ForecastJob) -> bool:
    """Return whether the days and places of `want` are among those of `have`, in the same units."""
    days = have.first_day <= want.first_day and want.last_day <= have.last_day
    return days and have.units == want.units and set(want.places) <= set(have.places)


def merge_forecasts(one: ForecastJob, other: ForecastJob) -> ForecastJob | None:
    """Return one call for both, within what one call may ask for."""
    first, last = min(one.first_day, other.first_day), max(one.last_day, other.last_day)
    both = replace(one, places=(*one.places, *other.places), first_day=first, last_day=last)
    fits = last - first < DAYS_PER_CALL and len(both.places) <= PLACES_PER_CALL
    return both if fits and one.units == other.units else None


def extract_forecasts(answer: Forecasts, want: ForecastJob) -> Forecasts | None:
    """Return the forecasts of the places of `want`; None where one is missing."""
    if tuple(forecast.place for forecast in answer.forecasts) == want.places:
        return answer  # hours beyond the days asked for do no harm
    by_place = {forecast.place: forecast for forecast in answer.forecasts}
    if not by_place.keys() >= set(want.places):
        return None
    return Forecasts(tuple(by_place[place] for place in want.places))
