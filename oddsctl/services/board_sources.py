"""Says where each part of a board came from, and what of the answers could not be used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from oddsctl.domain.board_models import Source
from oddsctl.domain.models import NOTHING_LEFT_OUT, LeftOut
from oddsctl.domain.requests import Reason
from oddsctl.policy.reasons import source
from oddsctl.services.board_selection import is_espn_line
from oddsctl.services.sport_board import SportBoard

NO_PRICES = "NO_PRICES"
"""The detail of a board that has no price of what was wanted."""
PRICED = (
    Reason.FETCHED,
    Reason.FRESH_CACHE,
    Reason.JOINED_INFLIGHT,
    Reason.SUPERSET_CACHE,
    Reason.PREFETCHED,
)
"""Reasons that say the prices are there."""


def left_out_lines(part: SportBoard) -> Iterable[str]:
    """A line for each provider of whose answers something could not be used."""
    by_api: dict[str, LeftOut] = {}
    for outcome in (*part.asked, *part.weather):
        if outcome.answer:
            by_api[outcome.job.api] = by_api.get(outcome.job.api, NOTHING_LEFT_OUT) + outcome.answer.left_out
    return [f"{part.sport.name} {api}: {left_out}" for api, left_out in by_api.items() if left_out]


def sources_of(part: SportBoard, now: float) -> Iterable[Source]:
    """An entry a provider that was asked; where one stands in for another, under the name of the one it
    stands in for.
    """
    espn = source("espn", part.sport, part.schedule, now) if part.schedule else None
    odds = source("odds", part.sport, [part.odds], now) if part.odds else None
    if espn:
        yield espn if part.has_schedule or not part.scheduled_by_odds else _stand_in(espn, "odds", odds)
    if odds and part.odds:
        yield _priced(part, odds, espn)
    elif part.fallback and not espn:
        yield source("odds", part.sport, [part.fallback], now)
    if part.weather:
        yield source("weather", part.sport, part.weather, now)


def _priced(part: SportBoard, odds: Source, espn: Source | None) -> Source:
    """The entry of the board: as it was answered, as ESPN's line stands in for all of it, or as one without
    the prices wanted.
    """
    if part.is_priced:
        return odds
    bare = odds if part.odds and part.odds.answer is None else replace(odds, detail=odds.detail or NO_PRICES)
    if any(is_espn_line(price) for game in part.games for price in game.odds):
        return _stand_in(bare, "espn", espn)
    return bare if odds.reason not in PRICED else replace(bare, reason=Reason.NONE)


def _stand_in(missing: Source, who: str, by: Source | None) -> Source:
    """The entry of a provider that did not answer, with the age of what stands in for it."""
    fetched_at, age = (by.fetched_at, by.age_seconds) if by else (None, None)
    return replace(
        missing,
        reason=Reason.FALLBACK,
        detail=f"{who}: {missing.detail}",
        fetched_at=fetched_at,
        age_seconds=age,
    )
