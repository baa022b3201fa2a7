"""Many wishes, few calls: which stored answer covers a wish, how it is cut to fit, and which wishes share one
call. Pure.

No answer tells which region a book is from. So boards of different regions are merged only where that saves
credits, an answer for more regions than asked keeps all its books, and no list of ours ever cuts what an
answer holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from oddsctl.domain.jobs import (
    Answer,
    Events,
    ForecastJob,
    Forecasts,
    Job,
    OddsJob,
    Schedule,
    ScheduleJob,
)
from oddsctl.domain.models import OddsEvent

PLACES_PER_CALL = 100
"""Open-Meteo takes 1000, but long URLs fail first (FACTS 3.1)."""
DAYS_PER_CALL = 14
"""Up to here each place weighs 1 against Open-Meteo's limits (FACTS 3.2)."""

# fmt: off
REGION_BOOKS = {
    "us": frozenset((
            "betonlineag", "betmgm", "betrivers", "betus", "bovada", "williamhill_us", "draftkings",
            "fanatics",
            "fanduel", "lowvig", "mybookieag",
    )),
    "us2": frozenset((
            "ballybet", "betanysports", "betparx", "espnbet", "fliff", "hardrockbet", "hardrockbet_az",
            "hardrockbet_fl", "hardrockbet_oh", "rebet",
    )),
    "us_dfs": frozenset((
            "betr_us_dfs", "pick6", "prizepicks", "underdog",
    )),
    "us_ex": frozenset((
            "betopenly", "kalshi", "novig", "polymarket", "prophetx",
    )),
}
# fmt: on
"""The books of regions, as far as they are published (FACTS 1.7).

A guess where a book is to be found; books come, go and move.
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make, and the wishes that its answer serves."""

    job: Job
    wants: tuple[Job, ...]


def covers(have: Job, want: Job) -> bool:
    """Whether an answer to `have` may hold the answer to `want`; `cut` has the last word."""
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


def cut(have: Job, answer: Answer, want: Job) -> Answer | None:
    """The part of `answer` (to `have`) that answers `want`; None when it does not hold it after all."""
    if have == want:
        return answer
    if not covers(have, want):
        return None
    match have, want, answer:
        case OddsJob(), OddsJob(), Events():
            return _cut_odds(have, answer, want)
        case ScheduleJob(), ScheduleJob(), Schedule():
            games = tuple(game for game in answer.games if eastern_day(game.start).startswith(want.dates))
            return replace(answer, games=games)
        case ForecastJob(), ForecastJob(), Forecasts():
            return _cut_forecasts(answer, want)
        case _:
            return None


def _cut_odds(have: OddsJob, answer: Events, want: OddsJob) -> Events | None:
    books: frozenset[str] | None = None
    if want.bookmakers and want.bookmakers != have.bookmakers:
        books = frozenset(want.bookmakers)
        priced = {price.bookmaker for event in answer.events for price in event.prices}
        if not have.bookmakers and not books <= priced:
            return None  # a book that is not there may be of another region: ask for it
    others = _with_lay(have.markets) - _with_lay(want.markets)
    events = tuple(
        _cut_event(event, others, books) for event in answer.events if want.event in (None, event.id)
    )
    return replace(answer, events=events) if events or want.event is None else None


def _with_lay(markets: Iterable[str]) -> set[str]:
    """The markets, and the lay prices that exchanges send with them unasked."""
    return {name for market in markets for name in (market, f"{market}_lay")}


def _cut_event(event: OddsEvent, other_markets: set[str], books: frozenset[str] | None) -> OddsEvent:
    """The event without what was asked for other wishes only."""
    prices = (
        price
        for price in event.prices
        if price.market not in other_markets and (books is None or price.bookmaker in books)
    )
    return replace(event, prices=tuple(prices))


def _cut_forecasts(answer: Forecasts, want: ForecastJob) -> Forecasts | None:
    if tuple(forecast.place for forecast in answer.forecasts) == want.places:
        return answer  # hours beyond the days asked for do no harm
    by_place = {forecast.place: forecast for forecast in answer.forecasts}
    if not by_place.keys() >= set(want.places):
        return None
    return Forecasts(tuple(by_place[place] for place in want.places))


def eastern_day(start: float) -> str:
    """The US Eastern day, YYYYMMDD, that ESPN files a game under."""
    return datetime.fromtimestamp(start, UTC).astimezone(ZoneInfo("America/New_York")).strftime("%Y%m%d")


def pieces(job: Job, answer: Answer) -> tuple[tuple[Job, Answer], ...]:
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


def plan(wants: Sequence[Job]) -> tuple[Call, ...]:
    """The calls that serve all wishes, each wish by one call: equal ones once, covered ones by the larger,
    mergeable ones together.
    """
    calls: list[Call] = []
    for want in dict.fromkeys(wants):
        for index, call in enumerate(calls):
            if (merged := merge(call.job, want)) is not None:
                calls[index] = Call(merged, (*call.wants, want))
                break
        else:
            calls.append(Call(want, (want,)))
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


def price(job: OddsJob) -> int:
    """Credits of a board or of an event's odds, by the markets and regions asked for (FACTS 1.2)."""
    return len(job.markets) * job.region_count
