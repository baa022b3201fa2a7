"""The Odds API v4: jobs to requests, responses to models (FACTS 1). Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from urllib.parse import quote

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
from oddsctl.messages.jobs import Answer, Events, EventsJob, Job, OddsJob, Score, Scores, ScoresJob, SportEntry, Sports, SportsJob
from oddsctl.messages.wire import HttpRequest, HttpResponse, Quota, Secret
from oddsctl.models import OddsEvent, Price
from oddsctl.policy import coalesce
from oddsctl.ports import JSON
from oddsctl.providers import shape
from oddsctl.providers.shape import Entry

API = "odds"
EXCHANGE_REGIONS = frozenset(("eu", "uk", "au", "us_ex"))
EXCHANGES = coalesce.REGION_BOOKS["us_ex"] | {"betfair_ex_eu", "betfair_ex_uk", "betfair_ex_au", "matchbook", "smarkets"}
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
    InvalidKeyError: "check the key that odds.key points to",
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
        """Credits at the most (FACTS 1.2): of one event's odds only markets that come back are charged."""
        match job:
            case OddsJob():
                return coalesce.price(job) + _unasked(job)
            case ScoresJob():
                return 1 if job.days_from is None else 2
            case _:
                return 0

    def request(self, job: Job) -> HttpRequest:
        """The request; lists sorted, no time or event filter in a paid one: they would not lower the price."""
        path, params = _question(job)
        ordered = tuple(sorted(params.items()))
        return HttpRequest(
            API, f"{self._base_url}/v4/{path}", ordered, (("Accept", "application/json"),), secret=(("apiKey", self._key()),)
        )

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
        match job:
            case OddsJob(event=str()):
                return _events([Entry(API, "the event", body)])
            case OddsJob() | EventsJob():
                return _events(_listed(body, "event"))
            case ScoresJob():
                return Scores(tuple(_score(entry) for entry in _listed(body, "game")))
            case SportsJob():
                return Sports(tuple(_sport(entry) for entry in _listed(body, "sport")))
            case _:
                raise _foreign(job)


def _unasked(job: OddsJob) -> int:
    """What `h2h_lay` may add to the price of one event's odds: exchanges send it unasked, and markets sent are charged."""
    if job.event is None or "h2h" not in job.markets or "h2h_lay" in job.markets:
        return 0
    exchange = EXCHANGE_REGIONS.intersection(job.regions) or EXCHANGES.intersection(job.bookmakers)
    return job.region_count if exchange else 0


def _question(job: Job) -> tuple[str, dict[str, str]]:
    """Path and parameters; of the key nothing."""
    match job:
        case OddsJob():
            event = "" if job.event is None else f"/events/{quote(job.event, safe='')}"
            books = {"bookmakers": ",".join(job.bookmakers)} if job.bookmakers else {"regions": ",".join(job.regions)}
            form = {"dateFormat": "iso", "oddsFormat": "decimal"}
            return f"{_sport_path(job.sport)}{event}/odds", {**form, **books, "markets": ",".join(job.markets)}
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


def _listed(body: JSON, called: str) -> list[Entry]:
    return shape.entries(API, "the answer", body, f"{called} {{}}")


def _events(entries: Iterable[Entry]) -> Events:
    return Events(_in_decimal([_event(entry) for entry in entries if not _is_outright(entry)]))


def _is_outright(entry: Entry) -> bool:
    """Whether the entry is a tournament: no game of two teams, which it says by naming null as both."""
    return all(entry.value.get(side, "") is None for side in ("home_team", "away_team"))


def _event(entry: Entry) -> OddsEvent:
    books = entry.entries("bookmakers", "book") if "bookmakers" in entry.value else []
    return OddsEvent(
        id=entry.word("id"),
        commence_time=entry.instant("commence_time"),
        home=entry.word("home_team"),
        away=entry.word("away_team"),
        prices=tuple(price for book in books for market in book.entries("markets", "market") for price in _prices(book, market)),
    )


