"""When a sport's games are played, as ESPN knows it, or else The Odds API's free list.

Asks the orchestrator; decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from oddsctl.catalog import teams
from oddsctl.domain.answers import Events, Schedule
from oddsctl.domain.errors import OddsctlError, OfflineError
from oddsctl.domain.jobs import ScheduleJob
from oddsctl.domain.models import OddsEvent, ScheduledGame, Sport, Status
from oddsctl.domain.odds_api_jobs import EventsJob
from oddsctl.domain.requests import (
    Outcome,
    Priority,
    PriorityRequest,
    Purpose,
    RequestOptions,
)
from oddsctl.domain.scoreboards import schedule_jobs
from oddsctl.domain.units import DAY, day_of, midnight
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy import freshness
from oddsctl.policy.prefetch_plan import Fixture
from oddsctl.policy.reasons import failure

FEW_DAYS = 4 * DAY
"""Up to here single days are asked, where ESPN answers them reliably: a month's answer is many times as
large, and it is fetched again before each paid call.
"""
SAME_GAME_WITHIN = DAY
"""A game that moved by less is known again when only The Odds API's list is left."""
CALLED_OFF: tuple[Status, ...] = ("postponed", "canceled")


@dataclass(frozen=True, slots=True)
class LeagueSchedule:
    """A sport's games.

    `error` is why it is not as young as it had to be: then it may be shown, but must steer no paid call.

    `fetched_at` is when the oldest answer in it came, `fetched` when that of each game (by id) did.
    """

    sport: Sport
    games: tuple[ScheduledGame, ...]
    fetched_at: float | None
    error: OddsctlError | None = None
    fetched: Mapping[str, float] = field(default_factory=dict)

    @property
    def fixtures(self) -> tuple[Fixture, ...]:
        """The games as the planner needs them."""
        return tuple(
            Fixture(game.id, self.sport.name, game.start, game.status, game.time_confirmed)
            for game in self.games
        )


@dataclass(frozen=True, slots=True)
class ScheduleQuery:
    """Which games are wanted (those that start from `since` to before `until`), and how many seconds old
    their schedule may be.
    """

    since: float
    until: float
    max_age: float

    @classmethod
    def of_days(cls, starts: Sequence[float], max_age: float) -> ScheduleQuery:
        """The whole days, as ESPN counts them, on which these games start: whoever moved within them is found
        again.
        """
        until = midnight(day_of(max(starts)) + timedelta(days=1))
        return cls(midnight(day_of(min(starts))), until, max_age)


def load(
    orchestrator: RequestOrchestrator,
    sports: Sequence[Sport],
    span: ScheduleQuery,
    terms: RequestOptions,
    now: float,
) -> list[LeagueSchedule]:
    """The timetable of each sport: ESPN's, where it is young enough or can be had; else The Odds API's list
    of games.
    """
    terms = replace(terms, max_age=span.max_age)
    jobs = {sport.name: _jobs(sport, span) for sport in sports}
    asked = [_wish(job) for group in jobs.values() for job in group]
    outcomes = {outcome.job: outcome for outcome in orchestrator.run(asked, terms)} if asked else {}
    tables = []
    for sport in sports:
        table = _of_espn(sport, [outcomes[job] for job in jobs[sport.name]], span, now)
        tables.append(
            _of_odds(table, lambda wish: orchestrator.run([wish], terms)[0], span.max_age, span, now)
            if table.error
            else table
        )
    return tables


def load_stored(
    orchestrator: RequestOrchestrator, sports: Sequence[Sport], span: ScheduleQuery, now: float
) -> list[LeagueSchedule]:
    """What is stored of these timetables, whatever its age; nobody is asked.

    The Odds API's list counts where it is the younger.
    """
    tables = []
    for sport in sports:
        table = _of_espn(
            sport, orchestrator.dry_run.stored([_wish(job) for job in _jobs(sport, span)]), span, now
        )
        younger = span.max_age if table.fetched_at is None else now - table.fetched_at
        tables.append(
            _of_odds(table, lambda wish: orchestrator.dry_run.stored([wish])[0], younger, span, now)
            if table.error
            else table
        )
    return tables


