"""What waits, what is planned, and what became of what waited, as it is told.

Frozen values; nothing else may enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.requests import Priority, Reason


@dataclass(frozen=True, slots=True)
class Item:
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
class Worked:
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
