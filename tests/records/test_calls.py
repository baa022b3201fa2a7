"""History that cannot be read is not zero, a damaged one is replaced with what can be read of it, a newer one
is left alone.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from oddsctl.domain.errors import StateDamagedError, StateError, StateTooNewError
from oddsctl.domain.notices import Booked, Settled
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.requests import Purpose
from oddsctl.records.calls import CostTracker
from oddsctl.records.database import BOARDS, MIGRATIONS, SCHEMA, TABLES, RecordsDatabase
from oddsctl.records.decisions import decision
from oddsctl.store import append_only
from oddsctl.store.append_only import AppendOnlyDatabase
from oddsctl.store.table_form import TableForm, columns
from tests.store.store_kit import WaitingClock

NFL = OddsJob("americanfootball_nfl", ("h2h",), ("us",))
CALLS = 400


class House:
    """A history, who writes it, and what it told."""

    def __init__(self, directory: Path) -> None:
        self.told: list[str] = []
        self.clock = WaitingClock()
        self.records = RecordsDatabase(directory, self.clock, self.told.append)
        self.tracker = CostTracker(self.records, self.clock)

    def call(self, number: int) -> None:
        self.tracker.hear(Booked(f"call{number}", NFL, 3, Purpose.OWN, "fetch"))
        self.tracker.hear(Settled(f"call{number}", NFL, 200, 3, 0.2, "FETCHED"))

    @property
    def known(self) -> list[str]:
        return [cost.call_id for cost in self.tracker.costs()]


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, nobody gives up."""
    monkeypatch.setattr(append_only, "PATIENCE", 60.0)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Of a history of many calls that was closed."""
    house = House(tmp_path)
    for number in range(CALLS):
        house.call(number)
    house.records.close()
    return tmp_path / "records.db"


@pytest.fixture
def house(database: Path) -> Iterator[House]:
    made = House(database.parent)
    yield made
    made.records.close()


def emptied(database: Path) -> None:
    os.truncate(database, 0)


def garbage(database: Path) -> None:
    database.write_bytes(b"SQLite format 3\x00" + b"garbage" * 3000)


def wrong_magic(database: Path) -> None:
    database.write_bytes(b"PK" + database.read_bytes()[2:])


def cut_short(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)


def a_page_overwritten(database: Path) -> None:
    """One in the middle of the calls."""
    with database.open("r+b") as file:
        file.seek(4096 * 12)
        file.write(b"\xa5" * 4096)


def without_a_table(database: Path) -> None:
    with closing(sqlite3.connect(database=database)) as connection:
        connection.execute("DROP TABLE windows")


def without_a_column(database: Path) -> None:
    with closing(sqlite3.connect(database=database)) as connection:
        connection.execute("ALTER TABLE calls RENAME COLUMN spent TO lost")


def another_program_s(database: Path) -> None:
    database.unlink()
    with closing(sqlite3.connect(database=database)) as connection:
        connection.execute("CREATE TABLE notes (x)")


DAMAGES = [
    emptied,
    garbage,
    wrong_magic,
    cut_short,
    a_page_overwritten,
    without_a_table,
    without_a_column,
    another_program_s,
]
Damage = Callable[[Path], None]


@pytest.mark.parametrize("damage", DAMAGES)
def test_who_reads_a_damaged_history_hears_so_and_changes_nothing(
    damage: Damage, database: Path, house: House
) -> None:
    damage(database)
    before = database.read_bytes()
    assert house.known == []
    assert not house.records.is_readable
    assert house.told
    assert "history cannot be read" in house.told[0]
    assert database.read_bytes() == before


@pytest.mark.parametrize("damage", DAMAGES)
def test_for_a_command_that_needs_the_history_damage_is_an_error(
    damage: Damage, database: Path, house: House
) -> None:
    damage(database)
    house.records.is_needed = True
    with pytest.raises(StateDamagedError, match=r"records\.db is damaged") as damaged:
        _ = house.known
    assert damaged.value.exit_code == 74
    assert "doctor --repair" in (damaged.value.hint or "")
    assert house.told == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_who_writes_moves_a_damaged_history_aside_begins_anew_and_tells_once(
    damage: Damage, database: Path, house: House
) -> None:
    damage(database)
    remains = database.read_bytes()
    assert House(database.parent).known == []  # one that only reads
    house.call(CALLS)
    house.call(CALLS + 1)
    assert house.known[-2:] == [f"call{CALLS}", f"call{CALLS + 1}"]
    assert [path.read_bytes() for path in database.parent.glob("records.db.damaged-*Z")] == [remains]
    (told,) = house.told
    assert "moved aside to" in told
    assert "could be read and were kept" in told
    assert database.stat().st_mode & 0o777 == 0o600
    assert house.records.gaps(house.clock.now() + 1) == []
    (gap,) = house.records.gaps(house.clock.now() - 1)
    assert "may be incomplete" in gap


@pytest.mark.parametrize(("damage", "least"), [(without_a_table, CALLS), (a_page_overwritten, CALLS // 2)])
def test_what_can_be_read_of_a_damaged_history_is_kept(
    damage: Damage, least: int, database: Path, house: House
) -> None:
    damage(database)
    assert house.known == []
    house.told.clear()
    house.call(CALLS)
    kept = house.known
    assert len(kept) > least
    assert kept == sorted(set(kept), key=lambda name: int(name.removeprefix("call")))
    assert {"call0", f"call{CALLS - 1}", f"call{CALLS}"} <= set(kept)


def test_a_command_that_spends_by_the_history_repairs_it_before_it_reads(
    database: Path, house: House
) -> None:
    without_a_table(database)
    house.records.may_renew = True
    assert len(house.known) == CALLS
    assert house.records.is_readable


def test_of_many_writers_that_meet_the_damage_at_once_one_moves_it_aside(database: Path) -> None:
    garbage(database)
    houses, start = [House(database.parent) for _ in range(6)], threading.Barrier(6)

    def write(number: int) -> None:
        start.wait(10)
        houses[number].call(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(list(database.parent.glob("records.db.damaged-*Z"))) == 1
    assert sorted(houses[0].known) == [f"call{number}" for number in range(6)]
    assert sum(len(house.told) for house in houses) == 1
    for house in houses:
        house.records.close()


def unlinked(database: Path) -> None:
    database.unlink()


def moved_away(database: Path) -> None:
    database.rename(database.with_name("moved.db"))


def directory_replaced(database: Path) -> None:
    shutil.rmtree(database.parent)
    database.parent.mkdir()


@pytest.mark.parametrize("gone", [unlinked, moved_away, directory_replaced])
def test_a_history_that_was_taken_away_while_open_is_begun_anew_for_all(
    gone: Damage, database: Path, house: House
) -> None:
    house.call(CALLS)
    gone(database)
    house.call(CALLS + 1)
    other = House(database.parent)
    assert other.known == house.known == [f"call{CALLS + 1}"]
    other.records.close()


def overtaken(monkeypatch: pytest.MonkeyPatch, between: Callable[[], None]) -> None:
    """Let something happen after it was seen that the database is there, before it is opened."""
    connected = AppendOnlyDatabase._connected

    def late(self: AppendOnlyDatabase, *, locked: bool = False) -> sqlite3.Connection:
        monkeypatch.setattr(AppendOnlyDatabase, "_connected", connected)
        between()
        return connected(self, locked=locked)

    monkeypatch.setattr(AppendOnlyDatabase, "_connected", late)


@pytest.mark.parametrize("gone", [unlinked, moved_away, directory_replaced])
def test_a_row_is_kept_though_the_database_is_taken_away_while_it_is_opened(
    gone: Damage, database: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    overtaken(monkeypatch, lambda: gone(database))
    house.call(CALLS)
    assert house.known == [f"call{CALLS}"]
    assert house.told == []


def test_damage_that_another_repairs_while_one_looks_is_none(
    database: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_a_table(database)
    other = House(database.parent)
    overtaken(monkeypatch, other.records.repair)
    assert len(house.known) == CALLS
    assert house.records.is_readable
    assert (house.told, len(other.told)) == ([], 1)
    other.records.close()


def test_while_a_history_is_replaced_it_is_not_empty(
    database: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader waits for who has moved the damaged one away and not yet put the new one in its place."""
    without_a_table(database)
    seen: list[int] = []
    readers: list[threading.Thread] = []
    recovered = AppendOnlyDatabase._recovered

    def slowly(self: AppendOnlyDatabase, aside: Path, new: sqlite3.Connection) -> int:
        def read() -> None:
            reader = House(database.parent)
            seen.append(len(reader.known))
            reader.records.close()

        readers.append(threading.Thread(target=read))
        readers[0].start()
        readers[0].join(0.05)
        assert seen == []
        return recovered(self, aside, new)

    monkeypatch.setattr(AppendOnlyDatabase, "_recovered", slowly)
    house.records.repair()
    readers[0].join(60)
    assert seen == [CALLS]


