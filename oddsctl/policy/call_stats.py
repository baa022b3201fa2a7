"""Counters of one provider: calls, errors, retries, and how long answers take. Pure."""

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
"""Upper bounds of the latency classes in milliseconds; one more class holds what is slower."""


@dataclass(frozen=True, slots=True)
class CallStats:
    """`calls` counts HTTP requests sent, retries included; `latency` how many answers fell into each class of
    `BOUNDS_MS`.

    `answer_seconds` is how long they took together: 0 for those counted before it was kept.
    """

    calls: int = 0
    errors: int = 0
    retries: int = 0
    latency: tuple[int, ...] = ()
    answer_seconds: float = 0.0


def sent(tally: CallStats) -> CallStats:
    """One more call was let through.

    It counts from now on: that its owner is killed changes nothing about its having been sent.
    """
    return replace(tally, calls=tally.calls + 1)


def unsent(tally: CallStats) -> CallStats:
    """It was not sent after all."""
    return replace(tally, calls=max(0, tally.calls - 1))


def count(tally: CallStats, *, failed: bool, retry: bool, seconds: float | None) -> CallStats:
    """The tally after a call that was sent came to an end; `seconds` is None when no answer came."""
    latency, together = tally.latency, tally.answer_seconds
    if seconds is not None:
        classes = list(latency) or [0] * (len(BOUNDS_MS) + 1)
        classes[bisect_left(BOUNDS_MS, seconds * 1000)] += 1
        latency, together = tuple(classes), together + seconds
    return CallStats(tally.calls, tally.errors + failed, tally.retries + retry, latency, together)


def percentile_ms(tally: CallStats, share: float) -> float | None:
    """The latency that `share` of the answers did not exceed, in ms, interpolated within its class; None
    before the first.
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
