"""The account's books: what is reserved, spent, maybe charged and spent by others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain import settings
from oddsctl.domain.http import Quota
from oddsctl.domain.requests import Purpose, Refusal
from oddsctl.policy import balance, budget
from oddsctl.policy.budget import BalanceReading, Credits, Purchase, Reservation

NOW = 1_800_000_000.0
GRACE = 10.0
RULES = settings.BudgetSettings(reserve=0.10, warn_below=50, stop_below=10)


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
    return balance.apply_balance(budget.charge(credits, name, spent, told_at), quota, sent_at, told_at, GRACE)


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
    credits = budget.mark_maybe_charged(budget.reserve(credits, call("lost", 3, NOW + 10)), "lost")
    assert (credits.maybe_credits, credits.available(500)) == (3, 494)
    early = answered(credits, "b", used=9, sent_at=NOW + 19.9)
    assert (early.maybe_credits, early.foreign) == (3, 0)
    settled = answered(early, "c", used=12, sent_at=NOW + 20.1)
    assert (settled.maybe, settled.foreign, settled.available(500)) == ((), 0, 488)


def test_a_lost_call_that_was_not_charged_is_forgotten_by_the_answer_that_shows_it() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = budget.mark_maybe_charged(budget.reserve(credits, call("lost", 3, NOW + 10)), "lost")
    credits = answered(credits, "b", used=6, sent_at=NOW + 30)
    assert (credits.maybe, credits.foreign, credits.available(500)) == ((), 0, 494)


def test_foreign_spending_hidden_behind_a_lost_call_is_only_what_exceeds_it() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = budget.mark_maybe_charged(budget.reserve(credits, call("lost", 3, NOW + 10)), "lost")
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
    silent = balance.apply_balance(
        budget.charge(credits, "b", 3, NOW + 60), Quota(), NOW + 60, NOW + 61, GRACE
    )
    assert (silent.used, silent.remaining, silent.available(500)) == (100, 400, 397)
    half = balance.apply_balance(
        budget.charge(credits, "b", 3, NOW + 60), Quota(used=103), NOW + 60, NOW + 61, GRACE
    )
    assert (half.used, half.remaining) == (103, 397)
    first = balance.apply_balance(Credits(), Quota(remaining=42), NOW, NOW + 1, GRACE)
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
            budget.mark_maybe_charged(credits, str(index))
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


def test_the_limit_is_the_accounts_own_once_both_numbers_are_known() -> None:
    assert Credits(used=120, remaining=380).limit(100) == 500
    assert Credits(used=120).limit(100) == 100
    assert Credits(remaining=380).limit(100) == 100


def test_available_is_what_remains_less_all_that_may_still_be_charged() -> None:
    reserved, maybe = (call("a", 5), call("b", 2)), (call("c", 11), call("d", 1))
    credits = Credits(used=100, remaining=400, base=60, own=40, foreign=3, reserved=reserved, maybe=maybe)
    assert (credits.reserved_credits, credits.maybe_credits, credits.unreflected) == (7, 12, 3)
    assert credits.available(500) == 400 - 3 - 7 - 12
    assert replace(credits, foreign=0).available(500) == 400 - 7 - 12
    untold = Credits(own=40, reserved=reserved, maybe=maybe)
    assert untold.available(500) == 500 - 40 - 7 - 12


def test_books_ahead_of_the_provider_never_add_credits() -> None:
    """The provider shows more than our books know: the surplus belongs to others, not to us."""
    assert Credits(used=100, remaining=400, base=60, own=30).unreflected == 0
    assert Credits(used=100, remaining=400, base=60, own=30).available(500) == 400


def test_an_answer_without_quota_headers_is_maybe_charged_until_a_balance_shows_it() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = budget.charge(credits, "silent", 4, NOW + 60, told=False)
    assert (credits.maybe_charged, credits.available(500)) == (4, 493)
    credits = budget.charge(credits, "silent too", 2, NOW + 61, told=False)
    assert credits.maybe_charged == 6
    credits = budget.charge(credits, "spoke", 5, NOW + 62)
    assert (credits.unreflected, credits.maybe_charged) == (11, 6)
    credits = answered(credits, "b", used=17, sent_at=NOW + 70)
    assert (credits.maybe_charged, credits.available(500)) == (0, 483)


def test_before_the_first_balance_an_answer_without_headers_is_maybe_charged() -> None:
    credits = budget.charge(Credits(), "silent", 4, NOW, told=False)
    assert (credits.maybe_charged, credits.available(500)) == (4, 496)
    credits = budget.mark_maybe_charged(budget.reserve(credits, call("lost", 3)), "lost")
    assert (credits.maybe_charged, credits.available(500)) == (7, 493)


def test_a_balance_that_shows_part_of_the_silent_charges_leaves_the_rest_in_doubt() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = budget.charge(credits, "silent", 4, NOW + 60, told=False)
    credits = answered(credits, "free", used=5, spent=0, sent_at=NOW + 59)
    assert (credits.maybe_charged, credits.available(500)) == (2, 493)


@pytest.mark.parametrize(("now", "outdated"), [(-1.0, True), (0.0, False), (3599.9, False), (3600.0, True)])
def test_a_balance_is_outdated_after_an_hour_and_when_it_comes_from_the_future(
    now: float, outdated: bool
) -> None:
    assert budget.is_outdated(Credits(used=3, remaining=497, asked_at=NOW), NOW + now) is outdated


def test_an_unknown_balance_is_not_outdated() -> None:
    assert not budget.is_outdated(Credits(), NOW)


def test_only_what_lies_ahead_of_the_clock_is_forgotten() -> None:
    ahead = replace(call("ahead"), sent_at=NOW + 60)
    credits = Credits(
        used=20,
        remaining=480,
        asked_at=NOW,
        base=17,
        own=3,
        own_at=NOW,
        maybe=(call("past", 3, NOW - 5), call("present"), ahead),
        told=(BalanceReading(NOW - 60, 10), BalanceReading(NOW, 20), BalanceReading(NOW + 1, 30)),
        exhausted=BalanceReading(NOW, 3),
    )
    expected = replace(
        credits, maybe=(*credits.maybe[:2], replace(ahead, sent_at=NOW)), told=credits.told[:2]
    )
    assert budget.expire(credits, NOW) == expected


@pytest.mark.parametrize(
    ("ahead", "right"),
    [
        (Credits(asked_at=NOW + 1, own_at=NOW - 1), Credits(asked_at=0.0, own_at=NOW - 1)),
        (Credits(own_at=NOW + 1, asked_at=NOW - 1), Credits(own_at=0.0, asked_at=NOW - 1)),
        (Credits(told=(BalanceReading(NOW + 1, 3),)), Credits()),
        (Credits(exhausted=BalanceReading(NOW + 1, 3)), Credits()),
        (
            Credits(maybe=(call("a", 3, NOW + 1),)),
            Credits(maybe=(replace(call("a", 3, NOW + 1), sent_at=NOW),)),
        ),
    ],
)
def test_each_time_that_lies_ahead_is_found(ahead: Credits, right: Credits) -> None:
    assert budget.expire(ahead, NOW) == right


def test_the_next_answer_is_believed_after_the_clock_was_ahead() -> None:
    tomorrow = NOW + 86_400
    credits = answered(Credits(), "a", used=10, sent_at=tomorrow)
    credits = budget.exhaust(
        budget.mark_maybe_charged(budget.reserve(credits, call("b", 3, tomorrow)), "b"), 3, tomorrow
    )
    credits = answered(budget.expire(credits, NOW), "c", used=16, sent_at=NOW + GRACE)
    assert (credits.used, credits.maybe, credits.exhausted, credits.available(500)) == (16, (), None, 484)


@pytest.mark.parametrize(("ahead", "dead"), [(3600.0, False), (3600.5, True)])
def test_a_call_reserved_more_than_an_hour_ahead_is_not_waited_for(ahead: float, dead: bool) -> None:
    credits = budget.expire(budget.reserve(Credits(), call("a", 3, NOW + ahead)), NOW)
    assert (credits.reserved_credits, credits.maybe_credits) == ((0, 3) if dead else (3, 0))


@pytest.mark.parametrize(("ahead", "settled"), [(3600.0, False), (3600.5, True)])
def test_a_lost_call_more_than_an_hour_ahead_is_settled_by_the_next_answer(
    ahead: float, settled: bool
) -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = budget.mark_maybe_charged(budget.reserve(credits, call("lost", 3, NOW + 1 + ahead)), "lost")
    credits = answered(credits, "b", used=6, sent_at=NOW + 1)
    assert credits.maybe_credits == (0 if settled else 3)


def test_lost_calls_are_explained_in_order_and_others_spent_the_rest() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    for name, price, sent in (("one", 3, 10), ("two", 5, 11), ("three", 7, 25)):
        credits = budget.mark_maybe_charged(budget.reserve(credits, call(name, price, NOW + sent)), name)
    credits = budget.reserve(credits, call("flying", 2, NOW + 29))
    credits = answered(credits, "b", used=3 + 3 + 3 + 5 + 4 + 2, sent_at=NOW + 30)
    assert (credits.own, credits.foreign, [lost.id for lost in credits.maybe]) == (
        3 + 3 + 3 + 5,
        0,
        ["three"],
    )
    assert credits.available(500) == 500 - 20 - 2 - 7
    credits = answered(
        budget.release(credits, "flying"), "c", used=3 + 3 + 3 + 5 + 3 + 7 + 9, sent_at=NOW + 60
    )
    assert (credits.maybe, credits.foreign, credits.available(500)) == ((), 9, 467)


def test_books_that_run_ahead_follow_the_provider_once_no_call_explains_it() -> None:
    credits = Credits(used=20, remaining=480, asked_at=NOW, base=10, own=13, own_at=NOW + 5)
    assert credits.available(500) == 477
    before = answered(credits, "free", used=20, spent=0, sent_at=NOW + 4)
    assert before.available(500) == 477
    reserved = answered(budget.reserve(credits, call("flying", 2)), "free", used=20, spent=0, sent_at=NOW + 5)
    assert reserved.available(500) == 475
    after = answered(credits, "free", used=20, spent=0, sent_at=NOW + 5)
    assert (after.available(500), after.unreflected) == (480, 0)


def test_the_month_begins_anew_once() -> None:
    """What the old month's answers told is forgotten with it, and so is what others spent in it."""
    credits = Credits()
    for index, used in enumerate((400, 430, 480)):
        credits = answered(credits, str(index), used=used, sent_at=NOW + 10 * index)
    assert credits.foreign == 480 - 400 - 6
    credits = answered(credits, "new", used=3, sent_at=NOW + 3600)
    assert (credits.foreign, credits.reset_after, credits.reset_before) == (0, NOW + 20.5, NOW + 3600.5)
    credits = answered(credits, "next", used=6, sent_at=NOW + 3610)
    assert (credits.reset_after, credits.reset_before) == (NOW + 20.5, NOW + 3600.5)
    assert (credits.own, credits.foreign, credits.available(500)) == (6, 0, 494)