def test_the_log_of_a_history_that_was_taken_away_never_meets_the_new_one(
    database: Path, house: House
) -> None:
    house.call(CALLS)
    log = database.with_name("records.db-wal").read_bytes()
    house.records.close()
    database.unlink()
    database.with_name("records.db-wal").write_bytes(log)
    house.call(CALLS + 1)
    assert house.known == [f"call{CALLS + 1}"]


def test_a_history_of_a_newer_oddsctl_is_refused_and_left_as_it_is(database: Path, house: House) -> None:
    with closing(sqlite3.connect(database=database)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = database.read_bytes()
    house.call(CALLS)
    assert "written by a newer oddsctl" in house.told[0]
    house.records.is_needed = True
    with pytest.raises(StateTooNewError, match="written by a newer oddsctl") as refused:
        _ = house.known
    assert refused.value.exit_code == 74
    assert database.read_bytes() == before
    assert not list(database.parent.glob("*damaged*"))


def test_a_history_from_before_there_were_versions_is_read_and_carried_on(tmp_path: Path) -> None:
    with closing(sqlite3.connect(database=tmp_path / "records.db", isolation_level=None)) as connection:
        connection.executescript(
            SCHEMA.replace(",\n    said TEXT", "").partition("CREATE TABLE IF NOT EXISTS windows")[0]
        )
        row = (1.0, "old", "booked", "odds", "odds", "odds/x", 3, "own", "fetch")
        names = "at, call_id, event, api, endpoint, job, price, purpose, command"
        connection.execute(f"INSERT INTO calls ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    house = House(tmp_path)
    assert house.known == ["old"]
    house.call(1)
    assert house.known == ["old", "call1"]
    assert house.told == []
    house.records.close()
    with closing(sqlite3.connect(database=tmp_path / "records.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (TABLES.version,)


def test_a_change_of_the_schema_has_a_version_of_its_own() -> None:
    """One of the same version that lacks a table would be taken for damaged."""
    digest = sha256(" ".join(SCHEMA.split()).encode()).hexdigest()[:12]
    assert (TABLES.version, digest) == (2, "23a80f6b627b"), "append to MIGRATIONS, then put the new pair here"


def test_a_history_of_an_older_version_gets_what_it_lacks(database: Path, house: House) -> None:
    with closing(sqlite3.connect(database=database)) as connection:
        connection.execute("DROP TABLE boards")
        connection.execute("PRAGMA user_version = 1")
    assert len(house.known) == CALLS
    house.call(CALLS)
    assert house.told == []
    assert house.records.rows("SELECT count(*) FROM boards") == [(0,)]


def test_each_migration_leads_to_the_next_version(tmp_path: Path) -> None:
    """All of them from the oldest form lead to the schema of a new database; each can run twice."""
    oldest = SCHEMA.replace(",\n    said TEXT", "").replace(BOARDS, "")
    with closing(sqlite3.connect(database=tmp_path / "old.db")) as connection:
        connection.executescript(oldest)
        for version, migrate in enumerate(MIGRATIONS):
            connection.execute(f"PRAGMA user_version = {version}")
            lost = TABLES.lacking(connection, TABLES.version)
            assert lost is not None
            migrate(connection)
            migrate(connection)
            assert TABLES.lacking(connection, TABLES.version) != lost
        assert columns(connection) == TABLES.tables


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_a_database_of_an_older_version_takes_the_steps_after_it(tmp_path: Path, version: int) -> None:
    taken: list[int] = []
    steps = [lambda _, number=number: taken.append(number) for number in range(len(MIGRATIONS))]
    with closing(sqlite3.connect(database=tmp_path / "old.db")) as connection:
        connection.executescript(SCHEMA)
        TableForm(SCHEMA, "calls", steps).apply(connection, version)
        assert taken == list(range(version, len(MIGRATIONS)))
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_a_history_whose_making_was_interrupted_is_not_there_yet(tmp_path: Path) -> None:
    (tmp_path / "records.db.new").write_bytes(b"half")
    house = House(tmp_path)
    house.call(1)
    assert house.known == ["call1"]
    assert house.told == []
    house.records.close()


def test_a_decision_that_is_no_json_is_an_error_of_the_state(house: House) -> None:
    house.records.write("INSERT INTO decisions VALUES (?, ?, ?)", ("abc", 1.0, "{half a docu"))
    with pytest.raises(StateError, match="cannot be read"):
        decision(house.records, "abc")
