"""Requests to the orchestrator, its decisions, and its answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from oddsctl.domain.answers import Answer
from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.http import HttpRequest
from oddsctl.domain.jobs import Job


class Reason(StrEnum):
    """Where a result comes from, or why there is none. A closed set that scripts may match on."""

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
        """True when `--strict` counts this as a failure."""
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

    The user's own commands come first, then planned calls by how near they are to kick-off.
    """

    OWN = "own"
    WINDOW_30M = "30m"
    WINDOW_1H = "1h"
    WINDOW_2H = "2h"
    REST = "rest"


class Refusal(StrEnum):
    """Why a call is refused."""

    BUDGET = "BUDGET"
    RESERVE = "RESERVE"
    RATE = "RATE"
    BREAKER = "BREAKER"
    MAX_CREDITS = "MAX_CREDITS"


@dataclass(frozen=True, slots=True)
class Go:
    """The call may be sent after `wait` seconds. Its tokens and credits are reserved."""

    wait: float


@dataclass(frozen=True, slots=True)
class ProbeFirst:
    """The breaker is half-open: a free call must succeed first, so that recovery costs no credit.

    Nothing is reserved.
    """


@dataclass(frozen=True, slots=True)
class Refused:
    """The call may not be sent, and nothing is reserved.

    `retry_at` is when to ask again (epoch seconds), None when unknown.
    """

    why: Refusal
    detail: str
    retry_at: float | None = None


Decision = Go | ProbeFirst | Refused


@dataclass(frozen=True, slots=True)
class PriorityRequest:
    """A job with its priority, its purpose, and the start of the game it is for.

    Times are epoch seconds. `asked_at` is when a request that waits in the queue was first made.
    """

    job: Job
    priority: Priority = Priority.NORMAL
    purpose: Purpose = Purpose.OWN
    game_time: float | None = None
    deadline: float | None = None
    asked_at: float | None = None


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What one run may do.

    `wait` is how long to wait for rate limits and locks (seconds); `until` ends that for all runs of a
    command (monotonic seconds). `max_age` replaces the configured freshness. `fresh` accepts only calls begun
    after the command. `force` ignores the budget, but never the account's credits. `max_credits` limits what
    the run may spend. `command` is recorded with each call.
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
    """The result of a request: the answer, if any, and always the reason.

    `credits` is what the call cost (0 for cached answers). `detail` is the cause in one word, such as
    `TIMEOUT`; `error` the provider's failure, if any. `demo` marks an answer of the simulated world. `steps`
    says in words how the result came about.
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
    """What a request would do now: `decision` in words; `request` is None when a cached answer is enough."""

    job: Job
    price: int
    decision: str
    request: HttpRequest | None = None
    is_sent: bool = False
