"""What is told: changes, each once, and again only when it really came back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.notices import HealthChecked, PickFound, WindowMissed
from oddsctl.domain.units import DAY
from oddsctl.policy.alert_rules import (
    KEEP,
    MARGIN,
    REST,
    SHARES,
    AlertMemory,
    BestPrices,
    Change,
    CreditBalance,
    HealthChanged,
    LineMoved,
    Observations,
    QuotaLow,
    RunningDry,
    balance,
    detect_changes,
)
from oddsctl.policy.budget import BalanceReading as Amount
from oddsctl.policy.budget import Credits
from oddsctl.store import codec

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
RESET = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
ALL = ("quota", "health", "picks", "window", "line")
MISSED = WindowMissed("401", "Packers @ Lions", NOW + 1800, 7200.0, "MISSED")
PICK = PickFound("401", "Packers @ Lions", NOW + 1800, "h2h", "Lions", None, 1.8, "fanduel", 0.03)


def told_of(
    *looks: Observations, topics: tuple[str, ...] = ALL, every: float = 300.0, threshold: float = 0.03
) -> list[Change]:
    """All that is told when these are seen one after another, by runs that remember only what is stored."""
    told, changes = AlertMemory(), list[Change]()
    for number, seen in enumerate(looks):
        told, more = detect_changes(told, seen, topics, threshold, NOW + number * every)
        told = codec.decode(AlertMemory, codec.encode(told))
        changes += more
    return changes


def left(remaining: int, month: float | None = None, spare: float | None = None) -> Observations:
    return Observations(
        CreditBalance(remaining, 500, RESET, month, spare, None if spare is None else NOW + DAY)
    )


def shares(changes: list[Change]) -> list[int]:
    return [change.percent for change in changes if isinstance(change, QuotaLow)]


def health(*statuses: str, api: str = "espn") -> list[Observations]:
    return [Observations(news=(HealthChecked(api, status),)) for status in statuses]


def line(detroit: float, green_bay: float = 2.5, books: str = "us", start: float = NOW + DAY) -> Observations:
    return Observations(
        lines=(BestPrices("e1", "Packers @ Lions", start, books, {"Lions": detroit, "Packers": green_bay}),)
    )


# ── credits ──


def test_a_month_that_runs_down_is_told_at_a_half_a_fifth_and_a_tenth() -> None:
    assert shares(told_of(*map(left, range(500, -1, -3)))) == [50, 20, 10]


def test_a_balance_that_falls_past_several_shares_at_once_is_told_once() -> None:
    assert told_of(left(400), left(30)) == [QuotaLow(10, 30, 500, RESET)]


def test_one_that_is_low_at_the_first_look_is_told() -> None:
    assert shares(told_of(left(90))) == [20]


@given(st.lists(st.integers(80, 124)))
def test_a_balance_that_hovers_at_a_fifth_is_told_once(balances: list[int]) -> None:
    assert shares(told_of(left(90), *map(left, balances))) == [20]


def test_credits_bought_arm_the_shares_below_them_again() -> None:
    assert shares(told_of(left(40), left(130), left(90), left(40))) == [10, 20, 10]


def test_a_new_month_arms_all_shares_again_even_where_others_spent_it_already() -> None:
    assert shares(told_of(left(90), left(90, month=NOW), left(90, month=NOW))) == [20, 20]


@given(st.lists(st.integers(0, 500), max_size=30))
def test_what_is_told_is_told_again_only_after_the_balance_rose_by_the_margin(balances: list[int]) -> None:
    told = AlertMemory()
    risen = dict.fromkeys(SHARES, True)
    for now, remaining in enumerate(balances):
        told, changes = detect_changes(told, left(remaining), ALL, 0.03, NOW + now)
        risen |= {share: True for share in SHARES if remaining / 5 > share + MARGIN}
        for share in shares(list(changes)):
            assert risen[share]
            assert remaining / 5 <= share
            risen |= {passed: False for passed in SHARES if passed >= share}
        assert len(changes) <= 1


def test_credits_that_will_not_last_are_told_once_and_again_after_they_would() -> None:
    short, hardly, enough = left(300, spare=-10), left(300, spare=5), left(300, spare=60)
    assert told_of(short, hardly, short, enough, short) == [RunningDry(NOW + DAY, RESET)] * 2


def test_the_forecast_is_that_of_the_month_so_far() -> None:
    """285 used in 19.5 days are 14.6 a day; 215 last for 14.7 days more, and the month for 10.5."""
    seen = balance(Credits(used=285, remaining=215, asked_at=NOW), 500, 1, NOW)
    assert seen is not None
    assert seen.spare is not None
    assert round(seen.spare, 1) == 61.5
    assert seen.dry_at is not None
    assert round((seen.dry_at - NOW) / DAY, 1) == 14.7


def test_a_month_just_begun_has_no_forecast_unless_half_is_gone() -> None:
    begun = datetime(2026, 11, 1, 20, tzinfo=UTC).timestamp()
    early, late = (
        balance(Credits(used=used, remaining=500 - used, asked_at=begun), 500, 1, begun) for used in (60, 260)
    )
    assert early is not None
    assert early.spare is None
    assert late is not None
    assert late.spare is not None
    assert late.spare < 0


def test_credits_that_the_provider_calls_used_up_are_used_up_whatever_was_told_before() -> None:
    """A refused price of 3 leaves room for 2."""
    for before, left_now in ((Credits(), 0), (Credits(used=1, remaining=499, asked_at=NOW - 9), 2)):
        seen = balance(replace(before, exhausted=Amount(NOW, 3)), 500, 1, NOW)
        assert seen is not None
        assert (seen.remaining, seen.limit) == (left_now, 500)
    assert balance(Credits(exhausted=Amount(NOW - 25 * DAY, 3)), 500, 1, NOW) is None


def test_what_was_told_of_the_last_month_says_nothing_of_this_one() -> None:
    assert balance(Credits(used=490, remaining=10, asked_at=NOW - 25 * DAY), 500, 1, NOW) is None
    assert balance(Credits(), 500, 1, NOW) is None


# ── health ──


def test_health_is_told_when_it_changes_and_not_while_it_lasts() -> None:
    changes = told_of(*health("healthy", "unhealthy", "unhealthy", "unhealthy", "healthy", "healthy"))
    assert changes == [
        HealthChanged("espn", "healthy", "unhealthy"),
        HealthChanged("espn", "unhealthy", "healthy"),
    ]


def test_not_knowing_is_no_change() -> None:
    assert len(told_of(*health("unknown", "unhealthy", "unknown", "unknown", "unhealthy"))) == 1


@given(st.lists(st.sampled_from(["healthy", "degraded", "unhealthy", "unknown"])), st.floats(1, 1000))
def test_an_api_that_comes_and_goes_is_told_once_in_a_while_and_never_twice_the_same(
    statuses: list[str], every: float
) -> None:
    told, before, last = AlertMemory(), "healthy", -REST
    for number, seen in enumerate(health(*statuses)):
        now = NOW + number * every
        told, changes = detect_changes(told, seen, ALL, 0.03, now)
        for change in changes:
            assert isinstance(change, HealthChanged)
            assert now - last >= REST
            assert change.before == before != change.status
            before, last = change.status, now


def test_each_api_is_told_for_itself() -> None:
    assert len(told_of(*health("unhealthy"), *health("unhealthy", api="odds"))) == 2


# ── windows, picks ──


def test_a_missed_window_and_a_pick_are_told_once_each() -> None:
    other = replace(MISSED, window=1800.0)
    seen = Observations(news=(MISSED, PICK, MISSED))
    assert told_of(seen, seen, Observations(news=(other, PICK))) == [MISSED, PICK, other]


def test_a_pick_that_is_over_is_no_pick_and_an_old_window_no_news() -> None:
    assert told_of(Observations(news=(replace(PICK, start=NOW), replace(MISSED, start=NOW - KEEP)))) == []


def test_what_is_forgotten_can_not_be_told_again() -> None:
    seen = Observations(news=(MISSED,))
    assert told_of(seen, seen, seen, every=KEEP / 2 + 3600) == [MISSED]


# ── lines ──


def test_a_line_is_told_when_it_moved_far_enough_from_where_it_was_last_told() -> None:
    """1.65 is 60.6 %, 1.70 58.8 %, 1.75 57.1 %: the two steps together are more than three points."""
    assert told_of(line(1.65), line(1.70), line(1.75), line(1.75), line(1.70)) == [
        LineMoved("Packers @ Lions", NOW + DAY, "us", "Lions", 1.65, 1.75)
    ]


def test_a_line_seen_first_is_no_move_and_other_books_are_another_line() -> None:
    assert told_of(line(1.65), line(1.90, books="eu"), line(1.65), line(1.90, books="eu")) == []


def test_of_a_game_the_outcome_that_moved_most_is_told() -> None:
    (change,) = told_of(line(1.65, 2.50), line(1.60, 2.20))
    assert isinstance(change, LineMoved)
    assert change.outcome == "Packers"


def test_a_line_of_a_game_under_way_is_not_told() -> None:
    assert told_of(line(1.65, start=NOW + 200), line(1.05, start=NOW + 200)) == []


def test_without_a_threshold_each_move_is_told_and_standing_still_is_none() -> None:
    assert len(told_of(line(1.65), line(1.65), line(1.66), threshold=0.0)) == 1


# ── what one wants to hear ──


@given(st.sets(st.sampled_from(ALL)))
def test_only_what_is_on_is_told_and_the_rest_is_left_as_it_was(topics: set[str]) -> None:
    seen = Observations(CreditBalance(50, 500, RESET), (), (*health("unhealthy")[0].news, MISSED, PICK))
    told, changes = detect_changes(AlertMemory(), seen, topics, 0.03, NOW)
    assert len(changes) == len(topics - {"line"})
    assert (told == AlertMemory()) == (not topics - {"line"})


def test_credits_told_at_the_first_moment_of_the_month_are_this_months() -> None:
    began = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    assert balance(Credits(used=3, remaining=497, asked_at=began), 500, 1, NOW) is not None
    assert balance(Credits(used=3, remaining=497, asked_at=began - 1), 500, 1, NOW) is None
    gone = Credits(exhausted=Amount(began, 3))
    found = balance(gone, 500, 1, NOW)
    assert found is not None
    assert found.remaining == 0


def test_a_balance_carries_the_month_it_is_of() -> None:
    began = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    seen = Credits(used=3, remaining=497, asked_at=NOW, reset_after=began - 60, reset_before=began + 60)
    found = balance(seen, 500, 1, NOW)
    assert found is not None
    assert (found.reset_at, found.reset_seen) == (RESET, began + 60)


def test_the_pace_is_known_from_three_days_on_or_once_half_is_spent() -> None:
    began = datetime(2026, 11, 1, tzinfo=UTC).timestamp()

    def spare(used: int, days: float) -> float | None:
        now = began + days * DAY
        found = balance(Credits(used=used, remaining=500 - used, asked_at=now), 500, 1, now)
        return None if found is None else found.spare

    assert spare(30, 2.9) is None
    assert spare(30, 3) == 470 - 10 * 27
    assert spare(249, 2) is None
    assert spare(250, 2) == 250 - 125 * 28


@given(st.integers(0, 500))
def test_a_share_is_told_from_exactly_that_share_on(remaining: int) -> None:
    assert (
        shares(told_of(left(remaining)))
        == [percent for percent in (10, 20, 50) if remaining <= 5 * percent][:1]
    )


def test_a_share_is_told_again_only_after_more_than_its_margin() -> None:
    assert shares(told_of(left(250), left(275), left(250))) == [50]
    assert shares(told_of(left(250), left(276), left(250))) == [50, 50]


def test_running_dry_is_told_below_nothing_to_spare_and_again_after_a_margin() -> None:
    def dry(*spares: float) -> int:
        found = told_of(*(left(400, spare=spare) for spare in spares))
        return sum(isinstance(one, RunningDry) for one in found)

    assert [dry(0), dry(0.5), dry(-0.5), dry(-1, -1)] == [0, 0, 1, 1]
    assert [dry(0, -1), dry(0.5, -1)] == [1, 1]
    assert [dry(-1, 24.9, -1), dry(-1, 25, -1)] == [1, 2]


def test_an_account_without_credits_tells_nothing() -> None:
    assert told_of(Observations(CreditBalance(0, 0, RESET))) == []
    assert shares(told_of(Observations(CreditBalance(0, 1, RESET)))) == [10]


def test_health_that_comes_back_is_told_after_ten_minutes_and_with_its_reason() -> None:
    down = Observations(news=(HealthChecked("espn", "unhealthy", "why"),))
    (well,) = health("healthy")
    assert told_of(down) == [HealthChanged("espn", "healthy", "unhealthy", "why")]
    assert len(told_of(down, well, every=REST - 1)) == 1
    assert len(told_of(down, well, every=REST)) == 2
    assert len(told_of(down, well, every=0)) == 1


def test_lines_are_looked_at_where_they_are_asked_for_and_before_the_start() -> None:
    moved = (line(2.0), line(1.6))
    assert len(told_of(*moved)) == 1
    assert told_of(*moved, topics=("quota",)) == []
    assert told_of(line(2.0, start=NOW + 300), line(1.6, start=NOW + 300)) == []


def test_all_changes_of_a_run_are_told() -> None:
    both = replace(line(1.6), balance=CreditBalance(200, 500, RESET), news=(MISSED,))
    kinds = [type(change) for change in told_of(line(2.0), both)]
    assert kinds == [QuotaLow, WindowMissed, LineMoved]


def test_a_move_as_large_as_the_threshold_is_told() -> None:
    assert len(told_of(line(2.0), line(1.6), threshold=0.125)) == 1
    assert told_of(line(2.0), line(1.6), threshold=0.1251) == []


def test_a_line_without_any_outcome_in_common_is_a_new_one() -> None:
    other = Observations(lines=(replace(line(1.6).lines[0], prices={"Draw": 3.0}),))
    assert told_of(line(2.0), other, line(1.6)) == []


def test_what_is_over_is_forgotten() -> None:
    told, _ = detect_changes(
        AlertMemory(), replace(line(2.0, start=NOW + 60), news=(MISSED,)), ALL, 0.03, NOW
    )
    assert (len(told.lines), len(told.games)) == (1, 1)
    at_start, _ = detect_changes(told, Observations(), ALL, 0.03, NOW + 60)
    assert (at_start.lines, at_start.games) == ({}, told.games)
    week_over, _ = detect_changes(told, Observations(), ALL, 0.03, MISSED.start + KEEP)
    assert week_over.games == {}
    almost, _ = detect_changes(told, Observations(), ALL, 0.03, MISSED.start + KEEP - 1)
    assert almost.games == told.games
