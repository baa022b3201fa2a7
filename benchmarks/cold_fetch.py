"""How long a cold `fetch` takes beside its critical path: schedule and odds side by side, then weather.

Nothing is decided here.

`python benchmarks/cold_fetch.py` takes about 10 seconds. It asks simulated providers on loopback, each of
whose answers is made to take 300 ms; an interpreter that does nothing, a warm `fetch` and a cold one take
turns, so that a busy machine slows them alike.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from oddsctl.sandbox.server import environment

ROUNDS = 5
DELAY = 0.3
"""Seconds that each answer is held back."""
CRITICAL_PATH = 2 * DELAY
GOAL = 1.25
"""The most that a cold fetch may take beyond a warm one, in critical paths."""
SLOW_APIS = ("odds", "espn", "weather")
LONGEST = 30
"""Seconds after which a run is given up."""

BARE = [sys.executable, "-c", "pass"]
FETCH = [sys.executable, "-m", "oddsctl", "fetch", "nfl", "--json"]
SANDBOX = [sys.executable, "-m", "oddsctl", "sandbox"]


@contextmanager
def sandbox() -> Iterator[str]:
    """The address of simulated providers, until the block ends."""
    with subprocess.Popen(SANDBOX, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def hold_back(url: str) -> None:
    """Make each answer of each API take `DELAY` longer, from now on."""
    message = json.dumps({api: {"delay": DELAY, "count": -1} for api in SLOW_APIS}).encode()
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/__faults", message, method="POST"), timeout=LONGEST
    ):
        pass


def house(home: Path, url: str) -> dict[str, str]:
    """The environment of a user of the sandbox who has all state below `home`."""
    home.mkdir()
    mine = {
        "HOME": str(home),
        "ODDSCTL_STORE_STATE_DIR": str(home / "state"),
        "ODDS_API_KEY": "sandbox",
        "TZ": "UTC",
    }
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        **environment(url),
        **mine,
    }


def seconds(command: list[str], env: dict[str, str], reasons: set[str] | None = None) -> float:
    """How long the command takes. `reasons`, where given, must be those of the board it prints."""
    began = time.monotonic()
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST, check=True
    )
    took = time.monotonic() - began
    if reasons is not None:
        got = {source["reason"] for source in json.loads(done.stdout)["sources"]}
        assert got == reasons, f"this was another kind of fetch: {got}"
    return took


def measure(folder: Path, url: str) -> tuple[list[float], list[float], list[float]]:
    """Seconds of an interpreter that does nothing, of warm and of cold fetches."""
    settled = house(folder / "warm", url)
    seconds(FETCH, settled, {"FETCHED"})
    hold_back(url)
    bare, warm, cold = [], [], []
    for turn in range(ROUNDS):
        newcomer = house(folder / f"cold-{turn}", url)
        bare.append(seconds(BARE, settled))
        warm.append(seconds(FETCH, settled, {"FRESH_CACHE"}))
        cold.append(seconds(FETCH, newcomer, {"FETCHED"}))
    return bare, warm, cold


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as folder, sandbox() as url:
        bare, warm, cold = measure(Path(folder), url)
    print(f"medians of {ROUNDS}, {DELAY * 1000:.0f} ms an answer")
    for name, took in (("bare interpreter", bare), ("warm fetch", warm), ("cold fetch", cold)):
        print(
            f"{name:<20}{median(took) * 1000:>6.0f} ms   ({min(took) * 1000:.0f} to {max(took) * 1000:.0f})"
        )
    print(f"{'critical path':<20}{CRITICAL_PATH * 1000:>6.0f} ms")
    ratio = (median(cold) - median(warm)) / CRITICAL_PATH
    print(f"(cold - warm) / critical path: {ratio:.2f}, goal {GOAL}: {'met' if ratio <= GOAL else 'missed'}")
    print(f"warm / bare: {median(warm) / median(bare):.1f}")


if __name__ == "__main__":
    main()
