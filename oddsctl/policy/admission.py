"""One provider account, one state, two moves: `admit` before a call, `settle` after it.

Pure; a refusal changes nothing.
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
"""No provider asks for more than a day's rest: a `not_before` further ahead comes from a clock that was
wrong.
"""


class HealthSignal(StrEnum):
    """What a call says of the provider's health: it answered (a definite refusal is an answer), failed, or
    was called too fast.
    """

    ANSWERED = "answered"
    FAILED = "failed"
    TOO_FAST = "too_fast"


@dataclass(frozen=True, slots=True)
class ProviderState:
    """All that is remembered of one account at one provider.

    `not_before` is when the provider wants to hear from us again, as it said at `rested_at`; `breakers` are
    by endpoint class.
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
    """What the configuration grants this provider.

    `grace` is the read timeout, `lease` how long a call can take at the most. `free_probe`: it has an
    endpoint that costs nothing.
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
    """A call that wants to be sent to an endpoint class; `patience` is how many seconds it can wait."""

    id: str
    endpoint: str
    purchase: Purchase
    patience: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a call.

    `spent` is what it was charged; None when no answer tells. `seconds` is how long the answer took, None
    when none came. `rest_until` is when the provider wants to hear from us again, `exhausted_at_price` the
    price for which it had no credits left.
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
    """Book a token, the price and, where the endpoint recovers, the one probe; or refuse and return the old
    state.
    """
    credits = budget.expire(state.credits, now)
    if refusal := budget.judge(credits, ask.purchase, rules.budget, rules.monthly, now):
        looks_anew = rules.free_probe and budget.is_outdated(
            credits, now
        )  # a free call tells whether the month began anew
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
        return state, ProbeFirst()  # once a free call has come through, the wanted one is the second probe
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
    """Book what the call really cost, what its answer told of the account, and how it went."""
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
    """The call was let through and never sent; if it was to be a probe, another may be."""
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
    """The call's owner is known to have died: it may have been charged."""
    return replace(state, credits=budget.mark_maybe_charged(state.credits, call_id))


def _rest(state: ProviderState, now: float) -> float:
    """Seconds of rest that the provider still wants; none of what was written under a clock that was
    ahead.
    """
    rest = state.not_before - now
    return rest if 0 < rest <= LONGEST_REST and state.rested_at <= now else 0.0


def _rested(
    bucket: BucketState | None, limit: RateLimit, rest_until: float | None, now: float
) -> BucketState | None:
    """The bucket; a rest that the provider asked for is booked as debt, or all who waited for its end would
    call at once.
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
    """The breakers after the call; "too fast" is the limiter's business, not theirs."""
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
