"""oddsctl: odds, schedules and weather for a sport, without spending a credit it need not."""

import _signal as signals  # type: ignore[import-not-found]  # built in: `signal` would be two more modules to import before
import os
import sys

__version__ = "0.1.0"


def leave_at_a_signal() -> None:
    """Until someone sets another handler, SIGINT and SIGTERM end the program at once and quietly: nothing is
    under way.
    """
    if signals.getsignal(signals.SIGINT) is not signals.SIG_IGN:  # as a shell starts a job in the background
        signals.signal(signals.SIGINT, _leave)
    signals.signal(signals.SIGTERM, _leave)


def _leave(number: int, _frame: object) -> None:
    os._exit(128 + number)


if sys.argv[:1] == ["-m"] or os.path.basename("".join(sys.argv[:1])) == "oddsctl":  # noqa: PTH119 - the program starts, and has no time
    leave_at_a_signal()
