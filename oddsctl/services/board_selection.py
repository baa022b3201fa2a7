"""Selects what a user asked for from a board: games, markets, books, teams and competitions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from oddsctl.domain import board, suggest
from oddsctl.domain.board_models import Game, Outright
from oddsctl.domain.bookmakers import title
from oddsctl.domain.models import Price
from oddsctl.domain.odds_api_jobs import canonical
from oddsctl.services import board_query
from oddsctl.services.board_query import OVER, BoardQuery
from oddsctl.services.sport_board import SportBoard


def _in_markets(line: tuple[Price, ...], wanted: BoardQuery) -> tuple[Price, ...]:
    markets = canonical(wanted.markets)
    return tuple(price for price in line if price.market in markets)


def with_espn_line(
    game: Game, line: tuple[Price, ...], part: SportBoard, wanted: BoardQuery
) -> tuple[Price, ...]:
    """The game's prices; ESPN's own line, where no book prices it."""
    return (
        game.odds
        if part.odds is None or has_price(game, wanted)
        else (*game.odds, *_in_markets(line, wanted))
    )


def has_price(game: Game, wanted: BoardQuery) -> bool:
    """Whether a book has a price of a market that is wanted."""
    markets = canonical(wanted.markets)
    return any(price.market in markets and not is_espn_line(price) for price in game.odds)


def is_espn_line(price: Price) -> bool:
    """Whether the price is ESPN's own line."""
    return price.bookmaker.startswith("espn:")


def games_in_question(part: SportBoard, wanted: BoardQuery) -> tuple[Game, ...]:
    """The games in question."""
    return tuple(
        game
        for game in part.games
        if board_query.holds(part.span, wanted.team, game.commence_time, game.status, (game.home, game.away))
    )


def with_is_priced(part: SportBoard, wanted: BoardQuery) -> SportBoard:
    """The part, with whether its board prices what it was asked for."""
    open_games = [game for game in part.games if game.status not in OVER]
    return replace(part, is_priced=not open_games or any(has_price(game, wanted) for game in open_games))


def has_nothing_ahead(part: SportBoard, wanted: BoardQuery, now: float) -> bool:
    """Whether the answers say that no game in question needs a price, or that there is none at all."""
    if part.sport.has_only_outrights or part.events.outrights:
        return False
    if part.games:
        return wanted.odds and part.is_empty
    listed = part.schedule if part.has_schedule else [one for one in (part.odds, part.fallback) if one]
    return board_query.is_empty(part.span, wanted.team, listed, now) is not None


def outrights_in_question(part: SportBoard, wanted: BoardQuery) -> Iterable[Outright]:
    """The competitions of a sport, whatever the days; of `--team` only that competitor, of `--book` only that
    book.
    """
    for event in part.events.outrights:
        prices = [
            price for price in event.prices if wanted.book is None or _is_book(price.bookmaker, wanted.book)
        ]
        yield board.outright(
            part.sport,
            event,
            [
                one
                for one in prices
                if wanted.team is None or board_query.is_team(part.sport, wanted.team, [one.outcome])
            ],
        )


def unknown_names(parts: Sequence[SportBoard], wanted: BoardQuery, books: set[str]) -> Iterable[str]:
    """Names that nothing on the board has."""
    yield from _unknown_book(wanted.book, books)
    for part in parts:
        names = {price.outcome for event in part.events.outrights for price in event.prices}
        if wanted.team and names and not board_query.is_team(part.sport, wanted.team, names):
            near = board_query.nearest_team(wanted.team, names)
            yield f"{part.sport.name}: no competitor is called {wanted.team!r}" + (
                f"; did you mean {near}?" if near else ""
            )


def with_prices_of_book(game: Game, book: str | None) -> Game:
    """Return the game with the prices of this book only; all of them without one."""
    return (
        game
        if book is None
        else replace(game, odds=tuple(price for price in game.odds if _is_book(price.bookmaker, book)))
    )


def _is_book(key: str, book: str) -> bool:
    """Whether the book is meant, by its key, by its title, or as people write them: `draft kings`, `Caesars`,
    `espn:DraftKings`, `espn`.
    """
    wanted = suggest.squeezed(book)
    return wanted in (suggest.squeezed(key), suggest.squeezed(title(key))) or (
        wanted == "espn" and key.startswith("espn:")
    )


def _unknown_book(book: str | None, books: set[str]) -> Iterable[str]:
    if book is not None and books and not any(_is_book(key, book) for key in books):
        yield f"no prices of {book!r} here; there are {' '.join(sorted(books))}"
