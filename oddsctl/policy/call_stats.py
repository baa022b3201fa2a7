"""Count one provider's calls, errors, retries and latencies. Pure."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

BOUNDS_MS = (
    5,
    10,
    25,
    50,
    75,
    100,
    150,
    200,
    300,
    400,
    500,
    750,
    1000,
    1500,
    2000,
    3000,
    5000,
    7500,
    10000,
    20000,
    60000,
)
"""Upper bounds of the latency classes in milliseconds; one more class holds slower answers."""


@dataclass(frozen=True, slots=True)
class CallStats:
    """Counters. `calls` counts requests sent, retries included; `latency` the answers in each class of
    `BOUNDS_MS`.

    `answer_seconds` is the sum of their latencies: 0 for those counted before it was kept.
    """

    calls: int = 0
    errors: int = 0
    retries: int = 0
    latency: tuple[int, ...] = ()
    answer_seconds: float = 0.0


def sent(tally: CallStats) -> CallStats:
    """Count one more admitted call.

    It counts immediately: it was sent even if its owner is killed.
    """
    return replace(tally, calls=tally.calls + 1)


def unsent(tally: CallStats) -> CallStats:
    """Uncount a call that was not sent."""
    return replace(tally, calls=max(0, tally.calls - 1))


def count(tally: CallStats, *, failed: bool, retry: bool, seconds: float | None) -> CallStats:
    """Count the end of a sent call; `seconds` is None when no answer came."""
    latency, together = tally.latency, tally.answer_seconds
    if seconds is not None:
        classes = list(latency) or [0] * (len(BOUNDS_MS) + 1)
        classes[bisect_left(BOUNDS_MS, seconds * 1000)] += 1
        latency, together = tuple(classes), together + seconds
    return CallStats(tally.calls, tally.errors + failed, tally.retries + retry, latency, together)


def percentile_ms(tally: CallStats, share: float) -> float | None:
    """Return the latency in ms that `share` of the answers did not exceed, interpolated; None before the
    first.
    """
    total = sum(tally.latency)
    if not total:
        return None
    rank, seen = share * total, 0
    for index, number in enumerate(tally.latency):
        if number and seen + number >= rank:
            low = BOUNDS_MS[index - 1] if index else 0
            high = BOUNDS_MS[min(index, len(BOUNDS_MS) - 1)]
            return round(low + (high - low) * max(0.0, rank - seen) / number, 1)
        seen += number
    return float(BOUNDS_MS[-1])
