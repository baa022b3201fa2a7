"""Who goes first, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.requests import Priority
from oddsctl.policy.priority import LIVE_STEP, STORED_STEP, EffectivePriority, effective_priority, expired

NOW = 1_800_000_000.0
HOUR = 3600.0

bases = st.sampled_from(Priority)
steps = st.sampled_from([LIVE_STEP, STORED_STEP])


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (24 * HOUR, Priority.LOW),
        (3 * HOUR, Priority.LOW),
        (3 * HOUR - 1, Priority.HIGH),
        (HOUR, Priority.HIGH),
        (HOUR - 1, Priority.CRITICAL),
        (1.0, Priority.CRITICAL),
        (0.0, Priority.LOW),
        (-HOUR, Priority.LOW),
    ],
)
def test_a_game_within_three_hours_makes_a_request_high_within_one_hour_critical(
    left: float, expected: Priority
) -> None:
    assert effective_priority(Priority.LOW, NOW + left, NOW, NOW).priority is expected


@pytest.mark.parametrize(
    ("step", "waited", "expected"),
    [
        (LIVE_STEP, 59, Priority.PREFETCH),
        (LIVE_STEP, 60, Priority.LOW),
        (LIVE_STEP, 119, Priority.LOW),
        (LIVE_STEP, 120, Priority.NORMAL),
        (LIVE_STEP, 180, Priority.HIGH),
        (LIVE_STEP, 240, Priority.HIGH),
        (STORED_STEP, 3599, Priority.PREFETCH),
        (STORED_STEP, 3600, Priority.LOW),
        (STORED_STEP, 7200, Priority.NORMAL),
        (STORED_STEP, 30 * 86400, Priority.HIGH),
    ],
)
def test_waiting_raises_one_step_a_minute_live_and_one_an_hour_stored(
    step: float, waited: float, expected: Priority
) -> None:
    assert effective_priority(Priority.PREFETCH, None, NOW, NOW + waited, step).priority is expected


def test_what_is_not_said_to_be_live_is_stored() -> None:
    assert effective_priority(Priority.LOW, None, NOW, NOW + HOUR - 1).priority is Priority.LOW
    assert effective_priority(Priority.LOW, None, NOW, NOW + HOUR).priority is Priority.NORMAL


@pytest.mark.parametrize(
    ("base", "game_in", "waited", "expected"),
    [
        (Priority.NORMAL, None, 0, EffectivePriority(Priority.NORMAL, "asked as NORMAL")),
        (Priority.CRITICAL, 30 * 60, 0, EffectivePriority(Priority.CRITICAL, "asked as CRITICAL")),
        (Priority.HIGH, 2 * HOUR, 5 * HOUR, EffectivePriority(Priority.HIGH, "asked as HIGH")),
        (Priority.NORMAL, 45 * 60, 9 * HOUR, EffectivePriority(Priority.CRITICAL, "game in 45 min")),
        (Priority.PREFETCH, 2 * HOUR, HOUR, EffectivePriority(Priority.HIGH, "game in 120 min")),
        (Priority.PREFETCH, 9 * HOUR, 2 * HOUR, EffectivePriority(Priority.NORMAL, "waited 120 min")),
    ],
)
def test_the_order_explains_itself(
    base: Priority, game_in: float | None, waited: float, expected: EffectivePriority
) -> None:
    assert effective_priority(base, None if game_in is None else NOW + game_in, NOW - waited, NOW) == expected


@given(bases, st.none() | st.floats(0, 2e5), st.floats(0, 1e5), st.floats(0, 1e5), steps)
def test_effective_priority_never_falls_until_the_game_starts(
    base: Priority, game_in: float | None, first: float, later: float, step: float
) -> None:
    early, late = sorted((first, later))
    game = None if game_in is None else NOW + late + game_in + 1
    assert (
        effective_priority(base, game, NOW, NOW + late, step).priority
        <= effective_priority(base, game, NOW, NOW + early, step).priority
    )


@given(bases, st.floats(1, 1e5), st.floats(1, 1e5), st.floats(-1e5, 1e5), steps)
def test_a_nearer_game_is_never_less_urgent(
    base: Priority, one: float, other: float, waited: float, step: float
) -> None:
    near, far = sorted((one, other))
    assert (
        effective_priority(base, NOW + near, NOW - waited, NOW, step).priority
        <= effective_priority(base, NOW + far, NOW - waited, NOW, step).priority
    )


@given(bases, st.none() | st.floats(-1e6, 1e6), st.floats(-1e9, 1e9), steps)
def test_a_request_is_never_less_urgent_than_it_was_asked(
    base: Priority, game_in: float | None, waited: float, step: float
) -> None:
    game = None if game_in is None else NOW + game_in
    assert effective_priority(base, game, NOW - waited, NOW, step).priority <= base


@given(bases, st.floats(0, 1e12), steps)
def test_waiting_alone_never_raises_above_high(base: Priority, waited: float, step: float) -> None:
    assert effective_priority(base, None, NOW - waited, NOW, step).priority >= min(base, Priority.HIGH)


@given(bases, st.floats(0, 1e9), steps)
def test_a_clock_that_went_back_has_let_nobody_wait(base: Priority, ahead: float, step: float) -> None:
    assert effective_priority(base, None, NOW + ahead, NOW, step) == EffectivePriority(
        base, f"asked as {base.name}"
    )


@pytest.mark.parametrize(
    ("game_in", "deadline_in", "late"),
    [
        (None, None, False),
        (1, None, False),
        (0, None, True),
        (-1, None, True),
        (None, 1, False),
        (None, 0, True),
        (None, -1, True),
        (1, 1, False),
        (1, 0, True),
        (0, 1, True),
    ],
)
def test_a_request_expires_when_its_game_starts_or_its_deadline_passes(
    game_in: float | None, deadline_in: float | None, late: bool
) -> None:
    game = None if game_in is None else NOW + game_in
    deadline = None if deadline_in is None else NOW + deadline_in
    assert expired(game, deadline, NOW) is late
