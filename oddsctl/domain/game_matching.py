"""Finds the game of The Odds API that is a game of ESPN, by teams and start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from oddsctl.domain.models import OddsEvent, ScheduledGame, Sport
from oddsctl.domain.units import DAY, HOUR


@dataclass(frozen=True, slots=True)
class TeamMatcher:
    """How team names are compared: `spell` gives equal teams one spelling, `likeness` (0 to 100, symmetric)
    judges what is left.

    `likeness` is asked only for games that start near each other and that no spelling settles; from
    `threshold` on it counts.
    """

    spell: Callable[[str], str]
    likeness: Callable[[str, str], float]
    threshold: float


NO_MATCHING = TeamMatcher(spell=str, likeness=lambda _one, _other: 0.0, threshold=100.0)
"""For the games of one provider: nothing is joined."""
SAME_GAME_WITHIN = 12 * HOUR
"""Starts of one game differ by minutes, of a delayed one by hours; the next game of a series is at least 18
hours off.
"""
UNCONFIRMED_WITHIN = (-6 * HOUR, 30 * HOUR)
"""An hour not fixed stands as midnight Eastern: the game is later that day."""
SERIES_LASTS, NEXT_OF_A_SERIES = 8 * DAY, 36 * HOUR
"""Teams that meet again and again: an event so near one of their games, or one called off, may be the next of
a series.
"""
WITHIN_A_SEASON = 300 * DAY
MOVED_A_LITTLE = 4 * DAY
"""Up to here the prices are still those of the game, on whatever day: as for television or a storm.

Else the event is postponed.
"""
TO_BE_PLAYED = ("scheduled", "delayed", "postponed", "canceled")
CALLED_OFF = ("postponed", "canceled")
MEET_ONCE = ("soccer", "football", "americanfootball")
"""Where two teams meet once a season on the same ground, an event elsewhere in it is that same game."""


def moved_games(
    sport: Sport,
    schedule: Sequence[ScheduledGame],
    events: Iterable[OddsEvent],
    pairs: Mapping[str, Pairing],
    names: TeamMatcher,
) -> list[tuple[OddsEvent, ScheduledGame]]:
    """Events whose game stands elsewhere in the season, with that game, one called off first; the least moved
    first.

    The two legs of a tie are two games, as are those of a series: the same team must be at home, and where
    teams meet again and again the game must have no event of its own, and none of theirs be near.
    """
    once = (sport.espn_path or sport.odds_key or "").replace("_", "/").partition("/")[0] in MEET_ONCE
    moved = []
    for event in events:
        sides = (names.spell(event.home), names.spell(event.away))
        same = [game for game in schedule if (names.spell(game.home), names.spell(game.away)) == sides]
        if not once and any(_is_of_one_series(game, event) for game in same):
            continue
        open_ = [game for game in same if game.status in TO_BE_PLAYED and (once or game.id not in pairs)]
        within = [game for game in open_ if abs(game.start - event.commence_time) <= WITHIN_A_SEASON]
        if within:
            moved.append(
                (
                    event,
                    min(
                        within,
                        key=lambda game: (
                            game.status not in CALLED_OFF,
                            abs(game.start - event.commence_time),
                        ),
                    ),
                )
            )
    return sorted(moved, key=lambda pair: abs(pair[1].start - pair[0].commence_time))


def _is_of_one_series(game: ScheduledGame, event: OddsEvent) -> bool:
    return abs(game.start - event.commence_time) <= (
        NEXT_OF_A_SERIES if game.status in CALLED_OFF else SERIES_LASTS
    )


@dataclass(frozen=True, slots=True)
class Pairing:
    """The event that is a game; `swapped` when it calls the home side away."""

    event: OddsEvent
    swapped: bool


def pair_games(
    schedule: Sequence[ScheduledGame], events: Sequence[OddsEvent], names: TeamMatcher
) -> dict[str, Pairing]:
    """The event of each game, by the game's id: first where both teams are spelled alike, then where they are
    likely the same.
    """
    sure = _pair(schedule, events, lambda one, other: 100.0 * (names.spell(one) == names.spell(other)), 100.0)
    unsure = [game for game in schedule if game.id not in sure]
    return sure | _pair(unsure, without_pairs(events, sure.values()), names.likeness, names.threshold)


def _pair(
    schedule: Sequence[ScheduledGame],
    events: Sequence[OddsEvent],
    likeness: Callable[[str, str], float],
    threshold: float,
) -> dict[str, Pairing]:
    candidates = []
    for game in schedule:
        for number, event in enumerate(events):
            if not is_near(game, event):
                continue
            for swapped, home, away in ((False, event.home, event.away), (True, event.away, event.home)):
                alike = min(likeness(game.home, home), likeness(game.away, away))
                if alike >= threshold:
                    candidates.append(
                        (swapped, abs(game.start - event.commence_time), -alike, game.id, number)
                    )
    pairs: dict[str, Pairing] = {}
    taken: set[int] = set()
    for swapped, _, _, game_id, number in sorted(candidates):
        if game_id not in pairs and number not in taken:
            pairs[game_id] = Pairing(events[number], swapped)
            taken.add(number)
    return pairs


def without_pairs(events: Sequence[OddsEvent], matches: Iterable[Pairing]) -> list[OddsEvent]:
    """Return the events that belong to no game."""
    taken = {match.event.id for match in matches}
    return [event for event in events if event.id not in taken]


def is_near(game: ScheduledGame, event: OddsEvent) -> bool:
    """Return True when the starts are near enough to be one game."""
    apart = event.commence_time - game.start
    if game.time_confirmed:
        return abs(apart) <= SAME_GAME_WITHIN
    return UNCONFIRMED_WITHIN[0] <= apart <= UNCONFIRMED_WITHIN[1]
