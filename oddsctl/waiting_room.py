"""The stored queue: wishes that wait for a later run. How they are ordered and merged is decided in `policy/queue`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from oddsctl.messages.wishes import PriorityRequest
from oddsctl.policy import queue
from oddsctl.policy.queue import Queue, Taken, Waiting
from oddsctl.ports import JSON, Clock, Store
from oddsctl.store import codec, row

KEY = "queue/1"
WORTH_WAITING = 3600.0
"""Seconds after which a wish of no game in particular is not worth asking any more."""


class WaitingRoom:
    """The queue that all processes share."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def put(self, requests: Sequence[PriorityRequest]) -> None:
        """Let these wishes wait; equal ones are one."""
        now = self._clock.now()
        wishes = [
            Waiting(
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
            waiting, _ = queue.drop_expired(_queue(old), now)
            for wish in wishes:
                waiting = queue.put(waiting, wish)
            return codec.encode(waiting), None

        self._store.update(KEY, change)

    def take(self, seconds: float) -> Taken:
        """Lease all that is due for so many seconds, so that nobody else asks for it; drop what came too late."""

        def change(old: JSON) -> tuple[JSON, Taken]:
            before = _queue(old)
            now = self._clock.now()  # now that we are alone
            left, taken = queue.take(before, now, now + seconds)
            return (old if left is before else codec.encode(left)), taken

        return self._store.update(KEY, change)

    def settle(self, taken: Taken, done: Collection[str], rests: Mapping[str, float]) -> None:
        """End a lease: wishes that were answered or given up leave, the others may go again at their time."""

        def change(old: JSON) -> tuple[JSON, None]:
            left = queue.remove(_queue(old), done)
            return codec.encode(queue.postpone(left, taken.until, rests, self._clock.now())), None

        self._store.update(KEY, change)

    def waiting(self) -> tuple[Waiting, ...]:
        """What waits, in the order it was asked for, without what would come too late."""
        left, _ = queue.drop_expired(row.read(self._store, KEY, _queue), self._clock.now())
        return left.entries

    def clear(self) -> int:
        """Drop all that waits; how many that was. Who works on some of it may finish."""
        return self._store.update(KEY, lambda old: (None, len(_queue(old).entries)))


def _queue(value: JSON) -> Queue:
    return row.salvaged(KEY, Queue, value, "the stored queue")
