"""Time: the real clock and the fake one keep the same promises, and nobody else reads it."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from oddsctl.clock import StoppableClock, SystemClock
from oddsctl.domain.ports import Clock
from tests.fakes import FakeClock

PACKAGE = Path(__file__).parents[1] / "oddsctl"


@pytest.mark.parametrize("clock", [SystemClock(), FakeClock()])
@pytest.mark.parametrize("seconds", [0, -0.0, -5, float("-inf")])
def test_sleeping_no_time_or_less_returns_at_once(
    clock: Clock, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asleep(_: float) -> None:
        pytest.fail("slept")

    monkeypatch.setattr(time, "sleep", asleep)
    before = clock.monotonic()
    clock.sleep(seconds)
    assert clock.monotonic() >= before


def test_the_system_clock_sleeps_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    SystemClock().sleep(2.5)
    assert slept == [2.5]


def test_the_system_clock_tells_epoch_seconds() -> None:
    earliest = time.time_ns() / 1e9
    assert earliest <= SystemClock().now() <= time.time_ns() / 1e9


def test_monotonic_time_never_goes_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


def test_a_sleep_moves_both_times_of_the_fake_clock() -> None:
    clock = FakeClock(now=1000.0)
    began = clock.monotonic()
    clock.sleep(2.5)
    assert clock.now() == 1002.5
    assert clock.monotonic() - began == 2.5


def test_a_jump_moves_only_the_wall_time_of_the_fake_clock() -> None:
    clock = FakeClock(now=1000.0)
    began = clock.monotonic()
    clock.jump(-3600.0)
    assert clock.now() == -2600.0
    assert clock.monotonic() == began


STOPPED_FROM_A_SIGNAL = """
import signal
from oddsctl.clock import StoppableClock

clock = StoppableClock()
signal.signal(signal.SIGALRM, lambda *_: clock.stop(InterruptedError("stop")))
for number in range(3000):
    clock = StoppableClock()
    signal.setitimer(signal.ITIMER_REAL, 1e-5 + number * 1e-7)
    try:
        while True:
            clock.sleep(0.0 if number % 2 else 1e-6)
    except InterruptedError:
        continue
print("each wait ended")
"""


def test_a_signal_ends_waits_whenever_it_comes() -> None:
    """Also in the middle of a wait's own bookkeeping: with an `Event` a run hangs for ever now and then."""
    ran = subprocess.run(
        [sys.executable, "-c", STOPPED_FROM_A_SIGNAL],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.stdout == "each wait ended\n", ran.stderr


def test_all_who_wait_are_told_and_the_first_reason_counts() -> None:
    clock, told = StoppableClock(), list[str]()

    def wait() -> None:
        try:
            clock.sleep(300)
        except InterruptedError as why:
            told.append(str(why))

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    clock.stop(InterruptedError("first"))
    clock.stop(InterruptedError("second"))
    for thread in threads:
        thread.join(60)
    assert told == ["first"] * 3
    with pytest.raises(InterruptedError, match="first"):
        clock.sleep(0)


def test_only_the_clock_module_imports_time() -> None:
    importers = {
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(alias.name == "time" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module == "time")
    }
    assert importers == {"clock.py"}
