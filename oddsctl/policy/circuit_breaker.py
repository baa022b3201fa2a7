"""Circuit breaker: stop calling an endpoint that keeps failing, then probe it with one call at a time.

How it works:

A `BreakerState` belongs to one endpoint class of one provider. TRANSITIONS maps (state, event) to the next
state, and `step` is its only reader; a missing pair is a bug and raises KeyError.

1. CLOSED lets calls through. It opens after `failures` failures in a row, or when at least half of 10 or more
   calls within WINDOW seconds failed.
2. OPEN blocks every call until `retry_at`. The first rest lasts as configured; each failed probe doubles it,
   up to a limit. A provider's Retry-After can lengthen a rest, never shorten it.
3. HALF_OPEN lends one probe at a time, for `lease` seconds. The lease ends by itself, so a killed process
   blocks nobody.
4. Enough successful probes close the breaker; one failed probe opens it again.
5. Only current evidence counts: a call sent before the breaker opened, or by a probe whose lease has ended,
   changes nothing.
6. A breaker that closes forgets its old outcomes, so they cannot open it again.
7. Times in the future come from a wrong clock and are not waited for: the breaker becomes half-open and a
   probe decides.
8. A refusal changes nothing.

Pure: time is an argument.
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
"""Most outcomes remembered: the newest ones, so that a busy hour does not grow the state."""
SUCCESSES_TO_CLOSE = 2


class State(StrEnum):
    """CLOSED lets calls through, OPEN none, HALF_OPEN one probe at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Event(StrEnum):
    """What happens to a breaker.

    `TRIPPED` is the failure that reaches the limit, `PROVEN` the success that does.
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
    # A late answer to a call sent before the breaker opened proves nothing.
    (State.OPEN, Event.SUCCEEDED): State.OPEN,
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
    """Return the next state. The table is total: a missing pair is a bug and raises `KeyError`."""
    return TRANSITIONS[state, event]


@dataclass(frozen=True, slots=True)
class BreakerState:
    """Breaker of one endpoint class of one provider.

    `failures` and `successes` count in a row; `recent` holds the last outcomes as (epoch second, failed).
    `open_for` is the length of the current rest, `since` when the state was entered or, half-open, when the
    last probe was lent. `probe_until` is the end of the probe's lease.
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
        """Return when an open breaker lets a probe through (epoch seconds)."""
        return self.since + self.open_for


@dataclass(frozen=True, slots=True)
class Allowed:
    """The call may go; as a `probe` its outcome decides whether others may."""

    probe: bool = False


@dataclass(frozen=True, slots=True)
class Blocked:
    """The call may not go; retry from `retry_at` on (epoch seconds)."""

    retry_at: float


def request_pass(breaker: BreakerState, now: float, lease: float) -> tuple[BreakerState, Allowed | Blocked]:
    """Decide whether a call may go now.

    A half-open breaker lends its one probe for `lease` seconds; a refusal changes nothing.
    """
    if breaker.state is State.CLOSED:
        return breaker, Allowed()
    rested = as_of(breaker, now)
    if rested.state is State.OPEN:
        return breaker, Blocked(breaker.retry_at)
    # A lease that ends later than this was given by a wrong clock.
    if now < rested.probe_until <= now + 2 * lease:
        return breaker, Blocked(rested.probe_until)
    # Older calls no longer decide.
    return replace(rested, since=now, probe_until=now + lease), Allowed(probe=True)


def record(
    breaker: BreakerState,
    *,
    failed: bool,
    sent_at: float,
    now: float,
    rules: settings.BreakerSettings,
    rest_until: float | None = None,
) -> BreakerState:
    """Return the breaker after a call's outcome.

    `rest_until` is the provider's own `Retry-After`; it can only lengthen the rest.
    """
    if breaker.state is State.OPEN or (breaker.state is State.HALF_OPEN and sent_at < breaker.since):
        # Sent before the breaker opened, or by a probe whose lease ended: says nothing about now.
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
    return counted


def as_of(breaker: BreakerState, now: float) -> BreakerState:
    """Return the breaker as of now: half-open if the rest is over.

    Also half-open if the clock went back behind its start: nobody knows how long it has rested, so a probe
    decides.
    """
    over = now >= breaker.retry_at or now < breaker.since
    if breaker.state is State.OPEN and over:
        return replace(breaker, state=step(breaker.state, Event.RESTED))
    return breaker


def withdraw(breaker: BreakerState) -> BreakerState:
    """Return the probe unused: the next caller may take it."""
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
    """Open the breaker: for the configured time, or twice the last rest after a failed probe."""
    open_for = before.open_for * 2 if before.state is State.HALF_OPEN else rules.open_for
    asked = 0.0 if rest_until is None else rest_until - now
    return replace(counted, state=State.OPEN, open_for=min(LONGEST_OPEN, max(open_for, asked)), since=now)
