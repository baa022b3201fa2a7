"""Run all checks: key, files, disk, databases, locks, versions.

Changes nothing; `repair` does. `clock` gets the time from a provider, through the orchestrator; `bundle`
packs the findings for support.
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
"""Checks that must find no problem before the state may be opened.

Opening would make it private, move damaged files aside and wait for locks.
"""


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """What was found at `at` (epoch seconds)."""

    findings: Sequence[Finding]
    state_dir: Path
    at: float


def examine(subject: Subject, clock: Clock) -> list[Finding]:
    """Return everything that can be found without a request.

    A check that cannot run is a finding like any other.
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
    """Run a check, up to where the system denies access."""
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
    """Return True if the state may be opened without changing what was found."""
    return not any(finding.state is Severity.PROBLEM and finding.check in _NEEDED for finding in findings)


def worst(findings: Sequence[Finding]) -> Severity:
    """Return the worst state among the findings."""
    states = {finding.state for finding in findings}
    return next((state for state in (Severity.PROBLEM, Severity.WARNING) if state in states), Severity.OK)
