"""ESPN's own line by itself: each year's shape gives the same kind of prices, and no shape at all gives none
and no error.

What a line is within a scoreboard stands in `test_espn.py`.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.models import Price
from oddsctl.providers.espn_line import line
from tests.providers.payloads import ANY_JSON, line_of_2026, quotes, spoiled

HOME, AWAY = "Detroit Lions", "Green Bay Packers"


def market(name: str, odds: dict[str, Any]) -> list[tuple[str, float, float | None]]:
    return [
        (price.outcome, price.price, price.point)
        for price in line([odds], HOME, AWAY)
        if price.market == name
    ]


@pytest.mark.parametrize(
    ("provider", "bookmaker"),
    [
        ({"id": "100", "name": "Draft Kings"}, "espn:DraftKings"),
        ({"id": 100, "name": "DraftKings"}, "espn:DraftKings"),
        ({"id": "58", "name": "ESPN BET"}, "espn:ESPN BET"),
        ({"id": "45", "name": "Caesars Sportsbook (New Jersey)"}, "espn:Caesars Sportsbook (New Jersey)"),
        ({"id": "100"}, "espn:DraftKings"),
        ({"id": 100, "name": None}, "espn:DraftKings"),
        ({"id": 100.0, "name": ""}, "espn:DraftKings"),
        ({"name": "draftkings"}, "espn:DraftKings"),
        ({"id": True}, "espn:line"),
        ({"id": [100]}, "espn:line"),
        ({"id": "1004"}, "espn:line"),
        (None, "espn:line"),
        ("consensus", "espn:line"),
    ],
)
def test_the_bookmaker_is_espns_provider_in_one_spelling(provider: Any, bookmaker: str) -> None:
    assert {price.bookmaker for price in line([line_of_2026() | {"provider": provider}], HOME, AWAY)} == {
        bookmaker
    }


def test_a_draw_of_2026_stands_among_the_moneylines() -> None:
    sides = {
        side: quotes({"odds": "+100"}, {"odds": odds})
        for side, odds in (("home", "-295"), ("away", "+900"), ("draw", "+425"))
    }
    assert market("h2h", {"moneyline": sides}) == [
        (HOME, 1.339, None),
        (AWAY, 10.0, None),
        ("Draw", 5.25, None),
    ]


def test_a_draw_may_still_stand_in_the_old_place() -> None:
    sides = {side: quotes({"odds": odds}) for side, odds in (("home", "-200"), ("away", "+200"))}
    assert market("h2h", {"moneyline": sides, "drawOdds": {"moneyLine": 425}})[2] == ("Draw", 5.25, None)


def test_even_is_two_in_each_place_where_it_was_seen() -> None:
    assert market("h2h", {"homeTeamOdds": {"moneyLine": "EVEN"}, "awayTeamOdds": {"moneyLine": -120}}) == [
        (HOME, 2.0, None),
        (AWAY, 1.8333, None),
    ]
    total = {
        "over": quotes({"line": "o8.5", "odds": "EVEN"}),
        "under": quotes({"line": "u8.5", "odds": "-120"}),
    }
    assert market("totals", {"total": total}) == [("Over", 2.0, 8.5), ("Under", 1.8333, 8.5)]


def test_the_spread_of_the_home_team_is_turned_round_for_the_visitors() -> None:
    baseball = {
        "details": "BOS -120",
        "spread": 1.5,
        "homeTeamOdds": {"spreadOdds": -200},
        "awayTeamOdds": {"spreadOdds": 165},
    }
    assert market("spreads", baseball) == [(HOME, 1.5, 1.5), (AWAY, 2.65, -1.5)]


@pytest.mark.parametrize(
    "listed", [None, [], [None], [None, None], {}, "x", 7, [[]], [{}], [{"provider": {"name": "DraftKings"}}]]
)
def test_no_line_is_no_error(listed: Any) -> None:
    assert line(listed, HOME, AWAY) == ()


@given(ANY_JSON)
def test_whatever_stands_in_its_place_a_line_raises_nothing(value: Any) -> None:
    line(value, HOME, AWAY)
    line([value], HOME, AWAY)


def check(prices: tuple[Price, ...]) -> None:
    """The promises that a board relies on."""
    by_market = {
        name: [price for price in prices if price.market == name] for name in ("h2h", "spreads", "totals")
    }
    assert sum(map(len, by_market.values())) == len(prices)
    assert all(price.price > 1 for price in prices)
    assert [price.outcome for price in by_market["h2h"]][:2] in ([], [HOME, AWAY])
    assert [price.outcome for price in by_market["spreads"]] in ([], [HOME, AWAY])
    assert [price.outcome for price in by_market["totals"]] in ([], ["Over", "Under"])
    for name, sign in (("spreads", -1), ("totals", 1)):
        first, second = [price.point for price in by_market[name]] or (0.0, 0.0)
        assert first is not None
        assert second is not None
        assert first == sign * second
    assert all(price.point is None for price in by_market["h2h"])


@given(
    st.lists(st.none() | spoiled(line_of_2026()), max_size=3),
    spoiled(
        {
            "spread": -3.5,
            "overUnder": 48.5,
            "homeTeamOdds": {"moneyLine": -180, "spreadOdds": -110, "summary": "5/9"},
            "awayTeamOdds": {"moneyLine": 150, "spreadOdds": "EVEN", "value": 2.5},
            "drawOdds": {"summary": "10/3", "value": 4.333},
            "current": {"over": {"american": "-105"}, "under": {"american": "-115"}},
            "overOdds": -105,
            "underOdds": -115,
        }
    ),
)
def test_however_spoiled_a_line_has_both_sides_of_a_market_or_none(of_2026: list[Any], older: Any) -> None:
    check(line([*of_2026, older], HOME, AWAY))
    check(line([older], HOME, AWAY))
