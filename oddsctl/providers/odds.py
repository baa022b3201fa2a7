"""The Odds API v4: jobs to requests, responses to models (FACTS 1). Pure: no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256

from oddsctl.errors import (
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
)
from oddsctl.messages import (
    Answer,
    Events,
    EventsJob,
    HttpRequest,
    HttpResponse,
    Job,
    OddsJob,
    Quota,
    Score,
    Scores,
    ScoresJob,
    Secret,
    SportEntry,
    Sports,
    SportsJob,
)
from oddsctl.models import OddsEvent, Price
from oddsctl.policy.coalesce import price
from oddsctl.providers import shape
from oddsctl.providers.shape import JSON, Entry

API = "odds"
EXCHANGE_REGIONS = {"eu", "uk", "au", "us_ex"}
FORMATS = (("dateFormat", "iso"), ("oddsFormat", "decimal"))
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
HINTS: dict[type[ProviderError], str] = {
    MissingKeyError: "set ODDS_API_KEY, or odds.key in the configuration",
    InvalidKeyError: "check the key that odds.key points to; a new one may take a minute to work",
    DeactivatedKeyError: "see to the subscription at the-odds-api.com",
    OutOfCreditsError: "credits return with the new month; `oddsctl stats` shows when",
    InvalidMarketError: "boards have h2h, spreads, totals and outrights; other markets are asked by event",
}


class TheOddsAPI:
    """The provider. `key` is asked for only when a request is made; it travels in the query, there is no other way (FACTS 1.1)."""

    name = API

    def __init__(self, base_url: str, key: Callable[[], Secret]) -> None:
        self._base_url = base_url
        self._key = key

    def account(self) -> str:
        """A fingerprint of the key: it tells accounts apart and cannot be turned back."""
        return sha256(b"oddsctl account " + self._key().encode()).hexdigest()[:16]

    def price(self, job: Job) -> int:
        """Credits at the most (FACTS 1.2). For one event it is an upper bound.

        There only markets that come back are charged, but exchanges add lay prices unasked, which may count as a market.
        """
        match job:
            case OddsJob(event=None):
                return price(job)
            case OddsJob():
                lay = len(EXCHANGE_REGIONS & set(job.regions)) if "h2h" in job.markets else 0
                return price(job) + lay
            case ScoresJob():
                return 1 if job.days_from is None else 2
            case _:
                return 0

    def request(self, job: Job) -> HttpRequest:
        """The request; lists sorted, no time or event filter in a paid one: they would not lower the price."""
        params: tuple[tuple[str, str], ...]
        match job:
            case OddsJob():
                path = f"sports/{job.sport}/odds" if job.event is None else f"sports/{job.sport}/events/{job.event}/odds"
                books = ("bookmakers", ",".join(job.bookmakers)) if job.bookmakers else ("regions", ",".join(job.regions))
                params = (*FORMATS, books, ("markets", ",".join(job.markets)))
            case EventsJob():
                path, params = f"sports/{job.sport}/events", (FORMATS[0],)
            case ScoresJob():
                days = (("daysFrom", str(job.days_from)),) if job.days_from else ()
                path, params = f"sports/{job.sport}/scores", (FORMATS[0], *days)
            case SportsJob():
                path, params = "sports", ()
            case _:
                raise TypeError(f"no job for The Odds API: {type(job).__name__}")
        secret = (("apiKey", self._key()),)
        return HttpRequest(API, f"{self._base_url}/v4/{path}", tuple(sorted(params)), (("Accept", "application/json"),), secret)

    def quota(self, response: HttpResponse) -> Quota:
        """The three `x-requests-*` headers. Not those of a 5xx: a gateway was seen to make them up (FACTS 1.4)."""
        if response.status >= 500:
            return Quota()
        return Quota(*(shape.whole(response.headers.get(f"x-requests-{name}")) for name in ("used", "remaining", "last")))

    def parse(self, job: Job, response: HttpResponse) -> Answer:
        """The models; errors by `error_code` first, then by status."""
        if response.status != 200:
            raise _error(response)
        body = shape.body(API, response)
        if isinstance(body, dict) and "error_code" in body:
            raise _error(response)
        american = re.search(rb'"price":\s*-', response.body) is not None  # a negative price cannot be decimal: then none is
        match job:
            case OddsJob(event=None) | EventsJob():
                return Events(tuple(event for entry in shape.entries(API, "the answer", body) if (event := _event(entry, american))))
            case OddsJob():
                event = _event(Entry(API, "the answer", body), american)
                return Events((event,) if event else ())
            case ScoresJob():
                return Scores(tuple(_score(entry) for entry in shape.entries(API, "the answer", body)))
            case SportsJob():
                return Sports(tuple(_sport(entry) for entry in shape.entries(API, "the answer", body)))
            case _:
                raise TypeError(f"no job for The Odds API: {type(job).__name__}")


def _event(entry: Entry, american: bool) -> OddsEvent | None:
    """A game with its prices. None for an outright, which is no game of two teams."""
    if entry.value.get("home_team") is None and entry.value.get("away_team") is None and entry.value.get("id"):
        return None
    books = entry.entries("bookmakers") if "bookmakers" in entry.value else []
    return OddsEvent(
        id=entry.text("id"),
        commence_time=entry.time("commence_time"),
        home=entry.text("home_team"),
        away=entry.text("away_team"),
        prices=tuple(found for book in books for market in book.entries("markets") for found in _prices(book, market, american)),
    )


def _prices(book: Entry, market: Entry, american: bool) -> list[Price]:
    key, name = book.text("key"), market.text("key")
    updated = shape.instant(market.value.get("last_update")) or shape.instant(book.value.get("last_update"))
    return [
        Price(key, name, _outcome(outcome), _decimal(outcome, american), shape.number(outcome.value.get("point")), updated)
        for outcome in market.entries("outcomes")
    ]


def _outcome(outcome: Entry) -> str:
    """The outcome's name; for a player's market with the player, `Over (Jalen Hurts)`, or all players' Overs would be one."""
    player = outcome.text_or_none("description")
    return f"{outcome.text('name')} ({player})" if player else outcome.text("name")


