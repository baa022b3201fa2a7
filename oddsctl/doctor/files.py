"""Check our own files: who may read them, and whether one holds the key. Changes no mode, owner or byte."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from oddsctl.doctor.findings import Finding, Subject, ok, problem, warning
from oddsctl.observability import redaction
from oddsctl.store.state_dir import REMEDY, fault

CHUNK = 1 << 20
NAMED = 3
"""How many files a message names; the rest are counted."""


def permissions(subject: Subject) -> Iterator[Finding]:
    """Check that directories are 0700 and files 0600, all ours."""
    directory = subject.state_dir
    if not os.path.lexists(directory) and os.access(_nearest(directory), os.X_OK):
        yield ok("permissions", f"{directory} does not exist yet: the first run creates it, private to you")
        return
    if wrong := fault(directory):
        yield problem("permissions", wrong.message, wrong.hint or REMEDY)
        return
    found = [
        path for path in (directory, *sorted(directory.rglob("*")), *subject.logs) if not path.is_symlink()
    ]
    foreign, open_ones = _not_ours(found), _open_to_others(found)
    if foreign:
        yield problem(
            "permissions",
            f"{_named(foreign)} belong to another user",
            f"run: sudo chown -R {os.geteuid()} {directory}",
        )
    if open_ones:
        yield problem(
            "permissions",
            f"{_named(open_ones)} can be read by other users",
            f"run: oddsctl doctor --repair (or chmod -R go= {_common(open_ones, directory)})",
        )
    if not foreign and not open_ones:
        yield ok("permissions", f"{directory} and what is in it ({len(found) - 1}) are private to you")


def _nearest(directory: Path) -> Path:
    """Return the first parent directory that can be seen."""
    return next(path for path in directory.parents if os.path.lexists(path))


def leaks(subject: Subject) -> Iterator[Finding]:
    """Search our files and the configuration for the key."""
    if subject.demo:
        return
    key = subject.key
    if not isinstance(key, str):
        yield ok("secrets", "no key to search for")
        return
    if len(key) < redaction.SHORTEST:
        yield warning(
            "secrets",
            "the key is too short to search for",
            "check what odds.key points to: no key is that short",
        )
        return
    searched, found = _searched(subject), []
    needles = redaction.spellings(key)
    for path in searched:
        with suppress(OSError):
            if holds(path, needles) or _holds_in_a_row(path, needles):
                found.append(path)
    if found:
        yield problem(
            "secrets",
            f"the key is in {_named(found)}",
            "remove it there (delete the file, if it is in the state directory, and report this), then "
            "get a new key",
        )
    else:
        yield ok("secrets", f"the key is in none of {len(searched)} files (state, configuration, log)")


def holds(path: Path, needles: set[bytes]) -> bool:
    """Return True if one of the needles (lower case) is in the file, in any letter case.

    Reads in pieces, so any size will do.
    """
    overlap = max(map(len, needles)) - 1
    with path.open("rb") as file:
        return any(needle in piece for piece in _pieces(file, overlap) for needle in needles)


def _pieces(file: IO[bytes], overlap: int) -> Iterator[bytes]:
    end = b""
    while more := file.read(CHUNK):
        piece = end + more.lower()
        yield piece
        end = piece[-overlap:] if overlap else b""


def _holds_in_a_row(path: Path, needles: set[bytes]) -> bool:
    """Return True if SQLite split one of the needles over several pages."""
    if path.suffix not in (".db", ".sqlite"):
        return False
    import sqlite3

    from oddsctl.store.read_only import cells

    # Another check reports a damaged database.
    with suppress(sqlite3.Error):
        return any(needle in cell for cell in cells(path) for needle in needles)
    return False


def _searched(subject: Subject) -> list[Path]:
    """Yield all our files, except the one that is meant to hold the key."""
    kind, _, name = subject.loaded.settings.odds.key.partition(":")
    files = [path for path in subject.state_dir.rglob("*") if path.is_file()]
    files += [path for path in (subject.loaded.path, *subject.logs) if path is not None and path.is_file()]
    own = Path(name).expanduser().absolute() if kind == "file" else None
    return [path for path in dict.fromkeys(path.absolute() for path in files) if path != own]


def _not_ours(paths: list[Path]) -> list[Path]:
    return [path for path in paths if (found := _status(path)) and found.st_uid != os.geteuid()]


def _open_to_others(paths: list[Path]) -> list[Path]:
    return [path for path in paths if (found := _status(path)) and stat.S_IMODE(found.st_mode) & 0o077]


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        # The file disappeared meanwhile.
        return None


def _common(paths: list[Path], directory: Path) -> str:
    inside = all(path == directory or directory in path.parents for path in paths)
    return str(directory) if inside else " ".join(map(str, paths[:NAMED]))


def _named(paths: list[Path]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return ", ".join(map(str, paths[:NAMED])) + more