def _prices(book: Entry, market: Entry) -> Iterator[Price]:
    """A market's prices as sent. The time is the market's; old answers have only the bookmaker's."""
    bookmaker, key = book.word("key"), market.word("key")
    updated = shape.instant(market.value.get("last_update")) or shape.instant(book.value.get("last_update"))
    for outcome in market.entries("outcomes", "outcome"):
        point = shape.number(outcome.value.get("point"))
        yield Price(bookmaker, key, _outcome(outcome), outcome.number("price"), point, updated)


def _outcome(outcome: Entry) -> str:
    """The outcome's name; in a player's market with the player, `Over (Jalen Hurts)`, or all players' Overs would be one."""
    name, player = outcome.word("name"), shape.word(outcome.value.get("description"))
    return f"{name} ({player})" if player else name


def _in_decimal(events: list[OddsEvent]) -> tuple[OddsEvent, ...]:
    """The events with decimal prices; what is none (1 and below: no bet) is left out.

    We ask for decimal odds. American ones, from a proxy or a recording, can't be told price by price (an exchange's 150 is decimal),
    but by the whole answer: theirs are all 100 or more, above or below zero, and no decimal answer is.
    """
    prices = [price.price for event in events for price in event.prices]
    if prices and all(abs(price) >= 100 for price in prices):
        events = [replace(event, prices=tuple(_from_american(price) for price in event.prices)) for event in events]
    elif min(prices, default=2.0) > 1:
        return tuple(events)
    return tuple(replace(event, prices=tuple(price for price in event.prices if price.price > 1)) for event in events)


def _from_american(price: Price) -> Price:
    return replace(price, price=shape.decimal_odds(price.price) or 0.0)


def _score(entry: Entry) -> Score:
    home, away = entry.word("home_team"), entry.word("away_team")
    told = entry.entries("scores", "score") if entry.value.get("scores") is not None else []
    scores = {shape.word(one.value.get("name")): shape.whole(one.value.get("score")) for one in told}
    return Score(
        id=entry.word("id"),
        commence_time=entry.instant("commence_time"),
        completed=entry.value.get("completed") is True,
        home=home,
        away=away,
        home_score=scores.get(home),
        away_score=scores.get(away),
    )


def _sport(entry: Entry) -> SportEntry:
    return SportEntry(
        key=entry.word("key"),
        title=shape.word(entry.value.get("title")) or entry.word("key"),
        active=entry.value.get("active") is not False,
        has_outrights=entry.value.get("has_outrights") is True,
    )


# ── refusals ──


def _error(response: HttpResponse) -> ProviderError:
    code, said = _told(response)
    kind = BY_CODE.get(code) or _by_status(response.status, code)
    rest = shape.retry_after(response) if kind in (RateLimitedError, ServerError) else None
    message = f"odds: {shape.quote(said) or 'refused without a reason'} ({_cause(response, code)})"
    return kind(message, provider=API, retry_at=rest, hint=HINTS.get(kind))


def _cause(response: HttpResponse, code: str) -> str:
    """The code; of what may pass the status too, which the code does not tell."""
    words = [shape.quote(code)] if code else []
    return ", ".join([*words, f"HTTP {response.status}"] if not code or response.status >= 500 else words)


def _told(response: HttpResponse) -> tuple[str, str]:
    """The `error_code` and the message; empty where the body has none (a gateway's page)."""
    try:
        body = shape.fields(shape.body(API, response))
    except BrokenAnswerError:
        body = {}
    return shape.word(body.get("error_code")) or "", shape.word(body.get("message")) or ""


def _by_status(status: int, code: str) -> type[ProviderError]:
    """The error where the code says nothing. A 401 with a code that is not about the key (a paid plan's endpoint) is a refusal."""
    kinds: dict[int, type[ProviderError]] = {403: ForbiddenError, 429: RateLimitedError}
    if status == 401 and not code:
        return InvalidKeyError
    if status >= 500 or status == 408:
        return ServerError
    return kinds.get(status, RejectedError if 400 <= status < 500 else BrokenAnswerError)
