"""ESPN's own line in a scoreboard, in the shapes of several years (FACTS 2.5).

What has no price on both sides is no line. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from oddsctl.domain.models import Price
from oddsctl.domain.plausible import HIGHEST_PRICE, LARGEST_POINT
from oddsctl.domain.ports import JSON
from oddsctl.providers.json_fields import fields
from oddsctl.providers.json_values import decimal_odds, text, whole, within

NAMES = {100: "DraftKings"}
"""Of the providers whose name was seen left out, by id."""
ONE_SPELLING = {"draftkings": "DraftKings"}
"""By the name in lower case without blanks."""


def line(listed: JSON, home: str, away: str) -> tuple[Price, ...]:
    """The prices of the provider that has most, as bookmaker `espn:NAME`; empty where none has any.

    It is a courtesy beside the schedule: whatever its shape, it raises nothing.
    """
    found = [tuple(_prices(fields(one), home, away)) for one in listed] if isinstance(listed, list) else []
    return max(found, key=len, default=())


def _prices(odds: dict[str, JSON], home: str, away: str) -> Iterator[Price]:
    book = f"espn:{_name(fields(odds.get('provider')))}"
    for outcome, price in _moneylines(odds, home, away):
        yield Price(book, "h2h", outcome, price)
    for outcome, price, point in _spreads(odds, home, away):
        yield Price(book, "spreads", outcome, price, point)
    for outcome, price, point in _totals(odds):
        yield Price(book, "totals", outcome, price, point)


def _name(provider: dict[str, JSON]) -> str:
    """What the provider of the line is called, in one spelling; its id, text or number, tells where it has no
    name.
    """
    name = text(provider.get("name")) or NAMES.get(whole(provider.get("id")) or 0, "line")
    return ONE_SPELLING.get(name.casefold().replace(" ", ""), name)


def _point(value: JSON) -> float | None:
    return within(value, -LARGEST_POINT, LARGEST_POINT)


def _moneylines(odds: dict[str, JSON], home: str, away: str) -> list[tuple[str, float]]:
    found = []
    for side, old, outcome in (
        ("home", "homeTeamOdds", home),
        ("away", "awayTeamOdds", away),
        ("draw", "drawOdds", "Draw"),
    ):
        new, before = _newest(odds, "moneyline", side), fields(odds.get(old))
        price = (
            decimal_odds(new["odds"]) if new else decimal_odds(before.get("moneyLine")) or _british(before)
        )
        if price is not None:
            found.append((outcome, price))
    return found if {home, away} <= {outcome for outcome, _ in found} else []


def _british(side: dict[str, JSON]) -> float | None:
    """Decimal odds as Bet 365 states them: the fraction `11/2`, and beside it the rounded decimal 6.5."""
    fraction = re.fullmatch(r"([0-9]{1,5})/([1-9][0-9]{0,4})", text(side.get("summary")) or "")
    price = (
        round(1 + int(fraction[1]) / int(fraction[2]), 4)
        if fraction
        else within(side.get("value"), 1, HIGHEST_PRICE)
    )
    return price if price is not None and 1 < price <= HIGHEST_PRICE else None


def _spreads(odds: dict[str, JSON], home: str, away: str) -> list[tuple[str, float, float]]:
    found = []
    given = _point(odds.get("spread"))  # relative to the home team
    for side, old, outcome, sign in (("home", "homeTeamOdds", home, 1), ("away", "awayTeamOdds", away, -1)):
        new = _newest(odds, "pointSpread", side)
        price = decimal_odds(new["odds"] if new else fields(odds.get(old)).get("spreadOdds"))
        point = _point(new.get("line"))
        if point is None and given is not None:
            point = sign * given + 0.0  # no -0.0
        if price is not None and point is not None:
            found.append((outcome, price, point))
    return found if len(found) == 2 and found[0][2] == -found[1][2] else []


def _totals(odds: dict[str, JSON]) -> list[tuple[str, float, float]]:
    found = []
    given = _point(odds.get("overUnder"))
    current = fields(odds.get("current"))  # the shape of January 2025
    for side, old, outcome in (("over", "overOdds", "Over"), ("under", "underOdds", "Under")):
        new = _newest(odds, "total", side)
        before = fields(current.get(side)).get("american") or odds.get(old)
        price = decimal_odds(new["odds"] if new else before)
        point = _point((text(new.get("line")) or "").lstrip("ouOU"))
        point = given if point is None else point
        if price is not None and point is not None:
            found.append((outcome, price, point))
    return found if len(found) == 2 and found[0][2] == found[1][2] else []


def _newest(odds: dict[str, JSON], market: str, side: str) -> dict[str, JSON]:
    """The newest `{line, odds}` of a side, empty where there is none.

    A closing `OFF` stands: the opening price is gone.
    """
    moments = fields(fields(odds.get(market)).get(side))
    quotes = (fields(moments.get(moment)) for moment in ("close", "open"))
    return next((quote for quote in quotes if quote.get("odds") is not None), {})