def test_what_others_spent_before_a_free_call_showed_the_new_month_is_theirs() -> None:
    credits = answered(Credits(), "a", used=480, sent_at=NOW)
    credits = answered(credits, "free", used=5, spent=0, sent_at=NOW + 3600)
    assert (credits.own, credits.foreign, credits.available(500)) == (0, 5, 495)


def test_no_more_is_own_in_a_new_month_than_it_has_used() -> None:
    """The call was charged in the old month; its answer shows the new one."""
    credits = answered(Credits(), "a", used=480, sent_at=NOW)
    credits = answered(credits, "b", used=0, sent_at=NOW + 3600)
    assert (credits.own, credits.foreign, credits.available(500)) == (0, 0, 500)


@pytest.mark.parametrize(
    ("quota", "used", "remaining"),
    [
        (Quota(used=105), 105, 395),
        (Quota(remaining=390), 110, 390),
        (Quota(remaining=0), 500, 0),
        (Quota(used=0), 0, 500),
        (Quota(used=110, remaining=890), 110, 890),
        (Quota(), 100, 400),
    ],
)
def test_the_missing_header_follows_from_the_limit(quota: Quota, used: int, remaining: int) -> None:
    credits = answered(Credits(), "a", used=100, sent_at=NOW)
    credits = balance.apply_balance(credits, quota, NOW + 60, NOW + 60.5, GRACE)
    assert (credits.used, credits.remaining) == (used, remaining)


