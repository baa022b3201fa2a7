"""What this process knows to be secret, and texts without it.

For the whole process, as are the loggers and hooks that it guards.
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

_guard = threading.RLock()  # a signal handler may speak while its own thread is in here
_known: set[str] = set()
_hide: Callable[[str], str] | None = None


def add_secret(value: str) -> None:
    """From now on this value is secret, wherever it shows up."""
    global _hide  # noqa: PLW0603 - one process, one set of secrets
    with _guard:
        if value not in _known:
            _known.add(value)
            _hide = None


def add_secrets_of_environment(environ: Mapping[str, str]) -> None:
    """The secrets among the variables: by their names, and passwords in addresses."""
    for value in secret_patterns.secrets_in(environ, _is_path):
        add_secret(value)
        add_secret(core(value))  # it may stand in quotes, or behind its name


def add_secrets_of_places(places: Iterable[str], environ: Mapping[str, str]) -> None:
    """What can be known of the secrets that a configuration points to, before anyone asks for them.

    A place is `odds.key` or one of `notify.urls`: `env:NAME`, an address, or a place that must be looked into
    and is no secret itself.
    """
    for place in places:
        kind, _, name = place.partition(":")
        if kind not in ("file", "command"):
            text = environ.get(name, "").strip() if kind == "env" else place
            for value in (*secret_patterns.secrets_in_address(text), core(text)):
                add_secret(value)


def redact_values(text: str) -> str:
    """The text without the values known to be secret, and without passwords in addresses."""
    global _hide  # noqa: PLW0603 - likewise: made when first needed, anew when there is another secret
    with _guard:
        _hide = _hide or secret_patterns.by_value(_known)
        hidden = _hide
    return secret_patterns.in_addresses(hidden(text))


def redact(text: str) -> str:
    """The text without these values, nor anything that a name in it announces as secret."""
    return secret_patterns.by_name(redact_values(text))


def _is_path(text: str) -> bool:
    """Whether the text begins with a directory that is there: a key in base64 may begin with a slash as
    well.
    """
    return os.path.lexists("/" + text.lstrip("/").partition("/")[0])


def spellings(value: str) -> set[bytes]:
    """The value as it may stand in a file, in lower case: as it is, URL-encoded, escaped in JSON."""
    import json
    from urllib.parse import quote, quote_plus

    forms = (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1])
    return {form.encode("utf-8", "surrogateescape").lower() for form in forms}


def traceback_of(error: BaseException) -> str:
    """The traceback as Python prints it, redacted."""
    import traceback

    return redact("".join(traceback.format_exception(error)))


def guard_stderr() -> None:
    """Let nothing reach stderr but through here, whoever writes it: us, a library, or `logging` when nobody
    has set it up.

    Tracebacks are redacted by name as well: those of the main thread, of others, and of destructors.
    """
    if sys.stderr is not None:
        sys.stderr = cast("TextIO", _RedactingStream(sys.stderr))
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


class _RedactingStream:
    """A stream that hides what is secret from what it is given to write."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):  # nobody is left to whom it could be told
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
        os._exit(
            code
        )  # an interruption that came in the middle of a destructor: Python would go on as if it had not
    if kind is SystemExit or sys.stderr is None:
        return
    sys.stderr.write(traceback_of((error or kind()).with_traceback(trace)))
