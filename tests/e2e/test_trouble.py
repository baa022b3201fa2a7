"""What can go wrong for a user: one clear line or a quiet end, the right exit code, nothing stored lost."""

from __future__ import annotations

import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.harness import KEY, PATIENCE, Ran, Server, User


def one_line(ran: Ran, code: int, *words: str) -> None:
    """The run ended with `code` and said so in one line, in words that hold these."""
    assert ran.code == code, (ran.code, ran.err)
    assert len(ran.err.splitlines()) == 1, ran.err
    for word in words:
        assert word in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fetch", "nfll"], ["nfll", "did you mean nfl?"]),
        (["fetch"], ["SPORT"]),
        (["fetch", "nfl", "--dayz", "3"], ["--dayz", "--days"]),
        (["fetch", "nfl", "--max-age", "soon"], ["--max-age", "10s"]),
        (["fetch", "nfl", "--date", "26.11."], ["--date", "2026-11-26"]),
        (["fetch", "nfl", "--tz", "Mars/Olympus"], ["Mars/Olympus", "Europe/Berlin"]),
        (["fetch", "nfl", "--fresh", "--offline"], ["--fresh", "--offline"]),
        (["fetch", "nfl", "--markets", ""], ["--markets"]),
        (["fetsh", "nfl"], ["fetsh"]),
        (["fetch", "nfl", "--date", "9999-12-31"], ["9999-12-31"]),
        (["fetch", "nfl", "--bookmakers", ","], ["--bookmakers"]),
        (["fetch", "nfl", "--format"], ["--format"]),
        (["config", "nope"], ["nope"]),
    ],
)
def test_wrong_words_on_the_command_line_are_told_with_the_right_ones(
    arguments: list[str], words: list[str], user: User
) -> None:
    one_line(user.run(*arguments), 2, *words)


def test_with_json_an_error_is_also_an_object_on_stderrs_last_line(user: User) -> None:
    ran = user.run("fetch", "nfll", "--json")
    assert ran.code == 2
    assert (ran.error["error"], ran.error["exit_code"]) == ("USAGE", 2)
    assert "did you mean nfl?" in ran.error["hint"]


def test_a_broken_configuration_is_told_by_line_key_and_remedy(user: User) -> None:
    config = user.home / "config.toml"
    config.write_text('[odds]\nbrust = 5\nregions = "us"\n')
    one_line(
        user.run("--config", str(config), "fetch", "nfl"),
        78,
        "config.toml:2",
        "brust",
        "burst",
        "config check",
    )
    ran = user.run("--config", str(config), "config", "check")
    assert (ran.code, len(ran.err.splitlines())) == (78, 2)


