"""The real clock. The only module that reads the time or sleeps; it makes no decision."""

from __future__ import annotations

import threading
import time


class SystemClock:
    """The computer's clock, as an implementation of the `Clock` port."""

    def now(self) -> float:
        return time.time()  # noqa: TID251  this is where the others ask

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)  # noqa: TID251  likewise


class StoppableClock(SystemClock):
    """Clock whose sleeps can be ended from a signal handler, so that no new call starts after it.

    A sleeper waits for a lock that only `stop` releases. A signal handler may do no more than that: an
    `Event` has a lock of its own, which the interrupted thread may hold, and then both would wait for ever.
    """

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._gate.acquire()
        self._why: Exception | None = None

    def stop(self, why: Exception) -> None:
        """Make every `sleep`, including one in progress, raise `why` (the first one given).

        Safe in a signal handler.
        """
        if self._why is None:
            self._why = why
            self._gate.release()

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`; raises once stopped, also for 0 seconds."""
        if self._why is None and self._gate.acquire(timeout=max(0.0, seconds)):
            # Wakes the next sleeper.
            self._gate.release()
        if self._why is not None:
            raise self._why
