"""What commands report of their work: calls of prefetch, requests of the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.requests import Priority, Reason


@dataclass(frozen=True, slots=True)
class PrefetchCall:
    """One call of prefetch: to come (`outcome` is `planned`) or made (a reason code).

    `at` is when it suits its windows best, `closes` the last moment at which it still captures all it
    `covers`: (game id, window such as `30m`) pairs. `game_time` is the soonest of these games. Times are
    epoch seconds; `sport` is a name of ours, empty where the call serves several.
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
    """One request that waits or is planned. `due` is when it may go, or is to go (epoch seconds).

    `sport` is a name of ours, None where there is none or are several. `window` names the windows that a
    planned call is for.
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
    """What became of one request that was due.

    `due` is when one that got no answer may go again (epoch seconds).

    `error` is why it got none. One whose time had passed is `dropped`, as is one that the provider refuses
    for good.
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
