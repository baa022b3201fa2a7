"""What cron runs, as cron runs it: processes that come at their minute, late, at once, are killed, stopped,
or have no key.
"""

from __future__ import annotations

import json
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oddsctl.policy.prefetch_plan import Fixture, Windows, plan, targets
from oddsctl.sandbox.leagues import BY_NAME
from oddsctl.sandbox.schedule import games_between
from oddsctl.sandbox.world import World
from tests.e2e.conftest import Replay
from tests.e2e.harness import PATIENCE, REPLAY, Ran, Server, User, in_days, shifted, until

SCENARIOS = (("nfl-2025-week18", "nfl"), ("nba-2026-03-01", "nba"))
WINDOWS = Windows((7200.0, 3600.0, 1800.0), 600.0, 360.0)
DAY = 86400.0
ONE_WINDOW = Windows((3600.0,), 0.0, 3000.0)
ONE_WINDOW_ENV = {
    "ODDSCTL_PREFETCH_WINDOWS": "1h",
    "ODDSCTL_PREFETCH_EARLY": "0s",
    "ODDSCTL_PREFETCH_LATE": "50m",
    "ODDSCTL_PREFETCH_FETCH": "odds",
}
"""One wide window before each game: a test has many minutes until the next one opens."""


def recorded(scenario: str) -> tuple[str, list[Fixture]]:
    """When the scenario plays, and its games."""
    if not REPLAY.exists():
        pytest.skip("the recorded scenarios are not beside this checkout")
    folder = REPLAY / "scenarios" / scenario
    events = json.loads((folder / "espn.json").read_text())["events"]
    games = [
        Fixture(event["id"], "any", datetime.fromisoformat(event["date"]).timestamp()) for event in events
    ]
    return json.loads((folder / "scenario.json").read_text())["now"], games


def windows_called(document: Any) -> list[tuple[str, str]]:
    return [
        (pair["game"], pair["window"])
        for call in document["calls"]
        if call["api"] == "odds"
        for pair in call["covers"]
    ]


def prefetch(user: User, *arguments: str) -> Any:
    """The run as a script gets it; it must succeed."""
    ran = user.run("prefetch", *arguments, "--json")
    assert ran.code == 0, ran.err
    return ran.document


def credits(user: User) -> dict[str, Any]:
    told: dict[str, Any] = user.run("stats", "--json").document["apis"]["odds"]["credits"]
    return told


@pytest.fixture
def now() -> str:
    """The minute of the first call that the simulated league's games need, all of which The Odds API
    lists.
    """
    begin, world = in_days(0).timestamp(), World()
    games = list(games_between(world.seed, BY_NAME["nba"], begin, begin + 2 * DAY))
    unlisted = {game.id for game in games if not world.is_listed(game)}
    wanted, _ = targets([Fixture(game.id, "nba", game.start) for game in games], ONE_WINDOW, (), begin, DAY)
    minutes = (call.at + 1 for call in plan(wanted))
    suits = (
        minute
        for minute in minutes
        if not any(one.fixture_id in unlisted for one in wanted if one.contains(minute))
    )
    return datetime.fromtimestamp(next(suits), UTC).isoformat()


@pytest.fixture
def due(user: User, sandbox: Server) -> User:
    """Someone with a board to buy at this minute, and none for some time after it."""
    user.env |= ONE_WINDOW_ENV
    return user


# ── recorded weeks, at their own time ──


