"""How a database comes to be, and how a damaged one gives way: whole or not at all, by one process at a time.

A database is made in a directory beside its place and renamed into it when it is whole. So nobody ever meets
one that is half made, and an empty file is damage, never a beginning. What is damaged is replaced in one step
under the lock: nobody finds the place empty and begins without the mark that the books were lost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from oddsctl.domain.errors import StateDamagedError, StateUnwritableError
from oddsctl.domain.ports import JSON, Clock
from oddsctl.store.database import DATABASE, VERSION, assert_sound, translated, value_in
from oddsctl.store.file_lock import hold
from oddsctl.store.state_dir import REMEDY
from oddsctl.store.state_errors import LOCK, no_locks

LOGS = ("-wal", "-shm")
"""SQLite's own files beside a database. They must never meet another one."""
WORKSHOP = "cache.new"
"""The directory in which a database is made."""

Begin = Callable[[], Mapping[str, JSON]]
"""The rows that a new database begins with; asked under the lock, where there is none."""


def nothing() -> Mapping[str, JSON]:
    """A database that begins empty."""
    return {}


def make(directory: Path, clock: Clock, wait: float, begin: Begin = nothing) -> None:
    """Make the database of `directory`, where there is none. To be called under the lock of the store."""
    import shutil

    if (directory / DATABASE).exists():
        return
    if unlockable := no_locks(directory):
        raise unlockable
    if any((directory / f"{DATABASE}{end}").exists() for end in LOGS):
        set_aside(directory / DATABASE, clock)  # the logs of a database that was taken away
    workshop = directory / WORKSHOP
    try:
        shutil.rmtree(workshop, ignore_errors=True)  # of a process that died here
        workshop.mkdir(mode=0o700)
        _fill(workshop, wait, begin())
        (workshop / DATABASE).rename(directory / DATABASE)
    except OSError as error:
        raise StateUnwritableError(
            f"cannot make {directory / DATABASE}: {error.strerror}", hint=REMEDY
        ) from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def move_aside(
    directory: Path, clock: Clock, lock_wait: float = 10.0, begin: Begin = nothing, lost: str | None = None
) -> Path | None:
    """Put a new database in the place of the one in `directory` if that is damaged: it stays beside it, under
    a name with the time (UTC).

    What can be read of it is taken over, but not what stands under keys that begin with `lost`; the rows of
    `begin` come first. Returns where it went, or None when it is sound: of several processes that meet the
    damage at once, one replaces it, the others find the new database. To be called with no store open on it.
    """
    with hold(directory / LOCK, clock, lock_wait):
        try:
            assert_sound(directory, lock_wait)
        except StateDamagedError:
            aside = set_aside(directory / DATABASE, clock)
            with translated(directory):
                make(directory, clock, lock_wait, lambda: {**recovered(aside, lost), **begin()})
            return aside
    return None


def set_aside(database: Path, clock: Clock, why: str = "damaged") -> Path:
    """Rename a database and its logs; the new name tells why and when."""
    moment = datetime.fromtimestamp(clock.now(), UTC)
    aside = database.with_name(f"{database.name}.{why}-{moment:%Y%m%dT%H%M%S.%fZ}")
    try:
        for end in ("", *LOGS):
            found = database.with_name(f"{database.name}{end}")
            if found.exists():
                found.rename(f"{aside}{end}")
    except OSError as error:
        raise StateUnwritableError(f"cannot move {database} aside: {error.strerror}", hint=REMEDY) from error
    return aside


def recovered(aside: Path, lost: str | None = None) -> dict[str, JSON]:
    """The rows of a damaged database that are whole, but for those under keys that begin with `lost`."""
    from oddsctl.store.salvage import readable

    found: dict[str, JSON] = {}
    for key, raw, mode, value in readable(
        aside, "SELECT key, raw, mode, value FROM Cache", ("TEXT", "INTEGER", "INTEGER", "TEXT")
    ):
        if key and raw == 1 and not (lost and key.startswith(lost)):
            with suppress(StateDamagedError):
                found[key] = value_in(mode, value, aside.parent)
    return found


def _fill(workshop: Path, wait: float, rows: Mapping[str, JSON]) -> None:
    from oddsctl.store.diskcache_rows import open_rows, transaction

    cache = open_rows(workshop, wait)
    try:
        with transaction(cache):
            for key, value in rows.items():
                cache.set(key, value)
    finally:
        cache.close()
    with closing(sqlite3.connect(database=workshop / DATABASE, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION}")
    if (workshop / f"{DATABASE}-wal").exists():
        raise OSError(0, "its log cannot be written back")
