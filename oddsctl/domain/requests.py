"""What is asked of the orchestrator, what is decided on the way, and what it answers.

Frozen values; nothing else may enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from oddsctl.domain.answers import Answer
from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.http import HttpRequest
from oddsctl.domain.jobs import Job


class Reason(StrEnum):
    """Why a result is what it is. A closed set: scripts match on it."""

    FETCHED = "FETCHED"
    FRESH_CACHE = "FRESH_CACHE"
    JOINED_INFLIGHT = "JOINED_INFLIGHT"
    SUPERSET_CACHE = "SUPERSET_CACHE"
    PREFETCHED = "PREFETCHED"
    STALE_BUDGET = "STALE_BUDGET"
    STALE_RESERVE = "STALE_RESERVE"
    STALE_BREAKER = "STALE_BREAKER"
    STALE_RATE = "STALE_RATE"
    STALE_ERROR = "STALE_ERROR"
    STALE_OFFLINE = "STALE_OFFLINE"
    FALLBACK = "FALLBACK"
    NEGATIVE_CACHE = "NEGATIVE_CACHE"
    REFUSED_BUDGET = "REFUSED_BUDGET"
    REFUSED_MAX_CREDITS = "REFUSED_MAX_CREDITS"
    REFUSED_BREAKER = "REFUSED_BREAKER"
    REFUSED_RATE = "REFUSED_RATE"
    SKIPPED_EXPIRED = "SKIPPED_EXPIRED"
    SKIPPED_POSTPONED = "SKIPPED_POSTPONED"
    NO_KEY = "NO_KEY"
    NONE = "NONE"

    @property
    def fails_strict(self) -> bool:
        """Whether `--strict` counts this as a failure."""
        return self.startswith(("STALE_", "REFUSED_")) or self in (
            Reason.FALLBACK,
            Reason.NO_KEY,
            Reason.NONE,
        )


class Priority(IntEnum):
    """The order in which calls are made; a lower value goes first."""

    CRITICAL = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3
    PREFETCH = 4


class Purpose(StrEnum):
    """What credits are spent for.

    The user's own commands go before planned calls, planned ones by nearness to kick-off.
    """

    OWN = "own"
    WINDOW_30M = "30m"
    WINDOW_1H = "1h"
    WINDOW_2H = "2h"
    REST = "rest"


class Refusal(StrEnum):
    """Why a call was not let through."""

    BUDGET = "BUDGET"
    RESERVE = "RESERVE"
    RATE = "RATE"
    BREAKER = "BREAKER"
    MAX_CREDITS = "MAX_CREDITS"


@dataclass(frozen=True, slots=True)
class Go:
    """The call may be sent after `wait` seconds; its tokens and credits are booked."""

    wait: float


@dataclass(frozen=True, slots=True)
class ProbeFirst:
    """The endpoint is recovering: a free call must go first, so that healing costs no credit.

    Nothing is booked.
    """


@dataclass(frozen=True, slots=True)
class Refused:
    """The call may not be sent, nothing is booked. `retry_at` is when asking again makes sense, where
    known.
    """

    why: Refusal
    detail: str
    retry_at: float | None = None


Decision = Go | ProbeFirst | Refused


@dataclass(frozen=True, slots=True)
class PriorityRequest:
    """A wish: what is wanted, for whom, and for which game. `game_time` and `deadline` are epoch seconds.

    `asked_at` is when it was first asked for, where it has waited in the queue since then.
    """

    job: Job
    priority: Priority = Priority.NORMAL
    purpose: Purpose = Purpose.OWN
    game_time: float | None = None
    deadline: float | None = None
    asked_at: float | None = None


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What the caller of one run allows, and who is asking (`command`, for the ledger).

    `wait` is the patience in seconds for rate and locks; `until` ends it for all runs of one command
    (monotonic seconds). `max_age` replaces the configured freshness, `fresh` wants calls begun after the
    command, `force` lifts the budget (never the account), `max_credits` bounds what this run may spend.
    """

    wait: float = 30.0
    until: float | None = None
    max_age: float | None = None
    fresh: bool = False
    offline: bool = False
    force: bool = False
    max_credits: int | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a wish: the answer, where there is one, and always the reason.

    `credits` is what the call cost (0 for stored answers), `detail` names the cause in one word (`TIMEOUT`),
    `error` is the provider's failure where there was one, and `demo` marks an answer of the simulated world.
    `steps` tells in words how it came about.
    """

    job: Job
    reason: Reason
    answer: Answer | None = None
    fetched_at: float | None = None
    credits: int = 0
    detail: str | None = None
    error: OddsctlError | None = None
    demo: bool = False
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DryRunEntry:
    """What a wish would lead to now: `decision` in words, `request` None where a stored answer does."""

    job: Job
    price: int
    decision: str
    request: HttpRequest | None = None
    is_sent: bool = False
