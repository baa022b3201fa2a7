"""What an error of SQLite or of the operating system means for the state, and what the user can do about
it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path

from oddsctl.domain.errors import (
    LockTimeoutError,
    OddsctlError,
    StateDamagedError,
    StateError,
    StateTooNewError,
    StateUnwritableError,
)

LOCAL_DISK = "put store.state_dir on a local disk"
LOCK = "store.lock"
"""The lock file of the store; SQLite never opens it, so locks can be tried on it."""
NO_FILE = "it is no regular file"
SMALLEST_FREE = 1 << 20
"""Bytes: with less than this a disk counts as full."""

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_CLOSED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_DAMAGED = {
    *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT),
    *(sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT),
}
"""SQLITE_ERROR: a table or column is missing, for our statements are right."""
_UNLOCKABLE = {
    sqlite3.SQLITE_IOERR_LOCK,
    sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_UNLOCK,
    sqlite3.SQLITE_IOERR_SHMLOCK,
}
_NO_SYNC = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
_DAMAGED_IO = {sqlite3.SQLITE_IOERR_CORRUPTFS, 8202}
"""8202 is SQLITE_IOERR_DATA, which Python has no name for in 3.11: a checksum is wrong."""


def explained(error: sqlite3.Error, database: Path) -> OddsctlError:
    """The error as ours: what happened to `database`, and what to do."""
    directory = database.parent
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)  # none: text that is not UTF-8
    code = extended & 0xFF
    if code in _LOCKED or extended in _UNLOCKABLE:
        return no_locks(directory) or LockTimeoutError(
            f"another process keeps the state in {directory} locked", hint="end it, or try again later"
        )
    if code in _DAMAGED or extended in _DAMAGED_IO:
        return damaged(database, str(error))
    if extended == sqlite3.SQLITE_IOERR_SHMMAP or (
        extended == sqlite3.SQLITE_IOERR_SHMOPEN and no_shared_memory(directory)
    ):
        return StateUnwritableError(
            f"no shared memory for {database}: its file system does not support it ({error})", hint=LOCAL_DISK
        )
    if extended in _NO_SYNC:
        return StateUnwritableError(
            f"cannot write {database}: its file system refuses fsync ({error})", hint=LOCAL_DISK
        )
    if code in _CLOSED:
        return StateUnwritableError(
            f"cannot open {database} for writing: {error}", hint="make it writable, or set store.state_dir"
        )
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return _unwritten(error, database)
    return StateError(
        f"cannot use {database}: {error}", hint="try again; `oddsctl doctor` checks the database"
    )


def damaged(database: Path, why: str) -> StateDamagedError:
    """The database is no database any more, or not one of ours."""
    return StateDamagedError(
        f"{database} is damaged: {why}",
        hint="`oddsctl doctor --repair` moves it aside and keeps what is readable",
    )


def assert_a_file(database: Path) -> None:
    """Raise StateDamagedError where something stands in the database's place that is no file: to open a pipe
    would wait for ever.
    """
    with suppress(OSError):
        if not stat.S_ISREG(database.stat().st_mode):
            raise damaged(database, NO_FILE)


def too_new(what: str, version: int) -> StateTooNewError:
    """Whatever it is, it was written in a form that is newer than this program."""
    return StateTooNewError(
        f"{what} was written by a newer oddsctl (format {version})",
        hint="update oddsctl; nothing was changed",
    )


def first_look(connection: sqlite3.Connection, path: Path, wait: float) -> int:
    """The database's `user_version`, by a connection that does not wait yet; from now on it waits for others,
    `wait` seconds.

    Where locks never work everything looks busy, and waiting is in vain: then the reason is raised at once.
    """
    try:
        return _version(connection)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in _LOCKED:
            raise
        if unlockable := no_locks(path.parent):
            raise unlockable from error
    finally:
        connection.execute(f"PRAGMA busy_timeout = {int(wait * 1000)}")
    return _version(connection)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def no_locks(directory: Path) -> StateUnwritableError | None:
    """Why no file in the directory can be locked; None where locks work, or where there is no lock file yet.

    Changes nothing.
    """
    try:
        file = os.open(directory / LOCK, os.O_RDWR)
    except OSError:
        return None
    try:
        return _no_locks(file, directory)
    finally:
        os.close(file)


def _no_locks(file: int, directory: Path) -> StateUnwritableError | None:
    for what, lock in (("byte-range locks", fcntl.lockf), ("file locks", fcntl.flock)):
        try:
            lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            continue  # someone holds it: so locks work
        except OSError as error:
            return unlockable(directory, what, error)
        with suppress(OSError):
            lock(file, fcntl.LOCK_UN)
    return None


def no_shared_memory(directory: Path) -> StateUnwritableError | None:
    """Why no memory can be shared by a file in the directory; None where it can, or where there is no lock
    file yet. Changes nothing.
    """
    import mmap

    try:
        file = os.open(directory / LOCK, os.O_RDWR)
    except OSError:
        return None
    try:
        if os.fstat(file).st_size:
            mmap.mmap(file, 1, flags=mmap.MAP_SHARED).close()
    except OSError as error:
        return StateUnwritableError(
            f"no shared memory on the file system of {directory} ({error.strerror})", hint=LOCAL_DISK
        )
    finally:
        os.close(file)
    return None


def unlockable(directory: Path, what: str, error: OSError) -> StateUnwritableError:
    """The file system has no locks, as CIFS, 9p or NFS may not."""
    return StateUnwritableError(
        f"{what} do not work on the file system of {directory} ({error.strerror})", hint=LOCAL_DISK
    )


def _unwritten(error: sqlite3.Error, database: Path) -> StateUnwritableError:
    why = "disk full" if _is_full(error, database.parent) else "disk full, or a limit on file sizes?"
    hint = "free some space, check quotas and limits, or set store.state_dir"
    return StateUnwritableError(f"cannot write state in {database.parent}: {why} ({error})", hint=hint)


def _is_full(error: sqlite3.Error, directory: Path) -> bool:
    if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
        return True
    try:
        room = os.statvfs(directory)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize < SMALLEST_FREE
