"""One state, one set of books: whoever has the database open notices that it was moved, deleted or replaced,
and opens it anew.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from oddsctl.domain.errors import LockTimeoutError, StateDamagedError, StateError, StateTooNewError
from oddsctl.domain.notices import Notice, Warned
from oddsctl.domain.ports import JSON
from oddsctl.store import create_or_replace, file_lock
from oddsctl.store.create_or_replace import move_aside
from oddsctl.store.disk import DiskStore
from oddsctl.store.file_lock import FileLocks, hold
from oddsctl.store.recovering import RecoveringStore
from oddsctl.store.unreadable_rows import RowDamagedError
from tests.store.store_kit import ReopenedStore, WaitingClock, add_one, put

LOST = "accounts/damaged"
BOOKS = "accounts/odds/"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Of a store that was used before: books, history, and the logs of one that is still open."""
    folder = tmp_path / "state"
    store = DiskStore(folder, WaitingClock())
    store.update(f"{BOOKS}me", put({"credits": {"used": 460}}))
    store.close()
    (folder / "records.db").write_bytes(b"history")
    return folder


class House:
    """A recovering store, and what it told."""

    def __init__(self, directory: Path) -> None:
        self.told: list[str] = []
        self.store = RecoveringStore(
            directory, WaitingClock(), 60.0, self.hear, lost_key=LOST, books=BOOKS, traces=("records.db",)
        )

    def hear(self, notice: Notice) -> None:
        assert isinstance(notice, Warned)
        self.told.append(notice.text)


@pytest.fixture
def house(directory: Path) -> Iterator[House]:
    made = House(directory)
    made.store.update("warm", put("old"))
    yield made
    made.store.close()


def unlinked(directory: Path) -> None:
    (directory / "cache.db").unlink()


def unlinked_with_its_logs(directory: Path) -> None:
    for file in directory.glob("cache.db*"):
        file.unlink()


def moved_away(directory: Path) -> None:
    (directory / "cache.db").rename(directory / "cache.db.bak")


def directory_deleted(directory: Path) -> None:
    shutil.rmtree(directory)


def directory_moved(directory: Path) -> None:
    directory.rename(directory.with_name("moved"))


def everything_in_it_deleted(directory: Path) -> None:
    for file in directory.iterdir():
        file.unlink()


GONE = [
    unlinked,
    unlinked_with_its_logs,
    moved_away,
    directory_deleted,
    directory_moved,
    everything_in_it_deleted,
]


@pytest.mark.parametrize("gone", GONE)
def test_who_has_a_database_open_that_is_gone_works_with_the_same_new_one_as_all_others(
    gone: Callable[[Path], None], directory: Path, house: House
) -> None:
    gone(directory)
    assert house.store.update("count", add_one) == 1
    assert ReopenedStore(directory).read("count") == 1
    assert ReopenedStore(directory).update("count", add_one) == 2
    assert house.store.read("count") == 2
    assert house.store.read("warm") is None


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("first", ["read", "scan", "update", "delete"])
def test_books_that_are_gone_are_told_once_and_marked_before_anyone_can_spend(
    gone: Callable[[Path], None], first: str, directory: Path, house: House
) -> None:
    gone(directory)
    uses: Mapping[str, Callable[[], object]] = {
        "read": lambda: house.store.read("x"),
        "scan": lambda: list(house.store.scan("x")),
        "update": lambda: house.store.update("x", put(1)),
        "delete": lambda: house.store.delete("x"),
    }
    uses[first]()
    assert ReopenedStore(directory).read(LOST) is not None
    for use in uses.values():
        use()
    (told,) = house.told
    assert "cache.db" in told
    assert "scheduled calls are paused" in told


def test_a_database_that_another_process_made_meanwhile_is_marked_by_who_knows_that_there_were_books(
    directory: Path, house: House
) -> None:
    shutil.rmtree(directory)
    ReopenedStore(directory).update("x", put(1))  # a newcomer that cannot know
    assert house.store.read("x") == 1
    assert ReopenedStore(directory).read(LOST) is not None
    assert len(house.told) == 1


def test_a_new_database_with_books_in_it_is_taken_as_it_is(directory: Path, house: House) -> None:
    unlinked(directory)
    ReopenedStore(directory).update(f"{BOOKS}me", put({"credits": {"used": 3}}))
    assert house.store.read(f"{BOOKS}me") == {"credits": {"used": 3}}
    assert house.store.read(LOST) is None
    assert house.told == []


def test_a_write_whose_database_is_taken_away_in_the_middle_is_done_on_the_new_one(
    directory: Path, house: House
) -> None:
    once = [unlinked]

    def change(old: JSON) -> tuple[JSON, int]:
        if once:
            once.pop()(directory)
        return add_one(old)

    assert house.store.update("count", change) == 1
    assert ReopenedStore(directory).read("count") == 1


