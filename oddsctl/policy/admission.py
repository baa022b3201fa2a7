"""One provider account, one state, two moves: `admit` before a call, `settle` after it. Pure; a refusal changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from oddsctl import settings
from oddsctl.messages import Decision, Go, Quota, Refusal, Refused
from oddsctl.policy import budget, tally, token_bucket
from oddsctl.policy.budget import Credits, Purchase, Reservation
from oddsctl.policy.tally import Tally
from oddsctl.policy.token_bucket import Bucket, Limit

LONGEST_REST = 26 * 3600.0
"""No provider asks for more than a day's rest: a `not_before` further ahead comes from a clock that was wrong."""


@dataclass(frozen=True, slots=True)
class ProviderState:
    """All that is remembered of one account at one provider. `not_before` is when the provider wants to hear from us again."""

    bucket: Bucket | None = None
    credits: Credits = field(default_factory=Credits)
    tally: Tally = field(default_factory=Tally)
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration grants this provider. `grace` is the read timeout, `lease` how long a call can take at the most."""

    limit: Limit
    budget: settings.Budget
    monthly: int
    grace: float
    lease: float


@dataclass(frozen=True, slots=True)
class Ask:
    """A call that wants to be sent; `patience` is how many seconds it can wait."""

    id: str
    purchase: Purchase
    patience: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a call.

    `spent` is what it was charged; None when no answer tells. `seconds` is how long the answer took, None when none came.
    `rest_until` is when the provider wants to hear from us again, `exhausted_at_price` the price for which it had no credits left.
    """

    id: str
    sent_at: float
    told_at: float
    spent: int | None
    quota: Quota = field(default_factory=Quota)
    failed: bool = False
    retry: bool = False
    seconds: float | None = None
    rest_until: float | None = None
    exhausted_at_price: int | None = None


def admit(state: ProviderState, ask: Ask, rules: Rules, now: float) -> tuple[ProviderState, Decision]:
    """Book a token and the price in one step and name the wait, or refuse and return the old state."""
    credits = budget.expire(state.credits, now)
    if refusal := budget.judge(credits, ask.purchase, rules.budget, rules.monthly, now):
        return state, refusal
    bucket, wait = token_bucket.take(state.bucket or token_bucket.full(rules.limit, now), rules.limit, 1, now)
    rest = state.not_before - now
    if rest <= LONGEST_REST:
        wait = max(wait, rest)
    if wait > ask.patience:
        return state, Refused(Refusal.RATE, f"free in {wait:.0f} s, patience is {ask.patience:.0f} s", retry_at=now + wait)
    call = Reservation(ask.id, ask.purchase.price, now + wait, now + wait + rules.lease)
    return replace(state, bucket=bucket, credits=budget.reserve(credits, call)), Go(wait)


def settle(state: ProviderState, receipt: Receipt, rules: Rules, now: float) -> ProviderState:
    """Book what the call really cost, what its answer told of the account, and how it went."""
    credits = budget.expire(state.credits, now)
    if receipt.spent is None:
        credits = budget.doubt(credits, receipt.id)
    else:
        credits = budget.charge(credits, receipt.id, receipt.spent, receipt.told_at)
        credits = budget.learn(credits, receipt.quota, receipt.sent_at, receipt.told_at, rules.grace)
    if receipt.exhausted_at_price is not None:
        credits = budget.exhaust(credits, receipt.exhausted_at_price, receipt.told_at)
    return replace(
        state,
        credits=credits,
        tally=tally.count(state.tally, failed=receipt.failed, retry=receipt.retry, seconds=receipt.seconds),
        not_before=max(state.not_before, receipt.rest_until or 0.0),
    )
