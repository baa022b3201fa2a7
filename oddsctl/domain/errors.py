"""Every error a user can meet, as one tree that carries facts. Nothing else may enter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class OddsctlError(Exception):
    """Something went wrong that has a name, an exit code and, where known, a remedy.

    `message` is one line fit for a user: it never holds a key, a query string or a traceback.
    `provider` is "odds", "espn" or "weather"; `retry_at` is epoch seconds, UTC; `hint` says what to do.
    """

    code = "BUG"
    exit_code = 1

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


class MaxCreditsRefusedError(BudgetRefusedError):
    """`--max-credits` does not allow the call, and nothing is stored to show instead."""

    code = "REFUSED_MAX_CREDITS"


class RateRefusedError(OddsctlError):
    """The rate limit asks for a longer wait than allowed, and nothing is stored to show instead."""

    code = "REFUSED_RATE"
    exit_code = 7


class BreakerRefusedError(OddsctlError):
    """The provider is left alone until it has recovered, and nothing is stored to show instead."""

    code = "REFUSED_BREAKER"
    exit_code = 6


class OutOfReachError(OddsctlError):
    """The answer came, and does not reach what was asked for: no forecast goes so far."""

    code = "OUT_OF_REACH"
    exit_code = 6


class OfflineError(OddsctlError):
    """Nothing may be asked (`--offline`), and nothing is stored to show instead."""

    code = "OFFLINE"
    exit_code = 6


class ProviderError(OddsctlError):
    """A provider did not give what was asked.

    Subclasses say in which way. `charged`: credits that its answer cost all the same.
    """

    code = "PROVIDER"
    exit_code = 6
    charged = 0


class MissingKeyError(ProviderError):
    """No key is configured, or the provider saw none."""

    code = "NO_KEY"
    exit_code = 4


class InvalidKeyError(ProviderError):
    """The provider does not know the key."""

    code = "INVALID_KEY"
    exit_code = 4


class DeactivatedKeyError(InvalidKeyError):
    """The provider has switched the key off."""

    code = "DEACTIVATED_KEY"


class OutOfCreditsError(ProviderError):
    """The provider says that the month's credits are used up."""

    code = "OUT_OF_CREDITS"
    exit_code = 5


class RateLimitedError(ProviderError):
    """The provider asks us to slow down; `retry_at` says until when, where it told."""

    code = "RATE_LIMITED"
    exit_code = 7


class RejectedError(ProviderError):
    """A definite refusal: asking the same again gives the same answer.

    `about` names the part of the request that was refused, where the provider says so: "sport", "markets",
    "regions", "bookmakers" or "event".
    """

    code = "REJECTED"
    exit_code = 2
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


class ForbiddenError(ProviderError):
    """The provider refuses us as a client (ESPN: the User-Agent)."""

    code = "FORBIDDEN"


class ServerError(ProviderError):
    """The provider answered 5xx, or 408: it could not answer in time. It may the next time."""

    code = "SERVER_ERROR"


class BrokenAnswerError(ProviderError):
    """An answer arrived that is not what the provider promises: no JSON, or the wrong shape."""

    code = "BROKEN_ANSWER"


class UnusableAnswerError(BrokenAnswerError):
    """The answer has the right shape, and not one of its entries can be used.

    Asking again would bring the same.
    """

    code = "UNUSABLE_ANSWER"


class TransportError(ProviderError):
    """No whole answer arrived.

    `maybe_sent` is true when the provider may have seen (and charged) the request.

    `head` is the status and the headers (names in lower case) of an answer whose body did not come whole.
    """

    code = "TRANSPORT"
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


class RedirectRefusedError(TransportError):
    """The provider pointed to another host; we do not go there."""

    code = "REDIRECT_REFUSED"


def named(code: str) -> type[ProviderError]:
    """The class of provider errors with that code; `ProviderError` itself for an unknown one.

    Transport errors are named by their parent: whether a request left cannot be told from a code.
    """

    def tree(kind: type[ProviderError]) -> Iterator[type[ProviderError]]:
        yield kind
        for below in kind.__subclasses__():
            if below is not TransportError:
                yield from tree(below)

    return next((kind for kind in tree(ProviderError) if kind.code == code), ProviderError)
