"""What cron runs: look at the schedule, fetch what is due at the windows before games, record how each window
ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from oddsctl.domain.errors import LockTimeoutError, OddsctlError, StateError
from oddsctl.domain.models import Sport
from oddsctl.domain.notices import Notice, Warned
from oddsctl.domain.odds_api_jobs import EventsJob
from oddsctl.domain.ports import Clock, Locks
from oddsctl.domain.reports import PrefetchCall
from oddsctl.domain.requests import Priority, PriorityRequest, Purpose, RequestOptions
from oddsctl.domain.settings import Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy import prefetch_agenda
from oddsctl.policy.budget_pacing import SportDemand
from oddsctl.policy.prefetch_plan import Target, plan, targets
from oddsctl.records.windows import WindowResult
from oddsctl.services.prefetch.announcements import Announcer
from oddsctl.services.prefetch.calls import PrefetchCaller, planned_call, schedule_call, with_prices
from oddsctl.services.prefetch.month_credits import SpendableCredits
from oddsctl.services.prefetch.plan import LOOK_AGAIN, PrefetchPlan
from oddsctl.services.prefetch.planner import FOR_PAYING, PrefetchPlanner
from oddsctl.services.prefetch.run_scope import RunScope
from oddsctl.services.prefetch.schedule import LeagueSchedule
from oddsctl.services.prefetch.window_results import NO_PRICES, SkippedWindow, WindowTracker, skip
from oddsctl.state.prefetch_notes import PrefetchNotes, PrefetchNotesStore

LONGEST_OUTLOOK = 400 * 86400.0
LONGEST_NAP = 900.0
"""Seconds after which `--loop` looks again, whatever it has planned: others may have fetched, games may have
moved.
"""


@dataclass(frozen=True, slots=True)
class PrefetchRun:
    """What a run did, or would do: its calls, the windows that ended without one, and when to look again;
    `next_at` is the next paid call.

    `errors` are of schedules that could not be had and boards that could not be bought, `missed` the windows
    that this run found missed, `unpriced` the first window of each game that ended without a price; `games`
    are the names by id.
    """

    calls: tuple[PrefetchCall, ...]
    skipped: tuple[SkippedWindow, ...]
    wake_at: float
    next_at: float | None = None
    errors: tuple[OddsctlError, ...] = ()
    missed: tuple[WindowResult, ...] = ()
    unpriced: tuple[WindowResult, ...] = ()
    games: Mapping[str, str] = field(default_factory=dict)
    balance: SpendableCredits | None = None
    no_key: OddsctlError | None = None

    @property
    def credits(self) -> int:
        return sum(call.credits for call in self.calls)


class PredictivePrefetcher:
    """The right line at the right minute for the fewest credits.

    Of several at once, in any process, one works on a sport.
    """

    def __init__(
        self,
        *,
        orchestrator: RequestOrchestrator,
        prospects: PrefetchPlanner,
        notebook: PrefetchNotesStore,
        reckoning: WindowTracker,
        locks: Locks,
        clock: Clock,
        settings: Settings,
        tell: Callable[[Notice], None],
    ) -> None:
        self._orchestrator = orchestrator
        self._planner = prospects
        self._notebook = notebook
        self._reckoning = reckoning
        self._locks = locks
        self._clock = clock
        self._tell = tell
        self._scope = RunScope(prospects, notebook, settings)
        self._caller = PrefetchCaller(orchestrator, reckoning, clock, settings)
        self._announcer = Announcer(notebook, prospects.credits, clock, tell)

    def run(
        self, sports: Sequence[Sport], horizon: float, deadline: float, every: float
    ) -> PrefetchRun | None:
        """Fetch what is due and stop; None when others are at work on all these sports.

        After `deadline` seconds nothing new is begun; `every` is how many seconds from now the next run
        comes. Raises `InterruptedRunError`.
        """
        stop_at = self._clock.monotonic() + deadline
        with self._leases(sports) as mine:
            return self._run(mine, horizon, stop_at, every) if mine else None

    def dry_run(self, sports: Sequence[Sport], horizon: float, *, ask: bool = True) -> PrefetchRun:
        """What runs would do up to the horizon; with `ask` the schedule is fetched where it is too old (free
        calls only).
        """
        now, notes = self._clock.now(), self._notebook.read()
        terms = RequestOptions(command="prefetch") if ask else None
        tables = self._planner.tables(sports, self._scope.span(sports, notes, now, horizon), terms, now)
        outlooks, view = self._planner.plan(
            tables, self._scope.other_sports(sports, notes, now, horizon), notes, terms, now, horizon
        )
        if terms:
            view = self._looked_for(view, outlooks, notes, terms, horizon)
        calls = [
            *(planned_call("odds", call, view.prices[call.sport]) for call in view.odds.calls),
            *(planned_call("weather", call) for call in view.weather.calls),
            *(planned_call("espn", call) for call in view.schedule.calls),
        ]
        return PrefetchRun(
            calls=tuple(sorted(calls, key=lambda call: (call.at, call.api))),
            skipped=tuple(self._reckoning.skips(view, notes, now)),
            wake_at=view.wake_at(now, LONGEST_NAP),
            next_at=view.next_paid(now) or self._next_beyond(view, outlooks, now),
            errors=tuple(table.error for table in tables if table.error),
            games=_names(tables),
            balance=self._planner.credits.balance(),
            no_key=self._orchestrator.missing_key(),
        )

    def _next_beyond(self, view: PrefetchPlan, outlooks: Sequence[SportDemand], now: float) -> float | None:
        """When the first board after the horizon is bought, as far as games and credits are known."""
        mine = {table.sport.name for table in view.tables if table.sport.odds_key}
        prices = [view.prices[name] for name in mine]
        if view.is_short and view.course.spendable < min(prices, default=0):
            return None
        fixtures = [fixture for one in outlooks for fixture in one.fixtures if fixture.sport in mine]
        unpriced = view.unlisted | {(one.target.fixture_id, one.target.window) for one in view.odds.skipped}
        windows = replace(view.windows, before=view.course.windows)
        wanted, _ = targets(fixtures, windows, view.odds.captured.keys() | unpriced, now, LONGEST_OUTLOOK)
        return min((call.at for call in plan(wanted)), default=None)

    # ── one run ──

    def _run(self, sports: Sequence[Sport], horizon: float, stop_at: float, every: float) -> PrefetchRun:
        now, terms = self._clock.now(), self._caller.options(stop_at)
        notes = self._scope.notes(sports, now)
        tables = self._planner.tables(sports, self._scope.span(sports, notes, now, horizon), terms, now)
        others = self._scope.other_sports(sports, notes, now, horizon)
        outlooks, view = self._planner.plan(tables, others, notes, terms, now, horizon)
        view = self._looked_for(view, outlooks, notes, terms, horizon)
        now = self._clock.now()  # the view may be younger than the run
        self._announcer.note_emergency(view, notes, now)
        made: list[PrefetchCall] = []
        bought: list[tuple[PrefetchCall, OddsctlError | None]] = []
        for call in [call for call in view.schedule.calls if prefetch_agenda.is_due(call, now, every, None)]:
            max_age = max(0.0, now - prefetch_agenda.freshness_floor(call, view.schedule_windows))
            tables = self._confirmed(tables, call.covers, stop_at, max_age)
            made.append(schedule_call(call, tables, now))
        if due := self._caller.due(view, now, every):
            covered = [target for call in due for target in call.covers]
            tables = self._confirmed(tables, covered, stop_at, FOR_PAYING)
            view = self._planner.view(tables, outlooks, notes, self._clock.now(), horizon)
            bought = self._caller.buy_all(view, every, stop_at)
            made += [call for call, _ in bought]
        try:
            return self._concluded(view, tables, outlooks, notes, made, bought, horizon, stop_at, every)
        except (StateError, LockTimeoutError) as error:
            if not any(call.credits for call in made):
                raise
            # what was bought is shown all the same
            self._tell(Warned(f"state could not be written: {error.message}"))
            return PrefetchRun(
                tuple(made), (), self._clock.now() + LONGEST_NAP, errors=(error,), games=_names(tables)
            )

    def _concluded(
        self,
        view: PrefetchPlan,
        tables: Sequence[LeagueSchedule],
        outlooks: Sequence[SportDemand],
        notes: PrefetchNotes,
        made: list[PrefetchCall],
        bought: Sequence[tuple[PrefetchCall, OddsctlError | None]],
        horizon: float,
        stop_at: float,
        every: float,
    ) -> PrefetchRun:
        """The run, once weather was asked for too and all is written down.

        Its calls go into `made` as they are made.
        """
        now = self._clock.now()  # the view may be younger than the run
        weather = [
            self._caller.ask_weather(call, view, stop_at)
            for call in view.weather.calls
            if prefetch_agenda.is_due(call, now, every, None)
        ]
        made += [call for call in weather if call]
        if made:
            view = self._planner.view(tables, outlooks, notes, self._clock.now(), horizon)
        made = [with_prices(call, view) for call in made]
        no_key = self._orchestrator.missing_key()
        known = self._reckoning.unpriced_before(
            min((game.start for table in tables for game in table.games), default=now)
        )
        ends = self._reckoning.record_results(view, made, no_key.code if no_key else None, self._clock.now())
        self._announcer.announce_obstacles(no_key, tables, view, bought)
        names = _names(tables)
        self._announcer.announce_windows(ends, view, names)
        unpriced = [end for end in ends if end.reason == NO_PRICES]
        return PrefetchRun(
            calls=tuple(made),
            skipped=tuple(skip(end) for end in ends if end.fate != "captured"),
            wake_at=view.wake_at(self._clock.now(), LONGEST_NAP),
            next_at=view.next_paid(self._clock.now()),
            errors=(
                *(table.error for table in tables if table.error),
                *(error for _, error in bought if error),
            ),
            missed=tuple(end for end in ends if end.fate == "missed"),
            unpriced=tuple(
                {end.game: end for end in unpriced if (end.game, end.start) not in known}.values()
            ),
            games=names,
            no_key=no_key,
        )

    def _looked_for(
        self,
        view: PrefetchPlan,
        outlooks: Sequence[SportDemand],
        notes: PrefetchNotes,
        terms: RequestOptions,
        horizon: float,
    ) -> PrefetchPlan:
        """The view, after the free list was asked for games that were not listed and have a window open."""
        now = self._clock.now()
        names = view.to_look_for(now)
        if not names or self._orchestrator.missing_key():
            return view
        lists = [
            PriorityRequest(EventsJob(view.jobs[name].sport), Priority.PREFETCH, Purpose.REST)
            for name in names
        ]
        self._orchestrator.run(lists, replace(terms, max_age=LOOK_AGAIN))
        return self._planner.view(view.tables, outlooks, notes, self._clock.now(), horizon)

    def _confirmed(
        self, tables: Sequence[LeagueSchedule], due: Sequence[Target], stop_at: float, max_age: float
    ) -> list[LeagueSchedule]:
        terms, now = self._caller.options(stop_at), self._clock.now()
        return self._planner.confirmed(tables, due, terms, max_age, now)

    @contextmanager
    def _leases(self, sports: Sequence[Sport]) -> Iterator[list[Sport]]:
        """The sports that nobody else is at work on; they are ours until the end."""
        with ExitStack() as stack:
            mine = []
            for sport in sorted(sports, key=lambda sport: sport.name):
                try:
                    stack.enter_context(self._locks.hold(f"prefetch/{sport.name}", 0))
                except LockTimeoutError:
                    continue
                mine.append(sport)
            yield mine


def _names(tables: Sequence[LeagueSchedule]) -> dict[str, str]:
    return {game.id: f"{game.away} @ {game.home}" for table in tables for game in table.games}
