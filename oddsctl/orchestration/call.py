"""One call on its way through the door: for whom it is made, what it may cost in time, and what has happened
to it so far.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from oddsctl.domain.http import HttpRequest
from oddsctl.domain.jobs import Job
from oddsctl.domain.ports import Clock, Provider
from oddsctl.domain.requests import PriorityRequest, Purpose, RequestOptions
from oddsctl.policy.batching import MergedCall

URGENT = 3600.0
"""Seconds before a game within which the user's own commands may touch the last credits."""


class RetryQuota:
    """So many calls more for one run, all its calls together: an outage or a refusal is not multiplied by the
    number of calls.
    """

    def __init__(self, left: int) -> None:
        self._left = left
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Use one up; false when none is left."""
        with self._lock:
            self._left -= 1
            return self._left >= 0


@dataclass
class CallContext:
    """A call and its story.

    `started` is when the run began (epoch seconds), `deadline` when patience ends (monotonic seconds).

    `narrowings` are the calls left to find out what was refused of a shared one. `doubts` counts attempts
    that may have been charged, `spent` the credits that its attempts cost, `steps` tells what was done and
    why.
    """

    call: MergedCall
    most_urgent: PriorityRequest
    terms: RequestOptions
    started: float
    deadline: float
    retries: RetryQuota
    narrowings: RetryQuota
    possible_charges: int = 0
    spent: int = 0
    steps: list[str] = field(default_factory=list)

    @property
    def job(self) -> Job:
        return self.call.job

    def log_step(self, step: str) -> None:
        """Remember a step for `why`."""
        self.steps.append(step)

    def log_step_once(self, step: str) -> None:
        """The same, where several wishes that share the trip tell it."""
        if step not in self.steps:
            self.steps.append(step)

    def patience(self, clock: Clock) -> float:
        """Seconds that may still be waited."""
        return max(0.0, self.deadline - clock.monotonic())

    def is_urgent(self, now: float) -> bool:
        """Whether the game is within the hour."""
        return self.most_urgent.game_time is not None and self.most_urgent.game_time - now <= URGENT


@dataclass(frozen=True, slots=True)
class AdmittedCall:
    """One attempt that was let through: booked under `id` on the provider's `account`."""

    id: str
    provider: Provider
    account: str
    job: Job
    endpoint: str
    price: int
    purpose: Purpose
    retry: bool
    request: HttpRequest


def most_urgent(call: MergedCall, requests: Sequence[PriorityRequest]) -> PriorityRequest:
    """Who asks for a call that serves several: the most pressing of them, for the soonest game."""
    askers = [request for request in requests if request.job in call.requests]
    first = min(askers, key=lambda request: (request.purpose is not Purpose.OWN, request.priority))
    times = [request.game_time for request in askers if request.game_time is not None]
    return replace(first, game_time=min(times, default=None))
