"""Which windows need no board any more: those that a board captured, and those without a price to be had."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oddsctl.domain.answers import Events
from oddsctl.domain.models import Listed
from oddsctl.domain.odds_api_jobs import EventsJob, board_of
from oddsctl.domain.requests import Outcome, PriorityRequest
from oddsctl.domain.settings import Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy import prefetch_agenda
from oddsctl.policy.freshness import WITHIN_A_RUN
from oddsctl.policy.prefetch_agenda import Captured
from oddsctl.policy.prefetch_plan import Fixture, Windows
from oddsctl.records.calls import CostTracker
from oddsctl.records.windows import WindowResults
from oddsctl.services.prefetch import listed_games
from oddsctl.services.prefetch.listed_games import GameListing, GameListings
from oddsctl.services.prefetch.plan import board_to_buy, fixtures_of, windows_of
from oddsctl.services.prefetch.schedule import LeagueSchedule


@dataclass(frozen=True, slots=True)
class WindowSurvey:
    """What is known of the windows of some games since the first of them opened.

    `listings` are by sport. `unlisted` are windows of games that The Odds API does not list; `unpriced` are
    those, and the ones whose board had no price.
    """

    since: float
    listings: Mapping[str, GameListings]
    captured: Captured
    unlisted: frozenset[tuple[str, float]]
    unpriced: frozenset[tuple[str, float]]


class CapturedWindows:
    """What boards and records say about the windows of games."""

    def __init__(
        self, orchestrator: RequestOrchestrator, costs: CostTracker, log: WindowResults, settings: Settings
    ) -> None:
        self._orchestrator = orchestrator
        self._costs = costs
        self._log = log
        self._settings = settings

    def _listings(
        self, table: LeagueSchedule, since: float, now: float, *, lean: bool = False
    ) -> GameListings:
        """Return what boards that hold what is bought showed of the games, whoever asked: the recorded ones,
        and the newest one stored.

        Of planned calls the leanest count as well: in an emergency nothing else was to be had.
        """
        job, least = (board_to_buy(self._settings.odds, table.sport, lean=each) for each in (lean, True))
        boards = [
            GameListing(one.at, one.games)
            for one in self._costs.boards(since)
            if one.at <= now + WITHIN_A_RUN
            and (board := board_of(one.job))
            and board.covers(least if one.is_planned else job)
        ]
        newest = [PriorityRequest(job), PriorityRequest(EventsJob(job.sport))]
        stored, free_list = [_sighting(outcome, now) for outcome in self._orchestrator.dry_run.stored(newest)]
        latest = max((one for one in (stored, free_list) if one), key=lambda one: one.at, default=None)
        return listed_games.gather(
            table.sport,
            table.games,
            [*boards, *([stored] if stored else [])],
            latest,
            self._settings.odds.markets,
        )

    def survey(self, tables: Sequence[LeagueSchedule], now: float) -> WindowSurvey:
        """Return what is known of the windows of these games."""
        windows, fixtures = self._windows(), fixtures_of(tables)
        since = (
            min((fixture.start for fixture in fixtures), default=now)
            - max(windows.before, default=0)
            - windows.early
        )
        listings = {table.sport.name: self._listings(table, since, now) for table in tables}
        unlisted, unpriced = _without_prices(tables, windows, listings, now)
        return WindowSurvey(since, listings, self._captured(fixtures, listings, since), unlisted, unpriced)

    def survey_lean(self, tables: Sequence[LeagueSchedule], found: WindowSurvey, now: float) -> WindowSurvey:
        """Return the same where boards of one market do, as in an emergency; what was captured stays so."""
        windows = self._windows()
        listings = {table.sport.name: self._listings(table, found.since, now, lean=True) for table in tables}
        more = prefetch_agenda.captured_by(fixtures_of(tables), windows, _priced(listings))
        unlisted, unpriced = _without_prices(tables, windows, listings, now)
        return WindowSurvey(found.since, listings, {**found.captured, **more}, unlisted, unpriced)

    def settled(self, tables: Sequence[LeagueSchedule], now: float) -> frozenset[tuple[str, float]]:
        """Return the windows of these games that need no board: captured ones, and those without a price to
        be had.
        """
        found = self.survey([table for table in tables if table.sport.odds_key], now)
        return found.unpriced | found.captured.keys()

    def _windows(self) -> Windows:
        return windows_of(self._settings.prefetch, "odds")

    def _captured(
        self, fixtures: Sequence[Fixture], listings: Mapping[str, GameListings], since: float
    ) -> Captured:
        """Return what boards captured, and what was noted as captured; of a game that has moved since only
        what suits its new time.
        """
        moments = {game: list(at) for game, at in _priced(listings).items()}
        for end in self._log.since(since).values():
            if end.fate == "captured" and end.at is not None:
                moments.setdefault(end.game, []).append(end.at)
        return prefetch_agenda.captured_by(fixtures, self._windows(), moments)


def _sighting(stored: Outcome, now: float) -> GameListing | None:
    """Return what a stored answer showed; None for one from the future, stored under a wrong clock."""
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
    """Return the windows of games that are not listed, and all without a price to be had: those, and where a
    board had none.
    """
    unlisted: frozenset[tuple[str, float]] = frozenset()
    unpriced: frozenset[tuple[str, float]] = frozenset()
    for table in tables:
        one = seen[table.sport.name]
        unpriced |= prefetch_agenda.unpriced_by(table.fixtures, windows, one.unpriced)
        if one.looked_at is not None:
            unlisted |= prefetch_agenda.unlisted(table.fixtures, windows, one.absent, one.looked_at, now)
    return unlisted - unpriced, unlisted | unpriced
