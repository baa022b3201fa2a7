"""What cron runs: look at the schedule, fetch what is due at the windows before games, remember how each
window ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from oddsctl.catalog.sports import find, is_known
from oddsctl.domain.errors import LockTimeoutError, OddsctlError, StateError, UnknownSportError, one_line
from oddsctl.domain.jobs import EventsJob, SportsJob
from oddsctl.domain.models import Sport
from oddsctl.domain.notices import Notice, Warned, WindowMissed, WindowUnpriced
from oddsctl.domain.ports import Clock, Locks
from oddsctl.domain.reports import PrefetchCall
from oddsctl.domain.requests import (
    Outcome,
    Priority,
    PriorityRequest,
    Purpose,
    Reason,
    RequestOptions,
)
from oddsctl.domain.settings import Settings
from oddsctl.domain.units import format_duration, parse_duration
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy import prefetch_agenda
from oddsctl.policy.budget_pacing import SportDemand
from oddsctl.policy.prefetch_plan import PlannedCall, Target, Why, plan, targets
from oddsctl.records.windows import WindowResult
from oddsctl.services.kickoff_weather import KickoffWeather, games_of
from oddsctl.services.prefetch.month_credits import SpendableCredits
from oddsctl.services.prefetch.plan import LOOK_AGAIN, PrefetchPlan
from oddsctl.services.prefetch.planner import (
    FOR_PAYING,
    FOR_PLANNING,
    PrefetchPlanner,
)
from oddsctl.services.prefetch.schedule import LeagueSchedule, ScheduleQuery
from oddsctl.services.prefetch.window_results import (
    ANSWERED,
    NO_PRICES,
    SkippedWindow,
    WindowTracker,
    skip,
)
from oddsctl.state.prefetch_notes import PrefetchNotes, PrefetchNotesStore

LONGEST_GAP = 14 * 86400.0
"""Seconds without a run after which nobody asks any more how the windows ended: some leagues' schedules cost
a call a day.
"""
LONG_AGO = 3 * 86400.0
"""Seconds after which nobody misses the windows of a sport that is in no `prefetch.sports`: it was asked for
by hand.
"""
LATELY = 86400.0
"""Seconds within which a sport that was prefetched is taken to be prefetched again."""
LONGEST_OUTLOOK = 400 * 86400.0
LONGEST_NAP = 900.0
"""Seconds after which `--loop` looks again, whatever it has planned: others may have fetched, games may have
moved.
"""
PURPOSES = ((1800.0, Purpose.WINDOW_30M), (3600.0, Purpose.WINDOW_1H), (7200.0, Purpose.WINDOW_2H))
PLANNED = "planned"
EMERGENCY = (
    "credits run short before the month ends: only the nearest windows are bought, h2h only; see oddsctl plan"
)
SHORT = (
    "credits do not reach for every window until the month ends: those farthest from the games are "
    "left out; see oddsctl plan"
)


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
        self._prospects = prospects
        self._notebook = notebook
        self._reckoning = reckoning
        self._locks = locks
        self._clock = clock
        self._settings = settings
        self._tell = tell

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
        tables = self._prospects.tables(sports, self._span(sports, notes, now, horizon), terms, now)
        outlooks, view = self._plan(
            tables, self._other_sports(sports, notes, now, horizon), notes, terms, now, horizon
        )
        if terms:
            view = self._looked_for(view, outlooks, notes, terms, horizon)
        calls = [
            *(_planned("odds", call, view.prices[call.sport]) for call in view.odds.calls),
            *(_planned("weather", call) for call in view.weather.calls),
            *(_planned("espn", call) for call in view.schedule.calls),
        ]
        return PrefetchRun(
            calls=tuple(sorted(calls, key=lambda call: (call.at, call.api))),
            skipped=tuple(self._reckoning.skips(view, notes, now)),
            wake_at=view.wake_at(now, LONGEST_NAP),
            next_at=view.next_paid(now) or self._next_beyond(view, outlooks, now),
            errors=tuple(table.error for table in tables if table.error),
            games=_names(tables),
            balance=self._prospects.credits.balance(),
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
        now, terms = self._clock.now(), self._terms(stop_at)
        notes = self._notes(sports, now)
        tables = self._prospects.tables(sports, self._span(sports, notes, now, horizon), terms, now)
        others = self._other_sports(sports, notes, now, horizon)
        outlooks, view = self._plan(tables, others, notes, terms, now, horizon)
        view = self._looked_for(view, outlooks, notes, terms, horizon)
        now = self._clock.now()  # the view may be younger than the run
        self._note_emergency(view, notes, now)
        made: list[PrefetchCall] = []
        bought: list[tuple[PrefetchCall, OddsctlError | None]] = []
        for call in [call for call in view.schedule.calls if prefetch_agenda.is_due(call, now, every, None)]:
            tables = self._confirmed(
                tables,
                call.covers,
                stop_at,
                max(0.0, now - prefetch_agenda.freshness_floor(call, view.schedule_windows)),
            )
            made.append(_looked_at(call, tables, now))
        if due := self._due(view, now, every):
            tables = self._confirmed(
                tables, [target for call in due for target in call.covers], stop_at, FOR_PAYING
            )
            view = self._prospects.view(tables, outlooks, notes, self._clock.now(), horizon)
            bought = self._buy_all(view, every, stop_at)
            made += [call for call, _ in bought]
        try:
            return self._concluded(view, tables, outlooks, notes, made, bought, horizon, stop_at, every)
        except (StateError, LockTimeoutError) as error:
            if not any(call.credits for call in made):
                raise
            self._tell(
                Warned(f"state could not be written: {error.message}")
            )  # what was bought is shown all the same
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
            self._ask_weather(call, view, stop_at)
            for call in view.weather.calls
            if prefetch_agenda.is_due(call, now, every, None)
        ]
        made += [call for call in weather if call]
        if made:
            view = self._prospects.view(tables, outlooks, notes, self._clock.now(), horizon)
        made = [_with_prices(call, view) for call in made]
        no_key = self._orchestrator.missing_key()
        known = self._reckoning.unpriced_before(
            min((game.start for table in tables for game in table.games), default=now)
        )
        ends = self._reckoning.record_results(view, made, no_key.code if no_key else None, self._clock.now())
        self._announce(no_key, tables, view, bought)
        names, missed = _names(tables), tuple(end for end in ends if end.fate == "missed")
        for end in missed:
            self._tell(
                WindowMissed(
                    end.game, names[end.game], end.start, parse_duration(end.window), end.reason or ""
                )
            )
        unpriced = [end for end in ends if end.reason == NO_PRICES]
        for end in unpriced:
            self._tell(WindowUnpriced(end.game, names[end.game], end.window, _why_unpriced(end, view)))
        return PrefetchRun(
            calls=tuple(made),
            skipped=tuple(skip(end) for end in ends if end.fate != "captured"),
            wake_at=view.wake_at(self._clock.now(), LONGEST_NAP),
            next_at=view.next_paid(self._clock.now()),
            errors=(
                *(table.error for table in tables if table.error),
                *(error for _, error in bought if error),
            ),
            missed=missed,
            unpriced=tuple(
                {end.game: end for end in unpriced if (end.game, end.start) not in known}.values()
            ),
            games=names,
            no_key=no_key,
        )

    def _notes(self, sports: Sequence[Sport], now: float) -> PrefetchNotes:
        """The notes.

        A sport that cron is not for, and that nobody asked for lately, is begun anew: its windows were
        nobody's.
        """
        occasional = {sport.name for sport in sports} - set(self._settings.prefetch.sports)
        old = {
            name
            for name, at in self._notebook.read().accounted_to.items()
            if name in occasional and now - at > LONG_AGO
        }

        def forget(notes: PrefetchNotes) -> PrefetchNotes:
            accounted = {name: at for name, at in notes.accounted_to.items() if name not in old}
            return replace(
                notes,
                accounted_to=accounted,
                began={name: at for name, at in notes.began.items() if name not in old},
            )

        self._notebook.change(forget)
        return self._notebook.read()

    def _span(
        self, sports: Sequence[Sport], notes: PrefetchNotes, now: float, horizon: float
    ) -> ScheduleQuery:
        """The games whose windows end after the last account, or open within the horizon."""
        rules = self._settings.prefetch
        accounted_to = min(notes.accounted_to.get(sport.name, now) for sport in sports)
        since = min(now, max(accounted_to, now - LONGEST_GAP)) - rules.late
        return ScheduleQuery(since, now + horizon + max(rules.windows) + rules.early, FOR_PLANNING)

    def _other_sports(
        self, sports: Sequence[Sport], notes: PrefetchNotes, now: float, horizon: float
    ) -> list[SportDemand]:
        """The games of the sports that other runs buy for: one account pays for all.

        What is stored of them does.
        """
        settings, mine = self._settings, {sport.name for sport in sports}
        lately = {name for name, at in notes.accounted_to.items() if now - at < LATELY}
        names = [
            name
            for name in sorted({*settings.prefetch.sports, *lately} - mine)
            if is_known(name, settings.sports)
        ]
        others = [find(name, settings.sports) for name in names]
        if not others:
            return []
        tables = self._prospects.tables(others, self._span(others, notes, now, horizon), None, now)
        captured = self._prospects.settled(tables, now)
        return [
            replace(one, captured=captured) for one in self._prospects.demands(tables, None, now, horizon)
        ]

    def _plan(
        self,
        tables: Sequence[LeagueSchedule],
        others: Sequence[SportDemand],
        notes: PrefetchNotes,
        terms: RequestOptions | None,
        now: float,
        horizon: float,
    ) -> tuple[list[SportDemand], PrefetchPlan]:
        """The games of the month, and what is to be done.

        Before anything is left out for an old balance a free call asks for it.
        """
        outlooks = [*self._prospects.demands(tables, terms, now, horizon), *others]
        view = self._prospects.view(tables, outlooks, notes, now, horizon)
        if terms is None or not view.is_short or not self._prospects.credits.is_balance_old(now):
            return outlooks, view
        self._orchestrator.run(
            [PriorityRequest(SportsJob(), Priority.PREFETCH, Purpose.REST)], replace(terms, max_age=0.0)
        )
        outlooks = [*self._prospects.demands(tables, terms, now, horizon), *others]
        return outlooks, self._prospects.view(tables, outlooks, notes, now, horizon)

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
        return self._prospects.view(view.tables, outlooks, notes, self._clock.now(), horizon)

    def _due(self, view: PrefetchPlan, now: float, every: float) -> list[PlannedCall]:
        if self._orchestrator.missing_key():
            return []
        return [
            call
            for call in view.odds.calls
            if prefetch_agenda.is_due(call, now, every, max(view.boards[call.sport], default=None))
        ]

    def _confirmed(
        self, tables: Sequence[LeagueSchedule], due: Sequence[Target], stop_at: float, max_age: float
    ) -> list[LeagueSchedule]:
        """The tables, with the games that are due as they were scheduled `max_age` seconds ago at the
        most.
        """
        covered = {target.fixture_id for target in due}
        confirmed = []
        for table in tables:
            starts = [game.start for game in table.games if game.id in covered]
            if not starts:
                confirmed.append(table)
                continue
            span = ScheduleQuery.of_days(starts, max_age)
            (fresh,) = self._prospects.tables([table.sport], span, self._terms(stop_at), self._clock.now())
            told = {game.id for game in fresh.games}
            others = tuple(
                game
                for game in table.games
                if game.id not in told and not span.since <= game.start < span.until
            )
            games = (
                table.games
                if fresh.error
                else tuple(sorted((*others, *fresh.games), key=lambda game: game.start))
            )
            confirmed.append(
                replace(table, games=games, error=fresh.error, fetched={**table.fetched, **fresh.fetched})
            )
        return confirmed

    def _buy_all(
        self, view: PrefetchPlan, every: float, stop_at: float
    ) -> list[tuple[PrefetchCall, OddsctlError | None]]:
        steered = {table.sport.name for table in view.tables if not table.error}
        due = self._due(view, self._clock.now(), every)
        return [
            self._buy(call, view, stop_at)
            for call in due
            if call.sport in steered and self._clock.monotonic() < stop_at
        ]

    def _buy(
        self, call: PlannedCall, view: PrefetchPlan, stop_at: float
    ) -> tuple[PrefetchCall, OddsctlError | None]:
        """The call as made, and why there is no answer."""
        now = self._clock.now()
        self._orchestrator.best_effort(lambda: self._reckoning.record_start(call, now))
        nearest = min(target.window for target in call.covers)
        purpose = next((purpose for window, purpose in PURPOSES if nearest <= window), Purpose.REST)
        max_age = max(0.0, now - prefetch_agenda.freshness_floor(call, view.windows))
        request = PriorityRequest(
            view.jobs[call.sport], Priority.PREFETCH, purpose, call.game_time, call.closes
        )
        terms = self._terms(stop_at)
        wait = min(terms.wait, max(0.0, call.closes - now))
        terms = replace(terms, wait=wait, until=self._clock.monotonic() + wait, max_age=max_age)
        (outcome,) = self._orchestrator.run([request], terms)
        return _made("odds", call, [outcome], now), outcome.error

    def _ask_weather(self, call: PlannedCall, view: PrefetchPlan, stop_at: float) -> PrefetchCall | None:
        """All due places in one call; None where nobody knows where the games are played."""
        now, covered = self._clock.now(), {target.fixture_id for target in call.covers}
        terms = replace(
            self._terms(stop_at),
            max_age=max(0.0, now - prefetch_agenda.freshness_floor(call, view.weather_windows)),
        )
        weather = KickoffWeather(
            partial(self._orchestrator.run, options=self._terms(stop_at)), self._settings.weather.units, now
        )
        wishes: dict[str, PriorityRequest] = {}
        for table in view.tables:
            games = [game for game in games_of(table.sport, table.games, now) if game.id in covered]
            wishes |= weather.requests(games, table.games)
        requests = [
            replace(request, priority=Priority.PREFETCH, purpose=Purpose.REST) for request in wishes.values()
        ]
        return _made("weather", call, self._orchestrator.run(requests, terms), now) if requests else None

    def _announce(
        self,
        no_key: OddsctlError | None,
        tables: Sequence[LeagueSchedule],
        view: PrefetchPlan,
        bought: Sequence[tuple[PrefetchCall, OddsctlError | None]],
    ) -> None:
        """What stands in the way, when it begins to: cron is not to repeat it every five minutes."""
        unknown = next((table.error for table in tables if table.error), None)
        topics = {
            "key": _in_words(no_key),
            "schedule": _in_words(unknown),
            "emergency": EMERGENCY if view.course.emergency else None,
        }
        is_cut = set(view.course.windows) < set(
            view.windows.before
        )  # of all sports, as one account pays for them
        topics["short"] = SHORT if is_cut and not view.course.emergency else None
        if bought:
            topics["odds"] = _in_words(next((error for _, error in bought if error), None))
        now = self._clock.now()
        for topic, words in topics.items():
            is_monthly = topic in ("emergency", "short")  # estimates waver with each day's games
            if words is None and not is_monthly:
                self._notebook.resolved(topic)
            elif words and self._notebook.announce_once(
                topic, now, self._prospects.credits.month(now).began_at if is_monthly else 0.0
            ):
                self._tell(Warned(f"{words}; said once{' a month' if is_monthly else ''}"))

    def _note_emergency(self, view: PrefetchPlan, notes: PrefetchNotes, now: float) -> None:
        since = (notes.emergency_since or now) if view.course.emergency else None
        self._notebook.change(lambda notes: replace(notes, emergency_since=since))

    # ── small change ──

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

    def _terms(self, stop_at: float) -> RequestOptions:
        """The patience that still leaves time for an answer."""
        until = stop_at - self._settings.http.longest_exchange
        return RequestOptions(wait=max(0.0, until - self._clock.monotonic()), until=until, command="prefetch")


def _with_prices(call: PrefetchCall, view: PrefetchPlan) -> PrefetchCall:
    """The call, told as one without prices where its board has none for any game that it was bought for."""
    if call.api != "odds" or call.outcome not in ANSWERED or not call.covers:
        return call
    without = {
        (one.target.fixture_id, format_duration(one.target.window))
        for one in view.odds.skipped
        if one.why is Why.NO_PRICES
    }
    return replace(call, outcome=NO_PRICES) if without.issuperset(call.covers) else call


def _why_unpriced(end: WindowResult, view: PrefetchPlan) -> str:
    is_unlisted = (end.game, parse_duration(end.window)) in view.unlisted
    return (
        "The Odds API does not list the game"
        if is_unlisted
        else "the board had no price of a wanted market for it"
    )


def _in_words(error: OddsctlError | None) -> str | None:
    return None if error is None else one_line(error)


def _planned(api: str, call: PlannedCall, price: int = 0) -> PrefetchCall:
    return PrefetchCall(call.at, api, call.sport, price, _covers(call), PLANNED, call.game_time, call.closes)


def _looked_at(call: PlannedCall, tables: Sequence[LeagueSchedule], now: float) -> PrefetchCall:
    error = next((table.error for table in tables if table.error), None)
    return replace(_planned("espn", call), at=now, outcome=error.code if error else Reason.FETCHED.value)


def _names(tables: Sequence[LeagueSchedule]) -> dict[str, str]:
    return {game.id: f"{game.away} @ {game.home}" for table in tables for game in table.games}


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
