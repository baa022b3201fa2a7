"""How often stored answers served a wish, and what that saved: counted per run, added up in the store."""

from __future__ import annotations

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
    """`hits` = wishes answered from the store while fresh, `joined` = by another's call, `stale` = stored and
    too old, `misses` = the rest. `saved_*` = what hits and joins would have cost. `hits_by_api`: whose
    answers the hits were.
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
    """The counts of one run.

    What was saved is what the calls for the wishes served would have been, merged as calls are.
    """
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


def read_counts(store: Store) -> CacheCounters:
    """What all processes have counted so far."""
    return unreadable_rows.read(store, KEY, decoded)


def add_counts(store: Store, counts: CacheCounters) -> None:
    """Add one run's counts."""
    if counts != CacheCounters():
        store.update(KEY, lambda old: (codec.encode(decoded(old) + counts), None))


def decoded(value: JSON) -> CacheCounters:
    """The counts. Raises `StateError` where they cannot be read."""
    return unreadable_rows.salvaged(KEY, CacheCounters, value, "what is counted of cache hits")
