"""Pace scheduled calls so that the credits last until the account's month ends. Pure; amounts are credits.

How it works:

1. `spendable` is what scheduled calls may use: what is left until the reset, minus the reserve for the user's
   own commands. Nothing here ever spends the reserve.
2. The demand is counted, not guessed: the fewest calls that serve the windows of every known game until the
   reset (`calls_until`). Each later day without a published schedule counts like the mean of the known days
   (`calls_a_day`).
3. `affordable_windows` drops the farthest windows first until the rest can be paid. The nearest window always
   stays. Prices of windows do not add up, because one call can serve several windows.
4. If even the nearest window cannot be paid in full until the reset, it is an emergency: only the nearest
   windows are bought, and only h2h. An emergency ends when they can be paid RECOVERED times, so that single
   calls do not toggle it.
5. `allowance` is today's part. What later days do not need may be spent today. When they need more than there
   is, today gets its share by number of games, games already over included, so the share does not shrink
   during the day.
6. Windows already captured cost nothing. Today's share is computed as if nothing had been spent today, then
   reduced by what was, so it does not drift with each run.
7. `pace` joins these rules; its choice never costs more than `spendable` until the reset.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial

from oddsctl.domain.models import Status
from oddsctl.domain.units import DAY, day_of
from oddsctl.policy.prefetch_plan import Fixture, PlannedCall, Windows, plan, targets

PLAYED: tuple[Status, ...] = ("live", "final")
RECOVERED = 1.25
"""How many times over the nearest windows must be affordable before an emergency ends.

What the emergency itself saves must not end it.
"""


def allowance(
    left: int, reserve: int, later: int, games: Mapping[date, int], today: date, spent_today: int = 0
) -> int:
    """Return the credits that scheduled calls may still spend today.

    Never negative, never more than `left` above the `reserve`. `left` is what the account has until its
    reset, `reserve` what scheduled calls may not use, `later` the price of all calls planned from tomorrow to
    the reset. What these do not need can be spent today. If they need more than there is, today gets its
    share by `games` a day (from today to the reset, including those of today that are over), based on the
    amount before today's `spent_today`.
    """
    spendable = max(0, left - reserve)
    ahead = sum(count for day, count in games.items() if day >= today)
    share = (spendable + spent_today) * games.get(today, 0) // ahead if ahead else 0
    return max(0, spendable - later, share - spent_today)


def affordable_windows(
    windows: tuple[float, ...], spendable: int, price: Callable[[tuple[float, ...]], int]
) -> tuple[float, ...]:
    """Return the windows (seconds before a start) that can be paid until the reset.

    Drops the farthest first; the nearest always stays. `price` returns what the calls for a set of windows
    cost until the reset: windows share calls, so their prices do not add up.
    """
    near = sorted(set(windows))
    while len(near) > 1 and price(tuple(near)) > spendable:
        near.pop()
    return tuple(window for window in windows if window in near)


def emergency(spendable: int, needed: int, *, active: bool) -> bool:
    """Return True if only the nearest windows, and only h2h, should be bought.

    That is so when not even these windows (`needed`, in full) can be paid until the reset. An `active`
    emergency lasts until they can be paid with a quarter to spare, so that single calls do not toggle it.
    """
    return needed > 0 and spendable < needed * (RECOVERED if active else 1)


@dataclass(frozen=True, slots=True)
class SportDemand:
    """A sport's games until the reset.

    The games that start before `known_until` are known; each later day is assumed to cost as much. If earlier
    games of today are known too, `known_since` is the start of that day: a day then counts whole, whatever
    the hour. `price` is the price of its board, `lean_price` the least that an emergency still buys.
    `captured` holds (game, window) pairs that need no call any more.
    """

    fixtures: Sequence[Fixture]
    known_until: float
    price: int
    lean_price: int
    captured: Collection[tuple[str, float]] = ()
    known_since: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedBudget:
    """Credits that scheduled calls may use until the reset, what they spent today, and whether an emergency
    is active.
    """

    spendable: int
    spent_today: int
    reset_at: float
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class PacingDecision:
    """What is bought until the reset: the windows, and credits for `today`.

    In an `emergency` only the leanest board is bought. Everything together costs at most `spendable` credits.
    """

    windows: tuple[float, ...]
    emergency: bool
    today: int
    spendable: float = field(default=math.inf, compare=False)
    reset_at: float = field(default=math.inf, compare=False)


def pace(
    outlooks: Sequence[SportDemand],
    windows: Windows,
    purse: PlannedBudget,
    now: float,
    captured: Collection[tuple[str, float]] = (),
) -> PacingDecision:
    """Choose all windows if they can be paid, else the nearest ones, else those at the leanest price.

    Pairs in `captured` (game, window) are paid already.
    """
    if not windows.before:
        return PacingDecision((), purse.emergency, 0, 0, purse.reset_at)
    nearest = (min(windows.before),)
    cost = partial(_cost, outlooks, windows, purse, now, captured)
    short = emergency(purse.spendable, cost(nearest), active=purse.emergency)
    if short:
        outlooks = [replace(one, price=one.lean_price) for one in outlooks]
        chosen: tuple[float, ...] = nearest
    else:
        chosen = affordable_windows(windows.before, purse.spendable, cost)
    later = _cost(outlooks, windows, purse, now, captured, chosen, after=day_of(now))
    games = sum((_games(one, purse, now) for one in outlooks), Counter[date]())
    today = allowance(purse.spendable, 0, later, games, day_of(now), purse.spent_today)
    return PacingDecision(chosen, short, today, max(0, purse.spendable), purse.reset_at)


def calls_until(
    outlook: SportDemand,
    windows: Windows,
    now: float,
    end: float,
    captured: Collection[tuple[str, float]] = (),
) -> tuple[PlannedCall, ...]:
    """Count the fewest calls for the known games' windows between `now` and `end` not in `captured`."""
    wanted, _ = targets(outlook.fixtures, windows, {*captured, *outlook.captured}, now, end - now)
    return plan(wanted)


