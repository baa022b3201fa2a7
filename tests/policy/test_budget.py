"""The account's books: what is reserved, spent, maybe charged and spent by others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain import settings
from oddsctl.domain.http import Quota
from oddsctl.domain.requests import Purpose, Refusal
from oddsctl.policy import budget
from oddsctl.policy.budget import Credits, Purchase, Reservation

NOW = 1_800_000_000.0
GRACE = 10.0
RULES = settings.Budget(reserve=0.10, warn_below=50, stop_below=10)


def call(name: str, credits: int = 3, sent_at: float = NOW) -> Reservation:
    return Reservation(name, credits, sent_at, sent_at + 40)


def answered(
    credits: Credits,
    name: str,
    used: int,
    *,
    sent_at: float,
    spent: int = 3,
    limit: int = 500,
    took: float = 0.5,
) -> Credits:
    """The books after the call `name` was answered with the account's balance."""
    told_at = sent_at + took
    quota = Quota(used=used, remaining=limit - used, last=spent)
    return budget.learn(budget.charge(credits, name, spent, told_at), quota, sent_at, told_at, GRACE)


def test_nothing_is_known_before_the_first_answer() -> None:
    assert (Credits().used, Credits().remaining, Credits().limit(500), Credits().available(500)) == (
        None,
        None,
        500,
        500,
    )


def test_what_stood_at_first_contact_is_not_foreign() -> None:
    credits = answered(budget.reserve(Credits(), call("a")), "a", used=120, sent_at=NOW)
    assert (credits.used, credits.remaining, credits.foreign, credits.reserved, credits.maybe) == (
        120,
        380,
        0,
        (),
        (),
    )


def test_a_rise_that_no_call_of_ours_explains_is_foreign() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = answered(credits, "b", used=26, sent_at=NOW + 60)
    assert credits.foreign == 20


def test_a_rise_is_matched_to_calls_in_flight_before_it_is_called_foreign() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = budget.reserve(credits, call("slow", 3, NOW + 50))
    credits = answered(credits, "b", used=9, sent_at=NOW + 60)
    assert credits.foreign == 0
    credits = budget.charge(credits, "slow", 3, NOW + 61)
    credits = answered(credits, "c", used=12, sent_at=NOW + 70)
    assert credits.foreign == 0


def test_a_lost_call_stays_in_doubt_until_a_request_sent_a_read_timeout_later_is_answered() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = budget.doubt(budget.reserve(credits, call("lost", 3, NOW + 10)), "lost")
    assert (credits.maybe_credits, credits.available(500)) == (3, 494)
    early = answered(credits, "b", used=9, sent_at=NOW + 19.9)
    assert (early.maybe_credits, early.foreign) == (3, 0)
    settled = answered(early, "c", used=12, sent_at=NOW + 20.1)
    assert (settled.maybe, settled.foreign, settled.available(500)) == ((), 0, 488)


def test_a_lost_call_that_was_not_charged_is_forgotten_by_the_answer_that_shows_it() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = budget.doubt(budget.reserve(credits, call("lost", 3, NOW + 10)), "lost")
    credits = answered(credits, "b", used=6, sent_at=NOW + 30)
    assert (credits.maybe, credits.foreign, credits.available(500)) == ((), 0, 494)


def test_foreign_spending_hidden_behind_a_lost_call_is_only_what_exceeds_it() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = budget.doubt(budget.reserve(credits, call("lost", 3, NOW + 10)), "lost")
    credits = answered(credits, "b", used=16, sent_at=NOW + 30)
    assert (credits.maybe, credits.foreign) == ((), 7)


def test_a_call_whose_owner_died_becomes_maybe_charged_when_its_lease_ends() -> None:
    credits = budget.reserve(Credits(), call("dead"))
    assert budget.expire(credits, NOW + 39) == credits
    expired = budget.expire(credits, NOW + 40)
    assert (expired.reserved_credits, expired.maybe_credits) == (0, 3)


def test_an_owner_that_settles_after_its_lease_clears_the_doubt() -> None:
    credits = budget.expire(budget.reserve(Credits(), call("late")), NOW + 41)
    credits = answered(credits, "late", used=3, sent_at=NOW, took=42)
    assert (credits.maybe, credits.reserved, credits.used) == ((), (), 3)


def test_an_answer_to_an_older_request_does_not_bring_back_an_older_balance() -> None:
    credits = answered(Credits(), "new", used=9, sent_at=NOW + 1)
    credits = answered(credits, "old", used=6, sent_at=NOW, took=5)
    assert (credits.used, credits.remaining) == (9, 491)


def test_own_charges_the_newest_balance_does_not_show_yet_are_not_spent_again() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = answered(credits, "b", used=6, sent_at=NOW + 1, took=3)
    credits = answered(
        credits, "c", used=6, sent_at=NOW + 2, took=1
    )  # answered by a server that had not seen b
    assert credits.unreflected == 3
    assert credits.available(500) == 491


def test_the_month_begins_anew_when_used_falls_below_what_was_told_before_the_request() -> None:
    credits = answered(Credits(), "a", used=480, sent_at=NOW)
    credits = answered(credits, "b", used=3, sent_at=NOW + 3600)
    assert (credits.used, credits.remaining, credits.foreign) == (3, 497, 0)
    assert (credits.reset_after, credits.reset_before) == (NOW + 0.5, NOW + 3600.5)


