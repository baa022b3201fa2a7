"""Single values of a JSON answer: read strictly, None for what cannot be used."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from oddsctl.domain import characters
from oddsctl.domain.http import HttpResponse
from oddsctl.domain.plausible import HIGHEST_PRICE, LARGEST, LONGEST_WORD
from oddsctl.domain.ports import JSON
from oddsctl.domain.units import LAST_INSTANT

LONGEST_QUOTE = 200
MOST_DIGITS = 30
"""Of a whole number: more is absurd, and Python refuses to read thousands."""
LONGEST_REST = 86400.0
"""Seconds that a `Retry-After` is believed at the most: a slip of the provider must not silence it for
years.
"""


def text(value: JSON) -> str | None:
    """A short text that is not blank, on one line and without unsafe characters, also a whole number as text;
    None for anything else.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    if not isinstance(value, str) or len(value) > LONGEST_WORD:
        return None
    return characters.printable_line(value) or None


def said(value: JSON) -> str:
    """A provider's words of any length, for `quote`; empty where there are none."""
    return value if isinstance(value, str) else ""


def number(value: JSON) -> float | None:
    """A number, also one written as text; None for anything else, and for what is absurdly large."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and (
        "_" in value or not value.isascii() or len(value) > LONGEST_WORD
    ):  # Python's `1_000` and `١٢`
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) <= LARGEST else None


def within(value: JSON, lowest: float, highest: float) -> float | None:
    """A number in these bounds; None for anything else."""
    found = number(value)
    return found if found is not None and lowest <= found <= highest else None


def whole(value: JSON) -> int | None:
    """A whole number, also one written as text; None for anything else."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def whole_within(value: JSON, lowest: int, highest: int) -> int | None:
    """A whole number in these bounds; None for anything else."""
    found = whole(value)
    return found if found is not None and lowest <= found <= highest else None


def instant(value: JSON) -> float | None:
    """Epoch seconds of `2022-09-09T00:20Z`, `2022-09-09T00:20:00Z`, an offset form (none means UTC) or unix
    seconds.
    """
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
    """Decimal odds of american ones: `-110` is 1.9091, `+150` is 2.5, `EVEN` is 2.

    None for `OFF` and whatever else is no price.
    """
    if isinstance(american, str) and american.strip().upper() == "EVEN":
        return 2.0
    found = number(american)
    if found is None or abs(found) < 100:
        return None
    price = round(1 + (found / 100 if found > 0 else 100 / -found), 4)
    return price if 1 < price <= HIGHEST_PRICE else None


def quote(text: JSON) -> str:
    """A provider's own words, fit for one line of ours: short, printable, without query strings (a key
    travels in them).
    """
    words = re.sub(r"[?&]\S*=\S*|\bapi_?key=\S*", "", str(text)[:LONGEST_READ], flags=re.IGNORECASE)
    line = characters.printable_line(words)
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1]}…"


def retry_after(response: HttpResponse) -> float | None:
    """Epoch seconds that a `Retry-After` header names, as seconds or as a date; at the most `LONGEST_REST`
    from now.
    """
    text = response.headers.get("retry-after", "").strip()
    latest = response.received_at + LONGEST_REST
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(response.received_at + int(text), latest)
    try:
        return min(
            datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC).timestamp(), latest
        )
    except ValueError:
        return None


LONGEST_READ = 10_000
"""Characters of a provider's own words that are looked at."""
