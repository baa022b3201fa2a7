"""Plan the fewest calls that catch every game at its windows before the start.

How it works:

One odds call returns the whole board of a sport, so it serves every window that is open at that moment.
Finding the fewest calls is interval stabbing; with limited credits it is a knapsack over sports. Times are
epoch seconds, lengths seconds.

1. `targets` turns each game and window into an interval [opens, closes] around its nominal time. No interval
   ends later than LAST_MOMENT seconds before the start, because the board changes with the start.
2. `plan` sorts a sport's targets by end and calls at the end of the first that no earlier call hits. This
   greedy choice gives the minimum number of calls.
3. Each call is then moved inside its group's common interval to minimise the largest distance to a nominal
   time. Moving never changes which targets it covers.
4. Calls for one sport are at least `spacing` apart where possible: the feed has no newer prices earlier
   (REFRESH).
5. `prefetch_choice.choose` limits the cost. For each sport a dynamic programme finds the most valuable set of
   0, 1, 2, … calls; a knapsack then divides the credits between sports. The result is optimal in covered
   weight, then cheapest.
6. Windows nearer to the start weigh more: 1 for the farthest, one more for each nearer one.
7. Every window still to come is a target, or is returned as `Skipped` with its reason.
8. `captures` is the single rule for what a board of a given time captures, whoever fetched it; a moved game
   is judged by its new start.

Pure: schedule and `now` in, calls out.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from oddsctl.domain.models import Status

LAST_MOMENT = 1.0
"""Seconds before the start at which a window ends at the latest: the board changes with the start."""
REFRESH = 60.0
"""Seconds after which the feed itself has new prices (FACTS 1.6). Nothing is bought again sooner."""


class Why(StrEnum):
    """Why a window of a game gets no call. All are skipped except `MISSED`: it ended before a run came."""

    MISSED = "MISSED"
    POSTPONED = "POSTPONED"
    CANCELED = "CANCELED"
    STARTED = "STARTED"
    TIME_TBD = "TIME_TBD"
    NO_PRICES = "NO_PRICES"
    BUDGET = "BUDGET"


@dataclass(frozen=True, slots=True)
class Fixture:
    """A game as the planner needs it. Ids are unique across sports."""

    id: str
    sport: str
    start: float
    status: Status = "scheduled"
    time_confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Windows:
    """How long `before` a start prices are wanted, and how much too `early` or `late` a call still counts."""

    before: tuple[float, ...]
    early: float
    late: float

    def weight(self, before: float) -> int:
        """Return a window's weight: 1 for the farthest from the start, one more for each nearer one."""
        return sum(other >= before for other in set(self.before))


@dataclass(frozen=True, slots=True)
class Target:
    """One window of one game.

    A call from `opens` to `closes`, both included, captures it; the best time is `nominal`.
    """

    sport: str
    fixture_id: str
    window: float
    nominal: float
    opens: float
    closes: float
    weight: int

    def contains(self, moment: float) -> bool:
        return self.opens <= moment <= self.closes


