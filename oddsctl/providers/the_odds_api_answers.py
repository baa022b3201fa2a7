"""Reads events, prices, scores and sports from answers of The Odds API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from oddsctl.domain import bookmakers
from oddsctl.domain.answers import Events, Score, SportEntry
from oddsctl.domain.models import OddsEvent, Price
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob, ScoresJob
from oddsctl.domain.plausible import HIGHEST_PRICE, HIGHEST_SCORE, LARGEST_POINT
from oddsctl.domain.provider_errors import UnusableAnswerError
from oddsctl.domain.units import DAY
from oddsctl.providers import json_fields, json_values
from oddsctl.providers.json_fields import EntryFilter, JsonObject
from oddsctl.providers.the_odds_api_errors import API

ANY_SPORT = "upcoming"
"""Asks for the next games of all sports."""
NEED_A_POINT = ("spreads", "totals")
FAR_AHEAD, LONG_OVER = 550 * DAY, 90 * DAY
"""No game is listed so long before it begins, or after."""
EXCHANGE_REGIONS = frozenset(("eu", "uk", "au", "us_ex"))
EXCHANGES = bookmakers.REGION_BOOKS["us_ex"] | {
    "betfair_ex_eu",
    "betfair_ex_uk",
    "betfair_ex_au",
    "matchbook",
    "smarkets",
}


def events_of(job: OddsJob | EventsJob, found: Iterable[OddsEvent], sieve: EntryFilter) -> Events:
    """The events, in decimal odds.

    Raises `UnusableAnswerError` where there are some and none can be used, of a paid answer.
    """
    events = json_fields.once(list(found), lambda event: event.id, sieve, "event")
    if isinstance(job, OddsJob) and not events and sieve.left_out:
        raise UnusableAnswerError(f"{API}: {sieve.left_out}", provider=API)
    decimal = _in_decimal(events, sieve)
    return Events(decimal, sieve.left_out)


def event_of(job: OddsJob | EventsJob, now: float, entry: JsonObject) -> OddsEvent:
    """The game, or the competition, which may be years away and begins when its season does."""
    _check(entry, job)
    if _is_outright(entry):
        title = json_values.text(entry.value.get("sport_title")) or ""
        event = OddsEvent(entry.text("id"), entry.instant("commence_time"), "", "", title=title)
    else:
        event = OddsEvent(
            entry.text("id"), _start(entry, now), entry.text("home_team"), entry.text("away_team")
        )
    if entry.value.get("bookmakers") is None:  # the free schedule has none
        return event
    books = entry.each(
        "bookmakers",
        "book",
        lambda book: book.each("markets", "market", partial(_prices, book.text("key"), book)),
    )
    return replace(event, prices=tuple(price for markets in books for prices in markets for price in prices))


def _check(entry: JsonObject, job: OddsJob | EventsJob | ScoresJob) -> None:
    """Refuses what was not asked for: a game of another sport, or another game."""
    sport = json_values.text(entry.value.get("sport_key"))
    if sport is not None and sport.casefold() != job.sport.casefold() and job.sport != ANY_SPORT:
        raise entry.broken(f"is of the sport {json_values.quote(sport)}, not {job.sport}")
    if (
        isinstance(job, OddsJob)
        and job.event is not None
        and (found := json_values.text(entry.value.get("id"))) != job.event
    ):
        raise entry.broken(f"is {json_values.quote(found)}, not {job.event}")


def _start(entry: JsonObject, now: float) -> float:
    """When the game begins; games are listed from months before they begin until they end."""
    start = entry.instant("commence_time")
    if now and not now - LONG_OVER <= start <= now + FAR_AHEAD:
        raise entry.broken(
            f"begins on {json_values.quote(entry.value['commence_time'])}, which is not likely"
        )
    return start


def _is_outright(entry: JsonObject) -> bool:
    """Whether the entry is a competition that one of many wins: no game of two teams, which it says by naming
    null as both.
    """
    return all(entry.value.get(side, "") is None for side in ("home_team", "away_team"))


def _prices(bookmaker: str, book: JsonObject, market: JsonObject) -> list[Price]:
    """A market's prices as sent. The time is the market's; old answers have only the bookmaker's."""
    key = market.text("key")
    updated = json_values.instant(market.value.get("last_update")) or json_values.instant(
        book.value.get("last_update")
    )
    return market.each("outcomes", "outcome", partial(_price, bookmaker, key, updated), "price")


