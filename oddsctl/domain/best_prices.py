"""The best price of each outcome of a game, over the bookmakers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from oddsctl.domain.board_models import Game
from oddsctl.domain.models import Price


def with_best(game: Game) -> Game:
    """The game with its best prices."""
    return replace(game, best=best(game))


def best(game: Game) -> tuple[Price, ...]:
    """Per market and outcome, the highest price at the most common point; ESPN's own line and lay prices
    never count.

    For spreads the home side's point decides, for totals and the rest that of the outcome itself; ties go to
    the point nearest 0.
    """
    markets: dict[str, list[Price]] = {}
    for price in game.odds:
        if not price.bookmaker.startswith("espn:") and not price.market.endswith("_lay"):
            markets.setdefault(price.market, []).append(price)
    chosen = [
        price
        for market in sorted(markets, key=_market_order)
        for price in _best_of_market(game, market, markets[market])
    ]
    return tuple(chosen)


def _best_of_market(game: Game, market: str, prices: Sequence[Price]) -> Iterable[Price]:
    order = {game.home: 0, game.away: 1, "Draw": 2, "Over": 0, "Under": 1}
    outcomes = sorted({price.outcome for price in prices}, key=lambda name: (order.get(name, 3), name))
    anchor = {"spreads": game.home, "totals": "Over"}.get(market)
    common = (
        _common_point(price.point for price in prices if anchor in (None, price.outcome)) if anchor else None
    )
    for outcome in outcomes:
        own = [price for price in prices if price.outcome == outcome]
        point = _common_point(price.point for price in own) if anchor is None else common
        if market == "spreads" and outcome != game.home and point is not None:
            point = -point
        at_point = [price for price in own if price.point == point]
        if at_point:
            yield min(at_point, key=lambda price: (-price.price, price.bookmaker))


def _common_point(points: Iterable[float | None]) -> float | None:
    counts = Counter(points)
    if not counts:
        return None
    return min(counts, key=lambda point: (-counts[point], abs(point or 0.0), -(point or 0.0)))


def _market_order(market: str) -> tuple[int, str]:
    return {"h2h": 0, "spreads": 1, "totals": 2}.get(market, 3), market
