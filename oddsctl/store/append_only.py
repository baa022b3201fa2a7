"""Append-only SQLite database that recovers from damage; knows no table by name.

Readers never wait and never repair. On damage they raise and leave a `.suspect` file, because the next writer
may not touch the damaged page. A writer that meets damage or that file moves the database aside, creates a
new one and copies every readable row into it. A database with a newer format is refused.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path

from oddsctl.domain.errors import OddsctlError, StateDamagedError, StateError, StateUnwritableError
from oddsctl.domain.ports import Clock
from oddsctl.store.create_or_replace import LOGS, set_aside
from oddsctl.store.file_lock import hold
from oddsctl.store.read_only import open_for_reading
from oddsctl.store.salvage import Row, readable
from oddsctl.store.state_dir import REMEDY, StateIdentity, identity
from oddsctl.store.state_errors import (
    assert_a_file,
    damaged,
    explained,
    first_look,
    too_new,
)
from oddsctl.store.table_form import TableForm, columns
from oddsctl.store.wait_limit import LockWait

PATIENCE = 1.0
"""Seconds to wait for another writing process. Short, because history can be lost without harm."""
REPLACED = 10
"""How often other processes may replace the database during one write before giving up."""


class AppendOnlyDatabase:
    """Append-only database at `path`, safe to share between threads and processes; see `DiskStore`.

    Raises only `OddsctlError`.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        form: TableForm,
        tell: Callable[[str], None],
        patience: LockWait | None = None,
    ) -> None:
        self._path, self._clock, self._form, self._tell = path, clock, form, tell
        self._patience = patience or LockWait(clock, PATIENCE, total=False)
        self._suspect = path.with_suffix(".suspect")
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._is_of: StateIdentity | None = None

    def write(self, statement: str, values: Row) -> None:
        """Append a row to the database at the path; retry once if it was damaged or replaced meanwhile."""
        with self._lock:
            try:
                self._written(statement, values)
            except StateDamagedError:
                self.renew()
                self._written(statement, values)

    def rows(self, query: str, values: Row = ()) -> list[Row]:
        """Return the rows a query selects; empty when there is no database.

        Also reads databases that cannot be written.
        """
        with self._lock:
            try:
                with self._explained():
                    return self._found(query, values)
            except StateDamagedError:
                with suppress(OSError):
                    os.close(os.open(self._suspect, os.O_CREAT | os.O_WRONLY, 0o600))
                raise
            except StateUnwritableError:
                if not self._path.exists():
                    return []
                with self._explained(), closing(open_for_reading(self._path)) as snapshot:
                    return snapshot.execute(query, values).fetchall()

    def renew(self) -> None:
        """Move a damaged database aside, create a new one and copy every readable row.

        Of several processes only one does the work; the others find the new database.
        """
        self.close()
        with self._explained(), self._alone():
            self._suspect.unlink(missing_ok=True)
            if (why := self._damage()) is None:
                return
            aside = set_aside(self._path, self._clock)
            kept = self._make(aside)
        self._tell(
            f"{damaged(self._path, why).message}: moved aside to {aside}; {kept:,} of its rows could be "
            "read and were kept"
        )

    def moved_aside(self) -> Iterator[tuple[Path, float]]:
        """Yield each damaged database beside this one and when it was moved aside (epoch seconds)."""
        for path in sorted(self._path.parent.glob(f"{self._path.name}.damaged-*Z")):
            with suppress(ValueError):
                moment = datetime.strptime(path.name.rpartition("-")[2], "%Y%m%dT%H%M%S.%fZ").replace(
                    tzinfo=UTC
                )
                yield path, moment.timestamp()

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explained(error, self._path) from error
        except OSError as error:
            raise StateUnwritableError(f"cannot use {self._path}: {error.strerror}", hint=REMEDY) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with hold(self._path.with_suffix(".lock"), self._clock, self._patience.at_most(PATIENCE)):
            yield

    def _written(self, statement: str, values: Row) -> None:
        with self._explained():
            for _ in range(REPLACED):
                if self._suspect.exists():
                    raise damaged(self._path, "it could not be read")
                connection = self._opened()
                if connection is None:
                    with self._alone():
                        self._make()
                    continue
                with self._unless_replaced():
                    connection.execute(
                        f"PRAGMA busy_timeout = {int(self._patience.at_most(PATIENCE) * 1000)}"
                    )
                    connection.execute(statement, values)
                    if identity(self._path) == self._is_of:
                        return
        raise self._restless()

    def _found(self, query: str, values: Row) -> list[Row]:
        for _ in range(REPLACED):
            connection = self._opened()
            if connection is None:
                if not self._path.with_suffix(".lock").exists():
                    return []
                # The lock file shows that a writer may be about to replace the database.
                with self._alone():
                    if not self._path.exists():
                        return []
                continue
            with self._unless_replaced():
                return connection.execute(query, values).fetchall()
        raise self._restless()

    def _restless(self) -> StateError:
        return StateError(f"{self._path} keeps being replaced", hint="find the program that replaces it")

    @contextmanager
    def _unless_replaced(self) -> Iterator[None]:
        """Ignore an error if the path now leads to another file: the error belonged to the old one."""
        try:
            yield
        except (sqlite3.Error, OSError, OddsctlError):
            if self._is_of == identity(self._path):
                raise

    def _opened(self) -> sqlite3.Connection | None:
        """Return a connection to the file now at the path; None when there is no file."""
        for _ in range(REPLACED):
            found = identity(self._path)
            if self._connection and found == self._is_of:
                return self._connection
            self.close()
            if found is None:
                return None
            self._is_of = found
            with self._unless_replaced():
                self._connection = self._connected()
        raise self._restless()

    def _connected(self, *, locked: bool = False) -> sqlite3.Connection:
        assert_a_file(self._path)
        if self._path.is_file() and not self._path.stat().st_size:
            raise damaged(self._path, "the file is empty")
        uri = f"{self._path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(
            database=uri, uri=True, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            version = first_look(connection, self._path, self._patience.at_most(PATIENCE))
            # Commits survive a killed process; a power cut may lose the last rows.
            connection.execute("PRAGMA synchronous = OFF")
            self._examine(connection, version, locked=locked)
        except BaseException:
            connection.close()
            raise
        return connection

    def _examine(self, connection: sqlite3.Connection, version: int, *, locked: bool) -> None:
        """Check that the database is ours and upgrade it; pass `locked` when the lock is already held."""
        if version > self._form.version:
            raise too_new(str(self._path), version)
        if version < self._form.version and self._form.root in columns(connection):
            with nullcontext() if locked else self._alone():
                self._form_of(connection, version)
        if lacking := self._form.lacking(connection, version):
            raise damaged(self._path, lacking)

    def _form_of(self, connection: sqlite3.Connection, version: int) -> None:
        """Create our schema in an empty database, or upgrade an older one."""
        connection.execute("PRAGMA journal_mode = WAL")
        self._form.apply(connection, version)

    def _make(self, aside: Path | None = None) -> int:
        """Create the database, copy readable rows from `aside`, and return how many were copied.

        Call under the lock. The file is built beside its place and then renamed, so no process sees half of
        it.
        """
        if self._path.exists():
            return 0
        if any(self._path.with_name(f"{self._path.name}{end}").exists() for end in LOGS):
            # Logs left behind by a deleted database must not be applied to the new one.
            set_aside(self._path, self._clock)
        new = self._path.with_name(f"{self._path.name}.new")
        for end in ("", "-journal", *LOGS):
            # A process that died here left its half-built file.
            new.with_name(f"{new.name}{end}").unlink(missing_ok=True)
        os.close(os.open(new, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(database=new, timeout=PATIENCE, isolation_level=None)) as connection:
            self._form_of(connection, 0)
            kept = self._recovered(aside, connection) if aside else 0
        new.rename(self._path)
        return kept

    def _damage(self) -> str | None:
        """Describe the damage; None when the database is sound.

        Call under the lock. Raises what prevents the check.
        """
        if not self._path.exists():
            return None
        try:
            with self._explained(), closing(self._connected(locked=True)) as connection:
                verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
                return None if verdict == "ok" else " ".join(verdict.split())
        except StateDamagedError as damage:
            return damage.message.partition("is damaged: ")[2]

    def _recovered(self, aside: Path, new: sqlite3.Connection) -> int:
        """Copy every readable row and return how many were copied."""
        new.execute("BEGIN IMMEDIATE")
        kept = sum(_copied(aside, new, table, kinds) for table, kinds in self._form.tables.items())
        new.execute("COMMIT")
        return kept


def _copied(aside: Path, new: sqlite3.Connection, table: str, kinds: Mapping[str, str]) -> int:
    names = ", ".join(kinds)
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(kinds))})"  # noqa: S608 - names of ours
    before = new.total_changes
    for row in readable(aside, f"SELECT {names} FROM {table}", tuple(kinds.values())):  # noqa: S608 - likewise
        new.execute(insert, row)
    return new.total_changes - before