@pytest.mark.parametrize(("scenario", "sport"), SCENARIOS)
def test_a_dry_run_plans_no_more_boards_than_the_optimum_and_buys_nothing(
    scenario: str, sport: str, user: User, replay: Replay
) -> None:
    now, games = recorded(scenario)
    server = replay(scenario, now)
    planned = prefetch(user, sport, "--dry-run")
    wanted, skipped = targets(games, WINDOWS, (), datetime.fromisoformat(now).timestamp(), DAY)
    boards = [call for call in planned["calls"] if call["api"] == "odds"]
    assert 0 < len(boards) <= len(plan(wanted))
    names = {7200.0: "2h", 3600.0: "1h", 1800.0: "30m"}
    assert sorted(windows_called(planned)) == sorted(
        (target.fixture_id, names[target.window]) for target in wanted
    )
    assert (planned["credits"], planned["skipped"], skipped) == (3 * len(boards), [], ())
    assert {call["outcome"] for call in planned["calls"]} == {"planned"}
    assert (server.calls("odds"), server.used) == (0, 0)


@pytest.mark.parametrize(("scenario", "sport"), SCENARIOS)
def test_runs_at_the_windows_buy_once_and_a_fetch_right_after_buys_nothing(
    scenario: str, sport: str, user: User, replay: Replay
) -> None:
    now, _ = recorded(scenario)
    server = replay(scenario, now)
    planned = [call for call in prefetch(user, sport, "--dry-run")["calls"] if call["api"] == "odds"][:3]
    for number, call in enumerate(planned, 1):
        minute = datetime.fromisoformat(call["at"]) + timedelta(seconds=1)
        user.clock = shifted(minute.isoformat())
        bought = prefetch(user, sport)
        assert sorted(windows_called(bought)) == sorted(
            (pair["game"], pair["window"]) for pair in call["covers"]
        )
        assert (bought["credits"], server.calls("odds"), server.used) == (3, number, 3 * number)
        again = prefetch(user, sport)
        assert (again["calls"], again["credits"], server.calls("odds")) == ([], 0, number)
    board = user.fetch(sport)
    assert {source["reason"] for source in board["sources"] if source["api"] == "odds"} == {"PREFETCHED"}
    assert (board["usage"]["credits"], server.used) == (0, 3 * len(planned))


@pytest.mark.parametrize(("scenario", "sport"), SCENARIOS)
def test_a_run_after_a_gap_buys_once_and_tells_what_was_missed(
    scenario: str, sport: str, user: User, replay: Replay
) -> None:
    now, games = recorded(scenario)
    server = replay(scenario, now)
    assert prefetch(user, sport)["calls"] == []
    first = min(game.start for game in games)
    user.clock = shifted(datetime.fromtimestamp(first - 1800 + 60, UTC).isoformat())
    ran = user.run("prefetch", sport)
    assert (ran.code, ran.out) == (0, "")
    assert [line.partition(":")[0] for line in ran.err.splitlines()] == ["warning"]
    assert "missed 2 windows (NO_RUN)" in ran.err
    assert server.used == 3
    again = user.run("prefetch", sport)
    assert (again.code, again.out, again.err) == (0, "", "")
    assert server.used == 3


# ── at once, killed, stopped, late ──


def test_four_runs_at_once_buy_once_and_those_that_come_second_say_nothing(
    due: User, sandbox: Server
) -> None:
    sandbox.fault(odds={"delay": 2, "count": 1})
    runs = [due.finish(process) for process in [due.start("prefetch", "nba", "--json") for _ in range(4)]]
    assert [(run.code, run.err) for run in runs] == [(0, "")] * 4
    assert (sandbox.calls("odds"), sandbox.used) == (1, 3)
    spoke = [run.document for run in runs if run.out]
    assert sorted(document["credits"] for document in spoke) == [
        *[0] * (len(spoke) - 1),
        3,
    ]  # who came when all was over has nothing to do


