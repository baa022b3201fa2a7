"""What prefetch sees before it acts: the games, what is captured of them, what the month still pays for, and
so what is to be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oddsctl.catalog.sports import in_season
from oddsctl.domain import units
from oddsctl.domain.answers import Events
from oddsctl.domain.jobs import EventsJob, OddsJob, board_of
from oddsctl.domain.models import Listed, Sport
from oddsctl.domain.requests import Outcome, PriorityRequest, RequestOptions
from oddsctl.domain.settings import Part, Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy import billing_month, budget, budget_pacing, prefetch_agenda
from oddsctl.policy.budget_pacing import PacingDecision, PlannedBudget, SportDemand
from oddsctl.policy.coverage import covers
from oddsctl.policy.freshness import WITHIN_A_RUN
from oddsctl.policy.prefetch_agenda import Captured, WindowCalls
from oddsctl.policy.prefetch_plan import Fixture, Why, Windows
from oddsctl.records.calls import CostTracker
from oddsctl.records.windows import WindowResults
from oddsctl.services.kickoff_weather import KickoffWeather, games_of, is_outdoor
from oddsctl.services.prefetch import listed_games
from oddsctl.services.prefetch import schedule as timetable
from oddsctl.services.prefetch.listed_games import GameListing, GameListings
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
LOOK_AGAIN = 240.0
"""Seconds after which the free list is asked again for games that it did not have: at each run of cron, as
long as a window is open.
"""


@dataclass(frozen=True, slots=True)
class PrefetchPlan:
    """One view of it all.

    `boards` are the moments of the boards of each sport, `jobs` and `prices` what would be bought now.

    `unlisted` are the windows of games that The Odds API did not list when it was asked last, at `looked_at`
    by sport.
    """

    tables: tuple[LeagueSchedule, ...]
    windows: Windows
    weather_windows: Windows
    schedule_windows: Windows
    course: PacingDecision
    boards: Mapping[str, Sequence[float]]
    jobs: Mapping[str, OddsJob]
    prices: Mapping[str, int]
    unlisted: frozenset[tuple[str, float]]
    looked_at: Mapping[str, float]
    odds: WindowCalls
    weather: WindowCalls
    schedule: WindowCalls

    @property
    def is_short(self) -> bool:
        """Whether something is left out for want of credits."""
        return self.course.emergency or any(one.why is Why.BUDGET for one in self.odds.skipped)

    def to_look_for(self, now: float) -> tuple[str, ...]:
        """The sports with an unlisted game whose window is open, and whose free list was not looked at for a
        while.
        """
        skipped = (one.target for one in self.odds.skipped if one.why is Why.NO_PRICES)
        doubtful = {
            target.sport
            for target in skipped
            if target.contains(now) and (target.fixture_id, target.window) in self.unlisted
        }
        return tuple(
            sorted(sport for sport in doubtful if now - self.looked_at.get(sport, 0.0) >= LOOK_AGAIN)
        )

    def wake_at(self, now: float, longest: float) -> float:
        """When there is something to do again."""
        return prefetch_agenda.next_wake(
            (*self.odds.calls, *self.weather.calls, *self.schedule.calls), now, longest
        )

    def next_paid(self, now: float) -> float | None:
        """When the next board is bought; None when none is planned."""
        return min((call.at for call in self.odds.calls if call.at > now), default=None)


@dataclass(frozen=True, slots=True)
class SpendableCredits:
    """What the account has left, and what of that planned calls don't touch (credits)."""

    left: int
    kept: int


