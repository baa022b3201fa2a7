"""Token bucket: limit how often a provider may be called.

How it works:

1. The state is `BucketState`: `tokens` as they stood at epoch second `at`. Nothing ticks; `refill` computes
   the tokens on demand, at `rate` a second and never above `capacity`.
2. `take` always books the tokens, even into debt, and returns the seconds to wait. A caller sleeps once and
   then owns them. Loops of check, sleep, check can starve and miss their turn through rounding.
3. Debt is a queue: each later caller gets a longer wait, so calls leave in order and never faster than
   `rate`.
4. In any span of t seconds at most `capacity + rate * t` calls are let through.
5. A clock set back creates no tokens. If it is back by less than the time to fill the bucket, the bucket
   keeps its own time until the clock catches up; if by more, time restarts at `now`, so one wrong clock
   cannot lock the bucket.
6. `AdaptiveRate` lowers the limit: "too fast" halves the share, each success under load adds STEP_SHARE, and
   it never falls below LEAST_SHARE. Calls sent before the last halving do not halve it again.

Pure: time is an argument.
"""

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
    """Return the full bucket of an account never used before."""
    return BucketState(limit.capacity, now)


def refill(bucket: BucketState, limit: RateLimit, now: float) -> BucketState:
    """Return the bucket at `now`. A clock set back creates no tokens.

    If it is back by no more than the time to fill the bucket, the bucket keeps its own time until the clock
    has caught up. If by more, the clock was set: the tokens stay and time counts from `now`, or one wrong
    clock would lock the bucket for years.
    """
    elapsed = now - bucket.at
    if elapsed >= 0:
        return BucketState(min(limit.capacity, bucket.tokens + elapsed * limit.rate), now)
    tokens = min(limit.capacity, bucket.tokens)
    return BucketState(tokens, bucket.at if -elapsed <= limit.capacity / limit.rate else now)


def at(bucket: BucketState | None, limit: RateLimit, now: float) -> BucketState:
    """Return the bucket at `now`, also for an account never used before (None)."""
    return full(limit, now) if bucket is None else refill(bucket, limit, now)


def check(bucket: BucketState, limit: RateLimit, cost: float, now: float) -> float:
    """Return the seconds until `cost` tokens are available. Takes nothing."""
    filled = refill(bucket, limit, now)
    missing = cost - filled.tokens
    return 0.0 if missing <= 0 else filled.at - now + missing / limit.rate


def take(bucket: BucketState, limit: RateLimit, cost: float, now: float) -> tuple[BucketState, float]:
    """Take `cost` tokens, even into debt, and return the seconds to wait.

    Sleep once: the tokens are yours, no second check is needed.
    """
    wait = check(bucket, limit, cost, now)
    filled = refill(bucket, limit, now)
    return BucketState(filled.tokens - cost, filled.at), wait


LEAST_SHARE = 1 / 16
"""Lowest share of the configured rate. Below it no call could prove the provider well again."""
STEP_SHARE = 1 / 20
"""Share of the configured rate that each success under load adds."""


@dataclass(frozen=True, slots=True)
class AdaptiveRate:
    """`share` of the configured rate allowed now; `slowed_at` is when it was last halved (epoch seconds)."""

    share: float = 1.0
    slowed_at: float = 0.0


def allowed(pace: AdaptiveRate, configured: RateLimit) -> RateLimit:
    """Return the limit in force: burst and rate scaled by the share.

    Never above the configured limit; one call at once is always possible.
    """
    share = min(1.0, pace.share)
    return RateLimit(max(1.0, configured.capacity * share), configured.rate * share)


def slow_down(pace: AdaptiveRate, sent_at: float, now: float) -> AdaptiveRate:
    """Halve the rate after "too fast".

    Calls sent before the last halving were answered at the old pace and halve nothing again.
    """
    if sent_at < pace.slowed_at <= now:
        return pace
    return AdaptiveRate(max(LEAST_SHARE, pace.share / 2), now)


def speed_up(pace: AdaptiveRate, *, used: bool) -> AdaptiveRate:
    """After a success; `used` means that the pace was really asked for, not just allowed."""
    return replace(pace, share=min(1.0, pace.share + STEP_SHARE)) if used and pace.share < 1 else pace
