"""diskcache, confined: rows of text keys and JSON text, never expired, never evicted.

No pickle and no file may enter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from diskcache import Cache, Disk, Timeout

from oddsctl.domain.errors import StateDamagedError, StateError, StateUnwritableError
from oddsctl.domain.ports import JSON
from oddsctl.store.codec import to_text
from oddsctl.store.database import DATABASE, RAW, connect, value_in
from oddsctl.store.state_dir import REMEDY


class JSONRows(Disk):  # type: ignore[misc]  # diskcache ships no types
    """What diskcache puts into a row and takes out of it.

    Each of its methods that could pickle, unpickle or touch a file is replaced.
    """

    def __init__(self, directory: str, **_settings: object) -> None:
        super().__init__(directory)
        self._folder = Path(directory)

    def put(self, key: str) -> tuple[str, bool]:
        return key, True

    def get(self, key: object, raw: object) -> str:
        """The key as stored. One that is no text would have been pickled: StateDamagedError."""
        if not raw or type(key) is not str:
            raise StateDamagedError(f"{self._folder / DATABASE} holds a key that was not written by oddsctl")
        return key

    def store(self, value: JSON, read: bool, key: object = None) -> tuple[int, int, None, str]:  # noqa: ARG002  # diskcache's signature
        return 0, RAW, None, to_text(value)

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> JSON:  # noqa: ARG002  # diskcache's signature
        return value_in(mode, value, self._folder)

    def remove(self, file_path: str) -> None:
        """Nothing: no row of ours names a file, and one that does must not have it deleted."""


def open_rows(directory: Path, wait: float) -> Any:
    """A Cache of diskcache on `directory`, made where it is missing.

    To be called under the lock of the store.

    diskcache writes its settings whenever it opens, and would wait 60 s for one who writes past our lock; so
    we ask first, for `wait` s.

    NORMAL in WAL mode: a commit outlives the death of the process that made it. A power cut may take those
    made since the last checkpoint (which the last process to close makes): the provider tells in its next
    answer what was spent, and FULL makes an update cost 6 times as much on a disk that syncs in 0.25 ms, most
    cost more. No mmap: a file cut short would be a SIGBUS instead of an error.
    """
    name = str(directory.absolute())
    if os.path.expandvars(name) != name:
        raise StateError(f"{name} holds the name of a variable, which diskcache would replace", hint=REMEDY)
    connection = connect(directory, wait)
    _touch(directory / DATABASE)
    if connection:
        with closing(connection):
            connection.execute("BEGIN IMMEDIATE")
    return Cache(
        name,
        timeout=wait,
        disk=JSONRows,
        statistics=0,
        tag_index=0,
        eviction_policy="none",
        cull_limit=0,
        sqlite_journal_mode="wal",
        sqlite_synchronous=1,
        sqlite_mmap_size=0,
    )


@contextmanager
def transaction(rows: Any) -> Iterator[None]:
    """A transaction of diskcache, with the error of SQLite that it hides behind its Timeout."""
    try:
        with rows.transact():
            yield
    except Timeout as timeout:
        raise timeout.__context__ or timeout from None


def _touch(path: Path) -> None:
    """Make the file, empty and 0600: SQLite gives its mode to `-wal` and `-shm`.

    One that is there is not opened: closing it again would drop the locks that SQLite holds on it elsewhere
    in this process.
    """
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StateUnwritableError(
            f"cannot make {path}: {error.strerror}", hint="free some space, or set store.state_dir"
        ) from error
