"""The fewest calls, the most valuable calls, and the runs that make them.

Minutes in the tables, epoch seconds underneath.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.models import Status
from oddsctl.policy.prefetch_choice import choose
from oddsctl.policy.prefetch_plan import (
    Fixture,
    PlannedCall,
    Skipped,
    Target,
    Why,
    Windows,
    captures,
    due,
    plan,
    targets,
)

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0
WINDOWS = Windows((2 * HOUR, HOUR, 30 * MINUTE), 10 * MINUTE, 5 * MINUTE)
CRON = 5 * MINUTE


def at(text: str, zone: str = "America/New_York") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def games(*starts: str, zone: str = "America/New_York") -> tuple[Fixture, ...]:
    """Games of one league, named by their starts."""
    return tuple(Fixture(start, "nfl", at(start, zone)) for start in starts)


def wanted(fixtures: Iterable[Fixture], now: float, horizon: float = DAY) -> tuple[Target, ...]:
    return targets(fixtures, WINDOWS, (), now, horizon)[0]


def clock(moments: Iterable[float], zone: str = "America/New_York") -> list[str]:
    return [
        datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone)).strftime("%H:%M") for moment in moments
    ]


def seen(skipped: Iterable[Skipped]) -> list[tuple[float, Why]]:
    return [(one.target.window, one.why) for one in skipped]


# What an arbitrary day looks like: windows of games that start near enough to each other to overlap, and
# windows of any length.

SMALL = Windows((20 * MINUTE, 10 * MINUTE, 3 * MINUTE), 4 * MINUTE, 3 * MINUTE)
statuses: st.SearchStrategy[Status] = st.sampled_from(
    ["scheduled", "delayed", "live", "final", "postponed", "canceled"]
)
schedules = st.lists(
    st.builds(
        lambda number, sport, start, status, confirmed: Fixture(
            f"{sport}{number}", sport, start * MINUTE, status, confirmed
        ),
        st.integers(0, 10**6),
        st.sampled_from(["nfl", "nba"]),
        st.integers(1, 45),
        st.one_of(st.just("scheduled"), statuses),
        st.integers(0, 4).map(bool),
    ),
    max_size=4,
    unique_by=lambda game: game.id,
)
windows_of_a_day = st.builds(
    Windows,
    st.sampled_from([SMALL.before, (7 * MINUTE, 5 * MINUTE), (2 * MINUTE,)]),
    st.integers(0, 8).map(lambda minutes: minutes * MINUTE),
    st.integers(0, 8).map(lambda minutes: minutes * MINUTE),
)
moments = st.integers(-10, 45).map(lambda minutes: minutes * MINUTE)
intervals = st.lists(
    st.builds(
        lambda sport, opens, length, best, weight: Target(
            sport,
            "",
            HOUR,
            (opens + best % (length + 1)) * MINUTE,
            opens * MINUTE,
            (opens + length) * MINUTE,
            weight,
        ),
        st.sampled_from(["nfl", "nfl", "nba"]),
        st.integers(0, 12),
        st.integers(0, 8),
        st.integers(0, 8),
        st.integers(1, 3),
    ),
    min_size=4,
    max_size=7,
).map(lambda wants: tuple(replace(target, fixture_id=str(number)) for number, target in enumerate(wants)))
days = st.one_of(
    st.builds(
        lambda fixtures, windows, now: targets(fixtures, windows, (), now, DAY)[0],
        schedules,
        windows_of_a_day,
        moments,
    ),
    intervals,
)


def masks(wants: Sequence[Target]) -> set[int]:
    """What single calls can catch, as bits: every set of targets with a moment in common is found where one
    of them opens or closes.
    """
    edges = {edge for target in wants for edge in (target.opens, target.closes)}
    return {sum(1 << bit for bit, target in enumerate(wants) if target.contains(edge)) for edge in edges}


def reachable(wants: Sequence[Target], calls: int) -> set[int]:
    """All that so many calls can catch together."""
    reached = {0}
    for _ in range(calls):
        reached |= {old | new for old in reached for new in masks(wants)}
    return reached


def weight(covered: Iterable[Target]) -> int:
    return sum(target.weight for target in covered)


def heaviest(wants: Sequence[Target], calls: int) -> int:
    return max(
        weight(target for bit, target in enumerate(wants) if reached >> bit & 1)
        for reached in reachable(wants, calls)
    )


def covered(calls: Iterable[PlannedCall]) -> list[Target]:
    return [target for call in calls for target in call.covers]


def each_call_keeps_its_promise(calls: Sequence[PlannedCall], wants: Sequence[Target]) -> None:
    """Its minute, and its whole interval, lie in all it covers; each target belongs to the first call that
    catches it.
    """
    assert list(calls) == sorted(calls, key=lambda call: (call.at, call.sport))
    for call in calls:
        assert call.covers
        assert call.opens <= call.at <= call.closes
        assert call.opens == max(target.opens for target in call.covers)
        assert call.closes == min(target.closes for target in call.covers)
    for target in wants:
        catching = [call for call in calls if call.sport == target.sport and target.contains(call.at)]
        assert [call for call in calls if target in call.covers] == catching[:1]


@given(days)
def test_the_plan_covers_every_window_that_can_be_covered_and_each_once(wants: tuple[Target, ...]) -> None:
    calls = plan(wants, spacing=0)
    each_call_keeps_its_promise(calls, wants)
    assert sorted(covered(calls), key=repr) == sorted(wants, key=repr)


@given(days)
def test_no_plan_with_fewer_calls_covers_them_all(wants: tuple[Target, ...]) -> None:
    calls = plan(wants)
    for sport in {target.sport for target in wants}:
        of_sport = [target for target in wants if target.sport == sport]
        fewer = sum(call.sport == sport for call in calls) - 1
        assert (1 << len(of_sport)) - 1 not in reachable(of_sport, fewer)


@given(days, days)
def test_more_games_never_take_a_window_from_another(
    some: tuple[Target, ...], more: tuple[Target, ...]
) -> None:
    assert set(covered(plan(some))) <= set(covered(plan((*some, *more))))


@given(days)
def test_the_minute_of_a_call_is_the_nearest_to_the_nominal_minutes_of_its_windows(
    wants: tuple[Target, ...],
) -> None:
    for call in plan(wants, spacing=0):
        worst = max(abs(call.at - target.nominal) for target in call.covers)
        for half_minute in range(int((call.closes - call.opens) // 30) + 1):
            other = call.opens + 30.0 * half_minute
            assert worst <= max(abs(other - target.nominal) for target in call.covers)


@given(days, st.sampled_from([60.0, 150.0]))
def test_calls_keep_their_distance_wherever_their_windows_allow_it(
    wants: tuple[Target, ...], spacing: float
) -> None:
    calls = plan(wants, spacing)
    each_call_keeps_its_promise(calls, wants)
    for sport in {target.sport for target in wants}:
        of_sport = [call for call in calls if call.sport == sport]
        soonest = -DAY
        for call in of_sport:
            soonest = max(call.opens, soonest + spacing)
            if soonest > call.closes:
                return  # even with each call as soon as it can be, there is no room
        assert all(later.at - earlier.at >= spacing for earlier, later in pairwise(of_sport))


def test_two_calls_whose_minutes_would_touch_move_apart_within_their_windows() -> None:
    first = Target("nfl", "a", HOUR, nominal=300, opens=0, closes=300, weight=1)
    second = Target("nfl", "b", HOUR, nominal=310, opens=301, closes=330, weight=1)
    assert [call.at for call in plan((first, second))] == [270, 330]
    assert [call.at for call in plan((first, second), spacing=9)] == [300, 310]
    assert [call.at for call in plan((first, replace(second, sport="nba")))] == [300, 310]


@given(schedules, windows_of_a_day, moments)
def test_nothing_is_bought_for_a_game_that_is_not_to_be_played_or_has_begun(
    fixtures: list[Fixture], windows: Windows, now: float
) -> None:
    by_id = {game.id: game for game in fixtures}
    for call in plan(targets(fixtures, windows, (), now, DAY)[0]):
        assert call.at >= now
        for target in call.covers:
            game = by_id[target.fixture_id]
            assert call.closes < game.start
            assert game.status in ("scheduled", "delayed")
            assert game.time_confirmed


@given(schedules, windows_of_a_day, moments)
def test_every_window_within_the_horizon_is_either_wanted_or_skipped_with_its_reason(
    fixtures: list[Fixture], windows: Windows, now: float
) -> None:
    wants, skipped = targets(fixtures, windows, (), now, DAY)
    named = [(target.fixture_id, target.window) for target in (*wants, *(one.target for one in skipped))]
    assert sorted(named) == sorted((game.id, before) for game in fixtures for before in windows.before)


@given(days, st.integers(0, 12), st.sampled_from([(1, 1), (3, 1), (2, 3)]))
def test_the_budgeted_choice_is_the_most_valuable_that_the_credits_can_pay(
    wants: tuple[Target, ...], credits: int, prices: tuple[int, int]
) -> None:
    price = {"nfl": prices[0], "nba": prices[1]}
    calls, left_out = choose(wants, price, credits)
    each_call_keeps_its_promise(calls, covered(calls))
    spent = sum(price[call.sport] for call in calls)
    assert spent <= credits
    assert sorted((*covered(calls), *(one.target for one in left_out)), key=repr) == sorted(wants, key=repr)
    assert all(
        one.why is Why.BUDGET
        and not any(one.target.contains(call.at) and one.target.sport == call.sport for call in calls)
        for one in left_out
    )
    assert (weight(covered(calls)), -spent) == best_by_trying(wants, price, credits)


def best_by_trying(wants: Sequence[Target], price: Mapping[str, int], credits: int) -> tuple[int, int]:
    """The greatest weight, and less the credits it costs, over all numbers of calls for each sport."""
    values = []
    for sport in price:
        of_sport = [target for target in wants if target.sport == sport]
        values.append(
            [(heaviest(of_sport, calls), calls * price[sport]) for calls in range(len(plan(of_sport)) + 1)]
        )
    totals = [(sum(value for value, _ in pick), sum(cost for _, cost in pick)) for pick in product(*values)]
    return max((value, -cost) for value, cost in totals if cost <= credits)


@given(days)
def test_a_choice_with_credits_enough_is_the_plan(wants: tuple[Target, ...]) -> None:
    price = {"nfl": 3, "nba": 1}
    cost = sum(price[call.sport] for call in plan(wants))
    assert choose(wants, price, cost) == (plan(wants), ())


@pytest.mark.parametrize("credits", [-5, 0, 2])
def test_with_no_credits_for_a_single_call_every_window_is_left_to_the_budget(credits: int) -> None:
    wants = wanted(games("2026-11-26 13:00"), at("2026-11-26 06:00"))
    calls, left_out = choose(wants, {"nfl": 3}, credits)
    assert calls == ()
    assert [one.target for one in left_out] == list(wants)


def test_one_call_of_three_goes_to_the_half_hour_and_the_second_to_the_hour() -> None:
    wants = wanted(games("2026-11-26 13:00"), at("2026-11-26 06:00"))
    chosen = [clock(call.at for call in choose(wants, {"nfl": 3}, credits)[0]) for credits in (3, 5, 6, 9)]
    assert chosen == [["12:30"], ["12:30"], ["12:00", "12:30"], ["11:00", "12:00", "12:30"]]


def test_four_games_two_hours_off_outweigh_one_half_hour() -> None:
    """Four times 1 against 3 for the half hour of the early game."""
    fixtures = (
        Fixture("early", "nfl", at("2026-11-29 13:00")),
        *(Fixture(f"late {n}", "nfl", at("2026-11-29 16:05")) for n in range(4)),
    )
    now = at("2026-11-29 12:15")
    wants = [
        target
        for target in wanted(fixtures, now)
        if (target.fixture_id, target.window) == ("early", 1800) or target.window == 7200
    ]
    assert clock(call.at for call in choose(wants, {"nfl": 3}, 3)[0]) == ["14:05"]
    assert clock(call.at for call in choose(wants[:-2], {"nfl": 3}, 3)[0]) == ["12:30"]


def test_a_dear_sport_gives_way_when_the_same_credits_buy_more_elsewhere() -> None:
    """6 credits: two nfl calls at 3 (the hour and the half hour, 5) or one nba call at 6 (three games' half
    hour, 9).
    """
    fixtures = (
        *games("2026-11-26 13:00"),
        *(Fixture(f"nba {n}", "nba", at("2026-11-26 13:00")) for n in range(3)),
    )
    calls, _ = choose(wanted(fixtures, at("2026-11-26 06:00")), {"nfl": 3, "nba": 6}, 6)
    assert [(call.sport, len(call.covers), *clock([call.at])) for call in calls] == [("nba", 3, "12:30")]


def window(name: str, opens: float, closes: float, weight: int = 1) -> Target:
    return Target("nfl", name, HOUR, closes, opens, closes, weight)


def test_short_windows_within_a_long_one_are_not_taken_for_one_call() -> None:
    calls = plan([window("long", 0, 20), window("first", 5, 10), window("second", 15, 18)], spacing=0)
    assert [[target.fixture_id for target in call.covers] for call in calls] == [
        ["first", "long"],
        ["second"],
    ]


def test_a_window_that_two_calls_could_catch_counts_once_and_hinders_neither() -> None:
    """Two calls: a and b with x between them (7) are worth more than either with x and the far one (5)."""
    wants = [window("a", 0, 2, 3), window("x", 1, 6), window("b", 4, 6, 3), window("far", 20, 21)]
    calls, left_out = choose(wants, {"nfl": 1}, 2, spacing=0)
    assert [[target.fixture_id for target in call.covers] for call in calls] == [["a", "x"], ["b"]]
    assert [one.target.fixture_id for one in left_out] == ["far"]


def test_a_window_that_opens_as_another_closes_is_not_worth_double() -> None:
    """One call at 2 has a and x (4). The second adds b (2) or far (3), not x once more."""
    wants = [window("a", 0, 2, 3), window("x", 2, 6), window("b", 4, 6, 2), window("far", 20, 21, 3)]
    calls, left_out = choose(wants, {"nfl": 1}, 2, spacing=0)
    assert weight(covered(calls)) == 7
    assert [one.target.fixture_id for one in left_out] == ["b"]


def test_where_there_is_no_room_for_the_distance_each_call_stays_in_its_window() -> None:
    calls = plan([window("a", 0, 10), window("b", 20, 25), window("c", 30, 40)])
    assert [call.closes for call in calls] == [10, 25, 40]
    assert all(call.opens <= call.at <= call.closes for call in calls)


def test_where_there_is_room_for_some_distances_only_the_earlier_ones_are_kept() -> None:
    calls = plan([window("a", 0, 100), window("b", 110, 200), window("c", 210, 220)], spacing=150)
    assert [call.at for call in calls] == [0, 150, 220]


@pytest.mark.parametrize("credits", [2, 3])
def test_a_choice_keeps_the_distance_asked_for(credits: int) -> None:
    wants = [window("a", 0, 300, 2), window("b", 310, 600, 2), window("c", 2000, 2010)]
    calls, _ = choose(wants, {"nfl": 1}, credits, spacing=400)
    assert [call.at for call in calls][:2] == [200, 600]


def test_the_best_of_each_sport_is_worth_more_than_all_of_one() -> None:
    nfl = [window("n3", 0, 10, 3), window("n1", 100, 110, 1)]
    nba = [replace(one, sport="nba", fixture_id=f"b{one.weight}") for one in nfl]
    calls, left_out = choose([*nfl, *nba], {"nfl": 1, "nba": 1}, 2)
    assert {target.fixture_id for target in covered(calls)} == {"n3", "b3"}
    assert {one.target.fixture_id for one in left_out} == {"n1", "b1"}


def test_a_window_without_prices_is_skipped_unless_a_better_reason_is_known() -> None:
    (fixture,) = games("2026-11-26 13:00")
    unpriced = {(fixture.id, HOUR), ("another", 2 * HOUR)}
    now = at("2026-11-26 10:00")
    found, skipped = targets([fixture], WINDOWS, (), now, DAY, unpriced)
    assert [target.window for target in found] == [2 * HOUR, 30 * MINUTE]
    assert seen(skipped) == [(HOUR, Why.NO_PRICES)]
    _, skipped = targets([replace(fixture, status="postponed")], WINDOWS, (), now, DAY, unpriced)
    assert {one.why for one in skipped} == {Why.POSTPONED}


def test_of_two_calls_worth_the_same_the_cheaper_is_bought() -> None:
    fixtures = [Fixture(sport, sport, at("2026-11-26 13:00")) for sport in ("nfl", "nba")]
    for dear, cheap in (("nfl", "nba"), ("nba", "nfl")):
        calls, _ = choose(wanted(fixtures, at("2026-11-26 12:10")), {dear: 3, cheap: 2}, 4)
        assert [call.sport for call in calls] == [cheap]


def test_windows_are_worth_more_the_nearer_they_are_to_the_start() -> None:
    assert [WINDOWS.weight(before) for before in WINDOWS.before] == [1, 2, 3]
    assert Windows((1800.0,), 600, 300).weight(1800.0) == 1


SUNDAY = ("2026-11-29 13:00", "2026-11-29 16:05", "2026-11-29 16:25", "2026-11-29 20:20")
SUNDAY_CALLS = [
    "11:00",
    "12:00",
    "12:30",
    "14:05",
    "14:25",
    "15:05",
    "15:30",
    "15:55",
    "18:20",
    "19:20",
    "19:50",
]
"""16:25's hour (15:15 to 15:30) and 16:05's half hour (15:25 to 15:40) share a call: nominal 15:25 and 15:35,
so 15:30.
"""


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        pytest.param(SUNDAY, SUNDAY_CALLS, id="a Sunday of four slots"),
        pytest.param(
            ("2026-11-26 20:15",), ["18:15", "19:15", "19:45"], id="Thursday night, 01:15 UTC on Friday"
        ),
        pytest.param(
            ("2026-11-30 19:00",), ["17:00", "18:00", "18:30"], id="Monday night, its start at UTC midnight"
        ),
        pytest.param(("2026-11-29 09:30",), ["07:30", "08:30", "09:00"], id="London at 14:30 GMT"),
        pytest.param(
            ("2026-10-25 09:30",),
            ["07:30", "08:30", "09:00"],
            id="London on the day its summer time ends, a week before the US",
        ),
        pytest.param(
            ("2026-11-01 01:30",),
            ["23:30", "00:30", "01:00"],
            id="the night summer time ends, before the hour repeats",
        ),
        pytest.param(
            ("2026-11-01 03:00",),
            ["01:00", "02:00", "02:30"],
            id="the same night, after it: two hours before is one o'clock again",
        ),
        pytest.param(("2026-11-01 13:00",), ["11:00", "12:00", "12:30"], id="the Sunday summer time ended"),
        pytest.param(
            ("2027-03-14 03:30",),
            ["00:30", "01:30", "03:00"],
            id="the night summer time begins: two o'clock never is",
        ),
        pytest.param(
            ("2026-09-05 13:10", "2026-09-05 13:15"),
            ["11:12", "12:12", "12:42"],
            id="five minutes apart share every call",
        ),
        pytest.param(
            ("2026-09-05 13:05", "2026-09-05 13:20"),
            ["11:10", "12:10", "12:40"],
            id="a quarter apart share the minute in which both are open",
        ),
        pytest.param((), [], id="an empty week"),
    ],
)
def test_the_calls_of_a_day(starts: tuple[str, ...], expected: list[str]) -> None:
    fixtures = games(*starts)
    now = min((game.start for game in fixtures), default=0.0) - 12 * HOUR
    calls = plan(wanted(fixtures, now))
    assert clock(call.at for call in calls) == expected
    assert len(covered(calls)) == 3 * len(starts)


def test_a_full_sunday_costs_no_more_than_one_game_a_slot() -> None:
    slots = [start for start, count in zip(SUNDAY, (8, 2, 2, 1), strict=True) for _ in range(count)]
    fixtures = tuple(Fixture(str(number), "nfl", at(start)) for number, start in enumerate(slots))
    calls = plan(wanted(fixtures, at("2026-11-29 06:00")))
    assert clock(call.at for call in calls) == SUNDAY_CALLS
    assert len(covered(calls)) == 39


def test_both_games_of_a_doubleheader_get_their_windows() -> None:
    first, second = Fixture("1", "mlb", at("2026-07-04 13:05")), Fixture("2", "mlb", at("2026-07-04 16:35"))
    calls = plan(wanted((first, second), at("2026-07-04 09:00")))
    assert [(*clock([call.at]), call.covers[0].fixture_id) for call in calls] == [
        ("11:05", "1"),
        ("12:05", "1"),
        ("12:35", "1"),
        ("14:35", "2"),
        ("15:35", "2"),
        ("16:05", "2"),
    ]


def test_a_game_moved_to_later_gets_its_windows_again_and_one_moved_a_little_keeps_what_it_has() -> None:
    game = Fixture("1", "nfl", at("2026-11-29 13:00"))
    bought, now = at("2026-11-29 11:00"), at("2026-11-29 11:01")

    def still_wanted(moved: Fixture) -> list[float]:
        captured = {(target.fixture_id, target.window) for target in captures(moved, WINDOWS, bought)}
        return [target.window for target in targets([moved], WINDOWS, captured, now, DAY)[0]]

    assert still_wanted(game) == [3600, 1800]
    assert still_wanted(replace(game, start=at("2026-11-29 13:10"))) == [3600, 1800]
    assert still_wanted(replace(game, start=at("2026-11-29 13:11"))) == [7200, 3600, 1800]
    assert still_wanted(replace(game, start=at("2026-11-29 16:00"))) == [7200, 3600, 1800]


def test_a_fetch_of_ones_own_counts_from_ten_minutes_early_to_five_late() -> None:
    (game,) = games("2026-11-29 13:00")
    moments = ["10:49", "10:50", "11:05", "11:06", "11:50", "12:20", "12:35", "12:36", "13:00"]
    caught = [
        [target.window for target in captures(game, WINDOWS, at(f"2026-11-29 {moment}"))]
        for moment in moments
    ]
    assert caught == [[], [7200], [7200], [], [3600], [1800], [1800], [], []]


def test_a_window_never_reaches_the_start_however_late_a_call_may_be() -> None:
    wide = Windows((30 * MINUTE,), 0, HOUR)
    (target,) = targets(games("2026-11-29 13:00"), wide, (), 0, 100 * 365 * DAY)[0]
    assert (target.opens, target.closes) == (at("2026-11-29 12:30"), at("2026-11-29 13:00") - 1)


def test_a_window_past_its_end_is_missed_and_the_next_ones_still_wanted() -> None:
    wants, skipped = targets(games("2026-11-29 13:00"), WINDOWS, (), at("2026-11-29 11:06"), DAY)
    assert [target.window for target in wants] == [3600, 1800]
    assert seen(skipped) == [(7200, Why.MISSED)]


def test_after_a_gap_over_the_whole_game_all_its_windows_are_missed() -> None:
    (game,) = games("2026-11-29 13:00")
    for status in ("scheduled", "live", "final"):
        assert seen(targets([replace(game, status=status)], WINDOWS, (), at("2026-11-29 13:30"), DAY)[1]) == [
            (7200, Why.MISSED),
            (3600, Why.MISSED),
            (1800, Why.MISSED),
        ]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"status": "postponed"}, Why.POSTPONED),
        ({"status": "canceled"}, Why.CANCELED),
        ({"status": "live"}, Why.STARTED),
        ({"time_confirmed": False}, Why.TIME_TBD),
        ({"status": "postponed", "time_confirmed": False}, Why.POSTPONED),
    ],
)
def test_what_is_not_bought_for_says_why(changed: dict[str, object], why: Why) -> None:
    (game,) = games("2026-11-29 13:00")
    wants, skipped = targets([replace(game, **changed)], WINDOWS, (), at("2026-11-29 10:00"), DAY)  # type: ignore[arg-type] # a table of fields
    assert wants == ()
    assert seen(skipped) == [(7200, why), (3600, why), (1800, why)]


def test_what_is_captured_is_neither_wanted_nor_skipped() -> None:
    (game,) = games("2026-11-29 13:00")
    captured = {(game.id, 7200.0), (game.id, 3600.0)}
    wants, skipped = targets([game], WINDOWS, captured, at("2026-11-29 12:50"), DAY)
    assert wants == ()
    assert seen(skipped) == [(1800, Why.MISSED)]


def test_beyond_the_horizon_nothing_is_said() -> None:
    fixtures = games("2026-11-29 13:00")
    assert wanted(fixtures, at("2026-11-29 09:00"), HOUR) == ()
    assert [target.window for target in wanted(fixtures, at("2026-11-29 09:50"), HOUR)] == [7200]
    assert wanted(fixtures, at("2026-11-29 09:50") - 1, HOUR) == ()
    assert targets([replace(fixtures[0], status="postponed")], WINDOWS, (), at("2026-11-28 09:00"), HOUR) == (
        (),
        (),
    )


def test_a_run_that_finds_a_window_open_plans_it_for_now() -> None:
    calls = plan(wanted(games("2026-11-29 13:00"), at("2026-11-29 11:03")))
    assert clock(call.at for call in calls) == ["11:03", "12:00", "12:30"]
    assert [due(call, at("2026-11-29 11:03"), CRON) for call in calls] == [True, False, False]


@pytest.mark.parametrize(
    ("now", "every", "bought"),
    [
        ("10:49", 5, False),  # not open yet
        ("10:55", 5, False),  # 11:00 is still to come
        ("11:00", 5, True),
        ("11:05", 5, True),
        ("11:06", 5, False),  # past its end
        ("10:51", 14, False),  # the next run comes at 11:05
        ("10:52", 14, True),  # the next run would come at 11:06
        ("10:49", 60, False),  # neither this run nor the next can have it
    ],
)
def test_a_run_buys_at_the_minute_or_when_the_next_would_come_too_late(
    now: str, every: int, bought: bool
) -> None:
    call = plan(wanted(games("2026-11-29 13:00"), at("2026-11-29 06:00")))[0]
    assert due(call, at(f"2026-11-29 {now}"), every * MINUTE) is bought


def test_a_run_that_comes_between_the_openings_of_a_call_saves_the_window_that_closes() -> None:
    """15:27 is open for both, but cron comes at 15:22 and 15:32: 16:25's hour, 15:15 to 15:30, is bought at
    15:22.
    """
    wants = [
        target
        for target in wanted(games(*SUNDAY[1:3]), at("2026-11-29 15:16"))
        if target.nominal < at("2026-11-29 15:40")
    ]
    (call,) = plan(wants)
    assert (*clock([call.opens]), *clock([call.closes])) == ("15:25", "15:30")
    assert due(call, at("2026-11-29 15:22"), 10 * MINUTE)
    assert not due(call, at("2026-11-29 15:22"), 8 * MINUTE)
    assert not due(call, at("2026-11-29 15:13"), 10 * MINUTE)


@given(days, st.integers(60, 900), st.integers(0, 900))
def test_a_cron_that_comes_at_least_once_in_a_call_s_interval_buys_it(
    wants: tuple[Target, ...], every: int, phase: int
) -> None:
    for call in plan(wants):
        runs = [run for k in range(-20, 80) if call.opens <= (run := phase + k * every) <= call.closes]
        assert any(due(call, run, every) for run in runs) or (not runs and call.closes - call.opens < every)


def test_a_sunday_under_cron_is_captured_whole_by_the_optimum_of_calls_whatever_the_minute_of_its_runs() -> (
    None
):
    for phase in range(5):
        bought, captured = sunday_under_cron(at("2026-11-29 06:00") + phase * MINUTE)
        assert bought == len(SUNDAY_CALLS)
        assert len(captured) == 3 * len(SUNDAY)


def sunday_under_cron(first: float) -> tuple[int, set[tuple[str, float]]]:
    """Calls made and windows captured by runs every five minutes, each planning anew."""
    fixtures, captured, bought = games(*SUNDAY), set[tuple[str, float]](), 0
    for run in range(12 * 18):
        now = first + run * CRON
        wants, skipped = targets(fixtures, WINDOWS, captured, now, DAY)
        assert skipped == ()
        if any(due(call, now, CRON) for call in plan(wants)):
            bought += 1
            captured |= {
                (target.fixture_id, target.window)
                for game in fixtures
                for target in captures(game, WINDOWS, now)
            }
    return bought, captured


@given(
    st.lists(st.integers(0, 300), min_size=1, max_size=12),
    st.lists(st.integers(60, 5400), min_size=1, max_size=60),
)
def test_with_runs_at_any_times_every_window_ends_as_captured_or_missed(
    starts: list[int], gaps: list[int]
) -> None:
    fixtures = [Fixture(str(number), "nfl", 3 * HOUR + start * MINUTE) for number, start in enumerate(starts)]
    captured: set[tuple[str, float]] = set()
    now = 0.0
    for gap in gaps:
        for call in plan(targets(fixtures, WINDOWS, captured, now, DAY)[0]):
            if due(call, now, CRON):
                fresh = {(target.fixture_id, target.window) for target in call.covers if target.contains(now)}
                assert fresh - captured  # no call but for something new
                captured |= fresh
        now += gap
    wants, skipped = targets(fixtures, WINDOWS, captured, 10 * DAY, DAY)
    assert wants == ()
    assert {one.why for one in skipped} <= {Why.MISSED}
    assert len(captured) + len(skipped) == 3 * len(fixtures)


def test_a_month_of_baseball_under_a_tight_budget_is_chosen_exactly() -> None:
    """Thirty days of two slots that share nothing: 180 calls of weight 1 to 3; 90 of them are the 60 half
    hours and 30 of the hours.
    """
    fixtures = [
        Fixture(f"{day} {hour}", "mlb", day * DAY + hour * HOUR) for day in range(1, 31) for hour in (13, 19)
    ]
    calls, left_out = choose(wanted(fixtures, 0.0, 40 * DAY), {"mlb": 3}, 270)
    assert len(calls) == 90
    assert weight(covered(calls)) == 60 * 3 + 30 * 2
    assert len(left_out) == 90
