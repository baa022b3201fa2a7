"""Looks after an installation: key, files, disk, databases, locks, versions.

Looks only, and changes nothing; `repair` does.

`clock` asks a provider for the time, through the orchestrator; `bundle` packs what was found for someone who
is to help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from oddsctl.doctor import (
    api_key,
    databases,
    files,
    leases,
    storage,
    versions,
)
from oddsctl.doctor.findings import Finding, Severity, Subject, problem
from oddsctl.domain.ports import Clock

_NEEDED = ("permissions", "file system", "database", "leases")
"""Checks without a problem in which the state may be opened: that would close it to others, move aside what
is damaged, wait for locks.
"""


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """What was found at `at` (epoch seconds)."""

    findings: Sequence[Finding]
    state_dir: Path
    at: float


def examine(subject: Subject, clock: Clock) -> list[Finding]:
    """Everything that can be found without asking anyone.

    What cannot even be looked at is a finding like any other.
    """
    checks = {
        "key": lambda: api_key.examine(subject),
        "permissions": lambda: files.permissions(subject),
        "file system": lambda: storage.examine(subject),
        "database": lambda: databases.examine(subject),
        "leases": lambda: leases.examine(subject, clock.now()),
        "versions": versions.examine,
        "secrets": lambda: files.leaks(subject),
    }
    return [finding for name, check in checks.items() for finding in _looked_at(name, check)]


def _looked_at(name: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What a check finds, up to where the system forbids it to look."""
    try:
        yield from check()
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        yield problem(
            name,
            f"cannot look{where}: {error.strerror}",
            "check its owner and permissions, or set store.state_dir",
        )


def is_usable(findings: Sequence[Finding]) -> bool:
    """Whether the state may be opened without changing what was found."""
    return not any(finding.state is Severity.PROBLEM and finding.check in _NEEDED for finding in findings)


def worst(findings: Sequence[Finding]) -> Severity:
    """The worst state among the findings."""
    states = {finding.state for finding in findings}
    return next((state for state in (Severity.PROBLEM, Severity.WARNING) if state in states), Severity.OK)
