"""The Odds API v4: jobs to requests, responses to models (FACTS 1). Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TypeVar
from urllib.parse import quote

from oddsctl.domain import bookmakers, jobs
from oddsctl.domain.answers import Answer, Events, Score, Scores, SportEntry, Sports
from oddsctl.domain.errors import (
    BrokenAnswerError,
    DeactivatedKeyError,
    EventGoneError,
    ForbiddenError,
    InvalidKeyError,
    InvalidMarketError,
    MissingKeyError,
    OutOfCreditsError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    ServerError,
    UnknownSportError,
    UnusableAnswerError,
)
from oddsctl.domain.http import HttpRequest, HttpResponse, Quota, Secret
from oddsctl.domain.jobs import EventsJob, Job, OddsJob, ScoresJob, SportsJob
from oddsctl.domain.models import OddsEvent, Price
from oddsctl.domain.plausible import (
    DEAREST,
    HIGHEST_PRICE,
    HIGHEST_SCORE,
    LARGEST_POINT,
    MOST_CREDITS,
)
from oddsctl.domain.ports import JSON
from oddsctl.domain.units import DAY
from oddsctl.providers import json_fields, json_values
from oddsctl.providers.json_fields import EntryFilter, JsonObject

T = TypeVar("T")
API = "odds"
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
BY_CODE: dict[str, type[ProviderError]] = {
    "MISSING_KEY": MissingKeyError,
    "INVALID_KEY": InvalidKeyError,
    "DEACTIVATED_KEY": DeactivatedKeyError,
    "OUT_OF_USAGE_CREDITS": OutOfCreditsError,
    "EXCEEDED_FREQ_LIMIT": RateLimitedError,
    "UNKNOWN_SPORT": UnknownSportError,
    "INVALID_SPORT": UnknownSportError,
    "INVALID_MARKET": InvalidMarketError,
    "INVALID_MARKET_COMBO": InvalidMarketError,
    "EVENT_NOT_FOUND": EventGoneError,
}
"""Compared as whole strings: codes share prefixes."""
ABOUT = {
    **dict.fromkeys(("UNKNOWN_SPORT", "INVALID_SPORT"), "sport"),
    **dict.fromkeys(("INVALID_MARKET", "INVALID_MARKET_COMBO", "MISSING_MARKET"), "markets"),
    **dict.fromkeys(("INVALID_REGION", "MISSING_REGION"), "regions"),
    "INVALID_BOOKMAKERS": "bookmakers",
    **dict.fromkeys(("EVENT_NOT_FOUND", "INVALID_EVENT_ID"), "event"),
}
"""The part of a request that a refusal is about."""
HINTS: dict[type[ProviderError], str] = {
    MissingKeyError: "check what odds.key points to",
    InvalidKeyError: "check the key that odds.key points to",
    DeactivatedKeyError: "see to the subscription at the-odds-api.com",
    OutOfCreditsError: "credits return with the new month; `oddsctl stats` shows when",
    InvalidMarketError: "boards have h2h, spreads, totals and outrights; other markets are asked by event",
}


class TheOddsApiProvider:
    """The provider.

    `key` is asked for only when a request is made; it travels in the query, there is no other way (FACTS
    1.1).
    """

    name = API

    def __init__(self, base_url: str, key: Callable[[], Secret]) -> None:
        self._base_url = base_url
        self._key = key

    def account(self) -> str:
        """A fingerprint of the key: it tells accounts apart and cannot be turned back."""
        return sha256(b"oddsctl account " + self._key().encode()).hexdigest()[:16]

    def price(self, job: Job) -> int:
        """Credits at the most (FACTS 1.2): of one event's odds only markets that come back are charged."""
        match job:
            case OddsJob():
                return jobs.price(job) + _unasked(job)
            case ScoresJob():
                return 1 if job.days_from is None else 2
            case _:
                return 0

    def request(self, job: Job) -> HttpRequest:
        """The request; lists sorted, no time or event filter in a paid one: they would not lower the
        price.
        """
        path, params = _question(job)
        ordered = tuple(sorted(params.items()))
        return HttpRequest(
            API,
            f"{self._base_url}/v4/{path}",
            ordered,
            (("Accept", "application/json"),),
            secret=(("apiKey", self._key()),),
        )

    def quota(self, response: HttpResponse) -> Quota:
        """The three `x-requests-*` headers.

        Not those of a 5xx: a gateway was seen to make them up (FACTS 1.4).
        """
        if response.status >= 500:
            return Quota()
        told = {name: response.headers.get(f"x-requests-{name}") for name in ("used", "remaining", "last")}
        return Quota(
            json_values.whole_within(told["used"], 0, MOST_CREDITS),
            json_values.whole_within(told["remaining"], -MOST_CREDITS, MOST_CREDITS),
            json_values.whole_within(told["last"], -DEAREST, DEAREST),
        )

    def parse(self, job: Job, response: HttpResponse) -> Answer:
        """The models; errors by `error_code` first, then by status."""
        if response.status != 200:
            raise _error(response)
        body = json_fields.body(API, response)
        if isinstance(body, dict) and "error_code" in body:
            raise _error(response)
        sieve, now = EntryFilter(API), response.received_at
        match job:
            case OddsJob(event=str()):
                event = JsonObject(sieve, "the event", body)
                return _events(
                    job,
                    sieve.each("the answer", [event.value], "the event", partial(_event, job, now), "event"),
                    sieve,
                )
            case OddsJob() | EventsJob():
                return _events(job, _listed(sieve, body, "event", partial(_event, job, now)), sieve)
            case ScoresJob():
                scores = _listed(sieve, body, "game", partial(_score, job, now))
                return Scores(
                    tuple(json_fields.once(scores, lambda score: score.id, sieve, "game")), sieve.left_out
                )
            case SportsJob():
                return Sports(tuple(_listed(sieve, body, "sport", _sport)), sieve.left_out)
            case _:
                raise _foreign(job)