def test_a_database_that_is_taken_away_again_and_again_is_an_error_and_no_endless_loop(
    directory: Path,
) -> None:
    store = DiskStore(directory, WaitingClock())

    def change(old: JSON) -> tuple[JSON, int]:
        unlinked(directory)
        return add_one(old)

    with pytest.raises(StateError, match="keeps being replaced"):
        store.update("count", change)
    store.close()


def test_a_first_run_has_lost_nothing(tmp_path: Path) -> None:
    house = House(tmp_path / "new")
    assert house.store.read(LOST) is None
    assert house.told == []
    house.store.close()


@pytest.mark.parametrize("trace", ["records.db", "cache.db.damaged-20260101T000000.000000Z", "cache.db-wal"])
def test_a_database_that_is_missing_while_something_shows_that_there_was_one_is_lost(
    trace: str, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / trace).write_bytes(b"")
    house = House(tmp_path / "state")
    assert house.store.read(LOST) is not None
    assert len(house.told) == 1
    house.store.close()


def test_the_log_of_a_database_that_was_taken_away_never_meets_the_new_one(directory: Path) -> None:
    """SQLite would play it into the new database."""
    killed = DiskStore(directory, WaitingClock())
    killed.update("ghost", put("of the old one"))
    log = (directory / "cache.db-wal").read_bytes()
    killed.close()
    unlinked(directory)
    (directory / "cache.db-wal").write_bytes(log)
    assert ReopenedStore(directory).read("ghost") is None
    assert [path.read_bytes() for path in directory.glob("cache.db.damaged-*-wal")] == [log]


# ── damage ──


def emptied(database: Path) -> None:
    os.truncate(database, 0)


def garbage(database: Path) -> None:
    database.write_bytes(b"SQLite format 3\x00" + b"garbage" * 3000)


def wrong_magic(database: Path) -> None:
    database.write_bytes(b"PK" + database.read_bytes()[2:])


def without_its_table(database: Path) -> None:
    with closing(sqlite3.connect(database=database)) as connection:
        connection.execute("DROP TABLE Cache")


@pytest.mark.parametrize("damage", [emptied, garbage, wrong_magic, without_its_table])
def test_a_damaged_database_is_replaced_by_one_with_the_mark_and_told_once(
    damage: Callable[[Path], None], directory: Path
) -> None:
    damage(directory / "cache.db")
    remains = (directory / "cache.db").read_bytes()
    house = House(directory)
    assert house.store.read(LOST) is not None
    assert [path.read_bytes() for path in directory.glob("cache.db.damaged-*Z")] == [remains]
    (told,) = house.told
    assert "moved aside to" in told
    house.store.close()
    assert House(directory).told == []


