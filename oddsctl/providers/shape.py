"""Typed values out of providers' JSON, with the place named where one is not what it must be. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from oddsctl.errors import BrokenAnswerError
from oddsctl.messages import HttpResponse

JSON = Any
LONGEST_QUOTE = 200


def body(api: str, response: HttpResponse) -> JSON:
    """The answer as JSON. Raises `BrokenAnswerError` where it is none (bare `nan`, half a body, a gateway's HTML)."""
    try:
        return json.loads(response.body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BrokenAnswerError(f"{api}: the answer is no JSON ({_begin(response.body)})", provider=api) from None


def _no_number(name: str) -> float | None:
    """NaN and the infinities are no values; Python's decoder would take them."""
    return None if name == "NaN" else math.inf


def _begin(raw: bytes) -> str:
    text = " ".join(raw[:60].decode("utf-8", "replace").split())
    return f"it begins {text[:40]!r}" if text else "it is empty"


class Entry:
    """One JSON object of an answer, at a known place: `Entry("odds", "event 3", {...})`."""

    def __init__(self, api: str, place: str, value: JSON) -> None:
        self.api = api
        self.place = place
        if not isinstance(value, Mapping):
            raise self.broken("is no object")
        self.value = value

    def broken(self, what: str) -> BrokenAnswerError:
        return BrokenAnswerError(f"{self.api}: {self.place} {what}", provider=self.api)

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.value.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.broken(f"has no {name}")
        return value.strip()

    def text_or_none(self, name: str) -> str | None:
        value = self.value.get(name)
        return value.strip() or None if isinstance(value, str) else None

    def number(self, name: str) -> float:
        """A finite number that must be there."""
        value = number(self.value.get(name))
        if value is None:
            raise self.broken(f"has no {name}")
        return value

    def time(self, name: str) -> float:
        """Epoch seconds of an ISO time or unix integer that must be there."""
        value = instant(self.value.get(name))
        if value is None:
            raise self.broken(f"has no {name}, or none that is a time")
        return value

    def entries(self, name: str) -> list[Entry]:
        """The objects of a list that must be there."""
        return entries(self.api, f"{name} of {self.place}", self.value.get(name))

    def inner(self, name: str) -> Entry:
        """An object within; an empty one where there is none."""
        value = self.value.get(name)
        return Entry(self.api, f"{name} of {self.place}", value if isinstance(value, Mapping) else {})


def entries(api: str, place: str, value: JSON) -> list[Entry]:
    """The objects of a list. Raises `BrokenAnswerError` where it is no list or holds anything else."""
    if not isinstance(value, list):
        raise BrokenAnswerError(f"{api}: {place} should be a list", provider=api)
    return [Entry(api, f"{place} [{index}]", one) for index, one in enumerate(value)]


def number(value: JSON) -> float | None:
    """A finite number, also one written as text; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: JSON) -> int | None:
    """A whole number, also one written as text."""
    found = number(value)
    return None if found is None or found != int(found) else int(found)


def instant(value: JSON) -> float | None:
    """Epoch seconds of `2022-09-09T00:20Z`, `…:20:00Z`, an offset form (none means UTC), or unix seconds."""
    if isinstance(value, int | float):
        found = number(value)
        return found if found is not None and 0 < found < 1e11 else None
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def decimal_odds(american: JSON) -> float | None:
    """Decimal odds of american ones: `-110` is 1.9091, `+150` is 2.5, `EVEN` is 2. None for `OFF` and whatever is no price."""
    if isinstance(american, str) and american.strip().upper() in ("EVEN", "EV"):
        return 2.0
    found = number(american)
    if found is None or abs(found) < 100:
        return None
    return round(1 + (found / 100 if found > 0 else 100 / -found), 4)


def quote(text: JSON) -> str:
    """A provider's own words, fit for one line of ours: short, without query strings."""
    words = " ".join(re.sub(r"\?\S*", "", str(text)).split())
    return words if len(words) <= LONGEST_QUOTE else words[: LONGEST_QUOTE - 1] + "…"


def retry_after(response: HttpResponse) -> float | None:
    """Epoch seconds that a `Retry-After` header names, as seconds or as a date."""
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return response.received_at + int(text)
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None
