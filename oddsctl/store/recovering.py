"""Disk store as commands use it: replaces damaged or lost data with a warning, reads when it cannot write.

1. A damaged database is moved aside and a new one created in the same step. A lost one (deleted, moved away)
   is created anew. Both hold the marker `lost_key` from the start: until an answer reports the balance,
   credits are counted on the safe side.
2. A single unreadable row is kept under another key (`unreadable_rows.py`).
3. Where the state cannot be written (read-only, disk full, no locks) it is still read; a write raises the
   reason.

Each event is reported once, through `tell`, outside the lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from oddsctl.domain.errors import StateDamagedError, StateUnwritableError
from oddsctl.domain.notices import Notice, Warned
from oddsctl.domain.ports import JSON, Clock, Store
from oddsctl.store.create_or_replace import move_aside
from oddsctl.store.database import DATABASE
from oddsctl.store.disk import DiskStore
from oddsctl.store.read_only import ReadOnlyStore
from oddsctl.store.unreadable_rows import FRESH, RowDamagedError, keep_aside
from oddsctl.store.wait_limit import LockWait

T = TypeVar("T")


class RecoveringStore:
    """Recovering store in `directory`, for one thread: no other may use a store that is being replaced.

    From a damaged database every readable row is copied except those beside `lost_key`, because credits must
    be learned anew. `traces` are patterns of files that show that account data existed before; `books` is the
    key prefix of the accounts with credits.
    """

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        lock_wait: float | LockWait,
        tell: Callable[[Notice], None],
        *,
        lost_key: str,
        books: str,
        traces: tuple[str, ...],
    ) -> None:
        self._directory, self._clock, self._tell = directory, clock, tell
        self._patience = (
            lock_wait if isinstance(lock_wait, LockWait) else LockWait(clock, lock_wait, total=False)
        )
        self._lost = lost_key.partition("/")[0] + "/"
        self._lost_key, self._books, self._traces = lost_key, books, (*traces, f"{DATABASE}.damaged-*")
        self._alone = threading.RLock()
        self._store: DiskStore | ReadOnlyStore | None = None
        self._had_books = False
        self._news: list[str] = []
        self._said: set[str] = set()
        self._recovered(lambda _: None)

    def read(self, key: str) -> JSON:
        return self._recovered(lambda store: store.read(key))

    def scan(self, prefix: str) -> Iterator[str]:
        return self._recovered(lambda store: iter(list(store.scan(prefix))))

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        try:
            return self._recovered(lambda store: store.update(key, change), writes=True)
        except RowDamagedError as damage:
            if keep_aside(self, damage):
                self._tell(
                    Warned(
                        f"{damage.message}: kept as {damage.aside!r} in {self._directory / DATABASE}; "
                        f"{damage.then}"
                    )
                )
            return self._recovered(lambda store: store.update(key, change), writes=True)

    def delete(self, key: str) -> None:
        self._recovered(lambda store: store.delete(key), writes=True)

    def close(self) -> None:
        with self._alone:
            if self._store:
                self._store.close()
                self._store = None

    def _recovered(self, work: Callable[[Store], T], *, writes: bool = False) -> T:
        with self._alone:
            try:
                return self._attempted(work, writes=writes)
            except StateDamagedError as damage:
                self.close()
                if moved := move_aside(
                    self._directory, self._clock, self._patience.left(), self._first_rows, self._lost
                ):
                    self._news = [
                        f"{damage.message}: moved aside to {moved}, what is readable was kept; {FRESH}"
                    ]
                return self._attempted(work, writes=writes)
            finally:
                self._say()

    def _attempted(self, work: Callable[[Store], T], *, writes: bool) -> T:
        try:
            return work(self._opened(writes=writes))
        except StateUnwritableError as why:
            if writes or isinstance(self._store, ReadOnlyStore):
                raise
            self.close()
            return work(self._opened_for_reading(why))

    def _opened(self, *, writes: bool) -> Store:
        if writes and isinstance(self._store, ReadOnlyStore):
            # The obstacle may be gone by now, so try to write again.
            self.close()
        if self._store is None:
            try:
                self._store = DiskStore(self._directory, self._clock, self._patience, self._first_rows)
            except StateUnwritableError as why:
                return self._opened_for_reading(why)
        elif self._store.refresh():
            self._replaced(self._store)
        self._had_books = True
        return self._store

    def _opened_for_reading(self, why: StateUnwritableError) -> Store:
        self._store = ReadOnlyStore(self._directory, why)
        self._news.append(f"{why.message}; showing what is stored" + (f" ({why.hint})" if why.hint else ""))
        return self._store

    def _first_rows(self) -> Mapping[str, JSON]:
        """Return the first rows of a new database: the marker, if account data existed before.

        Called under the lock of the store.
        """
        if not self._had_books and not any(any(self._directory.glob(trace)) for trace in self._traces):
            return {}
        self._news.append(f"{self._directory / DATABASE} is gone, and with it the credits' books: {FRESH}")
        return {self._lost_key: self._clock.now()}

    def _replaced(self, store: Store) -> None:
        """Set the marker after the database was replaced: its creator may not know that data was lost."""
        if store.read(self._lost_key) is None and not any(store.scan(self._books)):
            store.update(self._lost_key, lambda old: (old or self._clock.now(), None))
            self._news = self._news or [
                f"{self._directory / DATABASE} was replaced by one without books of credits: {FRESH}"
            ]

    def _say(self) -> None:
        news, self._news = self._news, []
        for text in dict.fromkeys(news):
            if text not in self._said:
                self._said.add(text)
                self._tell(Warned(text))
