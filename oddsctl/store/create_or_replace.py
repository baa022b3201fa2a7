"""Create the store's database, or replace a damaged one, atomically and by one process at a time.

A database is built in a directory beside its place and renamed into it when complete. No process sees half of
one, so an empty file always means damage. A damaged database is replaced in one step under the lock, so no
process finds the place empty and starts without the marker that account data was lost.
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
"""SQLite's own files beside a database. They must never meet another database."""
WORKSHOP = "cache.new"
"""Directory in which a database is built."""

Begin = Callable[[], Mapping[str, JSON]]
"""Returns the first rows of a new database. Called under the lock, only when there is no database."""


def nothing() -> Mapping[str, JSON]:
    """Start with no rows."""
    return {}


def make(directory: Path, clock: Clock, wait: float, begin: Begin = nothing) -> None:
    """Create the database of `directory` if there is none. Call under the lock of the store."""
    import shutil

    if (directory / DATABASE).exists():
        return
    if unlockable := no_locks(directory):
        raise unlockable
    if any((directory / f"{DATABASE}{end}").exists() for end in LOGS):
        # Logs left behind by a deleted database must not be applied to the new one.
        set_aside(directory / DATABASE, clock)
    workshop = directory / WORKSHOP
    try:
        # A process that died here left its half-built database.
        shutil.rmtree(workshop, ignore_errors=True)
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
    """Replace the database in `directory` if it is damaged, and keep the old one under a timestamped name.

    Copies every readable row except those whose keys begin with `lost`; the rows of `begin` come first.
    Returns the new path of the damaged database, or None when it is sound. Of several processes only one
    replaces it. Call with no store open on it.
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
    """Rename a database and its logs; the new name holds the reason and the UTC time."""
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
    """Yield the readable rows of a damaged database, except those whose keys begin with `lost`."""
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
