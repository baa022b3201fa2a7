"""Decide whether and when to retry a failed call: capped exponential backoff with full jitter.

Pure; the random number is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass

from oddsctl.domain import settings
from oddsctl.domain.provider_errors import ProviderError

RETRIES_PER_RUN = 6
"""Retries of one run, all its calls together."""


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Try again after `wait` seconds."""

    wait: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not try again.

    `why` is the reason in words, `not_before` when a later command may (epoch seconds).
    """

    why: str
    not_before: float | None = None


def is_paid_for(error: ProviderError) -> bool:
    """Return True if an answer was charged but cannot be read. Buying it again would not help."""
    return error.charged > 0 and error.is_unreadable


def worth_retrying(error: ProviderError) -> bool:
    """Whether the same request may succeed next time, and was not paid for already."""
    return error.retryable and not is_paid_for(error)


def after(
    error: ProviderError,
    attempt: int,
    rules: settings.RetrySettings,
    *,
    roll: float,
    now: float,
    patience: float,
) -> RetryAfter | GiveUp:
    """Decide what to do after failure number `attempt` (from 1).

    `roll` is a random number in [0, 1), `patience` the seconds the caller can wait.
    """
    if not worth_retrying(error):
        return GiveUp("asking again would give the same answer")
    if error.retry_at is not None and error.retry_at - now > patience:
        return GiveUp(f"the provider asks to wait {error.retry_at - now:.0f} s", error.retry_at)
    if attempt >= rules.attempts:
        return GiveUp(f"{attempt} attempts failed", error.retry_at)
    wait = roll * min(rules.cap, rules.base * 2 ** (attempt - 1))
    if error.retry_at is not None:
        wait = max(wait, error.retry_at - now)
    return RetryAfter(wait) if wait <= patience else GiveUp(f"the next try would be in {wait:.0f} s")
