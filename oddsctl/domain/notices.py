"""What happened, for whoever listens. Frozen values; nothing is decided by a listener."""

from __future__ import annotations

from dataclasses import dataclass

from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.jobs import Job
from oddsctl.domain.models import Listed
from oddsctl.domain.requests import Outcome, PriorityRequest, Purpose, Reason


@dataclass(frozen=True, slots=True)
class Planned:
    """A run begins: of so many wishes so many are not answered by the store."""

    wishes: int
    missing: int


@dataclass(frozen=True, slots=True)
class CallFinished:
    """A call for so many wishes came to an end, whatever it brought."""

    job: Job
    wants: int


@dataclass(frozen=True, slots=True)
class Served:
    """A wish was answered from the store."""

    job: Job
    reason: Reason
    age: float


@dataclass(frozen=True, slots=True)
class Waited:
    """A call was held back by the rate limit."""

    api: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Booked:
    """A call was let through: its price is reserved from now on."""

    call_id: str
    job: Job
    price: int
    purpose: Purpose
    command: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A call came back, or did not.

    `status` is None when no answer came, `spent` when nobody knows what it cost.

    `said` is what was wrong with the answer, or is doubtful in it, in one line.
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
    """A call brought a whole board: the games on it, and which markets of them have a price."""

    call_id: str
    games: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class ClockCompared:
    """An answer told the time: by so many seconds our clock is ahead of the provider's, or behind where
    negative.
    """

    api: str
    ahead: float


@dataclass(frozen=True, slots=True)
class Retried:
    """A call failed and will be tried again after `seconds`."""

    job: Job
    error: OddsctlError
    seconds: float


@dataclass(frozen=True, slots=True)
class Joined:
    """A wish waited for another's call."""

    job: Job
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A call brought no answer that can be used."""

    job: Job
    error: OddsctlError


@dataclass(frozen=True, slots=True)
class RequestFinished:
    """A wish came to an end: the outcome, with the steps that led to it."""

    request: PriorityRequest
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know, in one line."""

    text: str


@dataclass(frozen=True, slots=True)
class HealthChecked:
    """Someone looked how an API is: `status` as in the `oddsctl.health/1` document, and why."""

    api: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WindowMissed:
    """A window of a game passed without a call.

    `id` is the game's; `start` epoch seconds, `window` seconds before it.
    """

    id: str
    game: str
    start: float
    window: float
    reason: str


@dataclass(frozen=True, slots=True)
class WindowUnpriced:
    """A window of a game found no price of a wanted market: `why` says what the board or the free list
    showed.
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
"""What people may want to be told of wherever they are."""

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
"""What happened to requests."""

Notice = Calls | Warned | WindowUnpriced | AlertableNotice
