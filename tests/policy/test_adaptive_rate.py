"""The adaptive rate: halved at once, won back step by step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.policy.token_bucket import AdaptiveRate, RateLimit, allowed, slow_down, speed_up
from oddsctl.store.codec import decode, encode, from_text, to_text

NOW = 1_800_000_000.0
YEAR = 365 * 86400.0
CONFIGURED = RateLimit(capacity=8, rate=4)

shares = st.floats(1 / 16, 1)
limits = st.builds(RateLimit, st.integers(1, 50).map(float), st.floats(0.01, 50))
moves = st.lists(
    st.tuples(st.sampled_from(["too fast", "used", "idle"]), st.floats(-YEAR, YEAR), st.floats(0, 60)),
    max_size=40,
)


def after(changes: list[tuple[str, float, float]]) -> AdaptiveRate:
    """The pace after what happened: each with a jump of the clock before it, and how long its call took."""
    pace, now = AdaptiveRate(), NOW
    for what, jump, took in changes:
        now += jump
        pace = slow_down(pace, now - took, now) if what == "too fast" else speed_up(pace, used=what == "used")
    return pace


def test_an_account_never_used_before_has_the_configured_limit() -> None:
    assert allowed(AdaptiveRate(), CONFIGURED) == CONFIGURED


@pytest.mark.parametrize(
    ("share", "limit"),
    [
        (0.5, RateLimit(4, 2)),
        (0.25, RateLimit(2, 1)),
        (0.125, RateLimit(1, 0.5)),
        (1 / 16, RateLimit(1, 0.25)),
    ],
)
def test_burst_and_rate_go_down_together_but_one_call_at_once_stays_possible(
    share: float, limit: RateLimit
) -> None:
    assert allowed(AdaptiveRate(share), CONFIGURED) == limit


def test_each_too_fast_halves_down_to_a_sixteenth() -> None:
    pace, shares_seen = AdaptiveRate(), []
    for second in range(6):
        pace = slow_down(pace, NOW + second, NOW + second)
        shares_seen.append(pace.share)
    assert shares_seen == [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 16, 1 / 16]


def test_calls_sent_before_the_last_halving_halve_nothing_again() -> None:
    pace = slow_down(AdaptiveRate(), NOW - 1, NOW)
    assert slow_down(pace, NOW - 0.5, NOW + 0.2) is pace
    assert slow_down(pace, NOW - 0.5, NOW) is pace
    assert slow_down(pace, NOW, NOW + 0.2) == AdaptiveRate(0.25, NOW + 0.2)


def test_a_halving_under_a_clock_far_ahead_does_not_shield_from_the_next() -> None:
    pace = slow_down(AdaptiveRate(), NOW + YEAR, NOW + YEAR)
    assert slow_down(pace, NOW, NOW + 1) == AdaptiveRate(0.25, NOW + 1)


def test_each_success_under_load_adds_a_twentieth_of_the_configured_rate() -> None:
    pace = speed_up(AdaptiveRate(0.5, NOW), used=True)
    assert pace.share == pytest.approx(0.55)
    assert pace.slowed_at == NOW


def test_a_pace_that_was_not_used_proves_nothing() -> None:
    pace = AdaptiveRate(0.5, NOW)
    assert speed_up(pace, used=False) is pace


def test_at_full_pace_a_success_changes_nothing() -> None:
    pace = AdaptiveRate()
    assert speed_up(pace, used=True) is pace


@given(moves, limits)
def test_whatever_happens_the_limit_is_never_above_the_configured_one_and_never_nothing(
    changes: list[tuple[str, float, float]], limit: RateLimit
) -> None:
    now = allowed(after(changes), limit)
    assert 1 <= now.capacity <= limit.capacity
    assert limit.rate / 16 <= now.rate <= limit.rate


@given(st.floats(1, 100), limits)
def test_a_share_above_one_grants_no_more_than_is_configured(share: float, limit: RateLimit) -> None:
    assert allowed(AdaptiveRate(share), limit) == limit


@given(moves)
def test_from_wherever_it_fell_nineteen_used_successes_bring_the_whole_pace_back(
    changes: list[tuple[str, float, float]],
) -> None:
    pace = after(changes)
    for _ in range(19):  # 1/16 + 19/20 > 1
        pace = speed_up(pace, used=True)
    assert pace.share == 1


@given(shares, st.floats(-YEAR, YEAR), st.floats(0, YEAR), st.floats(-YEAR, YEAR))
def test_too_fast_never_raises_the_pace_whatever_the_clock_shows(
    share: float, slowed: float, took: float, now: float
) -> None:
    assert slow_down(AdaptiveRate(share, NOW + slowed), NOW + now - took, NOW + now).share <= share


@given(moves)
def test_a_pace_is_kept_as_it_was(changes: list[tuple[str, float, float]]) -> None:
    pace = after(changes)
    assert decode(AdaptiveRate, from_text(to_text(encode(pace)))) == pace
