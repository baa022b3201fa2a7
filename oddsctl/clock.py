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
    """A clock whose waits end when someone stops it: for all waiting before a call, so that nothing new starts then."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._why: Exception | None = None

    def stop(self, why: Exception) -> None:
        """Let every `sleep`, also one under way, raise `why`."""
        self._why = why
        self._stopped.set()

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass; raises once stopped, also for 0 seconds."""
        if self._stopped.wait(max(0.0, seconds)) and self._why:
            raise self._why
