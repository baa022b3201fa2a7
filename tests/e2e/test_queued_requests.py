"""`queue`: what an interrupted batch leaves waiting is seen, asked for once, or dropped."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
from typing import Any

import pytest

from tests.e2e.harness import PATIENCE, Server, User, until

SPORTS = "nfl ncaaf nba ncaab wnba mlb nhl mls epl ucl laliga bundesliga seriea ligue1".split()  # noqa: SIM905 - as people write them


@pytest.fixture
def waiting(user: User, sandbox: Server) -> set[str]:
    """The sports of boards that wait, since a batch was told to stop when the first calls were under way."""
    wishes = [{"id": sport, "api": "odds", "sport": sport, "markets": ["h2h"]} for sport in SPORTS]
    path = user.home / "wishes.jsonl"
    path.write_text("".join(json.dumps(wish) + "\n" for wish in wishes))
    sandbox.fault(odds={"delay": 1, "count": -1})
    process = user.start("batch", str(path))
    until(lambda: sandbox.calls("odds") > 0, process)
    process.send_signal(signal.SIGTERM)
    assert user.finish(process).code == 143
    sandbox.fault(odds=None)
    left = {item["sport"] for item in items(user)}
    assert 0 < len(left) == len(SPORTS) - sandbox.calls("odds")
    return left


def items(user: User) -> list[dict[str, Any]]:
    document = user.run("queue", "--json").document
    assert document["schema"] == "oddsctl.queue/1"
    found: list[dict[str, Any]] = document["items"]
    return found


def test_queue_shows_what_an_interrupted_batch_left(waiting: set[str], user: User, sandbox: Server) -> None:
    asked = len(sandbox.log)
    for item in items(user):
        assert {name: item[name] for name in ("api", "what", "priority", "credits", "attempts", "state")} == {
            "api": "odds",
            "what": "board h2h us",
            "priority": "NORMAL",
            "credits": 1,
            "attempts": 0,
            "state": "waiting",
        }
        assert {"id", "due", "sport", "effective_priority", "why"} <= item.keys()
    head, *rows = user.run("queue").out.splitlines()
    assert head.split() == ["due", "sport", "what", "priority", "why", "credits", "state"]
    assert {row.split()[3] for row in rows} == waiting
    assert len(sandbox.log) == asked


def test_queue_on_a_terminal_is_a_drawing(waiting: set[str], user: User, sandbox: Server) -> None:
    terminal, side = pty.openpty()
    user.env |= {"TERM": "xterm", "COLUMNS": "80", "LINES": "24", "PYTHONIOENCODING": "utf-8"}
    process = user.start("queue", stdout=side)
    process.wait(PATIENCE)
    os.close(side)
    drawn = b""
    with contextlib.suppress(OSError):  # how a terminal ends on Linux
        while chunk := os.read(terminal, 65536):
            drawn += chunk
    os.close(terminal)
    user.finish(process)
    assert "waiting" in drawn.decode()
    assert "now" in drawn.decode()
    assert f"{len(waiting)} waiting: {len(waiting)} credits" in drawn.decode()


def test_queue_run_asks_for_each_once_and_empties_it(waiting: set[str], user: User, sandbox: Server) -> None:
    asked = sandbox.calls("odds")
    ran = user.run("queue", "run", "--json")
    assert ran.code == 0, ran.err
    document = ran.document
    assert {
        (item["sport"], item["state"], item["reason"], item["credits"]) for item in document["items"]
    } == {(sport, "answered", "FETCHED", 1) for sport in waiting}
    assert (document["usage"]["calls"], document["usage"]["credits"]) == (len(waiting), len(waiting))
    assert (sandbox.calls("odds"), sandbox.used) == (asked + len(waiting), len(SPORTS))
    assert items(user) == []
    again = user.run("queue", "run")
    assert (again.code, again.out, again.err) == (0, "", "nothing is due\n")
    assert sandbox.calls("odds") == asked + len(waiting)


def test_two_runs_at_once_ask_for_each_once(waiting: set[str], user: User, sandbox: Server) -> None:
    asked = sandbox.calls("odds")
    sandbox.fault(odds={"delay": 0.5, "count": -1})
    runs = [user.finish(process) for process in [user.start("queue", "run", "--json") for _ in range(2)]]
    assert [run.code for run in runs] == [0, 0]
    assert sorted(item["sport"] for run in runs for item in run.document["items"]) == sorted(waiting)
    assert (sandbox.calls("odds"), sandbox.used) == (asked + len(waiting), len(SPORTS))


def test_what_a_killed_run_had_taken_is_nobody_elses_until_its_lease_ends(
    waiting: set[str], user: User, sandbox: Server
) -> None:
    sandbox.fault(odds={"delay": 2 * PATIENCE, "count": -1})
    process = user.start("queue", "run")
    until(lambda: {item["state"] for item in items(user)} == {"in_flight"}, process)
    process.kill()
    user.finish(process)
    sandbox.fault(odds=None)
    assert {(item["sport"], item["state"], item["attempts"]) for item in items(user)} == {
        (sport, "in_flight", 1) for sport in waiting
    }
    assert user.run("queue", "run").err == "nothing is due\n"


def test_an_interrupted_run_gives_back_what_it_had_taken(
    waiting: set[str], user: User, sandbox: Server
) -> None:
    sandbox.fault(odds={"delay": 3, "count": -1})
    process = user.start("queue", "run")
    until(lambda: {item["state"] for item in items(user)} == {"in_flight"}, process)
    process.send_signal(signal.SIGTERM)
    assert user.finish(process).code == 143
    sandbox.fault(odds=None)
    assert {item["state"] for item in items(user)} == {"waiting"}
    assert user.run("queue", "run").code == 0
    assert items(user) == []
    assert sandbox.used == len(SPORTS)  # what was answered before was not bought again


def test_what_finds_no_answer_waits_on_and_says_until_when(
    waiting: set[str], user: User, sandbox: Server
) -> None:
    asked = sandbox.calls("odds")
    ran = user.run("queue", "run", "--max-credits", "0")
    assert ran.code == 5, ran.err
    assert "REFUSED_MAX_CREDITS" in ran.out
    assert {item["state"] for item in items(user)} == {"waiting"}
    sandbox.fault(odds={"status": 503, "count": -1})
    user.env["ODDSCTL_RETRY_ATTEMPTS"] = "1"
    ran = user.run("queue", "run")
    assert ran.code == 6, ran.err
    assert f"{len(waiting)} postponed" in ran.out
    assert {item["state"] for item in items(user)} == {"not_before"}
    sandbox.fault(odds=None)
    assert user.run("queue", "run").err == "nothing is due\n"
    assert 0 < sandbox.calls("odds") - asked <= len(waiting)


def test_queue_clear_says_how_many_it_dropped(waiting: set[str], user: User, sandbox: Server) -> None:
    asked = len(sandbox.log)
    assert user.run("queue", "clear").out == f"{len(waiting)} waiting requests dropped\n"
    assert (items(user), user.run("queue", "clear").out) == ([], "0 waiting requests dropped\n")
    assert len(sandbox.log) == asked
