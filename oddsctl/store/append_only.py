"""An append-only SQLite database of its own: made whole, replaced where it is damaged, refused where it is
newer. No table is named here.

Readers wait for nobody and repair nothing: they raise what they met, and leave a note (`.suspect`) for the
next writer, who may not meet the same page. A writer that meets damage or such a note moves a damaged
database aside, begins a new one and takes over what can be read.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
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
from oddsctl.store.wait_limit import LockWait

PATIENCE = 1.0
"""Seconds to wait for another process that writes: history is not worth more."""
REPLACED = 10
"""How often the database may be replaced by others while one writes to it."""


@dataclass(frozen=True)
class TableForm:
    """What the database looks like: `script` makes what is missing of it, `upgrade` changes what older ones
    have differently.

    `root` is the table that even the oldest has. A database of a `version` (`user_version`) below ours is
    upgraded when it is opened.
    """

    version: int
    script: str
    root: str
    upgrade: Callable[[sqlite3.Connection], None]

    @cached_property
    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """The declared type of each column of each table."""
        with closing(sqlite3.connect(database=":memory:")) as model:
            model.executescript(self.script)
            self.upgrade(model)
            return columns(model)

    def lacking(self, connection: sqlite3.Connection, version: int) -> str | None:
        """Which table or columns a database of that version should have and has not; of an older one its root
        counts only.
        """
        found = columns(connection)
        if self.root not in found:
            return "it holds no table of oddsctl's"
        needed = self.tables if version == self.version else {}
        lost = [table for table, names in needed.items() if not names.keys() <= found.get(table, {}).keys()]
        return f"the table {lost[0]} is missing, or columns of it are" if lost else None


def columns(connection: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """The declared type of each column of each table."""
    query = (
        "SELECT t.name, c.name, c.type FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type "
        "= 'table'"
    )
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(query):
        found.setdefault(table, {})[column] = kind
    return found


class AppendOnlyDatabase:
    """The database at `path`, for any number of threads; the same one for all processes, see `DiskStore`.

    Raises `OddsctlError` only.
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
        """Append a row: to the database that the path leads to, once more where that was taken away
        meanwhile.
        """
        with self._lock:
            try:
                self._written(statement, values)
            except StateDamagedError:
                self.renew()
                self._written(statement, values)

    def rows(self, query: str, values: Row = ()) -> list[Row]:
        """What a query finds; nothing where there is no database.

        Where it cannot be written it is read all the same.
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
        """Move the database aside if it is damaged, begin a new one, and take over what can be read.

        Of several one does it.
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
        """The damaged ones that lie beside it, and when they were moved aside (epoch seconds)."""
        for path in sorted(self._path.parent.glob(f"{self._path.name}.damaged-*Z")):
            with suppress(ValueError):
                moment = datetime.strptime(path.name.rpartition("-")[2], "%Y%m%dT%H%M%S.%fZ").replace(
                    tzinfo=UTC
                )
                yield path, moment.timestamp()

    def close(self) -> None:
        """Let go of the database."""
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
                with self._alone():  # it may be about to be replaced
                    if not self._path.exists():
                        return []
                continue
            with self._unless_replaced():
                return connection.execute(query, values).fetchall()
        raise self._restless()

    def _restless(self) -> StateError:
        return StateError(f"{self._path} is replaced again and again", hint="see which program does so")

    @contextmanager
    def _unless_replaced(self) -> Iterator[None]:
        """Forget an error where the path leads to another file by now: what went wrong was the old one."""
        try:
            yield
        except (sqlite3.Error, OSError, OddsctlError):
            if self._is_of == identity(self._path):
                raise

    def _opened(self) -> sqlite3.Connection | None:
        """A connection, and for certain to the file that the path leads to; None where there is none."""
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
            connection.execute(
                "PRAGMA synchronous = OFF"
            )  # outlives a killed process; a power cut may cost the last rows
            self._examine(connection, version, locked=locked)
        except BaseException:
            connection.close()
            raise
        return connection

    def _examine(self, connection: sqlite3.Connection, version: int, *, locked: bool) -> None:
        """See that it is ours, and bring it to our version; `locked`: the lock is held."""
        if version > self._form.version:
            raise too_new(str(self._path), version)
        if version < self._form.version and self._form.root in columns(connection):
            with nullcontext() if locked else self._alone():
                self._form_of(connection)
        if lacking := self._form.lacking(connection, version):
            raise damaged(self._path, lacking)

    def _form_of(self, connection: sqlite3.Connection) -> None:
        """Give an empty or older database our form."""
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(self._form.script)
        self._form.upgrade(connection)
        connection.execute(f"PRAGMA user_version = {self._form.version}")

    def _make(self, aside: Path | None = None) -> int:
        """Begin a database, with what can be read of the one moved `aside`; how many rows that was.

        To be called under the lock.

        It is made beside its place, then renamed: nobody meets one that is half made.
        """
        if self._path.exists():
            return 0
        if any(self._path.with_name(f"{self._path.name}{end}").exists() for end in LOGS):
            set_aside(self._path, self._clock)  # the logs of one that was taken away
        new = self._path.with_name(f"{self._path.name}.new")
        for end in ("", "-journal", *LOGS):
            new.with_name(f"{new.name}{end}").unlink(missing_ok=True)  # of a process that died here
        os.close(os.open(new, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(database=new, timeout=PATIENCE, isolation_level=None)) as connection:
            self._form_of(connection)
            kept = self._recovered(aside, connection) if aside else 0
        new.rename(self._path)
        return kept

    def _damage(self) -> str | None:
        """What is wrong with it. To be called under the lock; raises what keeps us from looking."""
        if not self._path.exists():
            return None
        try:
            with self._explained(), closing(self._connected(locked=True)) as connection:
                verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
                return None if verdict == "ok" else " ".join(verdict.split())
        except StateDamagedError as damage:
            return damage.message.partition("is damaged: ")[2]

    def _recovered(self, aside: Path, new: sqlite3.Connection) -> int:
        """Copy what can be read; how many rows that was."""
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
