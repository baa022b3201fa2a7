"""Store on disk, shared by all processes of a user: one writer at a time, readers never wait.

diskcache keeps the rows. Its transactions alone starve processes, so a fair lock (`file_lock.py`) surrounds
each one. If another program writes past that lock, the transaction still keeps the state consistent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from oddsctl.domain.errors import LockTimeoutError, StateError
from oddsctl.domain.ports import JSON, Clock
from oddsctl.store.create_or_replace import Begin, make, nothing
from oddsctl.store.database import DATABASE, connect, translated, value_in
from oddsctl.store.file_lock import hold
from oddsctl.store.state_dir import StateIdentity, identity, make_private
from oddsctl.store.state_errors import LOCK
from oddsctl.store.wait_limit import LockWait

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

REPLACED = 100
"""How often other processes may replace the database during one operation before giving up."""


class DiskStore:
    """Store in `directory`, created with mode 0700 when missing; safe to share between threads.

    All processes use one database: each operation first checks that the path still leads to the open file,
    and reopens it if not. `begin` supplies the rows of a new database. `lock_wait` limits each wait for
    another process: seconds for each wait, or a `LockWait` for all together.

    Besides the errors of the port, opening raises StateDamagedError; see `create_or_replace.move_aside`.
    """

    def __init__(
        self, directory: Path, clock: Clock, lock_wait: float | LockWait = 10.0, begin: Begin = nothing
    ) -> None:
        self._directory = directory
        self._database = directory / DATABASE
        self._clock = clock
        self._patience = (
            lock_wait if isinstance(lock_wait, LockWait) else LockWait(clock, lock_wait, total=False)
        )
        self._begin = begin
        self._rows: Any = None
        self._rows_are_of: StateIdentity | None = None
        self._home = threading.get_ident()
        self._reading = threading.Lock()
        self._reader, self._reader_is_of = self._open_reader()

    def read(self, key: str) -> JSON:
        with translated(self._directory), self._current_reader() as reader:
            row = reader.execute("SELECT mode, value FROM Cache WHERE key = ? AND raw = 1", (key,)).fetchone()
        return None if row is None else value_in(row[0], row[1], self._directory)

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        def apply(rows: Any) -> T:
            old = rows.get(key)
            new, answer = change(old)
            if new is None:
                rows.delete(key)
            elif new is not old:
                rows.set(key, new)
            return answer

        return self._write(apply)

    def scan(self, prefix: str) -> Iterator[str]:
        query = "SELECT key FROM Cache WHERE raw = 1 AND typeof(key) = 'text' AND key >= ? ORDER BY key"
        with translated(self._directory), self._current_reader() as reader:
            keys = (key for (key,) in reader.execute(query, (prefix,)))
            return iter(list(takewhile(lambda key: key.startswith(prefix), keys)))

    def delete(self, key: str) -> None:
        self._write(lambda rows: rows.delete(key))

    def refresh(self) -> bool:
        """Reopen the database if the path leads to another file; return True if it was reopened."""
        before = self._reader_is_of
        with self._current_reader():
            return self._reader_is_of != before

    def close(self) -> None:
        with self._reading:
            self._reader.close()
        self._close_rows()

    @contextmanager
    def _current_reader(self) -> Iterator[sqlite3.Connection]:
        with self._reading:
            if identity(self._database) != self._reader_is_of:
                self._reader.close()
                self._reader, self._reader_is_of = self._open_reader()
            yield self._reader

    def _open_reader(self) -> tuple[sqlite3.Connection, StateIdentity]:
        """Open a read connection and return it with the identity of its file.

        The path led to that file both before and after opening, so the two belong together.
        """
        make_private(self._directory)
        with translated(self._directory):
            for _ in range(REPLACED):
                found = identity(self._database)
                reader = connect(self._directory, self._patience.left())
                if reader is None:
                    with self._locked():
                        make(self._directory, self._clock, self._patience.left(), self._begin)
                elif found and identity(self._database) == found:
                    return reader, found
                else:
                    reader.close()
        raise StateError(
            f"{self._database} keeps being replaced",
            hint="find the program that replaces it, or set store.state_dir",
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with ExitStack() as stack:
            try:
                stack.enter_context(hold(self._directory / LOCK, self._clock, self._patience.left()))
            except LockTimeoutError:
                self._patience.learn(got=False)
                raise
            self._patience.learn(got=True)
            yield

    def _write(self, apply: Callable[[Any], T]) -> T:
        """Write to the database at the path; retry once if it was replaced meanwhile."""
        for _ in range(REPLACED):
            if identity(self._database) is None:
                # Creates the directory as well; the lock needs it.
                self.refresh()
            with self._alone() as rows:
                answer = apply(rows)
            if identity(self._database) == self._rows_are_of:
                return answer
        raise StateError(
            f"{self._database} keeps being replaced",
            hint="find the program that replaces it, or set store.state_dir",
        )

    @contextmanager
    def _alone(self) -> Iterator[Any]:
        """Yield the rows, under the lock and in a transaction."""
        from oddsctl.store.diskcache_rows import transaction

        with translated(self._directory), self._locked():
            rows = self._open_rows()
            try:
                with transaction(rows):
                    yield rows
            except BaseException:
                # An interruption just after BEGIN leaves the transaction open.
                self._close_rows()
                raise
            if threading.get_ident() != self._home:
                # diskcache opens one connection a thread; only this thread can close it.
                rows.close()

    def _open_rows(self) -> Any:
        """Open the rows. Call under the lock, so that no process replaces the database meanwhile."""
        from oddsctl.store.diskcache_rows import open_rows

        found = identity(self._database)
        if self._rows is not None and found != self._rows_are_of:
            self._close_rows()
        if self._rows is None:
            make(self._directory, self._clock, self._patience.left(), self._begin)
            found = identity(self._database)
            self._rows = open_rows(self._directory, self._patience.left())
            self._rows_are_of = found
        return self._rows

    def _close_rows(self) -> None:
        if self._rows is not None:
            self._rows.close()
            self._rows = None
