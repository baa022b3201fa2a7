"""What the tests of the stores share: a clock for real waiting, and workers that are real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Self, TypeVar

import oddsctl
from oddsctl.domain.ports import JSON
from oddsctl.store.disk import DiskStore

T = TypeVar("T")

NOON = 1_795_521_600.0
"""2026-11-24T12:00:00Z."""


class WaitingClock:
    """It is always noon, but waiting is real: other threads and processes get on meanwhile."""

    def __init__(self) -> None:
        self._bell = threading.Event()

    def now(self) -> float:
        return NOON

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        self._bell.wait(seconds)


class ReopenedStore:
    """The disk store, opened anew for each call as each invocation of the command does."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def _open(self) -> DiskStore:
        return DiskStore(self._directory, WaitingClock())

    def read(self, key: str) -> JSON:
        store = self._open()
        try:
            return store.read(key)
        finally:
            store.close()

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        store = self._open()
        try:
            return store.update(key, change)
        finally:
            store.close()

    def scan(self, prefix: str) -> Iterator[str]:
        store = self._open()
        try:
            return store.scan(prefix)
        finally:
            store.close()

    def delete(self, key: str) -> None:
        store = self._open()
        try:
            store.delete(key)
        finally:
            store.close()

    def close(self) -> None:
        """Nothing is open."""


def put(value: JSON) -> Callable[[JSON], tuple[JSON, None]]:
    """A change that puts `value`, whatever was there."""
    return lambda _old: (value, None)


def add_one(old: JSON) -> tuple[JSON, int]:
    """A change that counts, and answers what it counted to."""
    return (old or 0) + 1, (old or 0) + 1


class Worker:
    """A real process that does one task of `store_worker.py` in `directory`.

    Talks in lines, so that nobody has to sleep.
    """

    def __init__(self, task: str, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("store_worker.py")), task, str(directory)],
            env={**os.environ, "PYTHONPATH": str(Path(oddsctl.__file__).parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid

    def hear(self) -> str:
        """Its next line; empty when it has ended without one."""
        return self._pipe(self._process.stdout).readline().strip()

    def tell(self) -> None:
        """Let it go on."""
        pipe = self._pipe(self._process.stdin)
        pipe.write("\n")
        pipe.flush()

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> int:
        """Its exit code, once it has ended."""
        self._process.communicate()
        return self._process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.communicate()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe
