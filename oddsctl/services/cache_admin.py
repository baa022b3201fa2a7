"""Stored answers as a whole: how many, how old, and dropping them.

The books of the accounts are never touched.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from oddsctl.state.shared import SharedState
from oddsctl.store.state_dir import HTTP_CACHE


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is stored.

    `bytes` counts every file below `state_dir`; the times are epoch seconds, None when nothing is stored.
    """

    state_dir: Path
    entries: int
    bytes: int
    oldest: float | None
    newest: float | None


def inventory(state: SharedState) -> Inventory:
    """Count the stored answers."""
    ages = sorted(kept_at for _, kept_at in state.responses.all())
    directory, oldest, newest = state.directory, ages[0] if ages else None, ages[-1] if ages else None
    return Inventory(directory, len(ages), bytes_below(directory), oldest, newest)


def prune(state: SharedState, older_than: float | None) -> int:
    """Drop the answers older than so many seconds, or all; the number dropped.

    The wire's cache goes with all.
    """
    now, dropped = state.clock.now(), 0
    for key, kept_at in list(state.responses.all()):
        if older_than is None or not 0 <= now - kept_at <= older_than:
            state.store.delete(key)
            dropped += 1
    if older_than is None:
        for name in (
            f"{HTTP_CACHE}-wal",
            f"{HTTP_CACHE}-shm",
            HTTP_CACHE,
        ):  # a new file must not lose its own log
            with contextlib.suppress(OSError):
                (state.directory / name).unlink(missing_ok=True)
    return dropped


def bytes_below(folder: Path) -> int:
    """Bytes of all files below the folder; files that vanish meanwhile count nothing."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += file.lstat().st_size
    return total
