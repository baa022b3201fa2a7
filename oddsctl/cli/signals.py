"""SIGINT and SIGTERM while calls may be under way: first gracefully, then at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from oddsctl.domain.errors import InterruptedRunError
from oddsctl.domain.provider_errors import ProviderError

SIGNALS = (signal.SIGINT, signal.SIGTERM)
OVERDUE = ProviderError.exit_code
"""A provider has let a run wait beyond its deadline."""


@contextmanager
def graceful_shutdown(
    stop: Callable[[Exception], None],
    timeout: float,
    say: Callable[[str], None],
    deadline: float | None = None,
) -> Iterator[None]:
    """The first signal calls `stop`, and gives calls under way `timeout` seconds; the second, or the end of
    that time, ends all.

    So does the `deadline`, seconds from now, where there is one. Ending so leaves the books true: what is
    reserved counts as maybe charged once its lease is over. When the block ends regularly after a signal,
    `InterruptedRunError` tells it.
    """
    interrupted: list[InterruptedRunError] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if interrupted:
            _end(interrupted[0].exit_code)
        error = InterruptedRunError("interrupted: what was under way is settled, nothing new was started")
        error.exit_code = 128 + number
        interrupted.append(error)
        left = signal.getitimer(signal.ITIMER_REAL)[0] or timeout
        signal.setitimer(signal.ITIMER_REAL, max(min(timeout, left), 0.001))
        stop(error)
        with suppress(RuntimeError):  # the signal may have come in the middle of another line
            say(f"stopping: calls under way may finish within {timeout:g} s; once more to stop at once")

    def on_alarm(_number: int, _frame: FrameType | None) -> None:
        if not interrupted:
            with suppress(RuntimeError):
                say(f"no answer within {deadline:g} s (--deadline): what was under way may have been charged")
        _end(interrupted[0].exit_code if interrupted else OVERDUE)

    before = {number: signal.signal(number, on_signal) for number in SIGNALS}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, on_alarm)
    if deadline is not None:
        signal.setitimer(signal.ITIMER_REAL, max(deadline, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
    if interrupted:
        raise interrupted[0]


def _end(code: int) -> None:
    """Leave now, whatever other threads do."""
    if sys.stderr.isatty():
        sys.stderr.write("\x1b[?25h\n")  # a progress bar may have hidden the cursor
    sys.stderr.flush()
    os._exit(code)