def test_a_killed_run_holds_up_nobody_and_the_next_one_goes_on(due: User, sandbox: Server) -> None:
    sandbox.fault(odds={"delay": 2 * PATIENCE, "count": 1})
    process = due.start("prefetch", "nba")
    until(lambda: due.booked == 1, process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    sandbox.fault(odds=None)  # the call may have died before it was sent
    bought = prefetch(due, "nba")
    assert [(call["credits"], call["outcome"]) for call in bought["calls"]] == [(3, "FETCHED")]
    assert (credits(due)["reserved"], credits(due)["maybe_charged"]) == (0, 3)
    assert prefetch(due, "nba")["calls"] == []


def test_a_loop_ends_at_once_when_it_sleeps(due: User, sandbox: Server) -> None:
    process = due.start("prefetch", "nba", "--loop")
    until(lambda: sandbox.used == 3, process)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.7)  # it keeps what it bought, and goes to sleep
    process.send_signal(signal.SIGTERM)
    ran = due.finish(process)
    assert (ran.code, ran.out) == (143, "")
    assert prefetch(due, "nba")["calls"] == []


def test_a_loop_lets_a_call_under_way_finish_first(due: User, sandbox: Server) -> None:
    sandbox.fault(odds={"delay": 2, "count": 1})
    process = due.start("prefetch", "nba", "--loop")
    until(lambda: due.booked == 1, process)
    process.send_signal(signal.SIGTERM)
    assert due.finish(process).code == 143
    told = credits(due)
    assert (sandbox.used, told["used"], told["reserved"], told["maybe_charged"]) == (3, 3, 0, 0)
    assert prefetch(due, "nba")["calls"] == []


def test_the_deadline_ends_a_run_that_waits_for_a_provider_and_the_books_stay_true(
    due: User, sandbox: Server
) -> None:
    prefetch(due, "nba", "--dry-run")  # the schedule is known
    sandbox.fault(odds={"delay": 2 * PATIENCE, "count": 1})
    ran = due.run("prefetch", "nba", "--deadline", "4s")
    assert (ran.code, ran.out) == (6, "")
    assert len(ran.err.splitlines()) == 1
    assert "--deadline" in ran.err
    told = credits(due)
    assert told["reserved"] + told["maybe_charged"] == 3
    assert [call["credits"] for call in prefetch(due, "nba")["calls"]] == [3]
    assert credits(due)["maybe_charged"] == 3
    assert due.run("stats", "--json").document["apis"]["odds"]["calls"] == 2, (
        "the one that was lost was sent too"
    )


def test_a_loop_has_a_deadline_for_each_run_not_for_itself(due: User, sandbox: Server) -> None:
    process = due.start("prefetch", "nba", "--loop", "--deadline", "3s")
    until(lambda: sandbox.used == 3, process)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(4)
    process.send_signal(signal.SIGTERM)
    assert due.finish(process).code == 143


# ── what is said, and what a script reads ──


def test_cron_hears_nothing_when_nothing_is_due_nor_when_all_is_bought(due: User, sandbox: Server) -> None:
    for run in (due.run("prefetch", "nba"), due.run("prefetch", "nba")):
        assert (run.code, run.out, run.err) == (0, "", "")
    assert sandbox.used == 3


def test_without_a_key_it_is_said_once_and_each_run_ends_with_4(due: User, sandbox: Server) -> None:
    due.env["ODDS_API_KEY"] = ""
    runs = [due.run("prefetch", "nba") for _ in range(3)]
    assert [(run.code, run.out) for run in runs] == [(4, "")] * 3
    assert [len(run.err.splitlines()) for run in runs] == [1, 0, 0]
    assert "ODDS_API_KEY" in runs[0].err
    assert sandbox.calls("odds") == 0
    del due.env["ODDS_API_KEY"]
    assert prefetch(due, "nba")["credits"] == 3
    due.env["ODDS_API_KEY"] = ""
    assert len(due.run("prefetch", "nba").err.splitlines()) == 1