def test_of_many_that_meet_the_damage_at_once_one_replaces_it_and_all_find_the_mark(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others come when the damaged database is already gone and the new one is not yet there: the moment
    between two renames.
    """
    emptied(directory / "cache.db")
    others: list[threading.Thread] = []
    marks: list[JSON] = []
    houses: list[House] = []
    aside, begun = create_or_replace.set_aside, threading.Barrier(5)

    def another() -> None:
        begun.wait(10)
        house = House(directory)
        marks.append(house.store.read(LOST))
        houses.append(house)

    def slowly(database: Path, clock: WaitingClock, why: str = "damaged") -> Path:
        moved = aside(database, clock, why)
        others.extend(threading.Thread(target=another) for _ in range(4))
        for thread in others:
            thread.start()
        begun.wait(10)
        return moved

    with monkeypatch.context() as patch:
        patch.setattr(create_or_replace, "set_aside", slowly)
        first = House(directory)
    for thread in others:
        thread.join(10)
    assert marks == [first.store.read(LOST)] * 4
    assert sum(len(house.told) for house in (first, *houses)) == 1
    assert len(list(directory.glob("cache.db.damaged-*Z"))) == 1
    for house in (first, *houses):
        house.store.close()


def test_a_repair_that_died_halfway_leaves_the_mark_to_who_comes_next(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    garbage(directory / "cache.db")
    (directory / "records.db").unlink()

    def no_more(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(create_or_replace, "make", no_more)
        with pytest.raises(KeyboardInterrupt):
            move_aside(directory, WaitingClock())
    house = House(directory)
    assert house.store.read(LOST) is not None
    house.store.close()


# ── versions ──


def a_row_that_is_no_json(database: Path) -> None:
    with closing(sqlite3.connect(database=database)) as connection:
        connection.execute("UPDATE Cache SET value = 'half a docu' WHERE key = 'answers/7'")
        connection.commit()


def a_page_of_noise(database: Path) -> None:
    with database.open("r+b") as file:
        file.seek(database.stat().st_size // 2 // 4096 * 4096)
        file.write(b"noise" * 800)


@pytest.mark.parametrize("harm", [a_row_that_is_no_json, a_page_of_noise])
def test_answers_that_can_be_read_outlive_the_damage_and_the_books_do_not(
    harm: Callable[[Path], None], directory: Path
) -> None:
    """What an answer has cost is not paid twice; what is known of credits may be old, and is not believed."""
    store = DiskStore(directory, WaitingClock())
    for number in range(200):
        store.update(f"answers/{number}", put({"number": number, "text": "x" * 400}))
    store.close()
    harm(directory / "cache.db")
    house = House(directory)
    kept = all_read(house)
    assert 100 < len(kept) < 200
    assert all(house.store.read(key) == {"number": int(key[8:]), "text": "x" * 400} for key in kept)
    assert list(house.store.scan("accounts/")) == [LOST]
    (told,) = house.told
    assert "what is readable was kept" in told
    house.store.close()


def all_read(house: House) -> list[str]:
    """The answers, once all of them were read: only who meets the damage knows of it."""
    for key in list(house.store.scan("answers/")):
        house.store.read(key)
    return list(house.store.scan("answers/"))


def test_a_database_of_a_newer_oddsctl_is_refused_and_left_as_it_is(directory: Path) -> None:
    with closing(sqlite3.connect(database=directory / "cache.db")) as connection:
        connection.execute("PRAGMA user_version = 2")
    before = (directory / "cache.db").read_bytes()
    with pytest.raises(StateTooNewError, match="written by a newer oddsctl") as refused:
        House(directory)
    assert refused.value.exit_code == 74
    assert (directory / "cache.db").read_bytes() == before
    assert not list(directory.glob("*damaged*"))


def test_a_database_from_before_there_were_versions_is_read(directory: Path) -> None:
    with closing(sqlite3.connect(database=directory / "cache.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        connection.execute("PRAGMA user_version = 0")
    assert ReopenedStore(directory).read(f"{BOOKS}me") == {"credits": {"used": 460}}


# ── rows ──


def unreadable(old: JSON) -> tuple[JSON, JSON]:
    """A change of one who can read numbers only."""
    if not isinstance(old, int | None):
        raise RowDamagedError("the count", "a number wanted", "count", old, 7, "counted on from 7")
    return (old or 0) + 1, (old or 0) + 1


def test_a_row_that_cannot_be_read_is_kept_under_another_key_and_told_once(
    directory: Path, house: House
) -> None:
    house.store.update("count", put({"nobody": "knows"}))
    assert house.store.update("count", unreadable) == 8
    (aside,) = house.store.scan("damaged/count/")
    assert house.store.read(aside) == {"nobody": "knows"}
    (told,) = house.told
    assert "the count cannot be read (a number wanted)" in told
    assert aside in told


def test_a_row_that_cannot_be_read_is_left_alone_by_a_store_that_cannot_keep_it(directory: Path) -> None:
    store = DiskStore(directory, WaitingClock())
    store.update("count", put("x"))
    with pytest.raises(RowDamagedError):
        store.update("count", unreadable)
    assert store.read("count") == "x"
    store.close()


# ── locks ──


class MeanwhileClock(WaitingClock):
    """A clock whose first wait is used by others."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self.todo = [meanwhile]

    def sleep(self, seconds: float) -> None:
        for meanwhile in self.todo:
            meanwhile()
        self.todo = []


@pytest.mark.parametrize("gone", ["lock", "lock.turn", "lock lock.turn"])
def test_a_lock_on_a_file_that_was_deleted_while_one_waited_is_none(tmp_path: Path, gone: str) -> None:
    """The waiter gets the lock of the deleted file; others would get another one."""
    path, holder = tmp_path / "lock", ExitStack()
    holder.enter_context(hold(path, WaitingClock(), 0.0))

    def delete_and_let_go() -> None:
        for name in gone.split():
            (tmp_path / name).unlink()
        holder.close()

    with (
        hold(path, MeanwhileClock(delete_and_let_go), 1.0),
        pytest.raises(LockTimeoutError),
        hold(path, WaitingClock(), 0.0),
    ):
        pytest.fail("two held it at once")


def test_a_lock_file_that_is_replaced_again_and_again_is_an_error_and_no_endless_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lock, "identity", lambda _: None)
    with (
        pytest.raises(StateError, match="keeps being replaced"),
        hold(tmp_path / "lock", WaitingClock(), 0.0),
    ):
        pytest.fail("held what nobody else would find")


def test_locks_outlive_their_directory(tmp_path: Path) -> None:
    locks = FileLocks(tmp_path / "locks", WaitingClock())
    with locks.hold("a", 0.0):
        shutil.rmtree(tmp_path / "locks")
    with locks.hold("a", 0.0):
        pass


def test_damage_that_stays_is_an_error(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    garbage(directory / "cache.db")
    monkeypatch.setattr("oddsctl.store.recovering.move_aside", lambda *_: None)
    with pytest.raises(StateDamagedError, match="is damaged"):
        House(directory)
