"""`batch`: many wishes in, few calls out, answers in the order of the input."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.harness import PATIENCE, Server, User, in_days, until

SPORTS = "nfl ncaaf nba ncaab wnba mlb nhl mls epl ucl laliga bundesliga seriea ligue1".split()  # noqa: SIM905 - as people write them


def written(user: User, wishes: list[dict[str, Any]]) -> str:
    path: Path = user.home / "wishes.jsonl"
    path.write_text("".join(json.dumps(wish) + "\n" for wish in wishes))
    return str(path)


@pytest.fixture
def wishes() -> list[dict[str, Any]]:
    """20 places, 4 odds wishes of one sport with different markets, and an ESPN day."""
    soon = in_days(1)
    places = [
        {
            "id": f"w{n}",
            "api": "weather",
            "latitude": 30.0 + n,
            "longitude": -80.5 - n,
            "time": soon.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for n in range(20)
    ]
    odds: list[dict[str, Any]] = [
        {"id": "o0", "api": "odds", "sport": "nfl", "markets": ["h2h"]},
        {"id": "o1", "api": "odds", "sport": "nfl", "markets": ["spreads"], "regions": ["us"]},
        {"id": "o2", "api": "odds", "sport": "nfl", "markets": ["totals", "h2h"], "priority": "high"},
        {"id": "o3", "api": "odds", "sport": "NFL", "markets": ["h2h", "spreads", "totals"]},
    ]
    day = {"id": "e", "api": "espn", "sport": "nba", "date": soon.date().isoformat()}
    return [*places[:10], odds[3], odds[0], day, *places[10:], odds[2], odds[1]]


def test_places_markets_and_a_day_are_three_calls_and_three_credits(
    wishes: list[dict[str, Any]], user: User, sandbox: Server
) -> None:
    ran = user.run("batch", written(user, wishes))
    assert ran.code == 0, ran.err
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert [answer["id"] for answer in answers] == [wish["id"] for wish in wishes]
    assert (len(sandbox.log), sandbox.used) == (3, 3)
    assert ran.err.splitlines()[-1] == "25 requests -> 3 calls, 3 credits (one by one: 25 calls, 7 credits)"
    by_id = {answer["id"]: answer for answer in answers}
    for name, markets in (
        ("o0", {"h2h"}),
        ("o1", {"spreads"}),
        ("o2", {"h2h", "totals"}),
        ("o3", {"h2h", "spreads", "totals"}),
    ):
        assert {price["market"] for game in by_id[name]["data"] for price in game["odds"]} == markets
    assert sum(answer["credits"] for answer in answers) == 3
    assert all(by_id[f"w{n}"]["data"]["units"] == "imperial" for n in range(20))
    assert len({by_id[f"w{n}"]["data"]["temperature"] for n in range(20)}) > 5
    assert {game["sport"] for game in by_id["e"]["data"]} == {"nba"}
    again = user.run("batch", written(user, wishes))
    assert again.err.splitlines()[-1].startswith("25 requests -> 0 calls, 0 credits")


def test_a_dry_run_prices_the_batch_and_sends_nothing(
    wishes: list[dict[str, Any]], user: User, sandbox: Server
) -> None:
    plan = user.run("batch", written(user, wishes), "--dry-run", "--json").document
    assert (plan["credits"], len(plan["requests"])) == (3, 3)
    assert sandbox.log == []


def test_max_credits_leaves_the_dear_lines_with_an_error(
    wishes: list[dict[str, Any]], user: User, sandbox: Server
) -> None:
    ran = user.run("batch", written(user, wishes), "--max-credits", "2")
    answers = {answer["id"]: answer for answer in map(json.loads, ran.out.splitlines())}
    assert (ran.code, sandbox.used) == (0, 0)
    assert answers["o0"]["reason"] == "REFUSED_MAX_CREDITS"
    assert answers["o0"]["error"]["error"] == "REFUSED_MAX_CREDITS"
    assert "data" in answers["w0"]


def test_one_bad_place_does_not_spoil_the_others(user: User, sandbox: Server) -> None:
    """The provider refuses a whole batch for one bad member: the batch is split until the bad one is
    alone.
    """
    soon = in_days(1).strftime("%Y-%m-%dT12:00:00Z")
    far = in_days(1500).strftime("%Y-%m-%dT12:00:00Z")
    wishes = [
        {
            "id": str(n),
            "api": "weather",
            "latitude": 30 + n,
            "longitude": -90,
            "time": far if n == 3 else soon,
        }
        for n in range(6)
    ]
    ran = user.run("batch", written(user, wishes))
    answers = {answer["id"]: answer for answer in map(json.loads, ran.out.splitlines())}
    assert [name for name, answer in answers.items() if "error" in answer] == ["3"]
    assert answers["3"]["error"]["error"] == "REJECTED"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["line 1", "not valid JSON"]),
        ('{"id": "a"}', ["line 1", '"api"']),
        ('\n{"api": "odds", "sport": "nfll"}', ["line 2", "did you mean nfl?"]),
        ('{"api": "odds", "sport": "nfl", "market": ["h2h"]}', ["line 1", "market", "markets"]),
        ('{"api": "espn", "sport": "nfl", "date": "tomorrow"}', ["line 1", '"date"']),
        (
            '{"api": "weather", "latitude": 100, "longitude": 0, "time": "2026-11-26T18:00:00Z"}',
            ["line 1", "latitude 100"],
        ),
        (
            '{"api": "odds", "sport": "nfl", "priority": "urgent"}',
            ["line 1", "critical high normal low prefetch"],
        ),
        ('{"api": "odds", "sport": "nfl", "markets": ["h2h&apiKey=x"]}', ["line 1", '"markets"']),
        ('{"api": "odds", "sport": "nfl", "event": "../sports"}', ["line 1", '"event"']),
        ('{"api": ["odds"]}', ["line 1", '"api"']),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_asked(
    text: str, words: list[str], user: User, sandbox: Server
) -> None:
    (user.home / "bad.jsonl").write_text(text + "\n")
    ran = user.run("batch", "bad.jsonl")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert all(word in ran.err for word in words), ran.err
    assert sandbox.log == []


def test_commas_within_a_list_are_counted_and_equal_lines_are_paid_once(user: User, sandbox: Server) -> None:
    wish = {"api": "odds", "sport": "nfl", "markets": ["h2h,totals"], "regions": ["us,uk"]}
    ran = user.run("batch", written(user, [wish | {"id": [1]}, wish, wish | {"id": None}]))
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert ([answer["id"] for answer in answers], [answer["credits"] for answer in answers]) == (
        [[1], 2, None],
        [4, 0, 0],
    )
    assert sandbox.used == 4


def test_a_board_answers_its_events_and_days_of_a_month_are_one_call(user: User, sandbox: Server) -> None:
    board = user.fetch("nfl", "--no-weather")
    event = next(
        iter(json.loads(user.run("batch", written(user, [{"api": "odds", "sport": "nfl"}])).out)["data"])
    )["id"].removeprefix("odds:")
    ran = user.run(
        "batch",
        written(
            user,
            [
                {"api": "odds", "sport": "nfl", "event": event},
                {"api": "odds", "sport": "nfl", "event": "0" * 32},
            ],
        ),
    )
    answers = [json.loads(line) for line in ran.out.splitlines()]
    assert (answers[0]["reason"], len(answers[0]["data"])) == ("SUPERSET_CACHE", 1)
    assert answers[1]["error"]["error"] == "EVENT_GONE"
    assert sandbox.used == 3
    calls = sandbox.calls("espn")
    days = [{"api": "espn", "sport": "nba", "date": f"{in_days(80):%Y-%m}-{day:02}"} for day in (3, 4, 9)]
    assert user.run("batch", written(user, days)).code == 0
    assert sandbox.calls("espn") == calls + 1
    assert board["games"]


def test_standard_input_and_a_missing_file(user: User, sandbox: Server) -> None:
    assert user.run("batch", "nowhere.jsonl").code == 2
    process = user.start("batch", "-", stdin=subprocess.PIPE)
    out, _ = process.communicate(
        '{"id": 7, "api": "odds", "sport": "nfl", "markets": "h2h"}\n', timeout=PATIENCE
    )
    assert json.loads(out)["id"] == 7


def test_after_an_interruption_resume_asks_only_what_is_left(user: User, sandbox: Server) -> None:
    wishes = [{"id": sport, "api": "odds", "sport": sport, "markets": ["h2h"]} for sport in SPORTS]
    path = written(user, wishes)
    sandbox.fault(odds={"delay": 1, "count": -1})
    process = user.start("batch", path)
    until(lambda: sandbox.calls("odds") > 0, process)
    process.send_signal(signal.SIGINT)
    assert user.finish(process).code == 130
    asked = sandbox.calls("odds")
    assert 0 < asked < len(SPORTS)
    sandbox.fault(odds=None)
    user.env["ODDSCTL_FRESHNESS_OVER_24H"] = user.env["ODDSCTL_FRESHNESS_OVER_6H"] = user.env[
        "ODDSCTL_FRESHNESS_OVER_1H"
    ] = "1s"
    user.env["ODDSCTL_FRESHNESS_UNDER_1H"] = user.env["ODDSCTL_FRESHNESS_IN_PLAY"] = "1s"
    ran = user.run("batch", path, "--resume")
    assert ran.code == 0, ran.err
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == [wish["id"] for wish in wishes]
    assert sandbox.calls("odds") == len(SPORTS)


def on_a_terminal(user: User, *arguments: str) -> str:
    """What a run writes to a terminal on stderr, byte for byte."""
    terminal, side = pty.openpty()
    try:
        process = user.start(*arguments, stderr=side)
        process.communicate(timeout=PATIENCE)
        os.close(side)
        written = b""
        with contextlib.suppress(OSError):  # how a terminal ends on Linux
            while chunk := os.read(terminal, 65536):
                written += chunk
        return written.decode(errors="replace")
    finally:
        os.close(terminal)


def test_a_progress_bar_shows_on_a_terminal_and_leaves_it_as_it_was(user: User, sandbox: Server) -> None:
    sandbox.fault(odds={"delay": 0.3, "count": -1})
    path = written(user, [{"api": "odds", "sport": sport, "markets": ["h2h"]} for sport in SPORTS[:3]])
    user.env["TERM"] = "xterm"
    shown = on_a_terminal(user, "batch", path)
    assert "━" in shown
    assert "3/3" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # the cursor is back
    assert "━" not in on_a_terminal(user, "batch", path, "-q")
