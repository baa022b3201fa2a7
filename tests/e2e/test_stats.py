"""`stats` and `costs` beside the server's own count, on a terminal, and as a file for node_exporter."""

from __future__ import annotations

import csv
import io
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.harness import PATIENCE, Server, User, until

DOUBTS = {"drop": {"mode": "drop", "count": 1}, "slow": {"mode": "slow", "delay": 2, "count": 1}}


def stats(user: User, *arguments: str) -> Any:
    ran = user.run("stats", "--json", *arguments)
    assert (ran.code, ran.err) == (0, "")
    return ran.document


def costs(user: User, *arguments: str) -> Any:
    ran = user.run("costs", "--json", *arguments)
    assert (ran.code, ran.err) == (0, "")
    return ran.document


def assert_counted_as_by(server: Server, user: User) -> None:
    """Credits and calls are the server's own."""
    document = stats(user, "--by", "api")
    credits = document["apis"]["odds"]["credits"]
    told = server.get("/__usage")
    assert (credits["used"], credits["remaining"], credits["maybe_charged"]) == (
        told["used"],
        told["remaining"],
        0,
    )
    assert {api: facts["calls"] for api, facts in document["apis"].items()} == {
        "odds": told["calls"]["odds"],
        "espn": told["calls"]["espn"],
        "weather": told["calls"]["weather"] + told["calls"].get("geocoding", 0),
    }
    assert {group["group"]: group["calls"] for group in document["by"]} == {
        api: facts["calls"] for api, facts in document["apis"].items() if facts["calls"]
    }


def test_stats_are_the_servers_own_count_after_fetches_cached_ones_and_foreign_spend(
    user: User, sandbox: Server
) -> None:
    user.fetch("nfl")
    assert_counted_as_by(sandbox, user)
    user.fetch("nfl")
    user.fetch("nfl", "--markets", "h2h")
    assert_counted_as_by(sandbox, user)
    assert stats(user)["saved"]["credits"] == 4  # a board of three markets, then one of one
    sandbox.post("/__quota", {"remaining": 400})
    user.fetch("nba", "--no-weather")
    assert_counted_as_by(sandbox, user)
    credits = stats(user)["apis"]["odds"]["credits"]
    assert (credits["used"], credits["foreign"]) == (103, 97)
    assert costs(user, "--by", "sport")["total"]["credits"] == sandbox.used - credits["foreign"] == 6


@pytest.mark.parametrize("fault", DOUBTS)
def test_what_may_have_been_charged_is_told_until_the_servers_count_settles_it(
    fault: str, user: User, sandbox: Server
) -> None:
    user.env |= {"ODDSCTL_HTTP_READ_TIMEOUT": "1s", "ODDSCTL_RETRY_ATTEMPTS": "1"}
    user.fetch("nba", "--no-weather")
    sandbox.fault(odds=DOUBTS[fault])
    user.fetch("nfl", "--no-weather")
    credits = stats(user)["apis"]["odds"]["credits"]
    assert (credits["used"], credits["maybe_charged"]) == (3, 3)
    (lost,) = [
        group
        for group in costs(user, "--by", "sport")["groups"]
        if group["sport"] == "nfl" and group["maybe_charged"]
    ]
    assert (lost["errors"], lost["credits"], lost["maybe_charged"]) == (1, 0, 3)
    until(
        lambda: sandbox.used == 6
    )  # the slow one is charged when it is answered, though nobody waits any more

    def settled() -> bool:
        user.fetch("nba", "--no-weather", "--fresh")
        return not stats(user)["apis"]["odds"]["credits"]["maybe_charged"]

    until(settled)  # by an answer to a request sent a read timeout later
    assert_counted_as_by(sandbox, user)


def test_costs_are_those_of_the_servers_log_call_by_call(user: User, sandbox: Server) -> None:
    user.fetch("nfl", "epl")
    (user.home / "wishes.jsonl").write_text(
        '{"id": "a", "api": "odds", "sport": "nba", "markets": ["h2h"], "regions": ["us"]}\n'
    )
    assert user.run("batch", "wishes.jsonl").code == 0
    user.fetch("nfl", "--fresh", "--markets", "h2h", "--no-weather")
    rows = list(csv.DictReader(io.StringIO(user.run("costs", "--format", "csv").out)))
    assert sorted((row["api"], int(row["spent"])) for row in rows) == sorted(
        ("weather" if entry["api"] == "geocoding" else entry["api"], entry["cost"]) for entry in sandbox.log
    )
    assert {row["outcome"] for row in rows} == {"FETCHED"}
    assert len(user.run("costs", "--format", "jsonl").out.splitlines()) == len(rows)
    by_sport = {group["sport"]: group["credits"] for group in costs(user, "--by", "sport")["groups"]}
    assert by_sport == {"nfl": 4, "epl": 3, "nba": 1, None: 0}
    assert {group["command"]: group["credits"] for group in costs(user, "--by", "command")["groups"]} == {
        "fetch": 7,
        "batch": 1,
    }
    assert (sandbox.used, "8 credits in" in user.run("costs").out) == (8, True)


