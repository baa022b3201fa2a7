"""One account, two moves: admit and settle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain import settings
from oddsctl.domain.http import Quota
from oddsctl.domain.requests import Go, Refusal, Refused
from oddsctl.policy import admission
from oddsctl.policy import call_stats as tally
from oddsctl.policy.admission import Ask, ProviderState, Receipt, Rules
from oddsctl.policy.budget import Purchase
from oddsctl.policy.call_stats import Tally
from oddsctl.policy.token_bucket import Limit

NOW = 1_800_000_000.0
RULES = Rules(
    Limit(2, 1), settings.Budget(), settings.Breaker(), monthly=500, grace=10, lease=38, free_probe=True
)


def ask(name: str = "a", price: int = 3, patience: float = 30) -> Ask:
    return Ask(name, "odds", Purchase(price), patience)


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
    assert tally.percentile_ms(Tally(), 0.5) is None


@pytest.mark.parametrize(("share", "expected"), [(0.5, 75.0), (1.0, 1000.0)])
def test_percentiles_lie_within_the_class_of_the_answer(share: float, expected: float) -> None:
    counted = Tally()
    for seconds in (0.06, 0.07, 0.9, 0.8):
        counted = tally.count(counted, failed=False, retry=False, seconds=seconds)
    assert tally.percentile_ms(counted, share) == expected


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50))
def test_percentiles_rise_with_the_share(latencies: list[float]) -> None:
    counted = Tally()
    for seconds in latencies:
        counted = tally.count(counted, failed=False, retry=False, seconds=seconds)
    values = [tally.percentile_ms(counted, share / 10) or 0.0 for share in range(1, 11)]
    assert values == sorted(values)


def test_answers_are_timed_together_and_calls_without_one_are_not() -> None:
    counted = Tally()
    for seconds in (0.25, None, 1.5):
        counted = tally.count(tally.sent(counted), failed=seconds is None, retry=False, seconds=seconds)
    assert (counted.calls, sum(counted.latency), counted.answer_seconds) == (3, 2, 1.75)
