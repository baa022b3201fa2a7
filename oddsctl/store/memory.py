"""State and locks of one process, gone with it: for tests and for scripts that want to leave nothing behind.

No file may enter.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from oddsctl.domain.errors import LockTimeoutError
from oddsctl.domain.ports import JSON
from oddsctl.store.codec import from_text, to_text
from oddsctl.store.unreadable_rows import RowDamagedError, keep_aside

T = TypeVar("T")


class MemoryStore:
    """State in a dictionary, for any number of threads.

    Values are kept as text, so that nobody can change one by holding on to it.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._alone = threading.Lock()

    def read(self, key: str) -> JSON:
        text = self._texts.get(key)
        return None if text is None else from_text(text)

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        try:
            return self._update(key, change)
        except RowDamagedError as damage:
            keep_aside(self, damage)
            return self._update(key, change)

    def _update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        with self._alone:
            old = self.read(key)
            new, answer = change(old)
            if new is None:
                self._texts.pop(key, None)
            elif new is not old:
                self._texts[key] = to_text(new)
            return answer

    def scan(self, prefix: str) -> Iterator[str]:
        with self._alone:
            return iter(sorted(key for key in self._texts if key.startswith(prefix)))

    def delete(self, key: str) -> None:
        with self._alone:
            self._texts.pop(key, None)

    def close(self) -> None:
        """Nothing to let go of."""


class MemoryLocks:
    """Locks between the threads of one process."""

    def __init__(self) -> None:
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def hold(self, name: str, patience: float) -> Iterator[None]:
        """Hold the lock of that name."""
        lock = self._locks[name]
        if not lock.acquire(timeout=patience):
            raise LockTimeoutError(f"another thread has kept {name} locked for {patience:g} s")
        try:
            yield
        finally:
            lock.release()
