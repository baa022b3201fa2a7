"""The store of tests and of `--demo`: one process, gone with it. No file may enter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from oddsctl.ports import JSON
from oddsctl.store.codec import from_text, to_text

T = TypeVar("T")


class MemoryStore:
    """State in a dictionary, for any number of threads. Values are kept as text, so that nobody can change one by holding on to it."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._alone = threading.Lock()

    def read(self, key: str) -> JSON:
        text = self._texts.get(key)
        return None if text is None else from_text(text)

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
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
