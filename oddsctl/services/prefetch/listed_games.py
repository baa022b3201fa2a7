"""Which scheduled games the boards and the free lists of The Odds API held, and which of them had a price.

Sends no request.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from oddsctl.domain import board
from oddsctl.domain.models import Listed, OddsEvent, ScheduledGame, Sport
from oddsctl.services.board_query import names_of


@dataclass(frozen=True, slots=True)
class GameListing:
    """An answer that came at `at`: a board, or a free list. `games` are None where what it held is not
    known.
    """

    at: float
    games: tuple[Listed, ...] | None


@dataclass(frozen=True, slots=True)
class GameListings:
    """What is known of a sport's games. `boards` are the moments of all its boards.

    By game: `priced` are the moments of boards with a wanted price of it, `unpriced` of those without.
    `absent` are the games that the newest answer, of `looked_at`, did not hold.
    """

    boards: tuple[float, ...] = ()
    priced: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    unpriced: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    looked_at: float | None = None


def gather(
    sport: Sport,
    games: Sequence[ScheduledGame],
    boards: Sequence[GameListing],
    newest: GameListing | None,
    markets: Collection[str],
) -> GameListings:
    """What the `boards` tell of prices in any of these `markets`, and the `newest` answer of who is listed at
    all.

    A board that was bought before oddsctl wrote down what boards hold is taken to have had a price of every
    game.
    """
    priced: dict[str, list[float]] = {}
    unpriced: dict[str, list[float]] = {}
    for sighting in boards:
        held = None if sighting.games is None else _held(sport, games, sighting.games)
        for game in games:
            listed = held.get(game.id) if held is not None else None
            has_price = held is None or (listed is not None and not set(markets).isdisjoint(listed.markets))
            (priced if has_price else unpriced).setdefault(game.id, []).append(sighting.at)
    absent: frozenset[str] = frozenset()
    if newest and newest.games is not None:
        absent = frozenset(game.id for game in games) - _held(sport, games, newest.games).keys()
    return GameListings(
        tuple(sighting.at for sighting in boards),
        _frozen(priced),
        _frozen(unpriced),
        absent,
        newest.at if newest else None,
    )


def _held(sport: Sport, games: Sequence[ScheduledGame], listed: Sequence[Listed]) -> dict[str, Listed]:
    by_id = {one.id: one for one in listed}
    events = [OddsEvent(one.id, one.start, one.home, one.away) for one in listed]
    return {game: by_id[event.id] for game, event in board.events_of(games, events, names_of(sport)).items()}


def _frozen(moments: Mapping[str, list[float]]) -> dict[str, tuple[float, ...]]:
    return {game: tuple(sorted(at)) for game, at in moments.items()}
