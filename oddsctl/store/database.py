"""The database file as SQLite sees it: a connection, the value in a row, the meaning of an error. No diskcache may enter.

The tables are diskcache's (`rows.py` writes them). Reading needs neither its import nor its opening, which writes: so a reader waits for
nobody, be it a writer that was stopped in the middle.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oddsctl.errors import LockTimeoutError, OddsctlError, StateDamagedError, StateError
from oddsctl.ports import JSON
from oddsctl.store.codec import DecodeError, from_text

DATABASE = "cache.db"
"""diskcache's name for it; `-wal` and `-shm` stand beside it."""

RAW = 1
"""The mode of a row that holds its value as it is; the other modes name a file or hold a pickle, and we write none of them."""

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_CLOSED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


def connect(directory: Path, wait: float) -> sqlite3.Connection | None:
    """A connection to the database of `directory` for any thread, or None where it is not made yet. Writes nothing."""
    path = directory.absolute() / DATABASE
    if not path.exists():
        return None
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'Cache'").fetchone()
    except BaseException:
        connection.close()
        raise
    if made:
        return connection
    connection.close()
    return None


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
        raise _translation(_origin(error), directory) from error


def _origin(error: sqlite3.Error) -> sqlite3.Error:
    """SQLite itself ends a transaction on a full disk, and then diskcache's own ROLLBACK fails: what went wrong first is what counts."""
    first = error.__context__
    return first if isinstance(first, sqlite3.Error) and "no transaction is active" in str(error) else error


def _translation(error: sqlite3.Error, directory: Path) -> OddsctlError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF  # the upper bits tell details; none: no UTF-8
    if code in _LOCKED:
        return LockTimeoutError(f"another process keeps the state in {directory} locked", hint="end it, or try again later")
    if code in _FULL:
        return StateError(f"cannot write state in {directory}: disk full? ({error})", hint="free some space, or set store.state_dir")
    if code in _CLOSED:
        return StateError(f"cannot open the state in {directory}: {error}", hint="make it writable, or set store.state_dir")
    return _damaged(directory, str(error))


def _damaged(directory: Path, why: str) -> StateDamagedError:
    return StateDamagedError(f"{directory / DATABASE} is damaged: {why}", hint="it will be moved aside, and a new one begun")
