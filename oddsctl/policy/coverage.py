"""Decide which stored answer covers another request, and extract the part that answers it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from oddsctl.domain.answers import Answer, Events, Forecasts, Schedule
from oddsctl.domain.jobs import ForecastJob, Job, OddsJob, ScheduleJob
from oddsctl.domain.models import OddsEvent
from oddsctl.domain.units import eastern_day


def covers(have: Job, want: Job) -> bool:
    """Return True if an answer to `have` may contain the answer to `want`; `extract` decides."""
    match have, want:
        case OddsJob(), OddsJob():
            return _covers_odds(have, want)
        case ScheduleJob(), ScheduleJob():
            return (have.league, have.groups) == (want.league, want.groups) and want.dates.startswith(
                have.dates
            )
        case ForecastJob(), ForecastJob():
            days = have.first_day <= want.first_day and want.last_day <= have.last_day
            return days and have.units == want.units and set(want.places) <= set(have.places)
        case _:
            return have == want


def _covers_odds(have: OddsJob, want: OddsJob) -> bool:
    if (
        have.sport != want.sport
        or have.event not in (None, want.event)
        or not set(want.markets) <= set(have.markets)
    ):
        return False
    if want.bookmakers:
        return not have.bookmakers or set(want.bookmakers) <= set(have.bookmakers)
    return not have.bookmakers and set(want.regions) <= set(have.regions)


def extract(have: Job, answer: Answer, want: Job) -> Answer | None:
    """Extract what answers `want` from an answer to `have`; None when it does not contain it after all."""
    if have == want:
        return answer
    if not covers(have, want):
        return None
    match have, want, answer:
        case OddsJob(), OddsJob(), Events():
            return _extract_odds(have, answer, want)
        case ScheduleJob(), ScheduleJob(), Schedule():
            games = tuple(game for game in answer.games if eastern_day(game.start).startswith(want.dates))
            return replace(answer, games=games)
        case ForecastJob(), ForecastJob(), Forecasts():
            return _extract_forecasts(answer, want)
        case _:
            return None


def _extract_odds(have: OddsJob, answer: Events, want: OddsJob) -> Events | None:
    books: frozenset[str] | None = None
    if want.bookmakers and want.bookmakers != have.bookmakers:
        books = frozenset(want.bookmakers)
        priced = {price.bookmaker for event in answer.events for price in event.prices}
        if not have.bookmakers and not books <= priced:
            # A missing bookmaker may belong to another region, so request it.
            return None
    others = _with_lay(have.markets) - _with_lay(want.markets)
    events = tuple(
        _extract_event(event, others, books) for event in answer.events if want.event in (None, event.id)
    )
    return replace(answer, events=events) if events or want.event is None else None


def _with_lay(markets: Iterable[str]) -> set[str]:
    """Add the lay prices that exchanges send unrequested with these markets."""
    return {name for market in markets for name in (market, f"{market}_lay")}


def _extract_event(event: OddsEvent, other_markets: set[str], books: frozenset[str] | None) -> OddsEvent:
    """Return the event without what only other requests asked for."""
    prices = (
        price
        for price in event.prices
        if price.market not in other_markets and (books is None or price.bookmaker in books)
    )
    return replace(event, prices=tuple(prices))


def _extract_forecasts(answer: Forecasts, want: ForecastJob) -> Forecasts | None:
    if tuple(forecast.place for forecast in answer.forecasts) == want.places:
        # Hours beyond the requested days do no harm.
        return answer
    by_place = {forecast.place: forecast for forecast in answer.forecasts}
    if not by_place.keys() >= set(want.places):
        return None
    return Forecasts(tuple(by_place[place] for place in want.places))


def split_for_cache(job: Job, answer: Answer) -> tuple[tuple[Job, Answer], ...]:
    """Split an answer into the pieces to store: forecasts by place, anything else whole.

    Leaves out places that could not be read.
    """
    if isinstance(job, ForecastJob) and isinstance(answer, Forecasts):
        return tuple(
            (replace(job, places=(one.place,)), Forecasts((one,)))
            for one in answer.forecasts
            if one.hours or not one.left_out
        )
    return ((job, answer),)