def test_a_lone_header_of_an_account_never_seen_tells_no_limit() -> None:
    credits = balance.apply_balance(Credits(), Quota(used=42), NOW, NOW + 1, GRACE)
    assert (credits.used, credits.remaining, credits.limit(500)) == (42, None, 500)
    again = balance.apply_balance(credits, Quota(used=45), NOW + 2, NOW + 3, GRACE)
    assert (again.used, again.remaining, again.foreign) == (45, None, 3)


def test_a_balance_ends_what_was_believed_in_its_absence() -> None:
    credits = budget.exhaust(Credits(suspect=True), 3, NOW)
    credits = answered(credits, "a", used=3, sent_at=NOW + 1)
    assert (credits.suspect, credits.exhausted) == (False, None)


@pytest.mark.parametrize(
    "credits",
    [
        Credits(used=10**9 + 1),
        Credits(remaining=10**9 + 1),
        Credits(remaining=-(10**9) - 1),
        Credits(base=-(10**9) - 1),
        Credits(own=10**9 + 1),
        Credits(foreign=10**9 + 1),
        Credits(reserved=(call("a", 10**9 + 1),)),
        Credits(maybe=(call("a", 10**9 + 1),)),
        Credits(told=(BalanceReading(NOW, 10**9 + 1),)),
    ],
)
def test_no_account_has_more_than_a_thousand_million_credits(credits: Credits) -> None:
    assert not budget.is_believable(credits)


