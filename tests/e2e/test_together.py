"""Several processes at once: what one asks all others know, and a killed one wedges nobody."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections import Counter

import pytest

from tests.e2e.conftest import Replay
from tests.e2e.harness import PATIENCE, Server, User, until

NFL_WEEK = ("nfl-2025-week18", "2025-01-04T18:00:00Z")


def slow(server: Server, seconds: float, *apis: str) -> None:
    server.fault(**{api: {"delay": seconds, "count": -1} for api in apis or ("odds", "espn", "weather")})


def test_eight_cold_fetches_at_once_make_one_call_of_each_kind(user: User, replay: Replay) -> None:
    server = replay(*NFL_WEEK)
    slow(server, 2)
    processes = [user.start("fetch", "nfl", "--json") for _ in range(8)]
    runs = [user.finish(process) for process in processes]
    assert [run.code for run in runs] == [0] * 8, [run.err for run in runs]
    assert (server.calls("odds"), server.calls("espn"), server.calls("weather"), server.used) == (1, 1, 1, 3)
    reasons = Counter(
        source["reason"] for run in runs for source in run.document["sources"] if source["api"] == "odds"
    )
    assert reasons["FETCHED"] == 1
    assert reasons["JOINED_INFLIGHT"] + reasons["FRESH_CACHE"] == 7
    assert reasons["JOINED_INFLIGHT"] >= 1
    assert len({run.out.split('"sources"')[0].partition('"games"')[2] for run in runs}) == 1
    credits = user.run("stats", "--json").document["apis"]["odds"]["credits"]
    assert (credits["used"], credits["reserved"], credits["maybe_charged"]) == (3, 0, 0)


def test_fresh_joins_a_call_begun_after_the_command(user: User, sandbox: Server) -> None:
    user.fetch("nfl")
    slow(sandbox, 3)
    processes = [user.start("fetch", "nfl", "--fresh", "--json") for _ in range(4)]
    assert [user.finish(process).code for process in processes] == [0] * 4
    assert (
        sandbox.calls("odds") <= 3
    )  # the first run, one call, and at most one for whom came when it had begun


def test_when_the_leader_is_killed_a_follower_finishes_and_the_lost_call_counts_as_maybe_charged(
    user: User, sandbox: Server
) -> None:
    user.fetch("nfl", "--no-odds", "--no-weather")
    slow(sandbox, 2 * PATIENCE, "odds")
    leader = user.start("fetch", "nfl", "--no-weather", "--json")
    until(lambda: user.booked == 1, leader)
    follower = user.start("fetch", "nfl", "--no-weather", "--json")
    leader.send_signal(signal.SIGKILL)
    leader.communicate(timeout=PATIENCE)
    sandbox.fault(odds=None)
    ran = user.finish(follower)
    assert ran.code == 0, ran.err
    assert {source["api"]: source["reason"] for source in ran.document["sources"]}["odds"] == "FETCHED"
    credits = user.run("stats", "--json").document["apis"]["odds"]["credits"]
    assert (credits["reserved"], credits["maybe_charged"]) == (0, 3)


def test_a_leaders_definite_failure_is_the_followers_too(user: User, sandbox: Server) -> None:
    user.env["ODDSCTL_RETRY_ATTEMPTS"] = "1"
    sandbox.fault(odds={"status": 503, "count": -1, "delay": 3})
    processes = [user.start("fetch", "nfl", "--no-weather", "--json") for _ in range(5)]
    runs = [user.finish(process) for process in processes]
    assert {
        source["detail"] for run in runs for source in run.document["sources"] if source["api"] == "odds"
    } == {"espn: SERVER_ERROR"}
    assert sandbox.calls("odds") < 5


def test_many_processes_never_spend_more_than_the_account_has(user: User, sandbox: Server) -> None:
    sandbox.post("/__quota", {"remaining": 20})
    user.fetch("nfl", "--no-weather")
    user.env["ODDSCTL_BUDGET_STOP_BELOW"] = "0"
    sports = ("nba", "nhl", "mlb", "ncaaf", "ncaab", "epl", "mls", "wnba")
    runs = [
        user.finish(process)
        for process in [user.start("fetch", sport, "--no-weather", "--json") for sport in sports]
    ]
    assert all(run.code == 0 for run in runs)
    bought = sum(source["credits"] for run in runs for source in run.document["sources"])
    assert bought == 15  # 17 credits are left: five boards of three
    assert not [entry for entry in sandbox.log if entry["status"] == 401]


def test_the_rate_is_shared_by_all_processes(user: User, sandbox: Server) -> None:
    user.env |= {"ODDSCTL_ESPN_BURST": "2", "ODDSCTL_ESPN_RATE": "2/s"}
    sports = ("nba", "nhl", "nfl", "ncaaf", "epl", "mls")
    began = user.time
    for process in [
        user.start("fetch", sport, "--no-odds", "--no-weather", "--days", "1", "-q") for sport in sports
    ]:
        assert user.finish(process).code == 0
    at = [entry["t"] for entry in sandbox.log if entry["api"] == "espn"]
    assert len(at) == 6
    assert max(at) >= began + 2  # a burst of two at the earliest when they began, then two a second


def test_the_first_signal_lets_calls_under_way_finish_and_starts_nothing_new(
    user: User, sandbox: Server
) -> None:
    slow(sandbox, 3, "odds", "espn")
    process = user.start("fetch", "nfl", "--json")
    until(lambda: user.booked == 1, process)
    process.send_signal(signal.SIGTERM)
    ran = user.finish(process)
    assert (ran.code, ran.out) == (143, "")
    assert ran.error["error"] == "INTERRUPTED"
    assert (sandbox.calls("odds"), sandbox.calls("weather")) == (1, 0)
    credits = user.run("stats", "--json").document["apis"]["odds"]["credits"]
    assert (credits["used"], credits["reserved"], credits["maybe_charged"]) == (3, 0, 0)
    assert {source["reason"] for source in user.fetch("nfl", "--offline", "--no-weather")["sources"]} == {
        "FRESH_CACHE"
    }


@pytest.mark.parametrize(("again", "timeout"), [(True, "30s"), (False, "200ms")])
def test_the_second_signal_or_the_end_of_the_time_ends_it_at_once_and_the_books_stay_true(
    again: bool, timeout: str, user: User, sandbox: Server
) -> None:
    slow(sandbox, 2 * PATIENCE, "odds")
    process = user.start("fetch", "nfl", "--shutdown-timeout", timeout)
    until(lambda: user.booked == 1, process)
    process.send_signal(signal.SIGINT)
    if again:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.send_signal(signal.SIGINT)
    assert user.finish(process).code == 130
    credits = user.run("stats", "--json").document["apis"]["odds"]["credits"]
    assert credits["reserved"] + credits["maybe_charged"] == 3


def test_a_call_is_in_the_ledger_before_it_is_sent(user: User, sandbox: Server) -> None:
    slow(sandbox, 2 * PATIENCE, "odds")
    process = user.start("fetch", "nfl", "--no-weather")
    until(lambda: user.booked == 1, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    with sqlite3.connect(user.state_dir / "records.db") as ledger:
        rows = ledger.execute(
            "SELECT event, price, purpose, command, sport FROM calls WHERE api = 'odds'"
        ).fetchall()
    ledger.close()
    assert rows == [("booked", 3, "own", "fetch", "americanfootball_nfl")]
