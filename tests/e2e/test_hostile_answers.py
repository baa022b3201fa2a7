"""Answers and arguments that would steer a terminal or run in a spreadsheet, through each command and
format.
"""

from __future__ import annotations

import json

import pytest

from tests.domain.test_characters import HOSTILE, unsafe_in
from tests.e2e.harness import Server, User

HOME, AWAY = f"=cmd()|A1 {HOSTILE}", f"@SUM(A1) {HOSTILE}"
TYPED = "x\u202e\x1b[2J\u2028\x9b31m\x7f\u200b"
START = "2026-11-20T01:20:00Z"


@pytest.fixture
def hostile(user: User, sandbox: Server) -> User:
    """A user whose providers tell of one game; its names, books and all other texts are hostile."""
    sides = [
        {"homeAway": where, "score": "0", "team": {"displayName": name}}
        for where, name in (("home", HOME), ("away", AWAY))
    ]
    status = {
        "type": {"name": f"STATUS_SCHEDULED{HOSTILE}", "state": "pre", "completed": False, "detail": HOSTILE}
    }
    venue = {"id": "1", "fullName": f"-2+3 {HOSTILE}", "address": {"city": f"+1 {HOSTILE}"}, "indoor": True}
    event = {
        "id": f"7{HOSTILE}",
        "date": START,
        "name": HOSTILE,
        "competitions": [{"competitors": sides, "status": status, "venue": venue}],
    }
    outcomes = [{"name": name, "price": 1.9} for name in (HOME, AWAY, f"=draw {HOSTILE}")]
    books = [
        {"key": f"book{HOSTILE}", "title": HOSTILE, "markets": [{"key": "h2h", "outcomes": outcomes}]},
        {"key": None, "x": HOSTILE},
    ]
    about = {
        "id": f"e{HOSTILE}",
        "sport_key": "americanfootball_nfl",
        "commence_time": START,
        "home_team": HOME,
        "away_team": AWAY,
    }
    sandbox.fault(
        espn={"status": 200, "count": -1, "body": json.dumps({"events": [event, {"id": HOSTILE}, None]})},
        odds={
            "status": 200,
            "count": -1,
            "body": json.dumps([about | {"bookmakers": books}, {"sport_key": HOSTILE}]),
        },
    )
    return user


def test_nothing_that_steers_a_terminal_is_printed_by_any_command(hostile: User) -> None:
    for arguments in (
        ("-vv", "fetch", "nfl", "--explain"),
        ("fetch", "nfl", "--json"),
        ("fetch", "nfl", "--format", "jsonl"),
        ("fetch", "nfl", "--book", TYPED),
        ("fetch", "nfl", "--team", TYPED),
        ("fetch", TYPED, "--json"),
        (TYPED,),
        ("fetch", "nfl", f"--{TYPED}"),
        ("--config", f"/nowhere/{TYPED}", "fetch", "nfl", "--json"),
        ("why",),
        ("why", TYPED),
        ("costs", "--format", "csv"),
        ("dashboard", "--tz", TYPED),
    ):
        hostile.run(*arguments)
    for page in hostile.printed:
        assert not unsafe_in(page), page
    assert "left out" in "".join(hostile.printed)
    for file in hostile.state_dir.glob("*.jsonl"):
        assert not unsafe_in(file.read_text())


def test_csv_has_no_formulas_but_raw(hostile: User) -> None:
    quoted, raw = (
        hostile.run("fetch", "nfl", "--format", "csv"),
        hostile.run("fetch", "nfl", "--format", "csv", "--raw"),
    )
    assert "'=cmd()|A1 Li ons,'@SUM(A1) Li ons," in quoted.out
    assert "'-2+3 Li ons" in quoted.out
    assert "'=draw Li ons" in quoted.out
    assert ",=cmd()|A1 Li ons,@SUM(A1) Li ons," in raw.out
    assert "'" not in raw.out


def test_a_batch_gives_back_the_id_as_it_came_and_escapes_it(user: User, sandbox: Server) -> None:
    line = {"id": HOSTILE, "api": "espn", "sport": "nfl", "date": "2026-11-22"}
    file = user.home / "lines"
    file.write_text(json.dumps(line))
    ran = user.run("batch", str(file))
    assert json.loads(ran.out)["id"] == HOSTILE
    assert not unsafe_in(ran.out + ran.err)
    file.write_text(json.dumps(line | {TYPED: 1}))
    bad = user.run("batch", str(file))
    assert bad.code == 2
    assert not unsafe_in(bad.err)
