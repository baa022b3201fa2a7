"""Are the databases whole? Read-only: what is damaged is moved aside by the next run, not here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from oddsctl.doctor.findings import Finding, Subject, ok, problem, warning
from oddsctl.housekeeping import HTTP_CACHE
from oddsctl.store.read_only import damage

REMEDIES = {
    "cache.db": "nothing: the next run moves it aside and begins anew; credits stay on the safe side until an answer tells the balance",
    "records.db": "move it away: history begins anew, and nothing else is lost",
    HTTP_CACHE: "delete it: it only saves bytes on the wire",
}


def examine(subject: Subject) -> Iterator[Finding]:
    """A finding for each database that is not sound, or one for all."""
    there = [path for path in subject.databases if path.exists()]
    found = [finding for path in there for finding in _examined(path)]
    yield from found
    if not found:
        names = ", ".join(path.name for path in there)
        yield ok("database", f"{names}: whole" if there else "none is made yet")


def _examined(path: Path) -> Iterator[Finding]:
    try:
        if wrong := damage(path):
            yield problem("database", f"{path} is damaged: {' '.join(wrong.split())}", REMEDIES[path.name])
    except sqlite3.OperationalError as error:
        yield warning("database", f"{path} cannot be looked at now: {error}", "run `oddsctl doctor` again when nothing else runs")
