"""The stored queue: wishes that wait for a later run.

How they are ordered and merged is decided in `policy/queue`.
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
"""Seconds after which a wish of no game in particular is not worth asking any more."""


class RequestQueue:
    """The queue that all processes share."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(self, requests: Sequence[PriorityRequest]) -> None:
        """Let these wishes wait; equal ones are one."""
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
        """Lease all that is due for so many seconds, so that nobody else asks for it; drop what came too
        late.
        """

        def change(old: JSON) -> tuple[JSON, LeasedRequests]:
            before = decoded(old)
            now = self._clock.now()  # now that we are alone
            left, taken = request_queue.take(before, now, now + seconds)
            return (old if left is before else codec.encode(left)), taken

        return self._store.update(KEY, change)

    def settle(self, taken: LeasedRequests, done: Collection[str], rests: Mapping[str, float]) -> None:
        """End a lease: wishes that were answered or given up leave, the others may go again at their time."""

        def change(old: JSON) -> tuple[JSON, None]:
            left = request_queue.remove(decoded(old), done)
            return codec.encode(request_queue.postpone(left, taken.until, rests, self._clock.now())), None

        self._store.update(KEY, change)

    def free_overdue(self) -> int:
        """End the leases of processes that did not finish in time; how many that was."""

        def change(old: JSON) -> tuple[JSON, int]:
            before, now = decoded(old), self._clock.now()
            late = [wish.id for wish in before.entries if 0 < wish.leased_until <= now]
            entries = tuple(
                replace(wish, leased_until=0.0) if wish.id in late else wish for wish in before.entries
            )
            return (codec.encode(Queue(entries)) if late else old), len(late)

        return self._store.update(KEY, change)

    def waiting(self) -> tuple[QueuedRequest, ...]:
        """What waits, in the order it was asked for, without what would come too late."""
        left, _ = request_queue.drop_expired(
            unreadable_rows.read(self._store, KEY, decoded), self._clock.now()
        )
        return left.entries

    def clear(self) -> int:
        """Drop all that waits; how many that was. Who works on some of it may finish."""
        return self._store.update(KEY, lambda old: (None, len(decoded(old).entries)))


def decoded(value: JSON) -> Queue:
    """The queue. Raises `StateError` where it cannot be read."""
    return unreadable_rows.salvaged(KEY, Queue, value, "the stored queue")
