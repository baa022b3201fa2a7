"""What planned calls may spend today, so that the credits last until the account's month ends.

Pure; all amounts are credits.
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
"""How many times over the nearest windows must be borne again before an emergency ends: what it saves alone
does not end it.
"""


def allowance(
    left: int, reserve: int, later: int, games: Mapping[date, int], today: date, spent_today: int = 0
) -> int:
    """Credits that planned calls may still spend today; never negative, never more than `left` above the
    `reserve`.

    `left` is what the account has until its reset, `reserve` what planned calls don't touch, `later` the
    price of all calls planned from tomorrow to the reset. What these do not need is today's to spend. Where
    they need more than there is, today gets its share by `games` a day (from today to the reset, those of
    today that are over included), as it was before today's planned calls spent `spent_today`.
    """
    spendable = max(0, left - reserve)
    ahead = sum(count for day, count in games.items() if day >= today)
    share = (spendable + spent_today) * games.get(today, 0) // ahead if ahead else 0
    return max(0, spendable - later, share - spent_today)


def affordable_windows(
    windows: tuple[float, ...], spendable: int, price: Callable[[tuple[float, ...]], int]
) -> tuple[float, ...]:
    """The windows (seconds before a start) that can be paid until the reset, the farthest cut first; the
    nearest always stays.

    `price` tells what the calls for a set of windows cost until the reset: windows share calls, so their
    prices don't add up.
    """
    near = sorted(set(windows))
    while len(near) > 1 and price(tuple(near)) > spendable:
        near.pop()
    return tuple(window for window in windows if window in near)


def emergency(spendable: int, needed: int, *, active: bool) -> bool:
    """Whether to buy only the nearest windows, and only h2h: not even these windows (`needed`, in full) can
    be paid until the reset.

    An `active` emergency goes on until they can be with a quarter to spare, so that it does not come and go
    with every call.
    """
    return needed > 0 and spendable < needed * (RECOVERED if active else 1)


@dataclass(frozen=True, slots=True)
class SportDemand:
    """A sport's games until the reset: those that start before `known_until`; each later day is taken to cost
    what these do.

    Where the games of earlier today are known too, `known_since` is their day's beginning: a day then counts
    whole, whatever the hour. `price` is what its board costs, `lean_price` what the least does that an
    emergency still buys. `captured` holds (game, window) pairs that are known to need no call any more.
    """

    fixtures: Sequence[Fixture]
    known_until: float
    price: int
    lean_price: int
    captured: Collection[tuple[str, float]] = ()
    known_since: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedBudget:
    """What planned calls may touch until the account's month ends, what they spent today, and whether there
    was an emergency.
    """

    spendable: int
    spent_today: int
    reset_at: float
    emergency: bool = False


@dataclass(frozen=True, slots=True)
class PacingDecision:
    """What is bought until the reset: which windows, in an `emergency` the leanest board, and for how many
    credits `today`.

    All of it together costs `spendable` credits at the most.
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
    """How to get through the month: all windows where they can be paid, else the nearest ones, else those at
    the leanest price.

    Those that are `captured` (game, window) are paid already.
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
    """The fewest calls for the known games' windows between `now` and `end` that are not `captured`."""
    wanted, _ = targets(outlook.fixtures, windows, {*captured, *outlook.captured}, now, end - now)
    return plan(wanted)


def calls_a_day(outlook: SportDemand, windows: Windows, now: float, end: float) -> float:
    """The fewest calls that the known days need, on the mean day: what is captured or over counts too. 0
    where less than a day is known.
    """
    since = now if outlook.known_since is None else min(now, outlook.known_since)
    known = min(outlook.known_until, end) - since
    if known < DAY:
        return 0.0
    games = [replace(one, status="scheduled") if one.status in PLAYED else one for one in outlook.fixtures]
    wanted, _ = targets(games, windows, (), since, known)
    return len(plan(wanted)) * DAY / known


def _unknown_calls(outlook: SportDemand, windows: Windows, now: float, end: float) -> float:
    """The calls of the days until `end` of which no game is known yet."""
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
    """Credits until the reset for these windows; of the days `after` one, where it is given."""
    total = 0.0
    for outlook in outlooks:
        calls = calls_until(outlook, replace(windows, before=some), now, purse.reset_at, captured)
        unknown = _unknown_calls(outlook, replace(windows, before=some), now, purse.reset_at)
        known = sum(after is None or day_of(call.at) > after for call in calls)
        total += (known + unknown) * outlook.price
    return math.ceil(total)


def _games(outlook: SportDemand, purse: PlannedBudget, now: float) -> Counter[date]:
    """The games of each day until the reset, those of days not known yet as many as on the mean day, rounded
    up.
    """
    counted = Counter(day_of(fixture.start) for fixture in outlook.fixtures if fixture.start < purse.reset_at)
    first = day_of(max(now, outlook.known_until))
    ahead = sum(count for day, count in counted.items() if day_of(now) <= day < first)
    known_days = (first - day_of(now)).days
    if known_days and (mean := math.ceil(ahead / known_days)):
        beyond = (day_of(purse.reset_at) - first).days
        counted.update({first + timedelta(number): mean for number in range(beyond)})
    return counted
