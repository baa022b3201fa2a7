"""Durations, rates, sizes, ages and days, as people write them.

Error messages never repeat the refused text: it might be a key in the wrong place.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = 60, 3600, 86400
"""Seconds."""
LAST_INSTANT = 4102444800.0
"""2100-01-01; a later time is a mistake, such as milliseconds taken for seconds."""
EASTERN = ZoneInfo("America/New_York")
"""The zone that ESPN's days are in."""

HOW_DURATION = 'write it like "10s", "90m" or "1h30m"'
HOW_RATE = 'write it like "5/s", "30/m" or "600/h"'
HOW_SIZE = 'write it like "32MiB", "500KiB" or "1000" (bytes)'

_LONGEST = 3650 * 86400.0
"""Ten years. More is a typo, and dates cannot hold it."""
_DURATION = re.compile("".join(f"(?:([0-9]{{1,9}}){unit})?" for unit in ("d", "h", "m", "s", "ms")))
_MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_RATE = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)/([smh])")
_PER = {"s": 1, "m": 60, "h": 3600}
_SIZE = re.compile(r"([0-9]{1,12})(KiB|MiB|GiB)?", re.IGNORECASE)
_BYTES = {"": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}


class BadValueError(ValueError):
    """An invalid value. The message names `what` is wrong and the `remedy`, never the value."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}; {remedy}")
        self.what = what
        self.remedy = remedy


def parse_duration(text: str) -> float:
    """Return the seconds in "500ms", "10s", "10m", "2h", "1d" or a mix such as "1h30m", largest unit first.

    Raises `BadValueError`.
    """
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None or found.lastindex is None:
        raise BadValueError("is not a valid duration", HOW_DURATION)
    amounts = zip(found.groups(default="0"), _MILLISECONDS.values(), strict=True)
    seconds = sum(int(amount) * unit for amount, unit in amounts) / 1000
    if seconds > _LONGEST:
        raise BadValueError("is longer than ten years", HOW_DURATION)
    return seconds


def format_duration(seconds: float) -> str:
    """Return the shortest text that `parse_duration` reads as the same milliseconds."""
    left, parts = round(seconds * 1000), []
    for unit, size in _MILLISECONDS.items():
        amount, left = divmod(left, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return "".join(parts) or "0s"


def parse_rate(text: str) -> float:
    """Return the requests per second in "5/s", "30/m" or "600/h". Raises `BadValueError`."""
    found = _RATE.fullmatch(text.strip().lower())
    if found is None:
        raise BadValueError("is not a valid rate", HOW_RATE)
    if float(found[1]) == 0:
        raise BadValueError("must be more than 0", HOW_RATE)
    return float(found[1]) / _PER[found[2]]


def format_rate(rate: float) -> str:
    """Write a rate per second, minute or hour: the first of these in which it is at least 1 and exact."""
    for unit, seconds in _PER.items():
        amount = round(rate * seconds, 9)
        if unit == "h" or (amount >= 1 and amount == round(amount, 3)):
            break
    return f"{amount:.3f}".rstrip("0").rstrip(".") + f"/{unit}"


def parse_size(text: str) -> int:
    """Return the bytes in "32MiB", "500KiB", "1GiB" or "1000". Raises `BadValueError`."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise BadValueError("is not a valid size", HOW_SIZE)
    if int(found[1]) == 0:
        raise BadValueError("must be more than 0", HOW_SIZE)
    return int(found[1]) * _BYTES[(found[2] or "").lower()]


def format_size(size: int) -> str:
    """Write a size in the largest unit in which it is a whole number."""
    for unit in ("GiB", "MiB", "KiB"):
        if size % _BYTES[unit.lower()] == 0:
            return f"{size // _BYTES[unit.lower()]}{unit}"
    return str(size)


def iso(epoch: float) -> str:
    """Write epoch seconds as ISO 8601 in UTC, such as `2026-11-26T18:00:00Z`."""
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(epoch: float | None) -> str | None:
    """Write epoch seconds as `iso` does; None stays None."""
    return None if epoch is None else iso(epoch)


def age_text(seconds: float) -> str:
    """Write seconds as `45 s`, `3 min`, `2 h` or `3 d`, rounded."""
    for size, unit, most in ((1, "s", 60), (60, "min", 60), (3600, "h", 24)):
        count = int(max(0.0, seconds) / size + 0.5)
        if count < most:
            return f"{count} {unit}"
    return f"{int(seconds / 86400 + 0.5)} d"


def eastern_day(start: float) -> str:
    """Return the US Eastern day, YYYYMMDD, under which ESPN lists a game that starts at `start`."""
    return f"{day_of(start):%Y%m%d}"


def day_of(moment: float, zone: ZoneInfo = EASTERN) -> date:
    """Return the day of a moment (epoch seconds): US Eastern, as leagues count, or that of `zone`."""
    return datetime.fromtimestamp(moment, UTC).astimezone(zone).date()


def midnight(day: date) -> float:
    """Return when a US Eastern day begins (epoch seconds)."""
    return datetime(day.year, day.month, day.day, tzinfo=EASTERN).timestamp()
