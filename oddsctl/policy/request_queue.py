"""What waits for a later run: equal wishes once, leased while someone works on them, popped by effective
priority. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from oddsctl.domain.jobs import Job
from oddsctl.domain.requests import Priority, Purpose
from oddsctl.policy import priority
from oddsctl.policy.admission import LONGEST_REST
from oddsctl.policy.priority import EffectivePriority

State = Literal["waiting", "in_flight", "not_before"]

Span = tuple[float | None, float | None]
"""For which game, and by when, an answer is wanted (epoch seconds); None where it does not matter."""
LONGEST_LEASE = 3600.0
"""A lease that ends further ahead was given under a clock that was wrong."""
FIRST_REST = 60.0
LONGEST_BACKOFF = 3600.0


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """One wish that waits, for all who asked for it.

    `not_before` is when it may go at the earliest; times are epoch seconds.

    `game_time` is the soonest game, `deadline` the one that was named with it; `also` are those of others who
    want the same. `moved_at` is when `not_before` and `leased_until` were set.
    """

    job: Job
    priority: Priority
    purpose: Purpose
    asked_at: float
    game_time: float | None = None
    deadline: float | None = None
    not_before: float = 0.0
    attempts: int = 0
    waiters: tuple[str, ...] = ()
    leased_until: float = 0.0
    moved_at: float = 0.0
    also: tuple[Span, ...] = ()

    @property
    def id(self) -> str:
        return self.job.key

    @property
    def spans(self) -> tuple[Span, ...]:
        return ((self.game_time, self.deadline), *self.also)


@dataclass(frozen=True, slots=True)
class Queue:
    """The wishes by identity, in the order they were first asked for."""

    entries: tuple[QueuedRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class LeasedRequests:
    """What one worker took: its wishes, most pressing first, on a lease that ends at `until`, and those that
    came too late for all.
    """

    until: float
    wishes: tuple[QueuedRequest, ...] = ()
    late: tuple[QueuedRequest, ...] = ()


def put(queue: Queue, wish: QueuedRequest) -> Queue:
    """The queue with the wish in it; an equal one takes the higher priority, every game and deadline, and all
    waiters.
    """
    for index, old in enumerate(queue.entries):
        if old.id == wish.id:
            both = replace(
                _spanning(old, (*old.spans, *wish.spans)),
                priority=min(old.priority, wish.priority),
                purpose=min(old.purpose, wish.purpose, key=list(Purpose).index),
                asked_at=min(old.asked_at, wish.asked_at),
                not_before=max(old.not_before, wish.not_before),
                attempts=max(old.attempts, wish.attempts),
                waiters=tuple(dict.fromkeys((*old.waiters, *wish.waiters))),
            )
            return Queue((*queue.entries[:index], both, *queue.entries[index + 1 :]))
    return Queue((*queue.entries, wish))


def priority_of(wish: QueuedRequest, now: float) -> EffectivePriority:
    """The wish's effective priority now, and why."""
    games = (span[0] for span in wish.spans if span[0] is not None and not priority.expired(*span, now))
    return priority.effective_priority(wish.priority, min(games, default=None), wish.asked_at, now)


def state(wish: QueuedRequest, now: float) -> State:
    """Whether the wish waits, is being worked on, or may not go yet.

    What lies too far ahead, or was set in the future, is not believed.
    """
    if wish.moved_at > now:
        return "waiting"
    if now < wish.leased_until <= now + LONGEST_LEASE:
        return "in_flight"
    return "not_before" if now < wish.not_before <= now + LONGEST_REST else "waiting"


def drop_expired(queue: Queue, now: float) -> tuple[Queue, tuple[QueuedRequest, ...]]:
    """The queue without wishes whose answer would come too late for all who asked, and those.

    Who works on one may finish it.
    """
    kept, late = [], []
    for wish in queue.entries:
        spans = [span for span in wish.spans if not priority.expired(*span, now)]
        if spans:
            kept.append(_spanning(wish, spans))
        elif state(wish, now) == "in_flight":
            kept.append(wish)
        else:
            late.append(wish)
    return Queue(tuple(kept)), tuple(late)


def due(queue: Queue, now: float) -> tuple[QueuedRequest, ...]:
    """The wishes that may go now, most pressing first; of equal priority the one that has waited longest."""
    ready = (wish for wish in queue.entries if state(wish, now) == "waiting")
    return tuple(sorted(ready, key=lambda wish: (priority_of(wish, now).priority, wish.asked_at)))


def lease(queue: Queue, ids: Iterable[str], until: float, now: float = 0.0) -> Queue:
    """Mark wishes as worked on, for an hour at the most.

    The lease of an owner that was killed ends by itself: the wish waits again.
    """
    taken = set(ids)

    def leased(wish: QueuedRequest) -> QueuedRequest:
        return replace(wish, leased_until=until, moved_at=now, attempts=wish.attempts + 1)

    return Queue(tuple(leased(wish) if wish.id in taken else wish for wish in queue.entries))


def take(queue: Queue, now: float, until: float) -> tuple[Queue, LeasedRequests]:
    """All that is due goes to one worker, on a lease; what came too late for all who asked leaves."""
    left, late = drop_expired(queue, now)
    ids = [wish.id for wish in due(left, now)]
    if not ids and not late:
        return queue, LeasedRequests(until)
    leased = lease(left, ids, until, now)
    by_id = {wish.id: wish for wish in leased.entries}
    return leased, LeasedRequests(until, tuple(by_id[id_] for id_ in ids), late)


def postpone(queue: Queue, until: float, rests: Mapping[str, float], now: float = 0.0) -> Queue:
    """End the lease of wishes that got no answer: each may go again at its time.

    What another has leased meanwhile is left to that one.
    """

    def rested(wish: QueuedRequest) -> QueuedRequest:
        mine = wish.id in rests and wish.leased_until == until
        return replace(wish, leased_until=0.0, not_before=rests[wish.id], moved_at=now) if mine else wish

    return Queue(tuple(map(rested, queue.entries)))


def rest_until(retry_at: float | None, attempts: int, now: float) -> float:
    """When a wish that got no answer may go again: when the provider or the budget says so, else later after
    each attempt.
    """
    if retry_at is not None and now < retry_at <= now + LONGEST_REST:
        return retry_at
    doublings = min(max(0, attempts - 1), 10)
    return now + min(FIRST_REST * 2.0**doublings, LONGEST_BACKOFF)


def remove(queue: Queue, ids: Iterable[str]) -> Queue:
    """The queue without wishes that were answered or given up."""
    gone = set(ids)
    return Queue(tuple(wish for wish in queue.entries if wish.id not in gone))


def _spanning(wish: QueuedRequest, spans: Iterable[Span]) -> QueuedRequest:
    """The wish for these spans, each once, the soonest game first."""
    first, *others = sorted(dict.fromkeys(spans), key=lambda span: math.inf if span[0] is None else span[0])
    return replace(wish, game_time=first[0], deadline=first[1], also=tuple(others))
