"""Keep bodies and validators for revalidation, in requests-cache's SQLite file. Decides no freshness.

Uses the backend of requests-cache but not its session, which reads bodies without a limit and loses an answer
it cannot store. Requests arrive here without their secret parameters, so nothing needs redacting.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import requests
    from requests_cache.backends.sqlite import SQLiteCache
    from requests_cache.models.response import CachedResponse

T = TypeVar("T")

# Entries never expire; a file larger than this is emptied.
_FILE_BYTES = 64 * 1024 * 1024
# Balance headers are not kept: those of a 304 must be the live ones.
_KEPT_HEADERS = (
    "etag",
    "last-modified",
    "content-type",
)
_DIGEST = "x-body-sha256"


class Stored:
    """A complete body and the validators to send for revalidation."""

    def __init__(self, response: CachedResponse) -> None:
        self.body: bytes = response.content
        self.headers = {
            name.lower(): value for name, value in response.headers.items() if name.lower() in _KEPT_HEADERS
        }
        names = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
        self.validators = {names[name]: value for name, value in self.headers.items() if name in names}


class RevalidationCache:
    """requests-cache's SQLite file, best effort.

    Raises nothing and limits every wait. Warns once about what it cannot do.
    """

    def __init__(self, file: Path, patience: float, warn: Callable[[str], None]) -> None:
        self._file = file
        self._patience = patience
        self._warn = warn
        self._lock = threading.Lock()
        self._cache: SQLiteCache | None = None
        self._is_of: tuple[int, int] | None = None
        self._usable = True

    def find(self, request: requests.PreparedRequest) -> Stored | None:
        """Return what is stored for this request, if the entry is unchanged since."""
        if self._cache is None and not self._file.exists():
            # Without a file there is nothing to find, and importing requests-cache is slow.
            return None

        def read(cache: SQLiteCache) -> CachedResponse | None:
            try:
                return cache.get_response(cache.create_key(request))
            except (sqlite3.Error, OSError):
                raise
            except Exception:  # noqa: BLE001  a row can be broken in any way; it is then as good as none
                return None

        found = self._attempt(read)
        if found is None or hashlib.sha256(found.content or b"").hexdigest() != found.headers.get(_DIGEST):
            return None
        return Stored(found)

    def keep(self, request: requests.PreparedRequest, headers: Mapping[str, str], body: bytes) -> None:
        """Store a 200 that can be revalidated and is complete JSON.

        A truncated body would return with each 304, for ever.
        """
        kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        if not kept.keys() - {"content-type"} or not _is_json(body):
            return
        from requests.structures import CaseInsensitiveDict
        from requests_cache.models.request import CachedRequest
        from requests_cache.models.response import CachedResponse

        kept[_DIGEST] = hashlib.sha256(body).hexdigest()
        url = request.url or ""
        response = CachedResponse(
            status_code=200,
            url=url,
            headers=CaseInsensitiveDict(kept),
            content=body,
            request=CachedRequest(method="GET", url=url),
        )
        self._attempt(lambda cache: cache.save_response(response, cache.create_key(request)))

    def close(self) -> None:
        with self._lock:
            self._let_go()

    def _attempt(self, work: Callable[[SQLiteCache], T]) -> T | None:
        with self._lock:
            for may_renew in (True, False):
                if not self._usable:
                    break
                try:
                    return work(self._opened())
                except (sqlite3.Error, OSError) as error:
                    self._let_go()
                    self._usable = may_renew and _is_damage(error) and self._renewed()
                    if not self._usable:
                        self._warn(
                            f"the HTTP cache {self._file} cannot be used, going on without it: {error}"
                        )
            return None

    def _opened(self) -> SQLiteCache:
        if self._cache is not None and _identity(self._file) != self._is_of:
            # The file was moved, deleted or replaced; all processes must use the same one.
            self._let_go()
        if self._cache is None:
            from requests_cache.backends.sqlite import SQLiteCache

            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._file.exists():
                # Logs of a deleted file must not be applied to the new one.
                for end in ("-wal", "-shm"):
                    self._file.with_name(self._file.name + end).unlink(missing_ok=True)
            self._file.touch(mode=0o600)
            self._file.chmod(0o600)
            self._cache = SQLiteCache(
                self._file, serializer="json", wal=True, timeout=self._patience, factory=_StrictConnection
            )
            self._is_of = _identity(self._file)
            if self._file.stat().st_size > _FILE_BYTES:
                self._cache.responses.clear()  # type: ignore[no-untyped-call]  # requests-cache's
        return self._cache

    def _renewed(self) -> bool:
        """Delete a damaged file and return True if it is gone: it is only a cache."""
        try:
            for end in ("", "-wal", "-shm"):
                self._file.with_name(self._file.name + end).unlink(missing_ok=True)
        except OSError:
            return False
        self._warn(f"the HTTP cache {self._file} was damaged; a new one is begun")
        return True

    def _let_go(self) -> None:
        if self._cache is not None:
            self._cache.close()  # type: ignore[no-untyped-call]  # likewise
            self._cache = None


class _CacheError(sqlite3.DatabaseError):
    """The database is locked, full or not writable. Not an OperationalError, see below."""


class _StrictConnection(sqlite3.Connection):
    """SQLite connection that raises every error.

    On an OperationalError requests-cache waits for ever (at BEGIN) or drops the write (at COMMIT).
    """

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        try:
            return super().execute(sql, parameters)
        except sqlite3.OperationalError as error:
            # requests-cache tests whether a column exists by adding it.
            if sql.startswith("ALTER TABLE"):
                raise
            raise _CacheError(str(error)) from error

    def commit(self) -> None:
        try:
            super().commit()
        except sqlite3.OperationalError as error:
            raise _CacheError(str(error)) from error


def _identity(file: Path) -> tuple[int, int] | None:
    """Identify the file that the path leads to now by device and inode; None when there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_damage(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True
