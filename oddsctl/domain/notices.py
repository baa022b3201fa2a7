"""Events that listeners hear: the log, progress bars, the record of calls, alerts.

A listener only reacts; it decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.jobs import Job
from oddsctl.domain.models import Listed
from oddsctl.domain.requests import Outcome, PriorityRequest, Purpose, Reason


@dataclass(frozen=True, slots=True)
class Planned:
    """A run begins: how many requests, and how many of them have no cached answer."""

    wishes: int
    missing: int


@dataclass(frozen=True, slots=True)
class CallFinished:
    """A call for `wants` requests has ended, with or without an answer."""

    job: Job
    wants: int


@dataclass(frozen=True, slots=True)
class Served:
    """A request was answered from the cache."""

    job: Job
    reason: Reason
    age: float


@dataclass(frozen=True, slots=True)
class Waited:
    """A call waited for the rate limit."""

    api: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Booked:
    """A call was admitted: its price is reserved from now on."""

    call_id: str
    job: Job
    price: int
    purpose: Purpose
    command: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A call has ended.

    `status` is None when no response came, `spent` when the cost is unknown. `said` is one line about what is
    wrong or doubtful in the response.
    """

    call_id: str
    job: Job
    status: int | None
    spent: int | None
    seconds: float
    outcome: str
    said: str | None = None


@dataclass(frozen=True, slots=True)
class BoardReceived:
    """A call returned a whole board: its games, and which of their markets have a price."""

    call_id: str
    games: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class ClockCompared:
    """A response had a date: our clock is `ahead` seconds ahead of the provider's, or behind if negative."""

    api: str
    ahead: float


@dataclass(frozen=True, slots=True)
class Retried:
    """A call failed and is retried after `seconds`."""

    job: Job
    error: OddsctlError
    seconds: float


@dataclass(frozen=True, slots=True)
class Joined:
    """A request waited for the same call of another process."""

    job: Job
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A call returned no usable answer."""

    job: Job
    error: OddsctlError


@dataclass(frozen=True, slots=True)
class RequestFinished:
    """A request has its outcome, with the steps that led to it."""

    request: PriorityRequest
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning for the user, in one line."""

    text: str


@dataclass(frozen=True, slots=True)
class HealthChecked:
    """The health of an API was looked at: `status` as in `oddsctl health --json`, and why."""

    api: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WindowMissed:
    """A window of a game passed without a call.

    `id` is the game's. `start` is epoch seconds, `window` seconds before it.
    """

    id: str
    game: str
    start: float
    window: float
    reason: str


@dataclass(frozen=True, slots=True)
class WindowUnpriced:
    """A window of a game found no price in the configured markets.

    `why` says what the board or the free list showed.
    """

    id: str
    game: str
    window: str
    why: str


@dataclass(frozen=True, slots=True)
class PickFound:
    """A price above its fair value. `id` and `game` are the game's, `edge` is a fraction of the stake."""

    id: str
    game: str
    start: float
    market: str
    outcome: str
    point: float | None
    price: float
    bookmaker: str
    edge: float


AlertableNotice = HealthChecked | WindowMissed | PickFound
"""Notices that alerts can be sent for."""

Calls = (
    Planned
    | CallFinished
    | Served
    | Waited
    | Booked
    | BoardReceived
    | Settled
    | ClockCompared
    | Retried
    | Joined
    | Failed
    | RequestFinished
)
"""Notices about requests and calls."""

Notice = Calls | Warned | WindowUnpriced | AlertableNotice
