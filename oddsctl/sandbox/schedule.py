"""Who plays whom, where and when: a pure function of seed and calendar, all year round.

Knows no prices, no scores and no `now`. A league's week runs from Tuesday to Monday; days are US Eastern.
Every league except football plays every day, so two days always show a game.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import cycle, islice
from zoneinfo import ZoneInfo

from oddsctl.sandbox.chance import label, roll
from oddsctl.sandbox.leagues import BY_NAME, League
from oddsctl.sandbox.teams import Stadium, Team, london, teams

EASTERN = ZoneInfo("America/New_York")
_NEW_YORK, _BERLIN = "America/New_York", "Europe/Berlin"
_WEST = frozenset({"America/Los_Angeles", "America/Phoenix", "America/Denver", "America/Vancouver"})
_TUESDAY, _WEDNESDAY, _THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY, _MONDAY = range(7)


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """One game.

    `id` is ESPN's, `odds_id` The Odds API's; `day` is the US Eastern day as a date ordinal; `start` epoch
    seconds.
    """

    league: League
    id: str
    odds_id: str
    day: int
    start: float
    home: Team
    away: Team
    venue: Stadium
    neutral: bool
    note: str | None

    @property
    def is_preseason(self) -> bool:
        """Return True for a preseason game; the preseason ends with August."""
        day = date.fromordinal(self.day)
        return bool(self.league.preseason_key) and (7, 24) <= (day.month, day.day) < (9, 1)

    @property
    def odds_key(self) -> str:
        """Return The Odds API's key of its sport."""
        return self.league.preseason_key if self.is_preseason else self.league.odds_key


@dataclass(frozen=True, slots=True)
class _Slot:
    """A time of the week at which a game may start; without a zone, in the home town's time."""

    day: int
    hour: int
    minute: int
    zone: str | None = None


_Round = tuple[str, Sequence[_Slot]]
"""Games that are drawn together, each team once; the draw depends on the name."""


def eastern_day(now: float) -> int:
    """Return the ordinal of the US Eastern day at `now`."""
    return datetime.fromtimestamp(now, EASTERN).toordinal()


def week_of(day: int) -> int:
    """Return the week of a day, counted from the year 1."""
    return (day - 2) // 7


def season_of(day: int) -> tuple[int, int]:
    """Return season and week (1 to 18, repeating) of a football day.

    Week 1 begins on the Tuesday after Labor Day.
    """
    year = date.fromordinal(day).year
    season = year if day >= _opening(year) else year - 1
    return season, (week_of(day) - week_of(_opening(season))) % 18 + 1


def _opening(year: int) -> int:
    first = date(year, 9, 1)
    return first.toordinal() + (7 - first.weekday()) % 7 + 1


def games_on(seed: int, league: League, day: int) -> Iterator[Game]:
    """Return the games of one Eastern day, by start."""
    return (game for game in week_games(seed, league.name, week_of(day)) if game.day == day)


def games_between(seed: int, league: League, first: float, last: float) -> Iterator[Game]:
    """Return the games that start in [first, last], by start."""
    for week in range(week_of(eastern_day(first)), week_of(eastern_day(last)) + 1):
        yield from (game for game in week_games(seed, league.name, week) if first <= game.start <= last)


@lru_cache(maxsize=1024)
def week_games(seed: int, name: str, week: int) -> tuple[Game, ...]:
    """Return a league's games of one week, by start. Cached, because everything needs them."""
    league = BY_NAME[name]
    found: list[Game] = []
    for draw, slots in _rounds(league, seed, week):
        pairs = _pairs(seed, league, draw)
        for slot, pair in zip(slots, pairs, strict=False):
            found.extend(_played(seed, league, week, number=len(found), slot=slot, pair=pair))
    return tuple(sorted(found, key=lambda game: (game.start, game.id)))


def _played(
    seed: int, league: League, week: int, *, number: int, slot: _Slot, pair: tuple[Team, Team]
) -> Iterator[Game]:
    """Return the game of a slot, and now and then the second one of a doubleheader."""
    home, away = pair
    day = week * 7 + 2 + slot.day
    # Half past nine in New York is the afternoon in London.
    abroad = league.name == "nfl" and slot.hour < 12
    twice = league.name == "mlb" and roll(seed, "doubleheader", day, home.id) < 0.02
    hours = ((13, 5), (18, 40)) if twice else ((slot.hour, slot.minute),)
    zone = ZoneInfo(slot.zone or home.stadium.city.timezone)
    date_ = date.fromordinal(day)
    for part, (hour, minute) in enumerate(hours):
        name = f"4{league.number:02}{week:06}{number + part:03}"
        yield Game(
            league=league,
            id=name,
            odds_id=label(seed, name),
            day=day,
            start=datetime(date_.year, date_.month, date_.day, hour, minute, tzinfo=zone).timestamp(),
            home=home,
            away=away,
            venue=london() if abroad else home.stadium,
            neutral=abroad,
            note=f"Doubleheader - Game {part + 1}" if twice else "NFL London Games" if abroad else None,
        )


