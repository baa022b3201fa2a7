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

from collections.abc import Iterator, Mapping
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


class ProviderError(OddsctlError):
    """A provider did not give what was asked.

    Subclasses say in which way. `charged`: credits that its answer cost all the same.
    """

    code = "PROVIDER"
    exit_code = 6
    trips_breaker = True
    is_from_call = True
    charged = 0


class MissingKeyError(ProviderError):
    """No key is configured, or the provider saw none."""

    code = "NO_KEY"
    exit_code = 4
    health = AttemptKind.REFUSED
    trips_breaker = False
    is_from_call = False
    reason_when_nothing = "NO_KEY"


class InvalidKeyError(ProviderError):
    """The provider does not know the key."""

    code = "INVALID_KEY"
    exit_code = 4
    health = AttemptKind.REFUSED
    trips_breaker = False
    remember = Remember.UNTIL_KEY_CHANGES


class DeactivatedKeyError(InvalidKeyError):
    """The provider has switched the key off."""

    code = "DEACTIVATED_KEY"


class OutOfCreditsError(ProviderError):
    """The provider says that the month's credits are used up."""

    code = "OUT_OF_CREDITS"
    exit_code = 5
    health = AttemptKind.REFUSED
    trips_breaker = False
    reason_when_stale = "STALE_BUDGET"
    reason_when_nothing = "REFUSED_BUDGET"


class RateLimitedError(ProviderError):
    """The provider asks us to slow down; `retry_at` says until when, where it told."""

    code = "RATE_LIMITED"
    exit_code = 7
    retryable = True
    health = AttemptKind.TOO_FAST
    trips_breaker = False
    reason_when_stale = "STALE_RATE"
    reason_when_nothing = "REFUSED_RATE"


class RejectedError(ProviderError):
    """A definite refusal: asking the same again gives the same answer.

    `about` names the part of the request that was refused, where the provider says so: "sport", "markets",
    "regions", "bookmakers" or "event".
    """

    code = "REJECTED"
    exit_code = 2
    health = AttemptKind.ANSWERED
    trips_breaker = False
    remember = Remember.A_DAY
    about: str | None = None


class UnknownSportError(RejectedError):
    """The provider does not know this sport or league."""

    code = "UNKNOWN_SPORT"


class InvalidMarketError(RejectedError):
    """The provider does not offer this market here."""

    code = "INVALID_MARKET"


class EventGoneError(RejectedError):
    """The event is over or was never there."""

    code = "EVENT_GONE"
    remember = Remember.UNTIL_GAME


class ForbiddenError(ProviderError):
    """The provider refuses us as a client (ESPN: the User-Agent)."""

    code = "FORBIDDEN"
    health = AttemptKind.BROKEN


class ServerError(ProviderError):
    """The provider answered 5xx, or 408: it could not answer in time. It may the next time."""

    code = "SERVER_ERROR"
    retryable = True


class BrokenAnswerError(ProviderError):
    """An answer arrived that is not what the provider promises: no JSON, or the wrong shape."""

    code = "BROKEN_ANSWER"
    retryable = True
    health = AttemptKind.BROKEN
    is_unreadable = True


class UnusableAnswerError(BrokenAnswerError):
    """The answer has the right shape, and not one of its entries can be used.

    Asking again would bring the same.
    """

    code = "UNUSABLE_ANSWER"
    retryable = False
    trips_breaker = False


class TransportError(ProviderError):
    """No whole answer arrived.

    `maybe_sent` is true when the provider may have seen (and charged) the request.

    `head` is the status and the headers (names in lower case) of an answer whose body did not come whole.
    """

    code = "TRANSPORT"
    retryable = True
    is_unreadable = True
    head: tuple[int, Mapping[str, str]] | None = None

    def __init__(
        self, message: str, *, maybe_sent: bool, provider: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, provider=provider, hint=hint)
        self.maybe_sent = maybe_sent


class TimedOutError(TransportError):
    """The provider took too long."""

    code = "TIMEOUT"


class BodyTooLargeError(TransportError):
    """The answer is larger than `http.max_body`."""

    code = "BODY_TOO_LARGE"
    retryable = False
    health = AttemptKind.BROKEN


class RedirectRefusedError(TransportError):
    """The provider pointed to another host; we do not go there."""

    code = "REDIRECT_REFUSED"
    retryable = False
    health = AttemptKind.BROKEN


def one_line(error: OddsctlError) -> str:
    """The message, and in parentheses what to do, where that is known."""
    return f"{error.message} ({error.hint})" if error.hint else error.message


def family(kind: type[OddsctlError] = OddsctlError) -> Iterator[type[OddsctlError]]:
    """The class and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from family(below)


def named(code: str) -> type[ProviderError]:
    """The class of provider errors with that code; `ProviderError` itself for an unknown one.

    None of the transport errors: whether a request left cannot be told from a code.
    """
    return next(
        (
            kind
            for kind in family(ProviderError)
            if kind.code == code and issubclass(kind, ProviderError) and not issubclass(kind, TransportError)
        ),
        ProviderError,
    )
