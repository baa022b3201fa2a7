"""Typed values out of providers' JSON; what is not as promised is refused by name and place. Pure; no provider may enter."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime

from oddsctl.errors import BrokenAnswerError
from oddsctl.messages.wire import HttpResponse
from oddsctl.ports import JSON

LONGEST_QUOTE = 200
LONGEST_REST = 86400.0
"""Seconds that a `Retry-After` is believed at the most: a slip of the provider must not silence it for years."""
LAST_INSTANT = 4102444800.0
"""2100-01-01; a later time is a mistake, such as milliseconds taken for seconds."""


class Entry:
    """One JSON object of an answer and the place where it stood, for errors: `Entry("odds", "event 3", {...})`."""

    __slots__ = ("api", "place", "value")

    def __init__(self, api: str, place: str, value: JSON) -> None:
        self.api = api
        self.place = place
        if not isinstance(value, dict):
            raise self.broken("is no object")
        self.value = value

    def broken(self, what: str) -> BrokenAnswerError:
        return BrokenAnswerError(f"{self.api}: {self.place} {what}", provider=self.api)

    def word(self, name: str) -> str:
        """A text that must be there, such as a name; whole numbers will do (ids come as either)."""
        found = word(self.value.get(name))
        if found is None:
            raise self.broken(f"has no {name}")
        return found

    def number(self, name: str) -> float:
        """A finite number that must be there."""
        found = number(self.value.get(name))
        if found is None:
            raise self.broken(f"has no {name}")
        return found

    def instant(self, name: str) -> float:
        """Epoch seconds of a time that must be there, in any form that `instant` reads."""
        found = instant(self.value.get(name))
        if found is None:
            raise self.broken(f"has no {name}" if self.value.get(name) is None else f"has a {name} that is no time")
        return found

    def entries(self, name: str, called: str) -> list[Entry]:
        """The objects of a list that must be there; the first is `called 1`."""
        return entries(self.api, f"{name} of {self.place}", self.value.get(name), f"{called} {{}} of {self.place}")


def entries(api: str, place: str, value: JSON, called: str) -> list[Entry]:
    """The objects of the list at `place`, each `called` so with its number from 1. Raises `BrokenAnswerError` where one is none."""
    if not isinstance(value, list):
        raise BrokenAnswerError(f"{api}: {place} is no list", provider=api)
    return [Entry(api, called.format(count), one) for count, one in enumerate(value, 1)]


def body(api: str, response: HttpResponse) -> JSON:
    """The answer as JSON. Raises `BrokenAnswerError` where it is none: bare `nan`, a stream that broke off, a gateway's page."""
    try:
        return json.loads(response.body)  # NaN, which it takes, is no number to `number`
    except json.JSONDecodeError as error:
        near = quote(error.doc[error.pos : error.pos + 40])
        what = f"is no JSON from character {error.pos} on ({near})" if near else "ends too soon"
    except (ValueError, RecursionError):
        what = "is no JSON"
    raise BrokenAnswerError(f"{api}: the answer {what}" if response.body.strip() else f"{api}: the answer is empty", provider=api)


def fields(value: JSON) -> dict[str, JSON]:
    """The object, or an empty one where there is none: for parts that may be missing."""
    return value if isinstance(value, dict) else {}


def word(value: JSON) -> str | None:
    """A text that is not blank, also a whole number as text; None for anything else.

    JSON can spell half a surrogate pair, which no terminal and no file takes: it becomes `?`.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    return value.encode("utf-8", "replace").decode().strip() or None if isinstance(value, str) else None


def number(value: JSON) -> float | None:
    """A finite number, also one written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and ("_" in value or not value.isascii()):  # Python's own spellings, `1_000` and `١٢`
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: JSON) -> int | None:
    """A whole number, also one written as text; None for anything else."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def instant(value: JSON) -> float | None:
    """Epoch seconds of `2022-09-09T00:20Z`, `2022-09-09T00:20:00Z`, an offset form (none means UTC) or unix seconds."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            found: float | None = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    else:
        found = number(value)
    return found if found is not None and 0 <= found < LAST_INSTANT else None


def decimal_odds(american: JSON) -> float | None:
    """Decimal odds of american ones: `-110` is 1.9091, `+150` is 2.5, `EVEN` is 2. None for `OFF` and whatever else is no price."""
    if isinstance(american, str) and american.strip().upper() == "EVEN":
        return 2.0
    found = number(american)
    if found is None or abs(found) < 100:
        return None
    price = round(1 + (found / 100 if found > 0 else 100 / -found), 4)
    return price if price > 1 else None


def quote(text: JSON) -> str:
    """A provider's own words, fit for one line of ours: short, printable, without query strings (a key travels in them)."""
    words = re.sub(r"[?&]\S*=\S*|\bapi_?key=\S*", "", str(text), flags=re.IGNORECASE).split()
    line = "".join(letter for letter in " ".join(words) if letter.isprintable())
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1]}…"


def retry_after(response: HttpResponse) -> float | None:
    """Epoch seconds that a `Retry-After` header names, as seconds or as a date; at the most `LONGEST_REST` from now."""
    text = response.headers.get("retry-after", "").strip()
    latest = response.received_at + LONGEST_REST
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(response.received_at + int(text), latest)
    try:
        return min(datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC).timestamp(), latest)
    except ValueError:
        return None
