"""How long a definite refusal is remembered, so that it is not bought again. Pure."""

from __future__ import annotations

from oddsctl.errors import EventGoneError, InvalidKeyError, ProviderError, RejectedError

DAY = 86400.0
UNTIL_THE_KEY_CHANGES = 365 * DAY
"""Refusals of a key are kept under its fingerprint: another key is not met by them."""


def remembered_until(error: ProviderError, game_time: float | None, now: float) -> float | None:
    """Until when the same wish would be refused again (epoch seconds); None for what may pass."""
    match error:
        case InvalidKeyError():
            return now + UNTIL_THE_KEY_CHANGES
        case EventGoneError():
            return game_time if game_time is not None and game_time > now else now + DAY
        case RejectedError():
            return now + DAY
        case _:
            return None
