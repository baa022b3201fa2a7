"""The lock between processes: bounded, exclusive among threads too, and never left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from oddsctl.domain.errors import LockTimeoutError, StateError
from oddsctl.store.file_lock import hold
from tests.store.store_kit import WaitingClock


class LeapingClock(WaitingClock):
    """A clock on which each wait is over at once; it counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 0.0
        self.naps = 0

    def monotonic(self) -> float:
        return self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds
        self.naps += 1


def test_a_lock_that_is_held_is_waited_for_exactly_as_long_as_allowed_and_without_haste(
    tmp_path: Path,
) -> None:
    clock = LeapingClock()
    lock = tmp_path / "lock"
    with (
        hold(lock, WaitingClock(), 0.0),
        pytest.raises(LockTimeoutError, match="locked for 10 s"),
        hold(lock, clock, 10.0),
    ):
        pytest.fail("two held it at once")
    assert clock.waited == pytest.approx(10.0)
    assert clock.naps < 2000  # one that stands for 10 s may not be asked 100,000 times


def test_no_patience_means_one_try(tmp_path: Path) -> None:
    clock = LeapingClock()
    with (
        hold(tmp_path / "lock", clock, 0.0),
        pytest.raises(LockTimeoutError),
        hold(tmp_path / "lock", clock, 0.0),
    ):
        pytest.fail("two held it at once")
    assert clock.naps == 0


def test_a_lock_is_free_again_after_an_error_inside_and_after_a_timeout(tmp_path: Path) -> None:
    clock = LeapingClock()

    def fail() -> None:
        with hold(tmp_path / "lock", clock, 1.0):
            with pytest.raises(LockTimeoutError), hold(tmp_path / "lock", clock, 1.0):
                pytest.fail("two held it at once")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with hold(tmp_path / "lock", clock, 0.0):
        pass


def test_a_lock_that_can_be_no_file_is_told_with_the_remedy(tmp_path: Path) -> None:
    with (
        pytest.raises(StateError, match="cannot lock") as caught,
        hold(tmp_path / "nowhere" / "lock", WaitingClock(), 0.0),
    ):
        pytest.fail("held what is not there")
    assert "store.state_dir" in str(caught.value.hint)