def _wish(job: ScheduleJob | EventsJob) -> PriorityRequest:
    return PriorityRequest(job, Priority.PREFETCH, Purpose.REST)


def _jobs(sport: Sport, span: ScheduleQuery) -> tuple[ScheduleJob, ...]:
    few = span.until - span.since <= FEW_DAYS
    return schedule_jobs(sport, span.since, span.until, by_day=few)


def _of_espn(sport: Sport, outcomes: Sequence[Outcome], span: ScheduleQuery, now: float) -> LeagueSchedule:
    by_age = sorted(
        outcomes, key=lambda outcome: outcome.fetched_at or 0.0
    )  # of a game that moved to another day the younger tells
    games = {
        game.id: game
        for outcome in by_age
        if isinstance(outcome.answer, Schedule)
        for game in outcome.answer.games
    }
    within = tuple(
        sorted(
            (game for game in games.values() if span.since <= game.start < span.until),
            key=lambda game: game.start,
        )
    )
    told = [outcome.fetched_at for outcome in outcomes if outcome.fetched_at is not None]
    moments = {
        game.id: one.fetched_at or 0.0
        for one in by_age
        if isinstance(one.answer, Schedule)
        for game in one.answer.games
    }
    if (
        outcomes
        and len(told) == len(outcomes)
        and all(freshness.is_fresh(at, now, span.max_age + 60, freshness.WITHIN_A_RUN) for at in told)
    ):
        return LeagueSchedule(sport, within, min(told), fetched=moments)
    error = next((outcome.error for outcome in outcomes if outcome.error), None) or failure(outcomes)
    error = error or OfflineError(f"no schedule of {sport.name} is young enough", provider="espn")
    return LeagueSchedule(sport, within, min(told, default=None), error, moments)


def _of_odds(
    table: LeagueSchedule,
    ask: Callable[[PriorityRequest], Outcome],
    max_age: float,
    span: ScheduleQuery,
    now: float,
) -> LeagueSchedule:
    """The Odds API's list of games, those that ESPN knew under ESPN's ids; the same table where that list is
    older than `max_age`.
    """
    if not table.sport.odds_key:
        return table
    outcome = ask(_wish(EventsJob(table.sport.odds_key)))
    young = outcome.fetched_at is not None and freshness.is_fresh(
        outcome.fetched_at, now, max_age + 60, freshness.WITHIN_A_RUN
    )
    if not isinstance(outcome.answer, Events) or not young:
        return table
    games = tuple(
        _known(table, event, now)
        for event in outcome.answer.games
        if span.since <= event.commence_time < span.until
    )
    return LeagueSchedule(
        table.sport, games, outcome.fetched_at, fetched={game.id: outcome.fetched_at or 0.0 for game in games}
    )


def _known(table: LeagueSchedule, event: OddsEvent, now: float) -> ScheduledGame:
    def spelled(*names: str) -> set[str]:
        return {teams.canonical(teams.kind_of(table.sport), name) for name in names}

    same = [game for game in table.games if spelled(game.home, game.away) == spelled(event.home, event.away)]
    near = [game for game in same if abs(game.start - event.commence_time) <= SAME_GAME_WITHIN]
    game = min(near, key=lambda game: abs(game.start - event.commence_time), default=None)
    status: Status = "scheduled" if event.commence_time > now else "live"
    if game and game.start == event.commence_time and game.status in CALLED_OFF:
        return game  # ESPN knew already
    if game:
        return replace(game, start=event.commence_time, time_confirmed=True, status=status)
    return ScheduledGame(
        id=f"odds:{event.id}",
        start=event.commence_time,
        time_confirmed=True,
        home=event.home,
        away=event.away,
        status=status,
    )
