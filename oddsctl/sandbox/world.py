"""The simulated world: the state of its games at a given time.

Pure: the same seed and `now` give the same world. Reads no time and no file except the team tables; all
chance comes from `chance.roll`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from oddsctl.sandbox.chance import roll
from oddsctl.sandbox.leagues import League
from oddsctl.sandbox.schedule import Game, games_between, games_on

LISTED_AHEAD = 8 * 86400.0
"""Seconds before its start at which The Odds API lists a game and a bookmaker prices it."""

POSTPONED_AHEAD = 5 * 3600.0
"""Seconds before its start at which a game's postponement is announced."""

_LONGEST_GAME = 5 * 3600.0


@dataclass(frozen=True, slots=True)
class Standing:
    """State of a game: before, in play, over, or called off. `played` is the share of it that is over."""

    phase: Literal["pre", "in", "post", "postponed"]
    played: float = 0.0
    home: int = 0
    away: int = 0


@dataclass(frozen=True, slots=True)
class World:
    """A world grown from a seed; `credits` is an account's monthly allowance."""

    seed: int = 1
    credits: int = 500

    def games_on(self, league: League, day: int) -> Iterator[Game]:
        """Return the league's games of one US Eastern day (a date ordinal), by start."""
        return games_on(self.seed, league, day)

    def open_games(self, league: League, now: float) -> Iterator[Game]:
        """Return what The Odds API lists: games in play and those of the next eight days, by start.

        Now and then it lacks one.
        """
        for game in games_between(self.seed, league, now - _LONGEST_GAME, now + LISTED_AHEAD):
            phase = self.standing(game, now).phase
            over = phase == "post" or (phase == "postponed" and now >= game.start)
            if not over and self.is_listed(game):
                yield game

    def past_games(self, league: League, now: float, days: int) -> Iterator[Game]:
        """Return listed games that started in the last `days` days and are over, by start."""
        for game in games_between(self.seed, league, now - days * 86400, now):
            if self.standing(game, now).phase == "post" and self.is_listed(game):
                yield game

    def is_listed(self, game: Game) -> bool:
        """Return True if The Odds API lists the game at all."""
        return roll(self.seed, game.id, "unlisted") >= 0.03

    def commence_time(self, game: Game, now: float) -> float:
        """Return the start as The Odds API gives it.

        The scheduled one; once play has begun the real one, some minutes later.
        """
        return (
            game.start
            if now < game.start
            else game.start + 60 + int(300 * roll(self.seed, game.id, "kickoff"))
        )

    def is_postponed(self, game: Game, now: float) -> bool:
        """Return True if the game is known to be called off."""
        return (
            now >= game.start - POSTPONED_AHEAD
            and roll(self.seed, game.id, "postponed") < game.league.postponed
        )

    def standing(self, game: Game, now: float) -> Standing:
        """Return the state of the game at `now`; a score never goes down."""
        if self.is_postponed(game, now):
            return Standing("postponed")
        if now < game.start:
            return Standing("pre")
        home, away = self.final_score(game)
        played = (now - game.start) / (
            game.league.minutes * 60 * (1 + 0.12 * roll(self.seed, game.id, "length"))
        )
        if played >= 1:
            return Standing("post", 1.0, home, away)
        return Standing("in", played, int(home * played), int(away * played))

    def expected_margin(self, game: Game) -> float:
        """Return the expected margin of the home team before the game, in points."""
        league = game.league
        gap = _strength(self.seed, league.name, game.home.id) - _strength(
            self.seed, league.name, game.away.id
        )
        return (0.0 if game.neutral else league.edge) + gap * league.gap

    def expected_total(self, game: Game) -> float:
        """Return the expected sum of both scores before the game."""
        return game.league.total * (0.9 + 0.2 * roll(self.seed, game.id, "total"))

    def final_score(self, game: Game) -> tuple[int, int]:
        """Return the final score, home and away; a tie only where the league has draws."""
        return _final_score(self, game)


@lru_cache(maxsize=4096)
def _strength(seed: int, league: str, team: str) -> float:
    """Return a team's strength from -1 to 1, mostly near 0."""
    return roll(seed, "strength", league, team) + roll(seed, "depth", league, team) - 1


@lru_cache(maxsize=4096)
def _final_score(world: World, game: Game) -> tuple[int, int]:
    luck = 0.02 + 0.96 * roll(world.seed, game.id, "margin")
    margin = world.expected_margin(game) + game.league.spread * math.log(luck / (1 - luck))
    total = world.expected_total(game) * (0.7 + 0.6 * roll(world.seed, game.id, "sum"))
    home, away = max(0, round((total + margin) / 2)), max(0, round((total - margin) / 2))
    if home == away and not game.league.draws:
        home, away = (home + 1, away) if margin > 0 else (home, away + 1)
    return home, away
