"""What planned calls may spend: by games, not by days, and never what is not there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.units import day_of
from oddsctl.policy.budget_pacing import (
    PacingDecision,
    PlannedBudget,
    SportDemand,
    affordable_windows,
    allowance,
    calls_a_day,
    emergency,
    pace,
)
from oddsctl.policy.prefetch_plan import Fixture, Windows

THURSDAY, SUNDAY, MONDAY = date(2026, 11, 26), date(2026, 11, 29), date(2026, 11, 30)
WEEK = {THURSDAY: 3, SUNDAY: 12, MONDAY: 1}
WINDOWS = (7200.0, 3600.0, 1800.0)

credits_left = st.integers(-50, 2000)
games_by_day = st.dictionaries(
    st.integers(0, 30).map(lambda day: THURSDAY + timedelta(day)), st.integers(0, 15), max_size=12
)


@pytest.mark.parametrize(
    ("today", "left", "later", "allowed"),
    [
        (THURSDAY, 450, 42, 358),  # the rest of the month is paid for: 450 - 50 - 42
        (THURSDAY, 92, 42, 7),  # 42 above the reserve, all needed later: 3 games of 16
        (THURSDAY, 106, 42, 14),  # 14 more than is needed later; the share would be 10
        (SUNDAY, 92, 9, 38),  # 12 games of the 13 left: 42 * 12 / 13
        (MONDAY, 92, 0, 42),  # the last day may have it all
        (date(2026, 11, 27), 92, 42, 0),  # no game, and later days need all
        (THURSDAY, 50, 42, 0),  # the reserve is not theirs
        (THURSDAY, 12, 42, 0),
    ],
)
def test_today_has_what_later_days_do_not_need_else_its_share_by_games(
    today: date, left: int, later: int, allowed: int
) -> None:
    assert allowance(left, 50, later, WEEK, today) == allowed


def test_days_that_are_over_have_no_share() -> None:
    assert allowance(92, 50, 42, WEEK, MONDAY) == allowance(92, 50, 42, {MONDAY: 1}, MONDAY) == 42


def test_a_month_without_games_has_nothing_to_share_out() -> None:
    assert allowance(92, 50, 42, {}, THURSDAY) == 0
    assert allowance(92, 50, 42, {THURSDAY: 0}, THURSDAY) == 0


def test_what_was_spent_today_counts_against_todays_share() -> None:
    assert [allowance(92 - spent, 50, 60, WEEK, THURSDAY, spent) for spent in (0, 3, 6, 9)] == [7, 4, 1, 0]


@given(credits_left, st.integers(0, 300), st.integers(0, 500), games_by_day, st.integers(0, 300))
def test_an_allowance_is_never_negative_and_never_above_what_is_left(
    left: int, reserve: int, later: int, games: Mapping[date, int], spent: int
) -> None:
    assert 0 <= allowance(left, reserve, later, games, THURSDAY, spent) <= max(0, left - reserve)


@given(credits_left, st.integers(0, 300), games_by_day, st.integers(3, 60))
def test_days_that_spend_all_they_may_stay_within_the_budget_and_above_the_reserve(
    left: int, reserve: int, games: Mapping[date, int], price: int
) -> None:
    balance = left
    for day in sorted(games):
        later = price * sum(count for other, count in games.items() if other > day)
        balance -= allowance(balance, reserve, later, games, day)
    assert balance >= min(left, reserve)


@given(credits_left, st.integers(0, 300), st.integers(0, 500), games_by_day)
def test_what_today_spends_leaves_later_days_what_they_need_or_their_share(
    left: int, reserve: int, later: int, games: Mapping[date, int]
) -> None:
    spendable = max(0, left - reserve)
    rest = spendable - allowance(left, reserve, later, games, THURSDAY)
    ahead = sum(games.values())
    share = spendable * (ahead - games.get(THURSDAY, 0)) / ahead if ahead else spendable
    assert rest >= min(later, share)


@given(credits_left, st.integers(0, 500), games_by_day, st.lists(st.integers(1, 40), max_size=8))
def test_a_day_bought_in_pieces_gets_no_more_than_in_one(
    left: int, later: int, games: Mapping[date, int], pieces: list[int]
) -> None:
    whole, spent = allowance(left, 0, later, games, THURSDAY), 0
    for piece in pieces:
        still = allowance(left - spent, 0, later, games, THURSDAY, spent)
        assert still == whole - spent
        spent += min(piece, still)


PRICES = {WINDOWS: 220, (3600.0, 1800.0): 150, (1800.0,): 80}


@pytest.mark.parametrize(
    ("spendable", "windows"),
    [
        (220, WINDOWS),
        (219, (3600.0, 1800.0)),
        (150, (3600.0, 1800.0)),
        (149, (1800.0,)),
        (79, (1800.0,)),
        (0, (1800.0,)),
    ],
)
def test_two_hours_are_cut_first_then_one_hour_and_the_half_hour_never(
    spendable: int, windows: tuple[float, ...]
) -> None:
    assert (
        affordable_windows(WINDOWS, spendable, lambda of: PRICES[tuple(sorted(of, reverse=True))]) == windows
    )


def test_windows_are_kept_in_the_order_they_were_given() -> None:
    assert affordable_windows((1800.0, 7200.0, 3600.0), 10, lambda of: 5 * len(of)) == (1800.0, 3600.0)


@pytest.mark.parametrize(
    ("spendable", "active", "expected"),
    [
        (80, False, False),
        (79, False, True),
        (80, True, True),
        (99, True, True),
        (100, True, False),
        (0, False, True),
        (-5, True, True),
    ],
)
def test_an_emergency_begins_when_not_even_the_half_hours_can_be_paid_and_ends_with_a_quarter_to_spare(
    spendable: int, active: bool, expected: bool
) -> None:
    assert emergency(spendable, 80, active=active) is expected


@pytest.mark.parametrize("active", [True, False])
def test_a_month_without_games_is_no_emergency(active: bool) -> None:
    assert emergency(-5, 0, active=active) is False


@given(st.lists(st.integers(80, 99), min_size=1))
def test_a_balance_that_wavers_around_what_is_needed_changes_nothing(balances: list[int]) -> None:
    for began in (True, False):
        active = began
        for balance in balances:
            active = emergency(balance, 80, active=active)
            assert active is began


# ── the course: what the rest of the month can bear ──

DAY, HOUR = 86400.0, 3600.0
RULES = Windows(WINDOWS, 600.0, 300.0)
NOON = datetime(2026, 11, 2, 17, tzinfo=UTC).timestamp()
"""A Monday: noon in the east.

