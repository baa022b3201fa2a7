"""Store the queue of requests that wait for a later run.

`policy/request_queue` decides their order and how they merge.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from oddsctl.domain.ports import JSON, Clock, Store
from oddsctl.domain.requests import PriorityRequest
from oddsctl.policy import request_queue
from oddsctl.policy.request_queue import LeasedRequests, Queue, QueuedRequest
from oddsctl.store import codec, unreadable_rows

KEY = "queue/1"
WORTH_WAITING = 3600.0
"""Seconds after which a request without a game is dropped."""


class RequestQueue:
    """The queue shared by all processes."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(self, requests: Sequence[PriorityRequest]) -> None:
        """Add these requests; equal ones are merged."""
        now = self._clock.now()
        wishes = [
            QueuedRequest(
                job=request.job,
                priority=request.priority,
                purpose=request.purpose,
                asked_at=now if request.asked_at is None else request.asked_at,
                game_time=request.game_time,
                deadline=request.deadline or (None if request.game_time else now + WORTH_WAITING),
            )
            for request in requests
        ]

        def change(old: JSON) -> tuple[JSON, None]:
            waiting, _ = request_queue.drop_expired(decoded(old), now)
            for wish in wishes:
                waiting = request_queue.put(waiting, wish)
            return codec.encode(waiting), None

        self._store.update(KEY, change)

    def take(self, seconds: float) -> LeasedRequests:
        """Lease everything due, so that no other process requests it; drop what is too late.

        The lease ends by itself after `seconds`.
        """

        def change(old: JSON) -> tuple[JSON, LeasedRequests]:
            before = decoded(old)
            # Read the clock under the lock: waiting for it took time.
            now = self._clock.now()
            left, taken = request_queue.take(before, now, now + seconds)
            return (old if left is before else codec.encode(left)), taken

        return self._store.update(KEY, change)

    def settle(self, taken: LeasedRequests, done: Collection[str], rests: Mapping[str, float]) -> None:
        """End a lease: remove requests answered or given up; the others may go again at their time."""

        def change(old: JSON) -> tuple[JSON, None]:
            left = request_queue.remove(decoded(old), done)
            return codec.encode(request_queue.postpone(left, taken.until, rests, self._clock.now())), None

        self._store.update(KEY, change)

    def free_overdue(self) -> int:
        """End the leases of processes that did not finish in time; return how many."""

        def change(old: JSON) -> tuple[JSON, int]:
            before, now = decoded(old), self._clock.now()
            late = [wish.id for wish in before.entries if 0 < wish.leased_until <= now]
            entries = tuple(
                replace(wish, leased_until=0.0) if wish.id in late else wish for wish in before.entries
            )
            return (codec.encode(Queue(entries)) if late else old), len(late)

        return self._store.update(KEY, change)

    def waiting(self) -> tuple[QueuedRequest, ...]:
        """Return the waiting requests in the order they were made, without those that are too late."""
        left, _ = request_queue.drop_expired(
            unreadable_rows.read(self._store, KEY, decoded), self._clock.now()
        )
        return left.entries

    def clear(self) -> int:
        """Drop all waiting requests and return how many. A process that works on some may finish."""
        return self._store.update(KEY, lambda old: (None, len(decoded(old).entries)))


def decoded(value: JSON) -> Queue:
    """Decode the queue. Raises `StateError` when it cannot be read."""
    return unreadable_rows.salvaged(KEY, Queue, value, "the stored queue")
