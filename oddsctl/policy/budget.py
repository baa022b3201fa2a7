"""Account for credits: reserved, spent, possibly charged, spent by others, and what a purpose may use.

How it works:

The provider reports `used` and `remaining` with its answers. Between two answers our ledger carries what the
provider cannot know yet. Every function takes frozen `Credits` and returns new ones.

1. `judge`, then `reserve`: the price of a call is set aside before it is sent. So concurrent calls never
   spend the same credit twice.
2. Every reservation ends in exactly one way: `charge` (answered), `release` (surely not charged) or
   `mark_maybe_charged` (no answer came). One whose owner died expires and becomes maybe charged, so a crash
   never frees credits.
3. `available = balance - reservations - maybe charged - own charges the balance does not show yet`. It may be
   negative.
4. `balance.apply_balance` believes the newest live answer, ordered by the time its request was sent. An older
   answer that arrives late changes no balance.
5. A rise of `used` is matched to own calls first, then to calls in flight, then to maybe-charged ones. What
   is left was spent by others (`foreign`). A maybe-charged call is settled only by a request sent at least
   `grace` seconds after it.
6. A `used` below a value that was reported before the request was sent means a new month. The last few
   reported values are kept for this comparison.
7. No purpose passes what the account has; `force` lifts our limits only. Scheduled calls leave the reserve
   alone, and wait while the ledger is `suspect` (started fresh after damage); own commands then make one call
   at a time.
8. "Out of credits" is believed for BELIEVE_EXHAUSTED seconds at the price it refused; then calls are tried
   again.
9. A time in the future comes from a wrong clock; it is never waited for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from oddsctl.domain import settings
from oddsctl.domain.plausible import MOST_CREDITS
from oddsctl.domain.requests import Purpose, Refusal, Refused

BELIEVE_EXHAUSTED = 3600.0
"""Seconds to believe "out of credits". Asking again is free, but a new month or plan should be noticed."""
AHEAD = 3600.0
"""Seconds a reservation may lie in the future. Anything later was written by a wrong clock and is ignored."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Credits of one call in flight.

    After `expires_at` its owner counts as dead, and the call as maybe charged.
    """

    id: str
    credits: int
    sent_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class BalanceReading:
    """A number of credits that an answer reported at `at`."""

    at: float
    credits: int


@dataclass(frozen=True, slots=True)
class Credits:
    """The ledger of the account.

    `used` and `remaining` come from the newest live answer by order of sending (`asked_at`); None before the
    first. `base` is `used` at first contact, `own` what our calls were charged since, `foreign` what others
    spent since. `untold` is the part of `own` that rests on the price alone: the answer came without quota
    headers, and no balance shows it yet. `reset_after` and `reset_before` bound the last observed new month.
    `suspect` marks a ledger started fresh after damage. `exhausted` is when the provider last said that the
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
        """Return own charges that the newest `used` does not contain yet."""
        return 0 if self.used is None else max(0, self.base + self.own + self.foreign - self.used)

    @property
    def maybe_charged(self) -> int:
        """Return credits possibly charged that no balance shows.

        These are calls without an answer, and answers without quota headers.
        """
        return self.maybe_credits + min(self.untold, self.own if self.used is None else self.unreflected)

    def limit(self, monthly: int) -> int:
        """Return the account's credits a month: as reported, else as configured (`monthly`)."""
        return monthly if self.used is None or self.remaining is None else self.used + self.remaining

    def available(self, monthly: int) -> int:
        """Return what is left after paying calls in flight, maybe charged or not yet shown.

        May be negative.
        """
        left = monthly - self.own if self.remaining is None else self.remaining - self.unreflected
        return left - self.reserved_credits - self.maybe_credits


@dataclass(frozen=True, slots=True)
class Purchase:
    """One call to be paid.

    `urgent` means a game within the hour; `force` lifts the budget, never the account's limit.
    """

    price: int
    purpose: Purpose = Purpose.OWN
    urgent: bool = False
    force: bool = False


def is_believable(credits: Credits) -> bool:
    """Return False if a number is larger than any account has.

    Earlier versions kept whatever a header said.
    """
    calls = [call.credits for call in (*credits.reserved, *credits.maybe)] + [
        told.credits for told in credits.told
    ]
    numbers = (credits.used, credits.remaining, credits.base, credits.own, credits.foreign, *calls)
    return all(number is None or abs(number) <= MOST_CREDITS for number in numbers)


def is_low(credits: Credits, rules: settings.BudgetSettings, monthly: int) -> bool:
    """Return True when credits are low enough to accept older boards (up to an hour)."""
    return credits.available(monthly) < rules.warn_below


def is_outdated(credits: Credits, now: float) -> bool:
    """Return True if the balance is too old to base a refusal on."""
    return credits.used is not None and not 0 <= now - credits.asked_at < BELIEVE_EXHAUSTED


def kept_for_own(limit: int, rules: settings.BudgetSettings) -> int:
    """Return how many of the month's credits only the user's own commands may use."""
    return math.ceil(rules.reserve * limit)


def judge(
    credits: Credits, purchase: Purchase, rules: settings.BudgetSettings, monthly: int, now: float
) -> Refused | None:
    """Return why the purchase is refused, or None when it is allowed."""
    left = credits.available(monthly)
    if purchase.price == 0:
        return None
    if left < purchase.price:
        return Refused(Refusal.BUDGET, f"costs {purchase.price}, {max(left, 0)} left")
    own = purchase.purpose is Purpose.OWN
    if credits.suspect and (not own or credits.reserved):
        return Refused(
            Refusal.BUDGET,
            "the balance is unknown since account data was damaged; one call of your own will report it",
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
    """Return the ledger as of now.

    Reservations of dead owners become maybe charged; values from the future lose their time.
    """
    credits = _not_ahead(credits, now)
    dead = tuple(call for call in credits.reserved if call.expires_at <= now or call.sent_at > now + AHEAD)
    if not dead:
        return credits
    alive = tuple(call for call in credits.reserved if call not in dead)
    return replace(credits, reserved=alive, maybe=(*credits.maybe, *(_sent_by(call, now) for call in dead)))


def _not_ahead(credits: Credits, now: float) -> Credits:
    """Remove times written by a clock that was ahead: no live answer is older than these.

    Calls in flight may lie ahead: they wait.
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
    """Release the reservation: the call was surely not charged."""
    return replace(
        credits, reserved=_without(credits.reserved, call_id), maybe=_without(credits.maybe, call_id)
    )


def mark_maybe_charged(credits: Credits, call_id: str) -> Credits:
    """Mark the call as maybe charged: no answer came."""
    lost = tuple(call for call in credits.reserved if call.id == call_id)
    return replace(credits, reserved=_without(credits.reserved, call_id), maybe=(*credits.maybe, *lost))


def charge(credits: Credits, call_id: str, spent: int, at: float, *, told: bool = True) -> Credits:
    """Record that the call was answered at `at` and cost `spent`.

    `told` is True if its headers reported the charge, False if the price is assumed.
    """
    credits = release(credits, call_id)
    if not spent:
        return credits
    untold = credits.untold if told else credits.untold + spent
    return replace(credits, own=credits.own + spent, own_at=max(credits.own_at, at), untold=untold)


def exhaust(credits: Credits, price: int, at: float) -> Credits:
    """Record that the provider refused a call of this price: the credits are used up."""
    return replace(credits, exhausted=BalanceReading(at, price))


def _without(calls: tuple[Reservation, ...], call_id: str) -> tuple[Reservation, ...]:
    return tuple(call for call in calls if call.id != call_id)
