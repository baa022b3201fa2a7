"""Typed results as the documents that scripts read: JSON, JSON lines, CSV.

The shapes are the machine contract; no rich.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from oddsctl.domain.board_models import Board, Game, Outright, Source, Usage, Venue, Weather
from oddsctl.domain.models import Price
from oddsctl.domain.requests import Reason
from oddsctl.domain.units import iso as _iso
from oddsctl.policy.freshness import known_age

if TYPE_CHECKING:
    from oddsctl.services.batch import BatchAnswer
    from oddsctl.services.batch_file import BadRequest

JSON = dict[str, Any]

iso = lru_cache(maxsize=4096)(_iso)
"""As in `times`; the prices of one book share their instant, so most of a board's are spelled already."""

_encode = json.JSONEncoder(ensure_ascii=False).encode

APIS = ("espn", "odds", "weather")

GAME_COLUMNS = ("id", "sport", "commence_time", "time_confirmed", "home", "away", "status", "venue", "roof")
PRICE_COLUMNS = ("bookmaker", "market", "outcome", "price", "point", "last_update")
WEATHER_COLUMNS = ("temperature", "wind_speed", "wind_gusts", "precipitation_probability", "units")
SOURCE_FACTS = ("reason", "age_seconds")
SOURCE_COLUMNS = tuple(f"{api}_{fact}" for api in APIS for fact in SOURCE_FACTS)
CSV_COLUMNS = (*GAME_COLUMNS, *PRICE_COLUMNS, *WEATHER_COLUMNS, *SOURCE_COLUMNS, "demo")


def board_document(board: Board) -> JSON:
    """`oddsctl.board/1`."""
    return {
        "schema": "oddsctl.board/1",
        "generated_at": iso(board.generated_at),
        "demo": board.demo,
        "games": [_game(game) for game in board.games],
        **({"outrights": [_outright(one) for one in board.outrights]} if board.outrights else {}),
        "sources": [_source(source) for source in board.sources],
        "usage": usage_fields(board.usage),
        "warnings": [*board.warnings, *board.notes],
    }


def batch_line(answered: BatchAnswer, now: float) -> str:
    """One answer of a batch, as a line: `data` as in the board, or `error`."""
    outcome = answered.outcome
    line: JSON = {
        "reason": outcome.reason,
        "credits": outcome.credits,
        "age_seconds": None if (age := known_age(outcome.fetched_at, now)) is None else round(age),
    }
    match answered.data:
        case Weather() as weather:
            line["data"] = _weather(weather)
        case tuple() as games:
            line["data"] = [_outright(one) if isinstance(one, Outright) else _game(one) for one in games]
    if error := answered.error:
        line["error"] = {"error": error.code, "message": error.message}
    if answered.warnings:
        line["warnings"] = list(answered.warnings)
    if outcome.demo:
        line["demo"] = True
    return _with_id(answered.line.id, line)


def bad_line(bad: BadRequest) -> str:
    """The same for a line of the input that could not be asked for."""
    error = {"error": bad.error.code, "message": bad.error.message}
    return _with_id(bad.id, {"reason": Reason.NONE, "credits": 0, "age_seconds": None, "error": error})


def _with_id(given: str, line: JSON) -> str:
    return f'{{"id": {given}, {_encode(line)[1:]}'


def dump(document: JSON) -> str:
    """JSON with a line for each field, and for each item of a field that holds lists or objects: a game is
    one line.

    `indent=` would leave the C encoder: a board of 16 games, 16 books and 6 outcomes took 15 ms and a quarter
    more bytes, this 4 ms.
    """
    fields = (f"{_encode(name)}: {_lines(value)}" for name, value in document.items())
    return "{" + ",\n ".join(fields) + "}"


def jsonl(board: Board) -> str:
    """One game a line, as in the board, with the sources of its sport and the demo mark, so that no line
    passes for more than it is.
    """
    lines = []
    for game in board.games:
        sources = [_source(source) for source in board.sources if source.sport == game.sport]
        lines.append(_encode({**_game(game), "sources": sources, "demo": board.demo}))
    for one in board.outrights:
        sources = [_source(source) for source in board.sources if source.sport == one.sport]
        lines.append(_encode({**_outright(one), "sources": sources, "demo": board.demo}))
    return "".join(f"{line}\n" for line in lines)


