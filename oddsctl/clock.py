"""The real time. The only module that reads it or lets it pass; no decision may enter."""

from __future__ import annotations

import threading
import time


class SystemClock:
    """The computer's clock, as the `Clock` port wants it."""

    def now(self) -> float:
        return time.time()  # noqa: TID251  this is where the others ask

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)  # noqa: TID251  likewise


class StoppableClock(SystemClock):
    """A clock whose waits end when someone stops it: for all waiting before a call, so that nothing new
    starts then.

    Who waits, waits for a lock that only `stop` lets go of. That is all a signal handler may do: an `Event`
    has a lock of its own, which the very thread that the signal interrupts may hold, and then waits for ever.
    """

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._gate.acquire()
        self._why: Exception | None = None

    def stop(self, why: Exception) -> None:
        """Let every `sleep`, also one under way, raise `why`, the first one told. Safe in a signal
        handler.
        """
        if self._why is None:
            self._why = why
            self._gate.release()

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass; raises once stopped, also for 0 seconds."""
        if self._why is None and self._gate.acquire(timeout=max(0.0, seconds)):
            self._gate.release()  # for the next one who waits
        if self._why is not None:
            raise self._why
