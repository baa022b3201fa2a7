"""Admit calls to a provider account and settle them: one state, two moves.

Pure. A refusal returns the state unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from oddsctl.domain import settings
from oddsctl.domain.http import Quota
from oddsctl.domain.requests import (
    Decision,
    Go,
    ProbeFirst,
    Refusal,
    Refused,
)
from oddsctl.policy import balance, budget, call_stats, circuit_breaker, token_bucket
from oddsctl.policy.budget import Credits, Purchase, Reservation
from oddsctl.policy.call_stats import CallStats
from oddsctl.policy.circuit_breaker import Blocked, BreakerState
from oddsctl.policy.token_bucket import AdaptiveRate, BucketState, RateLimit

LONGEST_REST = 26 * 3600.0
"""Longest rest that a provider asks for, in seconds. A later `not_before` came from a wrong clock."""


class HealthSignal(StrEnum):
    """What a call says about the provider's health.

    It answered (a definite refusal is an answer), failed, or was called too fast.
    """

    ANSWERED = "answered"
    FAILED = "failed"
    TOO_FAST = "too_fast"


@dataclass(frozen=True, slots=True)
class ProviderState:
    """Everything remembered about one account at one provider.

    `not_before` is when the provider accepts the next call, as it said at `rested_at`; `breakers` are by
    endpoint class.
    """

    bucket: BucketState | None = None
    credits: Credits = field(default_factory=Credits)
    pace: AdaptiveRate = field(default_factory=AdaptiveRate)
    breakers: dict[str, BreakerState] = field(default_factory=dict)
    tally: CallStats = field(default_factory=CallStats)
    not_before: float = 0.0
    rested_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits that the configuration grants this provider.

    `grace` is the read timeout, `lease` the longest a call can take (both seconds). `free_probe`: the
    provider has an endpoint that costs nothing.
    """

    limit: RateLimit
    budget: settings.BudgetSettings
    breaker: settings.BreakerSettings
    monthly: int
    grace: float
    lease: float
    free_probe: bool = False


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call to be sent to an endpoint class; `patience` is how many seconds it can wait."""

    id: str
    endpoint: str
    purchase: Purchase
    patience: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """Outcome of a call.

    `spent` is the charge, None when no answer reports it. `seconds` is the latency, None without an answer.
    `rest_until` is when the provider accepts the next call; `exhausted_at_price` is the price for which it
    had no credits left.
    """

    id: str
    endpoint: str
    sent_at: float
    told_at: float
    spent: int | None
    verdict: HealthSignal = HealthSignal.ANSWERED
    quota: Quota = field(default_factory=Quota)
    failed: bool = False
    retry: bool = False
    seconds: float | None = None
    rest_until: float | None = None
    exhausted_at_price: int | None = None


def admit(state: ProviderState, ask: CallRequest, rules: Rules, now: float) -> tuple[ProviderState, Decision]:
    """Reserve a token, the credits and, if the endpoint is recovering, its one probe; or refuse.

    A refusal returns the state unchanged.
    """
    credits = budget.expire(state.credits, now)
    if refusal := budget.judge(credits, ask.purchase, rules.budget, rules.monthly, now):
        # A free call tells whether a new month has begun.
        looks_anew = rules.free_probe and budget.is_outdated(credits, now)
        return state, ProbeFirst() if looks_anew else refusal
    limit = token_bucket.allowed(state.pace, rules.limit)
    bucket, wait = token_bucket.take(state.bucket or token_bucket.full(rules.limit, now), limit, 1, now)
    wait = max(wait, _rest(state, now))
    breaker, answer = circuit_breaker.request_pass(
        state.breakers.get(ask.endpoint, BreakerState()), now, wait + rules.lease
    )
    if isinstance(answer, Blocked):
        return state, Refused(
            Refusal.BREAKER,
            f"{ask.endpoint} keeps failing, next try in {answer.retry_at - now:.0f} s",
            answer.retry_at,
        )
    if answer.probe and not breaker.successes and ask.purchase.price and rules.free_probe:
        # After a free call succeeds, the requested call is the second probe.
        return state, ProbeFirst()
    if wait > ask.patience:
        return state, Refused(
            Refusal.RATE, f"free in {wait:.0f} s, patience is {ask.patience:.0f} s", retry_at=now + wait
        )
    call = Reservation(ask.id, ask.purchase.price, now + wait, now + wait + rules.lease)
    breakers = state.breakers if breaker == BreakerState() else {**state.breakers, ask.endpoint: breaker}
    booked = budget.reserve(credits, call)
    return replace(
        state, bucket=bucket, credits=booked, breakers=breakers, tally=call_stats.sent(state.tally)
    ), Go(wait)


def settle(state: ProviderState, receipt: Receipt, rules: Rules, now: float) -> ProviderState:
    """Record what the call cost, what its answer reported about the account, and how it went."""
    credits = budget.expire(state.credits, now)
    if receipt.spent is None:
        credits = budget.mark_maybe_charged(credits, receipt.id)
    else:
        credits = budget.charge(
            credits, receipt.id, receipt.spent, receipt.told_at, told=receipt.quota.last is not None
        )
    credits = balance.apply_balance(credits, receipt.quota, receipt.sent_at, receipt.told_at, rules.grace)
    if receipt.exhausted_at_price is not None:
        credits = budget.exhaust(credits, receipt.exhausted_at_price, receipt.told_at)
    paced = _paced(state, receipt, rules, now)
    return replace(
        state,
        bucket=_rested(state.bucket, token_bucket.allowed(paced, rules.limit), receipt.rest_until, now),
        credits=credits,
        pace=paced,
        breakers=_broken(state.breakers, receipt, rules, now),
        tally=call_stats.count(
            state.tally, failed=receipt.failed, retry=receipt.retry, seconds=receipt.seconds
        ),
        not_before=max(state.not_before if _rest(state, now) else 0.0, receipt.rest_until or 0.0),
        rested_at=state.rested_at if receipt.rest_until is None else now,
    )


def release(state: ProviderState, endpoint: str, call_id: str) -> ProviderState:
    """Release an admitted call that was never sent; if it held the probe, another call may take it."""
    breakers = {
        name: circuit_breaker.withdraw(breaker) if name == endpoint else breaker
        for name, breaker in state.breakers.items()
    }
    return replace(
        state,
        credits=budget.release(state.credits, call_id),
        breakers=breakers,
        tally=call_stats.unsent(state.tally),
    )


def mark_orphaned(state: ProviderState, call_id: str) -> ProviderState:
    """Mark a call whose owner has died: it may have been charged."""
    return replace(state, credits=budget.mark_maybe_charged(state.credits, call_id))


def _rest(state: ProviderState, now: float) -> float:
    """Return the seconds until the provider accepts the next call; 0 for a time written by a wrong clock."""
    rest = state.not_before - now
    return rest if 0 < rest <= LONGEST_REST and state.rested_at <= now else 0.0


def _rested(
    bucket: BucketState | None, limit: RateLimit, rest_until: float | None, now: float
) -> BucketState | None:
    """Return the bucket with a requested rest booked as debt.

    Otherwise every waiting call would be sent at the moment the rest ends.
    """
    if rest_until is None or not 0 < rest_until - now <= LONGEST_REST:
        return bucket
    filled = token_bucket.at(bucket, limit, now)
    return BucketState(min(filled.tokens, 1.0 - (rest_until - now) * limit.rate), filled.at)


def _paced(state: ProviderState, receipt: Receipt, rules: Rules, now: float) -> AdaptiveRate:
    match receipt.verdict:
        case HealthSignal.TOO_FAST:
            return token_bucket.slow_down(state.pace, receipt.sent_at, now)
        case HealthSignal.ANSWERED:
            limit = token_bucket.allowed(state.pace, rules.limit)
            left = token_bucket.at(state.bucket, limit, now).tokens
            return token_bucket.speed_up(state.pace, used=left <= limit.capacity / 2)
        case HealthSignal.FAILED:
            return state.pace
        case _:
            assert_never(receipt.verdict)


def _broken(
    breakers: dict[str, BreakerState], receipt: Receipt, rules: Rules, now: float
) -> dict[str, BreakerState]:
    """Update the breakers after the call. "Too fast" concerns the rate limiter, not the breakers."""
    before = breakers.get(receipt.endpoint, BreakerState())
    if receipt.verdict is HealthSignal.TOO_FAST:
        was_the_probe = before.probe_until and receipt.sent_at >= before.since
        return {**breakers, receipt.endpoint: circuit_breaker.withdraw(before)} if was_the_probe else breakers
    failed = receipt.verdict is HealthSignal.FAILED
    after = circuit_breaker.record(
        before,
        failed=failed,
        sent_at=receipt.sent_at,
        now=now,
        rules=rules.breaker,
        rest_until=receipt.rest_until,
    )
    return {**breakers, receipt.endpoint: after}