def test_a_key_written_into_the_configuration_is_refused_without_being_shown(
    user: User, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[odds]\nkey = "{KEY}"\n')
    one_line(user.run("--config", str(config), "fetch", "nfl"), 78, "odds.key", "env:ODDS_API_KEY")


def test_without_a_key_espns_schedule_and_line_are_shown_and_what_a_key_would_add(
    user: User, sandbox: Server
) -> None:
    del user.env["ODDSCTL_ODDS_BASE_URL"]
    user.env["ODDS_API_KEY"] = ""
    ran = user.run("fetch", "nfl", "--json")
    assert ran.code == 0
    sources = {source["api"]: source for source in ran.document["sources"]}
    assert (sources["odds"]["reason"], sources["odds"]["detail"]) == ("FALLBACK", "espn: NO_KEY")
    assert ran.document["games"]
    assert all(
        price["bookmaker"].startswith("espn:") for game in ran.document["games"] for price in game["odds"]
    )
    assert not any(game["best"] for game in ran.document["games"])
    assert sum("no key for The Odds API" in line for line in ran.err.splitlines()) == 1
    assert user.run("fetch", "nfl", "--strict").code == 3
    assert sandbox.calls("odds") == 0


def test_a_wrong_key_is_told_and_espns_line_stands_in(user: User, sandbox: Server) -> None:
    sandbox.fault(
        odds={
            "status": 401,
            "count": -1,
            "body": '{"message": "API key is not valid", "error_code": "INVALID_KEY"}',
        }
    )
    ran = user.run("fetch", "nfl", "--json")
    assert ran.code == 0
    assert ran.document["sources"][1]["detail"] == "espn: INVALID_KEY"
    assert "API key is not valid" in ran.err


def test_a_wrong_key_and_nothing_to_stand_in_is_exit_4(user: User, sandbox: Server) -> None:
    sandbox.fault(
        odds={
            "status": 401,
            "count": -1,
            "body": '{"message": "API key is not valid", "error_code": "INVALID_KEY"}',
        }
    )
    config = user.home / "config.toml"
    config.write_text('[sports.tennis]\nodds_key = "tennis_atp_wimbledon"\n')
    one_line(user.run("--config", str(config), "fetch", "tennis"), 4, "API key is not valid", "odds.key")


def test_out_of_credits_shows_what_is_stored_or_espns_line(user: User, sandbox: Server) -> None:
    sandbox.post("/__quota", {"remaining": 2})
    ran = user.run("fetch", "nfl", "--json")
    assert ran.code == 0
    assert ran.document["sources"][1]["detail"] == "espn: OUT_OF_CREDITS"
    asked = sandbox.calls("odds")
    again = user.run("fetch", "nfl", "--json")
    assert again.document["sources"][1]["detail"] == "espn: BUDGET"
    assert sandbox.calls("odds") == asked


def test_espn_down_with_nothing_stored_leaves_the_games_that_the_odds_know(
    user: User, sandbox: Server
) -> None:
    sandbox.fault(espn={"status": 503, "count": -1})
    board = user.fetch("nfl")
    assert board["games"]
    assert all(game["id"].startswith("odds:") for game in board["games"])
    assert (board["sources"][0]["reason"], board["sources"][0]["detail"]) == (
        "FALLBACK",
        "odds: SERVER_ERROR",
    )


def test_everything_down_and_nothing_stored_is_exit_6(user: User, sandbox: Server) -> None:
    sandbox.fault(espn={"status": 503, "count": -1}, odds={"status": 503, "count": -1})
    ran = user.run("fetch", "nfl", "--json")
    assert (ran.code, ran.out) == (6, "")
    assert ran.error["exit_code"] == 6


def test_everything_down_with_a_board_stored_shows_it_with_age_and_reason(
    user: User, sandbox: Server
) -> None:
    first = user.fetch("nfl")
    sandbox.fault(
        espn={"status": 503, "count": -1},
        odds={"mode": "drop", "count": -1},
        weather={"mode": "garbage", "count": -1},
    )
    ran = user.run("fetch", "nfl", "--fresh", "--json")
    assert ran.code == 0
    assert {source["reason"] for source in ran.document["sources"]} == {"STALE_ERROR"}
    assert {source["detail"] for source in ran.document["sources"]} == {
        "SERVER_ERROR",
        "TRANSPORT",
        "BROKEN_ANSWER",
    }
    assert ran.document["games"] == first["games"]
    assert user.run("fetch", "nfl", "--fresh", "--strict").code == 3
    assert user.run("stats", "--json").document["apis"]["odds"]["credits"]["maybe_charged"] > 0


def test_a_state_directory_that_is_a_file_is_told(user: User, sandbox: Server) -> None:
    user.state_dir.write_text("not a directory")
    one_line(user.run("fetch", "nfl"), 74, str(user.state_dir))
    assert sandbox.log == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everywhere")
def test_an_unreadable_state_directory_is_told(user: User) -> None:
    user.fetch("nfl", "--demo")
    user.state_dir.chmod(0)
    try:
        one_line(user.run("fetch", "nfl"), 74, str(user.state_dir))
    finally:
        user.state_dir.chmod(0o700)


def test_a_full_disk_is_told_before_a_credit_is_spent(user: User, sandbox: Server) -> None:
    """A limit on the size of files stands in for the disk: the database cannot grow."""

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    ran = user.finish(user.start("fetch", "nfl", preexec_fn=no_room))
    one_line(ran, 74, "state")
    assert sandbox.used == 0
    assert user.run("fetch", "nfl").code == 0


def test_a_disk_that_fills_up_during_the_run_still_shows_the_paid_answer(user: User, sandbox: Server) -> None:
    user.run("stats")
    room = (user.state_dir / "cache.db").stat().st_size + 40_000

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    ran = user.finish(user.start("fetch", "nfl", "--json", preexec_fn=little_room))
    assert ran.code in (0, 74), ran.err
    if ran.code == 0:
        assert ran.document["games"]
    assert sandbox.used <= 3


@pytest.mark.parametrize("damage", ["garbage", "truncated"])
def test_a_damaged_database_is_moved_aside_and_credits_stay_on_the_safe_side(
    damage: str, user: User, sandbox: Server
) -> None:
    user.fetch("nfl")
    database = user.state_dir / "cache.db"
    for side in ("-wal", "-shm"):
        database.with_name(database.name + side).unlink(missing_ok=True)
    whole = database.read_bytes()
    database.write_bytes(b"garbage" * 5000 if damage == "garbage" else whole[: len(whole) // 3])
    ran = user.run("fetch", "nfl", "--json")
    assert ran.code == 0
    assert ran.document["games"]
    assert sum("moved aside" in line for line in ran.err.splitlines()) == 1
    assert list(user.state_dir.glob("cache.db.damaged-*"))
    credits = user.run("stats", "--json").document["apis"]["odds"]["credits"]
    assert (credits["used"], credits["remaining"]) == (sandbox.used, 500 - sandbox.used)


def test_a_planted_pickle_does_not_run(user: User, sandbox: Server, tmp_path: Path) -> None:
    user.fetch("nfl")
    mark = tmp_path / "mark"
    payload = b"cposix\nsystem\n(S'touch " + str(mark).encode() + b"'\ntR."
    with sqlite3.connect(user.state_dir / "cache.db") as connection:
        connection.execute("UPDATE Cache SET mode = 4, value = ? WHERE key LIKE 'answers/%'", (payload,))
    connection.close()
    ran = user.run("fetch", "nfl")
    assert not mark.exists()
    assert ran.code == 0


def test_a_reader_that_has_seen_enough_ends_it_quietly(user: User, sandbox: Server) -> None:
    user.fetch("nfl")
    for form in ("json", "table", "csv"):
        shell = f"{sys.executable} -m oddsctl fetch nfl --format {form} | head -1"
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", shell],
            check=False,
            env=user.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert (ran.returncode, ran.stderr) == (0, ""), form
        assert len(ran.stdout.splitlines()) == 1


@pytest.mark.parametrize("arguments", ["--version", "--demo fetch nfl", "--demo stats"])
def test_an_answer_that_nobody_takes_ends_quietly_and_one_without_room_is_told(
    arguments: str, user: User
) -> None:
    for target, codes in (
        ("| true", {0}),
        (">&-", {0}),
        (">/dev/full", {0} if arguments == "--version" else {74}),
    ):
        shell = f"{sys.executable} -m oddsctl {arguments} {target}"
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", shell],
            check=False,
            env=user.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert ran.returncode in codes, (target, ran.stderr)
        assert len(ran.stderr.splitlines()) == (codes == {74}), ran.stderr


def test_a_clock_that_was_ahead_once_wedges_nothing(user: User, sandbox: Server) -> None:
    """State written under a clock a month ahead: the next run asks anew once, then all is well."""
    user.fetch("nfl", "--no-weather")
    with sqlite3.connect(user.state_dir / "cache.db") as connection:
        rows = connection.execute("SELECT key, value FROM Cache").fetchall()
        for key, value in rows:
            text = re.sub(r"1[78]\d{8}(\.\d+)?", lambda stamp: str(float(stamp.group()) + 30 * 86400), value)
            connection.execute("UPDATE Cache SET value = ? WHERE key = ?", (text, key))
    connection.close()
    assert user.fetch("nfl", "--no-weather")["usage"]["calls"] == 2
    assert user.fetch("nfl", "--no-weather")["usage"]["calls"] == 0
    credits = user.run("stats", "--json").document["apis"]["odds"]["credits"]
    assert (credits["used"], credits["maybe_charged"]) == (sandbox.used, 0)


def test_state_is_for_the_users_eyes_only(user: User, sandbox: Server) -> None:
    user.fetch("nfl")
    assert user.state_dir.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in user.state_dir.rglob("*") if file.is_file()} == {0o600}


def test_config_init_writes_a_file_for_the_users_eyes_only_and_never_over_another(user: User) -> None:
    path = user.home / "deep" / "config.toml"
    assert user.run("--config", str(path), "config", "init").code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert user.run("--config", str(path), "config", "check").code == 0
    one_line(user.run("--config", str(path), "config", "init"), 2, str(path))


def test_sandbox_data_is_marked_as_demo_data_wherever_it_shows(user: User, sandbox: Server) -> None:
    assert user.fetch("nfl")["demo"] is True
    assert user.fetch("nfl")["demo"] is True
    assert "DEMO DATA" in user.run("fetch", "nfl").out


def test_demo_needs_no_key_and_no_network_and_keeps_its_own_state(user: User) -> None:
    user.env |= {"ODDS_API_KEY": "", "ODDSCTL_ODDS_BASE_URL": "http://127.0.0.1:9"}
    first, second = user.fetch("nfl", "--demo"), user.fetch("nfl", "--demo")
    assert (first["demo"], first["usage"]["credits"], second["usage"]["calls"]) == (True, 3, 0)
    assert user.run("stats", "--json").document["apis"]["odds"]["calls"] == 0
    shutil.rmtree(user.state_dir / "demo")
    assert "DEMO DATA" in user.run("fetch", "nfl", "--demo").out
