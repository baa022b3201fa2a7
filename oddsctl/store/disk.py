"""State on disk, shared by all processes of a user: one writer at a time, readers that wait for nobody. No policy may enter.

diskcache keeps the rows. Its transactions alone starve processes, so a fair lock (`lock.py`) is taken around each; should someone write
past that lock, the transaction still keeps the state whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from oddsctl.errors import StateDamagedError, StateError
from oddsctl.ports import JSON, Clock
from oddsctl.store.database import DATABASE, assert_sound, connect, translated, value_in
from oddsctl.store.folder import REMEDY, make_private
from oddsctl.store.lock import hold

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

LOCK = "store.lock"


class DiskStore:
    """The store in `directory`, which is made (0700) where it is missing. For any number of threads.

    No wait for another process is longer than `lock_wait` seconds. Besides what the port says, opening raises StateDamagedError where the
    database is none: see `move_aside`.
    """

    def __init__(self, directory: Path, clock: Clock, lock_wait: float = 10.0) -> None:
        self._directory = directory
        self._clock = clock
        self._lock_wait = lock_wait
        self._rows: Any = None
        self._home = threading.get_ident()
        self._reading = threading.Lock()
        make_private(directory)
        self._reader = self._open_reader()

    def read(self, key: str) -> JSON:
        with translated(self._directory), self._reading:
            row = self._reader.execute("SELECT mode, value FROM Cache WHERE key = ? AND raw = 1", (key,)).fetchone()
        return None if row is None else value_in(row[0], row[1], self._directory)

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        with self._alone() as rows:
            old = rows.get(key)
            new, answer = change(old)
            if new is None:
                rows.delete(key)
            elif new is not old:
                rows.set(key, new)
        return answer

    def scan(self, prefix: str) -> Iterator[str]:
        query = "SELECT key FROM Cache WHERE raw = 1 AND typeof(key) = 'text' AND key >= ? ORDER BY key"
        with translated(self._directory), self._reading:
            keys = (key for (key,) in self._reader.execute(query, (prefix,)))
            return iter(list(takewhile(lambda key: key.startswith(prefix), keys)))

    def delete(self, key: str) -> None:
        with self._alone() as rows:
            rows.delete(key)

    def close(self) -> None:
        with self._reading:
            self._reader.close()
        self._close_rows()

    def _open_reader(self) -> sqlite3.Connection:
        with translated(self._directory):
            reader = connect(self._directory, self._lock_wait)
            if reader is None:
                with self._locked():
                    self._open_rows()
                reader = connect(self._directory, self._lock_wait)
        if reader is None:
            raise StateError(f"{self._directory / DATABASE} was taken away while it was being made", hint="try again")
        return reader

    def _locked(self) -> AbstractContextManager[None]:
        return hold(self._directory / LOCK, self._clock, self._lock_wait)

    def _open_rows(self) -> Any:
        from oddsctl.store.rows import open_rows

        if self._rows is None:
            self._rows = open_rows(self._directory, self._lock_wait)
        return self._rows

    def _close_rows(self) -> None:
        if self._rows is not None:
            self._rows.close()
            self._rows = None

    @contextmanager
    def _alone(self) -> Iterator[Any]:
        """The rows, under the lock and in a transaction."""
        from oddsctl.store.rows import transaction

        with translated(self._directory), self._locked():
            rows = self._open_rows()
            try:
                with transaction(rows):
                    yield rows
            except BaseException:
                self._close_rows()  # an interruption just after BEGIN leaves the transaction open
                raise
            if threading.get_ident() != self._home:
                rows.close()  # diskcache opens a connection for each thread; nobody else could close this one


def move_aside(directory: Path, clock: Clock, lock_wait: float = 10.0) -> Path | None:
    """Give way for a new database where the one in `directory` is damaged: it stays beside it, under a name with the time (UTC).

    Returns where it went, or None when it is sound: of two processes that meet the damage at once, the second must not move the first one's
    new database. To be called with no store open on it.
    """
    with hold(directory / LOCK, clock, lock_wait):
        try:
            assert_sound(directory, lock_wait)
        except StateDamagedError:
            return _rename(directory, datetime.fromtimestamp(clock.now(), UTC))
    return None


def _rename(directory: Path, moment: datetime) -> Path:
    aside = directory / f"{DATABASE}.damaged-{moment:%Y%m%dT%H%M%S.%fZ}"
    try:
        for suffix in ("-wal", "-shm", ""):  # SQLite's own files go first: they must never meet a new database
            found = directory / f"{DATABASE}{suffix}"
            if found.exists():
                found.rename(f"{aside}{suffix}")
    except OSError as error:
        raise StateError(f"cannot move {directory / DATABASE} aside: {error.strerror}", hint=REMEDY) from error
    return aside
