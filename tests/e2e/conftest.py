"""A user with an empty home, a sandbox to talk to, and recorded scenarios where they lie beside the
checkout.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.harness import KEY, NOW, PYTHON, REPLAY, Server, User, served, shifted


@pytest.fixture
def now() -> str:
    """When the test begins, for the user and the sandbox.

    A module or a test that needs another time has a `now` of its own.
    """
    return NOW


@pytest.fixture
def user(tmp_path: Path, now: str) -> Iterator[User]:
    """Someone who has never run oddsctl. When the test is over, their key must be nowhere."""
    someone = User(tmp_path / "home", clock=shifted(now))
    someone.home.mkdir()
    yield someone
    someone.assert_no_leak()


@pytest.fixture
def sandbox(user: User) -> Iterator[Server]:
    """The simulated providers on loopback; the user's oddsctl is pointed at them."""
    env = {"PATH": os.environ["PATH"], "HOME": str(user.home)} | PYTHON | user.clock
    with served([sys.executable, "-m", "oddsctl", "sandbox"], env) as server:
        user.env |= server.variables
        yield server


Replay = Callable[..., Server]


@pytest.fixture
def replay(user: User) -> Iterator[Replay]:
    """Starts the replay server on a recorded scenario, with the user's clock at the scenario's time."""
    if not REPLAY.exists():
        pytest.skip("the recorded scenarios are not beside this checkout")
    with ExitStack() as stack:

        def start(scenario: str, now: str, quota: int = 500) -> Server:
            time = shifted(now)
            command = [
                sys.executable,
                str(REPLAY / "replay.py"),
                str(REPLAY / "scenarios" / scenario),
                "--key",
                KEY,
                "--quota",
                str(quota),
            ]
            server = stack.enter_context(served(command, {"PATH": os.environ["PATH"]} | PYTHON | time))
            user.clock = time
            user.env |= server.variables
            return server

        yield start
