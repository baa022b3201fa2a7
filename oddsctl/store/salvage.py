"""Read the intact rows of a damaged database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from oddsctl.domain.errors import StateDamagedError
from oddsctl.store.read_only import open_for_reading

PLAIN = {"TEXT": (str,), "INTEGER": (int,), "REAL": (int, float)}
"""Python types that a column of each declared type can hold; a damaged page may hold anything."""

Row = tuple[Any, ...]


def readable(aside: Path, select: str, kinds: tuple[str, ...]) -> Iterator[Row]:
    """Yield the readable rows: from the first up to the damage, then from the last down to it."""
    last = -1
    with suppress(sqlite3.Error, StateDamagedError), closing(open_for_reading(aside)) as old:
        old.text_factory = lambda text: text.decode("utf-8", "replace")
        with suppress(sqlite3.Error):
            for number, *row in old.execute(f"{select.replace('SELECT', 'SELECT rowid,', 1)} ORDER BY rowid"):
                last = number
                if _is_plain(row, kinds):
                    yield tuple(row)
            return
        back: list[Row] = []
        with suppress(sqlite3.Error):
            back.extend(old.execute(f"{select} WHERE rowid > ? ORDER BY rowid DESC", (last,)))
        yield from (row for row in reversed(back) if _is_plain(row, kinds))


def _is_plain(row: Row | list[Any], kinds: tuple[str, ...]) -> bool:
    return all(
        value is None or isinstance(value, PLAIN[kind]) for value, kind in zip(row, kinds, strict=True)
    )
