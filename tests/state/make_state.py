"""Make a state directory as today's code stores it, for tests/test_stored_state.py.

Run `python -m tests.state.make_state` once for each version that stores something in a new form, and commit
the folder tests/state/VERSION that it writes: cache.db, records.db and expected.json. A folder that is
there is left alone: what an older version wrote is what must stay readable.

Real processes run at chosen times against the sandbox. `prefetch` captures a window, then finds the
provider down, then reports the missed window, which is told as an alert. Later come a probe of all APIs, a
batch, boards (two of them without ESPN), an interrupted batch, an alert whose channel is down, an open
breaker and a killed run.

expected.json has the time at which the state is to be read, the settings it was made with, the lines of the
interrupted batch, and what this version says of the state.
"""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oddsctl import __version__
from tests.e2e.harness import KEY, PATIENCE, PYTHON, Server, User, served, shifted, until
from tests.receiver import TOKEN, Receiver

HERE = Path(__file__).parent
DATABASES = ("cache.db", "records.db")
SETTINGS = {
    "ODDSCTL_ODDS_BOOKMAKERS": "draftkings,fanduel",
    "ODDSCTL_ODDS_MARKETS": "h2h,totals",
    "ODDSCTL_PREFETCH_SPORTS": "wnba",
    "ODDSCTL_PREFETCH_WINDOWS": "2h,1h",
    "ODDSCTL_PREFETCH_FETCH": "odds",
    "ODDSCTL_RETRY_ATTEMPTS": "1",
    "ODDSCTL_BREAKER_FAILURES": "2",
    "ODDSCTL_NOTIFY_URLS": "env:HOOK",
    "ODDSCTL_NOTIFY_ON": "quota,health,window,line",
}
"""Few books and markets keep the databases small."""
COMMANDS = (
    "fetch wnba --offline",
    "stats",
    "queue",
    "plan",
    "prefetch --dry-run",
    "costs",
    "costs --by purpose",
    "health",
)
"""What is read from the state, beside `why` for each run; each prints JSON."""
LINES: tuple[dict[str, Any], ...] = (
    {"id": "place", "api": "weather", "latitude": 40.81, "longitude": -74.07, "time": "2026-11-19T18:00:00Z"},
    {"id": "day", "api": "espn", "sport": "wnba", "date": "2026-11-20"},
    {"id": "gone", "api": "odds", "sport": "nfl", "event": "0" * 32, "markets": ["h2h"]},
)
FAR: tuple[dict[str, Any], ...] = (
    {"id": "far", "api": "weather", "latitude": -41.29, "longitude": 174.78, "time": "2026-11-19T18:00:00Z"},
)
INTERRUPTED: tuple[dict[str, Any], ...] = tuple(
    {"id": sport, "api": "odds", "sport": sport, "markets": ["h2h"], "priority": priority}
    for sport, priority in (
        ("epl", "critical"),
        ("laliga", "critical"),
        ("bundesliga", "critical"),
        ("nfl", "critical"),
        ("ucl", "critical"),
        ("nhl", "high"),
        ("ncaab", "normal"),
        ("mls", "low"),
    )
)


def main() -> None:
    """Make the folder of this version."""
    folder = HERE / __version__
    if folder.exists():
        sys.exit(f"{folder} is there: what was stored once is not stored anew")
    with tempfile.TemporaryDirectory() as temporary:
        user = User(Path(temporary), env=dict(SETTINGS))
        lived = _lived(user)
        user.assert_no_leak()
        folder.mkdir()
        for name in DATABASES:
            _copy_compact(user.state_dir / name, folder / name)
        commands = [*COMMANDS, *(f"why {name}" for name in _decisions(user))]
        answers = {line: _said(user, line, lived) for line in commands}
        expected = {"now": lived, "settings": SETTINGS, "interrupted": INTERRUPTED, "answers": answers}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
    written = b"".join(file.read_bytes() for file in folder.iterdir())
    for private in (KEY, TOKEN, "127.0.0.1", temporary, str(Path.home()), str(HERE.parents[1])):
        assert private.encode() not in written, private


