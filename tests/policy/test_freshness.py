"""How old an answer may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain import provider_errors, settings
from oddsctl.domain.answers import Events, Geocoded, Schedule
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, Job, ScheduleJob
from oddsctl.domain.models import OddsEvent, Place
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob, ScoresJob, SportsJob
from oddsctl.domain.provider_errors import ProviderError
from oddsctl.policy import freshness
from oddsctl.policy.batching import MergedCall

NOW = 1_800_000_000.0
HOUR = 3600.0
RULES = settings.FreshnessSettings()
BOARD = OddsJob("americanfootball_nfl", ("h2h",), ("us",))


@pytest.mark.parametrize(
    ("starts", "life"),
    [
        ([25 * HOUR], 3600),
        ([24 * HOUR], 1800),
        ([6 * HOUR], 900),
        ([6 * HOUR + 1], 1800),
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


@pytest.mark.parametrize(
    ("job", "life"),
    [
        (ScoresJob("nfl"), 60),
        (SportsJob(), 24 * HOUR),
        (EventsJob("nfl"), 900),
        (BOARD, 1800),
    ],
)
def test_each_kind_of_answer_has_its_life(job: Job, life: float) -> None:
    assert freshness.lifetime(job, Schedule(()), NOW, RULES) == life


def test_an_age_is_what_has_passed_and_unknown_for_what_comes_from_the_future() -> None:
    assert [freshness.age(NOW - past, NOW) for past in (5, 0, -5)] == [5, 0, 0]
    assert [freshness.known_age(NOW - past, NOW) for past in (5, 0, -1)] == [5, 0, 0]
    assert freshness.known_age(NOW + 1.5, NOW) is None
    assert freshness.known_age(None, NOW) is None
    assert freshness.is_fresh(NOW + 1, NOW, 120)


def charged(error: ProviderError, credits: int) -> ProviderError:
    error.charged = credits
    return error


@pytest.mark.parametrize(
    ("error", "game_time", "until"),
    [
        (provider_errors.InvalidKeyError("m"), None, NOW + 365 * 24 * HOUR),
        (provider_errors.DeactivatedKeyError("m"), None, NOW + 365 * 24 * HOUR),
        (provider_errors.EventGoneError("m"), None, NOW + 24 * HOUR),
        (provider_errors.EventGoneError("m"), NOW + HOUR, NOW + HOUR),
        (provider_errors.EventGoneError("m"), NOW, NOW + 24 * HOUR),
        (provider_errors.UnknownSportError("m"), NOW + HOUR, NOW + 24 * HOUR),
        (charged(provider_errors.BrokenAnswerError("m"), 1), None, NOW + 120),
        (provider_errors.BrokenAnswerError("m"), None, None),
        (charged(provider_errors.ServerError("m"), 1), None, None),
        (provider_errors.OutOfCreditsError("m"), None, None),
    ],
)
def test_a_refusal_is_remembered_while_it_would_be_repeated(
    error: ProviderError, game_time: float | None, until: float | None
) -> None:
    assert freshness.refusal_expires_at(error, game_time, NOW, fresh_for=120) == until


def test_what_was_paid_for_and_cannot_be_read_is_not_remembered_where_it_would_not_have_been_fresh() -> None:
    assert freshness.refusal_expires_at(charged(provider_errors.BrokenAnswerError("m"), 1), None, NOW) == NOW


BOOKS = OddsJob("nfl", ("h2h", "totals"), (), ("betmgm", "draftkings"), event="e1")
REGIONS = OddsJob("nfl", ("h2h", "totals"), ("uk", "us"))


@pytest.mark.parametrize(
    ("job", "about", "name"),
    [
        (BOOKS, "sport", "part/odds/sport/nfl"),
        (EventsJob("nfl"), "sport", "part/odds/sport/nfl"),
        (ScoresJob("nfl"), "sport", "part/odds/sport/nfl"),
        (ScheduleJob("football/nfl", "202601"), "sport", "part/espn/sport/football/nfl"),
        (BOOKS, "markets", "part/odds/markets/nfl/event/h2h,totals"),
        (REGIONS, "markets", "part/odds/markets/nfl/board/h2h,totals"),
        (REGIONS, "regions", "part/odds/regions/uk,us"),
        (BOOKS, "bookmakers", "part/odds/bookmakers/betmgm,draftkings"),
        (BOOKS, "event", "part/odds/event/nfl/e1"),
        (BOOKS, "regions", BOOKS.key),
        (REGIONS, "bookmakers", REGIONS.key),
        (REGIONS, "event", REGIONS.key),
        (REGIONS, None, REGIONS.key),
    ],
)
def test_a_refused_part_has_the_name_under_which_it_is_stored(job: Job, about: str | None, name: str) -> None:
    assert freshness.part(job, about) == name


def test_a_job_meets_refusals_of_the_whole_and_of_each_part_once() -> None:
    assert freshness.parts(REGIONS) == (
        REGIONS.key,
        "part/odds/sport/nfl",
        "part/odds/markets/nfl/board/h2h,totals",
        "part/odds/regions/uk,us",
    )


def market(*names: str) -> OddsJob:
    return OddsJob("nfl", names, ("us",))


def test_after_a_refused_market_the_others_are_asked_for_in_halves() -> None:
    """Where a half would ask for the refused markets again it is halved once more."""
    one, two, three, both = market("h2h"), market("spreads"), market("totals"), market("h2h", "spreads")
    refused = market("h2h", "spreads", "totals")
    calls = freshness.narrowed(refused, (one, two, refused, three, both), "markets")
    assert [(call.job, call.requests) for call in calls] == [
        (both, (one, two)),
        (three, (three,)),
        (both, (both,)),
    ]


def test_what_was_refused_as_a_whole_is_not_asked_for_again() -> None:
    assert freshness.narrowed(BOARD, (BOARD,), None) == ()
    assert freshness.narrowed(BOARD, (BOARD, EventsJob("nfl")), "sport") == (
        MergedCall(EventsJob("nfl"), (EventsJob("nfl"),)),
    )


jobs = st.lists(st.sampled_from(("h2h", "spreads", "totals", "btts")), min_size=1, unique=True).map(
    lambda names: market(*names)
)


@given(st.lists(jobs, min_size=1, max_size=10, unique=True))
def test_each_want_but_the_refused_is_asked_for_once_and_nothing_refused_again(wants: list[OddsJob]) -> None:
    refused = market(*(name for want in wants for name in want.markets))
    calls = freshness.narrowed(refused, wants, "markets")
    assert all(call.job != refused for call in calls)
    assert sorted(want.key for call in calls for want in call.requests) == sorted(
        want.key for want in wants if want != refused
    )
