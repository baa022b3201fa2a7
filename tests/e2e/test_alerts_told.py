"""Alerts as a user gets them: real runs, a real receiver, and a hook whose address is a secret."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Replay
from tests.e2e.harness import KEY, PATIENCE, Server, User, shifted
from tests.receiver import TOKEN, Receiver


@pytest.fixture
def receiver(user: User) -> Iterator[Receiver]:
    """Where the user wants to be told. Its address must be nowhere when the test is over."""
    with Receiver().up() as someone:
        user.env["ODDSCTL_NOTIFY_URLS"] = "env:HOOK"
        user.env["HOOK"] = someone.url
        yield someone
    assert not any(TOKEN in text for text in user.printed)
    for file in user.home.rglob("*"):
        assert not (file.is_file() and TOKEN.encode() in file.read_bytes()), file


def test_a_run_of_cron_tells_once_that_credits_are_low(
    user: User, sandbox: Server, receiver: Receiver
) -> None:
    user.fetch("nfl")
    assert receiver.heard == []
    sandbox.post("/__quota", {"remaining": 90})
    for _ in range(3):
        user.fetch("nfl", "--fresh")
    assert "87 of 500 credits left (17 %)" in receiver.heard[0]["message"]
    assert len(receiver.heard) == 1


def test_four_runs_at_once_tell_once(user: User, sandbox: Server, receiver: Receiver) -> None:
    user.fetch("nfl")
    sandbox.post("/__quota", {"remaining": 90})
    user.env["ODDSCTL_NOTIFY_URLS"] = ""
    user.fetch("nfl", "--fresh")
    user.env["ODDSCTL_NOTIFY_URLS"] = "env:HOOK"
    ran = [user.finish(process) for process in [user.start("fetch", "nfl", "--json") for _ in range(4)]]
    assert [one.code for one in ran] == [0] * 4
    assert len(receiver.heard) == 1


def test_a_batch_tells_as_well(user: User, sandbox: Server, receiver: Receiver) -> None:
    sandbox.post("/__quota", {"remaining": 240})
    (user.home / "wishes.jsonl").write_text(
        '{"id": "a", "api": "odds", "sport": "nfl", "markets": ["h2h"], "regions": ["us"]}\n'
    )
    assert user.run("batch", "wishes.jsonl").code == 0
    assert "239 of 500 credits left" in receiver.heard[0]["message"]


def test_a_run_that_fails_tells_before_it_does(user: User, sandbox: Server, receiver: Receiver) -> None:
    sandbox.post("/__quota", {"remaining": 0})
    user.env["ODDSCTL_NOTIFY_URLS"] = ""
    user.fetch("nfl")
    user.env["ODDSCTL_NOTIFY_URLS"] = "env:HOOK"
    sandbox.fault(**{api: {"status": 503, "count": -1} for api in ("odds", "espn")})
    assert user.run("fetch", "nba", "--no-weather", "--wait", "0s").code == 6
    assert "0 of 500 credits left" in receiver.heard[0]["message"]


def test_an_api_that_falls_ill_and_gets_well_is_told_and_no_key_with_it(
    user: User, sandbox: Server, receiver: Receiver
) -> None:
    """The provider's words go with it, and providers echo keys."""
    user.env |= {
        "ODDSCTL_NOTIFY_ON": "health",
        "ODDSCTL_BREAKER_FAILURES": "2",
    }  # it may have been charged: one retry, no more
    user.fetch("nfl")
    assert receiver.heard == []
    sandbox.fault(
        odds={"status": 500, "count": -1, "body": {"message": f"at /v4/odds?apiKey={KEY}, key {KEY.upper()}"}}
    )
    user.fetch("nfl", "--fresh", "--wait", "15s")
    assert receiver.titles == ["oddsctl: The Odds API is unhealthy"]
    assert "SERVER_ERROR" in receiver.heard[0]["message"]
    assert KEY.lower() not in str(receiver.heard).lower()


