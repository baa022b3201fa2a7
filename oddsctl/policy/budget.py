"""Credits are money: what is reserved, spent, maybe charged, spent by others, and what a purpose may touch.

Pure.

The provider tells `used` and `remaining` with its answers. Between two answers our own books carry what it
cannot know yet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from oddsctl.domain import settings
from oddsctl.domain.plausible import MOST_CREDITS
from oddsctl.domain.requests import Purpose, Refusal, Refused

BELIEVE_EXHAUSTED = 3600.0
"""Seconds for which "out of credits" is believed: asking again is free, but a new month or plan should be
noticed.
"""
AHEAD = 3600.0
"""No call is booked so many seconds ahead: what lies beyond was written under a wrong clock, and is not
waited for.
"""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Credits of one call under way.

    When `expires_at` has passed its owner is dead, and the call maybe charged.
    """

    id: str
    credits: int
    sent_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class BalanceReading:
    """A number of credits that an answer brought at `at`."""

    at: float
    credits: int


@dataclass(frozen=True, slots=True)
class Credits:
    """The account's books.

    `used` and `remaining` come from the newest live answer by order of sending (`asked_at`); None before the
    first. `base` is what stood at first contact, `own` what our calls were charged since, `foreign` what
    others spent since. `untold` is the part of `own` that rests on the price alone: the answer came without
    quota headers, and no balance shows it yet. `reset_after` and `reset_before` bound the last observed new
    month. `suspect` marks books begun anew after damage. `exhausted` is when the provider last said that the
    credits are used up, and the price it refused.
    """

    used: int | None = None
    remaining: int | None = None
    asked_at: float = 0.0
    base: int = 0
    own: int = 0
    own_at: float = 0.0
    foreign: int = 0
    reserved: tuple[Reservation, ...] = ()
    maybe: tuple[Reservation, ...] = ()
    told: tuple[BalanceReading, ...] = ()
    reset_after: float | None = None
    reset_before: float | None = None
    suspect: bool = False
    exhausted: BalanceReading | None = None
    untold: int = 0

    @property
    def reserved_credits(self) -> int:
        return sum(call.credits for call in self.reserved)

    @property
    def maybe_credits(self) -> int:
        return sum(call.credits for call in self.maybe)

    @property
    def unreflected(self) -> int:
        """Own charges that the newest `used` does not contain yet."""
        return 0 if self.used is None else max(0, self.base + self.own + self.foreign - self.used)

    @property
    def maybe_charged(self) -> int:
        """What may have been charged and no balance shows: calls without an answer, and answers without quota
        headers.
        """
        return self.maybe_credits + min(self.untold, self.own if self.used is None else self.unreflected)

    def limit(self, monthly: int) -> int:
        """The account's credits a month: as told, else as configured (`monthly`)."""
        return monthly if self.used is None or self.remaining is None else self.used + self.remaining

    def available(self, monthly: int) -> int:
        """What is left when every call under way, maybe charged or not yet shown is paid. May be negative."""
        left = monthly - self.own if self.remaining is None else self.remaining - self.unreflected
        return left - self.reserved_credits - self.maybe_credits


@dataclass(frozen=True, slots=True)
class Purchase:
    """One call to be paid.

    `urgent` means a game within the hour; `force` lifts the budget, never the account.
    """

    price: int
    purpose: Purpose = Purpose.OWN
    urgent: bool = False
    force: bool = False


def is_believable(credits: Credits) -> bool:
    """Whether no number of the books is larger than any account: earlier versions kept whatever a header
    said.
    """
    calls = [call.credits for call in (*credits.reserved, *credits.maybe)] + [
        told.credits for told in credits.told
    ]
    numbers = (credits.used, credits.remaining, credits.base, credits.own, credits.foreign, *calls)
    return all(number is None or abs(number) <= MOST_CREDITS for number in numbers)


def is_low(credits: Credits, rules: settings.BudgetSettings, monthly: int) -> bool:
    """Whether so little is left that boards up to an hour old do."""
    return credits.available(monthly) < rules.warn_below


def is_outdated(credits: Credits, now: float) -> bool:
    """Whether the balance was told so long ago that a refusal should not rest on it."""
    return credits.used is not None and not 0 <= now - credits.asked_at < BELIEVE_EXHAUSTED


def kept_for_own(limit: int, rules: settings.BudgetSettings) -> int:
    """Of an account of so many credits a month, those that only the user's own commands may touch."""
    return math.ceil(rules.reserve * limit)


