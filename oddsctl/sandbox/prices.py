"""Prices of the simulated bookmakers: they drift with time, each with its margin. Pure.

A bookmaker's price changes only with its `last_update`: every five minutes, every minute from six hours
before the start.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from oddsctl.sandbox.chance import roll, wander
from oddsctl.sandbox.schedule import Game
from oddsctl.sandbox.world import World

FEATURED = ("h2h", "spreads", "totals")


@dataclass(frozen=True, slots=True)
class Book:
    """A bookmaker: its key, name, region and overround."""

    key: str
    title: str
    region: str
    overround: float


BOOKS = (
    Book("draftkings", "DraftKings", "us", 1.046),
    Book("fanduel", "FanDuel", "us", 1.044),
    Book("betmgm", "BetMGM", "us", 1.052),
    Book("betrivers", "BetRivers", "us", 1.058),
    Book("bovada", "Bovada", "us", 1.048),
    Book("williamhill_us", "Caesars", "us", 1.055),
    Book("pinnacle", "Pinnacle", "eu", 1.031),
    Book("onexbet", "1xBet", "eu", 1.045),
    Book("williamhill", "William Hill", "uk", 1.062),
    Book("skybet", "Sky Bet", "uk", 1.06),
    Book("paddypower", "Paddy Power", "uk", 1.056),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One market of one bookmaker: outcomes as (side, decimal price, point); sides are home, away, draw,
    over, under.
    """

    market: str
    last_update: int
    outcomes: tuple[tuple[str, float, float | None], ...]


def offers(
    world: World, game: Game, book: Book, now: float, markets: tuple[str, ...] = FEATURED
) -> Iterator[Offer]:
    """Return the bookmaker's offers for an unfinished game, limited to `markets`.

    It may lack some, and for a few games all bookmakers do.
    """
    if roll(world.seed, game.id, "bare") < 0.03:
        return
    updated = _updated(world, game, book, now)
    view = _view(world, game, book, updated)
    for market in markets:
        if market in FEATURED and roll(world.seed, game.id, book.key, market) >= 0.05:
            yield Offer(market, updated, _outcomes(market, view, game, book))


def american(price: float) -> int:
    """Convert a decimal price to American odds, rounded to a whole number."""
    return round((price - 1) * 100) if price >= 2 else round(-100 / (price - 1))


@dataclass(frozen=True, slots=True)
class _View:
    """A bookmaker's opinion: expected margin and total, and the logistic scale of its doubt."""

    margin: float
    total: float
    doubt: float
    left: float


def _updated(world: World, game: Game, book: Book, now: float) -> int:
    phase = int(60 * roll(world.seed, game.id, book.key, "phase"))
    every = 60 if now >= game.start - 6 * 3600 else 300
    return int((now - phase) // every) * every + phase


def _view(world: World, game: Game, book: Book, at: float) -> _View:
    seed, league = world.seed, game.league
    drift = 0.14 * wander(seed, game.id, "margin", now=at, span=4 * 3600)
    drift += 0.06 * wander(seed, game.id, book.key, now=at, span=1800)
    margin = world.expected_margin(game) + drift * league.spread
    total = world.expected_total(game) * (1 + 0.02 * wander(seed, game.id, "total", now=at, span=6 * 3600))
    total += 0.05 * league.spread * (2 * roll(seed, game.id, book.key, "total") - 1)
    if at < game.start:
        return _View(margin, total, league.spread, 1.0)
    standing = world.standing(game, at)
    left = 1 - standing.played
    return _View(
        margin=standing.home - standing.away + left * margin,
        total=standing.home + standing.away + left * total,
        doubt=league.spread * max(0.2, math.sqrt(left)),
        left=left,
    )


def _outcomes(
    market: str, view: _View, game: Game, book: Book
) -> tuple[tuple[str, float, float | None], ...]:
    if market == "h2h" and game.league.draws:
        draw = max(
            0.05,
            (0.29 - 0.05 * (1 - view.left)) * math.exp(-0.22 * (view.margin / max(view.doubt, 0.3)) ** 2),
        )
        home = (1 - draw) * _chance(view.margin / view.doubt)
        return _priced(
            book.overround + 0.01,
            (("home", home, None), ("away", 1 - draw - home, None), ("draw", draw, None)),
        )
    if market == "h2h":
        home = _chance(view.margin / view.doubt)
        return _priced(book.overround, (("home", home, None), ("away", 1 - home, None)))
    if market == "spreads":
        point = _handicap(view, game)
        home = _chance((view.margin + point) / view.doubt)
        return _priced(book.overround, (("home", home, point), ("away", 1 - home, -point + 0.0)))
    point = math.floor(view.total) + 0.5 if game.league.total < 10 else _half(view.total)
    over = _chance((view.total - point) / (1.3 * view.doubt))
    return _priced(book.overround, (("over", over, point), ("under", 1 - over, point)))


def _handicap(view: _View, game: Game) -> float:
    """Return the home side's points: in sports with a run line, that one until play runs away from it."""
    line = game.league.run_line
    if line is not None and abs(view.margin) < 2 * line:
        return -line if view.margin > 0 else line
    return -(math.floor(view.margin) + 0.5) if game.league.total < 10 else _half(-view.margin)


def _half(points: float) -> float:
    # + 0.0: there is no handicap of -0.
    return round(points * 2) / 2 + 0.0


def _chance(edge: float) -> float:
    """Return the probability of a side that is `edge` scales ahead; never close to 0 or 1."""
    return min(0.92, max(0.08, 1 / (1 + math.exp(-edge))))


def _priced(
    overround: float, fair: tuple[tuple[str, float, float | None], ...]
) -> tuple[tuple[str, float, float | None], ...]:
    return tuple((side, round(1 / (chance * overround), 2), point) for side, chance, point in fair)
