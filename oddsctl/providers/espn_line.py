"""ESPN's own line in a scoreboard, in the shapes of several years (FACTS 2.5). What has no price is no line. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from oddsctl.models import Price
from oddsctl.providers import shape
from oddsctl.providers.shape import JSON, Entry

ONE_SPELLING = {"Draft Kings": "DraftKings"}


def line(competition: Entry, home: str, away: str) -> tuple[Price, ...]:
    """The prices of the first provider that has any, as bookmaker `espn:NAME`; empty where there is none."""
    listed = competition.value.get("odds")
    for value in listed if isinstance(listed, list) else ():
        if not isinstance(value, dict):
            continue  # `[null]` is common
        odds = Entry(competition.api, f"odds of {competition.place}", value)
        if prices := tuple(_prices(odds, home, away)):
            return prices
    return ()


def _prices(odds: Entry, home: str, away: str) -> Iterator[Price]:
    name = odds.inner("provider").text_or_none("name") or "line"
    book = f"espn:{ONE_SPELLING.get(name, name)}"
    for outcome, price in _moneylines(odds, home, away):
        yield Price(book, "h2h", outcome, price)
    for outcome, price, point in _spreads(odds, home, away):
        yield Price(book, "spreads", outcome, price, point)
    for outcome, price, point in _totals(odds):
        yield Price(book, "totals", outcome, price, point)


def _moneylines(odds: Entry, home: str, away: str) -> list[tuple[str, float]]:
    sides = (("home", "homeTeamOdds", home), ("away", "awayTeamOdds", away), ("draw", "drawOdds", "Draw"))
    found = []
    for side, old, outcome in sides:
        price = shape.decimal_odds(_last(odds, "moneyline", side).value.get("odds"))
        price = price or shape.decimal_odds(odds.inner(old).value.get("moneyLine")) or _fractional(odds.inner(old))
        if price:
            found.append((outcome, price))
    return found if len(found) > 1 else []


def _fractional(side: Entry) -> float | None:
    """Decimal odds of `11/2`, as the British books write a moneyline."""
    text = side.text_or_none("summary") or ""
    try:
        return round(1 + float(Fraction(text)), 4) if "/" in text else None
    except (ValueError, ZeroDivisionError):
        return None


def _spreads(odds: Entry, home: str, away: str) -> list[tuple[str, float, float]]:
    found = []
    given = shape.number(odds.value.get("spread"))  # relative to the home team
    for side, old, outcome, sign in (("home", "homeTeamOdds", home, 1), ("away", "awayTeamOdds", away, -1)):
        last = _last(odds, "pointSpread", side)
        point, price = shape.number(last.value.get("line")), shape.decimal_odds(last.value.get("odds"))
        if (point is None or price is None) and given is not None:
            point, price = sign * given + 0.0, shape.decimal_odds(odds.inner(old).value.get("spreadOdds"))
        if point is not None and price is not None:
            found.append((outcome, price, point))
    return found if len(found) == 2 and found[0][2] == -found[1][2] else []


def _totals(odds: Entry) -> list[tuple[str, float, float]]:
    found = []
    current = odds.inner("current")
    given = shape.number(odds.value.get("overUnder"))
    for side, old, outcome in (("over", "overOdds", "Over"), ("under", "underOdds", "Under")):
        last = _last(odds, "total", side)
        point, price = _total(last.value.get("line")), shape.decimal_odds(last.value.get("odds"))
        if point is None or price is None:
            point = shape.number(current.inner("total").value.get("american")) or given
            price = shape.decimal_odds(current.inner(side).value.get("american")) or shape.decimal_odds(odds.value.get(old))
        if point is not None and price is not None:
            found.append((outcome, price, point))
    return found if len(found) == 2 else []


def _last(odds: Entry, market: str, side: str) -> Entry:
    """The closing price where there is one, else the opening one."""
    both = odds.inner(market).inner(side)
    return both.inner("close") if both.inner("close").value.get("odds") else both.inner("open")


def _total(text: JSON) -> float | None:
    return shape.number(text.lstrip("ouOU")) if isinstance(text, str) else shape.number(text)
