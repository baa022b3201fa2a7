"""What the coming days cost: each call once, no cut dearer than the whole, and the first day that cannot be
paid.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.policy.budget_pacing import PacingDecision, PlannedBudget, SportDemand, pace
from oddsctl.policy.cost_projection import CostProjection, CreditSupply, project_costs
from oddsctl.policy.prefetch_plan import Fixture, Windows, plan, targets

HOUR, DAY = 3600.0, 86400.0
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC).timestamp()
THURSDAY, SUNDAY = (datetime(2026, 11, day, 18, tzinfo=UTC).timestamp() for day in (26, 29))
WINDOWS = Windows((7200.0, 3600.0, 1800.0), 600.0, 300.0)
MARKETS = ("h2h", "spreads", "totals")
WEEK = 7 * DAY


def outlook(
    *starts: float, price: int = 3, known_until: float = NOW + WEEK, sport: str = "nfl"
) -> SportDemand:
    return SportDemand(
        [Fixture(f"{sport}{number}", sport, start) for number, start in enumerate(starts)],
        known_until,
        price,
        1,
    )


def means(spendable: int = 450, own: float = 0.0, reset_at: float = NOW + 30 * DAY) -> CreditSupply:
    return CreditSupply(spendable, 450, reset_at, own)


def ahead(
    *outlooks: SportDemand,
    of: CreditSupply | None = None,
    until: float = NOW + WEEK,
    windows: Windows = WINDOWS,
) -> CostProjection:
    names = {one.fixtures[0].sport if one.fixtures else "none": one for one in outlooks}
    return project_costs(names, windows, MARKETS, of or means(), NOW, until)


def test_games_at_one_time_cost_three_calls_and_each_call_counts_for_its_nearest_window() -> None:
    (day,) = ahead(outlook(*[SUNDAY] * 9)).days
    assert (day.day, day.games, day.calls, day.credits) == (date(2026, 11, 29), 9, 3, 9)
    assert day.by_window == {7200.0: 3, 3600.0: 3, 1800.0: 3}
    assert day.by_sport == {"nfl": 9}


def test_two_kick_offs_half_an_hour_apart_share_a_call() -> None:
    """The later game's hour is the earlier one's half hour."""
    (day,) = ahead(outlook(SUNDAY, SUNDAY + HOUR / 2)).days
    assert day.calls == 5
    assert sum(day.by_window.values()) == day.credits == 15


def test_days_without_a_game_are_left_out_and_an_empty_week_costs_nothing() -> None:
    assert [day.day.day for day in ahead(outlook(THURSDAY, SUNDAY)).days] == [26, 29]
    empty = ahead(outlook())
    assert (empty.days, empty.credits, empty.runs_out) == ((), 0, None)


def test_days_that_nobody_knows_yet_are_like_those_known() -> None:
    known = outlook(*(NOW + number * DAY + 8 * HOUR for number in range(2)), known_until=NOW + 2 * DAY)
    days = ahead(known, until=NOW + 4 * DAY).days
    assert [day.estimated for day in days] == [False, False, True, True]
    assert [day.credits for day in days] == [9, 9, 9, 9]


@pytest.mark.parametrize(
    ("spendable", "own", "out"),
    [(18, 0.0, None), (17, 0.0, 29), (8, 0.0, 26), (30, 2.0, None), (24, 2.0, 29), (12, 2.0, 26)],
)
def test_the_first_day_whose_calls_cannot_all_be_paid(spendable: int, own: float, out: int | None) -> None:
    """9 on Thursday, two days from now, 9 on Sunday; own commands take theirs first."""
    runs_out = ahead(outlook(THURSDAY, SUNDAY), of=means(spendable, own)).runs_out
    assert runs_out == (None if out is None else date(2026, 11, out))


@pytest.mark.parametrize(
    ("spendable", "bought"),
    [
        (18, [(26, 9), (29, 9)]),
        (14, [(26, 6), (29, 6)]),
        (6, [(26, 3), (29, 3)]),
        (2, [(26, 1), (29, 1)]),
        (1, [(26, 1)]),
        (0, []),
    ],
)
def test_only_what_can_be_paid_is_shown_and_what_every_window_would_take_is_told(
    spendable: int, bought: list[tuple[int, int]]
) -> None:
    """The farthest windows go first; then moneylines only; then day by day as far as it goes."""
    games = {"nfl": outlook(THURSDAY, SUNDAY)}
    paid = means(spendable, reset_at=NOW + WEEK)
    path = pace(list(games.values()), WINDOWS, PlannedBudget(spendable, 0, paid.reset_at), NOW)
    planned = project_costs(games, WINDOWS, MARKETS, paid, NOW, NOW + WEEK, course=path)
    assert [(day.day.day, day.credits) for day in planned.days] == bought
    assert all(
        sum(day.by_window.values()) == sum(day.by_sport.values()) == day.credits for day in planned.days
    )
    assert (planned.wanted_calls, planned.wanted_credits) == (6, 18)
    assert planned.credits <= spendable


def test_the_reset_fills_the_purse_again() -> None:
    assert ahead(outlook(THURSDAY, SUNDAY), of=means(9, reset_at=NOW + 4 * DAY)).runs_out is None


def test_each_cut_tells_what_is_left_and_what_it_saves() -> None:
    cuts = {
        (cut.kind, cut.without): (cut.credits, cut.saves)
        for cut in ahead(outlook(SUNDAY), outlook(THURSDAY, sport="nba")).cuts
    }
    assert cuts[("window", 7200.0)] == (12, 6)
    assert cuts[("market", "totals")] == (12, 6)
    assert cuts[("sport", "nba")] == (9, 9)


def test_what_cannot_be_cut_is_not_offered() -> None:
    one = project_costs(
        {"nfl": outlook(SUNDAY)}, Windows((1800.0,), 600.0, 300.0), ("h2h",), means(), NOW, NOW + WEEK
    )
    assert one.cuts == ()


starts = st.lists(st.floats(NOW, NOW + 6 * DAY), max_size=12)


@given(starts, starts)
def test_the_days_add_up_to_the_fewest_calls_and_no_cut_makes_it_dearer(
    nfl: list[float], nba: list[float]
) -> None:
    looks = [outlook(*nfl), outlook(*nba, sport="nba")]
    names = dict(zip(("nfl", "nba"), looks, strict=True))
    whole = project_costs(names, WINDOWS, MARKETS, means(), NOW, NOW + WEEK)
    fewest = sum(len(plan(targets(one.fixtures, WINDOWS, (), NOW, WEEK)[0])) for one in looks)
    assert whole.calls == fewest
    assert whole.credits == 3 * fewest == sum(sum(day.by_window.values()) for day in whole.days)
    assert all(cut.credits + cut.saves == pytest.approx(whole.credits) for cut in whole.cuts)
    assert all(cut.saves >= 0 for cut in whole.cuts)


EVERYTHING = PacingDecision(WINDOWS.before, emergency=False, today=0)
AUCKLAND = ZoneInfo("Pacific/Auckland")
"""There the games of a US evening are those of the next day."""


def planned(
    *starts: float, of: CreditSupply, until: float = NOW + WEEK, zone: ZoneInfo = AUCKLAND
) -> CostProjection:
    games = {"nfl": outlook(*starts)}
    return project_costs(games, WINDOWS, MARKETS, of, NOW, until, zone=zone, course=EVERYTHING)


def test_of_the_first_day_that_is_not_paid_whole_as_many_calls_are_shown_as_are_paid() -> None:
    """8 credits pay two of the three calls of 3; the later day gets none."""
    (day,) = planned(THURSDAY, SUNDAY, of=means(8)).days
    assert (day.calls, day.credits, day.games) == (2, 6, 1)
    assert day.by_sport == {"nfl": 6}
    assert day.by_window == {7200.0: 2, 3600.0: 2, 1800.0: 2}
    assert [cost.credits for cost in planned(THURSDAY, SUNDAY, of=means(9)).days] == [9]


def test_days_from_the_reset_on_are_paid_by_the_next_month() -> None:
    """The day of the reset is one of the zone that is shown: there it is the 30th, as Sunday's game."""
    found = planned(THURSDAY, SUNDAY - DAY, SUNDAY, of=means(9, reset_at=SUNDAY - 4 * HOUR))
    assert [(day.day.day, day.credits) for day in found.days] == [(27, 9), (30, 9)]
    assert found.runs_out == date(2026, 11, 29)


