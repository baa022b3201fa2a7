"""The token bucket: how often a provider may be called. Pure; the only state is a `BucketState`."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `capacity` calls at once, and `rate` a second over time."""

    capacity: float
    rate: float


@dataclass(frozen=True, slots=True)
class BucketState:
    """`tokens` as they stood at epoch second `at`; negative when calls are booked ahead."""

    tokens: float
    at: float


def full(limit: RateLimit, now: float) -> BucketState:
    """The bucket of an account never used before."""
    return BucketState(limit.capacity, now)


def refill(bucket: BucketState, limit: RateLimit, now: float) -> BucketState:
    """The bucket at `now`. A clock that is behind mints nothing.

    Behind by no more than it takes to fill the bucket, the bucket keeps its own time until the clock has
    caught up. Behind by more, the clock was set: the tokens stay and time counts from `now`, or one wrong
    clock would lock the bucket for years.
    """
    elapsed = now - bucket.at
    if elapsed >= 0:
        return BucketState(min(limit.capacity, bucket.tokens + elapsed * limit.rate), now)
    tokens = min(limit.capacity, bucket.tokens)
    return BucketState(tokens, bucket.at if -elapsed <= limit.capacity / limit.rate else now)


def at(bucket: BucketState | None, limit: RateLimit, now: float) -> BucketState:
    """The bucket at `now`, also of an account never used before (None)."""
    return full(limit, now) if bucket is None else refill(bucket, limit, now)


def check(bucket: BucketState, limit: RateLimit, cost: float, now: float) -> float:
    """Seconds until `cost` tokens are there; 0 when they are. Takes nothing."""
    filled = refill(bucket, limit, now)
    missing = cost - filled.tokens
    return 0.0 if missing <= 0 else filled.at - now + missing / limit.rate


def take(bucket: BucketState, limit: RateLimit, cost: float, now: float) -> tuple[BucketState, float]:
    """Book `cost` tokens, even into debt, and name the wait.

    Sleep it once: the tokens are yours, there is nothing to ask again.
    """
    wait = check(bucket, limit, cost, now)
    filled = refill(bucket, limit, now)
    return BucketState(filled.tokens - cost, filled.at), wait


LEAST_SHARE = 1 / 16
"""Of the configured rate: below it nothing would get through that could prove the provider well again."""
STEP_SHARE = 1 / 20
"""Of the configured rate, added for each success under load."""


@dataclass(frozen=True, slots=True)
class AdaptiveRate:
    """`share` of the configured rate that is allowed now; `slowed_at` is when it was last halved (epoch
    seconds).
    """

    share: float = 1.0
    slowed_at: float = 0.0


def allowed(pace: AdaptiveRate, configured: RateLimit) -> RateLimit:
    """The limit in force: burst and rate by the share, never above the configured ones; one call at once is
    always possible.
    """
    share = min(1.0, pace.share)
    return RateLimit(max(1.0, configured.capacity * share), configured.rate * share)


def slow_down(pace: AdaptiveRate, sent_at: float, now: float) -> AdaptiveRate:
    """After "too fast".

    Calls sent before the last halving were answered to the old pace: they halve nothing again.
    """
    if sent_at < pace.slowed_at <= now:
        return pace
    return AdaptiveRate(max(LEAST_SHARE, pace.share / 2), now)


def speed_up(pace: AdaptiveRate, *, used: bool) -> AdaptiveRate:
    """After a success; `used` means that the pace was really asked for, not just allowed."""
    return replace(pace, share=min(1.0, pace.share + STEP_SHARE)) if used and pace.share < 1 else pace
