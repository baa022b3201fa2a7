"""Which stored answer covers a wish, and which wishes share a call."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.answers import Answer, Events, Forecasts, Schedule
from oddsctl.domain.bookmakers import REGION_BOOKS
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, Job, ScheduleJob
from oddsctl.domain.models import (
    Forecast,
    Hour,
    LeftOut,
    OddsEvent,
    Place,
    Price,
    ScheduledGame,
)
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.sharing import DAYS_PER_CALL
from oddsctl.policy import batching
from oddsctl.store import codec

ALL = ("h2h", "spreads", "totals")
BOARD = OddsJob("nfl", ALL, ("us",))
PRICES = tuple(
    Price(book, market, "Home", 1.9)
    for book in ("draftkings", "fanduel", "ballybet", "mystery")
    for market in (*ALL, "h2h_lay")
)
ANSWER = Events(
    (OddsEvent("e1", 0.0, "Home", "Away", PRICES), OddsEvent("e2", 0.0, "Other", "Team", PRICES[:4]))
)

markets = st.lists(st.sampled_from([*ALL, "btts"]), min_size=1, unique=True).map(tuple)
regions = st.lists(st.sampled_from(["us", "us2", "us_ex", "uk"]), min_size=1, unique=True).map(tuple)
books = st.lists(
    st.sampled_from(["draftkings", "fanduel", "betmgm", "pinnacle"]), min_size=1, unique=True
).map(tuple)
odds_jobs = st.one_of(
    st.builds(OddsJob, st.sampled_from(["nfl", "nba"]), markets, regions),
    st.builds(OddsJob, st.sampled_from(["nfl", "nba"]), markets, st.just(()), books),
)
places = st.builds(Place, st.integers(-80, 80).map(float), st.integers(-170, 170).map(float))
forecast_jobs = st.builds(
    lambda place, first, days: ForecastJob((place,), first, first + days),
    places,
    st.integers(20000, 20020),
    st.integers(0, 9),
)
any_job = st.one_of(
    odds_jobs,
    forecast_jobs,
    st.builds(
        ScheduleJob, st.just("football/nfl"), st.sampled_from(["202601", "20260103", "20260104", "202602"])
    ),
    st.builds(GeocodeJob, st.sampled_from(["London", "Paris"])),
)


def test_equal_wishes_have_one_identity_however_they_are_spelled() -> None:
    assert OddsJob("nfl", ("Totals", "h2h", "h2h "), ("US",)) == OddsJob("nfl", ("h2h", "totals"), ("us",))
    assert (
        OddsJob("nfl", ("h2h",), ("us",), ("B", "a")).key == OddsJob("nfl", ("h2h",), ("eu",), ("a", "b")).key
    )


def test_a_board_of_three_markets_answers_one_market_one_event_and_one_book() -> None:
    one_market = BOARD.extract(ANSWER, OddsJob("nfl", ("h2h",), ("us",)))
    assert isinstance(one_market, Events)
    assert {price.market for event in one_market.events for price in event.prices} == {"h2h", "h2h_lay"}
    one_event = BOARD.extract(ANSWER, replace(BOARD, event="e2"))
    assert isinstance(one_event, Events)
    assert [event.id for event in one_event.events] == ["e2"]
    one_book = BOARD.extract(ANSWER, OddsJob("nfl", ALL, (), ("draftkings",)))
    assert isinstance(one_book, Events)
    assert {price.bookmaker for event in one_book.events for price in event.prices} == {"draftkings"}


def test_an_event_or_a_book_that_is_not_there_is_not_answered() -> None:
    assert BOARD.extract(ANSWER, replace(BOARD, event="gone")) is None
    assert BOARD.extract(ANSWER, OddsJob("nfl", ALL, (), ("pinnacle",))) is None


def test_an_answer_for_more_regions_keeps_all_its_books_since_nobody_knows_whose_they_are() -> None:
    have = OddsJob("nfl", ALL, ("us", "us2"))
    assert have.extract(ANSWER, BOARD) == ANSWER
    one_market = OddsJob("nfl", ALL, ("uk", "us")).extract(ANSWER, OddsJob("nfl", ("totals",), ("uk",)))
    assert isinstance(one_market, Events)
    assert {price.bookmaker for event in one_market.events for price in event.prices} == {
        price.bookmaker for price in PRICES
    }
    assert not BOARD.covers(have)


def test_a_market_that_nobody_asked_for_is_kept() -> None:
    unasked = Events((OddsEvent("e1", 0.0, "Home", "Away", (Price("fanduel", "h2h_3_way", "Home", 1.9),)),))
    assert BOARD.extract(unasked, OddsJob("nfl", ("h2h",), ("us",))) == unasked


def test_a_month_answers_its_days_by_us_eastern_days() -> None:
    late = ScheduledGame(
        "1", 1_767_490_800.0, True, "A", "B", "scheduled"
    )  # 2026-01-04T01:40Z is the evening of the 3rd
    month = ScheduleJob("football/nfl", "202601")
    saturday = month.extract(Schedule((late,)), ScheduleJob("football/nfl", "20260103"))
    sunday = month.extract(Schedule((late,)), ScheduleJob("football/nfl", "20260104"))
    assert saturday == Schedule((late,))
    assert sunday == Schedule(())
    assert not month.covers(ScheduleJob("football/nfl", "20260201"))
    assert not ScheduleJob("football/nfl", "20260103").covers(month)


def test_a_forecast_is_kept_by_place_and_answers_the_days_within_it() -> None:
    here, there = Place(42.34, -83.05), Place(39.9, -75.17)
    job = ForecastJob((here, there), 100, 103)
    answer = Forecasts(tuple(Forecast(place, "imperial", (Hour(1.0),)) for place in job.places))
    kept = dict(job.split(answer))
    piece = ForecastJob((here,), 100, 103)
    assert piece.extract(kept[piece], ForecastJob((here,), 101, 102)) == Forecasts(
        (Forecast(here, "imperial", (Hour(1.0),)),)
    )
    assert piece.extract(kept[piece], ForecastJob((here,), 103, 104)) is None
    assert piece.extract(kept[piece], ForecastJob((here,), 101, 102, "metric")) is None


def test_merging_pays_only_where_markets_or_regions_are_shared() -> None:
    us, us2 = OddsJob("nfl", ("h2h",), ("us",)), OddsJob("nfl", ("spreads",), ("us2",))
    assert us.merge(us2) is None  # 2 x 2 = 4 > 1 + 1
    assert us.merge(OddsJob("nfl", ("spreads",), ("us",))) == OddsJob("nfl", ("h2h", "spreads"), ("us",))
    assert us.merge(OddsJob("nfl", ("h2h",), ("us2",))) is None  # 2 = 1 + 1, and each apart is exact
    more = OddsJob("nfl", ("h2h",), ("us", "us2"))
    assert us.merge(more) == more  # 2 < 1 + 2
    assert more.merge(OddsJob("nfl", ("h2h",), ("us2", "uk"))) == OddsJob(
        "nfl", ("h2h",), ("uk", "us", "us2")
    )  # 3 < 2 + 2
    assert us.merge(OddsJob("nba", ("h2h",), ("us",))) is None


def test_twenty_places_are_one_call() -> None:
    wishes = [ForecastJob((Place(float(n), 0.0),), 100, 100 + n % 7) for n in range(20)]
    (call,) = batching.plan_calls(wishes)
    assert isinstance(call.job, ForecastJob)
    assert (len(call.job.places), call.job.first_day, call.job.last_day) == (20, 100, 106)


@given(st.lists(any_job, max_size=12))
def test_no_wish_is_lost_or_served_twice(wishes: list[Job]) -> None:
    calls = batching.plan_calls(wishes)
    served = [want for call in calls for want in call.requests]
    assert sorted(map(str, served)) == sorted(map(str, set(wishes)))
    assert all(call.job.covers(want) for call in calls for want in call.requests)


@given(st.lists(odds_jobs, max_size=10))
def test_merging_never_raises_the_price(wishes: list[OddsJob]) -> None:
    planned = sum(call.job.price for call in batching.plan_calls(wishes) if isinstance(call.job, OddsJob))
    assert planned <= sum(job.price for job in set(wishes))


@given(st.lists(forecast_jobs, min_size=1, max_size=30))
def test_every_batched_forecast_belongs_to_whom_it_goes(wishes: list[ForecastJob]) -> None:
    for call in batching.plan_calls(wishes):
        assert isinstance(call.job, ForecastJob)
        assert call.job.last_day - call.job.first_day < DAYS_PER_CALL
        answer = Forecasts(tuple(Forecast(place, "imperial", ()) for place in call.job.places))
        for want in call.requests:
            cut = call.job.extract(answer, want)
            assert isinstance(cut, Forecasts)
            assert isinstance(want, ForecastJob)
            assert tuple(one.place for one in cut.forecasts) == want.places


def test_what_was_left_out_of_an_answer_goes_with_each_part_of_it_and_is_kept_in_the_store() -> None:
    left_out = LeftOut((("price", 2), ("event", 1)), "event 3 has no id")
    board = replace(ANSWER, left_out=left_out)
    for want in (
        BOARD,
        replace(BOARD, event="e2"),
        replace(BOARD, markets=("h2h",)),
        OddsJob("nfl", ALL, (), ("fanduel",)),
    ):
        part = BOARD.extract(board, want)
        assert part is not None
        assert part.left_out == left_out
        assert codec.decode(Answer, codec.encode(part, Answer)) == part
    month, day = ScheduleJob("football/nfl", "202601"), ScheduleJob("football/nfl", "20260103")
    schedule = month.extract(Schedule((), left_out=left_out), day)
    assert schedule is not None
    assert schedule.left_out == left_out
    here, there = Place(1, 1), Place(2, 2)
    both = Forecasts((Forecast(here, "imperial", (), left_out), Forecast(there, "imperial", ())))
    assert [piece.left_out for _, piece in ForecastJob((here, there), 1, 1).split(both)] == [LeftOut()]
    assert both.left_out == left_out
    assert (left_out + left_out).counts == (("price", 4), ("event", 2))


def test_an_answer_stored_before_anything_was_counted_is_read() -> None:
    stored = codec.encode(ANSWER, Answer)
    assert "left_out" not in stored
    assert codec.decode(Answer, stored) == ANSWER


def test_a_board_answers_a_named_book_only_where_it_is_known_to_be_of_its_regions() -> None:
    known = OddsJob("nfl", ("h2h",), (), ("draftkings",))
    assert BOARD.merge(known) == BOARD
    assert known.merge(BOARD) == BOARD
    assert BOARD.merge(OddsJob("nfl", ("h2h",), (), ("mystery",))) is None
    assert BOARD.merge(OddsJob("nfl", ("h2h",), (), tuple(REGION_BOOKS["us"]))) == BOARD


def test_a_board_and_one_of_its_events_are_one_call_in_either_order() -> None:
    event = replace(BOARD, event="e1")
    assert BOARD.merge(event) == BOARD
    assert event.merge(BOARD) == BOARD


def test_outrights_and_games_are_never_asked_for_together() -> None:
    assert OddsJob("nfl", ("outrights",), ("us",)).merge(OddsJob("nfl", ("h2h",), ("us",))) is None


def test_days_become_their_month_where_a_month_of_the_league_fits_one_answer() -> None:
    third = ScheduleJob("football/nfl", "20260103", folds=True)
    assert third.merge(replace(third, dates="20260104")) == replace(third, dates="202601")
    assert third.merge(replace(third, dates="20260203")) is None
    assert third.merge(replace(third, dates="20260113")) == replace(third, dates="202601")
    assert third.merge(replace(third, dates="20260104", groups="80")) is None
    assert third.merge(replace(third, dates="20260104", league="football/other")) is None
    many = replace(third, folds=False)
    assert many.merge(replace(many, dates="20260104")) is None


def test_a_month_answers_its_day_in_either_order_also_where_it_is_not_folded() -> None:
    month, day = ScheduleJob("football/nfl", "202601"), ScheduleJob("football/nfl", "20260103")
    assert month.merge(day) == month
    assert day.merge(month) == month
    assert GeocodeJob("London").merge(GeocodeJob("London")) == GeocodeJob("London")
    assert GeocodeJob("London").merge(GeocodeJob("Paris")) is None


def test_a_hundred_places_are_one_call_and_one_more_is_another() -> None:
    wishes = [ForecastJob((Place(n / 2, 0.0),), 100, 100) for n in range(101)]
    assert [len(call.requests) for call in batching.plan_calls(wishes)] == [100, 1]


def test_no_list_of_ours_cuts_books_that_an_answer_holds_unasked() -> None:
    have = OddsJob("nfl", ALL, (), ("draftkings",))
    one_market = have.extract(ANSWER, replace(have, markets=("h2h",)))
    assert isinstance(one_market, Events)
    assert {price.bookmaker for event in one_market.events for price in event.prices} == {
        price.bookmaker for price in PRICES
    }


def test_a_board_answers_all_the_books_it_prices() -> None:
    every_book = tuple({price.bookmaker for price in PRICES})
    assert BOARD.extract(ANSWER, OddsJob("nfl", ALL, (), every_book)) == ANSWER


def test_places_are_answered_in_the_order_of_the_job_and_only_all_together() -> None:
    here, there = Place(1, 1), Place(2, 2)
    have, want = ForecastJob((here, there), 1, 2), ForecastJob((here, there), 1, 1)
    answer = Forecasts((Forecast(there, "imperial", ()), Forecast(here, "imperial", ())))
    assert have.extract(answer, want) == Forecasts(tuple(reversed(answer.forecasts)))
    assert have.extract(Forecasts(answer.forecasts[:1]), want) is None


def test_an_answer_of_another_kind_is_kept_whole_and_cut_for_nobody() -> None:
    forecast = ForecastJob((Place(1, 1),), 1, 2)
    assert forecast.split(ANSWER) == ((forecast, ANSWER),)
    assert BOARD.split(ANSWER) == ((BOARD, ANSWER),)
    assert BOARD.extract(Schedule(()), replace(BOARD, markets=("h2h",))) is None