The month ends on December 1st, 29 evenings later, none of which shares a call with another.
"""
RESET = datetime(2026, 12, 1, 5, tzinfo=UTC).timestamp()


def evenings(*numbers: int, sport: str = "nfl", games: int = 1) -> tuple[Fixture, ...]:
    """Games at eight in the evening, so many days from now."""
    return tuple(
        Fixture(f"{sport} {day} {game}", sport, NOON + day * DAY + 8 * HOUR)
        for day in numbers
        for game in range(games)
    )


def outlook(
    fixtures: Sequence[Fixture], known_until: float = RESET, price: int = 3, lean_price: int = 1
) -> SportDemand:
    return SportDemand(fixtures, known_until, price, lean_price)


def purse(
    spendable: int, spent_today: int = 0, reset_at: float = RESET, *, emergency: bool = False
) -> PlannedBudget:
    return PlannedBudget(spendable, spent_today, reset_at, emergency)


@pytest.mark.parametrize(
    ("spendable", "windows", "today"),
    [
        (500, WINDOWS, 500 - 18),  # three evenings of three calls of 3; what tomorrow's two need stays
        (27, WINDOWS, 9),
        (26, (3600.0, 1800.0), 26 - 12),
        (18, (3600.0, 1800.0), 6),
        (17, (1800.0,), 17 - 6),
        (9, (1800.0,), 3),
    ],
)
def test_the_farthest_windows_are_cut_first_and_later_days_keep_what_they_need(
    spendable: int, windows: tuple[float, ...], today: int
) -> None:
    assert pace([outlook(evenings(0, 1, 2))], RULES, purse(spendable), NOON) == PacingDecision(
        windows, emergency=False, today=today
    )


def test_where_not_even_the_nearest_windows_can_be_paid_they_are_bought_at_the_leanest_price() -> None:
    assert pace([outlook(evenings(0, 1, 2))], RULES, purse(8), NOON) == PacingDecision(
        (1800.0,), emergency=True, today=6
    )
    assert pace([outlook(evenings(0, 1, 2))], RULES, purse(2), NOON) == PacingDecision(
        (1800.0,), emergency=True, today=0
    )
    assert pace([outlook(evenings(0, 1, 2))], RULES, purse(-5), NOON) == PacingDecision(
        (1800.0,), emergency=True, today=0
    )


@pytest.mark.parametrize(("spendable", "active"), [(9, True), (11, True), (12, False), (500, False)])
def test_an_emergency_ends_with_a_quarter_to_spare_at_the_full_price(spendable: int, active: bool) -> None:
    """9 are needed in full; 11.25 end it, as what it saves alone must not."""
    assert (
        pace([outlook(evenings(0, 1, 2))], RULES, purse(spendable, emergency=True), NOON).emergency is active
    )


def test_what_is_captured_is_paid_already() -> None:
    """At half past seven tonight's last window is bought, and open for five minutes more: 6 pay for the other
    two evenings.
    """
    late = NOON + 7.5 * HOUR + 60
    captured = {("nfl 0 0", window) for window in WINDOWS}
    month = [outlook(evenings(0, 1, 2))]
    assert pace(month, RULES, purse(6, 9), late, captured).emergency is False
    assert pace(month, RULES, purse(6, 9), late).emergency is True
    assert pace(month, RULES, purse(18, 9), late, captured).windows == WINDOWS


def test_sports_are_paid_from_one_purse_and_a_call_serves_all_games_of_its_sport() -> None:
    month = [outlook(evenings(0, 1, games=12)), outlook(evenings(0, 1, sport="nba"), price=6)]
    assert pace(month, RULES, purse(54), NOON).windows == WINDOWS  # 6 calls of 3, 6 of 6
    assert pace(month, RULES, purse(53), NOON).windows == (3600.0, 1800.0)


def test_days_whose_games_are_not_known_yet_are_taken_to_cost_what_the_known_ones_do() -> None:
    """One evening in the two days that are known; the other 27 and a half days cost as much for their time: 9
    credits for each two.
    """
    known = outlook(evenings(0), known_until=NOON + 2 * DAY)
    days = (RESET - NOON) / DAY
    needed = math.ceil(9 * days / 2)
    assert pace([known], RULES, purse(needed), NOON).windows == WINDOWS
    assert pace([known], RULES, purse(needed - 1), NOON).windows == (3600.0, 1800.0)
    assert pace([known], RULES, purse(needed), NOON).today == pytest.approx(9, abs=1)


def test_less_than_a_day_tells_nothing_of_the_others() -> None:
    assert calls_a_day(outlook(evenings(0), known_until=NOON + DAY / 2), RULES, NOON, RESET) == 0
    assert calls_a_day(outlook(evenings(0), known_until=NOON + DAY), RULES, NOON, NOON + 5 * DAY) == 3
    assert calls_a_day(outlook(evenings(0, 1), known_until=RESET), RULES, NOON, RESET) == pytest.approx(
        6 / 28.5
    )


@pytest.mark.parametrize("hour", [-11.0, 0.0, 6.0, 6.9, 7.6, 9.0, 11.9])
def test_what_a_day_costs_does_not_hang_on_the_hour_nor_on_what_is_captured_or_over(hour: float) -> None:
    """Three calls each evening of a week that is known from its first midnight: the three weeks after it are
    like it.
    """
    since, now = NOON - 12 * HOUR, NOON + hour * HOUR
    known = replace(outlook(evenings(*range(8)), known_until=since + 8 * DAY), known_since=since)
    over = replace(
        known, fixtures=[replace(one, status="final") if one.start < now else one for one in known.fixtures]
    )
    assert calls_a_day(over, RULES, now, RESET) == 3


@pytest.mark.parametrize("spendable", [500, 1, 0])
@pytest.mark.parametrize("active", [True, False])
def test_an_empty_month_is_no_emergency_and_cuts_nothing(spendable: int, active: bool) -> None:
    assert pace([outlook(())], RULES, purse(spendable, emergency=active), NOON) == PacingDecision(
        WINDOWS, emergency=False, today=spendable
    )
    assert pace([], RULES, purse(spendable, emergency=active), NOON) == PacingDecision(
        WINDOWS, emergency=False, today=spendable
    )


def test_games_after_the_reset_are_the_next_months_to_pay() -> None:
    """The account's month ends in the middle of ours: of three evenings one is still on these credits."""
    reset = NOON + DAY
    assert pace(
        [outlook(evenings(0, 2, 3), known_until=reset)], RULES, purse(9, reset_at=reset), NOON
    ) == PacingDecision(WINDOWS, emergency=False, today=9)
    assert (
        pace([outlook(evenings(2, 3), known_until=reset)], RULES, purse(0, reset_at=reset), NOON).emergency
        is False
    )


