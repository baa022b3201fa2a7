"""SQLite databases looked at without leaving a trace: no file is made, none is written. What the rows mean may not enter."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT = 1.0


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write.

    Where no process has it open, and so no `-wal` is there, it is taken as immutable: even a reader would otherwise make `-wal` and `-shm`.
    """
    immutable = "" if _is_live(path) else "&immutable=1"
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{immutable}", uri=True, timeout=WAIT)
    try:
        yield connection
    finally:
        connection.close()


def damage(path: Path) -> str | None:
    """What SQLite finds wrong with the pages of the database; None when it is sound. Raises `OperationalError` when it is locked."""
    was_live = _is_live(path)
    try:
        with reading(path) as connection:
            verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok" and not was_live and _is_live(path):
        return damage(path)  # someone began to write meanwhile
    return None if verdict == "ok" else verdict


def cells(path: Path) -> Iterator[bytes]:
    """Every text and blob in the database, in lower case."""
    with reading(path) as connection:
        connection.text_factory = bytes
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            quoted = '"' + table.decode().replace('"', '""') + '"'
            for row in connection.execute(f"SELECT * FROM {quoted}"):  # noqa: S608 - a name from the database itself, quoted
                yield from (cell.lower() for cell in row if isinstance(cell, bytes))


def _is_live(path: Path) -> bool:
    return path.with_name(f"{path.name}-wal").exists()
