"""The circuit breaker: what keeps failing is left alone, then let in again by one probe at a time.

A table; pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from oddsctl.domain import settings

LONGEST_OPEN = 900.0
WINDOW = 600.0
"""Seconds over which the share of failures is counted."""
LEAST_IN_WINDOW = 10
FAILED_SHARE = 0.5
KEPT = 50
"""Outcomes remembered at the most: the newest of the window, so that a busy hour does not grow the state."""
SUCCESSES_TO_CLOSE = 2


class State(StrEnum):
    """Closed lets calls through, open none, half-open one probe at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Event(StrEnum):
    """What happens to a breaker.

    `TRIPPED` is the failure that was one too many, `PROVEN` the success that was enough.
    """

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TRIPPED = "tripped"
    PROVEN = "proven"
    RESTED = "rested"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.CLOSED, Event.SUCCEEDED): State.CLOSED,
    (State.CLOSED, Event.FAILED): State.CLOSED,
    (State.CLOSED, Event.TRIPPED): State.OPEN,
    (State.CLOSED, Event.PROVEN): State.CLOSED,
    (State.CLOSED, Event.RESTED): State.CLOSED,
    (State.OPEN, Event.SUCCEEDED): State.OPEN,  # a late answer of a call sent before it opened proves nothing
    (State.OPEN, Event.FAILED): State.OPEN,
    (State.OPEN, Event.TRIPPED): State.OPEN,
    (State.OPEN, Event.PROVEN): State.OPEN,
    (State.OPEN, Event.RESTED): State.HALF_OPEN,
    (State.HALF_OPEN, Event.SUCCEEDED): State.HALF_OPEN,
    (State.HALF_OPEN, Event.FAILED): State.OPEN,
    (State.HALF_OPEN, Event.TRIPPED): State.OPEN,
    (State.HALF_OPEN, Event.PROVEN): State.CLOSED,
    (State.HALF_OPEN, Event.RESTED): State.HALF_OPEN,
}


def step(state: State, event: Event) -> State:
    """The next state. The table is total: a missing pair is a `KeyError`, and a bug."""
    return TRANSITIONS[state, event]


@dataclass(frozen=True, slots=True)
class BreakerState:
    """One endpoint class of one provider.

    `failures` and `successes` count in a row; `recent` holds the last outcomes as (epoch second, failed).
    `open_for` is how long the current rest lasts, `since` when the state was entered or, half-open, the last
    probe lent. `probe_until` is the lease of the probe under way.
    """

    state: State = State.CLOSED
    failures: int = 0
    successes: int = 0
    recent: tuple[tuple[float, bool], ...] = ()
    open_for: float = 0.0
    since: float = 0.0
    probe_until: float = 0.0

    @property
    def retry_at(self) -> float:
        """When an open breaker lets a probe through."""
        return self.since + self.open_for


@dataclass(frozen=True, slots=True)
class Allowed:
    """The call may go; as a `probe` when its outcome decides whether others may."""

    probe: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """The call may not go; `retry_at` is when asking again makes sense (epoch seconds)."""

    retry_at: float


def request_pass(breaker: BreakerState, now: float, lease: float) -> tuple[BreakerState, Allowed | Blocked]:
    """Whether a call may go now.

    A half-open breaker lends its one probe for `lease` seconds; a refusal changes nothing.
    """
    if breaker.state is State.CLOSED:
        return breaker, Allowed()
    rested = as_of(breaker, now)
    if rested.state is State.OPEN:
        return breaker, Blocked(breaker.retry_at)
    if now < rested.probe_until <= now + 2 * lease:  # further ahead it was lent under a wrong clock
        return breaker, Blocked(rested.probe_until)
    return replace(rested, since=now, probe_until=now + lease), Allowed(
        probe=True
    )  # older calls no longer decide


def record(
    breaker: BreakerState,
    *,
    failed: bool,
    sent_at: float,
    now: float,
    rules: settings.BreakerSettings,
    rest_until: float | None = None,
) -> BreakerState:
    """The breaker after a call's outcome.

    `rest_until` is a provider's own `Retry-After`; it only lengthens the rest.
    """
    if breaker.state is State.OPEN or (breaker.state is State.HALF_OPEN and sent_at < breaker.since):
        # sent before it opened, or by a probe out of lease: tells nothing of the provider as it is now
        return breaker
    recent = (*((at, bad) for at, bad in breaker.recent if 0 <= now - at <= WINDOW), (now, failed))[-KEPT:]
    failures = breaker.failures + 1 if failed else 0
    successes = 0 if failed else breaker.successes + 1
    counted = replace(breaker, recent=recent, failures=failures, successes=successes, probe_until=0.0)
    if failed:
        event = Event.TRIPPED if _is_too_much(counted, rules) else Event.FAILED
    else:
        event = Event.PROVEN if successes >= SUCCESSES_TO_CLOSE else Event.SUCCEEDED
    state = step(breaker.state, event)
    if state is State.OPEN:
        return _opened(counted, breaker, now, rules, rest_until)
    if state is State.CLOSED and breaker.state is not State.CLOSED:
        return BreakerState(since=now)
    return replace(counted, state=state)


def as_of(breaker: BreakerState, now: float) -> BreakerState:
    """The breaker as it stands now: half-open, where the rest is over.

    So it is where the clock went back behind its beginning: since when it rests nobody knows, and a probe
    tells.
    """
    over = now >= breaker.retry_at or now < breaker.since
    if breaker.state is State.OPEN and over:
        return replace(breaker, state=step(breaker.state, Event.RESTED))
    return breaker


def withdraw(breaker: BreakerState) -> BreakerState:
    """The probe tells nothing after all: the next caller may be the probe."""
    return replace(breaker, probe_until=0.0)


def _is_too_much(breaker: BreakerState, rules: settings.BreakerSettings) -> bool:
    bad = sum(failed for _, failed in breaker.recent)
    many = len(breaker.recent) >= LEAST_IN_WINDOW and bad >= FAILED_SHARE * len(breaker.recent)
    return breaker.failures >= rules.failures or many


def _opened(
    counted: BreakerState,
    before: BreakerState,
    now: float,
    rules: settings.BreakerSettings,
    rest_until: float | None,
) -> BreakerState:
    """Open: for the configured time at first, twice the last rest when a probe failed."""
    open_for = before.open_for * 2 if before.state is State.HALF_OPEN else rules.open_for
    asked = 0.0 if rest_until is None else rest_until - now
    return replace(counted, state=State.OPEN, open_for=min(LONGEST_OPEN, max(open_for, asked)), since=now)