def test_books_up_to_the_largest_account_are_believable() -> None:
    most = 10**9
    assert budget.is_believable(Credits())
    assert budget.is_believable(
        Credits(
            most,
            -most,
            base=-most,
            own=most,
            foreign=most,
            reserved=(call("a", most),),
            told=(BalanceReading(NOW, most),),
        )
    )


def test_credits_are_low_below_the_warning() -> None:
    low, enough = (Credits(used=500 - left, remaining=left, base=500 - left) for left in (49, 50))
    assert budget.is_low(low, RULES, 500)
    assert not budget.is_low(enough, RULES, 500)


def test_what_is_kept_for_own_commands_is_rounded_up() -> None:
    assert [budget.kept_for_own(limit, RULES) for limit in (500, 501, 0)] == [50, 51, 0]


def test_a_refusal_names_its_numbers() -> None:
    def text(remaining: int, purchase: Purchase) -> str:
        credits = Credits(used=500 - remaining, remaining=remaining, base=500 - remaining)
        refused = budget.judge(credits, purchase, RULES, 500, NOW)
        return refused.detail if refused else ""

    assert text(2, Purchase(3)) == "costs 3, 2 left"
    assert text(-2, Purchase(3)) == "costs 3, 0 left"
    assert text(9, Purchase(3)) == "9 left, below budget.stop_below = 10"
    assert (
        text(52, Purchase(3, Purpose.WINDOW_30M)) == "52 left, 50 kept for your own commands (budget.reserve)"
    )


