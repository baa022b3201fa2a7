"""Track how long a command may still wait for the locks of the state. Does not wait itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from oddsctl.domain.ports import Clock

TO_KEEP = 2.0
"""Minimum seconds to wait for a lock after a request was sent: its answer may have been paid for."""


class LockWait:
    """Budget of `wait` seconds for all waits together, or for each one if not `total`. Thread-safe.

    After a wait in vain, locks are only tried without waiting until one is obtained: the holder may be
    stopped.
    """

    def __init__(self, clock: Clock, wait: float, *, total: bool = True) -> None:
        self._clock, self._wait = clock, wait
        self.until = clock.monotonic() + wait if total else None
        self._end: float | None = None
        self._is_sent = self._was_in_vain = False

    def left(self) -> float:
        """Return the seconds that a wait for a lock may take now."""
        now = self._clock.monotonic()
        left = 0.0 if self._was_in_vain else self._wait if self.until is None else max(0.0, self.until - now)
        if self._is_sent and not self._was_in_vain:
            left = max(left, TO_KEEP)
        return left if self._end is None else min(left, max(0.0, self._end - now))

    def at_most(self, seconds: float) -> float:
        """Limit `seconds` to what is left before the command ends."""
        return seconds if self._end is None else min(seconds, max(0.0, self._end - self._clock.monotonic()))

    def sent(self) -> None:
        """Note that a request was sent: from now on there may be an answer to keep."""
        self._is_sent = True

    def learn(self, *, got: bool) -> None:
        """Note whether the last lock was obtained or waited for in vain."""
        self._was_in_vain = not got

    @contextmanager
    def ending(self, seconds: float) -> Iterator[None]:
        """Limit every wait inside the block to `seconds` from now."""
        before, self._end = self._end, self._clock.monotonic() + seconds
        try:
            yield
        finally:
            self._end = before
