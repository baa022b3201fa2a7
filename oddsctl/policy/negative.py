"""How long a definite refusal, or an answer that was paid for and can't be read, is remembered: it is not bought again. Pure."""

from __future__ import annotations

from oddsctl.errors import EventGoneError, InvalidKeyError, ProviderError, RejectedError
from oddsctl.policy.backoff import is_paid_for

DAY = 86400.0
UNTIL_THE_KEY_CHANGES = 365 * DAY
"""Refusals of a key are kept under its fingerprint: another key is not met by them."""


def remembered_until(error: ProviderError, game_time: float | None, now: float, fresh_for: float = 0.0) -> float | None:
    """Until when the same would be refused again (epoch seconds); None for what may pass.

    An answer that was paid for and can't be read is remembered as long as it would have been fresh (`fresh_for` seconds).
    """
    match error:
        case InvalidKeyError():
            return now + UNTIL_THE_KEY_CHANGES
        case EventGoneError():
            return game_time if game_time is not None and game_time > now else now + DAY
        case RejectedError():
            return now + DAY
        case _:
            return now + fresh_for if is_paid_for(error) else None
