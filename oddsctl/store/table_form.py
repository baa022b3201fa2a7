"""The tables that a database must have, and what is missing in an older one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class TableForm:
    """Schema of a database: `script` creates missing tables, `upgrade` migrates older versions.

    `root` is the table that every version has. A database whose `user_version` is below `version` is upgraded
    when it is opened.
    """

    version: int
    script: str
    root: str
    upgrade: Callable[[sqlite3.Connection], None]

    @cached_property
    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """Return the declared type of each column of each table."""
        with closing(sqlite3.connect(database=":memory:")) as model:
            model.executescript(self.script)
            self.upgrade(model)
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
