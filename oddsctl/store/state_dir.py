"""A directory that is ours alone. What is in its files may not enter."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from oddsctl.domain.errors import StateError, StateUnwritableError

REMEDY = "name a directory of your own in store.state_dir"
NAMED = 3
"""How many entries a message names."""

_SIGNS = re.compile(r"(?:store|records|[0-9a-f]{16})\.lock")
"""A file that only we make: one in a directory shows that it is ours, whatever else the user has put
there.
"""
_OURS = re.compile(r"(?:cache|records|history)\.(?:db|new).*|http\.sqlite.*|.*\.lock(?:\.turn)?|locks|demo")
_NOBODYS = re.compile(r"lost\+found|\.DS_Store|\.(?:git)?keep|\.nfs.*|\.Trash.*|\.snapshots?")
"""What is in an empty directory: the root of a volume, one that a desktop has shown, one that a repository
keeps.
"""

StateIdentity = tuple[int, int]
"""Device and inode: which file a path leads to."""


def identity(path: Path) -> StateIdentity | None:
    """Which file the path leads to now; None where there is none.

    A file that was moved, deleted or replaced has another.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make_private(directory: Path) -> None:
    """Make `directory` where it is missing, parents included, and see that it is ours and closed to others
    (0700).

    One of ours that is open to others is closed. Safe when several processes start at once. Raises StateError
    for one that `fault` finds fault with, and changes nothing there.
    """
    try:
        missing = [each for each in (directory, *directory.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
        if wrong := fault(directory):
            raise wrong
        if directory.stat().st_mode & 0o077:
            directory.chmod(0o700)
    except OSError as error:
        raise StateUnwritableError(f"cannot use {_said(directory)}: {error.strerror}", hint=REMEDY) from error


def fault(directory: Path) -> StateError | None:
    """Why a directory that is there cannot be ours, if it cannot.

    Changes nothing; raises OSError where it cannot be looked at.
    """
    found = directory.stat()
    if not stat.S_ISDIR(found.st_mode):
        return StateError(f"{directory} is not a directory", hint=REMEDY)
    if found.st_uid != os.geteuid():
        remedy = (
            f"run: sudo chown -R {os.geteuid()} {directory}"
            if os.geteuid()
            else "run oddsctl as that user, without sudo"
        )
        return StateError(
            f"{directory} belongs to another user (uid {found.st_uid})", hint=f"{remedy}; or {REMEDY}"
        )
    if found.st_mode & stat.S_ISVTX:
        return StateError(f"{directory} is shared by all users", hint=REMEDY)
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        return StateUnwritableError(
            f"{directory} may not be read or written", hint=f"make it so, or {REMEDY}"
        )
    if others := sorted(strangers(os.listdir(directory))):  # noqa: PTH208 - names only, however many
        named = ", ".join(others[:NAMED]) + (", …" if len(others) > NAMED else "")
        return StateError(
            f"{directory} holds other things ({named}) and is no state directory of oddsctl",
            hint=f"name an empty directory in store.state_dir, such as {directory / 'oddsctl'}",
        )
    return None


def strangers(names: Iterable[str]) -> list[str]:
    """Of the names in a directory those that are not ours; none when the directory is known to be ours."""
    entries = list(names)
    if any(_SIGNS.fullmatch(name) for name in entries):
        return []
    return [name for name in entries if not _OURS.fullmatch(name) and not _NOBODYS.fullmatch(name)]


def _said(directory: Path) -> str:
    """The directory as a message names it.

    Asks `os.path`, which takes any path: pathlib raises for one that the system refuses.
    """
    if os.path.islink(directory) and not os.path.exists(directory):  # noqa: PTH110, PTH114
        return f"{directory}, a link to {directory.readlink()}, which is not there"
    return str(directory)


HTTP_CACHE = "http.sqlite"
"""Raw bodies and validators for the wire; the file can be dropped at any time."""
