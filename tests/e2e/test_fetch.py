"""`fetch` and its options, run as a user runs them, against the simulated providers on loopback."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime

import pytest

from tests.e2e.harness import PATIENCE, Server, User, in_days


def test_one_board_of_three_markets_costs_three_credits_and_the_second_run_calls_nobody(
    user: User, sandbox: Server
) -> None:
    first, second = user.fetch("nfl"), user.fetch("nfl")
    assert (first["usage"]["credits"], sandbox.used, sandbox.calls("odds"), sandbox.calls("espn")) == (
        3,
        3,
        1,
        1,
    )
    assert second["usage"] == {"calls": 0, "credits": 0, "credits_remaining": 497}
    assert {source["reason"] for source in second["sources"]} == {"FRESH_CACHE"}


def test_several_sports_are_one_board(user: User, sandbox: Server) -> None:
    board = user.fetch("nfl", "epl", "nfl")
    assert {game["sport"] for game in board["games"]} == {"nfl", "epl"}
    assert [(source["sport"], source["api"]) for source in board["sources"]] == [
        (sport, api) for sport in ("nfl", "epl") for api in ("espn", "odds", "weather")
    ]
    assert sandbox.used == 6
    assert sandbox.calls("weather") <= 2 + sum("search" in entry["path"] for entry in sandbox.log)


def test_filters_cut_what_is_shown_and_buy_nothing_more(user: User, sandbox: Server) -> None:
    whole = user.fetch("nfl")
    home = whole["games"][-1]["home"]
    of_team = user.fetch("nfl", "--team", home.split()[-1].lower())
    assert home in {game["home"] for game in of_team["games"]} | {game["away"] for game in of_team["games"]}
    assert len(of_team["games"]) < len(whole["games"])
    of_book = user.fetch("nfl", "--book", "FanDuel")
    assert {price["bookmaker"] for game in of_book["games"] for price in (*game["odds"], *game["best"])} == {
        "fanduel"
    }
    assert sandbox.used == 3


def test_a_day_is_the_users_day(user: User, sandbox: Server) -> None:
    day = in_days(2).date().isoformat()
    for zone in ("UTC", "Asia/Tokyo"):
        board = user.fetch("nba", "--date", day, "--tz", zone, "--no-weather")
        assert board["games"]
        starts = [datetime.fromisoformat(game["commence_time"]) for game in board["games"]]
        from zoneinfo import ZoneInfo

        assert {start.astimezone(ZoneInfo(zone)).date().isoformat() for start in starts} == {day}


def test_parts_not_wanted_are_not_asked_for(user: User, sandbox: Server) -> None:
    board = user.fetch("nfl", "--no-odds", "--no-weather")
    assert [source["api"] for source in board["sources"]] == ["espn"]
    assert not any(game["odds"] or game["weather"] for game in board["games"])
    assert {entry["api"] for entry in sandbox.log} == {"espn"}


def test_a_dry_run_names_requests_price_and_decision_and_sends_nothing(user: User, sandbox: Server) -> None:
    plan = user.run("fetch", "nfl", "--dry-run", "--json").document
    assert plan["credits"] == 3
    (odds,) = [row for row in plan["requests"] if row["api"] == "odds"]
    assert odds["request"].endswith(
        "/v4/sports/americanfootball_nfl/odds?dateFormat=iso&markets=h2h,spreads,totals&oddsFormat=decimal&regions=us"
    )
    assert (odds["credits"], odds["decision"]) == (3, "send")
    assert sandbox.log == []
    user.fetch("nfl")
    assert user.run("fetch", "nfl", "--dry-run", "--json").document["credits"] == 0


def test_offline_shows_what_is_stored_and_fails_where_nothing_is(user: User, sandbox: Server) -> None:
    ran = user.run("fetch", "nfl", "--offline", "--json")
    assert (ran.code, ran.error["error"]) == (6, "OFFLINE")
    user.fetch("nfl")
    calls = len(sandbox.log)
    board = user.fetch("nfl", "--offline", "--max-age", "0s")
    assert {source["reason"] for source in board["sources"]} <= {"STALE_OFFLINE"}
    assert board["games"]
    assert len(sandbox.log) == calls


def test_max_credits_is_a_bound(user: User, sandbox: Server) -> None:
    board = user.fetch("nfl", "--max-credits", "2")
    assert (board["sources"][1]["reason"], board["sources"][1]["detail"]) == ("FALLBACK", "espn: MAX_CREDITS")
    assert sandbox.used == 0


def test_every_form_tells_every_game(user: User, sandbox: Server) -> None:
    board = user.fetch("nfl")
    ids = [game["id"] for game in board["games"]]
    lines = user.run("fetch", "nfl", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids
    rows = list(csv.DictReader(io.StringIO(user.run("fetch", "nfl", "--format", "csv").out)))
    assert list(dict.fromkeys(row["id"] for row in rows)) == ids
    table = user.run("fetch", "nfl").out
    assert Counter(re.findall(r"(?:@|vs) (.+?)  ", table)) == Counter(game["home"] for game in board["games"])
    assert "\x1b" not in table


def test_talk_goes_to_stderr_and_quiet_silences_it(user: User, sandbox: Server) -> None:
    assert user.run("fetch", "nfl").err == ""
    told = user.run("fetch", "nfl", "--explain", "-v")
    assert told.err
    assert "odds/board/americanfootball_nfl" in told.err
    assert user.run("fetch", "nfl", "--explain", "-v", "-q").err == ""


def test_global_options_may_stand_before_and_after_the_command(user: User, sandbox: Server) -> None:
    before, after = (
        user.run("--json", "--tz", "UTC", "fetch", "nfl"),
        user.run("fetch", "nfl", "--format", "json", "--tz=UTC"),
    )
    assert before.document["games"] == after.document["games"]


def test_options_may_come_from_the_environment(user: User, sandbox: Server) -> None:
    user.env |= {"ODDSCTL_FETCH_NO_WEATHER": "1", "ODDSCTL_FETCH_MARKETS": "h2h", "ODDSCTL_FORMAT": "json"}
    user.run("fetch", "nfl")
    assert sandbox.used == 1
    assert sandbox.calls("weather") == 0


@pytest.mark.parametrize("command", [["fetch", "nfl"], ["stats"]])
def test_a_warm_run_loads_no_library_of_the_wire(command: list[str], user: User, sandbox: Server) -> None:
    user.fetch("nfl")
    script = (
        "import sys\n"
        f"sys.argv = ['oddsctl', *{command!r}, '--json']\n"
        "import oddsctl.cli\n"
        "try: oddsctl.cli.run()\n"
        "finally: print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=user.environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    loaded = set(ran.stderr.split())
    assert "oddsctl" in loaded
    assert not loaded & {
        "requests",
        "requests_cache",
        "urllib3",
        "rich",
        "rapidfuzz",
        "pydantic",
        "asyncio",
        "logging",
        "email",
    }


def test_stats_tell_what_the_server_counted_after_foreign_spending(user: User, sandbox: Server) -> None:
    user.fetch("nfl")
    sandbox.post("/__quota", {"remaining": 450})
    user.fetch("nba")
    credits = user.run("stats", "--json").document["apis"]["odds"]["credits"]
    assert (credits["used"], credits["remaining"], credits["limit"]) == (
        sandbox.used,
        500 - sandbox.used,
        500,
    )
    assert (credits["foreign"], credits["reserved"], credits["maybe_charged"]) == (47, 0, 0)


def test_cache_can_be_looked_at_pruned_and_cleared_and_credits_stay(user: User, sandbox: Server) -> None:
    user.fetch("nfl")
    info = user.run("cache", "info", "--json").document
    assert info["entries"] > 2
    assert user.run("cache", "prune", "--older-than", "1h").out == "0 answers dropped\n"
    assert user.run("cache", "clear").out == f"{info['entries']} answers dropped\n"
    assert user.run("stats", "--json").document["apis"]["odds"]["credits"]["remaining"] == 497
    assert user.fetch("nfl")["usage"]["calls"] == 3
