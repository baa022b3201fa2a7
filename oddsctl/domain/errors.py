"""Every error a user can meet, as one tree that carries facts. Imports nothing of the package.

How a class counts stands on the class and nowhere else:

    class                     code                 retryable  health     breaker  remember  stale/nothing
    OddsctlError              BUG                  no         failed     no       never     ERROR/NONE
      UsageError              USAGE                .          .          .        .         .
      ConfigError             CONFIG               .          .          .        .         .
      StateError              STATE                .          .          .        .         .
        StateUnwritableError  STATE                .          .          .        .         .
        StateTooNewError      STATE_TOO_NEW        .          .          .        .         .
        StateDamagedError     STATE_DAMAGED        .          .          .        .         .
      LockTimeoutError        LOCK_TIMEOUT         .          .          .        .         .
      InterruptedRunError     INTERRUPTED          .          .          .        .         .
      BudgetRefusedError      REFUSED_BUDGET       .          .          .        .         BUDGET/BUDGET
        MaxCreditsRefusedErr. REFUSED_MAX_CREDITS  .          .          .        .         BUDGET/MAX_CREDITS
      RateRefusedError        REFUSED_RATE         .          .          .        .         RATE/RATE
      BreakerRefusedError     REFUSED_BREAKER      .          .          .        .         BREAKER/BREAKER
      OutOfReachError         OUT_OF_REACH         .          .          .        .         .
      OfflineError            OFFLINE              .          .          .        .         OFFLINE/NONE
      ProviderError           PROVIDER             .          .          yes      .         .
        MissingKeyError       NO_KEY               .          refused    no       .         ERROR/NO_KEY
        InvalidKeyError       INVALID_KEY          .          refused    no       key       .
          DeactivatedKeyError DEACTIVATED_KEY      .          refused    no       key       .
        OutOfCreditsError     OUT_OF_CREDITS       .          refused    no       .         BUDGET/BUDGET
        RateLimitedError      RATE_LIMITED         yes        too fast   no       .         RATE/RATE
        RejectedError         REJECTED             .          answered   no       day       .
          UnknownSportError   UNKNOWN_SPORT        .          answered   no       day       .
          InvalidMarketError  INVALID_MARKET       .          answered   no       day       .
          EventGoneError      EVENT_GONE           .          answered   no       game      .
        ForbiddenError        FORBIDDEN            .          broken     yes      .         .
        ServerError           SERVER_ERROR         yes        .          yes      .         .
        BrokenAnswerError     BROKEN_ANSWER        yes        broken     yes      if paid   .
          UnusableAnswerError UNUSABLE_ANSWER      no         broken     no       if paid   .
        TransportError        TRANSPORT            yes        .          yes      if paid   .
          TimedOutError       TIMEOUT              yes        .          yes      if paid   .
          BodyTooLargeError   BODY_TOO_LARGE       no         broken     yes      if paid   .
          RedirectRefusedErr. REDIRECT_REFUSED     no         broken     yes      if paid   .

A dot: as for the root. "If paid": `is_unreadable`, remembered where the answer was charged.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum


class AttemptKind(StrEnum):
    """What the end of a call says of the API's health.

    A definite refusal is an answer; that of an account is one the user must see. A broken API answers, and
    not as promised, so that waiting does not help.
    """

    ANSWERED = "answered"
    REFUSED = "refused"
    TOO_FAST = "too_fast"
    BROKEN = "broken"
    FAILED = "failed"


class Remember(StrEnum):
    """How long a refusal stands: the same request would be refused again."""

    NEVER = "never"
    A_DAY = "a day"
    UNTIL_GAME = "until the game starts"
    UNTIL_KEY_CHANGES = "until the key changes"


class OddsctlError(Exception):
    """Something went wrong that has a name, an exit code and, where known, a remedy.

    `message` is one line fit for a user: it never holds a key, a query string or a traceback.
    `provider` is "odds", "espn" or "weather"; `retry_at` is epoch seconds, UTC; `hint` says what to do.

    The class attributes below are read by those who decide, see the table at the top of this module:

    - `retryable`: the same request may succeed when sent again at once (`policy.backoff`).
    - `health`: what it says of the API (`policy.health_rules`).
    - `trips_breaker`: it counts as a failure for the circuit breaker (`orchestration.executor`).
    - `remember`: how long it stands (`policy.freshness`).
    - `is_unreadable`: an answer may have come and been charged that cannot be read.
    - `is_from_call`: the provider was asked, or may have been.
    - `reason_when_stale`, `reason_when_nothing`: the result's reason, when something older is shown and when
      nothing is (`policy.reasons`). Values of `domain.requests.Reason`, which imports this module.
    """

    code = "BUG"
    exit_code = 1
    retryable = False
    health = AttemptKind.FAILED
    trips_breaker = False
    remember = Remember.NEVER
    is_unreadable = False
    is_from_call = False
    reason_when_stale = "STALE_ERROR"
    reason_when_nothing = "NONE"

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        retry_at: float | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.retry_at = retry_at
        self.hint = hint


class UsageError(OddsctlError):
    """The command line asks for something that does not exist or cannot be."""

    code = "USAGE"
    exit_code = 2


class ConfigError(OddsctlError):
    """The configuration cannot be used as it is."""

    code = "CONFIG"
    exit_code = 78


class StateError(OddsctlError):
    """The state directory or a database in it cannot be read or written."""

    code = "STATE"
    exit_code = 74


class StateUnwritableError(StateError):
    """The state cannot be written here (permissions, a full or read-only disk, a file system without locks);
    it may still be readable.
    """


class StateTooNewError(StateError):
    """The state was written by a newer oddsctl, which keeps it in a form that this one does not know."""

    code = "STATE_TOO_NEW"


class StateDamagedError(StateError):
    """A database in the state directory is no database any more."""

    code = "STATE_DAMAGED"


class LockTimeoutError(OddsctlError):
    """Another process held a lock for longer than this one was willing to wait."""

    code = "LOCK_TIMEOUT"
    exit_code = 11


class InterruptedRunError(OddsctlError):
    """A signal came (`exit_code` 130 for SIGINT, 143 for SIGTERM): nothing new was started, what was under
    way was settled.
    """

    code = "INTERRUPTED"
    exit_code = 130


class BudgetRefusedError(OddsctlError):
    """The budget does not allow the call, and nothing is stored to show instead."""

    code = "REFUSED_BUDGET"
    exit_code = 5
    reason_when_stale = "STALE_BUDGET"
    reason_when_nothing = "REFUSED_BUDGET"


class MaxCreditsRefusedError(BudgetRefusedError):
    """`--max-credits` does not allow the call, and nothing is stored to show instead."""

    code = "REFUSED_MAX_CREDITS"
    reason_when_nothing = "REFUSED_MAX_CREDITS"


class RateRefusedError(OddsctlError):
    """The rate limit asks for a longer wait than allowed, and nothing is stored to show instead."""

    code = "REFUSED_RATE"
    exit_code = 7
    reason_when_stale = "STALE_RATE"
    reason_when_nothing = "REFUSED_RATE"


class BreakerRefusedError(OddsctlError):
    """The provider is left alone until it has recovered, and nothing is stored to show instead."""

    code = "REFUSED_BREAKER"
    exit_code = 6
    reason_when_stale = "STALE_BREAKER"
    reason_when_nothing = "REFUSED_BREAKER"


class OutOfReachError(OddsctlError):
    """The answer came, and does not reach what was asked for: no forecast goes so far."""

    code = "OUT_OF_REACH"
    exit_code = 6


class OfflineError(OddsctlError):
    """Nothing may be asked (`--offline`), and nothing is stored to show instead."""

    code = "OFFLINE"
    exit_code = 6
    reason_when_stale = "STALE_OFFLINE"


def one_line(error: OddsctlError) -> str:
    """The message, and in parentheses what to do, where that is known."""
    return f"{error.message} ({error.hint})" if error.hint else error.message


def family(kind: type[OddsctlError] = OddsctlError) -> Iterator[type[OddsctlError]]:
    """The class and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from family(below)