class PrefetchPlanner:
    """Gathers views. Without `terms` nobody is asked: what is stored does."""

    def __init__(
        self,
        orchestrator: RequestOrchestrator,
        accounts: Accounts,
        costs: CostTracker,
        log: WindowResults,
        settings: Settings,
    ) -> None:
        self._orchestrator = orchestrator
        self._accounts = accounts
        self._costs = costs
        self._log = log
        self._settings = settings

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
        fixtures, since = _fixtures(priced), self._since(priced, windows, now)
        seen = {table.sport.name: self._game_listings(table, since, now) for table in priced}
        captured = self._captured(fixtures, windows, seen, since)
        unlisted, unpriced = _without_prices(priced, windows, seen, now)
        course = budget_pacing.pace(
            outlooks, windows, self.budget(notes, now), now, captured.keys() | unpriced
        )
        jobs = {table.sport.name: self.board(table.sport, lean=course.emergency) for table in priced}
        if course.emergency:
            seen = {table.sport.name: self._game_listings(table, since, now, lean=True) for table in priced}
            captured = {**captured, **prefetch_agenda.captured_by(fixtures, windows, _priced(seen))}
            unlisted, unpriced = _without_prices(priced, windows, seen, now)
        prices = {name: self._orchestrator.price(job) for name, job in jobs.items()}
        return PrefetchPlan(
            tables=tuple(tables),
            windows=windows,
            weather_windows=self.windows("weather"),
            schedule_windows=self.windows("schedule"),
            course=course,
            boards={name: one.boards for name, one in seen.items()},
            jobs=jobs,
            prices=prices,
            unlisted=unlisted,
            looked_at={name: one.looked_at for name, one in seen.items() if one.looked_at is not None},
            odds=prefetch_agenda.plan_paid(
                fixtures, windows, captured, prices, course, now, horizon, unpriced
            ),
            weather=self._weather(tables, now, horizon),
            schedule=self._schedule(tables, now, horizon),
        )

    def board(self, sport: Sport, *, lean: bool = False) -> OddsJob:
        """The board that is bought; `lean`: one market of it, moneylines where they are wanted."""
        odds = self._settings.odds
        leanest = ("h2h",) if "h2h" in odds.markets else odds.markets[:1]
        return OddsJob(sport.odds_key or "", leanest if lean else odds.markets, odds.regions, odds.bookmakers)

    def budget(self, notes: PrefetchNotes, now: float) -> PlannedBudget:
        """What planned calls may touch until the account's month ends."""
        month, balance = self.month(now), self.balance()
        spent_today = self._costs.planned_spend(midnight(now))
        return PlannedBudget(
            balance.left - balance.kept, spent_today, month.reset_at, notes.emergency_since is not None
        )

    def balance(self) -> SpendableCredits:
        """What is left, and how much of it is kept: below the reserve or `stop_below` no planned call is let
        through.
        """
        credits, monthly, rules = (
            self._accounts.state("odds").credits,
            self._settings.odds.monthly_credits,
            self._settings.budget,
        )
        kept = max(budget.kept_for_own(credits.limit(monthly), rules), rules.stop_below)
        return SpendableCredits(credits.available(monthly), kept)

    def is_balance_old(self, now: float) -> bool:
        """Whether the balance was told so long ago that nothing should be left out for it: a new month may
        have begun.
        """
        credits = self._accounts.state("odds").credits
        told_before = credits.asked_at < self.month(now).began_at
        return budget.is_outdated(credits, now) or (credits.used is not None and told_before)

    def month(self, now: float) -> billing_month.BillingMonth:
        """The account's month."""
        return billing_month.month(self._accounts.state("odds").credits, self._settings.odds.reset_day, now)

    def limit(self) -> int:
        """The account's credits a month."""
        return self._accounts.state("odds").credits.limit(self._settings.odds.monthly_credits)

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
            until = self.month(now).reset_at
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
                self._orchestrator.price(self.board(table.sport, lean=lean)) for lean in (False, True)
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
        """The windows at which this part is fetched."""
        rules = self._settings.prefetch
        return Windows(rules.windows_of(part), rules.early, rules.late)

    def _game_listings(
        self, table: LeagueSchedule, since: float, now: float, *, lean: bool = False
    ) -> GameListings:
        """What boards told of the games that hold what is bought, whoever asked: by the ledger, and the
        newest one stored.

        Of planned calls the leanest count as well: in an emergency they were what was to be had.
        """
        job, least = self.board(table.sport, lean=lean), self.board(table.sport, lean=True)
        boards = [
            GameListing(one.at, one.games)
            for one in self._costs.boards(since)
            if one.at <= now + WITHIN_A_RUN
            and (board := board_of(one.job))
            and covers(board, least if one.is_planned else job)
        ]
        newest = [PriorityRequest(job), PriorityRequest(EventsJob(job.sport))]
        stored, free_list = [
            _sighting(outcome, now) for outcome in self._orchestrator.rehearsal.stored(newest)
        ]
        latest = max((one for one in (stored, free_list) if one), key=lambda one: one.at, default=None)
        return listed_games.gather(
            table.sport,
            table.games,
            [*boards, *([stored] if stored else [])],
            latest,
            self._settings.odds.markets,
        )

    def settled(self, tables: Sequence[LeagueSchedule], now: float) -> frozenset[tuple[str, float]]:
        """The windows of these games that need no board: those that are captured, and those for which there
        is no price to be had.
        """
        windows = self.windows("odds")
        since = self._since(tables, windows, now)
        priced = [table for table in tables if table.sport.odds_key]
        seen = {table.sport.name: self._game_listings(table, since, now) for table in priced}
        _, unpriced = _without_prices(priced, windows, seen, now)
        return unpriced | self._captured(_fixtures(tables), windows, seen, since).keys()

    def _since(self, tables: Sequence[LeagueSchedule], windows: Windows, now: float) -> float:
        """When the first window of these games opened."""
        return (
            min((fixture.start for fixture in _fixtures(tables)), default=now)
            - max(windows.before, default=0)
            - windows.early
        )

    def _captured(
        self, fixtures: Sequence[Fixture], windows: Windows, seen: Mapping[str, GameListings], since: float
    ) -> Captured:
        """What boards captured, and what was noted as captured; of a game that has moved since only what
        suits its new time.
        """
        moments = {game: list(at) for game, at in _priced(seen).items()}
        for end in self._log.since(since).values():
            if end.fate == "captured" and end.at is not None:
                moments.setdefault(end.game, []).append(end.at)
        return prefetch_agenda.captured_by(fixtures, windows, moments)

    def _weather(self, tables: Sequence[LeagueSchedule], now: float, horizon: float) -> WindowCalls:
        windows = self.windows("weather")
        stored = KickoffWeather(self._orchestrator.rehearsal.stored, self._settings.weather.units, now)
        known: dict[str, Outcome] = {}
        fixtures: list[Fixture] = []
        for table in tables if windows.before else ():
            games = [game for game in games_of(table.sport, table.games, now) if is_outdoor(game)]
            wishes = stored.requests(games, table.games)  # none yet for a place that nobody has looked up
            known |= dict(
                zip(wishes, self._orchestrator.rehearsal.stored(list(wishes.values())), strict=True)
            )
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
        fixtures = [fixture for table in tables for fixture in table.fixtures] if windows.before else []
        moments = {game: [moment] for table in tables for game, moment in table.fetched.items()}
        return prefetch_agenda.plan_free(
            fixtures, windows, prefetch_agenda.captured_by(fixtures, windows, moments), now, horizon
        )


