"""Makes an `App` from settings: the only place that creates the concrete parts and joins them."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oddsctl import __version__, config
from oddsctl.clock import StoppableClock, SystemClock
from oddsctl.domain.errors import StateError
from oddsctl.domain.http import HttpRequest, HttpResponse, Secret
from oddsctl.domain.notices import Notice, Warned
from oddsctl.domain.ports import Clock, Store, Transport
from oddsctl.domain.settings import Settings
from oddsctl.domain.vocabulary import ShownNames
from oddsctl.observability import redaction
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.providers.registry import build
from oddsctl.records.calls import CostTracker
from oddsctl.records.database import FILE as HISTORY
from oddsctl.records.database import RecordsDatabase
from oddsctl.records.decisions import DecisionLog, decision
from oddsctl.state.accounts import BOOKS, DAMAGED
from oddsctl.state.shared import SharedState
from oddsctl.store.file_lock import FileLocks
from oddsctl.store.recovering import RecoveringStore
from oddsctl.store.state_dir import HTTP_CACHE, LOCKS
from oddsctl.store.wait_limit import LockWait

if TYPE_CHECKING:
    from oddsctl.records.call_report import CallReport
    from oddsctl.services.health import APIHealthMonitor
    from oddsctl.services.prefetch.planner import PrefetchPlanner
    from oddsctl.services.prefetch.prefetcher import PredictivePrefetcher

HOMEPAGE = "https://github.com/oddsctl/oddsctl"
USER_AGENT = f"oddsctl/{__version__} (+{HOMEPAGE})"
LAST_WAIT = 1.0
"""Seconds in all that counts and decisions may wait for other processes at the end; no answer depends on
them.
"""


@dataclass(frozen=True)
class App:
    """Everything a command may need, ready to use. `clock` is the one of `state`, which signals can stop."""

    state: SharedState
    clock: StoppableClock
    orchestrator: RequestOrchestrator
    transport: Transport
    costs: CostTracker
    decisions: DecisionLog
    records: RecordsDatabase
    patience: LockWait
    demo: bool
    tell: Callable[[Notice], None]

    @property
    def settings(self) -> Settings:
        return self.state.settings

    @cached_property
    def prefetcher(self) -> PredictivePrefetcher:
        """Plans and buys boards ahead of kick-off."""
        from oddsctl.records.windows import WindowResults
        from oddsctl.services.prefetch.prefetcher import PredictivePrefetcher
        from oddsctl.services.prefetch.window_results import WindowTracker

        notebook = self.state.prefetch_notes
        return PredictivePrefetcher(
            orchestrator=self.orchestrator,
            prospects=self.planner,
            notebook=notebook,
            reckoning=WindowTracker(WindowResults(self.records), notebook),
            locks=self.state.locks,
            clock=self.clock,
            settings=self.settings,
            tell=self.tell,
        )

    @cached_property
    def ledger(self) -> CallReport:
        """Sums of the recorded calls."""
        from oddsctl.records.call_report import CallReport

        return CallReport(self.records, self.clock, self.settings)

    @cached_property
    def monitor(self) -> APIHealthMonitor:
        """The health of the APIs."""
        from oddsctl.services.health import APIHealthMonitor

        return APIHealthMonitor(self.state, self.costs)

    @cached_property
    def planner(self) -> PrefetchPlanner:
        """What is known of games, their windows and the month's credits."""
        from oddsctl.records.windows import WindowResults
        from oddsctl.services.prefetch.planner import PrefetchPlanner

        return PrefetchPlanner(
            self.orchestrator, self.state.accounts, self.costs, WindowResults(self.records), self.settings
        )

    def decision(self, decision_id: str | None) -> dict[str, Any] | None:
        """The recorded run with that id, or the last one; None where there is none."""
        self.records.is_needed = True
        return decision(self.records, decision_id)

    def flush(self) -> None:
        """Store what was counted and decided so far."""
        with self.patience.ending(LAST_WAIT):
            self.orchestrator.close()
            self.decisions.write()
        self.records.forgive()

    def close(self) -> None:
        """Flush, and close connections and files."""
        self.flush()
        self.records.close()
        self.transport.close()
        self.state.store.close()


