"""Compute the effective priority from a game's nearness and the waiting time, on each read. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from oddsctl.domain.requests import Priority
from oddsctl.domain.units import HOUR

CRITICAL_WITHIN = HOUR
HIGH_WITHIN = 3 * HOUR
LIVE_STEP = 60.0
"""Seconds of waiting that raise a request by one step while a command runs."""
STORED_STEP = HOUR
"""The same for the stored queue, which waits between commands."""


@dataclass(frozen=True, slots=True)
class EffectivePriority:
    """The effective priority and its reason in words."""

    priority: Priority
    why: str


def effective_priority(
    base: Priority, game_time: float | None, asked_at: float, now: float, step: float = STORED_STEP
) -> EffectivePriority:
    """Return the most urgent of base priority, nearness of the game, and waiting.

    Waiting alone never exceeds HIGH.
    """
    candidates = [EffectivePriority(base, f"asked as {base.name}")]
    if game_time is not None and 0 < game_time - now < HIGH_WITHIN:
        near = Priority.CRITICAL if game_time - now < CRITICAL_WITHIN else Priority.HIGH
        candidates.append(EffectivePriority(near, f"game in {(game_time - now) / 60:.0f} min"))
    raised = max(Priority.HIGH, base - int(max(0.0, now - asked_at) // step))
    candidates.append(EffectivePriority(Priority(raised), f"waited {(now - asked_at) / 60:.0f} min"))
    # Of equals the first gives the reason.
    return min(candidates, key=lambda one: one.priority)


def expired(game_time: float | None, deadline: float | None, now: float) -> bool:
    """Return True if the answer would come too late: the game has started, or the deadline has passed."""
    return (game_time is not None and game_time <= now) or (deadline is not None and deadline <= now)