def test_since_counts_only_what_came_after(user: User, sandbox: Server) -> None:
    user.fetch("nfl", "--no-weather")
    assert stats(user, "--since", "1h")["apis"]["odds"]["calls"] == 1
    document = stats(user, "--since", "1ms", "--by", "sport")
    assert document["by"] == []
    assert (document["apis"]["odds"]["calls"], document["apis"]["odds"]["latency_p50_ms"]) == (0, None)
    assert document["apis"]["odds"]["credits"]["used"] == 3
    assert costs(user, "--since", "1ms")["total"]["calls"] == 0
    assert costs(user, "--since", "all")["since"] is None


def test_a_call_whose_owner_was_killed_shows_as_maybe_charged(user: User, sandbox: Server) -> None:
    sandbox.fault(odds={"delay": 2 * PATIENCE, "mode": "slow", "count": 1})
    process = user.start("fetch", "nfl", "--no-weather")
    until(lambda: any(group["api"] == "odds" for group in costs(user, "--by", "api")["groups"]), process)
    process.kill()
    user.finish(process)
    (row,) = [
        row
        for row in csv.DictReader(io.StringIO(user.run("costs", "--format", "csv").out))
        if row["api"] == "odds"
    ]
    assert (row["price"], row["spent"], row["maybe_charged"], row["outcome"]) == ("3", "", "3", "IN_FLIGHT")
    assert "3 more maybe charged" in user.run("costs").out


# ── for Prometheus ──


def test_the_metrics_are_the_servers_own_count(user: User, sandbox: Server) -> None:
    user.fetch("nfl", "--no-weather")
    user.fetch("nfl", "--no-weather")
    file = user.home / "oddsctl.prom"
    ran = user.run("stats", "--prometheus", "--output", str(file))
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert file.stat().st_mode & 0o777 == 0o644
    told = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(file.read_text())
        for one in family.samples
    }
    assert told["oddsctl_credits_used",] == sandbox.used
    assert told["oddsctl_calls_total", "odds", "FETCHED"] == sandbox.calls("odds")
    assert told["oddsctl_cache_hits_total", "odds"] == told["oddsctl_latency_seconds_count", "odds"] == 1
    assert told["oddsctl_latency_seconds_sum", "odds"] > 0
    assert 0 <= told["oddsctl_oldest_answer_seconds", "odds", "nfl"] < 60
    assert {
        line.split()[0] for line in user.run("stats", "--prometheus").out.splitlines() if line[:1] != "#"
    } >= {"oddsctl_credits_used"}


def test_without_the_extra_one_line_says_what_to_install(user: User) -> None:
    missing = user.home / "missing" / "prometheus_client"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text(
        'raise ModuleNotFoundError("No module named prometheus_client", name="prometheus_client")'
    )
    user.env["PYTHONPATH"] = f"{missing.parent}:{user.environment()['PYTHONPATH']}"
    ran = user.run("stats", "--prometheus")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert "pip install 'oddsctl[metrics]'" in ran.err
    assert user.run("stats").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("stats --watch", "terminal"),
        ("stats --output x.prom", "--prometheus"),
        ("stats --prometheus --since 1h", "--since"),
        ("stats --by month", "month"),
        ("stats --since yesterday", "duration"),
        ("costs --by team", "team"),
    ],
)
def test_what_cannot_be_is_one_line(arguments: str, said: str, user: User) -> None:
    ran = user.run(*arguments.split())
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert said in ran.err


def test_a_file_that_cannot_be_written_is_one_line_and_a_device_is_left_alone(user: User) -> None:
    for target in (str(user.home / "none" / "a.prom"), "/dev/null"):
        ran = user.run("stats", "--prometheus", "--output", target)
        assert (ran.code, len(ran.err.splitlines())) == (74, 1)
    assert Path("/dev/null").is_char_device()


# ── on a terminal ──


@contextmanager
def watching(user: User, **env: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`stats --watch` on a terminal of its own: the process, and our end of the terminal."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (30, 80))
    environment = user.environment() | {"TERM": "xterm-256color"} | env
    command = [sys.executable, "-m", "oddsctl", "--demo", "stats", "--watch"]
    process = subprocess.Popen(
        command, env=environment, cwd=user.home, stdin=its, stdout=its, stderr=its, start_new_session=True
    )
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(its)


def read_until(terminal: int, words: bytes, count: int = 1) -> bytes:
    seen = b""
    while seen.count(words) < count:
        assert select.select([terminal], [], [], PATIENCE)[0], f"nothing more after {seen!r}"
        seen += os.read(terminal, 65536)
    return seen


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_watch_draws_again_and_leaves_the_terminal_as_it_was(number: int, code: int, user: User) -> None:
    with watching(user) as (process, terminal):
        before = termios.tcgetattr(terminal)
        seen = read_until(terminal, b"rate limits", 2)
        process.send_signal(number)
        seen += read_until(terminal, b"\x1b[?1049l")
        assert process.wait(PATIENCE) == code
        assert termios.tcgetattr(terminal) == before
    assert seen.index(b"\x1b[?1049h") < seen.index(b"rate limits")
    assert seen.count(b"\x1b[?25l") <= seen.count(b"\x1b[?25h")
    assert b"Traceback" not in seen


def test_watch_without_colour_redraws_all_the_same(user: User) -> None:
    with watching(user, NO_COLOR="1") as (process, terminal):
        seen = read_until(terminal, b"rate limits", 2)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert b"\x1b[?1049h" in seen
    assert not any(b"\x1b[%d" % colour in seen for colour in range(30, 40))
