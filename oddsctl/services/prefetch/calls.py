"""The calls of a run of prefetch: boards bought at their windows, weather, and how each is reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.ports import Clock
from oddsctl.domain.provider_errors import UnknownSportError
from oddsctl.domain.reports import PrefetchCall
from oddsctl.domain.requests import Outcome, Priority, PriorityRequest, Purpose, Reason, RequestOptions
from oddsctl.domain.settings import Settings
from oddsctl.domain.units import format_duration
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy import prefetch_agenda
from oddsctl.policy.prefetch_plan import PlannedCall, Why
from oddsctl.services.kickoff_weather import KickoffWeather, games_of
from oddsctl.services.prefetch.plan import PrefetchPlan
from oddsctl.services.prefetch.schedule import LeagueSchedule
from oddsctl.services.prefetch.window_results import ANSWERED, NO_PRICES, WindowTracker

PURPOSES = ((1800.0, Purpose.WINDOW_30M), (3600.0, Purpose.WINDOW_1H), (7200.0, Purpose.WINDOW_2H))
PLANNED = "planned"


class PrefetchCaller:
    """Makes the calls of a plan that are due."""

    def __init__(
        self,
        orchestrator: RequestOrchestrator,
        reckoning: WindowTracker,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._orchestrator = orchestrator
        self._reckoning = reckoning
        self._clock = clock
        self._settings = settings

    def options(self, stop_at: float) -> RequestOptions:
        """Return options whose wait still leaves time for an answer before `stop_at`."""
        until = stop_at - self._settings.http.longest_exchange
        return RequestOptions(wait=max(0.0, until - self._clock.monotonic()), until=until, command="prefetch")

    def due(self, view: PrefetchPlan, now: float, every: float) -> list[PlannedCall]:
        """Return the paid calls to make now; none without a key."""
        if self._orchestrator.missing_key():
            return []
        return [
            call
            for call in view.odds.calls
            if prefetch_agenda.is_due(call, now, every, max(view.boards[call.sport], default=None))
        ]

    def buy_all(
        self, view: PrefetchPlan, every: float, stop_at: float
    ) -> list[tuple[PrefetchCall, OddsctlError | None]]:
        """Buy the boards that are due, of sports whose schedule is known, until `stop_at`.

        Each comes with the error where there is no answer.
        """
        steered = {table.sport.name for table in view.tables if not table.error}
        due = self.due(view, self._clock.now(), every)
        return [
            self._buy(call, view, stop_at)
            for call in due
            if call.sport in steered and self._clock.monotonic() < stop_at
        ]

    def _buy(
        self, call: PlannedCall, view: PrefetchPlan, stop_at: float
    ) -> tuple[PrefetchCall, OddsctlError | None]:
        """Return the call as made, and the error where there is no answer."""
        now = self._clock.now()
        self._orchestrator.best_effort(lambda: self._reckoning.record_start(call, now))
        nearest = min(target.window for target in call.covers)
        purpose = next((purpose for window, purpose in PURPOSES if nearest <= window), Purpose.REST)
        max_age = max(0.0, now - prefetch_agenda.freshness_floor(call, view.windows))
        request = PriorityRequest(
            view.jobs[call.sport], Priority.PREFETCH, purpose, call.game_time, call.closes
        )
        terms = self.options(stop_at)
        wait = min(terms.wait, max(0.0, call.closes - now))
        terms = replace(terms, wait=wait, until=self._clock.monotonic() + wait, max_age=max_age)
        (outcome,) = self._orchestrator.run([request], terms)
        return _made("odds", call, [outcome], now), outcome.error

    def ask_weather(self, call: PlannedCall, view: PrefetchPlan, stop_at: float) -> PrefetchCall | None:
        """Ask for all places in one call; None where no game's place is known."""
        now, covered = self._clock.now(), {target.fixture_id for target in call.covers}
        terms = replace(
            self.options(stop_at),
            max_age=max(0.0, now - prefetch_agenda.freshness_floor(call, view.weather_windows)),
        )
        weather = KickoffWeather(
            partial(self._orchestrator.run, options=self.options(stop_at)), self._settings.weather.units, now
        )
        wishes: dict[str, PriorityRequest] = {}
        for table in view.tables:
            games = [game for game in games_of(table.sport, table.games, now) if game.id in covered]
            wishes |= weather.requests(games, table.games)
        requests = [
            replace(request, priority=Priority.PREFETCH, purpose=Purpose.REST) for request in wishes.values()
        ]
        return _made("weather", call, self._orchestrator.run(requests, terms), now) if requests else None


def with_prices(call: PrefetchCall, view: PrefetchPlan) -> PrefetchCall:
    """Return the call, as one without prices where its board has none for any game it was bought for."""
    if call.api != "odds" or call.outcome not in ANSWERED or not call.covers:
        return call
    without = {
        (one.target.fixture_id, format_duration(one.target.window))
        for one in view.odds.skipped
        if one.why is Why.NO_PRICES
    }
    return replace(call, outcome=NO_PRICES) if without.issuperset(call.covers) else call


def planned_call(api: str, call: PlannedCall, price: int = 0) -> PrefetchCall:
    """Return the call as one that is yet to be made."""
    return PrefetchCall(call.at, api, call.sport, price, _covers(call), PLANNED, call.game_time, call.closes)


def schedule_call(call: PlannedCall, tables: Sequence[LeagueSchedule], now: float) -> PrefetchCall:
    """Return the call that looked at the schedule, with what came of it."""
    error = next((table.error for table in tables if table.error), None)
    return replace(planned_call("espn", call), at=now, outcome=error.code if error else Reason.FETCHED.value)


def _covers(call: PlannedCall) -> tuple[tuple[str, str], ...]:
    return tuple((target.fixture_id, format_duration(target.window)) for target in call.covers)


def _made(api: str, call: PlannedCall, outcomes: Sequence[Outcome], now: float) -> PrefetchCall:
    worst = max(outcomes, key=lambda outcome: outcome.reason.fails_strict)
    told = worst.reason.value
    if isinstance(worst.error, UnknownSportError):
        told = NO_PRICES  # a sport that The Odds API does not have, or not now: the preseason's
    elif worst.detail and (worst.reason.fails_strict or worst.reason is Reason.NEGATIVE_CACHE):
        told = worst.detail
    return PrefetchCall(
        now,
        api,
        call.sport,
        sum(outcome.credits for outcome in outcomes),
        _covers(call),
        told,
        call.game_time,
        call.closes,
    )
