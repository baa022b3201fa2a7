"""What is captured, what is bought today, when a run acts.

Clock times in the tables, epoch seconds underneath.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.policy.budget_pacing import PacingDecision
from oddsctl.policy.prefetch_agenda import (
    LEEWAY,
    captured_by,
    freshness_floor,
    is_due,
    next_wake,
    plan_free,
    plan_paid,
    unlisted,
    unpriced_by,
)
from oddsctl.policy.prefetch_plan import (
    REFRESH,
    Fixture,
    PlannedCall,
    Skipped,
    Why,
    Windows,
    captures,
    plan,
    targets,
)
from tests.league import CRON, DAY, HOUR, MINUTE, at, clock

WINDOWS = Windows((2 * HOUR, HOUR, 30 * MINUTE), 10 * MINUTE, 5 * MINUTE)
EVERYTHING = PacingDecision(WINDOWS.before, emergency=False, today=1000)
PRICES = {"nfl": 3, "nba": 3}
MORNING = at("2026-11-29 06:00")


def game(start: str = "2026-11-29 13:00", sport: str = "nfl", name: str = "", **about: object) -> Fixture:
    return replace(Fixture(name or f"{sport} {start}", sport, at(start)), **about)  # type: ignore[arg-type]


def moments(*times: str, day: str = "2026-11-29") -> list[float]:
    return [at(f"{day} {time}") for time in times]


def bought(calls: Sequence[PlannedCall]) -> list[str]:
    return [clock(call.at) for call in calls]


def left_out(skipped: Sequence[Skipped]) -> list[tuple[float, Why]]:
    return [(one.target.window, one.why) for one in skipped]


# ── captured ──


@pytest.mark.parametrize(
    ("came", "captured"),
    [
        (["10:49"], {}),
        (["10:50"], {2 * HOUR: "10:50"}),
        (["11:05"], {2 * HOUR: "11:05"}),
        (["11:06"], {}),
        (["10:55", "11:02"], {2 * HOUR: "10:55"}),
        (["11:02", "10:55"], {2 * HOUR: "10:55"}),
        (["11:00", "12:00", "12:30"], {2 * HOUR: "11:00", HOUR: "12:00", 30 * MINUTE: "12:30"}),
        (["12:59", "13:00"], {}),
    ],
)
def test_an_answer_captures_the_windows_that_hold_its_moment_and_of_several_the_first_counts(
    came: list[str], captured: dict[float, str]
) -> None:
    found = captured_by([game(name="1")], WINDOWS, {"nfl": moments(*came)})
    assert {window: clock(moment) for (_, window), moment in found.items()} == captured


def test_a_sports_answer_serves_all_its_games_and_no_other_sports() -> None:
    games = [game(name="1"), game(name="2"), game(name="3", sport="nba")]
    assert {name for name, _ in captured_by(games, WINDOWS, {"nfl": moments("11:00")})} == {"1", "2"}


def test_an_answer_may_be_of_one_game_only() -> None:
    games = [game(name="1"), game(name="2")]
    assert captured_by(games, WINDOWS, {"2": moments("11:00")}) == {("2", 2 * HOUR): at("2026-11-29 11:00")}


@pytest.mark.parametrize(
    "about", [{"status": "postponed"}, {"status": "canceled"}, {"time_confirmed": False}]
)
def test_of_a_game_that_is_called_off_or_has_no_time_nothing_is_captured(about: dict[str, object]) -> None:
    assert captured_by([game(**about)], WINDOWS, {"nfl": moments("11:00")}) == {}  # type: ignore[arg-type] # a table of fields


@pytest.mark.parametrize("status", ["scheduled", "delayed", "live", "final"])
def test_what_was_captured_stays_so_when_the_game_goes_on(status: str) -> None:
    assert len(captured_by([game(status=status)], WINDOWS, {"nfl": moments("11:00")})) == 1


def test_of_a_game_that_moved_only_what_suits_its_new_time_is_captured() -> None:
    came = {"1": moments("11:00", "15:25")}
    assert captured_by([game("2026-11-29 16:25", name="1")], WINDOWS, came) == {
        ("1", HOUR): at("2026-11-29 15:25")
    }


# ── paid ──


def test_with_credits_for_everything_the_agenda_is_the_plan() -> None:
    games = [game(), game("2026-11-30 20:15"), game(sport="nba")]
    agenda = plan_paid(games, WINDOWS, {}, PRICES, EVERYTHING, MORNING, 2 * DAY)
    assert list(agenda.calls) == sorted(
        plan(targets(games, WINDOWS, (), MORNING, 2 * DAY)[0]), key=lambda call: (call.at, call.sport)
    )
    assert agenda.skipped == ()


def test_what_is_captured_is_not_bought_again_and_is_told() -> None:
    captured = captured_by([game()], WINDOWS, {"nfl": moments("11:00")})
    agenda = plan_paid([game()], WINDOWS, captured, PRICES, EVERYTHING, at("2026-11-29 11:01"), DAY)
    assert (bought(agenda.calls), agenda.captured) == (["12:00", "12:30"], captured)


def test_windows_that_the_course_cuts_are_left_out_for_the_budget() -> None:
    agenda = plan_paid(
        [game()], WINDOWS, {}, PRICES, replace(EVERYTHING, windows=(30 * MINUTE,)), MORNING, DAY
    )
    assert bought(agenda.calls) == ["12:30"]
    assert left_out(agenda.skipped) == [(2 * HOUR, Why.BUDGET), (HOUR, Why.BUDGET)]


@pytest.mark.parametrize(
    ("today", "calls"),
    [
        (0, []),
        (2, []),
        (3, ["12:30"]),
        (5, ["12:30"]),
        (6, ["12:00", "12:30"]),
        (9, ["11:00", "12:00", "12:30"]),
    ],
)
def test_of_todays_calls_the_most_valuable_that_todays_credits_pay_are_bought(
    today: int, calls: list[str]
) -> None:
    agenda = plan_paid([game()], WINDOWS, {}, PRICES, replace(EVERYTHING, today=today), MORNING, DAY)
    assert bought(agenda.calls) == calls
    assert {one.why for one in agenda.skipped} <= {Why.BUDGET}
    assert len(agenda.calls) + len(agenda.skipped) == 3


def test_todays_credits_bind_today_only_and_today_ends_at_midnight_in_the_east() -> None:
    games = [
        game("2026-11-29 20:15"),
        game("2026-11-30 20:15"),
    ]  # the first is on until after midnight in UTC
    agenda = plan_paid(games, WINDOWS, {}, PRICES, replace(EVERYTHING, today=0), MORNING, 2 * DAY)
    assert {one.target.fixture_id for one in agenda.skipped} == {"nfl 2026-11-29 20:15"}
    assert {target.fixture_id for call in agenda.calls for target in call.covers} == {"nfl 2026-11-30 20:15"}


def test_sports_share_todays_credits_by_what_a_call_captures() -> None:
    games = [game(name="1"), game(name="2"), game(name="3", sport="nba")]
    agenda = plan_paid(
        games, WINDOWS, {}, PRICES, replace(EVERYTHING, windows=(30 * MINUTE,), today=3), MORNING, DAY
    )
    assert [call.sport for call in agenda.calls] == ["nfl"]


@pytest.mark.parametrize(
    "about", [{"status": "postponed"}, {"status": "canceled"}, {"status": "live"}, {"time_confirmed": False}]
)
def test_nothing_is_ever_bought_for_what_is_not_played_or_has_begun(about: dict[str, object]) -> None:
    assert plan_paid([game(**about)], WINDOWS, {}, PRICES, EVERYTHING, MORNING, DAY).calls == ()  # type: ignore[arg-type] # a table of fields


fixtures = st.lists(
    st.builds(
        lambda number, sport, start, status: Fixture(
            f"{sport}{number}", sport, MORNING + start * CRON, status
        ),
        st.integers(0, 10**6),
        st.sampled_from(["nfl", "nba"]),
        st.integers(0, 400),
        st.sampled_from(["scheduled", "scheduled", "delayed", "live", "final", "postponed", "canceled"]),
    ),
    max_size=8,
    unique_by=lambda fixture: fixture.id,
)
courses = st.builds(
    PacingDecision,
    st.sampled_from([WINDOWS.before, (3600.0, 1800.0), (1800.0,), ()]),
    st.booleans(),
    st.integers(0, 40),
)


@given(fixtures, courses, st.lists(st.integers(0, 400), max_size=5))
def test_each_window_within_the_horizon_is_captured_called_for_or_left_out_and_only_one_of_these(
    games: list[Fixture], course: PacingDecision, came: list[int]
) -> None:
    boards = {"nfl": [MORNING + step * CRON for step in came]}
    captured = captured_by(games, WINDOWS, boards)
    agenda = plan_paid(games, WINDOWS, captured, PRICES, course, MORNING, 2 * DAY)
    called = [(target.fixture_id, target.window) for call in agenda.calls for target in call.covers]
    skipped = [(one.target.fixture_id, one.target.window) for one in agenda.skipped]
    assert sorted([*called, *skipped, *captured]) == sorted(
        (one.id, window) for one in games for window in WINDOWS.before
    )


@given(fixtures, courses)
def test_todays_calls_never_cost_more_than_todays_credits(
    games: list[Fixture], course: PacingDecision
) -> None:
    agenda = plan_paid(games, WINDOWS, {}, PRICES, course, MORNING, 2 * DAY)
    midnight = at("2026-11-30 00:00")
    today = [call for call in agenda.calls if min(target.nominal for target in call.covers) < midnight]
    assert sum(PRICES[call.sport] for call in today) <= course.today


@given(fixtures, st.lists(st.integers(0, 400), max_size=5))
def test_what_is_captured_was_there_to_be_captured(games: list[Fixture], came: list[int]) -> None:
    boards = {"nfl": [MORNING + step * CRON for step in came]}
    by_id = {one.id: one for one in games}
    for (name, window), moment in captured_by(games, WINDOWS, boards).items():
        assert by_id[name].sport == "nfl"
        assert moment in boards["nfl"]
        assert window in [target.window for target in captures(by_id[name], WINDOWS, moment)]


# ── games without prices, games not listed ──


def test_a_board_without_a_games_prices_leaves_the_windows_it_came_in_without_a_call() -> None:
    games = [game(name="1"), game(name="2")]
    boards = {"1": moments("10:49", "11:00", "12:31")}
    unpriced = unpriced_by(games, WINDOWS, boards)
    assert unpriced == {("1", 2 * HOUR), ("1", 30 * MINUTE)}
    agenda = plan_paid(games[:1], WINDOWS, {}, PRICES, EVERYTHING, MORNING, DAY, unpriced)
    assert bought(agenda.calls) == ["12:00"]
    assert left_out(agenda.skipped) == [(2 * HOUR, Why.NO_PRICES), (30 * MINUTE, Why.NO_PRICES)]


@pytest.mark.parametrize(
    ("now", "looked_at", "windows"),
    [
        ("10:49", "00:59", []),  # twelve hours and a minute before the start: it may still be listed
        ("10:49", "01:00", [2 * HOUR, HOUR, 30 * MINUTE]),
        ("10:50", "00:59", [2 * HOUR]),  # the window that is open
        ("11:05", "00:59", [2 * HOUR]),
        ("11:06", "00:59", []),
        ("11:06", "11:06", [HOUR, 30 * MINUTE]),  # those to come
        ("12:36", "12:36", []),
    ],
)
def test_no_board_is_bought_for_a_game_that_is_not_listed(
    now: str, looked_at: str, windows: list[float]
) -> None:
    games = [game(name="1"), game(name="2")]
    (looked,), (moment,) = moments(looked_at), moments(now)
    found = unlisted(games, WINDOWS, {"1"}, looked, moment)
    assert found == {("1", window) for window in windows}


# ── what other days and the next month pay ──


def test_later_days_get_what_today_leaves() -> None:
    games = [game("2026-11-29 20:15"), game("2026-11-30 20:15")]
    last = replace(EVERYTHING, windows=(30 * MINUTE,), today=1, spendable=1)
    agenda = plan_paid(games, WINDOWS, {}, {"nfl": 1}, last, MORNING, 2 * DAY)
    assert [call.covers[0].fixture_id for call in agenda.calls] == ["nfl 2026-11-29 20:15"]
    agenda = plan_paid(games, WINDOWS, {}, {"nfl": 1}, replace(last, spendable=2), MORNING, 2 * DAY)
    assert len(agenda.calls) == 2


@pytest.mark.parametrize(("reset", "calls"), [("19:45", ["19:45"]), ("19:46", [])])
def test_a_window_at_the_reset_is_paid_by_the_next_month(reset: str, calls: list[str]) -> None:
    (reset_at,) = moments(reset)
    poor = PacingDecision((), emergency=False, today=0, spendable=0, reset_at=reset_at)
    windows = replace(WINDOWS, before=(30 * MINUTE,))
    agenda = plan_paid([game("2026-11-29 20:15")], windows, {}, PRICES, poor, MORNING, DAY)
    assert bought(agenda.calls) == calls
    assert left_out(agenda.skipped) == ([] if calls else [(30 * MINUTE, Why.BUDGET)])


# ── free ──


def test_what_costs_nothing_serves_all_sports_with_one_call() -> None:
    agenda = plan_free([game(name="1"), game(name="2", sport="nba")], WINDOWS, {}, MORNING, DAY)
    assert [(call.sport, len(call.covers)) for call in agenda.calls] == [("", 2)] * 3
    assert bought(agenda.calls) == ["11:00", "12:00", "12:30"]


def test_what_costs_nothing_is_not_asked_for_what_is_captured_or_called_off() -> None:
    games = [game(name="1"), game(name="2", status="postponed")]
    agenda = plan_free(
        games, WINDOWS, captured_by(games, WINDOWS, {"1": moments("11:00")}), at("2026-11-29 11:01"), DAY
    )
    assert bought(agenda.calls) == ["12:00", "12:30"]
    assert {one.target.fixture_id for one in agenda.skipped} == {"2"}
    assert agenda.captured == {("1", 2 * HOUR): at("2026-11-29 11:00")}


# ── when a run acts ──

CALL = plan(targets([game()], WINDOWS, (), MORNING, DAY)[0])[0]
"""For 10:50 to 11:05, at best at 11:00."""


@pytest.mark.parametrize(
    ("now", "every", "last", "expected"),
    [
        ("11:00", 5, None, True),
        ("10:59", 5, None, False),
        ("11:00", 5, "10:55", True),
        ("10:53", 10, None, False),  # 11:03 is soon enough
        ("10:55", 10, None, True),  # 11:05:00 is not: an answer takes a while
        ("11:05", 5, None, True),
        ("11:06", 5, None, False),
    ],
)
def test_a_run_buys_at_the_minute_or_when_the_next_one_would_come_too_late_for_an_answer(
    now: str, every: int, last: str | None, expected: bool
) -> None:
    came = at(f"2026-11-29 {last}") if last else None
    assert is_due(CALL, at(f"2026-11-29 {now}"), every * MINUTE, came) is expected


@pytest.mark.parametrize(
    ("seconds_ago", "every", "expected"),
    [
        (0, MINUTE, False),
        (59, MINUTE, False),
        (60, MINUTE, True),  # the feed itself has something newer
        (30, 5 * MINUTE, False),  # the next run is at 11:05, in time
        (30, 6 * MINUTE, True),  # the next one would not be
        (-30, MINUTE, True),  # an answer from the future tells of a wrong clock
    ],
)
def test_nothing_is_bought_within_a_minute_of_the_last_answer_unless_the_next_run_is_too_late(
    seconds_ago: float, every: float, expected: bool
) -> None:
    now = at("2026-11-29 11:00")
    assert is_due(CALL, now, every, now - seconds_ago) is expected
    assert REFRESH == 60


def test_an_answer_captures_the_whole_call_from_its_latest_window_on() -> None:
    games = [game("2026-11-29 16:05"), game("2026-11-29 16:25")]
    (call,) = [call for call in plan(targets(games, WINDOWS, (), MORNING, DAY)[0]) if len(call.covers) == 2]
    assert (clock(call.opens), clock(call.at), clock(call.closes)) == ("15:25", "15:30", "15:30")
    assert clock(freshness_floor(call, WINDOWS)) == "15:25"


def test_a_call_that_a_late_run_plans_still_takes_an_answer_from_before_the_run() -> None:
    """The plan of 11:03 says from 11:03 on; the window itself is open since 10:50."""
    (call, *_) = plan(targets([game()], WINDOWS, (), at("2026-11-29 11:03"), DAY)[0])
    assert (clock(call.opens), clock(freshness_floor(call, WINDOWS))) == ("11:03", "10:50")


@pytest.mark.parametrize(
    ("now", "wake"),
    [
        ("09:00", "09:15"),
        ("10:50", "11:00"),
        ("11:00", "11:15"),
        ("11:55", "12:00"),
        ("12:00", "12:15"),
        ("12:31", "12:46"),
    ],
)
def test_a_loop_sleeps_to_the_next_call_and_looks_again_after_a_while(now: str, wake: str) -> None:
    calls = plan(targets([game()], WINDOWS, (), MORNING, DAY)[0])
    assert clock(next_wake(calls, at(f"2026-11-29 {now}"), 15 * MINUTE)) == wake


def test_a_loop_with_nothing_to_do_looks_again_after_a_while() -> None:
    assert next_wake((), 100.0, 900.0) == 1000.0


def test_a_loop_wakes_in_time_for_the_answer_of_a_call_whose_minute_is_its_last() -> None:
    games = [game("2026-11-29 16:05"), game("2026-11-29 16:25")]
    (call,) = [call for call in plan(targets(games, WINDOWS, (), MORNING, DAY)[0]) if len(call.covers) == 2]
    wake = next_wake((call,), at("2026-11-29 15:26"), 15 * MINUTE)
    assert wake == call.closes - LEEWAY
    assert is_due(call, wake, MINUTE, None)


@given(fixtures, st.integers(0, 2 * 86400))
def test_a_loop_that_wakes_when_it_is_told_to_misses_no_call(games: list[Fixture], start: int) -> None:
    now = MORNING + start
    calls = plan(targets(games, WINDOWS, (), now, 2 * DAY)[0])
    end = max((call.closes for call in calls), default=now)
    due: set[PlannedCall] = set()
    while now <= end:
        due |= {call for call in calls if is_due(call, now, MINUTE, None)}
        now = next_wake(calls, now, 15 * MINUTE)
    assert due == set(calls)