def test_a_reset_between_the_windows_of_a_game_parts_them() -> None:
    """At half past six the month ends: of tonight's windows the first is on these credits, the other two open
    later.
    """
    reset = NOON + 6.5 * HOUR
    assert (
        pace([outlook(evenings(0), known_until=reset)], RULES, purse(3, reset_at=reset), NOON).windows
        == WINDOWS
    )


def test_nothing_to_fetch_at_any_window_costs_nothing() -> None:
    nothing = Windows((), 600.0, 300.0)
    for active in (True, False):
        found = pace([outlook(evenings(0))], nothing, purse(500, emergency=active), NOON)
        assert found == PacingDecision((), emergency=active, today=0)
        assert (found.spendable, found.reset_at) == (0, RESET)


@pytest.mark.parametrize(("spendable", "in_all"), [(500, 500), (1, 1), (0, 0), (-5, 0)])
def test_all_days_together_may_spend_what_there_is_and_never_less_than_nothing(
    spendable: int, in_all: int
) -> None:
    found = pace([outlook(evenings(0, 1, 2))], RULES, purse(spendable), NOON)
    assert (found.spendable, found.reset_at) == (in_all, RESET)


def test_a_single_credit_short_is_an_emergency() -> None:
    assert emergency(0, 1, active=False)


