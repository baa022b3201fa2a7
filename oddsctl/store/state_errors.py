"""Translate SQLite and operating-system errors into state errors with a remedy."""

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
"""Lock file of the store. SQLite never opens it, so locks can be tested on it."""
NO_FILE = "it is not a regular file"
SMALLEST_FREE = 1 << 20
"""Bytes of free space below which a disk counts as full."""

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_CLOSED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
_DAMAGED = {
    *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT),
    *(sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT),
}
"""SQLITE_ERROR is included: our statements are right, so a table or column must be missing."""
_UNLOCKABLE = {
    sqlite3.SQLITE_IOERR_LOCK,
    sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_UNLOCK,
    sqlite3.SQLITE_IOERR_SHMLOCK,
}
_NO_SYNC = {sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC}
_DAMAGED_IO = {sqlite3.SQLITE_IOERR_CORRUPTFS, 8202}
"""8202 is SQLITE_IOERR_DATA (wrong checksum), which Python 3.11 has no name for."""


def explained(error: sqlite3.Error, database: Path) -> OddsctlError:
    """Translate a SQLite error on `database` into our error, with a hint."""
    directory = database.parent
    # The error carries no code when stored text is not UTF-8.
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
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
    """Build the error for a database that is unreadable or not ours."""
    return StateDamagedError(
        f"{database} is damaged: {why}",
        hint="`oddsctl doctor --repair` moves it aside and keeps what is readable",
    )


def assert_a_file(database: Path) -> None:
    """Raise StateDamagedError if the path is not a regular file: opening a pipe would block for ever."""
    with suppress(OSError):
        if not stat.S_ISREG(database.stat().st_mode):
            raise damaged(database, NO_FILE)


def too_new(what: str, version: int) -> StateTooNewError:
    """Build the error for data written in a newer format than this program knows."""
    return StateTooNewError(
        f"{what} was written by a newer oddsctl (format {version})",
        hint="update oddsctl; nothing was changed",
    )


def first_look(connection: sqlite3.Connection, path: Path, wait: float) -> int:
    """Read `user_version`, then let the connection wait up to `wait` seconds for other processes.

    On a file system without locks everything looks busy and waiting cannot help, so that is raised at once.
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
    """Explain why files in the directory cannot be locked; None where locks work or are untested.

    Changes nothing. Without a lock file nothing can be tested.
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
            # Another process holds the lock, so locks work.
            continue
        except OSError as error:
            return unlockable(directory, what, error)
        with suppress(OSError):
            lock(file, fcntl.LOCK_UN)
    return None


def no_shared_memory(directory: Path) -> StateUnwritableError | None:
    """Explain why a file in the directory cannot be mapped as shared memory; None where it can.

    Changes nothing. Without a lock file nothing can be tested.
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
    """Build the error for a file system without locks, as CIFS, 9p or NFS may be."""
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
