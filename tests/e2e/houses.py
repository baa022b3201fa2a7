"""Real processes against real HTTP: oddsctl as a user runs it, and the servers it talks to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEY = "test-key-DO-NOT-LEAK"
ROOT = Path(__file__).parents[2]
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
    """Someone who runs oddsctl: with a home, an environment, and a memory of all that was printed."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)

    @property
    def state_dir(self) -> Path:
        return self.home / "state"

    def environment(self) -> dict[str, str]:
        base = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
        mine = {"HOME": str(self.home), "ODDSCTL_STORE_STATE_DIR": str(self.state_dir), "ODDS_API_KEY": KEY, "TZ": "UTC"}
        return base | mine | {"XDG_CONFIG_HOME": str(self.home / "config"), "PYTHONPATH": str(ROOT)} | self.env

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "oddsctl", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options
        return subprocess.Popen(command, env=self.environment(), cwd=self.home, text=True, **pipes)

    def finish(self, process: subprocess.Popen[str]) -> Ran:
        out, err = process.communicate(timeout=60)
        self.printed += [out or "", err or ""]
        return Ran(process.returncode, out, err)

    def run(self, *arguments: str, **options: Any) -> Ran:
        return self.finish(self.start(*arguments, **options))

    def fetch(self, *arguments: str) -> Any:
        """The board as a script gets it; the run must succeed."""
        ran = self.run("fetch", *arguments, "--json")
        assert ran.code == 0, ran.err
        return ran.document

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
    with subprocess.Popen(command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield Server(process.stdout.readline().strip())
        finally:
            process.terminate()


def shifted(iso: str) -> dict[str, str]:
    """Environment variables under which it is `iso` now; waits are untouched."""
    made = subprocess.run(
        [sys.executable, str(REPLAY / "clock.py"), iso], capture_output=True, text=True, check=True, env={"PATH": os.environ["PATH"]}
    ).stdout
    return dict(line.removeprefix("export ").split("=", 1) for line in made.splitlines())
