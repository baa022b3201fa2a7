"""Which windows a limited number of credits should buy."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate

from oddsctl.policy.prefetch_plan import (
    REFRESH,
    PlannedCall,
    Skipped,
    Target,
    Why,
    by_sport,
    hits,
    plan,
    stabs,
)


def choose(
    targets: Sequence[Target], prices: Mapping[str, int], credits: int, spacing: float = REFRESH
) -> tuple[tuple[PlannedCall, ...], tuple[Skipped, ...]]:
    """The calls with the greatest covered weight that `credits` can pay, the cheapest such, and the windows
    left out.

    `prices` are credits a call by sport, at least 1. Where the credits suffice for everything this is `plan`.
    """
    everything = plan(targets, spacing)
    if sum(prices[call.sport] for call in everything) <= credits:
        return everything, ()
    picks = _bought(by_sport(targets), prices, max(0, credits))
    hit = {target for target in targets if hits(picks[target.sport].points, target)}
    return plan(hit, spacing), tuple(Skipped(target, Why.BUDGET) for target in targets if target not in hit)


@dataclass(frozen=True, slots=True)
class _Pick:
    """Moments of calls for one sport, the latest and those before it, and the weight that they cover
    together.
    """

    weight: int = 0
    last: float = -math.inf
    earlier: _Pick | None = None

    @property
    def points(self) -> tuple[float, ...]:
        """The moments, ascending."""
        points, pick = [], self
        while pick.earlier is not None:
            points.append(pick.last)
            pick = pick.earlier
        return tuple(reversed(points))


def _bought(
    groups: Mapping[str, Sequence[Target]], prices: Mapping[str, int], credits: int
) -> dict[str, _Pick]:
    """What to buy, by sport: a knapsack over what each number of calls for each sport is worth."""
    best: dict[int, tuple[int, dict[str, _Pick]]] = {0: (0, {})}
    for sport, group in groups.items():
        price = prices[sport]
        curve = _best_picks(group, min(len(stabs(group)), credits // price))
        grown: dict[int, tuple[int, dict[str, _Pick]]] = {}
        for cost, (weight, bought) in best.items():
            for calls, pick in enumerate(curve[: (credits - cost) // price + 1]):
                total = cost + calls * price
                if total not in grown or weight + pick.weight > grown[total][0]:
                    grown[total] = (weight + pick.weight, {**bought, sport: pick})
        best = grown
    return best[max(best, key=lambda cost: (best[cost][0], -cost))][1]


def _best_picks(targets: Sequence[Target], most: int) -> list[_Pick]:
    """The most valuable pick of at most 0, 1, … `most` calls: a dynamic programme over right ends.

    Some best pick lies at ends of targets only: a moment moved on to the next end loses nothing. One that
    follows another gains the targets that have opened since; from the `first` end on, the other has caught
    some of its targets already.
    """
    ends = sorted({target.closes for target in targets})
    caught = [[target for target in targets if target.contains(end)] for end in ends]
    first = [bisect_left(ends, min(target.opens for target in group)) for group in caught]
    whole = [_opened_since(-math.inf, group) for group in caught]
    gains = [
        [_opened_since(ends[other], caught[i]) for other in range(first[i], i)] for i in range(len(ends))
    ]
    picks, ending = [_Pick()], [_Pick()] * len(ends)
    for _ in range(most):
        best_before = list(accumulate(ending, _heavier, initial=_Pick()))
        longer = []
        for i, end in enumerate(ends):
            weight, earlier = best_before[first[i]].weight + whole[i], best_before[first[i]]
            for near, gain in zip(ending[first[i] : i], gains[i], strict=True):
                if near.weight + gain > weight:
                    weight, earlier = near.weight + gain, near
            longer.append(_Pick(weight, end, earlier))
        ending = longer
        picks.append(reduce(_heavier, ending, picks[-1]))
    return picks


def _opened_since(moment: float, targets: Iterable[Target]) -> int:
    return sum(target.weight for target in targets if target.opens > moment)


def _heavier(one: _Pick, other: _Pick) -> _Pick:
    return other if other.weight > one.weight else one
