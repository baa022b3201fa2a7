"""The parameters of a request to the simulated Odds API, and how it refuses wrong ones."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from oddsctl.domain.http import HttpResponse
from oddsctl.domain.ports import JSON
from oddsctl.sandbox.prices import BOOKS, Book, american
from oddsctl.sandbox.schedule import Game
from oddsctl.sandbox.wire import Ask, reply, utc


class RefusedError(Exception):
    """The request is refused: `response` is what the provider would answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.response = error_answer(status, code, message)


def error_answer(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return an error response in the form of the provider."""
    anchor = code.lower().replace("_", "-")
    return reply(status, {"message": message, "error_code": code, "details_url": DETAILS + anchor}, headers)


def stamp(ask: Ask) -> Callable[[float], JSON]:
    """Return what writes epoch seconds in the `dateFormat` asked for."""
    form = ask.query.get("dateFormat", "iso")
    if form not in ("iso", "unix"):
        raise RefusedError(422, "INVALID_DATE_FORMAT", "Invalid dateFormat parameter")
    return utc if form == "iso" else int


def price_format(ask: Ask) -> Callable[[float], float]:
    """Return what writes decimal odds in the `oddsFormat` asked for."""
    shape = ask.query.get("oddsFormat", "decimal")
    if shape not in ("decimal", "american"):
        raise RefusedError(422, "INVALID_ODDS_FORMAT", "Invalid oddsFormat parameter")
    return american if shape == "american" else float


def wanted_books(ask: Ask) -> tuple[tuple[Book, ...], int]:
    """The books asked for, and what their number multiplies the price by; `bookmakers` wins over
    `regions`.
    """
    keys, regions = sorted(set(ask.words("bookmakers"))), sorted(set(ask.words("regions")))
    if not keys and not regions:
        raise RefusedError(422, "MISSING_REGION", "Missing regions or bookmakers key")
    if any(not re.fullmatch(r"[a-z0-9_]+", key) for key in keys):
        raise RefusedError(422, "INVALID_BOOKMAKERS", "Invalid bookmakers parameter")
    if keys:
        return tuple(book for book in BOOKS if book.key in keys), math.ceil(len(keys) / 10)
    if not REGIONS.issuperset(regions):
        raise RefusedError(422, "INVALID_REGION", "Invalid regions parameter")
    return tuple(book for book in BOOKS if book.region in regions), len(regions)


def wanted_markets(ask: Ask) -> tuple[str, ...]:
    """Return the markets asked for; `h2h` by default."""
    markets = tuple(dict.fromkeys(ask.words("markets", "h2h")))
    bad = [market for market in markets if not re.fullmatch(r"[a-z0-9_]+", market)]
    if bad:
        raise RefusedError(422, "INVALID_MARKET", f"Invalid markets: {', '.join(bad)}")
    return markets


def chosen_events(games: Iterable[Game], ask: Ask) -> Iterator[Game]:
    """The games that `eventIds` and `commenceTimeFrom/To` leave."""
    ids = ask.words("eventIds")
    first = _bound(ask, "commenceTimeFrom", "INVALID_COMMENCE_TIME_FROM", -math.inf)
    last = _bound(ask, "commenceTimeTo", "INVALID_COMMENCE_TIME_TO", math.inf)
    if last <= first:
        raise RefusedError(
            422, "INVALID_COMMENCE_TIME_RANGE", "commenceTimeTo must be later than commenceTimeFrom"
        )
    return (game for game in games if (not ids or game.odds_id in ids) and first <= game.start <= last)


def _bound(ask: Ask, name: str, code: str, default: float) -> float:
    text = ask.query.get(name)
    if text is None:
        return default
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise RefusedError(
            422, code, f"Invalid {name} parameter. The format must be YYYY-MM-DDTHH:MM:SSZ"
        ) from None


REGIONS = frozenset(("us", "us2", "us_dfs", "us_ex", "uk", "eu", "au", "fr", "se"))
DETAILS = "https://the-odds-api.com/liveapi/guides/v4/api-error-codes.html#"
