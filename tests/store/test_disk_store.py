"""What only the store on disk has to promise: files closed to others, nothing unpickled, damage and refusals
told in one line.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import diskcache
import pytest

from oddsctl.domain.errors import LockTimeoutError, OddsctlError, StateDamagedError, StateError
from oddsctl.store.create_or_replace import move_aside
from oddsctl.store.disk import DiskStore
from oddsctl.store.diskcache_rows import JSONRows
from oddsctl.store.file_lock import hold
from tests.store.store_kit import ReopenedStore, WaitingClock, add_one, put

PICKLED, IN_A_FILE = 4, 2
"""diskcache's modes of a row."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def store(directory: Path) -> Iterator[DiskStore]:
    made = DiskStore(directory, WaitingClock(), lock_wait=0.02)
    yield made
    made.close()


def plant(directory: Path, **columns: object) -> None:
    """Put a row where diskcache would look for it, as someone who may write the file could."""
    row = {"key": "bucket", "raw": 1, "mode": 1, "value": "1", "filename": None, **columns}
    with closing(sqlite3.connect(directory / "cache.db", isolation_level=None)) as database:
        database.execute(
            "INSERT INTO Cache (key, raw, mode, value, filename) VALUES (:key, :raw, :mode, :value, "
            ":filename)",
            row,
        )


def one_line(error: OddsctlError) -> str:
    text = f"{error.message} {error.hint}"
    assert "\n" not in text
    return text


# ── nothing is unpickled ──


@pytest.fixture
def bomb(tmp_path: Path) -> tuple[bytes, Path]:
    """A pickle that makes a file when it is loaded, and the file."""
    crater = tmp_path / "crater"
    return b"cbuiltins\nopen\n(S'" + str(crater).encode() + b"'\nS'w'\ntR.", crater


def test_the_planted_pickle_is_live(tmp_path: Path, bomb: tuple[bytes, Path]) -> None:
    """The control: without it, the tests below could not fail."""
    payload, crater = bomb
    with closing(diskcache.Cache(str(tmp_path / "plain"))) as plain:
        plant(tmp_path / "plain", mode=PICKLED, value=payload)
        plain.get("bucket").close()
    assert crater.exists()


def in_a_row(directory: Path, payload: bytes) -> None:
    plant(directory, mode=PICKLED, value=payload)


def in_a_file(directory: Path, payload: bytes) -> None:
    (directory / "payload.val").write_bytes(payload)
    plant(directory, mode=PICKLED, value=None, filename="payload.val")


def as_raw_bytes(directory: Path, payload: bytes) -> None:
    plant(directory, value=payload)


@pytest.mark.parametrize("planted", [in_a_row, in_a_file, as_raw_bytes])
def test_a_planted_pickle_does_not_run_and_is_damage_for_who_reads_or_changes_it(
    directory: Path, store: DiskStore, bomb: tuple[bytes, Path], planted: Callable[[Path, bytes], None]
) -> None:
    payload, crater = bomb
    planted(directory, payload)
    with pytest.raises(StateDamagedError) as on_reading:
        store.read("bucket")
    with pytest.raises(StateDamagedError) as on_changing:
        store.update("bucket", add_one)
    assert str(directory / "cache.db") in one_line(on_reading.value)
    assert str(directory / "cache.db") in one_line(on_changing.value)
    assert not crater.exists()
    assert store.update("another", add_one) == 1


def test_a_planted_pickled_key_does_not_run_and_is_no_key_of_ours(
    directory: Path, store: DiskStore, bomb: tuple[bytes, Path]
) -> None:
    payload, crater = bomb
    store.update("bucket", put(1))
    plant(directory, key=payload, raw=0)
    plant(directory, key=payload, raw=1)
    plant(directory, key="bucket2", raw=0)
    assert list(store.scan("")) == ["bucket"]
    assert store.read("bucket2") is None
    assert not crater.exists()


def test_the_disk_has_no_way_left_to_unpickle(directory: Path, bomb: tuple[bytes, Path]) -> None:
    payload, crater = bomb
    rows = JSONRows(str(directory), min_file_size=0, pickle_protocol=4)
    with pytest.raises(StateDamagedError):
        rows.get(payload, raw=False)
    with pytest.raises(StateDamagedError):
        rows.fetch(PICKLED, None, payload, read=False)
    with pytest.raises(TypeError):
        rows.store(object(), read=False)
    assert not crater.exists()


