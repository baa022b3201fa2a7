"""Stand-ins for the outside world, written by hand. Each keeps the promises of its port."""

from __future__ import annotations


class FakeClock:
    """A clock that stands still until someone sleeps or the test moves it. `now` may jump, `monotonic` may not."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._now += seconds
            self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an administrator or NTP would."""
        self._now += seconds
