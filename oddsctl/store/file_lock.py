"""Fair lock between processes, with a time limit, freed by the kernel when its owner dies.

How it works:

1. A lock is an `flock` on a file of mode 0600. The kernel frees it when its owner ends, even by `kill -9`, so
   no lock needs an expiry and none can be orphaned.
2. `flock` has no time limit, so a waiter tries without blocking and naps between tries until its deadline.
   Naps grow by 2 % up to 10 ms: waiting for a stopped process must not use a whole core.
3. A plain `flock` is unfair: its last holder takes it again before the others wake. In a tight loop of 8
   processes one got 6 times the turns of another. So there are two files: `NAME.turn` and `NAME`. A process
   holds the turn first, and only the holder of the turn tries for the lock. Whoever just had the lock must
   queue for the turn again. Turns then differ by about a tenth, for a quarter of the throughput.
4. The turn is released as soon as the lock is held, so the next waiter is ready when the lock is freed.
5. A lock counts only if the path still leads to the locked file. A lock on a moved or deleted file would
   exclude nobody, so the file is reopened, at most REPLACED times.
6. Each `hold` opens the file anew. The open file owns the `flock`, so threads exclude each other as processes
   do.
7. The holder writes its process id into the file. It is used in messages only and decides nothing.

Reads and writes no state.
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
"""Seconds before the first retry. Only the holder of the turn tries for the lock, so it may retry more often.
"""
LONGEST_NAP = 0.01
SLOWING = 1.02
"""Growth of the nap. Without it each waiter would use a whole core while the holder is stopped."""
REPLACED = 100
"""How often a lock file may be replaced during one wait before giving up."""
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}


@contextmanager
def hold(path: Path, clock: Clock, patience: float) -> Iterator[None]:
    """Hold the lock file `path` against all other processes and threads.

    Creates the file with mode 0600. Raises LockTimeoutError after `patience` seconds, StateUnwritableError
    when the file cannot be created or locked.
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
        # A full disk must not prevent locking; the process id is only for messages.
        with suppress(OSError):
            os.pwrite(lock, b"%-10d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(lock)


class FileLocks:
    """Named locks, as files in a directory of their own. Safe to share between threads."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    @contextmanager
    def hold(self, name: str, patience: float) -> Iterator[None]:
        """Hold the lock with this name; see `hold`."""
        make_private(self._directory)
        file = sha256(name.encode()).hexdigest()[:16]
        with hold(self._directory / f"{file}.lock", self._clock, patience):
            yield


def _take(path: Path, nap: float, clock: Clock, deadline: float) -> int:
    """Open and lock the file at `path`; return its descriptor.

    Raises TimeoutError at the deadline, OSError when the file keeps being replaced.
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
    raise OSError(errno.ESTALE, "the file keeps being replaced")


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