def _lived(user: User) -> str:
    """An evening of this user; when it ends."""
    receiver = Receiver()
    with receiver.up():
        user.env["HOOK"] = receiver.url
        with _at(user, "2026-11-18T22:02:00Z", used=0) as sandbox:
            _run(user, "prefetch", "wnba")
            used = sandbox.used
        with _at(user, "2026-11-18T22:31:00Z", used) as sandbox:
            sandbox.fault(odds={"status": 500, "count": -1})
            _run(user, "prefetch", "wnba", code=6)
        with _at(user, "2026-11-18T22:40:00Z", used) as sandbox:
            _run(user, "prefetch", "wnba")
            used = sandbox.used
        assert "the window 2 h before was missed" in str(receiver.heard), receiver.heard
        with _at(user, "2026-11-18T22:41:00Z", used) as sandbox:
            _run(user, "health", "--probe")
            _run(user, "batch", _written(user, LINES))
            _run(user, "fetch", "ligue1")
            sandbox.fault(espn={"status": 503, "count": 1})
            _run(user, "fetch", "seriea", "--no-weather")
            sandbox.fault(espn={"status": 503, "count": 1})
            _run(user, "fetch", "mls", "--no-weather", "--max-credits", "0")
            used = sandbox.used
        with _at(user, "2026-11-18T22:43:00Z", used) as sandbox:
            _interrupted(user, sandbox)
    with _at(user, "2026-11-18T22:44:00Z", used=260):
        _run(user, "fetch", "wnba")  # its alert is not delivered
    user.env["ODDSCTL_NOTIFY_URLS"] = ""
    with _at(user, "2026-11-18T22:45:30Z", used=262) as sandbox:
        sandbox.fault(weather={"status": 503, "count": -1})
        for _ in range(2):
            _run(user, "batch", _written(user, FAR), code=6)
        _killed(user, sandbox)
    return "2026-11-18T22:45:50Z"


@contextmanager
def _at(user: User, iso: str, used: int) -> Iterator[Server]:
    """The sandbox at this time, which is the user's too; `used` credits of the account are gone."""
    user.clock = shifted(iso)
    with served(
        [sys.executable, "-m", "oddsctl", "sandbox"], {"HOME": str(user.home)} | PYTHON | user.clock
    ) as server:
        server.post("/__quota", {"remaining": 500 - used})
        user.env |= server.variables
        yield server


def _run(user: User, *arguments: str, code: int = 0) -> None:
    ran = user.run(*arguments)
    print(*arguments, "->", ran.code, ran.err.strip(), file=sys.stderr)
    assert ran.code == code, ran


def _written(user: User, lines: tuple[dict[str, Any], ...]) -> str:
    path = user.home / "requests.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path.name


def _killed(user: User, sandbox: Server) -> None:
    """A run dies with its call under way: whether that was charged, nobody knows."""
    before = user.booked
    sandbox.fault(odds={"delay": 60, "count": -1})
    process = user.start("fetch", "nhl")
    until(lambda: user.booked > before, process)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def _interrupted(user: User, sandbox: Server) -> None:
    """A batch is told to stop when its first calls are under way; the others wait in the queue."""
    sandbox.fault(odds={"delay": 1, "count": -1})
    process = user.start("batch", _written(user, INTERRUPTED))
    until(lambda: sandbox.calls("odds") > 0, process)
    process.send_signal(signal.SIGTERM)
    assert user.finish(process).code == 143


def _decisions(user: User) -> list[str]:
    with closing(sqlite3.connect(user.state_dir / "records.db")) as connection:
        return [name for (name,) in connection.execute("SELECT id FROM decisions ORDER BY rowid")]


def _copy_compact(source: Path, target: Path) -> None:
    """The whole database in one file, without its log and its empty pages."""
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")  # as it was; VACUUM INTO leaves it out
    target.with_name(f"{target.name}-shm").unlink(missing_ok=True)
    target.chmod(0o644)


def _said(user: User, line: str, now: str) -> Any:
    """The exit code and the JSON of a command while it is `now`. It reads a copy, as hits are counted."""
    stamp = datetime.fromisoformat(now).astimezone(UTC).timestamp()
    program = f"import sys, time\ntime.time = lambda: {stamp}\nfrom oddsctl.cli import run\nrun()\n"
    reader = User(user.home / "reader", env={**user.env, "ODDSCTL_NOTIFY_URLS": ""}, clock={})
    reader.home.mkdir()
    reader.state_dir.mkdir(mode=0o700)
    for name in DATABASES:
        _copy_compact(user.state_dir / name, reader.state_dir / name)
    command = [sys.executable, "-c", program, *line.split(), "--json"]
    ran = subprocess.run(
        command, env=reader.environment(), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    shutil.rmtree(reader.home)
    return {"code": ran.returncode, "document": json.loads(ran.stdout)}


if __name__ == "__main__":
    main()
