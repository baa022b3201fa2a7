"""Reading what a user points to, within limits: a pipe may stay silent, a device may never end."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")
PATIENCE = 5.0
"""Seconds for what is no plain file."""


class Read(NamedTuple):
    """What a file holds, up to a limit and a byte beyond, by which the caller knows that there is more; and
    its mode.
    """

    content: bytes
    mode: int


def read_file(path: Path, most: int, patience: float = PATIENCE) -> Read:
    """At most `most` + 1 bytes.

    Raises `OSError`: `TimeoutError` when a pipe or a device gives no more within `patience` seconds.
    """
    if stat.S_ISREG(path.stat().st_mode):
        return _read(path, most)
    return within(patience, lambda: _read(path, most))


def within(patience: float, work: Callable[[], T]) -> T:
    """The result of work that may never come back; raises `TimeoutError`, and leaves it to itself then."""
    results: list[T] = []
    failures: list[OSError] = []

    def run() -> None:
        try:
            results.append(work())
        except OSError as error:
            failures.append(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(patience)
    if failures:
        raise failures[0]
    if not results:
        raise TimeoutError(None, f"nothing came within {patience:g} s")
    return results[0]


def drained(handle: int, most: int) -> bytes:
    """What comes until the end, or until it is more than `most`."""
    content = bytearray()
    while len(content) <= most and (piece := os.read(handle, most + 1 - len(content))):
        content += piece
    return bytes(content)


def _read(path: Path, most: int) -> Read:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        return Read(drained(handle, most), os.fstat(handle).st_mode)
    finally:
        os.close(handle)
