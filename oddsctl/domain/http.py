"""One HTTP exchange with a provider: request, response, and the account balance in its headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oddsctl.domain.units import LAST_INSTANT

DEMO_HEADER = "x-oddsctl-demo"
"""Marks every answer of the simulated world, so that nobody takes it for a real one."""


class Secret(str):
    """A string whose repr hides it, so that it cannot slip into a log or a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(***)"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One GET request.

    `params` come sorted from the provider. `secret` holds parameters that must never be shown or stored.
    """

    api: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    secret: tuple[tuple[str, Secret], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One complete response. Header names are in lower case; `body` has no content encoding any more."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    sent_at: float = 0.0
    received_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Quota:
    """The credits of the account as one response reports them; None for a missing header.

    `remaining` may be negative. `last` is the price of the call itself.
    """

    used: int | None = None
    remaining: int | None = None
    last: int | None = None


FIRST_INSTANT = 1577836800.0
"""2020-01-01. An earlier `Date`, or one after `LAST_INSTANT`, is a mistake of the server."""
TICK = 1.0
"""Seconds: the resolution of `Date`."""


def clock_skew(headers: Mapping[str, str], sent_at: float, received_at: float) -> float | None:
    """Return by how many seconds our clock is at least ahead of the server's; negative when it is behind.

    None when the response does not say. The server wrote `Date` at some moment between sending and receiving
    and within the second it names; the result is the smallest skew that fits. A response from a cache on the
    way is older by its `Age` (RFC 9111, 5.1).
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