def csv(board: Board, *, raw: bool = False) -> str:
    """One row a price, after a header; a game without prices has one row. What is not known is empty."""
    from oddsctl.render import spreadsheet

    lines: list[JSON] = []
    for game in board.games:
        about_game = _game_cells(game) | _source_cells(board, game.sport) | {"demo": _encode(board.demo)}
        lines += [about_game | prices for prices in [_price(price) for price in game.odds] or [{}]]
    for one in board.outrights:
        about = {name: _outright(one)[name] for name in ("id", "sport", "commence_time")} | _source_cells(
            board, one.sport
        )
        lines += [
            about | {"demo": _encode(board.demo)} | prices
            for prices in [_price(price) for price in one.odds] or [{}]
        ]
    return spreadsheet.written(CSV_COLUMNS, lines, raw=raw)


def _about(game: Game) -> JSON:
    return {
        "id": game.id,
        "sport": game.sport,
        "commence_time": iso(game.commence_time),
        "time_confirmed": game.time_confirmed,
        "home": game.home,
        "away": game.away,
        "status": game.status,
    }


def _game(game: Game) -> JSON:
    return {
        **_about(game),
        "score": {"home": game.home_score, "away": game.away_score},
        "venue": _venue(game.venue) if game.venue else None,
        "odds": [_price(price) for price in game.odds],
        "best": [_best(price) for price in game.best],
        "weather": _weather(game.weather) if game.weather else None,
    }


def _outright(one: Outright) -> JSON:
    return {
        "id": one.id,
        "sport": one.sport,
        "title": one.title,
        "commence_time": iso(one.commence_time),
        "odds": [_price(price) for price in one.odds],
        "best": [_best(price) for price in one.best],
    }


def _venue(venue: Venue) -> JSON:
    return {
        "name": venue.name,
        "city": venue.city,
        "roof": venue.roof,
        "latitude": venue.latitude,
        "longitude": venue.longitude,
        "neutral": venue.neutral,
        "located_by": venue.located_by,
    }


def _price(price: Price) -> JSON:
    return {
        "bookmaker": price.bookmaker,
        "market": price.market,
        "outcome": price.outcome,
        "price": price.price,
        "point": price.point,
        "last_update": None if price.last_update is None else iso(price.last_update),
    }


def _best(price: Price) -> JSON:
    return {
        "market": price.market,
        "outcome": price.outcome,
        "price": price.price,
        "point": price.point,
        "bookmaker": price.bookmaker,
    }


def _weather(weather: Weather) -> JSON:
    return asdict(weather) | {"time": iso(weather.time)}


def _source(source: Source) -> JSON:
    return {
        "api": source.api,
        "sport": source.sport,
        "reason": str(source.reason),
        "fetched_at": None if source.fetched_at is None else iso(source.fetched_at),
        "age_seconds": None if source.age_seconds is None else round(source.age_seconds),
        "credits": source.credits,
        "detail": source.detail,
    }


def usage_fields(usage: Usage) -> JSON:
    """The calls, credits and balance of a run."""
    return {"calls": usage.calls, "credits": usage.credits, "credits_remaining": usage.credits_remaining}


def _lines(value: object) -> str:
    if isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(map(_encode, value)) + "]"
    if isinstance(value, dict) and any(isinstance(item, dict) for item in value.values()):
        return (
            "{\n  " + ",\n  ".join(f"{_encode(name)}: {_encode(item)}" for name, item in value.items()) + "}"
        )
    return _encode(value)


def _game_cells(game: Game) -> JSON:
    weather = asdict(game.weather) if game.weather else {}
    return {
        **_about(game),
        "time_confirmed": _encode(game.time_confirmed),
        "venue": game.venue.name if game.venue else None,
        "roof": game.venue.roof if game.venue else None,
        **{column: weather.get(column) for column in WEATHER_COLUMNS},
    }


def _source_cells(board: Board, sport: str) -> JSON:
    cells: JSON = {}
    for source in board.sources:
        if source.sport == sport and source.api in APIS:
            facts = _source(source)
            cells |= {f"{source.api}_{fact}": facts[fact] for fact in SOURCE_FACTS}
    return cells
