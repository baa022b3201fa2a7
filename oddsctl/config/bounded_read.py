"""Read user-named files within limits of size and time: a pipe may stay silent, a device may never end."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

T = TypeVar("T")
PATIENCE = 5.0
"""Seconds to wait for anything but a plain file."""


class Read(NamedTuple):
    """Content of a file and its mode.

    Holds at most one byte more than the limit, which shows the caller that the file is too large.
    """

    content: bytes
    mode: int


def read_file(path: Path, most: int, patience: float = PATIENCE) -> Read:
    """Read at most `most` + 1 bytes.

    Raises `OSError`; `TimeoutError` when a pipe or a device gives nothing more within `patience` seconds.
    """
    if stat.S_ISREG(path.stat().st_mode):
        return _read(path, most)
    return within(patience, lambda: _read(path, most))


def within(patience: float, work: Callable[[], T]) -> T:
    """Return the result of `work`; raise `TimeoutError` and abandon it when it takes too long."""
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
    """Read until the end, or until there are more than `most` bytes."""
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
