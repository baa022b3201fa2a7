"""What a provider refuses or gets wrong: the branch of the error tree below ProviderError (see errors)."""

from __future__ import annotations

from collections.abc import Mapping

from oddsctl.domain.errors import AttemptKind, OddsctlError, Remember, family


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
    """The provider asks us to slow down; `retry_at` is until when, if it says so."""

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
