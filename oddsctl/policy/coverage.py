"""Which stored answer answers another request, and the part of it that does. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from oddsctl.domain.answers import Answer, Events, Forecasts, Schedule
from oddsctl.domain.jobs import ForecastJob, Job, OddsJob, ScheduleJob
from oddsctl.domain.models import OddsEvent
from oddsctl.domain.units import eastern_day


def covers(have: Job, want: Job) -> bool:
    """Whether an answer to `have` may hold the answer to `want`; `extract` has the last word."""
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
    """The part of `answer` (to `have`) that answers `want`; None when it does not hold it after all."""
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
    """The event without what was asked for other wishes only."""
    prices = (
        price
        for price in event.prices
        if price.market not in other_markets and (books is None or price.bookmaker in books)
    )
    return replace(event, prices=tuple(prices))


def _extract_forecasts(answer: Forecasts, want: ForecastJob) -> Forecasts | None:
    if tuple(forecast.place for forecast in answer.forecasts) == want.places:
        return answer  # hours beyond the days asked for do no harm
    by_place = {forecast.place: forecast for forecast in answer.forecasts}
    if not by_place.keys() >= set(want.places):
        return None
    return Forecasts(tuple(by_place[place] for place in want.places))


def split_for_cache(job: Job, answer: Answer) -> tuple[tuple[Job, Answer], ...]:
    """The answer as it is kept: each place of a forecast on its own, but for one that could not be read;
    anything else whole.
    """
    if isinstance(job, ForecastJob) and isinstance(answer, Forecasts):
        return tuple(
            (replace(job, places=(one.place,)), Forecasts((one,)))
            for one in answer.forecasts
            if one.hours or not one.left_out
        )
    return ((job, answer),)
