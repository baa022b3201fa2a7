"""Queue of requests for a later run: merged when equal, leased to workers, ordered by effective priority.

Pure.
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
"""Game time and deadline of an answer (epoch seconds); None where it does not matter."""
LONGEST_LEASE = 3600.0
"""Longest lease in seconds. A lease that ends further ahead was given by a wrong clock."""
FIRST_REST = 60.0
LONGEST_BACKOFF = 3600.0


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """One waiting request, for everyone who made it.

    `not_before` is the earliest time it may go (epoch seconds, as all times). `game_time` is the soonest game
    and `deadline` the one named with it; `also` are those of others who made the same request. `moved_at` is
    when `not_before` and `leased_until` were set.
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
    """The requests by identity, in the order they were first made."""

    entries: tuple[QueuedRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class LeasedRequests:
    """Requests that one worker took, most urgent first, leased until `until`.

    Also holds those that expired for everyone.
    """

    until: float
    wishes: tuple[QueuedRequest, ...] = ()
    late: tuple[QueuedRequest, ...] = ()


def put(queue: Queue, wish: QueuedRequest) -> Queue:
    """Add a request. An equal one takes the higher priority, every game and deadline, and all waiters."""
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
    """Return the request's effective priority now, and why."""
    games = (span[0] for span in wish.spans if span[0] is not None and not priority.expired(*span, now))
    return priority.effective_priority(wish.priority, min(games, default=None), wish.asked_at, now)


def state(wish: QueuedRequest, now: float) -> State:
    """Return whether the request waits, is in work, or is delayed.

    Ignores times too far ahead or set in the future.
    """
    if wish.moved_at > now:
        return "waiting"
    if now < wish.leased_until <= now + LONGEST_LEASE:
        return "in_flight"
    return "not_before" if now < wish.not_before <= now + LONGEST_REST else "waiting"


def drop_expired(queue: Queue, now: float) -> tuple[Queue, tuple[QueuedRequest, ...]]:
    """Remove and return requests whose answer would come too late for everyone.

    A worker may finish the one it has.
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
    """Return the requests that may go now, most urgent first; among equals the one that waited longest."""
    ready = (wish for wish in queue.entries if state(wish, now) == "waiting")
    return tuple(sorted(ready, key=lambda wish: (priority_of(wish, now).priority, wish.asked_at)))


def lease(queue: Queue, ids: Iterable[str], until: float, now: float = 0.0) -> Queue:
    """Lease requests, for an hour at most.

    The lease of a killed owner ends by itself: the request waits again.
    """
    taken = set(ids)

    def leased(wish: QueuedRequest) -> QueuedRequest:
        return replace(wish, leased_until=until, moved_at=now, attempts=wish.attempts + 1)

    return Queue(tuple(leased(wish) if wish.id in taken else wish for wish in queue.entries))


def take(queue: Queue, now: float, until: float) -> tuple[Queue, LeasedRequests]:
    """Lease everything due to one worker; remove what is too late for everyone."""
    left, late = drop_expired(queue, now)
    ids = [wish.id for wish in due(left, now)]
    if not ids and not late:
        return queue, LeasedRequests(until)
    leased = lease(left, ids, until, now)
    by_id = {wish.id: wish for wish in leased.entries}
    return leased, LeasedRequests(until, tuple(by_id[id_] for id_ in ids), late)


def postpone(queue: Queue, until: float, rests: Mapping[str, float], now: float = 0.0) -> Queue:
    """End the lease of unanswered requests: each may go again at its time.

    Leaves alone what another worker has leased meanwhile.
    """

    def rested(wish: QueuedRequest) -> QueuedRequest:
        mine = wish.id in rests and wish.leased_until == until
        return replace(wish, leased_until=0.0, not_before=rests[wish.id], moved_at=now) if mine else wish

    return Queue(tuple(map(rested, queue.entries)))


def rest_until(retry_at: float | None, attempts: int, now: float) -> float:
    """Return when an unanswered request may go again: as the provider or the budget says, else with growing
    delays.
    """
    if retry_at is not None and now < retry_at <= now + LONGEST_REST:
        return retry_at
    doublings = min(max(0, attempts - 1), 10)
    return now + min(FIRST_REST * 2.0**doublings, LONGEST_BACKOFF)


def remove(queue: Queue, ids: Iterable[str]) -> Queue:
    """Remove requests that were answered or given up."""
    gone = set(ids)
    return Queue(tuple(wish for wish in queue.entries if wish.id not in gone))


def _spanning(wish: QueuedRequest, spans: Iterable[Span]) -> QueuedRequest:
    """Return the request for these spans, without duplicates, the soonest game first."""
    first, *others = sorted(dict.fromkeys(spans), key=lambda span: math.inf if span[0] is None else span[0])
    return replace(wish, game_time=first[0], deadline=first[1], also=tuple(others))
