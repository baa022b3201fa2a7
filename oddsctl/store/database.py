"""The database file as SQLite sees it: a connection, the value in a row, the meaning of an error.

No diskcache may enter.

The tables are diskcache's (`rows.py` writes them). Reading needs neither its import nor its opening, which
writes: so a reader waits for nobody, be it a writer that was stopped in the middle.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oddsctl.domain.errors import StateDamagedError
from oddsctl.domain.ports import JSON
from oddsctl.store.codec import DecodeError, from_text
from oddsctl.store.state_errors import (
    assert_a_file,
    damaged,
    explained,
    first_look,
    too_new,
)

DATABASE = "cache.db"
"""diskcache's name for it; `-wal` and `-shm` stand beside it."""

RAW = 1
"""The mode of a row that holds its value as it is; the other modes name a file or hold a pickle, and we write
none of them.
"""

VERSION = 1
"""Of the database's form (`user_version`); those made before there were versions have 0."""


def connect(directory: Path, wait: float) -> sqlite3.Connection | None:
    """A connection to the database of `directory` for any thread, or None where there is none.

    Writes nothing.

    Raises StateDamagedError for a database without our table (an empty file is one), StateTooNewError for one
    of a newer oddsctl.
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
            return None  # moved away after we looked
        raise
    return connection


def _examine(connection: sqlite3.Connection, path: Path, wait: float) -> None:
    """See that it is ours."""
    version = first_look(connection, path, wait)
    if version > VERSION:
        raise too_new(str(path), version)
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'Cache'").fetchone():
        raise damaged(path, "it holds no table of oddsctl's")


def value_in(mode: object, value: object, directory: Path) -> JSON:
    """The JSON in a row. A row that we cannot have written is not looked into: StateDamagedError."""
    if mode != RAW or type(value) is not str:
        raise _damaged(directory, "a row in it was not written by oddsctl")
    try:
        return from_text(value)
    except DecodeError as error:
        raise _damaged(directory, "a row in it is no JSON") from error


def assert_sound(directory: Path, wait: float) -> None:
    """Look at every page and every row. Raises StateDamagedError, or whatever else keeps us from looking."""
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
    """SQLite's errors as ours: what it means for the state in `directory`, and what to do."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a bug of ours
    except sqlite3.Error as error:
        raise explained(_origin(error), directory / DATABASE) from error


def _origin(error: sqlite3.Error) -> sqlite3.Error:
    """SQLite itself ends a transaction on a full disk, and then diskcache's own ROLLBACK fails: what went
    wrong first is what counts.
    """
    first = error.__context__
    return first if isinstance(first, sqlite3.Error) and "no transaction is active" in str(error) else error


def _damaged(directory: Path, why: str) -> StateDamagedError:
    return damaged(directory / DATABASE, why)