def test_what_today_spent_counts_against_its_share() -> None:
    """Each of four evenings needs 30: 80 credits are 20 for each, and what was spent tonight is gone."""
    month = [outlook(evenings(0, 1, 2, 3), price=30, lean_price=30)]
    near = replace(RULES, before=(1800.0,))
    assert [pace(month, near, purse(80 - spent, spent), NOON).today for spent in (0, 6, 20)] == [20, 14, 0]


def test_days_not_known_yet_have_a_share_as_large_as_the_mean_of_the_known_ones() -> None:
    """Known until tomorrow night: 1 game, then 3. The two days after it are taken to have 2 each."""
    midnight = NOON + 36 * HOUR
    known = (*evenings(0), *evenings(1, games=3))
    near = replace(RULES, before=(1800.0,))
    reset = midnight + 2 * DAY
    month = [outlook(known, known_until=midnight, price=200, lean_price=200)]
    assert pace(month, near, purse(80, reset_at=reset), NOON).today == 10


def test_the_nearest_windows_alone_are_what_days_not_known_yet_cost_when_nothing_else_can_be_paid() -> None:
    known = outlook(evenings(0), known_until=NOON + 2 * DAY)
    needed = math.ceil(3 * (RESET - NOON) / DAY / 2)
    enough = pace([known], RULES, purse(needed), NOON)
    assert (enough.windows, enough.emergency) == ((1800.0,), False)
    assert pace([known], RULES, purse(needed - 1), NOON).emergency


def test_a_postponed_game_makes_no_day_dearer() -> None:
    known = evenings(0, 1)
    off = [replace(one, status="postponed") for one in known[1:]]
    assert calls_a_day(outlook([known[0], *off]), RULES, NOON, RESET) == pytest.approx(3 / 28.5)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-30T04:59:59+00:00", date(2026, 11, 29)),  # Sunday night's game is on, in the east
        ("2026-11-30T05:00:00+00:00", date(2026, 11, 30)),
        ("2026-10-31T03:59:59+00:00", date(2026, 10, 30)),  # summer time
        ("2026-10-31T04:00:00+00:00", date(2026, 10, 31)),
    ],
)
def test_a_day_ends_at_midnight_in_the_east(moment: str, day: date) -> None:
    assert day_of(datetime.fromisoformat(moment).timestamp()) == day


nights = st.lists(st.integers(0, 28), max_size=12, unique=True).map(lambda days: evenings(*days))


@given(nights, st.integers(-20, 400), st.booleans())
def test_today_never_may_spend_more_than_there_is_and_the_nearest_window_is_never_cut(
    games: tuple[Fixture, ...], spendable: int, active: bool
) -> None:
    found = pace([outlook(games)], RULES, purse(spendable, emergency=active), NOON)
    assert 0 <= found.today <= max(0, spendable)
    assert 1800.0 in found.windows
    assert found.windows == WINDOWS[len(WINDOWS) - len(found.windows) :]
    assert not found.emergency or found.windows == (1800.0,)


@given(nights, st.integers(0, 400), st.integers(0, 100))
def test_more_credits_never_buy_less(games: tuple[Fixture, ...], spendable: int, more: int) -> None:
    some, richer = (
        pace([outlook(games)], RULES, purse(amount), NOON) for amount in (spendable, spendable + more)
    )
    assert set(some.windows) <= set(richer.windows)
    assert not (richer.emergency and not some.emergency)


@given(nights, st.integers(0, 400))
def test_evening_by_evening_a_month_stays_within_its_credits_and_its_last_evenings_are_not_starved(
    games: tuple[Fixture, ...], credits: int
) -> None:
    """Each evening its calls are bought as far as today's credits go."""
    left, active, bought = credits, False, {}
    for game in games and sorted(games, key=lambda one: one.start):
        now = game.start - 3 * HOUR
        found = pace([outlook(games)], RULES, purse(left, emergency=active), now)
        active = found.emergency
        price = 1 if active else 3
        calls = min(len(found.windows), found.today // price)
        left -= calls * price
        bought[game.id] = calls
        assert left >= 0
    if credits >= 3 * len(games):
        assert all(calls >= 1 for calls in bought.values())
    if credits >= 9 * len(games):
        assert all(calls == 3 for calls in bought.values())