def open_app(
    loaded: config.Loaded,
    *,
    demo: bool,
    tell: Callable[[Notice], None],
    lock_wait: float,
    command: str,
    is_total_wait: bool = False,
) -> App:
    """The app on disk state.

    `lock_wait` is the patience in seconds for each of its locks, or for all together where `is_total_wait`.
    Raises `StateError` where the state directory cannot be used; nothing is sent yet.
    """
    # whatever a library writes is for this user only
    os.umask(0o077)
    settings, clock, waiting = loaded.settings, SystemClock(), StoppableClock()
    redaction.add_secrets_of_places((settings.odds.key, *settings.notify.urls), os.environ)
    state_dir = settings.store.state_dir / "demo" if demo else settings.store.state_dir
    patience = LockWait(clock, lock_wait, total=is_total_wait)
    store = RecoveringStore(
        state_dir, clock, patience, tell, lost_key=DAMAGED, books=BOOKS, traces=(HISTORY,)
    )
    records = RecordsDatabase(state_dir, clock, lambda text: tell(Warned(text)), patience)
    costs, decisions = CostTracker(records, clock), DecisionLog(records, clock, command)

    def tell_all(notice: Notice) -> None:
        for listener in (costs.hear, decisions.hear, tell):
            listener(notice)

    transport = _LazyTransport(
        lambda: _transport(settings, clock, store, state_dir, demo=demo, tell=tell), patience.sent
    )
    state = SharedState(state_dir, store, FileLocks(state_dir / LOCKS, waiting), waiting, settings)
    orchestrator = RequestOrchestrator(
        state,
        transport=transport,
        providers=build(settings, cache(lambda: Secret("demo") if demo else _key(settings)), USER_AGENT),
        tell=tell_all,
        roll=random.random,
    )
    return App(state, waiting, orchestrator, transport, costs, decisions, records, patience, demo, tell_all)


def shown_names(state_dir: Path, *, demo: bool) -> ShownNames:
    """Return the names that answers have shown; none when the state can't be read (commands report that)."""
    from oddsctl.state import responses
    from oddsctl.store.database import DATABASE
    from oddsctl.store.disk import DiskStore

    directory = state_dir / "demo" if demo else state_dir
    try:
        if not (directory / DATABASE).exists():
            return ShownNames()
        store = DiskStore(directory, SystemClock(), lock_wait=1.0)
        try:
            return responses.shown_names(store)
        finally:
            store.close()
    except (StateError, OSError):
        return ShownNames()


def _key(settings: Settings) -> Secret:
    key = config.resolve_key(settings.odds.key, os.environ)
    redaction.add_secret(key)
    return key


def _transport(
    settings: Settings,
    clock: Clock,
    store: Store,
    state_dir: Path,
    *,
    demo: bool,
    tell: Callable[[Notice], None],
) -> Transport:
    if demo:
        from oddsctl.sandbox.transport import DemoTransport
        from oddsctl.sandbox.world import World

        return DemoTransport(World(), clock, store)
    from oddsctl.transport import HttpTransport

    return HttpTransport(settings.http, state_dir / HTTP_CACHE, clock, lambda text: tell(Warned(text)))


class _LazyTransport:
    """A transport made when the first request is sent: a warm run never pays for importing it."""

    def __init__(self, make: Callable[[], Transport], sent: Callable[[], None]) -> None:
        self._make, self._sent = make, sent
        self._made: Transport | None = None
        self._lock = threading.Lock()

    def send(self, request: HttpRequest) -> HttpResponse:
        with self._lock:
            self._made = self._made or self._make()
        self._sent()
        return self._made.send(request)

    def close(self) -> None:
        if self._made:
            self._made.close()