def test_days_are_those_of_the_zone_that_is_shown() -> None:
    evenings = [NOW + number * DAY + 8 * HOUR for number in range(2)]
    known = {"nfl": outlook(*evenings, known_until=NOW + 2 * DAY)}
    for zone, first in ((AUCKLAND, 25), (ZoneInfo("America/New_York"), 24)):
        days = project_costs(known, WINDOWS, MARKETS, means(), NOW, NOW + 4 * DAY, zone=zone).days
        assert [(day.day.day, day.estimated) for day in days] == [
            (first, False),
            (first + 1, False),
            (first + 2, True),
            (first + 3, True),
        ]
        assert [dict(day.by_window) for day in days[2:]] == [{}, {}]


def test_a_day_that_is_known_in_part_is_not_guessed_besides() -> None:
    known = outlook(NOW + 2 * HOUR, NOW + DAY, known_until=NOW + DAY + HOUR)
    days = ahead(known, until=NOW + DAY + 2 * HOUR).days
    assert [day.estimated for day in days] == [False, False]


def test_what_is_captured_costs_nothing_more() -> None:
    captured = {("nfl0", 7200.0), ("nfl0", 3600.0)}
    one = project_costs({"nfl": outlook(SUNDAY)}, WINDOWS, MARKETS, means(), NOW, NOW + WEEK, captured)
    assert (one.calls, one.credits) == (1, 3)


def test_a_cut_of_a_sport_leaves_the_others() -> None:
    looks = {"nfl": outlook(SUNDAY, price=2), "nba": outlook(THURSDAY, price=5, sport="nba")}
    found = project_costs(looks, WINDOWS, MARKETS, means(), NOW, NOW + WEEK)
    cuts = {cut.without: (cut.credits, cut.saves) for cut in found.cuts if cut.kind == "sport"}
    assert cuts == {"nfl": (15, 6), "nba": (6, 15)}


def test_of_two_windows_or_markets_either_can_be_cut() -> None:
    two = Windows((3600.0, 1800.0), 600.0, 300.0)
    found = project_costs({"nfl": outlook(SUNDAY)}, two, ("h2h", "totals"), means(), NOW, NOW + WEEK)
    assert [(cut.kind, cut.without) for cut in found.cuts] == [
        ("window", 3600.0),
        ("window", 1800.0),
        ("market", "h2h"),
        ("market", "totals"),
    ]


def test_the_day_of_the_reset_is_paid_by_the_next_month() -> None:
    assert ahead(outlook(THURSDAY, SUNDAY), of=means(9, reset_at=SUNDAY)).runs_out is None
    assert ahead(outlook(THURSDAY, SUNDAY), of=means(9, reset_at=SUNDAY + DAY)).runs_out == date(2026, 11, 29)


def test_the_next_month_pays_its_days_once() -> None:
    (day,) = planned(THURSDAY, SUNDAY, of=CreditSupply(0, 9, THURSDAY - DAY, 0.0)).days
    assert (day.day, day.credits) == (date(2026, 11, 27), 9)
