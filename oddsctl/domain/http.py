"""One exchange with a provider: request, response, and what it told of the account.

Frozen values; nothing else may enter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oddsctl.domain.units import LAST_INSTANT


class Secret(str):
    """A string that does not show itself in a repr, so that it cannot slip into a log or a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(***)"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One GET.

    `params` are sorted by the provider; `secret` holds parameters that must never be shown or kept.
    """

    api: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    secret: tuple[tuple[str, Secret], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One whole answer. Header names are lower case; `body` is decoded from any content encoding."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    sent_at: float = 0.0
    received_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Quota:
    """The account's balance as one answer told it; None where a header was missing.

    `remaining` may be negative.
    """

    used: int | None = None
    remaining: int | None = None
    last: int | None = None


FIRST_INSTANT = 1577836800.0
"""2020-01-01; an earlier `Date` is a mistake of the server, as is one of the next century."""
TICK = 1.0
"""Seconds: `Date` tells no fractions."""


def clock_skew(headers: Mapping[str, str], sent_at: float, received_at: float) -> float | None:
    """Seconds by which our clock is ahead of the server's (negative: behind) at the least; None where the
    answer does not tell.

    The server wrote `Date` at some moment between sending and receiving, and within the second that it names:
    what that leaves open counts for us. An answer from a cache on the way is older by its `Age` (RFC 9111,
    5.1).
    """
    # Slow to import, and only a call needs it.
    from email.utils import parsedate_to_datetime

    try:
        dated = parsedate_to_datetime(headers["date"]).timestamp() + max(0, int(headers.get("age", "0")))
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    if not FIRST_INSTANT <= dated < LAST_INSTANT:
        return None
    most, least = received_at - dated, sent_at - (dated + TICK)
    return least if least > 0 else most if most < 0 else 0.0
