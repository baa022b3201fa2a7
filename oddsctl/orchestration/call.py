"""A run and its calls on their way: for whom each is made, how long it may wait, what has happened."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from oddsctl.domain.http import HttpRequest
from oddsctl.domain.jobs import Job
from oddsctl.domain.ports import Clock, Provider
from oddsctl.domain.requests import PriorityRequest, Purpose, RequestOptions
from oddsctl.policy.batching import MergedCall
from oddsctl.policy.budget import Purchase
from oddsctl.policy.priority import LIVE_STEP, effective_priority

URGENT = 3600.0
"""Seconds before a game within which the user's own commands may use the last credits."""


class RetryQuota:
    """How many more calls a run may make, all its calls together.

    It keeps an outage or a refusal from being multiplied by the number of calls. Thread-safe.
    """

    def __init__(self, left: int) -> None:
        self._left = left
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Use one; return False when none is left."""
        with self._lock:
            self._left -= 1
            return self._left >= 0


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all calls of one run share.

    `started` is when the run began (epoch seconds), `deadline` when it stops waiting (monotonic seconds).
    `retries` are repeats of failed calls, `narrowings` smaller calls after a refused merged one.
    """

    requests: Sequence[PriorityRequest]
    options: RequestOptions
    started: float
    deadline: float
    retries: RetryQuota
    narrowings: RetryQuota

    def call(self, call: MergedCall) -> CallContext:
        """Return the context of a call of this run."""
        return CallContext(call, _most_urgent(call, self.requests), self)


@dataclass
class CallContext:
    """One call and what has happened to it.

    `most_urgent` is the request it is made for. `possible_charges` counts attempts that may have been
    charged, `spent` the credits they cost; `steps` says in words what was done and why.
    """

    call: MergedCall
    most_urgent: PriorityRequest
    run: RunContext
    possible_charges: int = 0
    spent: int = 0
    steps: list[str] = field(default_factory=list)

    @property
    def job(self) -> Job:
        return self.call.job

    @property
    def options(self) -> RequestOptions:
        return self.run.options

    def log_step(self, step: str) -> None:
        """Record a step for `why`."""
        self.steps.append(step)

    def log_step_once(self, step: str) -> None:
        """Record a step that several requests of this call have in common."""
        if step not in self.steps:
            self.steps.append(step)

    def patience(self, clock: Clock) -> float:
        """Return how long it may still wait (seconds)."""
        return max(0.0, self.run.deadline - clock.monotonic())

    def is_urgent(self, now: float) -> bool:
        """Return whether the game starts within the hour."""
        return self.most_urgent.game_time is not None and self.most_urgent.game_time - now <= URGENT

    def purchase(self, price: int, now: float) -> Purchase:
        """Return what the budget is asked to pay for a call of this price."""
        return Purchase(price, self.most_urgent.purpose, self.is_urgent(now), self.options.force)

    def urgency(self, now: float) -> int:
        """Return the priority as it is by now, risen with the time waited; lower goes first."""
        request = self.most_urgent
        live = effective_priority(request.priority, request.game_time, self.run.started, now, LIVE_STEP)
        if request.asked_at is None:
            return live.priority
        aged = effective_priority(request.priority, request.game_time, request.asked_at, now)
        return min(live.priority, aged.priority)


@dataclass(frozen=True, slots=True)
class AdmittedCall:
    """One attempt that was admitted: reserved under `id` on the provider's `account`."""

    id: str
    provider: Provider
    account: str
    job: Job
    endpoint: str
    price: int
    purpose: Purpose
    retry: bool
    request: HttpRequest


def _most_urgent(call: MergedCall, requests: Sequence[PriorityRequest]) -> PriorityRequest:
    """Return the most urgent request that the call serves, for the soonest game of all it serves."""
    served = [request for request in requests if request.job in call.requests]
    first = min(served, key=lambda request: (request.purpose is not Purpose.OWN, request.priority))
    times = [request.game_time for request in served if request.game_time is not None]
    return replace(first, game_time=min(times, default=None))