def calls_a_day(outlook: SportDemand, windows: Windows, now: float, end: float) -> float:
    """Return the fewest calls a day that the known days need, on average; 0 if less than a day is known.

    Includes windows that are captured or over.
    """
    since = now if outlook.known_since is None else min(now, outlook.known_since)
    known = min(outlook.known_until, end) - since
    if known < DAY:
        return 0.0
    games = [replace(one, status="scheduled") if one.status in PLAYED else one for one in outlook.fixtures]
    wanted, _ = targets(games, windows, (), since, known)
    return len(plan(wanted)) * DAY / known


def _unknown_calls(outlook: SportDemand, windows: Windows, now: float, end: float) -> float:
    """Estimate the calls until `end` for days without a known game."""
    days = max(0.0, end - max(now, outlook.known_until)) / DAY
    return days * calls_a_day(outlook, windows, now, end) if days else 0.0


def _cost(
    outlooks: Sequence[SportDemand],
    windows: Windows,
    purse: PlannedBudget,
    now: float,
    captured: Collection[tuple[str, float]],
    some: tuple[float, ...],
    after: date | None = None,
) -> int:
    """Return the credits until the reset for these windows; only for days `after` one if given."""
    total = 0.0
    for outlook in outlooks:
        calls = calls_until(outlook, replace(windows, before=some), now, purse.reset_at, captured)
        unknown = _unknown_calls(outlook, replace(windows, before=some), now, purse.reset_at)
        known = sum(after is None or day_of(call.at) > after for call in calls)
        total += (known + unknown) * outlook.price
    return math.ceil(total)


def _games(outlook: SportDemand, purse: PlannedBudget, now: float) -> Counter[date]:
    """Count the games of each day until the reset; unknown days get the mean, rounded up."""
    counted = Counter(day_of(fixture.start) for fixture in outlook.fixtures if fixture.start < purse.reset_at)
    first = day_of(max(now, outlook.known_until))
    ahead = sum(count for day, count in counted.items() if day_of(now) <= day < first)
    known_days = (first - day_of(now)).days
    if known_days and (mean := math.ceil(ahead / known_days)):
        beyond = (day_of(purse.reset_at) - first).days
        counted.update({first + timedelta(number): mean for number in range(beyond)})
    return counted
