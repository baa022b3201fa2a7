"""Check and create the private directory that holds the state."""

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
"""Names that only oddsctl creates. One of them marks the directory as ours, whatever else is in it."""
_OURS = re.compile(r"(?:cache|records|history)\.(?:db|new).*|http\.sqlite.*|.*\.lock(?:\.turn)?|locks|demo")
_NOBODYS = re.compile(r"lost\+found|\.DS_Store|\.(?:git)?keep|\.nfs.*|\.Trash.*|\.snapshots?")
"""Names found in an otherwise empty directory: of a volume root, a file manager, a git repository."""

StateIdentity = tuple[int, int]
"""Device and inode: identifies the file that a path leads to."""


def identity(path: Path) -> StateIdentity | None:
    """Identify the file that the path leads to now; None when there is none.

    A moved, deleted or replaced file has another identity.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make_private(directory: Path) -> None:
    """Create `directory` with its parents, or check that it is ours; make it private (0700).

    Safe when several processes start at once. Raises StateError, changing nothing, for a directory that
    `fault` rejects.
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
    """Explain why an existing directory cannot be used; None when it can.

    Changes nothing. Raises OSError when the directory cannot be examined.
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
            f"{directory} is not readable and writable", hint=f"change its permissions, or {REMEDY}"
        )
    if others := sorted(strangers(os.listdir(directory))):  # noqa: PTH208 - names only, however many
        named = ", ".join(others[:NAMED]) + (", …" if len(others) > NAMED else "")
        return StateError(
            f"{directory} contains other files ({named}) and is not an oddsctl state directory",
            hint=f"name an empty directory in store.state_dir, such as {directory / 'oddsctl'}",
        )
    return None


def strangers(names: Iterable[str]) -> list[str]:
    """Return the names that are not ours; empty when the directory is known to be ours."""
    entries = list(names)
    if any(_SIGNS.fullmatch(name) for name in entries):
        return []
    return [name for name in entries if not _OURS.fullmatch(name) and not _NOBODYS.fullmatch(name)]


def _said(directory: Path) -> str:
    """Format the directory for a message.

    Uses `os.path`, which accepts any path; pathlib raises for one that the system refuses.
    """
    if os.path.islink(directory) and not os.path.exists(directory):  # noqa: PTH110, PTH114
        return f"{directory}, a link to {directory.readlink()}, which is not there"
    return str(directory)


LOCKS = "locks"
"""The directory of lock files."""
HTTP_CACHE = "http.sqlite"
"""Raw bodies and validators for revalidation. The file can be deleted at any time."""
