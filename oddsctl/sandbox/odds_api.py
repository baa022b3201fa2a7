"""The Odds API v4 of the simulated world: its endpoints, prices in credits, and refusals.

Pure; the account is an argument and a result. Omits what oddsctl never requests: `upcoming`, participants,
event markets, links and limits. Refuses historical odds, as the free plan does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from oddsctl.domain.http import HttpResponse
from oddsctl.domain.ports import JSON
from oddsctl.sandbox.leagues import BY_ODDS_KEY, LEAGUES, League
from oddsctl.sandbox.odds_api_parameters import (
    RefusedError,
    chosen_events,
    error_answer,
    price_format,
    stamp,
    wanted_books,
    wanted_markets,
)
from oddsctl.sandbox.prices import Book, offers
from oddsctl.sandbox.schedule import Game
from oddsctl.sandbox.wire import Ask, reply, utc
from oddsctl.sandbox.world import World

CALLS_PER_SECOND = 30
_BOARD_MARKETS = frozenset(("h2h", "spreads", "totals", "outrights", "h2h_lay", "outrights_lay"))
_QUOTA_REACHED = "Usage quota has been reached. See usage plans at https://the-odds-api.com"


@dataclass(frozen=True, slots=True)
class Account:
    """Credits a key has used in its month (`YYYY-MM`, UTC), and its calls of the last second."""

    month: str = ""
    used: int = 0
    recent: tuple[float, ...] = ()

    def at(self, now: float) -> Account:
        """Return the account at `now`: on the first of a month (UTC) the credits reset."""
        month = utc(now, "%Y-%m")
        return replace(self, month=month, used=0) if month > self.month else self

    def knocked(self, now: float) -> Account:
        """Count one more call at `now`; keep only as many as the rate limit needs."""
        recent = [when for when in self.recent if abs(now - when) < 1]
        return replace(self, recent=(*recent, now)[-CALLS_PER_SECOND - 1 :])


def answer(
    world: World, account: Account, ask: Ask, now: float, key: str | None = None
) -> tuple[Account, HttpResponse]:
    """Return the account after the call, and the answer.

    With `key` only that key is accepted, else any.
    """
    account = account.at(now)
    given = ask.query.get("apiKey", "")
    if not given:
        return account, error_answer(401, "MISSING_KEY", "API key is missing")
    if key is not None and given != key:
        return account, error_answer(
            401, "INVALID_KEY", "API key is not valid. Get an API key at https://the-odds-api.com"
        )
    account = account.knocked(now)
    if len(account.recent) > CALLS_PER_SECOND:
        return account, error_answer(
            429, "EXCEEDED_FREQ_LIMIT", "Requests are too frequent. Please slow down"
        )
    try:
        cost, body = _look_up(world, ask, now)
    except RefusedError as refused:
        return account, refused.response
    if cost and account.used + cost > world.credits:
        return account, error_answer(401, "OUT_OF_USAGE_CREDITS", _QUOTA_REACHED, {"x-requests-last": "0"})
    account = replace(account, used=account.used + cost)
    quota = {"used": account.used, "remaining": world.credits - account.used, "last": cost}
    return account, reply(200, body, {f"x-requests-{name}": str(count) for name, count in quota.items()})


@dataclass(frozen=True, slots=True)
class _Call:
    """A call about one league: the request, the time, and the time format of the answer."""

    world: World
    league: League
    key: str
    ask: Ask
    now: float
    stamp: Callable[[float], JSON]


def _look_up(world: World, ask: Ask, now: float) -> tuple[int, JSON]:
    """Return the cost of the call and its answer."""
    parts = ask.path.strip("/").split("/")
    if parts == ["v4", "sports"]:
        return 0, [_sport(league) for league in LEAGUES]
    if parts[:2] == ["v4", "historical"]:
        message = "Historical odds are only available on paid usage plans. See usage plans at https://the-odds-api.com"
        raise RefusedError(401, "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN", message)
    if len(parts) < 4 or parts[:2] != ["v4", "sports"]:
        raise RefusedError(404, "NOT_FOUND", "Not Found")
    league = BY_ODDS_KEY.get(parts[2])
    if league is None:
        raise RefusedError(404, "UNKNOWN_SPORT", "Unknown sport")
    call = _Call(world, league, parts[2], ask, now, stamp(ask))
    match parts[3:]:
        case ["odds"]:
            return _board(call)
        case ["events"]:
            return 0, [_event(call, game) for game in _open_games(call)]
        case ["scores"]:
            return _scores(call)
        case ["events", event, "odds"]:
            return _event_odds(call, event)
    raise RefusedError(404, "NOT_FOUND", "Not Found")


# ── endpoints ──


def _sport(league: League) -> JSON:
    about = {
        "key": league.odds_key,
        "group": league.group,
        "title": league.title,
        "description": league.title,
    }
    return {**about, "active": True, "has_outrights": False}


def _board(call: _Call) -> tuple[int, JSON]:
    books, count = wanted_books(call.ask)
    markets = wanted_markets(call.ask)
    unknown = [market for market in markets if market not in _BOARD_MARKETS]
    if unknown:
        raise RefusedError(
            422, "INVALID_MARKET", f"Markets not supported by this endpoint: {', '.join(unknown)}"
        )
    if any(market.startswith("outrights") for market in markets):
        raise RefusedError(422, "INVALID_MARKET_COMBO", "Outrights are not available for this sport")
    events = [
        {**_event(call, game), "bookmakers": _bookmakers(call, game, books, markets)}
        for game in _open_games(call)
    ]
    return len(markets) * count if events else 0, events


def _event_odds(call: _Call, event: str) -> tuple[int, JSON]:
    if len(event) != 32:
        raise RefusedError(422, "INVALID_EVENT_ID", "Invalid event id")
    books, count = wanted_books(call.ask)
    markets = wanted_markets(call.ask)
    game = next(
        (game for game in call.world.open_games(call.league, call.now) if game.odds_id == event), None
    )
    if game is None:
        raise RefusedError(
            404,
            "EVENT_NOT_FOUND",
            "Event not found. The event may have expired or the event id may not be valid",
        )
    bookmakers = _bookmakers(call, game, books, markets)
    for bookmaker in bookmakers:
        del bookmaker["last_update"]
    returned = {market["key"] for bookmaker in bookmakers for market in bookmaker["markets"]}
    return len(returned) * count, {**_event(call, game), "bookmakers": bookmakers}


def _scores(call: _Call) -> tuple[int, JSON]:
    days = call.ask.query.get("daysFrom")
    if days is not None and days not in ("1", "2", "3"):
        raise RefusedError(
            422, "INVALID_SCORES_DAYS_FROM", "Invalid daysFrom parameter. Must be an integer between 1 and 3"
        )
    over = chosen_events(call.world.past_games(call.league, call.now, int(days)), call.ask) if days else ()
    return 2 if days else 1, [_score(call, game) for game in (*over, *_open_games(call))]


# ── parts of the endpoints ──


def _open_games(call: _Call) -> Iterator[Game]:
    games = (game for game in call.world.open_games(call.league, call.now) if game.odds_key == call.key)
    return chosen_events(games, call.ask)


def _event(call: _Call, game: Game) -> dict[str, JSON]:
    return {
        "id": game.odds_id,
        "sport_key": game.odds_key,
        "sport_title": game.league.title,
        "commence_time": call.stamp(call.world.commence_time(game, call.now)),
        "home_team": game.home.odds_name,
        "away_team": game.away.odds_name,
    }


def _score(call: _Call, game: Game) -> JSON:
    standing = call.world.standing(game, call.now)
    begun = standing.phase in ("in", "post")
    scores = [
        {"name": game.home.odds_name, "score": str(standing.home)},
        {"name": game.away.odds_name, "score": str(standing.away)},
    ]
    told = {"scores": scores if begun else None, "last_update": call.stamp(call.now) if begun else None}
    return {**_event(call, game), "completed": standing.phase == "post", **told}


def _bookmakers(
    call: _Call, game: Game, books: tuple[Book, ...], markets: tuple[str, ...]
) -> list[dict[str, JSON]]:
    """Return a game's `bookmakers`, without those that offer none of the markets."""
    write = price_format(call.ask)
    names = {
        "home": game.home.odds_name,
        "away": game.away.odds_name,
        "draw": "Draw",
        "over": "Over",
        "under": "Under",
    }
    found: list[dict[str, JSON]] = []
    for book in books:
        listed: list[dict[str, JSON]] = []
        for offer in offers(call.world, game, book, call.now, markets):
            outcomes = [
                {"name": names[side], "price": write(price)} | ({} if point is None else {"point": point})
                for side, price, point in sorted(offer.outcomes, key=lambda outcome: names[outcome[0]])
            ]
            listed.append(
                {"key": offer.market, "last_update": call.stamp(offer.last_update), "outcomes": outcomes}
            )
        if listed:
            found.append(
                {
                    "key": book.key,
                    "title": book.title,
                    "last_update": listed[0]["last_update"],
                    "markets": listed,
                }
            )
    return found


# ── parameters ──
