"""Project what scheduled calls will cost day by day, how long the credits last, and what cuts would save.

Pure; amounts are credits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from oddsctl.domain.units import EASTERN, day_of
from oddsctl.policy.budget_pacing import PacingDecision, SportDemand, calls_a_day, calls_until
from oddsctl.policy.prefetch_plan import Windows


@dataclass(frozen=True, slots=True)
class CreditSupply:
    """Credits for scheduled calls now and after the reset, and what the user's own commands cost on a usual
    day.
    """

    spendable: int
    monthly: int
    reset_at: float
    own_per_day: float


@dataclass(frozen=True, slots=True)
class DayCost:
    """One day's calls.

    A call counts for the nearest window it serves; an `estimated` day is modelled on the known days.
    """

    day: date
    games: float
    calls: float
    credits: float
    by_sport: Mapping[str, float]
    by_window: Mapping[float, float]
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Saving:
    """Cost of the span without one window, market or sport (`kind`), and what that saves."""

    kind: str
    without: str | float
    credits: float
    saves: float


@dataclass(frozen=True, slots=True)
class CostProjection:
    """The projection: the days as far as they can be paid.

    `runs_out` is the first day that cannot be paid in full. `wanted_calls` and `wanted_credits` are what all
    windows would take; `cuts` reduce that.
    """

    days: tuple[DayCost, ...]
    runs_out: date | None
    cuts: tuple[Saving, ...]
    wanted_calls: float
    wanted_credits: float

    @property
    def credits(self) -> float:
        return sum(day.credits for day in self.days)

    @property
    def calls(self) -> float:
        return sum(day.calls for day in self.days)


def project_costs(
    outlooks: Mapping[str, SportDemand],
    windows: Windows,
    markets: Sequence[str],
    means: CreditSupply,
    now: float,
    until: float,
    captured: Collection[tuple[str, float]] = (),
    zone: ZoneInfo = EASTERN,
    course: PacingDecision | None = None,
) -> CostProjection:
    """Project the sports' cost from `now` to `until` for these windows, and possible savings.

    Leaves out `captured` (game, window) pairs. Days are those of `zone`; up to the reset they are bought as
    `course` says.
    """
    days = _days(outlooks, windows, captured, now, until, zone)
    total = sum(day.credits for day in days)

    def cut(
        kind: str, without: str | float, some: Mapping[str, SportDemand], left: Windows, share: float = 1.0
    ) -> Saving:
        credits = sum(day.credits for day in _days(some, left, captured, now, until, zone)) * share
        return Saving(kind, without, credits, total - credits)

    cuts = []
    if len(windows.before) > 1:
        for window in windows.before:
            fewer = replace(windows, before=tuple(one for one in windows.before if one != window))
            cuts.append(cut("window", window, outlooks, fewer))
    if len(markets) > 1:
        cuts += [
            cut("market", market, outlooks, windows, (len(markets) - 1) / len(markets)) for market in markets
        ]
    if len(outlooks) > 1:
        cuts += [
            cut("sport", name, {other: one for other, one in outlooks.items() if other != name}, windows)
            for name in outlooks
        ]
    bought = days
    if course and course.windows:
        lean = {
            name: replace(one, price=one.lean_price) if course.emergency else one
            for name, one in outlooks.items()
        }
        some = _days(
            lean, replace(windows, before=course.windows), captured, now, min(until, means.reset_at), zone
        )
        bought = _paid(
            (*some, *(day for day in days if day.day >= day_of(means.reset_at, zone))), means, zone
        )
    return CostProjection(
        bought, _runs_out(days, means, now, zone), tuple(cuts), sum(day.calls for day in days), total
    )


def _paid(days: Sequence[DayCost], means: CreditSupply, zone: ZoneInfo) -> tuple[DayCost, ...]:
    """Cut the days to what the credits pay: the first unaffordable day in part, later ones not at all."""
    left, before_reset = float(means.spendable), True
    paid = []
    for cost in days:
        if before_reset and cost.day >= day_of(means.reset_at, zone):
            left, before_reset = float(means.monthly), False
        share = min(1.0, int(left / (cost.credits / cost.calls)) / cost.calls) if cost.credits > left else 1.0
        left -= cost.credits * share
        if share:
            paid.append(_part_of(cost, share))
    return tuple(paid)


def _part_of(cost: DayCost, share: float) -> DayCost:
    if share == 1.0:
        return cost
    by_sport = {name: amount * share for name, amount in cost.by_sport.items()}
    by_window = {window: amount * share for window, amount in cost.by_window.items()}
    return replace(
        cost, calls=cost.calls * share, credits=cost.credits * share, by_sport=by_sport, by_window=by_window
    )


def _days(
    outlooks: Mapping[str, SportDemand],
    windows: Windows,
    captured: Collection[tuple[str, float]],
    now: float,
    until: float,
    zone: ZoneInfo,
) -> tuple[DayCost, ...]:
    """Return the days that have a call."""
    credits: dict[date, Counter[str]] = {}
    by_window: dict[date, Counter[float]] = {}
    games: dict[date, set[str]] = {}
    guesses: dict[date, dict[str, float]] = {}
    for name, outlook in outlooks.items():
        known = calls_until(outlook, windows, now, min(until, outlook.known_until), captured)
        for call in known:
            day = day_of(call.at, zone)
            credits.setdefault(day, Counter())[name] += outlook.price
            by_window.setdefault(day, Counter())[min(target.window for target in call.covers)] += (
                outlook.price
            )
            games.setdefault(day, set()).update(target.fixture_id for target in call.covers)
        if until > outlook.known_until and (
            mean := calls_a_day(outlook, windows, now, until) * outlook.price
        ):
            for day in _between(outlook.known_until, until, zone):
                guesses.setdefault(day, {})[name] = mean
    prices = {name: outlook.price for name, outlook in outlooks.items()}
    costs = []
    for day in sorted(credits.keys() | guesses.keys()):
        sure, guessed = credits.get(day, Counter[str]()), guesses.get(day, {})
        spent = {
            name: sure[name] + guessed.get(name, 0.0) for name in outlooks if name in sure or name in guessed
        }
        calls = sum(amount / prices[name] for name, amount in spent.items())
        costs.append(
            DayCost(
                day,
                len(games.get(day, ())),
                calls,
                sum(spent.values()),
                spent,
                by_window.get(day, Counter()),
                day in guesses,
            )
        )
    return tuple(costs)


def _between(first: float, last: float, zone: ZoneInfo) -> list[date]:
    start = day_of(first, zone)
    return [start + timedelta(number) for number in range(max(0, (day_of(last, zone) - start).days))]


def _runs_out(days: Sequence[DayCost], means: CreditSupply, now: float, zone: ZoneInfo) -> date | None:
    left, since, reset = float(means.spendable), day_of(now, zone), day_of(means.reset_at, zone)
    for cost in days:
        if since < reset <= cost.day:
            left, since = float(means.monthly), reset
        left -= means.own_per_day * (cost.day - since).days
        since = cost.day
        if cost.credits > left:
            return cost.day
        left -= cost.credits
    return None