def test_a_missed_window_is_told_once(user: User, replay: Replay, receiver: Receiver) -> None:
    """Half an hour before eight games nobody answers; ten minutes later it is too late."""
    server = replay("nfl-2025-week18", "2025-01-05T17:31:00Z")
    user.env |= {
        "ODDSCTL_NOTIFY_ON": "window",
        "ODDSCTL_RETRY_ATTEMPTS": "1",
        "ODDSCTL_PREFETCH_FETCH": "odds",
    }
    server.fault(odds={"status": 500, "count": -1})
    assert "missed" not in user.run("prefetch", "nfl").err
    user.clock = shifted("2025-01-05T17:41:00Z")
    assert "missed 8 windows (SERVER_ERROR)" in user.run("prefetch", "nfl").err
    assert user.run("prefetch", "nfl").err == ""
    (heard,) = receiver.heard
    assert heard["title"] == "oddsctl: 8 alerts"
    assert "the window 30 min before was missed: SERVER_ERROR" in heard["message"]


def test_a_channel_that_is_down_fails_no_run(user: User, sandbox: Server) -> None:
    user.env["ODDSCTL_NOTIFY_URLS"] = f"json://127.0.0.1:9/{TOKEN}"
    sandbox.post("/__quota", {"remaining": 90})
    ran = user.run("fetch", "nfl", "--json")
    assert ran.code == 0
    assert ran.document["games"]
    assert ran.err.splitlines() == [
        (
            "warning: alert not delivered to json://…: it was not reached, or did not take the message; "
            "tried again later"
        )
    ]
    assert user.run("fetch", "nfl").err == ""
    assert TOKEN not in "".join(user.printed)


def test_the_simulated_world_and_a_rehearsal_tell_nobody(
    user: User, sandbox: Server, receiver: Receiver
) -> None:
    sandbox.post("/__quota", {"remaining": 90})
    assert user.run("--demo", "fetch", "nfl").code == 0
    assert user.run("fetch", "nfl", "--dry-run").code == 0
    assert receiver.heard == []


def test_a_run_with_nothing_to_tell_does_not_load_apprise(
    user: User, sandbox: Server, receiver: Receiver
) -> None:
    user.fetch("nfl")
    script = (
        "import sys\n"
        "sys.argv = ['oddsctl', 'fetch', 'nfl', '--json']\n"
        "import oddsctl.cli\n"
        "try: oddsctl.cli.run()\n"
        "finally: print(*sorted(sys.modules), file=sys.stderr)\n"
    )

    def loaded(env: dict[str, str]) -> set[str]:
        ran = subprocess.run(
            [sys.executable, "-c", script],
            env=env,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        return set(ran.stderr.split())

    env = user.environment()
    assert not loaded(env) & {"apprise", "requests"}
    assert not loaded(env | {"ODDSCTL_NOTIFY_URLS": ""}) & {
        "apprise",
        "oddsctl.services.alerts",
        "oddsctl.notify.channels",
        "oddsctl.policy.alert_rules",
    }


def test_the_test_message_says_which_channel_took_it(user: User, receiver: Receiver) -> None:
    ran = user.run("notify", "test")
    assert (ran.code, ran.out, ran.err) == (0, "1  json://…      delivered\n", "")
    assert receiver.titles == ["oddsctl: test message"]
    user.env["ODDSCTL_NOTIFY_URLS"] = f"env:HOOK,json://127.0.0.1:9/{TOKEN}"
    ran = user.run("notify", "test", "--json", "-vv")
    assert ran.code == 6
    assert [(channel["channel"], channel["delivered"]) for channel in ran.document["channels"]] == [
        ("json://…", True),
        ("json://…", False),
    ]
    assert ran.document["schema"] == "oddsctl.notify/1"


def test_the_test_message_without_a_channel_is_a_matter_of_configuration(user: User) -> None:
    ran = user.run("notify", "test", "--json")
    assert (ran.code, ran.error["error"]) == (78, "CONFIG")
    assert "urls = [" in ran.error["hint"]


def test_a_terminal_without_the_sign_for_more_gets_its_table(user: User, receiver: Receiver) -> None:
    user.env |= {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"} | {
        name: os.environ[name] for name in ("LANG",) if name in os.environ
    }
    assert "delivered" in user.run("notify", "test").out
