"""Absurd numbers and lengths that earlier versions stored cost themselves alone, as they do when they
come.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from oddsctl.domain.answers import Events, Forecasts, Geocoded, Schedule
from oddsctl.domain.models import (
    Forecast,
    Hour,
    OddsEvent,
    Place,
    Price,
    ScheduledGame,
)
from oddsctl.domain.plausible import sound
from oddsctl.policy.budget import BalanceReading, Credits, Reservation, is_believable

NOW = 1_764_000_000.0
PRICE = Price("fanduel", "h2h", "Lions", 1.5)
EVENT = OddsEvent("e", NOW, "Lions", "Packers", (PRICE,))
GAME = ScheduledGame(
    "1", NOW, True, "Lions", "Packers", "live", 7, 3, line=(replace(PRICE, bookmaker="espn:DraftKings"),)
)
LONG = "A" * 5_000_000


def test_what_is_sound_stays_the_very_same() -> None:
    for answer in (
        Events((EVENT,)),
        Schedule((GAME,)),
        Forecasts((Forecast(Place(1, 1), "metric", (Hour(NOW, 30.0),)),)),
        Geocoded(()),
    ):
        assert sound(answer) is answer


@pytest.mark.parametrize(
    "absurd",
    [
        {"price": 1e308},
        {"price": 1.0},
        {"point": -1e308},
        {"outcome": LONG},
        {"bookmaker": LONG},
        {"market": LONG},
    ],
    ids=str,
)
def test_a_stored_price_that_cannot_be_is_left_out(absurd: dict[str, object]) -> None:
    bad = replace(PRICE, **absurd)  # type: ignore[arg-type]
    found = sound(Events((replace(EVENT, prices=(bad, PRICE)), replace(EVENT, id="f"))))
    assert isinstance(found, Events)
    assert [event.prices for event in found.events] == [(PRICE,), (PRICE,)]
    assert found.left_out.counts == (("price", 1),)
    played = sound(Schedule((replace(GAME, line=(bad, PRICE)),)))
    assert isinstance(played, Schedule)
    assert played.games[0].line == (PRICE,)


@pytest.mark.parametrize(
    "absurd", [{"home": LONG}, {"away": LONG}, {"id": LONG}, {"time": 1e308}, {"time": -1.0}], ids=str
)
def test_a_stored_game_that_cannot_be_is_left_out(absurd: dict[str, object]) -> None:
    time = absurd.pop("time", NOW)
    bad = replace(EVENT, commence_time=time, **absurd)  # type: ignore[arg-type]
    assert sound(Events((bad, EVENT))).left_out.counts == (("event", 1),)
    worse = replace(GAME, start=time, **absurd)  # type: ignore[arg-type]
    found = sound(Schedule((worse, GAME)))
    assert isinstance(found, Schedule)
    assert found.games == (GAME,)


def test_stored_scores_and_weather_that_cannot_be_are_unknown() -> None:
    found = sound(Schedule((replace(GAME, home_score=10**308, away_score=-1),)))
    assert isinstance(found, Schedule)
    assert (found.games[0].home_score, found.games[0].away_score) == (None, None)
    sky = sound(
        Forecasts((Forecast(Place(1, 1), "metric", (Hour(NOW, 1e308, wind_speed=5.0), Hour(1e308))),))
    )
    assert sky == Forecasts((Forecast(Place(1, 1), "metric", (Hour(NOW, None, wind_speed=5.0),)),))


@pytest.mark.parametrize(
    "books",
    [
        Credits(used=10**308),
        Credits(remaining=-(10**308)),
        Credits(own=10**308),
        Credits(foreign=10**10),
        Credits(told=(BalanceReading(NOW, 10**308),)),
        Credits(maybe=(Reservation("a", 10**308, NOW, NOW),)),
    ],
)
def test_books_with_more_credits_than_any_account_are_not_believed(books: Credits) -> None:
    assert not is_believable(books)
    assert is_believable(Credits(used=5_000_060, remaining=-60))
