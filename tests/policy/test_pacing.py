"""What planned calls may spend: by games, not by days, and never what is not there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.policy.pacing import allowance, emergency, kept

THURSDAY, SUNDAY, MONDAY = date(2026, 11, 26), date(2026, 11, 29), date(2026, 11, 30)
WEEK = {THURSDAY: 3, SUNDAY: 12, MONDAY: 1}
WINDOWS = (7200.0, 3600.0, 1800.0)

credits_left = st.integers(-50, 2000)
games_by_day = st.dictionaries(st.integers(0, 30).map(lambda day: THURSDAY + timedelta(day)), st.integers(0, 15), max_size=12)


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
def test_today_has_what_later_days_do_not_need_else_its_share_by_games(today: date, left: int, later: int, allowed: int) -> None:
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
def test_a_day_bought_in_pieces_gets_no_more_than_in_one(left: int, later: int, games: Mapping[date, int], pieces: list[int]) -> None:
    whole, spent = allowance(left, 0, later, games, THURSDAY), 0
    for piece in pieces:
        still = allowance(left - spent, 0, later, games, THURSDAY, spent)
        assert still == whole - spent
        spent += min(piece, still)


PRICES = {WINDOWS: 220, (3600.0, 1800.0): 150, (1800.0,): 80}


@pytest.mark.parametrize(
    ("spendable", "windows"),
    [(220, WINDOWS), (219, (3600.0, 1800.0)), (150, (3600.0, 1800.0)), (149, (1800.0,)), (79, (1800.0,)), (0, (1800.0,))],
)
def test_two_hours_are_cut_first_then_one_hour_and_the_half_hour_never(spendable: int, windows: tuple[float, ...]) -> None:
    assert kept(WINDOWS, spendable, lambda of: PRICES[tuple(sorted(of, reverse=True))]) == windows


def test_windows_are_kept_in_the_order_they_were_given() -> None:
    assert kept((1800.0, 7200.0, 3600.0), 10, lambda of: 5 * len(of)) == (1800.0, 3600.0)


@pytest.mark.parametrize(
    ("spendable", "active", "expected"),
    [(80, False, False), (79, False, True), (80, True, True), (99, True, True), (100, True, False), (0, False, True), (-5, True, True)],
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