def _price(bookmaker: str, market: str, updated: float | None, outcome: JsonObject) -> Price:
    """One price, american or decimal as it came. A handicap or a total is none without its point."""
    name, price, point = _outcome(outcome), outcome.number("price"), outcome.value.get("point")
    handicap = json_values.within(point, -LARGEST_POINT, LARGEST_POINT)
    if handicap is None and (point is not None or market in NEED_A_POINT):
        raise outcome.broken("has no point" if point is None else "has an invalid point")
    return Price(bookmaker, market, name, price, handicap, updated)


def _outcome(outcome: JsonObject) -> str:
    """The outcome's name; in a player's market with the player, `Over (Jalen Hurts)`, or all players' Overs
    would be one.
    """
    name, player = outcome.text("name"), json_values.text(outcome.value.get("description"))
    return f"{name} ({player})" if player else name


def _in_decimal(events: list[OddsEvent], sieve: EntryFilter) -> tuple[OddsEvent, ...]:
    """The events with decimal prices; what is none (1 and below is no bet, more than `HIGHEST_PRICE` a
    mistake) is left out.

    We ask for decimal odds. American ones, from a proxy or a recording, can't be told price by price (an
    exchange's 150 is decimal), but by the whole answer: all of theirs are 100 or more, above or below zero,
    and many are negative.
    """
    prices = [price.price for event in events for price in event.prices]
    negative = sum(price <= -100 for price in prices)
    american = bool(prices) and (all(abs(price) >= 100 for price in prices) or negative > len(prices) / 4)
    if not american and all(1 < price <= HIGHEST_PRICE for price in prices):
        return tuple(events)
    return tuple(
        replace(event, prices=tuple(_usable(event.prices, sieve, american=american))) for event in events
    )


def _usable(prices: Iterable[Price], sieve: EntryFilter, *, american: bool) -> Iterator[Price]:
    for price in prices:
        decimal = (
            json_values.decimal_odds(price.price)
            if american
            else json_values.within(price.price, 1.0, HIGHEST_PRICE)
        )
        if decimal is None or decimal <= 1:
            sieve.leave_out(
                "price",
                f"{price.price:g} ({json_values.quote(price.outcome)}, "
                f"{json_values.quote(price.bookmaker)}) is no price",
            )
        else:
            yield replace(price, price=decimal)


def score_of(job: ScoresJob, now: float, entry: JsonObject) -> Score:
    """Read the score of a game."""
    _check(entry, job)
    home, away = entry.text("home_team"), entry.text("away_team")
    given = entry.value.get("scores")
    told = {} if given is None else dict(entry.each("scores", "score", _side_score))
    return Score(
        id=entry.text("id"),
        commence_time=_start(entry, now),
        completed=entry.value.get("completed") is True,
        home=home,
        away=away,
        home_score=told.get(home),
        away_score=told.get(away),
    )


def _side_score(entry: JsonObject) -> tuple[str, int]:
    score = json_values.whole_within(entry.value.get("score"), 0, HIGHEST_SCORE)
    if score is None:
        raise entry.broken("has no score")
    return entry.text("name"), score


def sport_of(entry: JsonObject) -> SportEntry:
    """Read a line of the list of sports."""
    return SportEntry(
        key=entry.text("key"),
        title=json_values.text(entry.value.get("title")) or entry.text("key"),
        active=entry.value.get("active") is not False,
        has_outrights=entry.value.get("has_outrights") is True,
    )
