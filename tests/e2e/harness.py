"""Real processes against real HTTP: oddsctl as a user runs it, and the servers it talks to."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

KEY = "test-key-DO-NOT-LEAK"
NOW = os.environ.get("TESTS_NOW", "2026-11-18T15:00:00Z")
"""When each test begins for the user and the providers, unless it chooses another time.

Never the machine's time.
"""
PATIENCE = 120.0
"""Seconds after which a wait is a failure: long, since a busy machine is no defect."""
ROOT = Path(__file__).parents[2]
CLOCK = ROOT / "tests" / "clock"
SHARED = ROOT.parent / "shared"
REPLAY = SHARED / "replay"


@dataclass(frozen=True)
class Ran:
    """One finished run of the command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error as a script reads it: the last line of stderr."""
        return json.loads(self.err.splitlines()[-1])


@dataclass
class User:
    """Someone who runs oddsctl: with a home, a time, an environment, and a memory of all that was printed."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)
    clock: dict[str, str] = field(default_factory=lambda: shifted(NOW))

    @property
    def state_dir(self) -> Path:
        return self.home / "state"

    def environment(self) -> dict[str, str]:
        base = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
        mine = {
            "HOME": str(self.home),
            "ODDSCTL_STORE_STATE_DIR": str(self.state_dir),
            "ODDS_API_KEY": KEY,
            "TZ": "UTC",
        }
        return base | mine | {"XDG_CONFIG_HOME": str(self.home / "config")} | PYTHON | self.clock | self.env

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "oddsctl", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options
        return subprocess.Popen(command, env=self.environment(), cwd=self.home, text=True, **pipes)

    def finish(self, process: subprocess.Popen[str]) -> Ran:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        self.printed += [out or "", err or ""]
        return Ran(process.returncode, out, err)

    def run(self, *arguments: str, **options: Any) -> Ran:
        return self.finish(self.start(*arguments, **options))

    def fetch(self, *arguments: str) -> Any:
        """The board as a script gets it; the run must succeed."""
        ran = self.run("fetch", *arguments, "--json")
        assert ran.code == 0, ran.err
        return ran.document

    @property
    def time(self) -> float:
        """What the clock of this user shows, as epoch seconds."""
        return float(self.clock["TESTS_CLOCK"]) + time.monotonic() + _monotonic_ahead()

    def later(self, seconds: float) -> None:
        """From now on it is so much later for this user, at once."""
        self.clock = {"TESTS_CLOCK": f"{float(self.clock['TESTS_CLOCK']) + seconds:.3f}"}

    @property
    def booked(self) -> int:
        """Boards that were about to be sent, by the ledger."""
        if not (self.state_dir / "records.db").exists():
            return 0
        with closing(sqlite3.connect(self.state_dir / "records.db")) as ledger:
            try:
                return int(
                    ledger.execute(
                        "SELECT count(*) FROM calls WHERE event = 'booked' AND endpoint = 'odds'"
                    ).fetchone()[0]
                )
            except sqlite3.OperationalError:  # it has just been created, and has no table yet
                return 0

    def assert_no_leak(self) -> None:
        """The key is in nothing printed and in no file below the home."""
        assert not any(KEY in text for text in self.printed)
        assert not any("Traceback" in text for text in self.printed)
        for file in self.home.rglob("*"):
            if file.is_file():
                assert KEY.encode() not in file.read_bytes(), file


@dataclass
class Server:
    """A server of providers: the replay server or the sandbox, which have the same doors."""

    url: str

    @property
    def variables(self) -> dict[str, str]:
        return {
            "ODDSCTL_ODDS_BASE_URL": f"{self.url}/odds",
            "ODDSCTL_ESPN_BASE_URL": f"{self.url}/espn",
            "ODDSCTL_WEATHER_BASE_URL": f"{self.url}/weather",
            "ODDSCTL_WEATHER_GEOCODING_URL": f"{self.url}/geocoding",
        }

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def post(self, path: str, message: object) -> None:
        request = urllib.request.Request(self.url + path, json.dumps(message).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=10):
            pass

    def fault(self, **faults: object) -> None:
        self.post("/__faults", faults)

    @property
    def log(self) -> list[dict[str, Any]]:
        log: list[dict[str, Any]] = self.get("/__log")
        return log

    def calls(self, api: str) -> int:
        return sum(entry["api"] == api for entry in self.log)

    @property
    def used(self) -> int:
        used: int = self.get("/__usage")["used"]
        return used


@contextmanager
def served(command: list[str], env: Mapping[str, str]) -> Iterator[Server]:
    """A server that prints its address on its first line, until the block ends."""
    with subprocess.Popen(
        command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, f"the server did not start: exit code {process.poll()}"
            yield Server(url)
        finally:
            process.kill()


def until(true: Callable[[], object], process: subprocess.Popen[Any] | None = None) -> None:
    """Wait until it is true; the process that is to bring it about must be running meanwhile."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert process is None or process.poll() is None, (
            f"the process ended with {process and process.returncode} before it was true"
        )
        assert time.monotonic() < end, f"not true within {PATIENCE:.0f} s"
        time.sleep(0.02)  # noqa: TID251


# ── the time ──

PYTHON = {"PYTHONPATH": f"{ROOT}{os.pathsep}{CLOCK}"}


def shifted(iso: str) -> dict[str, str]:
    """Environment variables under which it is `iso` now; processes started later are later, and waits are
    untouched.
    """
    ahead = datetime.fromisoformat(iso).timestamp() - time.monotonic() - _monotonic_ahead()
    return {"TESTS_CLOCK": f"{ahead:.3f}"}


def in_days(days: float, start: str = NOW) -> datetime:
    """The time that many days after the one at which a test begins."""
    return datetime.fromisoformat(start).astimezone(UTC) + timedelta(days=days)


@cache
def _monotonic_ahead() -> float:
    """Seconds by which the monotonic clock of new processes is ahead of ours: 0, unless these tests run under
    a shifted one.
    """
    ours = time.monotonic()
    command = [sys.executable, "-S", "-c", "import time; print(time.monotonic())"]
    told = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    theirs = float(told.stdout)
    return theirs - ours if abs(theirs - ours) > PATIENCE else 0.0