def judge(
    credits: Credits, purchase: Purchase, rules: settings.BudgetSettings, monthly: int, now: float
) -> Refused | None:
    """Why the purchase may not be made, or None when it may."""
    left = credits.available(monthly)
    if purchase.price == 0:
        return None
    if left < purchase.price:
        return Refused(Refusal.BUDGET, f"costs {purchase.price}, {max(left, 0)} left")
    own = purchase.purpose is Purpose.OWN
    if credits.suspect and (not own or credits.reserved):
        return Refused(
            Refusal.BUDGET,
            "the balance is unknown since the books were damaged; one call of your own will tell",
        )
    if purchase.force:
        return None
    if (
        (gone := credits.exhausted)
        and purchase.price >= gone.credits
        and 0 <= now - gone.at < BELIEVE_EXHAUSTED
    ):
        return Refused(
            Refusal.BUDGET, "the provider says the credits are used up", retry_at=gone.at + BELIEVE_EXHAUSTED
        )
    if left < rules.stop_below and not (own and purchase.urgent):
        return Refused(Refusal.BUDGET, f"{left} left, below budget.stop_below = {rules.stop_below}")
    kept = kept_for_own(credits.limit(monthly), rules)
    if not own and left - purchase.price < kept:
        return Refused(Refusal.RESERVE, f"{left} left, {kept} kept for your own commands (budget.reserve)")
    return None


def reserve(credits: Credits, call: Reservation) -> Credits:
    """Set the call's credits aside."""
    return replace(credits, reserved=(*credits.reserved, call)) if call.credits else credits


def expire(credits: Credits, now: float) -> Credits:
    """The books as of now: calls whose owner is dead become maybe charged, and what is from the future is as
    old as unknown.
    """
    credits = _not_ahead(credits, now)
    dead = tuple(call for call in credits.reserved if call.expires_at <= now or call.sent_at > now + AHEAD)
    if not dead:
        return credits
    alive = tuple(call for call in credits.reserved if call not in dead)
    return replace(credits, reserved=alive, maybe=(*credits.maybe, *(_sent_by(call, now) for call in dead)))


def _not_ahead(credits: Credits, now: float) -> Credits:
    """Without what was written under a clock that was ahead: no live answer is older than it.

    Calls under way may lie ahead: they wait.
    """
    stamps = (
        credits.asked_at,
        credits.own_at,
        *(one.at for one in credits.told),
        *(call.sent_at for call in credits.maybe),
    )
    if max(stamps) <= now and (credits.exhausted is None or credits.exhausted.at <= now):
        return credits
    return replace(
        credits,
        asked_at=credits.asked_at if credits.asked_at <= now else 0.0,
        own_at=credits.own_at if credits.own_at <= now else 0.0,
        told=tuple(one for one in credits.told if one.at <= now),
        maybe=tuple(_sent_by(call, now) for call in credits.maybe),
        exhausted=credits.exhausted if credits.exhausted and credits.exhausted.at <= now else None,
    )


def _sent_by(call: Reservation, now: float) -> Reservation:
    return call if call.sent_at <= now else replace(call, sent_at=now)


def release(credits: Credits, call_id: str) -> Credits:
    """The call was surely not charged."""
    return replace(
        credits, reserved=_without(credits.reserved, call_id), maybe=_without(credits.maybe, call_id)
    )


def mark_maybe_charged(credits: Credits, call_id: str) -> Credits:
    """The call may have been charged: no answer came."""
    lost = tuple(call for call in credits.reserved if call.id == call_id)
    return replace(credits, reserved=_without(credits.reserved, call_id), maybe=(*credits.maybe, *lost))


def charge(credits: Credits, call_id: str, spent: int, at: float, *, told: bool = True) -> Credits:
    """The call was answered at `at` and cost `spent`. `told`: by its headers, not by its price alone."""
    credits = release(credits, call_id)
    if not spent:
        return credits
    untold = credits.untold if told else credits.untold + spent
    return replace(credits, own=credits.own + spent, own_at=max(credits.own_at, at), untold=untold)


def exhaust(credits: Credits, price: int, at: float) -> Credits:
    """The provider refused a call of this price: the credits are used up."""
    return replace(credits, exhausted=BalanceReading(at, price))


def _without(calls: tuple[Reservation, ...], call_id: str) -> tuple[Reservation, ...]:
    return tuple(call for call in calls if call.id != call_id)