def _unasked(job: OddsJob) -> int:
    """What `h2h_lay` may add to the price of one event's odds: exchanges send it unasked, and markets sent
    are charged.
    """
    if job.event is None or "h2h" not in job.markets or "h2h_lay" in job.markets:
        return 0
    exchange = EXCHANGE_REGIONS.intersection(job.regions) or EXCHANGES.intersection(job.bookmakers)
    return job.region_count if exchange else 0


def _question(job: Job) -> tuple[str, dict[str, str]]:
    """Path and parameters; of the key nothing."""
    match job:
        case OddsJob():
            event = "" if job.event is None else f"/events/{quote(job.event, safe='')}"
            books = (
                {"bookmakers": ",".join(job.bookmakers)}
                if job.bookmakers
                else {"regions": ",".join(job.regions)}
            )
            form = {"dateFormat": "iso", "oddsFormat": "decimal"}
            return f"{_sport_path(job.sport)}{event}/odds", {
                **form,
                **books,
                "markets": ",".join(job.markets),
            }
        case EventsJob():
            return f"{_sport_path(job.sport)}/events", {"dateFormat": "iso"}
        case ScoresJob():
            days = {} if job.days_from is None else {"daysFrom": str(job.days_from)}
            return f"{_sport_path(job.sport)}/scores", {"dateFormat": "iso", **days}
        case SportsJob():
            return "sports", {}
        case _:
            raise _foreign(job)


def _sport_path(sport: str) -> str:
    return f"sports/{quote(sport, safe='')}"


def _foreign(job: Job) -> TypeError:
    return TypeError(f"no job for The Odds API: {type(job).__name__}")


# ── answers ──


def _listed(sieve: EntryFilter, body: JSON, called: str, read: Callable[[JsonObject], T | None]) -> list[T]:
    return sieve.each("the answer", body, f"{called} {{}}", read)


def _events(job: OddsJob | EventsJob, found: Iterable[OddsEvent], sieve: EntryFilter) -> Events:
    """The events, in decimal odds.

    Raises `UnusableAnswerError` where there are some and none can be used, of a paid answer.
    """
    events = json_fields.once(list(found), lambda event: event.id, sieve, "event")
    if isinstance(job, OddsJob) and not events and sieve.left_out:
        raise UnusableAnswerError(f"{API}: {sieve.left_out}", provider=API)
    decimal = _in_decimal(events, sieve)
    return Events(decimal, sieve.left_out)


def _event(job: OddsJob | EventsJob, now: float, entry: JsonObject) -> OddsEvent:
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
        raise outcome.broken("has no point" if point is None else "has a point that is none")
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


def _score(job: ScoresJob, now: float, entry: JsonObject) -> Score:
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


def _sport(entry: JsonObject) -> SportEntry:
    return SportEntry(
        key=entry.text("key"),
        title=json_values.text(entry.value.get("title")) or entry.text("key"),
        active=entry.value.get("active") is not False,
        has_outrights=entry.value.get("has_outrights") is True,
    )


# ── refusals ──


def _error(response: HttpResponse) -> ProviderError:
    code, said = _told(response)
    kind = BY_CODE.get(code) or _by_status(response.status, code)
    rest = json_values.retry_after(response) if kind in (RateLimitedError, ServerError) else None
    message = f"odds: {json_values.quote(said) or 'refused without a reason'} ({_cause(response, code)})"
    error = kind(message, provider=API, retry_at=rest, hint=HINTS.get(kind))
    if isinstance(error, RejectedError):
        error.about = ABOUT.get(code)
    return error


def _cause(response: HttpResponse, code: str) -> str:
    """The code; of what may pass the status too, which the code does not tell."""
    words = [json_values.quote(code)] if code else []
    return ", ".join([*words, f"HTTP {response.status}"] if not code or response.status >= 500 else words)


def _told(response: HttpResponse) -> tuple[str, str]:
    """The `error_code` and the message; empty where the body has none (a gateway's page)."""
    try:
        body = json_fields.fields(json_fields.body(API, response))
    except BrokenAnswerError:
        body = {}
    return json_values.text(body.get("error_code")) or "", json_values.said(body.get("message"))


def _by_status(status: int, code: str) -> type[ProviderError]:
    """The error where the code says nothing.

    A 401 with a code that is not about the key (a paid plan's endpoint) is a refusal.
    """
    kinds: dict[int, type[ProviderError]] = {403: ForbiddenError, 429: RateLimitedError}
    if status == 401 and not code:
        return InvalidKeyError
    if status >= 500 or status == 408:
        return ServerError
    return kinds.get(status, RejectedError if 400 <= status < 500 else BrokenAnswerError)
