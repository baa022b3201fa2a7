"""Decide what prefetch does next: captured windows, calls for the rest, and windows without a call. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from oddsctl.domain.units import day_of
from oddsctl.policy.budget_pacing import PacingDecision
from oddsctl.policy.prefetch_choice import choose
from oddsctl.policy.prefetch_plan import (
    REFRESH,
    Fixture,
    PlannedCall,
    Skipped,
    Target,
    Why,
    Windows,
    captures,
    due,
    plan,
    targets,
)

LEEWAY = 20.0
"""Seconds from a run's first look to its answer.

A call at the very end of its windows must start this much earlier.
"""

LISTED_BY = 12 * 3600.0
"""Seconds before the start from which an unlisted game is no longer expected to be listed."""

Captured = Mapping[tuple[str, float], float]
"""By game and window: the time of the answer that captured it."""


@dataclass(frozen=True, slots=True)
class WindowCalls:
    """Future calls by time, windows that get no call, and windows already captured."""

    calls: tuple[PlannedCall, ...]
    skipped: tuple[Skipped, ...]
    captured: Captured


def captured_by(
    fixtures: Sequence[Fixture], windows: Windows, moments: Mapping[str, Sequence[float]]
) -> Captured:
    """Return what answers at these times (by sport, or by game) captured; the first one wins.

    A game that is called off, or has no time yet, is never captured.
    """
    return {
        (fixture.id, target.window): moment
        for fixture in fixtures
        if fixture.time_confirmed and fixture.status not in ("postponed", "canceled")
        for moment in sorted((*moments.get(fixture.sport, ()), *moments.get(fixture.id, ())), reverse=True)
        for target in captures(fixture, windows, moment)
    }


def unpriced_by(
    fixtures: Sequence[Fixture], windows: Windows, boards: Mapping[str, Sequence[float]]
) -> frozenset[tuple[str, float]]:
    """Return the windows for which a board came without a wanted price (`boards`: times of such boards by
    game).
    """
    return frozenset(
        (fixture.id, target.window)
        for fixture in fixtures
        for moment in boards.get(fixture.id, ())
        for target in captures(fixture, windows, moment)
    )


def unlisted(
    fixtures: Sequence[Fixture], windows: Windows, absent: Collection[str], looked_at: float, now: float
) -> frozenset[tuple[str, float]]:
    """Return the windows of `absent` games, unlisted at `looked_at`, for which no board is bought yet.

    These are open windows, and future ones where the game was absent so shortly before its start that it
    counts.
    """
    return frozenset(
        (fixture.id, before)
        for fixture in fixtures
        if fixture.id in absent
        for before in windows.before
        if now <= fixture.start - before + windows.late
        and (now >= fixture.start - before - windows.early or fixture.start - looked_at <= LISTED_BY)
    )


def plan_paid(
    fixtures: Sequence[Fixture],
    windows: Windows,
    captured: Captured,
    prices: Mapping[str, int],
    course: PacingDecision,
    now: float,
    horizon: float,
    unpriced: Collection[tuple[str, float]] = (),
) -> WindowCalls:
    """Plan the paid calls: today's as far as `course` pays, then later days with the rest, most valuable
    first.

    Calls after the reset are paid by the next month's credits. No call is made for `unpriced` (game, window)
    pairs.
    """
    wanted, skipped = targets(fixtures, windows, captured.keys(), now, horizon, unpriced)
    next_month = [target for target in wanted if target.nominal >= course.reset_at]
    this_month = [target for target in wanted if target.nominal < course.reset_at]
    cut = [Skipped(target, Why.BUDGET) for target in this_month if target.window not in course.windows]
    today, later = _split([target for target in this_month if target.window in course.windows], now)
    calls, too_dear = choose(today, prices, course.today)
    spent = sum(prices[call.sport] for call in calls)
    left = min(course.spendable - spent, sum(prices[target.sport] for target in later))
    later_calls, dear_later = choose(later, prices, int(max(0.0, left)))
    return WindowCalls(
        _by_time((*calls, *later_calls, *plan(next_month))),
        (*skipped, *cut, *too_dear, *dear_later),
        captured,
    )


def plan_free(
    fixtures: Sequence[Fixture], windows: Windows, captured: Captured, now: float, horizon: float
) -> WindowCalls:
    """Plan the fewest calls for what costs nothing; one serves all sports."""
    wanted, skipped = targets(fixtures, windows, captured.keys(), now, horizon)
    return WindowCalls(plan(replace(target, sport="") for target in wanted), skipped, captured)


def is_due(call: PlannedCall, now: float, every: float, last: float | None) -> bool:
    """Return True if this run should make the call.

    An answer at `last` is current for a minute: then the next run makes the call, if it can.
    """
    too_soon = last is not None and 0 <= now - last < REFRESH and now + every <= call.closes
    return due(call, now, every + LEEWAY) and not too_soon


def freshness_floor(call: PlannedCall, windows: Windows) -> float:
    """Return the earliest time of an answer that captures everything the call covers.

    The call itself only knows from when on it may be made.
    """
    return max(target.nominal - windows.early for target in call.covers)


def next_wake(calls: Collection[PlannedCall], now: float, longest: float) -> float:
    """Return when there is work again: the next call's minute, at most `longest` seconds from now."""
    minutes = (min(call.at, call.closes - LEEWAY) for call in calls)
    return min([now + longest, *(minute for minute in minutes if minute > now)])


def _split(wanted: Sequence[Target], now: float) -> tuple[list[Target], list[Target]]:
    today = day_of(now)
    first = [target for target in wanted if day_of(target.nominal) <= today]
    return first, [target for target in wanted if day_of(target.nominal) > today]


def _by_time(calls: Sequence[PlannedCall]) -> tuple[PlannedCall, ...]:
    return tuple(sorted(calls, key=lambda call: (call.at, call.sport)))
