"""One process of several on one store, run as a program: `store_worker.py TASK DIRECTORY`.

Says a line at each step, waits for one.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable
from pathlib import Path

from oddsctl.clock import SystemClock
from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.ports import JSON
from oddsctl.store.disk import DiskStore

TURNS = 25
ROOM = 2**20


def say(line: str) -> None:
    print(line, flush=True)


def wait() -> None:
    sys.stdin.readline()


def put(value: JSON) -> Callable[[JSON], tuple[JSON, None]]:
    return lambda _old: (value, None)


def count(directory: Path) -> None:
    """Start at the same moment as the others, on a directory that none has made, and count."""
    say("ready")
    wait()
    store = DiskStore(directory, SystemClock())
    for _ in range(TURNS):
        store.update("count", lambda old: ((old or 0) + 1, None))
    store.close()
    say("done")


def stall(directory: Path) -> None:
    """Stand still in the middle of a change, until told to go on."""

    def change(old: JSON) -> tuple[JSON, None]:
        say("inside")
        wait()
        return old + 1, None

    DiskStore(directory, SystemClock()).update("count", change)
    say("done")


def spend(directory: Path) -> None:
    """Write, say so, and then be killed without a chance to close."""
    DiskStore(directory, SystemClock()).update("count", lambda old: (old + 1, None))
    say("done")
    wait()


def fill(directory: Path) -> None:
    """Write more than there is room for: a limit on the size of files stands for the full disk."""
    store = DiskStore(directory, SystemClock())
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))
    for size in (
        4 * ROOM,
        48 * ROOM,
    ):  # the first fails on commit; the second is more than SQLite holds in memory, and fails before
        try:
            store.update("big", put("x" * size))
        except OddsctlError as error:
            say(error.code)
            say(error.message)
    store.update("small", put("there is room for this"))
    say(store.read("small"))


def read(directory: Path) -> None:
    """Read from a store that is there, and tell whether that took diskcache."""
    say(str(DiskStore(directory, SystemClock()).read("count")))
    say(str("diskcache" in sys.modules))


if __name__ == "__main__":
    {"count": count, "stall": stall, "spend": spend, "fill": fill, "read": read}[sys.argv[1]](
        Path(sys.argv[2])
    )
