"""A lock between processes that the kernel frees when its owner dies, with a bounded wait and a fair turn.

No state may enter.

A blocking `flock` has no time limit, and whoever lets go of it takes it again before the others wake: of 8
processes in a tight loop one had 6 times the turns of another. So there are two locks: only the holder of the
turn may try for the lock itself, and who has just had it must get in line for the turn. 8 processes then
differ by about a tenth, for a quarter of the throughput.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from oddsctl.domain.errors import LockTimeoutError, StateUnwritableError
from oddsctl.domain.ports import Clock
from oddsctl.store.state_dir import identity, make_private
from oddsctl.store.state_errors import unlockable

TURN_NAP = 0.0005
LOCK_NAP = 0.0001
"""Seconds before the first new try. The holder of the turn is next, and alone: it may look more often."""
LONGEST_NAP = 0.01
SLOWING = 1.02
"""A holder that takes long is asked ever more seldom, or each waiter would burn a core on a stopped
process.
"""
REPLACED = 100
"""How often a lock file may be replaced while one waits for it."""
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}


@contextmanager
def hold(path: Path, clock: Clock, patience: float) -> Iterator[None]:
    """Hold the lock `path` (a file made 0600 when missing) against all processes and all other threads of
    this one.

    Raises LockTimeoutError after `patience` seconds, StateError where there can be no such file.
    """
    deadline = clock.monotonic() + patience
    try:
        turn = _take(path.with_name(f"{path.name}.turn"), TURN_NAP, clock, deadline)
        try:
            lock = _take(path, LOCK_NAP, clock, deadline)
        finally:
            os.close(turn)
    except TimeoutError:
        raise LockTimeoutError(
            f"another process{_last_holder(path)} has kept {path} locked"
            + (f" for {patience:.3g} s" if patience else ""),
            hint="if it is stopped, continue or end it; --wait sets for how long to wait",
        ) from None
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise unlockable(path.parent, "file locks", error) from error
        raise StateUnwritableError(
            f"cannot lock {path}: {error.strerror}", hint="name another directory in store.state_dir"
        ) from error
    try:
        with suppress(OSError):  # a full disk must not keep anyone from the lock
            os.pwrite(lock, b"%-10d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(lock)


class FileLocks:
    """Locks by name, as files in a directory of their own. For any number of threads."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    @contextmanager
    def hold(self, name: str, patience: float) -> Iterator[None]:
        """Hold the lock of that name; see `hold`."""
        make_private(self._directory)
        file = sha256(name.encode()).hexdigest()[:16]
        with hold(self._directory / f"{file}.lock", self._clock, patience):
            yield


def _take(path: Path, nap: float, clock: Clock, deadline: float) -> int:
    """The open, locked file, which is the one that `path` leads to: a lock on a file that was moved or
    deleted would exclude nobody.

    It is opened anew each time: an open file is the owner of a `flock`, so threads exclude each other as
    well.
    """
    for _ in range(REPLACED):
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _wait_for(lock, nap, clock, deadline)
            found = os.fstat(lock)
            if identity(path) == (found.st_dev, found.st_ino):
                return lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)
    raise OSError(errno.ESTALE, "the file is replaced again and again")


def _wait_for(lock: int, nap: float, clock: Clock, deadline: float) -> None:
    """Lock the open file. Raises TimeoutError at the deadline."""
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            left = deadline - clock.monotonic()
            if left <= 0:
                raise TimeoutError from None
            clock.sleep(min(nap, left))
            nap = min(nap * SLOWING, LONGEST_NAP)
        else:
            return


def _last_holder(path: Path) -> str:
    with suppress(OSError, ValueError):
        return f" ({int(path.read_text())})" if path.is_file() else ""
    return ""
