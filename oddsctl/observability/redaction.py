"""Redact the values that this process knows to be secret.

State of the whole process, as are the loggers and hooks that it guards.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO, cast

from oddsctl.domain.api_key import core
from oddsctl.observability import secret_patterns

SHORTEST = secret_patterns.SHORTEST
in_document = secret_patterns.in_document

# Re-entrant: a signal handler may print while its own thread holds the lock.
_guard = threading.RLock()
_known: set[str] = set()
_hide: Callable[[str], str] | None = None


def add_secret(value: str) -> None:
    """Treat this value as secret from now on, wherever it shows up."""
    global _hide  # noqa: PLW0603 - one process, one set of secrets
    with _guard:
        if value not in _known:
            _known.add(value)
            _hide = None


def add_secrets_of_environment(environ: Mapping[str, str]) -> None:
    """Treat secrets among the variables as such: by name, and passwords in addresses."""
    for value in secret_patterns.secrets_in(environ, _is_path):
        add_secret(value)
        # It may stand in quotes, or behind its name.
        add_secret(core(value))


def add_secrets_of_places(places: Iterable[str], environ: Mapping[str, str]) -> None:
    """Treat as secret what can be known of the places in a configuration before they are read.

    A place is `odds.key` or an entry of `notify.urls`: `env:NAME`, an address, or a source that must be read
    and is no secret itself.
    """
    for place in places:
        kind, _, name = place.partition(":")
        if kind not in ("file", "command"):
            text = environ.get(name, "").strip() if kind == "env" else place
            for value in (*secret_patterns.secrets_in_address(text), core(text)):
                add_secret(value)


def redact_values(text: str) -> str:
    """Replace known secret values and passwords in addresses."""
    global _hide  # noqa: PLW0603 - likewise: made when first needed, anew when there is another secret
    with _guard:
        _hide = _hide or secret_patterns.by_value(_known)
        hidden = _hide
    return secret_patterns.in_addresses(hidden(text))


def redact(text: str) -> str:
    """Replace known secret values, and whatever a name in the text marks as secret."""
    return secret_patterns.by_name(redact_values(text))


def _is_path(text: str) -> bool:
    """Return True if the text begins with an existing directory: a base64 key may begin with a slash too."""
    return os.path.lexists("/" + text.lstrip("/").partition("/")[0])


def spellings(value: str) -> set[bytes]:
    """Return the forms a file may hold the value in, in lower case: plain, URL-encoded, JSON-escaped."""
    import json
    from urllib.parse import quote, quote_plus

    forms = (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1])
    return {form.encode("utf-8", "surrogateescape").lower() for form in forms}


def traceback_of(error: BaseException) -> str:
    """Format the traceback as Python does, redacted."""
    import traceback

    return redact("".join(traceback.format_exception(error)))


def guard_stderr() -> None:
    """Redact everything written to stderr: by us, a library, or `logging` when it is not configured.

    Tracebacks of the main thread, other threads and destructors are redacted by name as well.
    """
    if sys.stderr is not None:
        sys.stderr = cast("TextIO", _RedactingStream(sys.stderr))
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


class _RedactingStream:
    """Stream that redacts everything written to it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        # Nobody is left to report the failure to.
        with suppress(OSError):
            self._stream.write(redact_values(text))
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if code := getattr(kind, "ends_with", 130 if issubclass(kind, KeyboardInterrupt) else 0):
        # An interruption inside a destructor: Python would otherwise continue as if nothing happened.
        os._exit(code)
    if kind is SystemExit or sys.stderr is None:
        return
    sys.stderr.write(traceback_of((error or kind()).with_traceback(trace)))
