"""Settings become a ready `App`: the only place that makes concrete things and joins them. Decides
nothing.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from oddsctl import __version__, config
from oddsctl.clock import StoppableClock, SystemClock
from oddsctl.domain.errors import StateError
from oddsctl.domain.http import HttpRequest, HttpResponse, Secret
from oddsctl.domain.notices import Notice, Warned
from oddsctl.domain.ports import Clock, Locks, Store, Transport
from oddsctl.domain.settings import Settings
from oddsctl.domain.vocabulary import Shown
from oddsctl.observability import redaction
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.providers.registry import build
from oddsctl.records.calls import CostTracker
from oddsctl.records.database import FILE as HISTORY
from oddsctl.records.database import Records
from oddsctl.records.decisions import Decisions
from oddsctl.state.accounts import BOOKS, DAMAGED, Accounts
from oddsctl.store.file_lock import FileLocks
from oddsctl.store.recovering import RecoveringStore
from oddsctl.store.state_dir import HTTP_CACHE
from oddsctl.store.wait_limit import Patience

if TYPE_CHECKING:
    from oddsctl.records.call_report import Ledger
    from oddsctl.services.health import APIHealthMonitor
    from oddsctl.services.prefetch.planner import Prospects
    from oddsctl.services.prefetch.prefetcher import PredictivePrefetcher

LOCKS = "locks"
HOMEPAGE = "https://github.com/oddsctl/oddsctl"
USER_AGENT = f"oddsctl/{__version__} (+{HOMEPAGE})"
LAST_WAIT = 1.0
"""Seconds in all that counts and decisions may wait for other processes at the end; no answer depends on
them.
"""


@dataclass(frozen=True, slots=True)
class App:
    """Everything a command may need, ready to use. `state_dir` is where this invocation keeps its state."""

    settings: Settings
    clock: StoppableClock
    store: Store
    locks: Locks
    orchestrator: RequestOrchestrator
    transport: Transport
    costs: CostTracker
    decisions: Decisions
    records: Records
    patience: Patience
    state_dir: Path
    demo: bool
    tell: Callable[[Notice], None]

    @property
    def prefetcher(self) -> PredictivePrefetcher:
        """The errand of `prefetch`, and of whoever wants to know its plan."""
        from oddsctl.records.windows import WindowLog
        from oddsctl.services.prefetch.prefetcher import PredictivePrefetcher
        from oddsctl.services.prefetch.window_results import Reckoning
        from oddsctl.state.prefetch_notes import Notebook

        notebook = Notebook(self.store)
        return PredictivePrefetcher(
            orchestrator=self.orchestrator,
            prospects=self.prospects,
            notebook=notebook,
            reckoning=Reckoning(WindowLog(self.records), notebook),
            locks=self.locks,
            clock=self.clock,
            settings=self.settings,
            tell=self.tell,
        )

    @property
    def ledger(self) -> Ledger:
        """What the calls on record add up to."""
        from oddsctl.records.call_report import Ledger

        return Ledger(self.records, self.clock, self.settings)

    @property
    def monitor(self) -> APIHealthMonitor:
        """How the APIs are."""
        from oddsctl.services.health import APIHealthMonitor

        return APIHealthMonitor(self.store, self.clock, self.settings, self.costs)

    @property
    def prospects(self) -> Prospects:
        """What there is to see of games, windows and the month."""
        from oddsctl.records.windows import WindowLog
        from oddsctl.services.prefetch.planner import Prospects

        accounts = Accounts(self.store, self.clock, self.settings)
        return Prospects(self.orchestrator, accounts, self.costs, WindowLog(self.records), self.settings)

    def flush(self) -> None:
        """Write down what was counted and decided so far."""
        with self.patience.ending(LAST_WAIT):
            self.orchestrator.close()
            self.decisions.write()
        self.records.forgive()

    def close(self) -> None:
        """Write down what was decided, and let go of connections and files."""
        self.flush()
        self.records.close()
        self.transport.close()
        self.store.close()


def open_app(
    loaded: config.Loaded,
    *,
    demo: bool,
    tell: Callable[[Notice], None],
    lock_wait: float | Patience,
    command: str,
) -> App:
    """The app on disk state; `lock_wait` is the patience for its locks.

    Raises `StateError` where the state directory cannot be used; nothing is sent yet.
    """
    os.umask(0o077)  # whatever a library writes for us is for our user's eyes only
    settings, clock, waiting = loaded.settings, SystemClock(), StoppableClock()
    redaction.learn_places((settings.odds.key, *settings.notify.urls), os.environ)
    state_dir = settings.store.state_dir / "demo" if demo else settings.store.state_dir
    patience = lock_wait if isinstance(lock_wait, Patience) else Patience(clock, lock_wait, total=False)
    store = RecoveringStore(
        state_dir, clock, patience, tell, lost_key=DAMAGED, books=BOOKS, traces=(HISTORY,)
    )
    records = Records(state_dir, clock, lambda text: tell(Warned(text)), patience)
    costs, decisions = CostTracker(records, clock), Decisions(records, clock, command)

    def tell_all(notice: Notice) -> None:
        for listener in (costs.hear, decisions.hear, tell):
            listener(notice)

    transport = _OnFirstUse(
        lambda: _transport(settings, clock, store, state_dir, demo=demo, tell=tell), patience.sent
    )
    locks = FileLocks(state_dir / LOCKS, waiting)
    orchestrator = RequestOrchestrator(
        store=store,
        locks=locks,
        transport=transport,
        clock=waiting,
        providers=build(settings, cache(lambda: Secret("demo") if demo else _key(settings)), USER_AGENT),
        settings=settings,
        tell=tell_all,
        roll=random.random,
    )
    return App(
        settings,
        waiting,
        store,
        locks,
        orchestrator,
        transport,
        costs,
        decisions,
        records,
        patience,
        state_dir,
        demo,
        tell_all,
    )


def shown_names(state_dir: Path, *, demo: bool) -> Shown:
    """The names that answers have shown; none where nothing is stored or it cannot be read, since a command
    of its own will tell.
    """
    from oddsctl.state.responses import Shelves
    from oddsctl.store.database import DATABASE
    from oddsctl.store.disk import DiskStore

    directory = state_dir / "demo" if demo else state_dir
    try:
        if not (directory / DATABASE).exists():
            return Shown()
        store = DiskStore(directory, SystemClock(), lock_wait=1.0)
        try:
            return Shelves(store).shown()
        finally:
            store.close()
    except (StateError, OSError):
        return Shown()


def _key(settings: Settings) -> Secret:
    key = config.resolve_key(settings.odds.key, os.environ)
    redaction.learn(key)
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


class _OnFirstUse:
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
