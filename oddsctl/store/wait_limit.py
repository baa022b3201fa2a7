"""How long a command may still wait for the state's locks, over all its waits together.

Waits for nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from oddsctl.domain.ports import Clock

TO_KEEP = 2.0
"""Seconds to wait for a lock at the least once a request was sent: what came of it may have been paid for."""


class LockWait:
    """`wait` seconds from now in all; where it is not `total`, for each wait. For any number of threads.

    A lock that was waited for in vain is only tried from then on, until somebody gets it: its holder may be
    stopped.
    """

    def __init__(self, clock: Clock, wait: float, *, total: bool = True) -> None:
        self._clock, self._wait = clock, wait
        self.until = clock.monotonic() + wait if total else None
        self._end: float | None = None
        self._is_sent = self._was_in_vain = False

    def left(self) -> float:
        """Seconds that may be waited for a lock now."""
        now = self._clock.monotonic()
        left = 0.0 if self._was_in_vain else self._wait if self.until is None else max(0.0, self.until - now)
        if self._is_sent and not self._was_in_vain:
            left = max(left, TO_KEEP)
        return left if self._end is None else min(left, max(0.0, self._end - now))

    def at_most(self, seconds: float) -> float:
        """For what is not worth more than that, nor any wait at the command's end beyond what is left of
        it.
        """
        return seconds if self._end is None else min(seconds, max(0.0, self._end - self._clock.monotonic()))

    def sent(self) -> None:
        """A request is sent: from now on there may be something to keep."""
        self._is_sent = True

    def learn(self, *, got: bool) -> None:
        """A lock was got, or waited for in vain."""
        self._was_in_vain = not got

    @contextmanager
    def ending(self, seconds: float) -> Iterator[None]:
        """Meanwhile no wait goes beyond `seconds` from now."""
        before, self._end = self._end, self._clock.monotonic() + seconds
        try:
            yield
        finally:
            self._end = before