@pytest.mark.parametrize(("fault", "code", "words"), [(401, 4, "key"), (503, 6, "503")])
def test_what_keeps_boards_from_being_bought_is_said_once(
    fault: int, code: int, words: str, due: User, sandbox: Server
) -> None:
    """A plan shown to who asks for it says so too."""
    due.env["ODDSCTL_RETRY_ATTEMPTS"] = "1"
    refusal = {"message": "API key is not valid", "error_code": "INVALID_KEY"}
    sandbox.fault(odds={"status": fault, "count": -1} | ({"body": refusal} if fault == 401 else {}))
    runs = [due.run("prefetch", "nba") for _ in range(2)]
    assert [(run.code, run.out, len(run.err.splitlines())) for run in runs] == [(code, "", 1), (code, "", 0)]
    assert words in runs[0].err


def test_a_plan_without_a_key_says_that_nothing_can_be_bought(due: User, sandbox: Server) -> None:
    due.env["ODDS_API_KEY"] = ""
    for command in (("plan", "nba"), ("prefetch", "nba", "--dry-run")):
        assert "no board can be bought" in due.run(*command).err


def test_a_plan_of_games_that_nobody_knows_is_no_plan_without_games(due: User, sandbox: Server) -> None:
    due.env["ODDSCTL_RETRY_ATTEMPTS"] = "1"
    sandbox.fault(espn={"status": 503, "count": -1}, odds={"status": 503, "count": -1})
    due.run("prefetch", "nba")
    for command in (("plan", "nba"), ("prefetch", "nba", "--dry-run")):
        ran = due.run(*command)
        assert (ran.code, bool(ran.err)) == (6, True), ran.out


def test_with_nobody_to_tell_the_games_nothing_is_bought_and_it_is_said_once(
    due: User, sandbox: Server
) -> None:
    due.env["ODDSCTL_RETRY_ATTEMPTS"] = "1"
    sandbox.fault(espn={"status": 503, "count": -1}, odds={"status": 503, "count": -1})
    runs = [due.run("prefetch", "nba") for _ in range(2)]
    assert [(run.code, run.out, len(run.err.splitlines())) for run in runs] == [(6, "", 1), (6, "", 0)]
    assert sandbox.used == 0


def test_the_document_has_the_fields_that_scripts_rely_on(due: User, sandbox: Server) -> None:
    for document, outcome in (
        (prefetch(due, "nba", "--dry-run"), "planned"),
        (prefetch(due, "nba"), "FETCHED"),
    ):
        assert (document["schema"], set(document)) == (
            "oddsctl.prefetch/1",
            {"schema", "calls", "skipped", "credits"},
        )
        assert document["calls"]
        for call in document["calls"]:
            assert set(call) == {"at", "api", "sport", "credits", "covers", "outcome"}
            assert (call["api"], call["outcome"], call["credits"]) == ("odds", outcome, 3)
            assert call["at"].endswith("Z")
            assert {frozenset(pair) for pair in call["covers"]} == {frozenset({"game", "window"})}
        for skip in document["skipped"]:
            assert set(skip) == {"game", "window", "reason", "detail"}
        assert document["credits"] == sum(call["credits"] for call in document["calls"])


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_calls_are_told_line_by_line(form: str, due: User, sandbox: Server) -> None:
    ran = due.run("prefetch", "nba", "--format", form)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert len(lines) == {"jsonl": 1, "csv": 2}[form]
    assert "FETCHED" in lines[-1]


def one_line(ran: Ran, code: int, *words: str) -> None:
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (code, "", 1), (ran.code, ran.err)
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nflx"], ["nflx", "did you mean nfl?"]),
        (["nfl", "--deadline", "soon"], ["--deadline"]),
        (["nfl", "--horizon", "x"], ["--horizon"]),
    ],
)
def test_what_cannot_be_is_told_in_one_line(arguments: list[str], words: list[str], user: User) -> None:
    one_line(user.run("prefetch", *arguments), 2, *words)


def test_a_sport_of_the_configuration_that_does_not_exist_is_the_configurations_fault(user: User) -> None:
    user.env["ODDSCTL_PREFETCH_SPORTS"] = "nflx"
    one_line(user.run("prefetch"), 78, "prefetch.sports", "nflx")
