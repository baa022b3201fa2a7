"""Find the account's billing month, from an observed reset or the configured day. Pure; days are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from oddsctl.domain.units import DAY
from oddsctl.policy.budget import Credits


@dataclass(frozen=True, slots=True)
class BillingMonth:
    """The account's month.

    `inferred` is True until a reset was observed: the configured day is used.
    """

    began_at: float
    reset_at: float
    inferred: bool


def month(credits: Credits, reset_day: int, now: float) -> BillingMonth:
    """Return the month that contains `now`.

    An observed reset lies between the last answer of the old month and the first of the new one. If midnight
    of the configured day lies in between, it is confirmed; otherwise the day of the first new answer is used,
    the latest it can have been.
    """
    day, inferred = reset_day, credits.reset_before is None
    if credits.reset_before is not None and credits.reset_after is not None:
        configured = _latest(reset_day, credits.reset_before)
        if configured < credits.reset_after:
            day = min(datetime.fromtimestamp(credits.reset_before, UTC).day, 28)
    began = _latest(day, now)
    return BillingMonth(began, _next(began), inferred)


def spend_per_day(used: int, began_at: float, now: float) -> float:
    """Return credits spent a day since the month began; a month younger than a day counts as one day."""
    return used / max(1.0, (now - began_at) / DAY)


def _latest(day: int, now: float) -> float:
    """Return the latest midnight on that day of a month, at or before `now`."""
    at = datetime.fromtimestamp(now, UTC)
    first = datetime(at.year, at.month, day, tzinfo=UTC)
    if first.timestamp() > now:
        first = datetime(at.year - (at.month == 1), (at.month - 2) % 12 + 1, day, tzinfo=UTC)
    return first.timestamp()


def _next(began: float) -> float:
    at = datetime.fromtimestamp(began, UTC)
    return datetime(at.year + (at.month == 12), at.month % 12 + 1, at.day, tzinfo=UTC).timestamp()
