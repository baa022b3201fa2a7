"""The waits of one command for the state's locks, added up."""

from __future__ import annotations

import pytest

from oddsctl.store.wait_limit import TO_KEEP, LockWait
from tests.fakes import FakeClock


def test_all_waits_of_a_command_together_are_its_patience() -> None:
    clock = FakeClock(1_790_000_000.0)
    patience = LockWait(clock, 3.0)
    clock.sleep(2.0)
    assert patience.left() == pytest.approx(1.0)
    clock.sleep(2.0)
    assert patience.left() == 0.0


@pytest.mark.parametrize("wait", [0.0, 0.5, 3.0])
def test_a_legal_patience_is_honoured_however_short(wait: float) -> None:
    assert LockWait(FakeClock(1_790_000_000.0), wait).left() == pytest.approx(wait)


def test_without_a_total_each_wait_may_take_as_long() -> None:
    clock = FakeClock(1_790_000_000.0)
    patience = LockWait(clock, 3.0, total=False)
    clock.sleep(100.0)
    assert patience.left() == 3.0


def test_what_came_of_a_request_is_kept_with_some_patience_even_after_the_end() -> None:
    clock = FakeClock(1_790_000_000.0)
    patience = LockWait(clock, 0.0)
    patience.sent()
    clock.sleep(100.0)
    assert patience.left() == TO_KEEP


@pytest.mark.parametrize("is_sent", [False, True])
def test_a_lock_that_was_waited_for_in_vain_is_only_tried_until_somebody_gets_it(is_sent: bool) -> None:
    patience = LockWait(FakeClock(1_790_000_000.0), 5.0)
    if is_sent:
        patience.sent()
    patience.learn(got=False)
    assert patience.left() == 0.0
    patience.learn(got=True)
    assert patience.left() == pytest.approx(5.0)


def test_at_the_end_all_that_waits_shares_one_second() -> None:
    clock = FakeClock(1_790_000_000.0)
    patience = LockWait(clock, 30.0)
    patience.sent()
    with patience.ending(1.0):
        assert (patience.left(), patience.at_most(1.0)) == (1.0, 1.0)
        clock.sleep(0.75)
        assert (patience.left(), patience.at_most(1.0)) == (0.25, 0.25)
        clock.sleep(0.75)
        assert (patience.left(), patience.at_most(1.0)) == (0.0, 0.0)
    assert patience.at_most(1.0) == 1.0