@dataclass(frozen=True, slots=True)
class Skipped:
    """A window of a game that gets no call, and why."""

    target: Target
    why: Why


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call for a sport's board.

    At any time from `opens` to `closes` it captures all it `covers`; `at` suits them best.
    """

    sport: str
    at: float
    opens: float
    closes: float
    covers: tuple[Target, ...]

    @property
    def game_time(self) -> float:
        """Return the start of the earliest game that it covers."""
        return min(target.nominal + target.window for target in self.covers)


def captures(fixture: Fixture, windows: Windows, moment: float) -> tuple[Target, ...]:
    """Return the windows of the game, as scheduled now, that a board fetched at `moment` captures."""
    return tuple(target for target in _all_of(fixture, windows) if target.contains(moment))


def targets(
    fixtures: Iterable[Fixture],
    windows: Windows,
    captured: Collection[tuple[str, float]],
    now: float,
    horizon: float,
    unpriced: Collection[tuple[str, float]] = (),
) -> tuple[tuple[Target, ...], tuple[Skipped, ...]]:
    """Return the windows to capture that open within `horizon` seconds, and those skipped with reasons.

    No window opens before `now`. `captured` holds (game, window) pairs, as `captures` returned them for the
    boards fetched so far; for a moved game by its new start. `unpriced` are the pairs without any price.
    """
    wanted, skipped = [], []
    for fixture in fixtures:
        for target in _all_of(fixture, windows):
            if (fixture.id, target.window) in captured or target.opens > now + horizon:
                continue
            if (why := _why_not(fixture, target, now, unpriced)) is not None:
                skipped.append(Skipped(target, why))
            else:
                wanted.append(replace(target, opens=max(target.opens, now)))
    return tuple(wanted), tuple(skipped)


def plan(targets: Iterable[Target], spacing: float = REFRESH) -> tuple[PlannedCall, ...]:
    """Plan the fewest calls that cover all targets, by time.

    Calls for one sport are at least `spacing` apart where possible.
    """
    calls = (call for group in by_sport(targets).values() for call in _timed(_grouped(group), spacing))
    return tuple(sorted(calls, key=lambda call: (call.at, call.sport)))


def due(call: PlannedCall, now: float, every: float) -> bool:
    """Return True if this run should make the call.

    Its minute has come, or an open window would end before the next run, `every` seconds from now.
    """
    come = call.at <= now <= call.closes
    return come or any(target.contains(now) and now + every > target.closes for target in call.covers)


def _all_of(fixture: Fixture, windows: Windows) -> Iterable[Target]:
    for before in dict.fromkeys(windows.before):
        nominal = fixture.start - before
        opens = nominal - windows.early
        closes = min(nominal + windows.late, fixture.start - LAST_MOMENT)
        yield Target(fixture.sport, fixture.id, before, nominal, opens, closes, windows.weight(before))


def _why_not(
    fixture: Fixture, target: Target, now: float, unpriced: Collection[tuple[str, float]]
) -> Why | None:
    match fixture.status:
        case "postponed":
            return Why.POSTPONED
        case "canceled":
            return Why.CANCELED
        case _ if not fixture.time_confirmed:
            return Why.TIME_TBD
        case _ if (fixture.id, target.window) in unpriced:
            return Why.NO_PRICES
        case _ if now > target.closes:
            return Why.MISSED
        case "live" | "final":
            # The game started earlier than scheduled.
            return Why.STARTED
        case "scheduled" | "delayed":
            return None


def by_sport(targets: Iterable[Target]) -> dict[str, list[Target]]:
    """Each sport's targets, the first to close first."""
    groups: dict[str, list[Target]] = {}
    for target in sorted(targets, key=lambda one: (one.closes, one.nominal, one.fixture_id)):
        groups.setdefault(target.sport, []).append(target)
    return groups


def stabs(targets: Sequence[Target]) -> list[float]:
    """The fewest moments that hit all targets, which are sorted by their ends: the end of each that none
    before has hit.
    """
    moments: list[float] = []
    for target in targets:
        if not moments or target.opens > moments[-1]:
            moments.append(target.closes)
    return moments


def _grouped(targets: Sequence[Target]) -> list[list[Target]]:
    """Group the targets (sorted by end) by the first of the fewest moments that hits each."""
    moments = stabs(targets)
    groups: list[list[Target]] = [[] for _ in moments]
    for target in targets:
        groups[bisect_left(moments, target.opens)].append(target)
    return groups


def hits(moments: Sequence[float], target: Target) -> bool:
    """Return True when one of the sorted moments lies within the target."""
    first = bisect_left(moments, target.opens)
    return first < len(moments) and moments[first] <= target.closes


def _timed(groups: Sequence[Sequence[Target]], spacing: float) -> list[PlannedCall]:
    """Time a call for each group: as near to its nominal times as the distance to its neighbours allows.

    Each group opens after the previous one has closed, so their order is given.
    """
    calls = [_untimed(group) for group in groups]
    earliest = -math.inf
    floors = [earliest := min(call.closes, max(call.opens, earliest + spacing)) for call in calls]
    latest = math.inf
    ceilings = [
        latest := max(floor, min(call.closes, latest - spacing))
        for call, floor in zip(calls[::-1], floors[::-1], strict=True)
    ]
    at = -math.inf
    timed = []
    for call, ceiling in zip(calls, ceilings[::-1], strict=True):
        at = min(ceiling, max(call.at, at + spacing))
        timed.append(replace(call, at=at))
    return timed


def _untimed(group: Sequence[Target]) -> PlannedCall:
    """Return the group's common interval, and the time in it nearest to all nominal times.

    Minimises the largest distance.
    """
    opens, closes = max(target.opens for target in group), min(target.closes for target in group)
    middle = (min(target.nominal for target in group) + max(target.nominal for target in group)) / 2
    return PlannedCall(group[0].sport, max(opens, min(middle, closes)), opens, closes, tuple(group))