def _pairs(seed: int, league: League, draw: str) -> list[tuple[Team, Team]]:
    """Draw home and away teams.

    Uses no stadium twice where swapping a pair helps; western hosts come last, where the late slots are.
    """
    order = sorted(teams(league.name), key=lambda team: roll(seed, "draw", league.name, draw, team.id))
    taken: set[str] = set()
    pairs = []
    for one, other in zip(order[::2], order[1::2], strict=False):
        home, away = (other, one) if one.stadium.name in taken else (one, other)
        taken.add(home.stadium.name)
        pairs.append((home, away))
    return sorted(pairs, key=lambda pair: pair[0].stadium.city.timezone in _WEST) if league.weekly else pairs


# ── shape of each league's week ──


def _rounds(league: League, seed: int, week: int) -> list[_Round]:
    if league.name == "nfl":
        return [(str(week), _nfl_slots(abroad=roll(seed, "london", week) < 0.3))]
    if league.name == "ncaaf":
        return [(str(week), _NCAAF_SLOTS)]
    # The same pair meets on three days in a row.
    if league.name == "mlb":
        return [(f"series{(week * 7 + day) // 3}", _mlb_slots(day)) for day in range(7)]
    if league.name == "ucl":
        return [
            (str(week), _UCL_SLOTS),
            (
                f"{week}b",
                [_Slot(day, 21, 0, _BERLIN) for day in (_THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY, _MONDAY)],
            ),
        ]
    if league.draws:
        midweek = [_Slot(day, 20, 0) for day in (_TUESDAY, _WEDNESDAY, _WEDNESDAY, _THURSDAY)]
        return [
            (f"{week}m", midweek),
            (str(week), _weekend_slots(len(teams(league.name)) // 2, late=league.name == "mls")),
        ]
    return [
        (f"{week}d{day}", _arena_slots(day, count)) for day, count in enumerate(_ARENA_GAMES[league.name])
    ]


def _at(day: int, *times: tuple[int, int], zone: str | None = None) -> list[_Slot]:
    return [_Slot(day, hour, minute, zone) for hour, minute in times]


def _nfl_slots(*, abroad: bool) -> list[_Slot]:
    early = [(9, 30) if abroad else (13, 0), *[(13, 0)] * 8]
    return [
        *_at(_SUNDAY, *early, zone=_NEW_YORK),
        *_at(_THURSDAY, (20, 15), zone=_NEW_YORK),
        *_at(_SUNDAY, (20, 20), zone=_NEW_YORK),
        *_at(_MONDAY, (20, 15), zone=_NEW_YORK),
        *_at(_SUNDAY, (16, 5), (16, 5), (16, 25), (16, 25), zone=_NEW_YORK),
    ]


_NCAAF_SLOTS = [
    *_at(_THURSDAY, (19, 30), zone=_NEW_YORK),
    *_at(_FRIDAY, (19, 0), (20, 0), zone=_NEW_YORK),
    *_at(_SATURDAY, *[(12, 0)] * 5, *[(15, 30)] * 4, (19, 0), (19, 30), (20, 0), (22, 30), zone=_NEW_YORK),
]
_UCL_SLOTS = [
    slot for day in (_TUESDAY, _WEDNESDAY) for slot in _at(day, *[(18, 45)] * 2, *[(21, 0)] * 5, zone=_BERLIN)
]
_UCL_OTHER_SLOTS = [_Slot(day, 21, 0, _BERLIN) for day in (_THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY, _MONDAY)]
# Tuesday to Monday.
_ARENA_GAMES = {
    "nba": (6, 10, 4, 10, 7, 8, 8),
    "ncaab": (8, 8, 8, 3, 14, 4, 4),
    "wnba": (2, 2, 2, 2, 3, 3, 1),
    "nhl": (9, 4, 10, 4, 12, 5, 4),
}


def _mlb_slots(day: int) -> list[_Slot]:
    count = 11 if day in (_THURSDAY, _MONDAY) else 15
    if day == _SUNDAY:
        return [*_at(day, *[(13, 35)] * (count - 1)), *_at(day, (19, 10), zone=_NEW_YORK)]
    afternoon = 4 if day in (_WEDNESDAY, _SATURDAY) else 0
    return _at(day, *[(13, 10)] * afternoon, *islice(cycle([(18, 40), (19, 5), (19, 10)]), count - afternoon))


def _arena_slots(day: int, count: int) -> list[_Slot]:
    afternoon = count // 3 if day in (_SATURDAY, _SUNDAY) else 0
    return _at(
        day,
        *islice(cycle([(13, 0), (15, 30)]), afternoon),
        *islice(cycle([(19, 0), (19, 30)]), count - afternoon),
    )


def _weekend_slots(count: int, *, late: bool) -> list[_Slot]:
    """Return slots: one game each on Friday and Monday evening, the rest on Saturday and Sunday."""
    saturday = (count - 2) * 3 // 5
    hours = [(19, 30)] if late else [(15, 0), (12, 30), (17, 30), (15, 0), (20, 0)]
    return [
        *_at(_FRIDAY, (20, 0)),
        *_at(_SATURDAY, *islice(cycle(hours), saturday)),
        *_at(_SUNDAY, *islice(cycle([(16, 30), (14, 0), (19, 0)]), count - 2 - saturday)),
        *_at(_MONDAY, (20, 0)),
    ]
