"""The tables that a database must have, and what is missing in an older one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class TableForm:
    """Schema of a database: `script` creates the tables of a new one, `migrations` upgrade an older one.

    `root` is the table that every version has. A database whose `user_version` is below `version` is upgraded
    step by step when it is opened: each migration leads from the version of its place to the next.
    """

    script: str
    root: str
    migrations: Sequence[Callable[[sqlite3.Connection], None]]

    @property
    def version(self) -> int:
        """Return the version that all migrations lead to."""
        return len(self.migrations)

    def apply(self, connection: sqlite3.Connection, version: int) -> None:
        """Create the tables of an empty database, or upgrade one of an older version."""
        if self.root not in columns(connection):
            connection.executescript(self.script)
            connection.execute(f"PRAGMA user_version = {self.version}")
            return
        for number, migrate in enumerate(self.migrations[version:], version + 1):
            migrate(connection)
            connection.execute(f"PRAGMA user_version = {number}")

    @cached_property
    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """Return the declared type of each column of each table."""
        with closing(sqlite3.connect(database=":memory:")) as model:
            model.executescript(self.script)
            return columns(model)

    def lacking(self, connection: sqlite3.Connection, version: int) -> str | None:
        """Describe the first missing table or column; None when the schema is complete.

        An older version is only checked for the `root` table.
        """
        found = columns(connection)
        if self.root not in found:
            return "it holds no table of oddsctl's"
        needed = self.tables if version == self.version else {}
        lost = [table for table, names in needed.items() if not names.keys() <= found.get(table, {}).keys()]
        return f"the table {lost[0]} is missing, or columns of it are" if lost else None


def columns(connection: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """Return the declared type of each column of each table."""
    query = (
        "SELECT t.name, c.name, c.type FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type "
        "= 'table'"
    )
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(query):
        found.setdefault(table, {})[column] = kind
    return found
