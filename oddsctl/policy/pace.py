"""The adaptive rate: halved when a provider says "too fast", raised step by step while it is really used.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from oddsctl.policy.token_bucket import Limit

LEAST_SHARE = 1 / 16
"""Of the configured rate: below it nothing would get through that could prove the provider well again."""
STEP_SHARE = 1 / 20
"""Of the configured rate, added for each success under load."""


@dataclass(frozen=True, slots=True)
class Pace:
    """`share` of the configured rate that is allowed now; `slowed_at` is when it was last halved (epoch
    seconds).
    """

    share: float = 1.0
    slowed_at: float = 0.0


def allowed(pace: Pace, configured: Limit) -> Limit:
    """The limit in force: burst and rate by the share, never above the configured ones; one call at once is
    always possible.
    """
    share = min(1.0, pace.share)
    return Limit(max(1.0, configured.capacity * share), configured.rate * share)


def slow_down(pace: Pace, sent_at: float, now: float) -> Pace:
    """After "too fast".

    Calls sent before the last halving were answered to the old pace: they halve nothing again.
    """
    if sent_at < pace.slowed_at <= now:
        return pace
    return Pace(max(LEAST_SHARE, pace.share / 2), now)


def speed_up(pace: Pace, *, used: bool) -> Pace:
    """After a success; `used` means that the pace was really asked for, not just allowed."""
    return replace(pace, share=min(1.0, pace.share + STEP_SHARE)) if used and pace.share < 1 else pace
