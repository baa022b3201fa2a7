"""How old an answer may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain import settings
from oddsctl.domain.answers import Events, Geocoded, Schedule
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, OddsJob, ScheduleJob
from oddsctl.domain.models import OddsEvent, Place
from oddsctl.policy import freshness

NOW = 1_800_000_000.0
HOUR = 3600.0
RULES = settings.Freshness()
BOARD = OddsJob("americanfootball_nfl", ("h2h",), ("us",))


@pytest.mark.parametrize(
    ("starts", "life"),
    [
        ([25 * HOUR], 3600),
        ([24 * HOUR], 1800),
        ([6 * HOUR], 900),
        ([HOUR], 120),
        ([1.0], 120),
        ([25 * HOUR, HOUR + 1], 900),
        ([-2 * HOUR, 25 * HOUR], 3600),
        ([-2 * HOUR, 0.0], 60),
        ([], 1800),
    ],
)
def test_a_board_is_as_fresh_as_its_soonest_game_not_yet_started(starts: list[float], life: float) -> None:
    assert freshness.board_lifetime([NOW + start for start in starts], NOW, RULES) == life


def test_with_few_credits_left_a_board_up_to_an_hour_old_does() -> None:
    board = Events((OddsEvent("a", NOW + HOUR / 2, "Home", "Away"),))
    assert freshness.lifetime(BOARD, board, NOW, RULES) == 120
    assert freshness.lifetime(BOARD, board, NOW, RULES, thrifty=True) == 3600


def test_schedules_weather_and_towns_have_lives_of_their_own() -> None:
    assert freshness.lifetime(ScheduleJob("football/nfl", "20260101"), Schedule(()), NOW, RULES) == 900
    assert freshness.lifetime(ForecastJob((Place(1, 2),), 1, 2), Events(()), NOW, RULES) == 3600
    assert freshness.lifetime(GeocodeJob("Nowhere"), Geocoded(()), NOW, RULES) == 30 * 86400


@given(st.floats(-1e6, 1e6))
def test_age_is_never_negative(apart: float) -> None:
    assert freshness.age(NOW + apart, NOW) >= 0


def test_an_answer_stored_under_a_clock_far_ahead_is_not_fresh() -> None:
    assert freshness.is_fresh(NOW + 0.9, NOW, 120)
    assert not freshness.is_fresh(NOW + 60, NOW, 120)
    assert not freshness.is_fresh(NOW + 3600, NOW, 120)
    assert freshness.is_fresh(NOW - 120, NOW, 120)
    assert not freshness.is_fresh(NOW - 121, NOW, 120)
