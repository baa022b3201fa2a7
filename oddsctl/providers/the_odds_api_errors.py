"""The errors of The Odds API, from its codes and statuses."""

from __future__ import annotations

from oddsctl.domain.http import HttpResponse
from oddsctl.domain.provider_errors import (
    BrokenAnswerError,
    DeactivatedKeyError,
    EventGoneError,
    ForbiddenError,
    InvalidKeyError,
    InvalidMarketError,
    MissingKeyError,
    OutOfCreditsError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    ServerError,
    UnknownSportError,
)
from oddsctl.providers import json_fields, json_values

API = "odds"
BY_CODE: dict[str, type[ProviderError]] = {
    "MISSING_KEY": MissingKeyError,
    "INVALID_KEY": InvalidKeyError,
    "DEACTIVATED_KEY": DeactivatedKeyError,
    "OUT_OF_USAGE_CREDITS": OutOfCreditsError,
    "EXCEEDED_FREQ_LIMIT": RateLimitedError,
    "UNKNOWN_SPORT": UnknownSportError,
    "INVALID_SPORT": UnknownSportError,
    "INVALID_MARKET": InvalidMarketError,
    "INVALID_MARKET_COMBO": InvalidMarketError,
    "EVENT_NOT_FOUND": EventGoneError,
}
"""Compared as whole strings: codes share prefixes."""
ABOUT = {
    **dict.fromkeys(("UNKNOWN_SPORT", "INVALID_SPORT"), "sport"),
    **dict.fromkeys(("INVALID_MARKET", "INVALID_MARKET_COMBO", "MISSING_MARKET"), "markets"),
    **dict.fromkeys(("INVALID_REGION", "MISSING_REGION"), "regions"),
    "INVALID_BOOKMAKERS": "bookmakers",
    **dict.fromkeys(("EVENT_NOT_FOUND", "INVALID_EVENT_ID"), "event"),
}
"""The part of a request that a refusal is about."""
HINTS: dict[type[ProviderError], str] = {
    MissingKeyError: "check what odds.key points to",
    InvalidKeyError: "check the key that odds.key points to",
    DeactivatedKeyError: "see to the subscription at the-odds-api.com",
    OutOfCreditsError: "credits return with the new month; `oddsctl stats` shows when",
    InvalidMarketError: "boards have h2h, spreads, totals and outrights; other markets are asked by event",
}


def error_of_answer(response: HttpResponse) -> ProviderError:
    """Return the error that a response without an answer means."""
    code, said = _told(response)
    kind = BY_CODE.get(code) or _by_status(response.status, code)
    rest = json_values.retry_after(response) if kind in (RateLimitedError, ServerError) else None
    message = f"odds: {json_values.quote(said) or 'refused without a reason'} ({_cause(response, code)})"
    error = kind(message, provider=API, retry_at=rest, hint=HINTS.get(kind))
    if isinstance(error, RejectedError):
        error.about = ABOUT.get(code)
    return error


def _cause(response: HttpResponse, code: str) -> str:
    """The code; of what may pass the status too, which the code does not tell."""
    words = [json_values.quote(code)] if code else []
    return ", ".join([*words, f"HTTP {response.status}"] if not code or response.status >= 500 else words)


def _told(response: HttpResponse) -> tuple[str, str]:
    """The `error_code` and the message; empty where the body has none (a gateway's page)."""
    try:
        body = json_fields.fields(json_fields.body(API, response))
    except BrokenAnswerError:
        body = {}
    return json_values.text(body.get("error_code")) or "", json_values.said(body.get("message"))


def _by_status(status: int, code: str) -> type[ProviderError]:
    """The error where the code says nothing.

    A 401 with a code that is not about the key (a paid plan's endpoint) is a refusal.
    """
    kinds: dict[int, type[ProviderError]] = {403: ForbiddenError, 429: RateLimitedError}
    if status == 401 and not code:
        return InvalidKeyError
    if status >= 500 or status == 408:
        return ServerError
    return kinds.get(status, RejectedError if 400 <= status < 500 else BrokenAnswerError)
