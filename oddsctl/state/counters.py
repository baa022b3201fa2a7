"""How often cached answers served a request, and what that saved: counted per run, added up in the store."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from oddsctl.domain.jobs import Job
from oddsctl.domain.ports import JSON, Store
from oddsctl.domain.requests import Outcome, Reason
from oddsctl.policy import batching
from oddsctl.store import codec, unreadable_rows

KEY = "counts/served"
HITS = (Reason.FRESH_CACHE, Reason.SUPERSET_CACHE, Reason.PREFETCHED)
MISSES = (
    Reason.FETCHED,
    Reason.NONE,
    Reason.NO_KEY,
    *(reason for reason in Reason if reason.startswith("REFUSED_")),
)


@dataclass(frozen=True, slots=True)
class CacheCounters:
    """Requests by how they were served, and what that saved.

    `hits` were answered by a fresh cached answer, `joined` by another process's call, `stale` by an old
    cached answer; `misses` are the rest. `saved_*` is what hits and joins would have cost.
    """

    hits: int = 0
    misses: int = 0
    stale: int = 0
    joined: int = 0
    saved_calls: int = 0
    saved_credits: int = 0
    hits_by_api: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: CacheCounters) -> CacheCounters:
        return CacheCounters(
            self.hits + other.hits,
            self.misses + other.misses,
            self.stale + other.stale,
            self.joined + other.joined,
            self.saved_calls + other.saved_calls,
            self.saved_credits + other.saved_credits,
            dict(Counter(self.hits_by_api) + Counter(other.hits_by_api)),
        )


def count_outcomes(outcomes: Iterable[Outcome], price: Callable[[Job], int]) -> CacheCounters:
    """Count one run. Saved are the calls that the served requests would have needed, merged as calls are."""
    outcomes = tuple(outcomes)
    saved = batching.plan_calls(
        [
            outcome.job
            for outcome in outcomes
            if outcome.reason in HITS or outcome.reason is Reason.JOINED_INFLIGHT
        ]
    )
    return CacheCounters(
        hits=sum(outcome.reason in HITS for outcome in outcomes),
        misses=sum(outcome.reason in MISSES for outcome in outcomes),
        stale=sum(outcome.reason.startswith("STALE_") for outcome in outcomes),
        joined=sum(outcome.reason is Reason.JOINED_INFLIGHT for outcome in outcomes),
        saved_calls=len(saved),
        saved_credits=sum(price(call.job) for call in saved),
        hits_by_api=dict(Counter(outcome.job.api for outcome in outcomes if outcome.reason in HITS)),
    )


class CounterStore:
    """The counts of all processes. Those of this one are added up in memory until `flush`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pending = CacheCounters()
        self._lock = threading.Lock()

    def read(self) -> CacheCounters:
        """Return what all processes have flushed so far."""
        return unreadable_rows.read(self._store, KEY, decoded)

    def count(self, counts: CacheCounters) -> None:
        """Add the counts of a run, in memory."""
        with self._lock:
            self._pending += counts

    def flush(self) -> None:
        """Add this process's counts to the stored ones; zero counts write nothing."""
        with self._lock:
            counts, self._pending = self._pending, CacheCounters()
        if counts != CacheCounters():
            self._store.update(KEY, lambda old: (codec.encode(decoded(old) + counts), None))


def decoded(value: JSON) -> CacheCounters:
    """Decode the counts. Raises `StateError` when they cannot be read."""
    return unreadable_rows.salvaged(KEY, CacheCounters, value, "what is counted of cache hits")
