"""What all processes share, opened once: a state directory, its store and locks, and a repository per topic.

Made by `app.open_app`. Nothing else builds the repositories, so each has one owner and one set of rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from oddsctl.domain.ports import Clock, Locks, Store
from oddsctl.domain.settings import Settings
from oddsctl.state.accounts import Accounts
from oddsctl.state.counters import CounterStore
from oddsctl.state.queue import RequestQueue
from oddsctl.state.responses import ResponseCache

if TYPE_CHECKING:
    from oddsctl.state.prefetch_notes import PrefetchNotesStore


@dataclass(frozen=True)
class SharedState:
    """The shared state of one directory. Each repository is made at its first use and then kept."""

    directory: Path
    store: Store
    locks: Locks
    clock: Clock
    settings: Settings

    @cached_property
    def accounts(self) -> Accounts:
        """Tokens, credits and breaker of each provider account."""
        return Accounts(self.store, self.clock, self.settings)

    @cached_property
    def responses(self) -> ResponseCache:
        """Cached answers and remembered refusals."""
        return ResponseCache(self.store, self.clock, self.settings.freshness)

    @cached_property
    def queue(self) -> RequestQueue:
        """Requests that wait for a later run."""
        return RequestQueue(self.store, self.clock)

    @cached_property
    def counters(self) -> CounterStore:
        """Counts of cache hits, and what they saved."""
        return CounterStore(self.store)

    @cached_property
    def prefetch_notes(self) -> PrefetchNotesStore:
        """What prefetch remembers from run to run."""
        from oddsctl.state.prefetch_notes import PrefetchNotesStore

        return PrefetchNotesStore(self.store)
