"""Several real processes on one store: none is lost, none waits for ever, and one that dies or stands still
harms nobody.
"""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from oddsctl.domain.errors import LockTimeoutError
from oddsctl.store.disk import DiskStore
from tests.store.store_kit import WaitingClock, Worker, add_one, put
from tests.store.store_worker import TURNS


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Of a store that was closed with a count of 1 in it."""
    store = DiskStore(tmp_path / "state", WaitingClock())
    store.update("count", put(1))
    store.close()
    return tmp_path / "state"


def test_eight_that_start_at_once_on_nothing_make_one_store_and_lose_no_update(tmp_path: Path) -> None:
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker("count", tmp_path / "new" / "state")) for _ in range(8)]
        assert [worker.hear() for worker in workers] == ["ready"] * 8
        for worker in workers:
            worker.tell()
        assert [worker.hear() for worker in workers] == ["done"] * 8
        assert [worker.end() for worker in workers] == [0] * 8
    store = DiskStore(tmp_path / "new" / "state", WaitingClock())
    assert store.read("count") == 8 * TURNS
    store.close()


def test_one_killed_in_the_middle_of_a_change_loses_nothing_and_wedges_nobody(directory: Path) -> None:
    with Worker("stall", directory) as worker:
        assert worker.hear() == "inside"
        worker.signal(signal.SIGKILL)
        assert worker.end() == -signal.SIGKILL
    store = DiskStore(directory, WaitingClock())
    assert store.read("count") == 1
    assert store.update("count", add_one) == 2
    store.close()


def test_what_was_written_outlives_the_writer_however_it_dies(directory: Path) -> None:
    with Worker("spend", directory) as worker:
        assert worker.hear() == "done"
        worker.signal(signal.SIGKILL)
        assert worker.end() == -signal.SIGKILL
    store = DiskStore(directory, WaitingClock())
    assert store.read("count") == 2
    store.close()


def test_one_stopped_in_the_middle_keeps_writers_waiting_only_so_long_and_readers_not_at_all(
    directory: Path,
) -> None:
    store = DiskStore(directory, WaitingClock(), lock_wait=0.02)
    with Worker("stall", directory) as worker:
        assert worker.hear() == "inside"
        worker.signal(signal.SIGSTOP)
        newcomer = DiskStore(directory, WaitingClock(), lock_wait=0.02)
        for each in (store, newcomer):
            assert each.read("count") == 1
            assert list(each.scan("")) == ["count"]
            with pytest.raises(LockTimeoutError, match=f"{worker.pid}"):
                each.update("count", add_one)
        newcomer.close()
        worker.signal(signal.SIGCONT)
        worker.tell()
        assert worker.hear() == "done"
        assert worker.end() == 0
    assert store.update("count", add_one) == 3
    store.close()


def test_a_full_disk_is_told_loses_nothing_and_does_not_last(directory: Path) -> None:
    with Worker("fill", directory) as worker:
        for _ in range(2):
            assert worker.hear() == "STATE"
            assert "disk full" in worker.hear()
        assert worker.hear() == "there is room for this"
        assert worker.end() == 0
    store = DiskStore(directory, WaitingClock())
    assert (store.read("count"), store.read("big")) == (1, None)
    store.close()


def test_reading_what_is_there_takes_no_diskcache(directory: Path) -> None:
    """Its import and opening cost a new process twice what SQLite's does."""
    with Worker("read", directory) as worker:
        assert worker.hear() == "1"
        assert worker.hear() == "False"
        assert worker.end() == 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells a process what it has open")
def test_a_store_leaves_no_file_open_behind_not_even_one_used_by_threads(directory: Path) -> None:
    store = DiskStore(directory, WaitingClock())
    for use in (lambda: store.update("count", add_one), lambda: store.read("count")):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
    store.update("count", add_one)
    store.close()
    links = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert [link for link in links if link.is_relative_to(directory)] == []