def test_a_row_that_names_a_file_has_it_neither_read_nor_deleted(
    tmp_path: Path, directory: Path, store: DiskStore
) -> None:
    precious = tmp_path / "precious"
    precious.write_text('"mine"', encoding="utf-8")
    plant(directory, mode=IN_A_FILE, value=None, filename="../precious")
    with pytest.raises(StateDamagedError):
        store.read("bucket")
    store.delete("bucket")
    assert store.read("bucket") is None
    assert precious.exists()


# ── closed to others ──


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_directories_are_made_0700_and_files_0600_even_under_a_careless_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = DiskStore(tmp_path / "parent" / "state", WaitingClock())
        store.update("bucket", put(1))
        files = {path.name: mode(path) for path in (tmp_path / "parent" / "state").iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert mode(tmp_path / "parent") == 0o700
    assert mode(tmp_path / "parent" / "state") == 0o700
    assert {"cache.db", "cache.db-wal", "cache.db-shm", "store.lock"} <= files.keys()
    assert set(files.values()) == {0o600}


def test_a_directory_of_ours_that_is_open_to_others_is_closed(directory: Path) -> None:
    directory.mkdir()
    directory.chmod(0o755)
    DiskStore(directory, WaitingClock()).close()
    assert mode(directory) == 0o700


def test_a_directory_that_all_users_share_is_refused_and_left_as_it_is(directory: Path) -> None:
    directory.mkdir()
    directory.chmod(0o1777)
    with pytest.raises(StateError, match="shared"):
        DiskStore(directory, WaitingClock())
    assert mode(directory) == 0o1777


def test_a_directory_of_another_user_is_refused_by_name(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory.mkdir()
    someone_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: someone_else)
    with pytest.raises(StateError) as caught:
        DiskStore(directory, WaitingClock())
    assert str(directory) in one_line(caught.value)
    assert "store.state_dir" in one_line(caught.value)


def test_a_link_to_a_directory_of_ours_is_as_good(tmp_path: Path, directory: Path) -> None:
    directory.mkdir()
    (tmp_path / "link").symlink_to(directory)
    store = DiskStore(tmp_path / "link", WaitingClock())
    assert store.update("bucket", add_one) == 1
    store.close()


@pytest.mark.parametrize("place", ["a-file", "a-file/state", "broken-link"])
def test_a_place_that_can_be_no_directory_is_refused_with_the_remedy(tmp_path: Path, place: str) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "broken-link").symlink_to(tmp_path / "nowhere" / "at-all")
    with pytest.raises(StateError) as caught:
        DiskStore(tmp_path / place, WaitingClock())
    assert str(tmp_path / place) in one_line(caught.value)
    assert "store.state_dir" in one_line(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written_is_refused(directory: Path) -> None:
    directory.mkdir(mode=0o500)
    with pytest.raises(StateError, match="is not readable and writable"):
        DiskStore(directory, WaitingClock())


def test_a_path_with_the_name_of_a_variable_is_refused_for_diskcache_would_go_elsewhere(
    tmp_path: Path,
) -> None:
    with pytest.raises(StateError, match="variable"):
        DiskStore(tmp_path / "$HOME", WaitingClock())


def test_a_path_may_hold_letters_that_mean_something_in_a_url(tmp_path: Path) -> None:
    odd = tmp_path / "50% ? #1 é ~"
    store = DiskStore(odd, WaitingClock())
    assert store.update("bucket", add_one) == 1
    store.close()
    assert (odd / "cache.db").exists()


# ── damage ──


def garbage(database: Path) -> None:
    database.write_bytes(b"this was a database once" * 400)


def cut_short(database: Path) -> None:
    os.truncate(database, database.stat().st_size - 5000)


def overwritten(database: Path) -> None:
    """All but the first page."""
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


def emptied(database: Path) -> None:
    os.truncate(database, 0)


def without_its_table(database: Path) -> None:
    with closing(sqlite3.connect(database=database)) as connection:
        connection.execute("DROP TABLE Cache")


def another_program_s(database: Path) -> None:
    database.unlink()
    with closing(sqlite3.connect(database=database)) as connection:
        connection.execute("CREATE TABLE notes (x)")


@pytest.fixture
def filled(directory: Path) -> Path:
    """The directory of a store that was closed with something in it."""
    store = DiskStore(directory, WaitingClock())
    for number in range(50):
        store.update(f"key{number}", put("x" * 1000))
    store.close()
    return directory


def use(directory: Path) -> None:
    store = DiskStore(directory, WaitingClock())
    try:
        store.read("key7")
    finally:
        store.close()


@pytest.mark.parametrize(
    "damage", [garbage, cut_short, overwritten, emptied, without_its_table, another_program_s]
)
def test_a_damaged_database_is_told_by_name_and_moved_aside_as_it_is(
    filled: Path, damage: Callable[[Path], None]
) -> None:
    damage(filled / "cache.db")
    remains = (filled / "cache.db").read_bytes()
    with pytest.raises(StateDamagedError) as caught:
        use(filled)
    assert str(filled / "cache.db") in one_line(caught.value)
    aside = move_aside(filled, WaitingClock())
    assert aside == filled / "cache.db.damaged-20261124T120000.000000Z"
    assert aside.read_bytes() == remains
    use(filled)


def test_who_still_has_the_damaged_database_open_does_the_new_one_no_harm(filled: Path) -> None:
    """SQLite deletes the log by its name when the last one closes; by then the name is that of the new
    database's log.
    """
    late = DiskStore(filled, WaitingClock())
    late.update("bucket", put("old"))
    plant(filled, key="other", mode=PICKLED, value=b".")
    aside = move_aside(filled, WaitingClock())
    assert Path(f"{aside}-wal").exists()
    assert not (filled / "cache.db-wal").exists()
    new = DiskStore(filled, WaitingClock())
    new.update("bucket", put("new"))
    late.close()
    assert (filled / "cache.db-wal").exists()
    assert ReopenedStore(filled).read("bucket") == "new"
    new.close()


def test_who_comes_second_to_the_damage_does_not_move_the_new_database(filled: Path) -> None:
    garbage(filled / "cache.db")
    assert move_aside(filled, WaitingClock()) is not None
    store = DiskStore(filled, WaitingClock())
    store.update("bucket", put("new"))
    assert move_aside(filled, WaitingClock()) is None
    assert store.read("bucket") == "new"
    store.close()


@pytest.mark.parametrize("columns", [{"mode": PICKLED, "value": b"."}, {"value": "no json"}, {"value": None}])
def test_a_row_that_nobody_can_read_is_damage_enough_to_move_aside(
    filled: Path, columns: dict[str, object]
) -> None:
    plant(filled, **columns)
    assert move_aside(filled, WaitingClock()) is not None


def test_a_sound_store_and_one_that_is_not_there_stay_where_they_are(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert move_aside(filled, WaitingClock()) is None
    assert move_aside(tmp_path / "empty", WaitingClock()) is None


def test_a_store_whose_making_was_interrupted_is_not_there_yet(directory: Path) -> None:
    """It is made in a directory of its own and put in its place when it is whole."""
    workshop = directory / "cache.new"
    workshop.mkdir(parents=True)
    (workshop / "cache.db").touch()
    store = DiskStore(directory, WaitingClock())
    assert store.update("bucket", add_one) == 1
    assert store.read("bucket") == 1
    assert not workshop.exists()
    store.close()


# ── waiting ──


@pytest.mark.parametrize("used_before", [True, False])
def test_one_who_writes_past_our_lock_is_waited_for_no_longer_than_allowed_and_reading_goes_on(
    filled: Path, used_before: bool
) -> None:
    """diskcache alone would wait for 60 seconds, and to open even for reading."""
    store = DiskStore(filled, WaitingClock(), lock_wait=0.02)
    if used_before:
        store.update("count", put(1))
    with closing(sqlite3.connect(filled / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LockTimeoutError):
            store.update("count", add_one)
        assert store.read("key7") == "x" * 1000
        other.execute("ROLLBACK")
    assert store.update("count", add_one) == (2 if used_before else 1)
    store.close()


def test_the_making_of_a_store_waits_its_turn_too(directory: Path) -> None:
    directory.mkdir()
    with hold(directory / "store.lock", WaitingClock(), 0.0), pytest.raises(LockTimeoutError):
        DiskStore(directory, WaitingClock(), lock_wait=0.02)


def test_an_interruption_at_the_worst_moment_leaves_nothing_locked(
    store: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between diskcache's BEGIN and its care for errors."""

    @contextmanager
    def interrupted(rows: Any) -> Iterator[None]:
        rows._sql("BEGIN IMMEDIATE")
        raise KeyboardInterrupt
        yield

    with monkeypatch.context() as patch:
        patch.setattr(diskcache.Cache, "transact", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.update("bucket", add_one)
    assert store.update("bucket", add_one) == 1
