"""Plans a run of prefetch from the schedules, the captured windows and the credits of the month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oddsctl.catalog.sports import in_season
from oddsctl.domain.models import Sport
from oddsctl.domain.odds_api_jobs import SportsJob
from oddsctl.domain.requests import Outcome, Priority, PriorityRequest, Purpose, RequestOptions
from oddsctl.domain.settings import Part, Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy import budget_pacing, prefetch_agenda
from oddsctl.policy.budget_pacing import SportDemand
from oddsctl.policy.prefetch_agenda import WindowCalls
from oddsctl.policy.prefetch_plan import Fixture, Target, Windows
from oddsctl.records.calls import CostTracker
from oddsctl.records.windows import WindowResults
from oddsctl.services.kickoff_weather import KickoffWeather, games_of, is_outdoor
from oddsctl.services.prefetch import schedule as timetable
from oddsctl.services.prefetch.captured_windows import CapturedWindows
from oddsctl.services.prefetch.month_credits import MonthCredits, midnight
from oddsctl.services.prefetch.plan import PrefetchPlan, board_to_buy, fixtures_of, windows_of
from oddsctl.services.prefetch.schedule import LeagueSchedule, ScheduleQuery
from oddsctl.state.accounts import Accounts
from oddsctl.state.prefetch_notes import PrefetchNotes

FOR_PLANNING = 6 * 3600.0
FOR_PAYING = 900.0
FOR_PACING = 86400.0
"""Seconds that a schedule may be old: to plan the next day, when it steers a paid call, and to share out the
month.
"""
DAYS_AHEAD = 8
"""How many days of a league's schedule are asked one by one, where its months do not fit one answer."""


