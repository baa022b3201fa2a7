"""Read the store's SQLite file without diskcache.

The tables are diskcache's (`diskcache_rows.py` writes them). Opening diskcache writes, so a reader would wait
for any writer, even a stopped one. Reading here waits for nobody and skips that import.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oddsctl.domain.errors import StateDamagedError
from oddsctl.domain.ports import JSON
from oddsctl.store.codec import from_text
from oddsctl.store.codec_scalars import DecodeError
from oddsctl.store.state_errors import (
    assert_a_file,
    damaged,
    explained,
    first_look,
    too_new,
)

DATABASE = "cache.db"
"""Name that diskcache gives the file; `-wal` and `-shm` stand beside it."""

RAW = 1
"""Row mode that holds the value itself. Other modes name a file or hold a pickle; we never write them."""

VERSION = 1
"""Version of the database format (`user_version`); databases from before versions have 0."""


def connect(directory: Path, wait: float) -> sqlite3.Connection | None:
    """Connect to the database of `directory` from any thread; None when there is no database.

    Writes nothing. Raises StateDamagedError when our table is missing (also for an empty file),
    StateTooNewError for a newer format.
    """
    path = directory.absolute() / DATABASE
    try:
        found = path.stat()
    except OSError:
        return None
    assert_a_file(path)
    if not found.st_size:
        raise damaged(path, "the file is empty")
    try:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            _examine(connection, path, wait)
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError:
        if not path.exists():
            # Another process moved the file after we looked.
            return None
        raise
    return connection


def _examine(connection: sqlite3.Connection, path: Path, wait: float) -> None:
    """Check that the database is ours."""
    version = first_look(connection, path, wait)
    if version > VERSION:
        raise too_new(str(path), version)
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'Cache'").fetchone():
        raise damaged(path, "it holds no table of oddsctl's")


def value_in(mode: object, value: object, directory: Path) -> JSON:
    """Return the JSON in a row. Raises StateDamagedError, unread, for a row that we cannot have written."""
    if mode != RAW or type(value) is not str:
        raise _damaged(directory, "a row in it was not written by oddsctl")
    try:
        return from_text(value)
    except DecodeError as error:
        raise _damaged(directory, "a row in it is not valid JSON") from error


def assert_sound(directory: Path, wait: float) -> None:
    """Check every page and every row. Raises StateDamagedError, or what prevents the check."""
    with translated(directory):
        connection = connect(directory, wait)
        if connection is None:
            return
        try:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise _damaged(directory, verdict)
            for mode, value in connection.execute("SELECT mode, value FROM Cache WHERE raw = 1"):
                value_in(mode, value, directory)
        finally:
            connection.close()


@contextmanager
def translated(directory: Path) -> Iterator[None]:
    """Translate SQLite errors into ours, for the state in `directory`."""
    try:
        yield
    except sqlite3.ProgrammingError:
        # Misusing the sqlite3 module is a bug of ours, not a state error.
        raise
    except sqlite3.Error as error:
        raise explained(_origin(error), directory / DATABASE) from error


def _origin(error: sqlite3.Error) -> sqlite3.Error:
    """Return the first error of the chain.

    SQLite ends a transaction on a full disk, and diskcache's own ROLLBACK then fails too.
    """
    first = error.__context__
    return first if isinstance(first, sqlite3.Error) and "no transaction is active" in str(error) else error


def _damaged(directory: Path, why: str) -> StateDamagedError:
    return damaged(directory / DATABASE, why)
