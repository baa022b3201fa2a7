"""Turn notices into log records: to stderr for people watching, as JSON lines to a file for later.

Never logs a secret; decides nothing. Handles the loggers of libraries as well. Redaction sits on the
handlers, because a filter on a logger does not see records of its children.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from oddsctl import __version__
from oddsctl.clock import SystemClock
from oddsctl.domain import characters, settings
from oddsctl.domain.errors import LockTimeoutError, OddsctlError, StateError
from oddsctl.domain.notices import (
    BoardReceived,
    Booked,
    CallFinished,
    ClockCompared,
    Failed,
    HealthChecked,
    Joined,
    Notice,
    PickFound,
    Planned,
    RequestFinished,
    Retried,
    Served,
    Settled,
    Waited,
    Warned,
    WindowMissed,
    WindowUnpriced,
)
from oddsctl.domain.settings import NO_FILE
from oddsctl.observability import redaction
from oddsctl.store.file_lock import FileLocks
from oddsctl.store.state_dir import LOCKS

LOGGER = logging.getLogger("oddsctl")
LONGEST_TEXT = 8192
"""Longest message or traceback in the file, in characters; cut after redaction, never before."""
PATIENCE = 0.5
"""Seconds to wait for another process that rotates the file. After that, the old file is used."""
SHOWN_ELSEWHERE = {"told": True}
"""Marks records that the user sees elsewhere: they go to the file only."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What each line of the file says about this run."""

    command: str
    demo: bool


@contextmanager
def logging_to(
    log: settings.LogSettings, state_dir: Path, run: RunInfo, verbosity: int, warn: Callable[[str], None]
) -> Iterator[Callable[[Notice], None]]:
    """Log until the block ends, including an error that ends it; yield the listener for notices.

    `verbosity` 0 prints nothing on stderr, 1 INFO, more DEBUG. `warn` is called once if the file cannot be
    written.
    """
    handlers: list[logging.Handler] = []
    if verbosity:
        handlers.append(_to_stderr(verbosity))
    if log.file != NO_FILE:
        handlers.append(_JsonLinesHandler(log, FileLocks(state_dir / LOCKS, SystemClock()), run, warn))
        handlers[-1].setLevel(log.level.upper())
    root, level, raising = logging.getLogger(), logging.getLogger().level, logging.raiseExceptions
    for handler in handlers:
        handler.addFilter(without_secrets)
        root.addHandler(handler)
    root.setLevel(min(handler.level for handler in handlers))
    # Otherwise a record that cannot be written would be printed unredacted.
    logging.raiseExceptions = False
    LOGGER.debug("oddsctl %s: %s", __version__, run.command)
    try:
        yield hear
    except OddsctlError as error:
        # A named error needs no traceback.
        LOGGER.error("%s: %s", error.code, error.message, extra=SHOWN_ELSEWHERE)  # noqa: TRY400
        raise
    except Exception:
        LOGGER.exception("a bug", extra=SHOWN_ELSEWHERE)
        raise
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)
        logging.raiseExceptions = raising


def hear(notice: Notice) -> None:
    """Log a notice as a record."""
    level = logging.INFO
    if isinstance(notice, Warned | Failed | Retried):
        level = logging.WARNING
    elif isinstance(notice, ClockCompared):
        level = logging.DEBUG
    LOGGER.log(
        level,
        "%s",
        characters.printable_line(describe(notice)),
        extra=SHOWN_ELSEWHERE if isinstance(notice, Warned) else None,
    )


def without_secrets(record: logging.LogRecord) -> bool:
    """Redact the whole record: text with arguments, exception and stack.

    Later handlers see it redacted. Also escapes terminal control characters.
    """
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001 - whatever a library logs wrongly must not show its arguments elsewhere
        text = f"{record.msg} {record.args!r}"
    record.msg, record.args = characters.escaped(redaction.redact(text)), None
    if record.exc_info and record.exc_info[1] is not None and not record.exc_text:
        record.exc_text = redaction.traceback_of(record.exc_info[1])
    elif record.exc_text:
        record.exc_text = redaction.redact(record.exc_text)
    record.exc_info = None
    if record.stack_info:
        record.stack_info = redaction.redact(record.stack_info)
    return True


def _to_stderr(verbosity: int) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: not getattr(record, "told", False))
    handler.setLevel(logging.INFO if verbosity == 1 else logging.DEBUG)
    if verbosity > 1:
        handler.setFormatter(
            logging.Formatter("%(asctime)s.%(msecs)03d %(levelname)s %(name)s: %(message)s", "%H:%M:%S")
        )
    return handler


