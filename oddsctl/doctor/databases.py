"""Check that the databases are sound and their rows readable.

Read-only: `doctor --repair` moves damaged ones aside.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from oddsctl.doctor.findings import Finding, Subject, ok, problem, warning
from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.ports import JSON
from oddsctl.records import database as records
from oddsctl.state import accounts, counters, prefetch_notes, queue
from oddsctl.store import database
from oddsctl.store.codec import from_text
from oddsctl.store.codec_scalars import DecodeError
from oddsctl.store.database import DATABASE
from oddsctl.store.read_only import damage, reading
from oddsctl.store.state_dir import HTTP_CACHE
from oddsctl.store.state_errors import too_new

REPAIR = "run: oddsctl doctor --repair"
REMEDIES = {
    DATABASE: f"{REPAIR} (moves it aside and keeps what is readable; scheduled calls wait until the "
    "provider reports the balance)",
    records.FILE: f"{REPAIR} (moves it aside and keeps what is readable)",
    HTTP_CACHE: f"{REPAIR} (deletes it: it only saves bytes on the wire)",
}
ROWS: dict[str, Callable[[JSON], object]] = {
    queue.KEY: queue.decoded,
    prefetch_notes.KEY: prefetch_notes.decoded,
    counters.KEY: counters.decoded,
}
"""How to decode the rows that the program depends on."""


def examine(subject: Subject) -> Iterator[Finding]:
    """Yield a finding for each unsound database, or one for all."""
    there = [path for path in subject.databases if path.exists()]
    found = [finding for path in there for finding in _examined(path)]
    yield from found
    if records.FILE in [path.name for path in there] and DATABASE not in [path.name for path in there]:
        lost = f"{subject.state_dir / DATABASE} is missing although there is a history"
        yield warning(
            "database",
            lost,
            "nothing: the next run starts fresh, and scheduled calls wait until the provider reports the "
            "balance",
        )
    elif not found:
        names = ", ".join(path.name for path in there)
        yield ok("database", f"{names}: whole" if there else "none exists yet")


def _examined(path: Path) -> Iterator[Finding]:
    try:
        if wrong := damage(path) or _missing(path):
            yield problem("database", f"{path} is damaged: {' '.join(wrong.split())}", REMEDIES[path.name])
        elif path.name == DATABASE:
            yield from _rows(path)
    except OddsctlError as error:
        yield problem("database", error.message, error.hint or REPAIR)
    except sqlite3.OperationalError as error:
        yield warning(
            "database",
            f"{path} cannot be checked now: {error}",
            "run `oddsctl doctor` again when no other oddsctl runs",
        )


def _missing(path: Path) -> str | None:
    """Return what is missing of our tables. Raises `StateTooNewError` for a newer format."""
    if path.name == HTTP_CACHE:
        return None
    with reading(path) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > (database.VERSION if path.name == DATABASE else records.TABLES.version):
            raise too_new(str(path), version)
        if path.name == records.FILE:
            return records.TABLES.lacking(connection, version)
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'Cache'").fetchone()
    return None if known else "it holds no table of oddsctl's"


def _rows(path: Path) -> Iterator[Finding]:
    """Yield findings on rows that cannot be read."""
    with reading(path) as connection:
        connection.text_factory = _text
        rows = connection.execute("SELECT key, mode, value FROM Cache WHERE raw = 1").fetchall()
    for key, mode, value in rows:
        try:
            found = from_text(value) if mode == database.RAW and isinstance(value, str) else None
        except DecodeError:
            found = None
        if found is None:
            yield problem(
                "database",
                f"{path} is damaged: the row {str(key)[:80]!r} in it cannot be read",
                REMEDIES[DATABASE],
            )
            return
        try:
            if str(key).startswith(accounts.ROOTS):
                accounts.decoded(key, found)
            elif key in ROWS:
                ROWS[key](found)
        except OddsctlError as error:
            yield problem(
                "database",
                error.message,
                f"{REPAIR} (keeps it under another key)"
                if "newer" not in error.message
                else error.hint or "",
            )


def _text(stored: bytes) -> str | None:
    """Decode the text; None if it is not text, since a damaged page may hold anything."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return None
