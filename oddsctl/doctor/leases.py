"""Find what blocks others: locks of stopped processes, queued requests of dead ones.

Holds no lock itself.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from oddsctl.doctor.findings import Finding, Subject, ok, problem, warning
from oddsctl.domain.errors import StateDamagedError
from oddsctl.policy.request_queue import Queue
from oddsctl.state.queue import KEY
from oddsctl.store.codec import decode_or_none
from oddsctl.store.read_only import reading

LONG = 300.0
"""Seconds. No call and no transaction takes this long, retries included."""
PATIENCE = 5.0


def examine(subject: Subject, now: float) -> Iterator[Finding]:
    """Yield findings on held locks with their holders, and on queued requests that nobody works on."""
    locks = [*sorted(subject.state_dir.glob("*.lock")), *sorted(subject.state_dir.glob("locks/*.lock"))]
    found = [finding for path in locks if is_held(path) for finding in _held(path, now)]
    overdue = _overdue(subject, now)
    if overdue:
        words = f"waiting wishes that a process took up and did not finish: {overdue}"
        found.append(
            warning(
                "leases",
                words,
                "nothing: the next run that works on the queue takes them up; or run: oddsctl doctor "
                "--repair",
            )
        )
    yield from found or [ok("leases", "no process is blocked")]


def is_held(path: Path) -> bool:
    """Return True if a process holds the lock now."""
    try:
        # Opening a pipe in its place would wait for a writer.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


def _held(path: Path, now: float) -> Iterator[Finding]:
    pid = _holder(path)
    since = 0.0
    with suppress(OSError):
        # The holder writes its process id when it gets the lock.
        since = now - path.stat().st_mtime
    if pid and is_stopped(pid):
        words = f"process {pid} is stopped, and keeps {path} locked: others wait for it"
        yield problem("leases", words, f"continue it: kill -CONT {pid}, or end it: kill -KILL {pid}")
    elif since > LONG:
        who = f"process {pid}" if pid else "a process"
        yield warning(
            "leases",
            f"{who} has kept {path} locked for {since / 60:.0f} min",
            f"look at what it does: ps -p {pid or 'PID'}",
        )


def is_stopped(pid: int) -> bool:
    """Return True if the process is stopped (SIGSTOP, Ctrl-Z, a debugger)."""
    with suppress(OSError, IndexError):
        return (
            Path(f"/proc/{pid}/stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()[0]
            in "Tt"
        )
    with suppress(OSError, subprocess.TimeoutExpired):
        command = ["ps", "-o", "stat=", "-p", str(pid)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603 - a fixed command
        return done.stdout.strip().startswith("T")
    return False


def _holder(path: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(path.read_text(encoding="ascii")) if path.is_file() else None
    return None


def _overdue(subject: Subject, now: float) -> int:
    """Return queued requests whose lease is over and was not given back."""
    database = subject.databases[0]
    with suppress(sqlite3.Error, ValueError, StateDamagedError):
        if database.exists():
            with reading(database) as connection:
                row = connection.execute(
                    "SELECT value FROM Cache WHERE key = ? AND raw = 1", (KEY,)
                ).fetchone()
            queue = decode_or_none(Queue, json.loads(row[0])) if row else None
            return sum(0 < wish.leased_until <= now for wish in queue.entries) if queue else 0
    return 0
