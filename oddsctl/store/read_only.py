"""Read SQLite databases without creating or writing any file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from oddsctl.domain.errors import StateUnwritableError
from oddsctl.domain.ports import JSON
from oddsctl.store.database import DATABASE, translated, value_in
from oddsctl.store.state_errors import NO_FILE, assert_a_file, first_look

T = TypeVar("T")
WAIT = 1.0


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a connection that cannot write; see `open_for_reading`."""
    connection = open_for_reading(path)
    try:
        yield connection
    finally:
        connection.close()


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write, usable from any thread.

    When no process has the database open (there is no `-wal`), opens it as immutable: otherwise even a reader
    would create `-wal` and `-shm`. Where SQLite cannot use the `-wal` (read-only, no locks or no shared
    memory), reads a copy. Raises StateDamagedError if the path is not a regular file.
    """
    assert_a_file(path)
    if not _is_live(path):
        return _connected(f"{path.absolute().as_uri()}?mode=ro&immutable=1")
    connection = _connected(f"{path.absolute().as_uri()}?mode=ro")
    try:
        first_look(connection, path, WAIT)
    except StateUnwritableError:
        connection.close()
        return _copied(path)
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise
        return _copied(path)
    return connection


class ReadOnlyStore:
    """Store for state that cannot be written now: reads work, writes raise `why`."""

    def __init__(self, directory: Path, why: StateUnwritableError) -> None:
        """Open the database for reading. Raises `why` when there is nothing to read either."""
        self._directory, self._why = directory, why
        if not os.path.isfile(directory / DATABASE):  # noqa: PTH113 - pathlib raises for a path that the system refuses
            raise why
        with translated(directory):
            self._connection = open_for_reading(directory / DATABASE)

    def read(self, key: str) -> JSON:
        with translated(self._directory):
            row = self._connection.execute(
                "SELECT mode, value FROM Cache WHERE key = ? AND raw = 1", (key,)
            ).fetchone()
        return None if row is None else value_in(row[0], row[1], self._directory)

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:  # noqa: ARG002 - the port's
        raise self._why

    def scan(self, prefix: str) -> Iterator[str]:
        with translated(self._directory):
            rows = self._connection.execute(
                "SELECT key FROM Cache WHERE raw = 1 AND typeof(key) = 'text' ORDER BY key"
            ).fetchall()
        return (key for (key,) in rows if key.startswith(prefix))

    def delete(self, key: str) -> None:  # noqa: ARG002 - the port's
        raise self._why

    def refresh(self) -> bool:
        return False

    def close(self) -> None:
        self._connection.close()


def damage(path: Path) -> str | None:
    """Describe the damage to the pages of the database; None when it is sound.

    Raises `OperationalError` when the database is locked.
    """
    if not path.is_file():
        return NO_FILE
    if not path.stat().st_size:
        return "the file is empty"
    was_live = _is_live(path)
    try:
        with reading(path) as connection:
            verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok" and not was_live and _is_live(path):
        # Another process began to write meanwhile, so look again with its log.
        return damage(path)
    return None if verdict == "ok" else verdict


def cells(path: Path) -> Iterator[bytes]:
    """Yield every text and blob in the database, in lower case."""
    with reading(path) as connection:
        connection.text_factory = bytes
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            quoted = '"' + table.decode().replace('"', '""') + '"'
            for row in connection.execute(f"SELECT * FROM {quoted}"):  # noqa: S608 - a name from the database itself, quoted
                yield from (cell.lower() for cell in row if isinstance(cell, bytes))


def _connected(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(database=uri, uri=True, timeout=0, isolation_level=None, check_same_thread=False)


def _copied(path: Path) -> sqlite3.Connection:
    """Copy the database with its log into memory.

    Without room for a copy the log is left out, which loses only the newest rows.
    """
    import shutil
    import tempfile

    memory = _connected(":memory:")
    try:
        with tempfile.TemporaryDirectory(prefix="oddsctl-") as folder:
            copy = Path(folder) / path.name
            for end in ("", "-wal"):
                shutil.copyfile(f"{path}{end}", f"{copy}{end}")
            # Nobody else uses the copy, so it needs neither locks nor shared memory.
            with closing(_connected(f"{copy.as_uri()}?vfs=unix-none")) as disk:
                disk.execute("PRAGMA locking_mode = EXCLUSIVE")
                disk.backup(memory)
    except (OSError, sqlite3.OperationalError):
        memory.close()
        return _connected(f"{path.absolute().as_uri()}?mode=ro&immutable=1")
    return memory


def _is_live(path: Path) -> bool:
    return path.with_name(f"{path.name}-wal").exists()
