"""Keys and signals as events to wait for, and the terminal as it was found when that ends.

It does not know what they mean.
"""

from __future__ import annotations

import os
import re
import select
import signal
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

NOTED = (signal.SIGINT, signal.SIGTERM, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)
FATAL = (signal.SIGINT, signal.SIGTERM)
ESCAPE_TIME = 0.05
"""Seconds within which the rest of an escape sequence follows; a lone Esc is the key."""
KEY = re.compile(r"\x1b[\[O][0-9;]*[A-Za-z~]|\x1b?.|\x1b", re.DOTALL)
"""An escape sequence, a key (with Alt: Esc before it), or Esc."""
HUNG_UP = "\x04"
"""Stands for a terminal that is gone, as Ctrl-D does."""


@dataclass
class Keyboard:
    """What comes from the user: keys as the terminal sends them, signals as numbers."""

    terminal: int
    wake: int
    signals: list[int] = field(default_factory=list)

    def wait(self, seconds: float) -> tuple[list[int], list[str]]:
        """The signals and keys that have come, as soon as there is one; none when the time is over."""
        ready = select.select([self.terminal, self.wake], [], [], 0 if self.signals else seconds)[0]
        if self.wake in ready:
            os.read(self.wake, 4096)
        keys = self._typed() if self.terminal in ready else []
        return [self.signals.pop(0) for _ in list(self.signals)], keys

    @contextmanager
    def by_key(self) -> Iterator[None]:
        """Meanwhile each key counts at once and none is echoed; Ctrl-C and Ctrl-Z stay signals."""
        before = termios.tcgetattr(self.terminal)
        try:
            tty.setcbreak(self.terminal, termios.TCSANOW)
            yield
        finally:
            termios.tcsetattr(self.terminal, termios.TCSANOW, before)

    def suspend(self) -> None:
        """Stop as Ctrl-Z stops anybody; returns when the process is continued."""
        ours = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            os.kill(os.getpid(), signal.SIGTSTP)
        finally:
            signal.signal(signal.SIGTSTP, ours)
        self.signals[:] = [
            number for number in self.signals if number != signal.SIGCONT
        ]  # that it came, we know

    def _typed(self) -> list[str]:
        try:
            data = os.read(self.terminal, 1024)
            if data.endswith(b"\x1b") and select.select([self.terminal], [], [], ESCAPE_TIME)[0]:
                data += os.read(self.terminal, 1024)
        except OSError:
            data = b""
        return KEY.findall(data.decode("utf-8", "replace")) if data else [HUNG_UP]


@contextmanager
def keyboard(terminal: int) -> Iterator[Keyboard]:
    """The events of a terminal.

    Meanwhile signals are noted and do nothing else, but a second one that would end us does.

    Handlers and wake-up are those of before when the block ends.
    """
    wake, awake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(awake, False)
    events = Keyboard(terminal, wake)

    def note(number: int, _frame: object) -> None:
        if number in FATAL and number in events.signals:
            raise KeyboardInterrupt
        events.signals.append(number)

    before = {number: signal.signal(number, note) for number in NOTED}
    old_wake = signal.set_wakeup_fd(awake, warn_on_full_buffer=False)
    try:
        yield events
    finally:
        signal.set_wakeup_fd(old_wake)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(wake)
        os.close(awake)
