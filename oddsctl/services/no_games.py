"""Where no game is in question: when the next one is, from what is known or by free looks at ESPN's coming
days; unknown teams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from oddsctl.domain import scoreboards
from oddsctl.domain.answers import Answer, Events, Schedule
from oddsctl.domain.errors import UsageError
from oddsctl.domain.jobs import ScheduleJob
from oddsctl.domain.models import Sport
from oddsctl.domain.requests import Outcome, Priority, PriorityRequest
from oddsctl.domain.units import DAY
from oddsctl.services.board_query import (
    FEW_NAMES,
    OVER,
    QuerySpan,
    is_team,
    nearest_team,
)

LOOKS = 2
"""Free calls at the most."""
FAR = 35 * DAY
"""How far ahead they reach, where a league's months fit an answer."""


@dataclass(frozen=True, slots=True)
class UpcomingGame:
    """A game ahead, as far as one line needs it."""

    start: float
    time_confirmed: bool
    home: str
    away: str

    def words(self, zone: ZoneInfo) -> str:
        """`Thu 2026-12-03 20:15 EST, Dallas Cowboys at Detroit Lions`."""
        when = datetime.fromtimestamp(self.start, zone)
        hour = f"{when:%H:%M} {when.tzname() or zone.key}" if self.time_confirmed else "(hour not known yet)"
        return f"{when:%a %Y-%m-%d} {hour}, {self.away} at {self.home}"


@dataclass(frozen=True, slots=True)
class NextGames:
    """What was found: the next game, and the teams that were met on the way."""

    span: QuerySpan
    game: UpcomingGame | None
    teams: frozenset[str]


Ask = Callable[[Sequence[PriorityRequest]], list[Outcome]]


def find_next_games(
    span: QuerySpan, team: str | None, known: Sequence[Outcome], now: float, ask: Ask | None
) -> NextGames:
    """The next game from the span's beginning on; none of the past. Without `ask` only what is known
    tells.
    """
    outcomes = list(known)
    since = max(now, span.start)
    looks = _looks(span, since, {outcome.job for outcome in known}) if ask else []
    while (found := _next(span, team, outcomes, since)) is None and looks and ask:
        outcomes += ask([PriorityRequest(looks.pop(0), Priority.HIGH)])
    return NextGames(span, found, frozenset(team_names(outcome.answer for outcome in outcomes)))


def note(ahead: NextGames, team: str | None, zone: ZoneInfo, now: float, *, all_over: bool) -> str:
    """One line for people: what is not there, and when the next game is."""
    span = ahead.span
    first, last = (datetime.fromtimestamp(at, zone) for at in (span.start, span.end - 1))
    days = f"{first:%a %Y-%m-%d}" + ("" if first.date() == last.date() else f" to {last:%a %Y-%m-%d}")
    whose = f" of {team!r}" if team else ""
    what = (
        f"every game{whose} is over or called off, no odds are needed"
        if all_over
        else f"no game{whose} on {days}"
    )
    if span.end <= now:
        return f"{span.sport.name}: {what}"
    return f"{span.sport.name}: {what}; " + (
        f"next: {ahead.game.words(zone)}" if ahead.game else "the next game is not known yet"
    )


def unknown_team(
    team: str, found: Sequence[NextGames], stored: Callable[[Sport], Iterable[str]]
) -> UsageError | None:
    """The error where in none of the sports a team is called so; None where one is, or where too little is
    known to tell.
    """
    near, certain = None, True
    for ahead in found:
        sport = ahead.span.sport
        names = ahead.teams | frozenset(stored(sport))
        if is_team(sport, team, names):
            return None
        near = near or nearest_team(team, names)
        certain = certain and len(ahead.teams) >= FEW_NAMES and not sport.espn_groups
    if near is None and not certain:
        return None
    sports = " or ".join(ahead.span.sport.name for ahead in found)
    hint = f"did you mean {near}?" if near else "name a part of the team's name, such as its town"
    return UsageError(f"--team: no team of {sports} is called {team!r}", hint=hint)


def _looks(span: QuerySpan, since: float, asked: set[object]) -> list[ScheduleJob]:
    """The coming months, or the coming days of a league whose months are too long."""
    end = max(span.end, since)
    coming = scoreboards.schedule_jobs(
        span.sport, end, end + (FAR if span.sport.folds_months else LOOKS * DAY)
    )
    return [job for job in coming if job not in asked][:LOOKS]


def _next(
    span: QuerySpan, team: str | None, outcomes: Iterable[Outcome], since: float
) -> UpcomingGame | None:
    games = [game for outcome in outcomes for game in _fixtures(outcome) if game.start >= since]
    mine = [game for game in games if team is None or is_team(span.sport, team, (game.home, game.away))]
    return min(mine, key=lambda game: (game.start, game.home), default=None)


def _fixtures(outcome: Outcome) -> Iterable[UpcomingGame]:
    match outcome.answer:
        case Schedule(games):
            return [
                UpcomingGame(one.start, one.time_confirmed, one.home, one.away)
                for one in games
                if one.status not in OVER
            ]
        case Events() as answer:
            return [
                UpcomingGame(one.commence_time, time_confirmed=True, home=one.home, away=one.away)
                for one in answer.games
            ]
        case _:
            return []


def team_names(answers: Iterable[Answer | None]) -> Iterable[str]:
    """Every team in schedules and boards."""
    for answer in answers:
        match answer:
            case Schedule(games):
                yield from (name for game in games for name in (game.home, game.away))
            case Events():
                yield from (name for event in answer.games for name in (event.home, event.away))
