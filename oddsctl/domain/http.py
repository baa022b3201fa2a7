"""One exchange with a provider: request, response, and what it told of the account.

Frozen values; nothing else may enter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


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
