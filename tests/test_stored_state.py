"""What an older version stored is read by this one: same answers, credits, queue, windows, decisions, alerts.

Each folder of tests/state/ is a state directory as that version left it, with what that version said of it;
tests/state/make_state.py made it. Only the command line is asked, so that modules may move.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import oddsctl
from oddsctl.cli import error_handler
from oddsctl.clock import SystemClock
from oddsctl.sandbox.server import SandboxServer, environment
from oddsctl.sandbox.world import World
from tests.e2e.harness import KEY
from tests.receiver import TOKEN, Receiver

STATES = Path(__file__).parent / "state"
VERSIONS = sorted(folder.name for folder in STATES.iterdir() if (folder / "cache.db").exists())
DATABASES = ("cache.db", "records.db")
EXPECTED = {version: json.loads((STATES / version / "expected.json").read_text()) for version in VERSIONS}
SAID = [(version, line) for version in VERSIONS for line in EXPECTED[version]["answers"]]
# What a document says of the files themselves: a copy may be smaller.
OF_THIS_COPY = frozenset({"bytes"})


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
def version() -> str:
    """The version that wrote the state. Facts that tests write out by hand are those of the first one."""
    return "0.1.0"


@pytest.fixture
def now(version: str) -> float:
    return datetime.fromisoformat(EXPECTED[version]["now"]).timestamp()


@pytest.fixture
def state(version: str, tmp_path: Path) -> Path:
    """The state directory of someone who has just installed this version."""
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    for name in DATABASES:
        shutil.copyfile(STATES / version / name, directory / name)
        (directory / name).chmod(0o600)
    return directory


@pytest.fixture
def run(
    version: str,
    state: Path,
    now: float,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """The command line in this process, on that state, when it was left. No provider can be reached."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for owner, name in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    settings = {
        **EXPECTED[version]["settings"],
        **environment("http://127.0.0.1:9"),
        "ODDSCTL_NOTIFY_URLS": "",
    }
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("ODDSCTL_STORE_STATE_DIR", str(state))
    monkeypatch.setenv("ODDS_API_KEY", KEY)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr("time.time", lambda: now)
    monkeypatch.chdir(tmp_path)

    def ran(*words: str) -> Ran:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", sys.stderr)
            code = error_handler.run_cli(words)
        return Ran(code, *capsys.readouterr())

    yield ran
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def sandbox(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """The providers that the state is of, at the same time, with the account as it was left."""
    with SandboxServer(World(), SystemClock()) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        server.told("/__quota", {"remaining": 238})
        for variable, value in environment(server.url).items():
            monkeypatch.setenv(variable, value)
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Who is told alerts, by the channel that was configured when the state was written."""
    with Receiver().up() as someone:
        monkeypatch.setenv("HOOK", someone.url)
        yield someone


def calls(server: SandboxServer) -> list[Any]:
    log = server.asked("/__log")
    assert isinstance(log, list)
    return log


def assert_says(expected: Any, found: Any, where: str = "") -> None:
    """All that is expected is there, with the same value. Fields that a later version adds do no harm."""
    if isinstance(expected, dict):
        assert isinstance(found, dict), where
        for name in expected.keys() - OF_THIS_COPY:
            assert name in found, f"{where}.{name}"
            assert_says(expected[name], found[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert isinstance(found, list), where
        assert len(found) == len(expected), where
        for index, (one, other) in enumerate(zip(expected, found, strict=True)):
            assert_says(one, other, f"{where}[{index}]")
    else:
        assert found == expected, where


def rows(state: Path, database: str, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(state / database)) as connection:
        return connection.execute(query).fetchall()


def stored(state: Path) -> dict[str, Any]:
    """All that is stored, by table and key."""
    found: dict[str, Any] = dict(rows(state, "cache.db", "SELECT key, value FROM Cache WHERE raw = 1"))
    found |= {
        name: rows(state, "records.db", f"SELECT * FROM {name}")
        for name in ("calls", "decisions", "windows", "boards")
    }
    forms = [rows(state, name, "SELECT sql FROM sqlite_master ORDER BY name") for name in DATABASES]
    return found | {
        "forms": forms,
        "versions": [rows(state, name, "PRAGMA user_version") for name in DATABASES],
    }


# ── every version ──


@pytest.mark.parametrize(("version", "line"), SAID)
def test_each_command_says_what_the_version_that_wrote_the_state_said(
    version: str, line: str, run: Run
) -> None:
    expected = EXPECTED[version]["answers"][line]
    ran = run(*line.split(), "--json")
    assert ran.code == expected["code"], ran.err
    assert_says(expected["document"], ran.document)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_fixture_is_whole_and_names_no_key_or_place(version: str) -> None:
    files = sorted(file.name for file in (STATES / version).iterdir())
    assert files == ["cache.db", "expected.json", "records.db"]
    for name in files:
        written = (STATES / version / name).read_bytes()
        for private in (KEY, TOKEN, "127.0.0.1", "/tmp/", "/home/", "/root/"):
            assert private.encode() not in written


# ── 0.1.0, written out by hand ──


def test_a_board_is_fresh_and_nobody_is_asked(run: Run, sandbox: SandboxServer) -> None:
    ran = run("fetch", "wnba", "--json")
    assert ran.code == 0, ran.err
    board = ran.document
    assert [(source["api"], source["reason"], source["age_seconds"]) for source in board["sources"]] == [
        ("espn", "FRESH_CACHE", 289),
        ("odds", "FRESH_CACHE", 109),
    ]
    assert board["usage"] == {"calls": 0, "credits": 0, "credits_remaining": 238}
    tonight = {game["id"]: game for game in board["games"]}["405105705002"]
    assert (tonight["away"], tonight["home"], tonight["commence_time"]) == (
        "Las Vegas Aces",
        "Connecticut Sun",
        "2026-11-19T00:00:00Z",
    )
    best = {(price["market"], price["outcome"]): price["price"] for price in tonight["best"]}
    assert (best["h2h", "Connecticut Sun"], best["h2h", "Las Vegas Aces"]) == (2.13, 1.77)
    assert calls(sandbox) == []


@pytest.mark.parametrize(
    ("api", "wanted", "reason"),
    [
        ("weather", {"latitude": 40.81, "longitude": -74.07, "time": "2026-11-19T18:00:00Z"}, "FRESH_CACHE"),
        ("espn", {"sport": "wnba", "date": "2026-11-20"}, "FRESH_CACHE"),
        ("odds", {"sport": "epl", "markets": ["h2h"]}, "FRESH_CACHE"),
        ("odds", {"sport": "ligue1", "markets": ["h2h"]}, "SUPERSET_CACHE"),
    ],
)
def test_a_batch_is_answered_from_what_is_stored(
    api: str, wanted: dict[str, Any], reason: str, run: Run, sandbox: SandboxServer, tmp_path: Path
) -> None:
    (tmp_path / "lines.jsonl").write_text(json.dumps({"api": api, **wanted}))
    ran = run("batch", "lines.jsonl")
    assert ran.code == 0, ran.err
    answer = json.loads(ran.out)
    assert (answer["reason"], answer["credits"]) == (reason, 0)
    assert answer["data"]
    assert calls(sandbox) == []


def test_a_town_and_its_forecast_are_still_known(run: Run, sandbox: SandboxServer) -> None:
    games = {game["home"]: game for game in run("fetch", "ligue1", "--json").document["games"]}
    assert (games["Nice"]["venue"]["latitude"], games["Nice"]["venue"]["longitude"]) == (43.7, 7.27)
    assert games["Nice"]["weather"]["temperature"] is not None
    assert calls(sandbox) == []


def test_a_refusal_that_was_remembered_holds(run: Run, sandbox: SandboxServer, tmp_path: Path) -> None:
    (tmp_path / "lines.jsonl").write_text(
        json.dumps({"api": "odds", "sport": "nfl", "event": "0" * 32, "markets": ["h2h"]})
    )
    answer = json.loads(run("batch", "lines.jsonl").out)
    assert (answer["reason"], answer["error"]["error"]) == ("NEGATIVE_CACHE", "EVENT_GONE")
    assert calls(sandbox) == []


def test_credits_reservations_and_breakers_are_as_they_were_left(run: Run) -> None:
    credits = run("stats", "--json").document["apis"]["odds"]["credits"]
    names = ("used", "remaining", "limit", "reserved", "maybe_charged", "foreign")
    assert [credits[name] for name in names] == [262, 238, 500, 2, 0, 250]
    breakers = {
        api: told["breaker"]["state"] for api, told in run("health", "--json").document["apis"].items()
    }
    assert breakers == {"odds": "closed", "espn": "half_open", "weather": "open"}


def test_what_waits_is_asked_for_once_and_leaves_the_queue(run: Run, sandbox: SandboxServer) -> None:
    waiting = [item for item in run("queue", "--json").document["items"] if item["state"] == "waiting"]
    assert [(item["sport"], item["priority"], item["credits"]) for item in waiting] == [
        ("ucl", "CRITICAL", 1),
        ("nhl", "HIGH", 1),
        ("ncaab", "NORMAL", 1),
        ("mls", "LOW", 1),
    ]
    ran = run("queue", "run", "--json")
    assert ran.code == 0, ran.err
    assert [(item["sport"], item["state"], item["reason"]) for item in ran.document["items"]] == [
        (sport, "answered", "FETCHED") for sport in ("ucl", "nhl", "ncaab", "mls")
    ]
    assert [call["cost"] for call in calls(sandbox)] == [1, 1, 1, 1]
    assert [item for item in run("queue", "--json").document["items"] if item["state"] == "waiting"] == []


def test_an_interrupted_batch_is_resumed(
    version: str, run: Run, sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requests.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in EXPECTED[version]["interrupted"])
    )
    # A board is too old by now, unless the batch itself asked for it.
    for age in ("OVER_24H", "OVER_6H", "OVER_1H", "UNDER_1H", "IN_PLAY"):
        monkeypatch.setenv(f"ODDSCTL_FRESHNESS_{age}", "1s")
    ran = run("batch", "requests.jsonl", "--resume")
    assert ran.code == 0, ran.err
    assert len([json.loads(line) for line in ran.out.splitlines()]) == 8
    assert len(calls(sandbox)) == 4


def test_windows_are_counted_and_those_that_are_over_are_not_accounted_for_again(run: Run) -> None:
    assert run("stats", "--json").document["prefetch"]["windows"] == {
        "2h": {"captured": 1, "no_prices": 0, "skipped": 0, "missed": 1}
    }
    metrics = run("stats", "--prometheus").out.splitlines()
    for outcome in ("captured", "missed"):
        assert f'oddsctl_windows_total{{outcome="{outcome}",window="2h"}} 1.0' in metrics
    assert 'oddsctl_cache_hits_total{api="espn"} 8.0' in metrics
    planned = run("prefetch", "--dry-run", "--json").document
    assert [call["covers"] for call in planned["calls"]] == [
        [{"game": "405105705002", "window": "1h"}],
        [{"game": "405105705003", "window": "1h"}],
    ]


def test_prefetch_goes_on_where_it_stopped(
    run: Run, receiver: Receiver, now: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an hour later the next window is over too. It is reported, and the one before it is not."""
    monkeypatch.setattr("time.time", lambda: now + 28 * 60)
    monkeypatch.setenv("ODDSCTL_NOTIFY_URLS", "env:HOOK")
    monkeypatch.setenv("ODDSCTL_NOTIFY_ON", "window")
    ran = run("prefetch", "wnba")
    assert "missed 1 window (NO_RUN): Las Vegas Aces @ Connecticut Sun 1h" in ran.err
    (heard,) = receiver.heard
    assert heard["message"].splitlines() == [
        "238 of 500 credits left (48 %); the new month begins on Tue 1 Dec 00:00",
        "Las Vegas Aces @ Connecticut Sun (Thu 19 Nov 00:00): the window 1 h before was missed: NO_RUN",
    ]
    windows = run("stats", "--json").document["prefetch"]["windows"]
    ends = {name: (counts["captured"], counts["missed"]) for name, counts in windows.items()}
    assert ends == {"1h": (0, 1), "2h": (1, 1)}


def test_what_each_call_cost_is_known(run: Run) -> None:
    total = run("costs", "--json").document["total"]
    assert total == {"calls": 29, "errors": 6, "credits": 12, "maybe_charged": 4}


def test_an_alert_that_waits_goes_out_once_and_what_was_told_is_not_told_again(
    run: Run, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODDSCTL_NOTIFY_URLS", "env:HOOK")
    assert run("fetch", "wnba").code == 0
    (heard,) = receiver.heard
    # That ESPN is degraded, and a window missed, was told before.
    low, unhealthy = heard["message"].splitlines()
    assert low == "238 of 500 credits left (48 %); the new month begins on Tue 1 Dec 00:00"
    assert unhealthy.startswith(
        "Open-Meteo is unhealthy, was healthy: forecast keeps failing and is left alone"
    )
    assert run("fetch", "wnba").code == 0
    assert len(receiver.heard) == 1


# ── its form ──


@pytest.mark.parametrize("version", VERSIONS)
def test_each_kind_that_is_stored_is_still_a_class_of_ours(version: str, state: Path) -> None:
    """A member of a union is stored under the name of its class."""
    values = [value for (value,) in rows(state, "cache.db", "SELECT value FROM Cache WHERE raw = 1")]
    tags = {tag for value in values for tag in re.findall(r'"type":"(\w+)"', value)}
    assert {"OddsJob", "EventsJob", "SportsJob", "ScheduleJob", "ForecastJob", "GeocodeJob"} < tags
    source = "".join(file.read_text() for file in Path(oddsctl.__file__).parent.rglob("*.py"))
    assert tags - set(re.findall(r"^class (\w+)", source, re.MULTILINE)) == set()


READERS = ("stats", "stats --prometheus", "queue", "costs", "why", "health")


def test_reading_changes_nothing_that_is_stored(run: Run, state: Path) -> None:
    before = stored(state)
    for line in READERS:
        run(*line.split())
    assert stored(state) == before


def test_writing_adds_to_what_is_stored_in_the_same_form(
    run: Run, state: Path, sandbox: SandboxServer
) -> None:
    before = stored(state)
    assert run("fetch", "nba", "--no-weather").code == 0
    after = stored(state)
    assert before.keys() <= after.keys()
    for name in ("forms", "versions"):
        assert after[name] == before[name]
    for name in ("calls", "decisions", "windows", "boards"):
        assert after[name][: len(before[name])] == before[name]
    assert (
        len(after["calls"]) == len(before["calls"]) + 2
    )  # one board: ESPN is probed by the run that was killed


# The columns that all forms of the history have.
CALLS = (
    "SELECT at, call_id, event, api, endpoint, sport, job, price, purpose, command, status, spent, seconds,"
    " outcome FROM calls ORDER BY rowid"
)


def downgrade(state: Path, form: int) -> None:
    """Give the history the form of a version before: 1 had no boards, 0 not what a provider said either."""
    with closing(sqlite3.connect(state / "records.db", isolation_level=None)) as connection:
        connection.execute("DROP TABLE boards")
        if form == 0:
            connection.execute("ALTER TABLE calls DROP COLUMN said")
        connection.execute(f"PRAGMA user_version = {form}")


@pytest.mark.parametrize("form", [0, 1])
def test_a_history_in_an_older_form_is_read_and_brought_to_this_one(
    form: int, version: str, run: Run, state: Path
) -> None:
    answers = EXPECTED[version]["answers"]
    calls, windows = (rows(state, "records.db", query) for query in (CALLS, "SELECT * FROM windows"))
    downgrade(state, form)
    for line in (
        "costs",
        "stats",
        "queue",
        "plan",
        "prefetch --dry-run",
        *(line for line in answers if "why" in line),
    ):
        assert_says(answers[line]["document"], run(*line.split(), "--json").document, line)
    assert rows(state, "records.db", CALLS) == calls
    assert rows(state, "records.db", "SELECT * FROM windows") == windows
    assert rows(state, "records.db", "PRAGMA user_version") == [(2,)]
