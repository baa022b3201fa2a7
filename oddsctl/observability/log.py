"""What happens, as log records: to stderr for who watches, as JSON lines to a file for who looks later.

Never a secret; decides nothing.

Loggers of libraries come along. Redaction sits on the handlers, since a filter of a logger sees no record of
those below it.
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

LOGGER = logging.getLogger("oddsctl")
LONGEST_TEXT = 8192
"""Characters of one message or traceback in the file; cut after redaction, never before."""
PATIENCE = 0.5
"""Seconds to wait for another process that makes way for a new file: who cannot, writes into the old one."""
SHOWN_ELSEWHERE = {"told": True}
"""Marks what the user hears by another way: it is for the file only."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What each line of the file tells of this run."""

    command: str
    demo: bool


@contextmanager
def logging_to(
    log: settings.LogSettings, state_dir: Path, run: RunInfo, verbosity: int, warn: Callable[[str], None]
) -> Iterator[Callable[[Notice], None]]:
    """Log until the block ends, an error that ends it included; hands out the listener that turns notices
    into records.

    `verbosity` 0 is for nothing on stderr, 1 for INFO, more for DEBUG. `warn` is told once when the file
    cannot be written.
    """
    handlers: list[logging.Handler] = []
    if verbosity:
        handlers.append(_to_stderr(verbosity))
    if log.file != NO_FILE:
        handlers.append(_JsonLinesHandler(log, FileLocks(state_dir / "locks", SystemClock()), run, warn))
        handlers[-1].setLevel(log.level.upper())
    root, level, raising = logging.getLogger(), logging.getLogger().level, logging.raiseExceptions
    for handler in handlers:
        handler.addFilter(without_secrets)
        root.addHandler(handler)
    root.setLevel(min(handler.level for handler in handlers))
    logging.raiseExceptions = False  # or a record that cannot be written would be shown as it is
    LOGGER.debug("oddsctl %s: %s", __version__, run.command)
    try:
        yield hear
    except OddsctlError as error:
        LOGGER.error("%s: %s", error.code, error.message, extra=SHOWN_ELSEWHERE)  # noqa: TRY400 - what has a name needs no traceback
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
    """A notice as a record."""
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
    """Put the whole record through the redaction: text with arguments, exception, stack.

    All handlers after this one see it so.

    What steers a terminal is escaped in its text.
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
    """A JSON line a record, in a file that any number of processes append to and any of them rotates.

    The file is opened for each line: whoever holds an old one open would go on writing into what was rotated
    away.
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
        """Make way for a new file, unless another process has done so meanwhile."""
        with suppress(LockTimeoutError, StateError), self._locks.hold(f"log {self._log.file}", PATIENCE):
            if self._is_full(more):
                rotate(self._log.file, self._log.keep)


def rotate(file: Path, keep: int) -> None:
    """FILE.2 becomes FILE.3, FILE.1 becomes FILE.2, FILE becomes FILE.1; the one that is too many goes."""
    kept_files = [file, *(file.with_name(f"{file.name}.{number}") for number in range(1, keep + 1))]
    for newer, older in zip(kept_files[-2::-1], kept_files[:0:-1], strict=True):
        with suppress(FileNotFoundError):
            newer.replace(older)
    if keep == 0:
        file.unlink(missing_ok=True)


def _append(file: Path, line: bytes) -> None:
    """One write, at the end, whoever else writes."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(
        file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600
    )  # a pipe that nobody reads is an error
    try:
        os.write(handle, line)
    finally:
        os.close(handle)


def describe(notice: Notice) -> str:  # noqa: C901, PLR0911, PLR0912 - a case a notice
    """One line for people."""
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