def _decimal(outcome: Entry, american: bool) -> float:
    value = outcome.number("price")
    decimal = shape.decimal_odds(value) if american else value
    if decimal is None or decimal < 1:
        raise outcome.broken(f"has a price of {value:g}")
    return decimal


def _score(entry: Entry) -> Score:
    home, away = entry.text("home_team"), entry.text("away_team")
    listed = entry.entries("scores") if entry.value.get("scores") is not None else []
    scores = {one.text_or_none("name"): shape.whole(one.value.get("score")) for one in listed}
    return Score(
        id=entry.text("id"),
        commence_time=entry.time("commence_time"),
        completed=entry.value.get("completed") is True,
        home=home,
        away=away,
        home_score=scores.get(home),
        away_score=scores.get(away),
    )


def _sport(entry: Entry) -> SportEntry:
    return SportEntry(
        key=entry.text("key"),
        title=entry.text_or_none("title") or entry.text("key"),
        active=entry.value.get("active") is not False,
        has_outrights=entry.value.get("has_outrights") is True,
    )


def _error(response: HttpResponse) -> ProviderError:
    code, message = _told(response)
    kind = BY_CODE.get(code) or _by_status(response.status)
    said = f"odds: {shape.quote(message) or 'no reason given'} ({code or f'HTTP {response.status}'})"
    rest = shape.retry_after(response) if kind in (RateLimitedError, ServerError) else None
    return kind(said, provider=API, retry_at=rest, hint=HINTS.get(kind))


def _told(response: HttpResponse) -> tuple[str, JSON]:
    try:
        body = shape.body(API, response)
    except BrokenAnswerError:
        return "", f"answered HTTP {response.status} without a reason"
    if not isinstance(body, dict):
        return "", ""
    code = body.get("error_code")
    return (code if isinstance(code, str) else ""), body.get("message") or ""


def _by_status(status: int) -> type[ProviderError]:
    if status == 401:
        return InvalidKeyError
    if status == 403:
        return ForbiddenError
    if status == 429:
        return RateLimitedError
    if status >= 500:
        return ServerError
    return RejectedError if 400 <= status < 500 else BrokenAnswerError