def _sighting(stored: Outcome, now: float) -> GameListing | None:
    """What a stored answer showed; of one from the future, under a clock that was ahead, nobody knows."""
    if (
        stored.fetched_at is None
        or stored.fetched_at > now + WITHIN_A_RUN
        or not isinstance(stored.answer, Events)
    ):
        return None
    return GameListing(stored.fetched_at, tuple(Listed.of(event) for event in stored.answer.events))


def _priced(seen: Mapping[str, GameListings]) -> dict[str, tuple[float, ...]]:
    return {game: moments for one in seen.values() for game, moments in one.priced.items()}


def _without_prices(
    tables: Sequence[LeagueSchedule], windows: Windows, seen: Mapping[str, GameListings], now: float
) -> tuple[frozenset[tuple[str, float]], frozenset[tuple[str, float]]]:
    """The windows of games that are not listed, and all for which there is no price to be had: those, and
    where a board had none.
    """
    unlisted: frozenset[tuple[str, float]] = frozenset()
    unpriced: frozenset[tuple[str, float]] = frozenset()
    for table in tables:
        one = seen[table.sport.name]
        unpriced |= prefetch_agenda.unpriced_by(table.fixtures, windows, one.unpriced)
        if one.looked_at is not None:
            unlisted |= prefetch_agenda.unlisted(table.fixtures, windows, one.absent, one.looked_at, now)
    return unlisted - unpriced, unlisted | unpriced


def _fixtures(tables: Sequence[LeagueSchedule]) -> list[Fixture]:
    return [fixture for table in tables for fixture in table.fixtures]


def midnight(now: float, days: int = 0) -> float:
    """When the day began as leagues count it, or begins so many days later."""
    day = units.day_of(now) + timedelta(days)
    return datetime(day.year, day.month, day.day, tzinfo=units.EASTERN).timestamp()
