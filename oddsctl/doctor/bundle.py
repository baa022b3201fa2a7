"""Write a support archive, with every text redacted and the home directory left out."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from oddsctl import config
from oddsctl.doctor.findings import Subject
from oddsctl.doctor.versions import installed
from oddsctl.domain.errors import StateError, UsageError
from oddsctl.observability import redaction
from oddsctl.store.read_only import reading

LAST_DECISIONS = 50
TAIL = 256 * 1024
"""Bytes of the log to include."""


def write(file: Path, subject: Subject, documents: Mapping[str, Any], now: float) -> None:
    """Write the archive (0600).

    `documents` are further ones by name, such as the findings. Raises `UsageError` rather than overwrite.
    """
    parts = {
        f"{name}.json": _dumped(document) for name, document in {**_gathered(subject), **documents}.items()
    }
    parts["log.jsonl"] = _log_tail(subject)
    packed = _packed(parts, now)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(packed)
    except FileExistsError:
        raise UsageError(f"{file} is there already and stays as it is", hint="name another file") from None
    except OSError as error:
        raise StateError(f"{file} cannot be written: {error.strerror}", hint="name another file") from None


def _gathered(subject: Subject) -> dict[str, Any]:
    return {
        "versions": installed(),
        "config": [row._asdict() for row in config.show(subject.loaded)],
        "files": _files(subject),
        "decisions": _decisions(subject),
    }


def _files(subject: Subject) -> list[dict[str, Any]]:
    """List name, size and mode of the files in the state directory."""
    told = []
    for path in (subject.state_dir, *sorted(subject.state_dir.rglob("*"))):
        with suppress(OSError):
            found = path.lstat()
            told.append(
                {
                    "path": str(path),
                    "bytes": found.st_size,
                    "mode": f"{found.st_mode & 0o7777:04o}",
                    "modified": found.st_mtime,
                }
            )
    return told


def _decisions(subject: Subject) -> list[Any]:
    """Return the last runs with their reasons, newest first."""
    records = subject.state_dir / "records.db"
    with suppress(sqlite3.Error, ValueError, OSError):
        if records.exists():
            with reading(records) as connection:
                rows = connection.execute(
                    "SELECT document FROM decisions ORDER BY rowid DESC LIMIT ?", (LAST_DECISIONS,)
                ).fetchall()
            return [json.loads(row[0]) for row in rows]
    return []


def _log_tail(subject: Subject) -> str:
    """Return the last complete lines of the log: a secret cut in half would not be recognised."""
    file = subject.loaded.settings.log.file
    if file not in subject.logs:
        return ""
    try:
        with file.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - TAIL))
            tail = log.read()
    except OSError:
        return ""
    if size > TAIL:
        tail = tail.partition(b"\n")[2]
    return "".join(f"{_line(line)}\n" for line in tail.decode("utf-8", "replace").splitlines())


def _line(line: str) -> str:
    try:
        return json.dumps(redaction.in_document(json.loads(line), _shown), ensure_ascii=False)
    except ValueError:
        return _shown(line)


def _dumped(document: Any) -> str:
    return json.dumps(redaction.in_document(document, _shown), ensure_ascii=False, indent=1) + "\n"


def _shown(text: str) -> str:
    """Redact the text, and the user's name in the path of a home directory."""
    text = redaction.redact(text)
    # Without a home directory its name cannot occur.
    with suppress(RuntimeError):
        home = str(Path.home())
        return text.replace(home, "~") if len(home) > 1 else text
    return text


def _packed(parts: Mapping[str, str], now: float) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in parts.items():
            content = text.encode("utf-8", "replace")
            member = tarfile.TarInfo(f"oddsctl-doctor/{name}")
            member.size, member.mtime, member.mode = len(content), int(now), 0o600
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()