def test_a_call_refused_for_lack_of_credits_may_be_tried_in_an_hour() -> None:
    credits = budget.exhaust(Credits(), 3, NOW)
    refused = budget.judge(credits, Purchase(4), RULES, 500, NOW + 60)
    assert refused
    assert (refused.why, refused.retry_at) == (Refusal.BUDGET, NOW + 3600)
    assert budget.judge(credits, Purchase(3), RULES, 500, NOW)
    assert budget.judge(credits, Purchase(3), RULES, 500, NOW - 1) is None


def test_after_damage_force_does_not_lift_the_wait_for_a_balance() -> None:
    lost = budget.reserve(Credits(suspect=True), call("a"))
    refused = budget.judge(lost, Purchase(3, force=True), RULES, 500, NOW)
    assert refused
    assert refused.why is Refusal.BUDGET
    planned = budget.judge(
        Credits(suspect=True), Purchase(3, Purpose.WINDOW_30M, force=True), RULES, 500, NOW
    )
    assert planned
    assert planned.why is Refusal.BUDGET


def test_a_free_call_is_not_booked() -> None:
    credits = budget.reserve(Credits(), call("free", 0))
    assert credits == Credits()
    assert budget.charge(credits, "free", 0, NOW) == Credits()


def test_only_the_calls_own_reservation_ends() -> None:
    both = budget.reserve(budget.reserve(Credits(), call("a", 2)), call("b", 3))
    lost = budget.mark_maybe_charged(both, "a")
    assert (lost.reserved, lost.maybe) == ((call("b", 3),), (call("a", 2),))
    assert budget.release(lost, "a") == replace(both, reserved=(call("b", 3),))
    assert budget.release(lost, "b") == replace(lost, reserved=())
    paid = budget.charge(both, "b", 3, NOW + 1)
    assert (paid.reserved, paid.own, paid.own_at) == ((call("a", 2),), 3, NOW + 1)
    assert budget.charge(paid, "a", 2, NOW).own_at == NOW + 1


def test_credits_are_low_by_the_configured_number_while_none_is_told() -> None:
    assert budget.is_low(Credits(own=451), RULES, 500)
    assert not budget.is_low(Credits(own=450), RULES, 500)


def test_an_answer_without_headers_takes_away_nothing_that_is_known() -> None:
    assert balance.apply_balance(Credits(remaining=42), Quota(), NOW, NOW + 1, GRACE) == Credits(remaining=42)


def test_of_two_requests_sent_at_once_the_later_answer_is_believed() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    assert answered(credits, "b", used=6, sent_at=NOW, took=1).used == 6


def test_what_an_older_request_brought_is_a_witness_of_the_new_month() -> None:
    credits = answered(Credits(), "new", used=3, sent_at=NOW + 1)
    credits = answered(credits, "old", used=12, sent_at=NOW, took=5)
    assert credits.used == 3
    credits = answered(credits, "next", used=5, sent_at=NOW + 10)
    assert (credits.reset_after, credits.reset_before) == (NOW + 5, NOW + 10.5)


def test_a_request_sent_the_moment_the_last_was_answered_shows_the_new_month() -> None:
    credits = answered(Credits(), "a", used=480, sent_at=NOW)
    credits = answered(credits, "b", used=3, sent_at=NOW + 0.5)
    assert credits.reset_after == NOW + 0.5


def test_an_unchanged_balance_is_no_new_month() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = answered(credits, "free", used=3, spent=0, sent_at=NOW + 60)
    assert (credits.own, credits.reset_before) == (3, None)


def test_what_a_balance_has_shown_is_in_doubt_no_more() -> None:
    credits = answered(Credits(), "a", used=3, sent_at=NOW)
    credits = budget.charge(credits, "silent", 4, NOW + 60, told=False)
    credits = answered(credits, "free", used=7, spent=0, sent_at=NOW + 70)
    credits = budget.charge(credits, "spoke", 5, NOW + 80)
    assert (credits.unreflected, credits.maybe_charged) == (5, 0)
