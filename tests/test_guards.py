"""The guards of `conftest.py` hold."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import platformdirs
import pytest

from tests.e2e.harness import PATIENCE, User, shifted, until


def test_no_connection_beyond_loopback() -> None:
    with socket.socket() as one, pytest.raises(AssertionError, match="may not connect"):
        one.connect(("192.0.2.1", 80))


def test_no_real_waiting() -> None:
    with pytest.raises(AssertionError, match="FakeClock"):
        time.sleep(1)  # noqa: TID251 - it must raise


def test_the_users_own_state_is_out_of_reach(tmp_path: Path) -> None:
    assert tmp_path in platformdirs.user_state_path("oddsctl").parents
    assert tmp_path in platformdirs.user_config_path("oddsctl").parents


def test_processes_live_at_the_time_that_the_test_chose(tmp_path: Path) -> None:
    """For all that the product and its libraries ask, whatever the machine's own clock says."""
    someone = User(tmp_path, clock=shifted("2031-03-01T00:30:00Z"))
    command = [
        sys.executable,
        "-c",
        "import time, logging as l; print(time.time(), time.time_ns() / 1e9, l.makeLogRecord({}).created)",
    ]
    told = subprocess.run(
        command, env=someone.environment(), capture_output=True, text=True, check=True, timeout=PATIENCE
    ).stdout
    begun = datetime(2031, 3, 1, 0, 30, tzinfo=UTC).timestamp()
    assert all(begun <= float(moment) < begun + PATIENCE for moment in told.split()), told
    assert begun <= someone.time < begun + PATIENCE


def test_a_wait_for_what_never_comes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.e2e.harness.PATIENCE", 0.05)
    with pytest.raises(AssertionError, match="not true within"):
        until(lambda: False)


def test_a_wait_ends_with_the_process_that_was_to_bring_it_about() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "raise SystemExit(7)"]) as process,
        pytest.raises(AssertionError, match="ended with 7"),
    ):
        until(lambda: False, process)
