"""A directory that is ours alone. What lies in it may not enter."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from oddsctl.errors import StateError, StateUnwritableError

REMEDY = "name a directory of your own in store.state_dir"

Identity = tuple[int, int]
"""Device and inode: which file a path leads to."""


def identity(path: Path) -> Identity | None:
    """Which file the path leads to now; None where there is none. A file that was moved, deleted or replaced has another."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make_private(directory: Path) -> None:
    """Make `directory` where it is missing, parents included, and see that it is ours and closed to others (0700).

    One of ours that is open to others is closed, unless it is a shared one (sticky, as /tmp). Safe when several processes start at once.
    Raises StateError, also where it may not be written: SQLite must.
    """
    try:
        missing = [each for each in (directory, *directory.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
        found = directory.stat()
        if not stat.S_ISDIR(found.st_mode):
            raise StateError(f"{directory} is not a directory", hint=REMEDY)
        if found.st_uid != os.geteuid():
            raise StateError(f"{directory} belongs to another user (uid {found.st_uid})", hint=REMEDY)
        if found.st_mode & stat.S_ISVTX:
            raise StateError(f"{directory} is shared by all users", hint=REMEDY)
        if found.st_mode & 0o077:
            directory.chmod(0o700)
        if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
            raise StateUnwritableError(f"{directory} may not be read or written", hint=f"make it so, or {REMEDY}")
    except OSError as error:
        raise StateUnwritableError(f"cannot use {directory}: {error.strerror}", hint=REMEDY) from error
