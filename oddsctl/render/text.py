"""How single values are spelled for people: prices, points, ages, sizes, times. Pure; no rich."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from oddsctl.domain import characters
from oddsctl.domain.units import age_text

OddsFormat = Literal["american", "decimal"]

UNKNOWN = "–"  # noqa: RUF001  a dash as long as a digit, so that columns of numbers stay calm
"""Stands for what is not known; 0 would be a claim."""


def price(decimal: float, odds_format: OddsFormat) -> str:
    """Decimal odds as the reader writes them."""
    return american(decimal) if odds_format == "american" else f"{decimal:.2f}"


def american(decimal: float) -> str:
    """`+150` for 2.5, `-110` for 1.91; even money is `+100`. Odds that win nothing have no such spelling."""
    win = decimal - 1.0
    if win <= 0:
        return UNKNOWN
    odds = round(100 * win) if win >= 1 else -round(100 / win)
    return f"{100 if odds == -100 else odds:+d}"


def point(market: str, outcome: str, value: float | None) -> str:
    """A handicap as `+3.5` or `PK`, a total as `o 44.5` or `u 44.5`; empty where the market has none."""
    if value is None:
        return ""
    if market == "spreads":
        return f"{value:+g}" if value else "PK"
    side = {"Over": "o ", "Under": "u "}.get(outcome, "")
    return f"{side}{value:g}"


def age(seconds: float | None) -> str:
    """`45 s`, `3 min`, `2 h`, `3 d`, to the nearest."""
    return "of unknown age" if seconds is None else age_text(seconds)


def size(count: int | None) -> str:
    """Bytes as `812 B`, `1.2 MiB`."""
    if count is None:
        return UNKNOWN
    scaled, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if scaled >= 1023.95:  # from there on it would be spelled 1024.0
            scaled, unit = scaled / 1024, larger
    return f"{number(scaled)} {unit}"


def latency(milliseconds: float | None) -> str:
    """`142 ms`, `1.4 s`."""
    if milliseconds is None:
        return UNKNOWN
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else f"{milliseconds / 1000:.1f} s"


def number(value: float | None) -> str:
    """`20,000`, `4.2`: one digit after the point at most, and none that says nothing."""
    return UNKNOWN if value is None else f"{value:,.1f}".removesuffix(".0")


def share(part: float | None) -> str:
    """`0 %`, `12 %` of the whole, 1 being all of it."""
    return UNKNOWN if part is None else f"{part * 100:.0f} %"


def counted(value: int | None, noun: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{number(value)} {noun}" if value == 1 else f"{number(value)} {noun}s"


def day(value: date, *, this_year: int) -> str:
    """`Sun 4 Jan`, with the year when it is another."""
    return f"{value:%a} {value.day} {value:%b}" + (f" {value.year}" if value.year != this_year else "")


def moment(stamp: str, zone: ZoneInfo) -> str:
    """`Sun 4 Jan at 19:00` for an ISO 8601 time."""
    at = datetime.fromisoformat(stamp).astimezone(zone)
    return f"{day(at.date(), this_year=at.year)} at {at:%H:%M}"


def zone_name(epoch: float, zone: ZoneInfo) -> str:
    """`EST`, or `UTC+03` where the zone has no letters of its own."""
    name = datetime.fromtimestamp(epoch, zone).tzname() or zone.key
    return f"UTC{name}" if name[:1] in "+-" else name


def printable(text: str) -> str:
    """The text on one line without unsafe characters: what providers send must not steer a terminal."""
    return text if characters.is_safe(text) else characters.printable_line(text)