class PrefetchPlanner:
    """Makes plans. Without `terms` nothing is asked for: it plans by what is stored."""

    def __init__(
        self,
        orchestrator: RequestOrchestrator,
        accounts: Accounts,
        costs: CostTracker,
        log: WindowResults,
        settings: Settings,
    ) -> None:
        self._orchestrator = orchestrator
        self._settings = settings
        self._captured = CapturedWindows(orchestrator, costs, log, settings)
        self.credits = MonthCredits(accounts, costs, settings)

    def tables(
        self, sports: Sequence[Sport], span: ScheduleQuery, terms: RequestOptions | None, now: float
    ) -> list[LeagueSchedule]:
        """The timetables of the sports, each under the odds key of its games at this time."""
        sports = [in_season(sport, now) for sport in sports]
        if terms is None:
            return timetable.load_stored(self._orchestrator, sports, span, now)
        return timetable.load(self._orchestrator, sports, span, terms, now)

    def view(
        self,
        tables: Sequence[LeagueSchedule],
        outlooks: Sequence[SportDemand],
        notes: PrefetchNotes,
        now: float,
        horizon: float,
    ) -> PrefetchPlan:
        """What is to be done up to the horizon, as things stand."""
        windows = self.windows("odds")
        priced = [table for table in tables if table.sport.odds_key]
        found = self._captured.survey(priced, now)
        course = budget_pacing.pace(
            outlooks, windows, self.credits.budget(notes, now), now, found.captured.keys() | found.unpriced
        )
        if course.emergency:
            found = self._captured.survey_lean(priced, found, now)
        jobs = {
            table.sport.name: board_to_buy(self._settings.odds, table.sport, lean=course.emergency)
            for table in priced
        }
        prices = {name: self._orchestrator.price(job) for name, job in jobs.items()}
        return PrefetchPlan(
            tables=tuple(tables),
            windows=windows,
            weather_windows=self.windows("weather"),
            schedule_windows=self.windows("schedule"),
            course=course,
            boards={name: one.boards for name, one in found.listings.items()},
            jobs=jobs,
            prices=prices,
            unlisted=found.unlisted,
            looked_at={
                name: one.looked_at for name, one in found.listings.items() if one.looked_at is not None
            },
            odds=prefetch_agenda.plan_paid(
                fixtures_of(priced), windows, found.captured, prices, course, now, horizon, found.unpriced
            ),
            weather=self._weather(tables, now, horizon),
            schedule=self._schedule(tables, now, horizon),
        )

    def plan(
        self,
        tables: Sequence[LeagueSchedule],
        others: Sequence[SportDemand],
        notes: PrefetchNotes,
        terms: RequestOptions | None,
        now: float,
        horizon: float,
    ) -> tuple[list[SportDemand], PrefetchPlan]:
        """Return the games of the month, and what is to be done.

        Before an old balance leaves anything out, a free call asks for a new one.
        """
        outlooks = [*self.demands(tables, terms, now, horizon), *others]
        view = self.view(tables, outlooks, notes, now, horizon)
        if terms is None or not view.is_short or not self.credits.is_balance_old(now):
            return outlooks, view
        self._orchestrator.run(
            [PriorityRequest(SportsJob(), Priority.PREFETCH, Purpose.REST)], replace(terms, max_age=0.0)
        )
        outlooks = [*self.demands(tables, terms, now, horizon), *others]
        return outlooks, self.view(tables, outlooks, notes, now, horizon)

    def confirmed(
        self,
        tables: Sequence[LeagueSchedule],
        due: Sequence[Target],
        terms: RequestOptions,
        max_age: float,
        now: float,
    ) -> list[LeagueSchedule]:
        """Return the tables, with the games that are due as of at most `max_age` seconds ago."""
        covered = {target.fixture_id for target in due}
        confirmed = []
        for table in tables:
            starts = [game.start for game in table.games if game.id in covered]
            if not starts:
                confirmed.append(table)
                continue
            span = ScheduleQuery.of_days(starts, max_age)
            (fresh,) = self.tables([table.sport], span, terms, now)
            confirmed.append(_merged(table, fresh, span))
        return confirmed

    def demands(
        self,
        tables: Sequence[LeagueSchedule],
        terms: RequestOptions | None,
        now: float,
        horizon: float,
        until: float | None = None,
    ) -> list[SportDemand]:
        """The games of each sport that has odds, as far as an answer or few tell them: until then, else until
        the account's reset.
        """
        if until is None:
            until = self.credits.month(now).reset_at
        outlooks = []
        for table in tables:
            if not table.sport.odds_key:
                continue
            far, known_until = self._rest_of_month(table, until, terms, now)
            if far is None:
                known_until = now + horizon
            fixtures = tuple(
                {
                    fixture.id: fixture for fixture in (*(far.fixtures if far else ()), *table.fixtures)
                }.values()
            )
            price, lean = (
                self._orchestrator.price(board_to_buy(self._settings.odds, table.sport, lean=lean))
                for lean in (False, True)
            )
            outlooks.append(
                SportDemand(
                    fixtures, known_until, price, lean, known_since=None if far is None else midnight(now)
                )
            )
        return outlooks

    def _rest_of_month(
        self, table: LeagueSchedule, until: float, terms: RequestOptions | None, now: float
    ) -> tuple[LeagueSchedule | None, float]:
        """The games from midnight on, as today's share is by all of today's games, and up to when they are
        known.

        That is the whole time where the league's months fit one answer each, else the next days, which are
        asked one by one.
        """
        sport = table.sport
        if sport.folds_months:
            (far,) = self.tables([sport], ScheduleQuery(midnight(now), until, FOR_PACING), terms, now)
            return (None if far.fetched_at is None else far), until
        for days in (
            (DAYS_AHEAD,) if terms else (DAYS_AHEAD, DAYS_AHEAD - 1)
        ):  # the last day of what is stored may be yesterday's
            known_until = min(until, midnight(now, days))
            (far,) = self.tables([sport], ScheduleQuery(midnight(now), known_until, FOR_PACING), terms, now)
            if far.error is None:
                return far, known_until
        return None, until

    def windows(self, part: Part) -> Windows:
        """Return the windows at which this part is fetched."""
        return windows_of(self._settings.prefetch, part)

    def settled(self, tables: Sequence[LeagueSchedule], now: float) -> frozenset[tuple[str, float]]:
        """Return the windows of these games that need no board any more."""
        return self._captured.settled(tables, now)

    def _weather(self, tables: Sequence[LeagueSchedule], now: float, horizon: float) -> WindowCalls:
        windows = self.windows("weather")
        stored = KickoffWeather(self._orchestrator.dry_run.stored, self._settings.weather.units, now)
        known: dict[str, Outcome] = {}
        fixtures: list[Fixture] = []
        for table in tables if windows.before else ():
            games = [game for game in games_of(table.sport, table.games, now) if is_outdoor(game)]
            wishes = stored.requests(games, table.games)  # none yet for a place that nobody has looked up
            known |= dict(zip(wishes, self._orchestrator.dry_run.stored(list(wishes.values())), strict=True))
            open_air = {game.id for game in games}
            fixtures += [fixture for fixture in table.fixtures if fixture.id in open_air]
        moments = {
            game: [outcome.fetched_at] for game, outcome in known.items() if outcome.fetched_at is not None
        }
        return prefetch_agenda.plan_free(
            fixtures, windows, prefetch_agenda.captured_by(fixtures, windows, moments), now, horizon
        )

    def _schedule(self, tables: Sequence[LeagueSchedule], now: float, horizon: float) -> WindowCalls:
        windows = self.windows("schedule")
        fixtures = fixtures_of(tables) if windows.before else []
        moments = {game: [moment] for table in tables for game, moment in table.fetched.items()}
        return prefetch_agenda.plan_free(
            fixtures, windows, prefetch_agenda.captured_by(fixtures, windows, moments), now, horizon
        )


def _merged(table: LeagueSchedule, fresh: LeagueSchedule, span: ScheduleQuery) -> LeagueSchedule:
    """Return the schedule with what a newer answer says of some of its days."""
    games = table.games
    if not fresh.error:
        told = {game.id for game in fresh.games}
        others = (game for game in games if game.id not in told and not span.since <= game.start < span.until)
        games = tuple(sorted((*others, *fresh.games), key=lambda game: game.start))
    return replace(table, games=games, error=fresh.error, fetched={**table.fetched, **fresh.fetched})
