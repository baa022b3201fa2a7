"""Restricted diskcache: text keys, JSON text values, no expiry, no eviction, no pickle, no files."""

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
    """Serializer for diskcache that replaces every method able to pickle, unpickle or touch a file."""

    def __init__(self, directory: str, **_settings: object) -> None:
        super().__init__(directory)
        self._folder = Path(directory)

    def put(self, key: str) -> tuple[str, bool]:
        return key, True

    def get(self, key: object, raw: object) -> str:
        """Return the stored key. Raises StateDamagedError for a key that is not text: it was pickled."""
        if not raw or type(key) is not str:
            raise StateDamagedError(f"{self._folder / DATABASE} holds a key that was not written by oddsctl")
        return key

    def store(self, value: JSON, read: bool, key: object = None) -> tuple[int, int, None, str]:  # noqa: ARG002  # diskcache's signature
        return 0, RAW, None, to_text(value)

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> JSON:  # noqa: ARG002  # diskcache's signature
        return value_in(mode, value, self._folder)

    def remove(self, file_path: str) -> None:
        """Do nothing. Our rows name no file, and a row that does must not get it deleted."""


def open_rows(directory: Path, wait: float) -> Any:
    """Open diskcache on `directory`, creating it when missing. Call under the lock of the store.

    diskcache writes its settings on opening and waits up to 60 s for a writer that ignores our lock, so we
    check first and wait at most `wait` seconds.

    Uses `synchronous = NORMAL` in WAL mode: commits survive a killed process, but a power cut may lose those
    since the last checkpoint. The provider's next answer reports the real balance, and FULL makes an update
    cost 6 times as much on a disk that syncs in 0.25 ms. Uses no mmap: a truncated file would raise SIGBUS
    instead of an error.
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
    """Run a diskcache transaction and raise the SQLite error that diskcache hides behind Timeout."""
    try:
        with rows.transact():
            yield
    except Timeout as timeout:
        raise timeout.__context__ or timeout from None


def _touch(path: Path) -> None:
    """Create the file, empty and with mode 0600: SQLite copies its mode to `-wal` and `-shm`.

    Never opens an existing file: closing it would drop the locks that SQLite holds on it in this process.
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
