"""The guards of `conftest.py` hold."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import platformdirs
import pytest


def test_no_connection_beyond_loopback() -> None:
    with socket.socket() as one, pytest.raises(AssertionError, match="may not connect"):
        one.connect(("192.0.2.1", 80))


def test_no_real_waiting() -> None:
    with pytest.raises(AssertionError, match="FakeClock"):
        time.sleep(1)  # noqa: TID251 - it must raise


def test_the_users_own_state_is_out_of_reach(tmp_path: Path) -> None:
    assert tmp_path in platformdirs.user_state_path("oddsctl").parents
    assert tmp_path in platformdirs.user_config_path("oddsctl").parents
