"""List the installed versions, and known faults among them.

Every fault in the table affects oddsctl, and has a source.
"""

from __future__ import annotations

import platform
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from typing import NamedTuple

from oddsctl import __version__
from oddsctl.doctor.findings import Finding, ok, warning

Version = tuple[int, ...]
PACKAGES = (
    "typer",
    "rich",
    "requests",
    "urllib3",
    "requests-cache",
    "diskcache",
    "platformdirs",
    "rapidfuzz",
)


class KnownFault(NamedTuple):
    """A known fault: the package, the versions, its effect on us, the remedy, and the source."""

    name: str
    is_in: Callable[[Version], bool]
    what: str
    remedy: str
    source: str


def _has_wal_reset_bug(version: Version) -> bool:
    return (
        (3, 7, 0) <= version < (3, 51, 3)
        and not (3, 44, 6) <= version < (3, 45)
        and not (3, 50, 7) <= version < (3, 51)
    )


FAULTS = (
    KnownFault(
        "sqlite",
        _has_wal_reset_bug,
        "may, very rarely, damage a database to which two processes write at once",
        "use a Python with SQLite 3.51.3, 3.50.7, 3.44.6 or later, if you can; what is damaged is moved "
        "aside and started fresh",
        "https://www.sqlite.org/wal.html#walresetbug",
    ),
    KnownFault(
        "requests",
        lambda version: version < (2, 32, 2),
        "has no get_connection_with_tls_context: a call that could not even connect counts as maybe "
        "charged, and may take too long",
        "install requests 2.32.2 or later",
        "https://github.com/psf/requests/pull/6710",
    ),
    KnownFault(
        "typer",
        lambda version: version >= (0, 29),
        "imports pydantic for any option: each command starts more than twice as slowly",
        'install "typer<0.29"',
        "measured; see pyproject.toml",
    ),
)
# CVE-2025-69872 (diskcache through 5.6.3 unpickles what it finds) does not touch us: our Disk cannot
# unpickle.
# CVE-2024-47081 (requests before 2.32.4 may read netrc for the wrong host) neither: our sessions never look
# into netrc.


def installed() -> dict[str, str]:
    """Return versions by name; "missing" for a package that is not installed."""
    found = {"oddsctl": __version__, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def examine(found: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """Yield one finding with all versions, and one for each known fault."""
    found = installed() if found is None else found
    yield ok(
        "versions",
        ", ".join(f"{name} {version}" for name, version in found.items()) + f" on {platform.system()}",
    )
    for fault in FAULTS:
        version = found.get(fault.name, "")
        if (numbers := _numbers(version)) and fault.is_in(numbers):
            yield warning("versions", f"{fault.name} {version} {fault.what} ({fault.source})", fault.remedy)


def _numbers(version: str) -> Version:
    return tuple(int(number) for number in re.findall(r"\d+", re.match(r"[\d.]*", version)[0]))  # type: ignore[index]  # it always matches
