"""How an API can be, and what is known of its last calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from oddsctl.domain.errors import AttemptKind, family
from oddsctl.domain.provider_errors import InvalidKeyError, MissingKeyError, ProviderError
from oddsctl.policy.circuit_breaker import State


class Status(StrEnum):
    """From best to worst; unknown is no worse than healthy."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"

    @property
    def is_known(self) -> bool:
        return self is not Status.UNKNOWN


KINDS = {kind.code: kind.health for kind in family(ProviderError)} | {"FETCHED": AttemptKind.ANSWERED}
"""By outcome code; any other is a failure."""


OF_THE_KEY = frozenset((MissingKeyError.code, *(kind.code for kind in family(InvalidKeyError))))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call that ended: when (epoch seconds), its league if any, and its outcome code.

    `status` is None when no complete answer came; `said` is what was wrong or doubtful in the answer.
    """

    at: float
    endpoint: str
    league: str | None
    code: str
    status: int | None = 200
    seconds: float = 0.0
    said: str | None = None

    @property
    def kind(self) -> AttemptKind:
        return KINDS.get(self.code, AttemptKind.FAILED)

    @property
    def words(self) -> str:
        """Return the code and message, without repeating the API's name or the code."""
        said = re.sub(r"^(odds|espn|weather): ", "", self.said or "").removesuffix(f" ({self.code})")
        return f"{self.code}: {said}" if said else self.code


@dataclass(frozen=True, slots=True)
class BreakerSummary:
    """The API's worst breaker now; `retry_at` is when an open one lets a call through (epoch seconds)."""

    state: State = State.CLOSED
    failures: int = 0
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Health of an API, the reason, and since when (None: unknown).

    `checked_at` is when a call to it last ended. `latency_ms` is the median of its last answers, `error_rate`
    the share of its last calls without a usable answer.
    """

    status: Status
    reason: str
    since: float | None
    checked_at: float | None
    latency_ms: float | None
    error_rate: float | None
    breaker: BreakerSummary
