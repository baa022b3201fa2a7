"""A stopped process that holds a lock: stored answers are shown all the same, and what cannot be had is told
with its cause.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.harness import Server, User
from tests.lock_holder import holding

LOCKS: dict[str, Callable[[Path], list[Path]]] = {
    "state": lambda state: [state / "store.lock"],
    "history": lambda state: [state / "records.lock"],
    "calls": lambda state: sorted((state / "locks").glob("*.lock")),
}


@pytest.mark.parametrize("kind", LOCKS)
def test_a_stored_board_is_shown_whoever_keeps_the_lock(kind: str, user: User, sandbox: Server) -> None:
    user.fetch("nfl")
    sent = len(sandbox.log)
    locks = LOCKS[kind](user.state_dir)
    assert locks
    for lock in locks:
        with holding(lock, stopped=True):
            ran = user.run("fetch", "nfl", "--json")
        assert (ran.code, ran.err) == (0, "")
        assert {source["reason"] for source in ran.document["sources"]} == {"FRESH_CACHE"}
    assert len(sandbox.log) == sent


def test_new_calls_end_with_the_patience_and_name_the_holder(user: User, sandbox: Server) -> None:
    user.fetch("nfl", "--no-odds", "--no-weather")
    sent = len(sandbox.log)
    with holding(user.state_dir / "store.lock", stopped=True) as holder:
        ran = user.run("queue", "run", "--wait", "1s")
    assert ran.code == 11
    assert f"({holder})" in ran.err
    assert len(sandbox.log) == sent
