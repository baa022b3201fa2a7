"""One account, two moves: admit and settle."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain import settings
from oddsctl.domain.http import Quota
from oddsctl.domain.requests import Go, ProbeFirst, Refusal, Refused
from oddsctl.policy import admission, call_stats
from oddsctl.policy.admission import CallRequest, HealthSignal, ProviderState, Receipt, Rules
from oddsctl.policy.budget import Credits, Purchase, Reservation
from oddsctl.policy.call_stats import CallStats
from oddsctl.policy.circuit_breaker import State
from oddsctl.policy.token_bucket import AdaptiveRate, BucketState, RateLimit

NOW = 1_800_000_000.0
RULES = Rules(
    RateLimit(2, 1),
    settings.BudgetSettings(),
    settings.BreakerSettings(),
    monthly=500,
    grace=10,
    lease=38,
    free_probe=True,
)


def ask(name: str = "a", price: int = 3, patience: float = 30) -> CallRequest:
    return CallRequest(name, "odds", Purchase(price), patience)


def test_admitting_books_a_token_and_the_price_in_one_step() -> None:
    state, decision = admission.admit(ProviderState(), ask(), RULES, NOW)
    assert decision == Go(0)
    assert state.bucket is not None
    assert (state.bucket.tokens, state.credits.reserved_credits) == (1, 3)


def test_a_wait_longer_than_the_patience_is_refused_with_the_time_to_come_back() -> None:
    state = ProviderState()
    for name in "abc":
        state, _ = admission.admit(state, ask(name), RULES, NOW)
    after, decision = admission.admit(state, ask("d", patience=1.5), RULES, NOW)
    assert after is state
    assert isinstance(decision, Refused)
    assert (decision.why, decision.retry_at) == (Refusal.RATE, NOW + 2)


@given(st.integers(0, 600), st.integers(0, 10), st.floats(0, 5), st.integers(0, 12))
def test_a_refusal_changes_nothing(remaining: int, price: int, patience: float, before: int) -> None:
    state = admission.settle(
        ProviderState(),
        Receipt("x", "odds", NOW, NOW, 0, quota=Quota(600 - remaining, remaining, 0)),
        RULES,
        NOW,
    )
    for name in range(before):
        state, _ = admission.admit(state, ask(str(name), 0, 100), RULES, NOW)
    after, decision = admission.admit(state, ask("mine", price, patience), RULES, NOW)
    if isinstance(decision, Refused):
        assert after is state
    else:
        assert after.credits.reserved_credits == state.credits.reserved_credits + price


def test_a_provider_that_asked_for_rest_is_left_alone_until_then() -> None:
    state = admission.settle(
        ProviderState(), Receipt("x", "odds", NOW, NOW, 0, failed=True, rest_until=NOW + 60), RULES, NOW
    )
    _, impatient = admission.admit(state, ask(patience=30), RULES, NOW)
    _, patient = admission.admit(state, ask(patience=90), RULES, NOW)
    assert isinstance(impatient, Refused)
    assert impatient.retry_at == NOW + 60
    assert patient == Go(60)


def test_a_rest_that_lies_further_ahead_than_any_provider_asks_for_is_not_believed() -> None:
    state = ProviderState(not_before=NOW + 365 * 86400)
    assert admission.admit(state, ask(), RULES, NOW)[1] == Go(0)


def test_settling_books_the_real_price_and_what_the_answer_told() -> None:
    state, _ = admission.admit(ProviderState(), ask(price=5), RULES, NOW)
    state = admission.settle(
        state, Receipt("a", "odds", NOW, NOW + 1, 2, quota=Quota(12, 488, 2), seconds=0.2), RULES, NOW + 1
    )
    assert (state.credits.reserved_credits, state.credits.own, state.credits.remaining) == (0, 2, 488)
    assert (state.tally.calls, state.tally.errors) == (1, 0)


def test_a_call_without_an_answer_is_in_doubt() -> None:
    state, _ = admission.admit(ProviderState(), ask(), RULES, NOW)
    state = admission.settle(state, Receipt("a", "odds", NOW, NOW + 10, None, failed=True), RULES, NOW + 10)
    assert (state.credits.reserved_credits, state.credits.maybe_credits, state.tally.errors) == (0, 3, 1)


def test_percentiles_are_unknown_before_the_first_answer() -> None:
    assert call_stats.percentile_ms(CallStats(), 0.5) is None


@pytest.mark.parametrize(("share", "expected"), [(0.5, 75.0), (1.0, 1000.0)])
def test_percentiles_lie_within_the_class_of_the_answer(share: float, expected: float) -> None:
    counted = CallStats()
    for seconds in (0.06, 0.07, 0.9, 0.8):
        counted = call_stats.count(counted, failed=False, retry=False, seconds=seconds)
    assert call_stats.percentile_ms(counted, share) == expected


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_percentiles_rise_with_the_share(latencies: list[float]) -> None:
    counted = CallStats()
    for seconds in latencies:
        counted = call_stats.count(counted, failed=False, retry=False, seconds=seconds)
    values = [call_stats.percentile_ms(counted, share / 10) or 0.0 for share in range(1, 11)]
    assert values == sorted(values)


def test_answers_are_timed_together_and_calls_without_one_are_not() -> None:
    counted = CallStats()
    for seconds in (0.25, None, 1.5):
        counted = call_stats.count(
            call_stats.sent(counted), failed=seconds is None, retry=False, seconds=seconds
        )
    assert (counted.calls, sum(counted.latency), counted.answer_seconds) == (3, 2, 1.75)


def settled(state: ProviderState, receipt: Receipt, *, rules: Rules = RULES) -> ProviderState:
    return admission.settle(state, receipt, rules, receipt.told_at)


def failing(state: ProviderState, times: int, endpoint: str = "odds", at: float = NOW) -> ProviderState:
    """The state after so many calls failed without being charged."""
    for _ in range(times):
        state = settled(state, Receipt("x", endpoint, at, at, 0, HealthSignal.FAILED, failed=True))
    return state


def refused(state: ProviderState, wanted: CallRequest, *, rules: Rules = RULES, now: float = NOW) -> Refused:
    _, decision = admission.admit(state, wanted, rules, now)
    assert isinstance(decision, Refused)
    return decision


def test_a_reservation_lasts_from_the_end_of_the_wait_for_the_lease() -> None:
    state = ProviderState()
    for name in "abc":
        state, decision = admission.admit(state, ask(name), RULES, NOW)
    assert decision == Go(1)
    assert state.credits.reserved[-1] == Reservation("c", 3, NOW + 1, NOW + 1 + 38)


def test_a_wait_as_long_as_the_patience_is_waited() -> None:
    state = ProviderState()
    for name in "ab":
        state, _ = admission.admit(state, ask(name), RULES, NOW)
    assert admission.admit(state, ask("c", patience=1), RULES, NOW)[1] == Go(1)
    assert refused(state, ask("c", patience=0.4)).detail == "free in 1 s, patience is 0 s"


def test_a_balance_told_long_ago_refuses_no_paid_call_before_a_free_one_has_looked_again() -> None:
    quota = Quota(500, 0, 0)
    state = settled(ProviderState(), Receipt("x", "odds", NOW, NOW, 0, quota=quota))
    assert refused(state, ask(), now=NOW + 3599).why is Refusal.BUDGET
    assert admission.admit(state, ask(), RULES, NOW + 3600) == (state, ProbeFirst())
    without_free_calls = replace(RULES, free_probe=False)
    assert refused(state, ask(), rules=without_free_calls, now=NOW + 3600).why is Refusal.BUDGET


def test_a_provider_out_of_credits_is_believed_for_an_hour() -> None:
    state, _ = admission.admit(ProviderState(), ask(), RULES, NOW)
    state = settled(state, Receipt("a", "odds", NOW, NOW + 1, 0, exhausted_at_price=3))
    assert state.credits.reserved == ()
    refusal = refused(state, ask("b"), now=NOW + 2)
    assert (refusal.why, refusal.retry_at) == (Refusal.BUDGET, NOW + 1 + 3600)
    assert admission.admit(state, ask("b", price=2), RULES, NOW + 2)[1] == Go(0)


def test_an_endpoint_that_keeps_failing_is_left_alone_and_others_are_not() -> None:
    state = failing(ProviderState(), 5)
    refusal = refused(state, ask(), now=NOW + 10)
    assert (refusal.why, refusal.retry_at) == (Refusal.BREAKER, NOW + 30)
    assert refusal.detail == "odds keeps failing, next try in 20 s"
    assert admission.admit(state, replace(ask(), endpoint="events"), RULES, NOW + 10)[1] == Go(0)


def test_a_rest_the_provider_asks_for_lengthens_that_of_the_breaker() -> None:
    failed = Receipt("x", "odds", NOW, NOW, 0, HealthSignal.FAILED, failed=True, rest_until=NOW + 60)
    state = settled(failing(ProviderState(), 4), failed)
    assert refused(state, ask(patience=900)).retry_at == NOW + 60


def test_a_recovering_endpoint_is_probed_by_a_free_call_first_and_by_one_at_a_time() -> None:
    state = failing(ProviderState(), 5)
    assert admission.admit(state, ask(), RULES, NOW + 30) == (state, ProbeFirst())
    state, decision = admission.admit(state, ask("free", price=0), RULES, NOW + 30)
    assert decision == Go(0)
    refusal = refused(state, ask("second", price=0), now=NOW + 31)
    assert (refusal.why, refusal.retry_at) == (Refusal.BREAKER, NOW + 30 + 38)
    state = settled(state, Receipt("free", "odds", NOW + 30, NOW + 31, 0))
    state, decision = admission.admit(state, ask("paid"), RULES, NOW + 31)
    assert decision == Go(0)
    state = settled(state, Receipt("paid", "odds", NOW + 31, NOW + 32, 3))
    assert state.breakers["odds"].state is State.CLOSED


def test_without_free_calls_the_wanted_call_is_the_probe() -> None:
    rules = replace(RULES, free_probe=False)
    assert admission.admit(failing(ProviderState(), 5), ask(), rules, NOW + 30)[1] == Go(0)


def test_a_probe_that_waits_for_a_token_keeps_its_lease_from_then_on() -> None:
    state = replace(failing(ProviderState(), 5), bucket=BucketState(-4.0, NOW + 30))
    state, decision = admission.admit(state, ask("free", price=0), RULES, NOW + 30)
    assert decision == Go(5)
    assert refused(state, ask("second", price=0), now=NOW + 31).retry_at == NOW + 30 + 5 + 38


def test_an_endpoint_that_never_failed_leaves_no_trace() -> None:
    state, _ = admission.admit(ProviderState(), ask(), RULES, NOW)
    assert state.breakers == {}


@pytest.mark.parametrize("sent_at", [NOW + 30, NOW + 29])
def test_too_fast_gives_the_probe_back_and_does_not_count_as_failure(sent_at: float) -> None:
    """An answer to a call sent before the probe was lent leaves the probe where it is."""
    state, _ = admission.admit(failing(ProviderState(), 5), ask("free", price=0), RULES, NOW + 30)
    state = settled(state, Receipt("free", "odds", sent_at, NOW + 31, 0, HealthSignal.TOO_FAST))
    assert state.breakers["odds"].state is State.HALF_OPEN
    if sent_at == NOW + 30:
        assert admission.admit(state, ask("next", price=0), RULES, NOW + 31)[1] == Go(0)
    else:
        assert refused(state, ask("next", price=0), now=NOW + 31).why is Refusal.BREAKER


def test_too_fast_opens_no_breaker() -> None:
    state = ProviderState()
    for _ in range(20):
        state = settled(state, Receipt("x", "odds", NOW, NOW, 0, HealthSignal.TOO_FAST))
    assert state.breakers == {}
    before = failing(ProviderState(), 4)
    after = settled(before, Receipt("x", "odds", NOW, NOW, 0, HealthSignal.TOO_FAST))
    assert after.breakers == before.breakers


def test_too_fast_halves_the_pace_once_for_all_calls_sent_before() -> None:
    state = settled(ProviderState(), Receipt("x", "odds", NOW, NOW + 1, 0, HealthSignal.TOO_FAST))
    assert state.pace == AdaptiveRate(0.5, NOW + 1)
    again = settled(state, Receipt("y", "odds", NOW, NOW + 2, 0, HealthSignal.TOO_FAST))
    assert again.pace == state.pace
    later = settled(state, Receipt("y", "odds", NOW + 1, NOW + 2, 0, HealthSignal.TOO_FAST))
    assert later.pace == AdaptiveRate(0.25, NOW + 2)


@pytest.mark.parametrize(("left", "share"), [(0.0, 0.55), (0.5, 0.55), (0.6, 0.5), (1.0, 0.5)])
def test_an_answer_speeds_up_where_half_of_the_allowed_burst_was_used(left: float, share: float) -> None:
    """At half the pace of two calls at once, one call at once is allowed."""
    state = ProviderState(bucket=BucketState(left, NOW), pace=AdaptiveRate(0.5, NOW - 60))
    assert settled(state, Receipt("x", "odds", NOW, NOW, 0)).pace.share == share
    failed = Receipt("x", "odds", NOW, NOW, 0, HealthSignal.FAILED, failed=True)
    assert settled(state, failed).pace == state.pace


def test_calls_are_admitted_at_the_reduced_pace() -> None:
    state, _ = admission.admit(ProviderState(pace=AdaptiveRate(0.5, NOW)), ask("a"), RULES, NOW)
    assert admission.admit(state, ask("b"), RULES, NOW)[1] == Go(2)


def test_after_a_rest_calls_go_through_at_the_rate_not_all_at_once() -> None:
    rest = Receipt("x", "odds", NOW, NOW, 0, HealthSignal.FAILED, failed=True, rest_until=NOW + 10)
    state = settled(ProviderState(), rest, rules=replace(RULES, limit=RateLimit(2, 0.5)))
    waits = []
    for name in "abc":
        state, decision = admission.admit(
            state, ask(name, 0, 90), replace(RULES, limit=RateLimit(2, 0.5)), NOW
        )
        waits.append(decision)
    assert waits == [Go(10), Go(12), Go(14)]


def test_a_rest_does_not_shorten_the_wait_for_tokens() -> None:
    rest = Receipt("x", "odds", NOW, NOW, 0, HealthSignal.FAILED, failed=True, rest_until=NOW + 10)
    state = settled(ProviderState(bucket=BucketState(-40.0, NOW)), rest)
    assert state.bucket == BucketState(-40.0, NOW)


@pytest.mark.parametrize(
    ("rest", "wait"),
    [(-5.0, 0.0), (0.5, 0.5), (26 * 3600.0, 26 * 3600.0), (26 * 3600.0 + 1, 0.0)],
)
def test_a_rest_is_kept_up_to_a_day_and_two_hours(rest: float, wait: float) -> None:
    asked = Receipt("x", "odds", NOW, NOW, 0, failed=True, rest_until=NOW + rest)
    state = settled(ProviderState(), asked)
    assert admission.admit(state, ask(patience=1e6), RULES, NOW)[1] == Go(wait)
    assert (state.not_before, state.rested_at) == (NOW + rest, NOW)


def test_a_rest_asked_for_under_a_clock_that_was_ahead_is_not_kept() -> None:
    state = ProviderState(not_before=NOW + 60, rested_at=NOW + 1)
    assert admission.admit(state, ask(), RULES, NOW)[1] == Go(0)
    assert admission.admit(state, ask(patience=90), RULES, NOW + 1)[1] == Go(59)


def test_a_rest_stands_until_it_is_over_or_a_longer_one_is_asked_for() -> None:
    state = ProviderState(not_before=NOW + 60, rested_at=NOW)
    answered = settled(state, Receipt("x", "odds", NOW, NOW + 1, 0))
    assert (answered.not_before, answered.rested_at) == (NOW + 60, NOW)
    shorter = settled(state, Receipt("x", "odds", NOW, NOW + 1, 0, rest_until=NOW + 30))
    assert (shorter.not_before, shorter.rested_at) == (NOW + 60, NOW + 1)
    longer = settled(state, Receipt("x", "odds", NOW, NOW + 1, 0, rest_until=NOW + 90))
    assert longer.not_before == NOW + 90
    over = settled(state, Receipt("x", "odds", NOW, NOW + 61, 0))
    assert over.not_before == 0


def test_settling_without_a_rest_keeps_the_tokens_and_the_other_endpoints() -> None:
    state = replace(failing(ProviderState(), 2, "events"), bucket=BucketState(0.5, NOW))
    after = settled(state, Receipt("x", "odds", NOW, NOW, 0))
    assert after.bucket == BucketState(0.5, NOW)
    assert after.breakers["events"] == state.breakers["events"]


def test_settling_counts_the_call_and_times_the_answer() -> None:
    state, _ = admission.admit(ProviderState(), ask(), RULES, NOW)
    state = settled(state, Receipt("a", "odds", NOW, NOW + 1, 3, failed=True, retry=True, seconds=0.25))
    counted = state.tally
    assert (counted.calls, counted.errors, counted.retries, counted.answer_seconds) == (1, 1, 1, 0.25)


@pytest.mark.parametrize(("quota", "maybe"), [(Quota(), 3), (Quota(last=3), 0), (Quota(None, None, 0), 0)])
def test_what_no_header_confirms_is_maybe_charged(quota: Quota, maybe: int) -> None:
    state, _ = admission.admit(ProviderState(), ask(), RULES, NOW)
    state = settled(state, Receipt("a", "odds", NOW, NOW + 1, 3, quota=quota))
    assert state.credits.maybe_charged == maybe


@pytest.mark.parametrize(("later", "maybe"), [(9.9, 3), (10.0, 0)])
def test_a_lost_call_is_settled_by_a_request_sent_a_read_timeout_later(later: float, maybe: int) -> None:
    state, _ = admission.admit(ProviderState(), ask(), RULES, NOW)
    state = settled(state, Receipt("a", "odds", NOW, NOW + 5, None, HealthSignal.FAILED, failed=True))
    state = settled(state, Receipt("x", "odds", NOW + later, NOW + 11, 0, quota=Quota(3, 497, 0)))
    assert state.credits.maybe_credits == maybe


def test_a_call_that_was_never_sent_is_undone() -> None:
    before = failing(failing(ProviderState(), 5), 5, "events")
    probing, _ = admission.admit(before, ask("events", 0), RULES, NOW + 30)
    both, _ = admission.admit(probing, replace(ask("a", 0), endpoint="events"), RULES, NOW + 30)
    assert both.tally.calls == 2
    undone = admission.release(both, "events", "a")
    assert undone.tally.calls == 1
    assert (undone.breakers["odds"], undone.breakers["events"].probe_until) == (both.breakers["odds"], 0)
    paid, _ = admission.admit(ProviderState(), ask(), RULES, NOW)
    given_back = admission.release(paid, "odds", "a")
    assert (given_back.credits, given_back.bucket) == (Credits(), paid.bucket)


def test_a_call_whose_owner_died_is_maybe_charged() -> None:
    state, _ = admission.admit(ProviderState(), ask(), RULES, NOW)
    dead = admission.mark_orphaned(state, "a")
    assert (dead.credits.reserved, dead.credits.maybe_credits) == ((), 3)
    assert replace(dead, credits=state.credits) == state


def test_answers_are_counted_by_how_long_they_took() -> None:
    counted = CallStats()
    for seconds in (0.005, 0.005, 0.0051, 60.0, 61.0):
        counted = call_stats.count(counted, failed=False, retry=False, seconds=seconds)
    assert (counted.latency[0], counted.latency[1], counted.latency[-2:]) == (2, 1, (1, 1))
    assert len(counted.latency) == len(call_stats.BOUNDS_MS) + 1


def test_percentiles_are_interpolated_within_their_class() -> None:
    def percentile(share: float, *seconds: float) -> float | None:
        counted = CallStats()
        for one in seconds:
            counted = call_stats.count(counted, failed=False, retry=False, seconds=one)
        return call_stats.percentile_ms(counted, share)

    assert percentile(0.5, 0.001) == 2.5
    assert percentile(1 / 3, 0.02) == 15.0
    assert percentile(0.375, 0.02) == 15.6
    assert percentile(0.0, 0.02) == 10.0
    assert percentile(0.5, 90.0) == 60000.0


def test_what_was_not_sent_leaves_no_call_behind() -> None:
    assert call_stats.unsent(CallStats(calls=1)).calls == 0
    assert call_stats.unsent(CallStats()).calls == 0


@pytest.mark.parametrize(("rest", "wait"), [(0.5, 0.5), (26 * 3600.0, 26 * 3600.0), (26 * 3600.0 + 1, 0)])
def test_a_rest_holds_also_where_no_tokens_were_booked_for_it(rest: float, wait: float) -> None:
    state = ProviderState(not_before=NOW + rest, rested_at=NOW)
    assert admission.admit(state, ask(patience=1e6), RULES, NOW)[1] == Go(wait)


@pytest.mark.parametrize(
    ("rest", "tokens"), [(0.0, 2.0), (0.5, 0.5), (26 * 3600.0, 1 - 26 * 3600.0), (26 * 3600.0 + 1, 2.0)]
)
def test_a_rest_is_booked_as_debt(rest: float, tokens: float) -> None:
    asked = Receipt("x", "odds", NOW, NOW, 0, failed=True, rest_until=NOW + rest)
    state = settled(ProviderState(bucket=BucketState(2.0, NOW)), asked)
    assert state.bucket == BucketState(tokens, NOW)
