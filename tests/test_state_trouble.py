"""State that is damaged, lost or cannot be written, from the command line: what is whole is shown, what is
missing is told.
"""

from __future__ import annotations

import errno
import fcntl
import json
import mmap
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from oddsctl.cli import error_handler
from oddsctl.store.disk import DiskStore
from tests.store.store_kit import NOON, WaitingClock, put


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """The command line in this process, against the simulated world, at noon."""
    before = signal.getsignal(signal.SIGTERM)
    for owner, name in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setenv("ODDSCTL_STORE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr("time.time", lambda: NOON)

    def ran(*words: str) -> Ran:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", sys.stderr)
            code = error_handler.run_cli(["--demo", *words])
        return Ran(code, *capsys.readouterr())

    yield ran
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def state(tmp_path: Path, run: Run) -> Path:
    """The state of someone who has fetched a board."""
    assert run("fetch", "nfl").code == 0
    return tmp_path / "state" / "demo"


def one_line(ran: Ran, code: int, *words: str) -> None:
    assert (ran.code, ran.out) == (code, ""), ran
    (line,) = ran.err.splitlines()
    for word in words:
        assert word in line


def damage(database: Path) -> None:
    database.write_bytes(b"SQLite format 3\x00" + b"garbage" * 3000)


def emptied(database: Path) -> None:
    os.truncate(database, 0)


# ── history ──


def a_pipe(path: Path) -> None:
    """To open it would wait for ever."""
    path.unlink(missing_ok=True)
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize("damaged", [damage, emptied, a_pipe])
@pytest.mark.parametrize(
    "command", ["costs", "costs --format csv", "why", "stats --since 1h", "stats --by sport", "costs --json"]
)
def test_a_command_about_history_fails_where_it_cannot_be_read(
    command: str, damaged: Callable[[Path], None], state: Path, run: Run
) -> None:
    damaged(state / "records.db")
    ran = run(*command.split())
    if "--json" in command:
        assert json.loads(ran.err.splitlines()[-1])["error"] == "STATE_DAMAGED"
        ran = Ran(ran.code, ran.out, ran.err.splitlines()[0])
    one_line(ran, 74, "records.db is damaged", "doctor --repair")


@pytest.mark.parametrize("command", ["stats", "health"])
def test_what_is_whole_without_the_history_is_shown_and_what_is_missing_is_told_on_stdout(
    command: str, state: Path, run: Run
) -> None:
    damage(state / "records.db")
    ran = run(command, "--json")
    assert ran.code == 0
    assert "history cannot be read" in ran.document["warnings"][0]
    assert "history cannot be read" in run(command).out
    if command == "stats":
        assert ran.document["apis"]["odds"]["credits"]["used"] == 3
        assert (ran.document["days"], ran.document["prefetch"]["windows"]) == ([], {})


def test_metrics_have_no_numbers_that_nobody_knows(state: Path, run: Run) -> None:
    assert "oddsctl_calls_total{" in run("stats", "--prometheus").out
    damage(state / "records.db")
    ran = run("stats", "--prometheus")
    assert ran.code == 0
    assert "oddsctl_calls_total{" not in ran.out
    assert "# WARNING: history cannot be read" in ran.out
    assert "oddsctl_credits_used 3.0" in ran.out


def test_the_next_call_moves_the_damaged_history_aside_and_the_gap_is_told_in_what_is_shown(
    state: Path, run: Run
) -> None:
    damage(state / "records.db")
    ran = run("fetch", "nba", "--json")
    assert ran.code == 0
    assert sum("records.db is damaged" in line for line in ran.err.splitlines()) == 1
    costs = run("costs", "--json")
    assert (costs.code, costs.document["total"]["calls"] > 0) == (0, True)
    assert "may be incomplete" in costs.document["warnings"][0]
    assert "may be incomplete" in run("costs").out


def test_a_newer_history_is_refused_by_name_and_does_not_keep_a_board_from_being_shown(
    state: Path, run: Run
) -> None:
    with closing(sqlite3.connect(database=state / "records.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    one_line(run("costs"), 74, "records.db was written by a newer oddsctl")
    ran = run("fetch", "nfl", "--json")
    assert ran.code == 0
    assert "written by a newer oddsctl" in ran.err


# ── accounts ──


def account(state: Path) -> tuple[str, Any]:
    store = DiskStore(state, WaitingClock())
    key = next(key for key in store.scan("accounts/odds/"))
    value = store.read(key)
    store.close()
    return key, value


def write(state: Path, key: str, value: object) -> None:
    store = DiskStore(state, WaitingClock())
    store.update(key, put(value))
    store.close()


@pytest.mark.parametrize("command", ["stats", "fetch nba", "health"])
def test_an_account_of_a_newer_oddsctl_is_refused_and_not_overwritten(
    command: str, state: Path, run: Run
) -> None:
    key, value = account(state)
    assert value["version"] == 1
    write(state, key, newer := value | {"version": 2, "credits": {"of": "a later kind"}})
    ran = run(*command.split())
    assert ran.code == 74
    assert "written by a newer oddsctl" in ran.err
    assert account(state) == (key, newer)


def test_an_account_from_before_there_were_versions_is_read(state: Path, run: Run) -> None:
    key, value = account(state)
    del value["version"]
    write(state, key, value)
    assert run("stats", "--json").document["apis"]["odds"]["credits"]["used"] == 3


@pytest.mark.parametrize("command", ["stats --json", "fetch nba --json"])
def test_an_account_that_cannot_be_read_is_kept_under_another_key_and_told_once(
    command: str, state: Path, run: Run
) -> None:
    key, value = account(state)
    write(state, key, broken := value | {"credits": "lost"})
    ran = run(*command.split())
    assert ran.code == 0
    assert sum("the stored account cannot be read" in line for line in ran.err.splitlines()) == 1
    store = DiskStore(state, WaitingClock())
    (aside,) = store.scan(f"damaged/{key}/")
    assert store.read(aside) == broken
    assert store.read(key)["credits"].get("suspect", False) is (
        "stats" in command
    )  # a call has told the balance
    store.close()
    assert run("stats").err == ""


@pytest.mark.parametrize(
    ("key", "broken", "command", "kept"),
    [
        ("queue/1", {"entries": [{"job": "?"}, {"also": 3}]}, "queue", {}),
        (
            "prefetch/1",
            {"told": {"a": 1.0, "b": "?"}, "emergency_since": 5.0},
            "stats",
            {"told": {"a": 1.0}, "emergency_since": 5.0},
        ),
        ("counts/served", {"hits": 7, "misses": "?"}, "stats", {"hits": 7}),
    ],
)
def test_what_cannot_be_read_in_a_row_costs_itself_alone_and_is_kept(
    key: str, broken: object, command: str, kept: object, state: Path, run: Run
) -> None:
    write(state, key, broken)
    ran = run(command)
    assert ran.code == 0
    assert sum("cannot be read" in line for line in ran.err.splitlines()) == 1
    store = DiskStore(state, WaitingClock())
    (aside,) = store.scan(f"damaged/{key}/")
    assert (store.read(aside), store.read(key)) == (broken, kept)
    store.close()


# ── lost books ──


@pytest.mark.parametrize("lost", [emptied, damage, Path.unlink])
def test_lost_books_are_told_once_and_the_balance_is_unknown(
    lost: Callable[[Path], None], state: Path, run: Run
) -> None:
    lost(state / "cache.db")
    ran = run("stats", "--json")
    assert ran.code == 0
    assert sum("scheduled calls are paused" in line for line in ran.err.splitlines()) == 1
    assert ran.document["apis"]["odds"]["credits"]["used"] is None
    assert run("stats").err == ""


# ── what cannot be written ──


def traces(directory: Path) -> list[tuple[str, bytes]]:
    return sorted((str(path), path.read_bytes()) for path in directory.rglob("*") if path.is_file())


def read_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(os, "access", lambda *_: False)


def no_range_locks(patch: pytest.MonkeyPatch) -> None:
    """SQLite's own locks cannot be taken away in this process: another one holds the database, and ours do
    not work.
    """

    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    patch.setattr(fcntl, "lockf", refused)


SHOWN = ["fetch nfl --offline", "fetch nfl", "stats", "costs", "why", "health", "stats --since 1h", "queue"]


@pytest.mark.parametrize("command", SHOWN)
@pytest.mark.parametrize("logs", [False, True])
def test_where_nothing_can_be_written_what_is_stored_is_shown_and_nothing_is_changed(
    command: str, logs: bool, state: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    if logs:
        leave_logs(state)
    before = traces(state)
    with monkeypatch.context() as patch:
        read_only(patch)
        ran = run(*command.split())
    assert ran.code == 0, ran.err
    assert ran.out
    assert sum("showing what is stored" in line for line in ran.err.splitlines()) == 1
    if not logs and not command.startswith(
        "fetch"
    ):  # fetch keeps why, where only the store cannot be written
        assert traces(state) == before


def leave_logs(state: Path) -> None:
    """As after a power cut: the last changes are in the logs, and nobody has shared memory."""
    for name in ("cache.db", "records.db"):
        with closing(sqlite3.connect(database=state / name, isolation_level=None)) as connection:
            connection.execute("PRAGMA user_version = 0")
            connection.execute("PRAGMA user_version = 1")
            log = (state / f"{name}-wal").read_bytes()
        (state / f"{name}-wal").write_bytes(log)


@pytest.mark.parametrize(
    ("command", "room"), [("fetch nfl --offline", 0), ("stats", 4096), ("costs", 20_000), ("why", 60_000)]
)
def test_on_a_full_disk_what_is_stored_is_shown(command: str, room: int, state: Path, run: Run) -> None:
    """A limit on the size of files stands in for the disk."""
    program = (
        f"import resource, sys, time; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room})); "
        f"time.time = lambda: {NOON}\n"
        "from oddsctl.cli import error_handler; sys.exit(error_handler.run_cli(sys.argv[1:]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "--demo", *command.split()],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout
    assert "file system does not support" not in ran.stderr


# ── file systems without locks or shared memory ──


def test_a_database_that_looks_busy_as_locks_do_not_work_is_told_so_at_once(
    state: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(database=state / "cache.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with monkeypatch.context() as patch:
            no_range_locks(patch)
            ran = run("fetch", "nba", "--fresh")
    assert ran.code == 74
    assert "byte-range locks do not work" in ran.err
    assert "local disk" in ran.err
    assert "another process" not in ran.err


@pytest.mark.parametrize("broken", ["lockf", "flock", "mmap"])
def test_the_doctor_names_a_file_system_without_locks_or_shared_memory(
    broken: str, state: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))

    with monkeypatch.context() as patch:
        patch.setattr({"lockf": fcntl, "flock": fcntl, "mmap": mmap}[broken], broken, refused)
        ran = run("doctor", "--offline", "--json")
    (found,) = [
        one for one in ran.document["findings"] if one["check"] == "file system" and one["state"] == "problem"
    ]
    assert ("shared memory" if broken == "mmap" else "locks") in found["message"]
    assert "local disk" in found["remedy"]
    assert ran.code == 3


def test_a_state_directory_that_vanished_is_made_anew_by_the_next_command(state: Path, run: Run) -> None:
    shutil.rmtree(state)
    assert run("fetch", "nfl").code == 0


# ── doctor --repair ──


def broken_account(state: Path) -> None:
    key, value = account(state)
    write(state, key, value | {"credits": "lost"})


def broken_queue(state: Path) -> None:
    write(state, "queue/1", {"entries": [{"job": "?"}]})


def a_lost_row(state: Path) -> None:
    with closing(sqlite3.connect(database=state / "cache.db", isolation_level=None)) as connection:
        connection.execute("UPDATE Cache SET value = 'no json' WHERE key LIKE 'answers/%'")


def a_row_that_is_no_text(state: Path) -> None:
    with closing(sqlite3.connect(database=state / "cache.db", isolation_level=None)) as connection:
        connection.execute("UPDATE Cache SET value = CAST(x'7bff7d' AS TEXT) WHERE key LIKE 'answers/%'")


def without_a_table(state: Path) -> None:
    with closing(sqlite3.connect(database=state / "records.db", isolation_level=None)) as connection:
        connection.execute("DROP TABLE windows")


def damaged_http_cache(state: Path) -> None:
    (state / "http.sqlite").write_bytes(b"garbage" * 999)
    (state / "http.sqlite").chmod(0o600)


FAULTS: dict[str, Callable[[Path], object]] = {
    "a damaged store": lambda state: damage(state / "cache.db"),
    "an empty store": lambda state: emptied(state / "cache.db"),
    "a row that is not valid JSON": a_lost_row,
    "a row that is no text": a_row_that_is_no_text,
    "an account that cannot be read": broken_account,
    "a queue that cannot be read": broken_queue,
    "a damaged history": lambda state: damage(state / "records.db"),
    "an empty history": lambda state: emptied(state / "records.db"),
    "a history without a table": without_a_table,
    "a damaged HTTP cache": damaged_http_cache,
    "a pipe in the place of the store": lambda state: a_pipe(state / "cache.db"),
    "a pipe in the place of the history": lambda state: a_pipe(state / "records.db"),
    "a pipe in the place of the HTTP cache": lambda state: a_pipe(state / "http.sqlite"),
    "a file that others may read": lambda state: (state / "cache.db").chmod(0o644),
    "a directory that others may read": lambda state: state.chmod(0o755),
}


def found_by(ran: Ran, *, check: str = "", state: str = "") -> list[str]:
    findings = ran.document["findings"]
    return [one["message"] for one in findings if check in ("", one["check"]) and state in ("", one["state"])]


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_doctor_finds_it_leaves_alone_until_it_is_told_to_repair_it(
    fault: str, state: Path, run: Run
) -> None:
    FAULTS[fault](state)
    before = traces(state)
    found = run("doctor", "--offline", "--json")
    assert found.code == 3
    assert found_by(found, state="problem")
    assert all(
        "doctor --repair" in one["remedy"] for one in found.document["findings"] if one["state"] == "problem"
    )
    assert traces(state) == before
    repaired = run("doctor", "--offline", "--repair", "--json")
    assert (repaired.code, found_by(repaired, state="problem")) == (0, [])
    assert found_by(repaired, check="repair") != ["nothing needed repair"]
    assert found_by(run("doctor", "--offline", "--repair", "--json"), check="repair") == [
        "nothing needed repair"
    ]
    assert run("fetch", "nfl").code == 0


def test_what_is_readable_of_a_damaged_store_is_recovered_and_its_balance_is_not_trusted(
    state: Path, run: Run
) -> None:
    a_lost_row(state)
    assert run("doctor", "--offline", "--repair").code == 0
    _, value = account(state)
    assert (value["credits"]["used"], value["credits"]["suspect"]) == (3, True)
    assert len(list(state.glob("cache.db.damaged-*Z"))) == 1
    assert run("fetch", "nba", "--fresh").code == 0
    assert "suspect" not in account(state)[1]["credits"]


def test_the_doctor_does_not_touch_what_a_newer_oddsctl_wrote(state: Path, run: Run) -> None:
    with closing(sqlite3.connect(database=state / "records.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = (state / "records.db").read_bytes()
    ran = run("doctor", "--offline", "--repair", "--json")
    assert any("written by a newer oddsctl" in text for text in found_by(ran, state="problem"))
    assert (state / "records.db").read_bytes() == before
