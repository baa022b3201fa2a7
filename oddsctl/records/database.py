"""The database records.db: its tables, their version, how it is opened and migrated."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oddsctl.domain.errors import OddsctlError, StateDamagedError
from oddsctl.domain.ports import Clock
from oddsctl.domain.units import iso
from oddsctl.store.append_only import AppendOnlyDatabase
from oddsctl.store.table_form import TableForm
from oddsctl.store.wait_limit import LockWait

FILE = "records.db"
CALLS = """
CREATE TABLE IF NOT EXISTS calls (
    at REAL NOT NULL, call_id TEXT NOT NULL, event TEXT NOT NULL, api TEXT NOT NULL, endpoint TEXT NOT NULL,
    sport TEXT,
    job TEXT NOT NULL, price INTEGER, purpose TEXT, command TEXT, status INTEGER, spent INTEGER,
    seconds REAL, outcome TEXT,
    said TEXT
);
CREATE INDEX IF NOT EXISTS calls_by_time ON calls (at);
CREATE INDEX IF NOT EXISTS calls_by_id ON calls (call_id);
"""
DECISIONS = """
CREATE TABLE IF NOT EXISTS decisions (id TEXT PRIMARY KEY, at REAL NOT NULL, document TEXT NOT NULL);
"""
WINDOWS = """
CREATE TABLE IF NOT EXISTS windows (
    sport TEXT NOT NULL, game TEXT NOT NULL, window TEXT NOT NULL, start REAL NOT NULL, fate TEXT NOT NULL,
    reason TEXT,
    at REAL, lag REAL, PRIMARY KEY (game, window)
);
"""
BOARDS = """
CREATE TABLE IF NOT EXISTS boards (call_id TEXT PRIMARY KEY, at REAL NOT NULL, games TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS boards_by_time ON boards (at);
"""
SCHEMA = CALLS + DECISIONS + WINDOWS + BOARDS


def _add_said_and_windows(connection: sqlite3.Connection) -> None:
    """0 to 1: what a provider said, and tables that the first databases lack. 0 stands for all of them."""
    connection.executescript(CALLS + DECISIONS + WINDOWS)
    if "said" not in {name for _, name, *_ in connection.execute("PRAGMA table_info(calls)")}:
        connection.execute("ALTER TABLE calls ADD COLUMN said TEXT")


def _add_boards(connection: sqlite3.Connection) -> None:
    """1 to 2: which games each board held."""
    connection.executescript(BOARDS)


MIGRATIONS = (_add_said_and_windows, _add_boards)
"""Each upgrades a database from the version of its place in this row to the next (`user_version`).

A change of SCHEMA appends one; none is ever changed or removed. A process may die before it notes that
a migration ran, so each can run twice.
"""
TABLES = TableForm(SCHEMA, "calls", MIGRATIONS)


class RecordsDatabase:
    """The history in a database of its own.

    A row is on its way to the disk before the call is: `kill -9` loses none.

    History that cannot be written is reported once through `warn`, and changes nothing else. History that
    cannot be read is not empty: it is reported too, and `is_readable` is false; where `is_needed` was set,
    for commands that are about nothing else, it is an error. A database that is damaged is replaced by who
    writes; by who reads only where `may_renew` was set, for commands that spend by it.
    """

    def __init__(
        self, directory: Path, clock: Clock, warn: Callable[[str], None], patience: LockWait | None = None
    ) -> None:
        self._file = AppendOnlyDatabase(directory / FILE, clock, TABLES, warn, patience)
        self._warn = warn
        self._broken = False
        self.is_readable = True
        self.is_needed = False
        self.may_renew = False

    def forgive(self) -> None:
        """Try again after a failure: what was in the way may be gone."""
        self._broken, self.is_readable = False, True

    def write(self, statement: str, values: tuple[object, ...]) -> None:
        """Append one row. After the first that could not be written no other is tried."""
        if self._broken:
            return
        try:
            self._file.write(statement, values)
        except OddsctlError as error:
            self._broken = True
            self._warn(f"history is not being kept: {error}")

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """What a query finds; nothing where there is no history.

        Raises `StateError` where that cannot be read and `is_needed`.
        """
        try:
            try:
                return self._file.rows(query, values)
            except StateDamagedError:
                if not self.may_renew:
                    raise
                self._file.renew()
                return self._file.rows(query, values)
        except OddsctlError as error:
            if self.is_needed:
                raise
            self.is_readable = False
            self._warn(f"history cannot be read: {error}")
            return []

    def gaps(self, since: float = 0.0) -> list[str]:
        """What of the history since then may be missing, as it was damaged once."""
        return [
            f"history before {iso(moment)} may be incomplete: the database was damaged, and is kept as {path}"
            for path, moment in self._file.moved_aside()
            if moment >= since
        ]

    def repair(self) -> None:
        """Replace the database if it is damaged, keeping what can be read; what was done goes to `warn`.

        Raises `OddsctlError`.
        """
        self._file.renew()

    def close(self) -> None:
        """Let go of the database."""
        self._file.close()