class _JsonLinesHandler(logging.Handler):
    """Write one JSON line a record to a file that any number of processes append to and rotate.

    Opens the file for each line: a process that kept it open would write into the rotated file.
    """

    def __init__(
        self, log: settings.LogSettings, locks: FileLocks, run: RunInfo, warn: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._log, self._locks, self._run, self._warn = log, locks, run, warn
        self._broken = False

    def emit(self, record: logging.LogRecord) -> None:
        if self._broken:
            return
        try:
            line = self._line(record)
            if self._is_full(len(line)):
                self._rotate(len(line))
            _append(self._log.file, line)
        except OSError as error:
            self._broken = True
            self._warn(f"no log is kept: {self._log.file} cannot be written ({error.strerror})")

    def _line(self, record: logging.LogRecord) -> bytes:
        moment = (
            datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z")
        )
        told: dict[str, object] = {"time": moment, "level": record.levelname.lower(), "logger": record.name}
        told |= {
            "pid": record.process,
            "command": self._run.command,
            "message": record.getMessage()[:LONGEST_TEXT],
        }
        if record.exc_text:
            told["exception"] = record.exc_text[-LONGEST_TEXT:]
        if self._run.demo:
            told["demo"] = True
        return characters.escaped(json.dumps(told, ensure_ascii=False)).encode("utf-8", "replace") + b"\n"

    def _is_full(self, more: int) -> bool:
        try:
            found = self._log.file.stat()
        except FileNotFoundError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size > 0 and found.st_size + more > self._log.max_size

    def _rotate(self, more: int) -> None:
        """Rotate the file, unless another process did so meanwhile."""
        with suppress(LockTimeoutError, StateError), self._locks.hold(f"log {self._log.file}", PATIENCE):
            if self._is_full(more):
                rotate(self._log.file, self._log.keep)


def rotate(file: Path, keep: int) -> None:
    """Rename FILE.2 to FILE.3, FILE.1 to FILE.2 and FILE to FILE.1; delete the oldest beyond `keep`."""
    kept_files = [file, *(file.with_name(f"{file.name}.{number}") for number in range(1, keep + 1))]
    for newer, older in zip(kept_files[-2::-1], kept_files[:0:-1], strict=True):
        with suppress(FileNotFoundError):
            newer.replace(older)
    if keep == 0:
        file.unlink(missing_ok=True)


def _append(file: Path, line: bytes) -> None:
    """Append in a single write, so that lines of several processes never mix."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Without O_NONBLOCK, opening a pipe that nobody reads would block.
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
    try:
        os.write(handle, line)
    finally:
        os.close(handle)


def describe(notice: Notice) -> str:  # noqa: C901, PLR0911, PLR0912 - a case a notice
    """Describe a notice in one line for people."""
    match notice:
        case Served(job, reason, age):
            return f"{job.key}: {reason}, {age:.0f} s old"
        case Waited(api, seconds):
            return f"{api}: waiting {seconds:.1f} s for the rate limit"
        case Booked(_, job, price, purpose):
            return f"{job.key}: asking ({price} credits, {purpose})"
        case Settled(_, job, status, spent, seconds):
            cost = "perhaps charged" if spent is None else f"{spent} credits"
            return f"{job.key}: {status or 'no answer'} after {seconds * 1000:.0f} ms, {cost}"
        case BoardReceived(_, games):
            return (
                f"a board of {len(games)} games, {sum(bool(game.markets) for game in games)} of them "
                "with prices"
            )
        case ClockCompared(api, ahead):
            return f"{api}: our clock is {abs(ahead):.0f} s {'ahead' if ahead >= 0 else 'behind'}"
        case Retried(job, error, seconds):
            return f"{job.key}: {error.code}, again after {seconds:.1f} s"
        case Joined(job, seconds):
            return f"{job.key}: another process was asking the same, waited {seconds:.1f} s"
        case RequestFinished(_, outcome):
            return f"{outcome.job.key}: {outcome.reason}"
        case Planned(wishes, missing):
            return f"{wishes} wishes, {wishes - missing} answered by the store"
        case CallFinished(job, wants):
            return f"{job.key}: done, for {wants} wishes"
        case Failed(job, error):
            return f"{job.key}: {error.message}"
        case Warned(text):
            return text
        case HealthChecked(api, status, reason):
            return f"{api}: {status}" + (f", {reason}" if reason else "")
        case WindowMissed(_, game, _, window, reason):
            return f"{game}: the window {window / 60:.0f} min before it was missed, {reason}"
        case WindowUnpriced(_, game, window, why):
            return f"{game}: no prices for its {window} window, {why}"
        case PickFound(_, game, _, market, outcome, _, price, bookmaker):
            return f"{game}: pick {outcome} ({market}) at {price:.2f}, {bookmaker}"
