"""The real time. The only module that reads it or lets it pass; no decision may enter."""

from __future__ import annotations

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
