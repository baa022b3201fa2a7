"""Guards for all tests: no network beyond loopback, no waiting, no touching the user's own state."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from oddsctl.records.database import RecordsDatabase
from oddsctl.store.disk import DiskStore

settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("suite")

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # started in the background by a shell: children would ignore Ctrl-C too
    signal.signal(signal.SIGINT, signal.default_int_handler)

LONGEST_SLEEP = 0.05
LONGEST_TEST = 400
"""Seconds after which a test hangs and fails: much longer than any takes on a busy machine."""


@pytest.fixture(autouse=True)
def guards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a test must not do raises."""
    connect, sleep = socket.socket.connect, time.sleep  # noqa: TID251 - the guard of it

    def connect_to_loopback(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise AssertionError(f"a test may not connect to {address[0]}")
        connect(self, address)

    def brief_sleep(seconds: float) -> None:
        if seconds > LONGEST_SLEEP:
            raise AssertionError(f"a test may not sleep {seconds} s: use a FakeClock")
        sleep(seconds)

    monkeypatch.setattr(socket.socket, "connect", connect_to_loopback)
    monkeypatch.setattr(time, "sleep", brief_sleep)
    for name in [name for name in os.environ if name.startswith(("ODDSCTL_", "ODDS_API"))]:
        monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "guarded" / name.lower()))


@pytest.fixture(autouse=True)
def an_end() -> Iterator[None]:
    """A test that waits for what never comes fails, and the others run."""

    def fail(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"the test did not end within {LONGEST_TEST} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(LONGEST_TEST)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def no_open_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test's own helpers leave open is closed: from Python 3.13 on a connection that is not is a
    warning.
    """
    opened: list[RecordsDatabase | DiskStore] = []
    for kind in (RecordsDatabase, DiskStore):
        monkeypatch.setattr(kind, "__init__", _noted(kind.__init__, opened))
    yield
    for one in opened:
        one.close()


def _noted(begin: Callable[..., None], opened: list[Any]) -> Callable[..., None]:
    def begun(self: Any, *arguments: Any, **named: Any) -> None:
        begin(self, *arguments, **named)
        opened.append(self)

    return begun


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