def test_a_lower_balance_that_overtook_another_answer_is_no_new_month() -> None:
    credits = answered(Credits(), "slow", used=6, sent_at=NOW, took=10)
    credits = answered(credits, "quick", used=3, sent_at=NOW + 1)
    assert credits.reset_before is None


def test_what_others_spent_since_the_new_month_is_foreign() -> None:
    credits = answered(Credits(), "a", used=480, sent_at=NOW)
    credits = answered(credits, "b", used=40, sent_at=NOW + 3600)
    assert credits.foreign == 37


def test_a_missing_header_is_unknown_never_zero() -> None:
    credits = answered(Credits(), "a", used=100, sent_at=NOW)
    silent = budget.learn(budget.charge(credits, "b", 3, NOW + 60), Quota(), NOW + 60, NOW + 61, GRACE)
    assert (silent.used, silent.remaining, silent.available(500)) == (100, 400, 397)
    half = budget.learn(budget.charge(credits, "b", 3, NOW + 60), Quota(used=103), NOW + 60, NOW + 61, GRACE)
    assert (half.used, half.remaining) == (103, 397)
    first = budget.learn(Credits(), Quota(remaining=42), NOW, NOW + 1, GRACE)
    assert (first.used, first.available(500)) == (None, 42)


@pytest.mark.parametrize(
    ("remaining", "purchase", "refusal"),
    [
        (3, Purchase(3, urgent=True), None),
        (2, Purchase(3, urgent=True, force=True), Refusal.BUDGET),
        (9, Purchase(3), Refusal.BUDGET),
        (9, Purchase(3, urgent=True), None),
        (9, Purchase(3, force=True), None),
        (10, Purchase(3), None),
        (52, Purchase(3, Purpose.WINDOW_30M), Refusal.RESERVE),
        (53, Purchase(3, Purpose.WINDOW_30M), None),
        (9, Purchase(3, Purpose.WINDOW_30M, urgent=True), Refusal.BUDGET),
        (-60, Purchase(1, force=True), Refusal.BUDGET),
        (0, Purchase(0), None),
    ],
)
def test_who_may_touch_the_last_credits(remaining: int, purchase: Purchase, refusal: Refusal | None) -> None:
    credits = Credits(used=500 - remaining, remaining=remaining, base=500 - remaining)
    refused = budget.judge(credits, purchase, RULES, 500, NOW)
    assert (refused and refused.why) == refusal


def test_after_damage_one_call_of_ones_own_tells_the_balance_and_planned_calls_wait() -> None:
    lost = Credits(suspect=True)
    assert budget.judge(lost, Purchase(3), RULES, 500, NOW) is None
    assert budget.judge(budget.reserve(lost, call("a")), Purchase(3), RULES, 500, NOW)
    assert budget.judge(lost, Purchase(3, Purpose.WINDOW_30M), RULES, 500, NOW)
    told = answered(budget.reserve(lost, call("a")), "a", used=3, sent_at=NOW)
    assert budget.judge(told, Purchase(3, Purpose.WINDOW_30M), RULES, 500, NOW) is None


def test_out_of_credits_is_believed_for_an_hour_for_that_price_and_more() -> None:
    credits = budget.exhaust(Credits(), 3, NOW)
    assert budget.judge(credits, Purchase(3), RULES, 500, NOW + 3599)
    assert budget.judge(credits, Purchase(2), RULES, 500, NOW + 3599) is None
    assert budget.judge(credits, Purchase(3), RULES, 500, NOW + 3600) is None
    assert budget.judge(credits, Purchase(3, force=True), RULES, 500, NOW + 1) is None


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=30), st.integers(0, 60))
def test_the_books_agree_with_the_provider_whatever_is_lost(
    calls: list[tuple[int, bool]], foreign: int
) -> None:
    """A provider charges each call; some answers are lost.

    The next answer after a read timeout settles all of it.
    """
    credits, used, now = answered(Credits(), "first", used=1, spent=1, sent_at=NOW), 1, NOW
    for index, (price, lost) in enumerate(calls):
        now += 1
        credits = budget.reserve(credits, call(str(index), price, now))
        used += price
        credits = (
            budget.doubt(credits, str(index))
            if lost
            else answered(credits, str(index), used, sent_at=now, spent=price)
        )
        assert credits.available(500) <= 500 - used
        assert credits.foreign == 0
    used += foreign
    credits = answered(credits, "last", used + 1, sent_at=now + GRACE, spent=1)
    assert (credits.available(500), credits.maybe, credits.foreign) == (500 - used - 1, (), foreign)


@given(st.integers(0, 500), st.integers(1, 30), st.integers(0, 20), st.sampled_from(Purpose), st.booleans())
def test_never_more_is_let_through_than_the_account_has(
    remaining: int, price: int, others: int, purpose: Purpose, force: bool
) -> None:
    credits = Credits(used=500 - remaining, remaining=remaining, base=500 - remaining)
    credits = budget.reserve(credits, call("other", others))
    if budget.judge(credits, Purchase(price, purpose, urgent=True, force=force), RULES, 500, NOW) is None:
        after = budget.reserve(credits, call("mine", price))
        assert after.available(500) >= (0 if purpose is Purpose.OWN or force else 50)


def test_releasing_a_call_that_was_never_sent_gives_its_credits_back() -> None:
    credits = budget.reserve(Credits(), call("a"))
    assert budget.release(credits, "a") == replace(credits, reserved=())
