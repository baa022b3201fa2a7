"""What commands report: the calls of prefetch, and the requests in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.requests import Priority, Reason


@dataclass(frozen=True, slots=True)
class PrefetchCall:
    """One call of prefetch: planned (`outcome` is `planned`) or made (`outcome` is a reason code).

    `covers` are pairs of game id and window, such as `30m`. `at` is the best time for them, `closes` the last
    moment at which the call still captures all of them, `game_time` the start of the first game. Times are
    epoch seconds. `sport` is empty when the call serves several.
    """

    at: float
    api: str
    sport: str
    credits: int
    covers: tuple[tuple[str, str], ...]
    outcome: str
    game_time: float | None
    closes: float


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A queued or planned request. `due` is when it may be sent (epoch seconds).

    `sport` is None when there is none or more than one. `window` names the windows of a planned call.
    """

    id: str
    due: float
    api: str
    sport: str | None
    what: str
    window: str | None
    priority: Priority
    effective_priority: Priority
    why: str
    credits: int
    attempts: int
    state: Literal["waiting", "in_flight", "not_before", "planned"]


@dataclass(frozen=True, slots=True)
class QueueResult:
    """The result of one due request.

    A request without an answer has an `error` and is sent again at `due` (epoch seconds). It is `dropped`
    when its deadline has passed, or when the provider refuses it for good.
    """

    id: str
    api: str
    sport: str | None
    what: str
    reason: Reason
    credits: int
    state: Literal["answered", "postponed", "dropped"]
    due: float | None = None
    detail: str | None = None
    error: OddsctlError | None = None
