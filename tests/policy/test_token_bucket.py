"""Laws of the token bucket."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oddsctl.policy.token_bucket import BucketState, RateLimit, at, check, full, refill, take

limits = st.builds(RateLimit, st.integers(1, 20).map(float), st.floats(0.1, 50))
NOW = 1_800_000_000.0


@given(limits, st.lists(st.floats(0, 30), max_size=60))
def test_never_more_is_admitted_than_capacity_plus_rate_times_time(
    limit: RateLimit, gaps: list[float]
) -> None:
    bucket, now, starts = full(limit, NOW), NOW, []
    for gap in gaps:
        now += gap
        bucket, wait = take(bucket, limit, 1, now)
        starts.append(now + wait)
    for first in range(len(starts)):
        for last in range(first, len(starts)):
            sent = last - first + 1
            assert sent <= limit.capacity + limit.rate * (starts[last] - starts[first]) + 1e-3


@given(limits, st.lists(st.tuples(st.floats(-100_000, 100_000), st.booleans()), max_size=40))
def test_whatever_the_clock_does_it_mints_no_more_than_the_time_it_showed(
    limit: RateLimit, jumps: list[tuple[float, bool]]
) -> None:
    """Each step forward may refill by its length, up to the capacity; a step back by nothing."""
    bucket, now = full(limit, NOW), NOW
    for jump, spend in jumps:
        now += jump
        before = refill(bucket, limit, now - jump)
        after = refill(bucket, limit, now)
        assert after.tokens - before.tokens <= max(0.0, jump) * limit.rate + 1e-3
        assert after.tokens <= limit.capacity
        if spend:
            bucket, _ = take(bucket, limit, 1, now)


@given(limits, st.floats(-50, 20), st.floats(0.1, 10), st.floats(-1e6, 1e6))
def test_a_check_takes_nothing_and_names_the_wait_that_take_books(
    limit: RateLimit, tokens: float, cost: float, later: float
) -> None:
    bucket = BucketState(min(tokens, limit.capacity), NOW)
    assert check(bucket, limit, cost, NOW + later) == take(bucket, limit, cost, NOW + later)[1]


def test_debt_is_booked_once_so_that_each_waits_for_its_own_token() -> None:
    limit = RateLimit(capacity=2, rate=4)
    bucket, waits = full(limit, NOW), []
    for _ in range(5):
        bucket, wait = take(bucket, limit, 1, NOW)
        waits.append(wait)
    assert waits == [0, 0, 0.25, 0.5, 0.75]


def test_a_clock_set_back_by_an_hour_neither_mints_nor_locks() -> None:
    limit = RateLimit(capacity=5, rate=5)
    bucket, wait = take(BucketState(0.0, NOW), limit, 1, NOW - 3600)
    assert (bucket, wait) == (BucketState(-1.0, NOW - 3600), 0.2)


def test_a_clock_a_little_behind_waits_until_it_has_caught_up() -> None:
    limit = RateLimit(capacity=5, rate=5)
    bucket, wait = take(BucketState(0.0, NOW), limit, 1, NOW - 0.5)
    assert (bucket, wait) == (BucketState(-1.0, NOW), 0.7)


def test_a_clock_far_ahead_mints_no_more_than_the_capacity() -> None:
    limit = RateLimit(capacity=5, rate=5)
    assert refill(BucketState(-3.0, NOW), limit, NOW + 1e9).tokens == 5


def test_half_a_second_refills_half_a_seconds_tokens() -> None:
    limit = RateLimit(capacity=5, rate=4)
    assert refill(BucketState(-1.0, NOW), limit, NOW + 0.5) == BucketState(1.0, NOW + 0.5)
    assert at(BucketState(-1.0, NOW), limit, NOW + 0.5) == BucketState(1.0, NOW + 0.5)


def test_an_account_never_used_before_is_full() -> None:
    assert at(None, RateLimit(capacity=5, rate=4), NOW) == BucketState(5, NOW)


def test_the_bucket_keeps_its_time_while_the_clock_is_behind_by_no_more_than_a_filling() -> None:
    limit = RateLimit(capacity=10, rate=5)
    assert refill(BucketState(3.0, NOW), limit, NOW - 2) == BucketState(3.0, NOW)
    assert refill(BucketState(3.0, NOW), limit, NOW - 2.5) == BucketState(3.0, NOW - 2.5)


def test_the_last_token_is_there_at_once_also_while_the_clock_is_behind() -> None:
    assert check(BucketState(1.0, NOW), RateLimit(capacity=5, rate=5), 1, NOW - 0.5) == 0
