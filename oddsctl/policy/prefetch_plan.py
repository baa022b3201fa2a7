"""Which calls catch every game at its windows before kick-off for the fewest credits.

Pure: schedule and `now` in, calls out.

One odds call prices the whole board of a sport, so it serves every window that contains its minute: the
fewest calls are the classic stabbing of intervals. Times are epoch seconds, lengths are seconds.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from oddsctl.domain.models import Status

LAST_MOMENT = 1.0
"""Seconds before the start at which a window ends at the latest: with the start the board is another."""
REFRESH = 60.0
"""Seconds after which the feed itself has new prices (FACTS 1.6): nothing is bought sooner after another."""


class Why(StrEnum):
    """Why a window of a game gets no call. All are skipped but `MISSED`: its end passed before a run came."""

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
    """How long `before` a start prices are wanted, and how much too `early` or too `late` a call still
    counts.
    """

    before: tuple[float, ...]
    early: float
    late: float

    def weight(self, before: float) -> int:
        """What a window is worth: 1 for the farthest from the start, one more for each nearer (2 h, 1 h, 30
        min: 1, 2, 3).
        """
        return sum(other >= before for other in set(self.before))


@dataclass(frozen=True, slots=True)
class Target:
    """One window of one game: a call from `opens` to `closes`, both included, captures it, at best at
    `nominal`.
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

    At any moment from `opens` to `closes` it captures all it `covers`; `at` suits them best.
    """

    sport: str
    at: float
    opens: float
    closes: float
    covers: tuple[Target, ...]

    @property
    def game_time(self) -> float:
        """When the soonest game that it covers starts."""
        return min(target.nominal + target.window for target in self.covers)


def captures(fixture: Fixture, windows: Windows, moment: float) -> tuple[Target, ...]:
    """The windows of the game, as it is scheduled now, that a board fetched at `moment` captures: whoever
    fetched it.
    """
    return tuple(target for target in _all_of(fixture, windows) if target.contains(moment))


def targets(
    fixtures: Iterable[Fixture],
    windows: Windows,
    captured: Collection[tuple[str, float]],
    now: float,
    horizon: float,
    unpriced: Collection[tuple[str, float]] = (),
) -> tuple[tuple[Target, ...], tuple[Skipped, ...]]:
    """The windows that open within `horizon` seconds and are still to be had, none of them opening before
    `now`; and those that are not.

    `captured` holds (game, window) pairs: what `captures` said of the boards fetched so far. Of a moved game
    it says it of the new start. `unpriced` are the pairs for which there is no price to be had.
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
    """The fewest calls that cover all targets, by time; those for one sport at least `spacing` apart where
    that can be.
    """
    calls = (call for group in by_sport(targets).values() for call in _timed(_grouped(group), spacing))
    return tuple(sorted(calls, key=lambda call: (call.at, call.sport)))


def due(call: PlannedCall, now: float, every: float) -> bool:
    """Whether a run buys the call: its minute has come, or what is open now would be past its end at the next
    run, `every` seconds on.
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
            return Why.STARTED  # sooner than scheduled
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
    """The targets, sorted by their ends, each with the first of the fewest moments that hits it."""
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
    """A call for each group, in order: as near to its nominal minutes as the distance to its neighbours
    allows.

    Each group opens after the one before it has closed, so their order is given.
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
    """The group's common interval, and the moment in it whose greatest distance to a nominal minute is the
    least.
    """
    opens, closes = max(target.opens for target in group), min(target.closes for target in group)
    middle = (min(target.nominal for target in group) + max(target.nominal for target in group)) / 2
    return PlannedCall(group[0].sport, max(opens, min(middle, closes)), opens, closes, tuple(group))
