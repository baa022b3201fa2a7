"""How far our clock is from a server's, by the `Date` of one answer. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from oddsctl.domain.plausible import LAST_INSTANT

FIRST_INSTANT = 1577836800.0
"""2020-01-01; an earlier `Date` is a mistake of the server, as is one of the next century."""
TICK = 1.0
"""Seconds: `Date` tells no fractions."""


def ahead(headers: Mapping[str, str], sent_at: float, received_at: float) -> float | None:
    """Seconds by which our clock is ahead of the server's (negative: behind) at the least; None where the
    answer does not tell.

    The server wrote `Date` at some moment between sending and receiving, and within the second that it names:
    what that leaves open counts for us. An answer from a cache on the way is older by its `Age` (RFC 9111,
    5.1).
    """
    try:
        dated = parsedate_to_datetime(headers["date"]).timestamp() + max(0, int(headers.get("age", "0")))
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    if not FIRST_INSTANT <= dated < LAST_INSTANT:
        return None
    most, least = received_at - dated, sent_at - (dated + TICK)
    return least if least > 0 else most if most < 0 else 0.0
