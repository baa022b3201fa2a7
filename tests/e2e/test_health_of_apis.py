"""`oddsctl health` over real HTTP: what an outage, a refusal and a broken promise look like, and that asking
costs nothing.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.e2e.harness import PATIENCE, Server, User, in_days

DOWN = {"status": 503, "count": -1}
APIS = ("odds", "espn", "weather")


@pytest.fixture
def hasty(user: User, sandbox: Server) -> User:
    """A user with little patience, whose breakers rest for an hour."""
    user.env |= {"ODDSCTL_RETRY_BASE": "10ms", "ODDSCTL_RETRY_CAP": "20ms", "ODDSCTL_BREAKER_OPEN_FOR": "1h"}
    return user


def health(user: User, *options: str, code: int = 0) -> Any:
    ran = user.run("health", *options, "--json")
    assert ran.code == code, (ran.out, ran.err)
    return ran.document


def statuses(document: Any) -> dict[str, str]:
    return {api: about["status"] for api, about in document["apis"].items()}


def test_before_the_first_call_nothing_is_known_and_looking_asks_nobody(user: User, sandbox: Server) -> None:
    document = health(user)
    assert document["schema"] == "oddsctl.health/1"
    assert document["status"] == "unknown"
    unknown = {
        "status": "unknown",
        "reason": "never asked",
        "since": None,
        "checked_at": None,
        "latency_ms": None,
        "error_rate": None,
    }
    assert document["apis"] == {
        api: {**unknown, "breaker": {"state": "closed", "failures": 0, "retry_at": None}} for api in APIS
    }
    assert sandbox.log == []


def test_real_traffic_makes_it_healthy(user: User, sandbox: Server) -> None:
    user.fetch("nfl")
    asked = len(sandbox.log)
    document = health(user)
    assert document["status"] == "healthy"
    assert statuses(document) == dict.fromkeys(APIS, "healthy")
    for about in document["apis"].values():
        assert about["error_rate"] == 0
        assert about["latency_ms"] > 0
        assert about["since"] <= about["checked_at"]
    assert len(sandbox.log) == asked


@pytest.mark.parametrize("api", APIS)
def test_an_outage_is_unhealthy_while_it_lasts_and_healthy_after_it_with_the_times(
    api: str, hasty: User, sandbox: Server
) -> None:
    hasty.fetch("nfl")
    before = health(hasty)["apis"][api]
    sandbox.fault(**{api: DOWN})
    for _ in range(3):  # a call that may have been charged is tried again only once
        hasty.fetch("nfl", "--fresh")
    document = health(hasty, code=6)
    assert document["status"] == "unhealthy"
    assert statuses(document) == {one: "unhealthy" if one == api else "healthy" for one in APIS}
    down = document["apis"][api]
    assert "SERVER_ERROR" in down["reason"]
    assert "5 calls in a row failed" in down["reason"]
    assert (down["breaker"]["state"], down["breaker"]["failures"]) == ("open", 5)
    assert before["checked_at"] <= down["since"] <= down["checked_at"] < down["breaker"]["retry_at"]
    assert down["error_rate"] > 0.5
    shown = hasty.run("health")
    assert shown.code == 6
    assert "breaker open after 5 failures: asks again at" in shown.out


def test_after_an_outage_two_answers_make_it_healthy_again(hasty: User, sandbox: Server) -> None:
    sandbox.fault(espn=DOWN, weather=DOWN)
    for _ in range(3):  # a call that may have been charged is tried again only once
        hasty.fetch("nfl", "--fresh")
    down = health(hasty, code=6)["apis"]["espn"]
    sandbox.fault(espn=None, weather=None)
    assert hasty.fetch("nfl", "--fresh", "--no-weather")["sources"][0]["detail"] == "odds: BREAKER"
    hasty.later(3600)
    assert hasty.fetch("nfl", "--fresh", "--no-weather")["sources"][0]["reason"] == "FETCHED"
    recovering = health(hasty)["apis"]["espn"]
    assert (recovering["status"], recovering["breaker"]["state"]) == ("degraded", "half_open")
    hasty.fetch("nfl", "--fresh", "--no-weather")
    well = health(hasty)["apis"]["espn"]
    assert (well["status"], well["breaker"]["state"]) == ("healthy", "closed")
    assert down["since"] <= well["since"] <= well["checked_at"]


def test_a_probe_finds_out_that_an_outage_is_over_and_costs_nothing(hasty: User, sandbox: Server) -> None:
    sandbox.fault(odds=DOWN)
    for _ in range(3):  # a call that may have been charged is tried again only once
        hasty.fetch("nfl", "--no-weather")
    assert health(hasty, code=6)["apis"]["odds"]["status"] == "unhealthy"
    sandbox.fault(odds=None)
    used = sandbox.used
    odds = hasty.run("health", "--probe", "--fresh", "--json").document["apis"]["odds"]
    assert (odds["status"], odds["breaker"]["state"]) == ("unhealthy", "open")
    hasty.later(3600)
    odds = hasty.run("health", "--probe", "--fresh", "--json").document["apis"]["odds"]
    assert odds["status"] == "degraded"
    assert "odds has not been asked again" in odds["reason"]
    assert sandbox.used == used
    hasty.fetch("nfl", "--no-weather")
    assert health(hasty)["apis"]["odds"]["status"] == "healthy"


def test_probes_are_free_and_ask_each_api_once_in_five_minutes(user: User, sandbox: Server) -> None:
    first = health(user, "--probe")
    assert statuses(first) == dict.fromkeys(APIS, "healthy")
    asked = [(entry["api"], entry["path"], entry["cost"]) for entry in sandbox.log]
    assert sorted(api for api, _, _ in asked) == sorted(APIS)
    assert any(path == "/v4/sports" for _, path, _ in asked)
    assert any("football/nfl" in path for _, path, _ in asked)
    assert sandbox.used == 0
    again = user.run("health", "--probe")
    assert again.code == 0
    assert again.err.count("--fresh asks again") == 3
    assert len(sandbox.log) == 3
    health(user, "--probe", "--fresh")
    assert len(sandbox.log) == 6
    assert (sandbox.used, user.run("stats", "--json").document["apis"]["odds"]["credits"]["used"]) == (0, 0)


def test_a_failed_probe_is_not_repeated_within_five_minutes_either(hasty: User, sandbox: Server) -> None:
    sandbox.fault(espn=DOWN)
    assert statuses(health(hasty, "--probe", code=6))["espn"] == "unhealthy"
    asked = len(sandbox.log)
    assert statuses(health(hasty, "--probe", code=6))["espn"] == "unhealthy"
    assert len(sandbox.log) == asked


def test_processes_that_probe_at_once_ask_once(user: User, sandbox: Server) -> None:
    runs = [user.start("health", "--probe", "--json") for _ in range(4)]
    assert [user.finish(run).code for run in runs] == [0] * 4
    assert {api: sandbox.calls(api) for api in APIS} == dict.fromkeys(APIS, 1)


def test_a_probe_asks_about_the_sport_last_used(user: User, sandbox: Server) -> None:
    user.fetch("nhl", "--no-weather")
    health(user, "--probe", "--fresh")
    assert "hockey/nhl" in [entry["path"] for entry in sandbox.log if entry["api"] == "espn"][-1]


def test_without_a_key_the_odds_stay_unknown_and_the_others_are_probed(user: User, sandbox: Server) -> None:
    user.env["ODDS_API_KEY"] = ""
    ran = user.run("health", "--probe", "--json")
    assert ran.code == 0
    assert statuses(ran.document) == {"odds": "unknown", "espn": "healthy", "weather": "healthy"}
    assert "no key" in ran.err.lower()
    user.env.pop("ODDS_API_KEY")
    assert statuses(health(user, "--probe"))["odds"] == "healthy"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 403, "body": "<html>Forbidden</html>"}, ("FORBIDDEN", "403", "User-Agent")),
        (
            {"status": 200, "body": '{"leagues": []}'},
            ("BROKEN_ANSWER", "without events", "changed its shape"),
        ),
        (
            {"status": 200, "body": '{"events": [{"competitions": [{"competitors": 3}]}]}'},
            ("UNUSABLE_ANSWER", "competitors"),
        ),
        ({"mode": "garbage"}, ("BROKEN_ANSWER", "not valid JSON")),
    ],
)
def test_a_broken_contract_is_unhealthy_by_name(
    fault: dict[str, object], words: tuple[str, ...], hasty: User, sandbox: Server
) -> None:
    sandbox.fault(espn=fault | {"count": -1})
    hasty.fetch("nfl", "--no-weather")
    document = health(hasty, code=6)
    assert statuses(document)["espn"] == "unhealthy"
    for word in words:
        assert word in document["apis"]["espn"]["reason"]
    ran = hasty.run("health")
    assert ran.code == 6
    assert words[0] in ran.out


def test_exactly_25_events_are_told_as_a_doubt(user: User, sandbox: Server) -> None:
    sandbox.fault(
        espn={
            "status": 200,
            "count": -1,
            "body": json.dumps({"events": [{"id": str(number)} for number in range(25)]}),
        }
    )
    user.run("fetch", "nfl", "--no-weather", "--no-odds")
    espn = health(user)["apis"]["espn"]
    assert espn["status"] == "degraded"
    assert "exactly 25 events" in espn["reason"]


def test_a_key_that_is_refused_is_named_and_is_no_outage(user: User, sandbox: Server) -> None:
    sandbox.fault(
        odds={
            "status": 401,
            "count": -1,
            "body": '{"message": "API key is not valid", "error_code": "INVALID_KEY"}',
        }
    )
    user.fetch("nfl", "--no-weather")
    odds = health(user)["apis"]["odds"]
    assert odds["status"] == "degraded"
    assert odds["reason"] == "INVALID_KEY: API key is not valid"
    assert (odds["error_rate"], odds["breaker"]["state"]) == (0, "closed")


def test_slow_is_degraded(user: User, sandbox: Server) -> None:
    sandbox.fault(espn={"mode": "slow", "delay": 2.2, "count": 1})
    user.fetch("nfl", "--no-weather")
    espn = health(user)["apis"]["espn"]
    assert espn["status"] == "degraded"
    assert espn["reason"].startswith("slow: ")
    assert espn["latency_ms"] > 2000


def test_a_ledger_of_an_earlier_version_is_kept_and_read(user: User, sandbox: Server) -> None:
    user.fetch("nfl")
    with sqlite3.connect(user.state_dir / "records.db") as ledger:
        ledger.execute("ALTER TABLE calls DROP COLUMN said")
        ledger.execute("PRAGMA user_version = 0")
    ran = user.run("health", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert statuses(ran.document) == dict.fromkeys(APIS, "healthy")


def test_fresh_without_probe_is_a_wrong_word(user: User) -> None:
    ran = user.run("health", "--fresh")
    assert ran.code == 2
    assert "--probe" in ran.err


def test_the_demo_is_marked(user: User) -> None:
    assert health(user, "--probe", "--demo")["demo"] is True
    assert user.run("--demo", "health").out.startswith("DEMO DATA")


def test_the_times_are_those_of_the_calls(user: User, sandbox: Server) -> None:
    user.fetch("nfl", "--no-weather")
    odds = health(user)["apis"]["odds"]
    assert in_days(0) <= datetime.fromisoformat(odds["since"]) <= datetime.fromisoformat(odds["checked_at"])
    assert datetime.fromisoformat(odds["checked_at"]) <= in_days(0) + timedelta(seconds=4 * PATIENCE)
