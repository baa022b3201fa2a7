"""The fault table: whatever a provider does wrong, there is a reason, an exit code and one clear message;
never a traceback or the key.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.harness import Server, User

ELSEWHERE = {"Location": "http://192.0.2.1/stolen"}
FAULTS: dict[str, dict[str, Any]] = {
    "503 once": {"status": 503, "count": 1},
    "503 for ever": {"status": 503, "count": -1},
    "429 with Retry-After": {"status": 429, "count": -1, "headers": {"Retry-After": "120"}},
    "429 without": {"status": 429, "count": -1},
    "drop": {"mode": "drop", "count": -1},
    "truncate": {"mode": "truncate", "count": -1},
    "garbage": {"mode": "garbage", "count": -1},
    "delay": {"delay": 10, "count": -1},
    "HTML 403": {"status": 403, "count": -1, "body": "<html>Forbidden</html>"},
    "wrong shape": {"status": 200, "count": -1, "body": '{"surprise": [1, 2]}'},
    "redirect elsewhere": {"status": 302, "count": -1, "headers": ELSEWHERE},
}
DETAILS = {
    "503 for ever": "SERVER_ERROR",
    "429 with Retry-After": "RATE_LIMITED",
    "429 without": "RATE_LIMITED",
    "drop": "TRANSPORT",
    "truncate": "TRANSPORT",
    "garbage": "BROKEN_ANSWER",
    "delay": "TIMEOUT",
    "HTML 403": "FORBIDDEN",
    "wrong shape": "BROKEN_ANSWER",
    "redirect elsewhere": "REDIRECT_REFUSED",
}
"""The cause in one word; `503 once` has none: the second attempt succeeds."""
NOTHING_STORED = {"RATE_LIMITED": "REFUSED_RATE"}
CHARGED_PERHAPS = {"503 for ever", "drop", "delay", "wrong shape", "redirect elsewhere"}
"""No answer came, or a server error, or an answer that did not say what it cost."""


@pytest.fixture
def hasty(user: User, sandbox: Server) -> User:
    """A user with little patience, so that the table is through soon."""
    user.env |= {
        "ODDSCTL_HTTP_READ_TIMEOUT": "1500ms",
        "ODDSCTL_RETRY_BASE": "10ms",
        "ODDSCTL_RETRY_CAP": "20ms",
    }
    return user


@pytest.mark.parametrize("api", ["odds", "espn", "weather"])
@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_reason_code_and_message(
    fault: str, api: str, hasty: User, sandbox: Server
) -> None:
    sandbox.fault(**{api: FAULTS[fault]})
    ran = hasty.run("fetch", "nfl", "--json", "--wait", "5s")
    assert ran.code == 0, ran.err
    assert ran.document["games"]
    sources = {source["api"]: (source["reason"], source["detail"]) for source in ran.document["sources"]}
    assert {reason for one, (reason, _) in sources.items() if one != api} == {"FETCHED"}
    if fault == "503 once":
        assert sources[api] == ("FETCHED", None)
        return
    detail = DETAILS[fault]
    expected = {
        "odds": ("FALLBACK", f"espn: {detail}"),
        "espn": ("FALLBACK", f"odds: {detail}"),
        "weather": (NOTHING_STORED.get(detail, "NONE"), detail),
    }
    assert sources[api] == expected[api]
    credits = hasty.run("stats", "--json").document["apis"]["odds"]["credits"]
    assert (credits["maybe_charged"] > 0) == (api == "odds" and fault in CHARGED_PERHAPS)
    assert credits["maybe_charged"] <= 6  # a call that may have been charged is retried once at the most
    if api == "odds":
        assert sum("odds" in line for line in ran.err.splitlines()) == 1


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "503 once"])
def test_with_nothing_to_show_the_exit_code_names_the_kind_of_failure(
    fault: str, hasty: User, sandbox: Server
) -> None:
    sandbox.fault(odds=FAULTS[fault], espn=FAULTS[fault])
    ran = hasty.run("fetch", "nfl", "--json", "--wait", "5s")
    assert (ran.code, ran.out) == (7 if "429" in fault else 6, "")
    assert ran.error["error"] == DETAILS[fault]
    assert len(ran.err.splitlines()) == 2


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "503 once"])
def test_what_is_stored_is_shown_with_the_reason_and_strict_fails(
    fault: str, hasty: User, sandbox: Server
) -> None:
    stored = hasty.fetch("nfl")
    sandbox.fault(odds=FAULTS[fault], espn=FAULTS[fault], weather=FAULTS[fault])
    ran = hasty.run("fetch", "nfl", "--fresh", "--strict", "--json", "--wait", "5s")
    assert ran.code == 3
    stale = "STALE_RATE" if "429" in fault else "STALE_ERROR"
    assert {(source["reason"], source["detail"]) for source in ran.document["sources"]} == {
        (stale, DETAILS[fault])
    }
    assert ran.document["games"] == stored["games"]


def test_a_provider_that_keeps_failing_is_left_alone_and_heals_without_a_credit(
    hasty: User, sandbox: Server
) -> None:
    hasty.env |= {
        "ODDSCTL_BREAKER_FAILURES": "2",
        "ODDSCTL_BREAKER_OPEN_FOR": "1h",
        "ODDSCTL_RETRY_ATTEMPTS": "2",
    }
    sandbox.fault(odds={"status": 503, "count": -1})
    assert hasty.fetch("nfl", "--no-weather")["sources"][1]["detail"] == "espn: SERVER_ERROR"
    asked = sandbox.calls("odds")
    assert hasty.fetch("nfl", "--no-weather")["sources"][1]["detail"] == "espn: BREAKER"
    assert sandbox.calls("odds") == asked
    sandbox.fault(odds=None)
    hasty.later(3600)
    assert hasty.fetch("nfl", "--no-weather")["sources"][1]["reason"] == "FETCHED"
    after = [
        (entry["path"].removeprefix("/v4/"), entry["cost"]) for entry in sandbox.log if entry["api"] == "odds"
    ][asked:]
    assert after == [("sports", 0), ("sports/americanfootball_nfl/odds", 3)]


def test_a_definite_refusal_is_not_asked_for_again_until_fresh_is_wanted(
    hasty: User, sandbox: Server
) -> None:
    config = hasty.home / "config.toml"
    config.write_text('[sports.curling]\nodds_key = "curling_world"\n')
    for _ in range(2):
        ran = hasty.run("--config", str(config), "fetch", "curling", "--json")
        assert ran.error["error"] == "UNKNOWN_SPORT"
    asked = sandbox.calls("odds")
    hasty.run("--config", str(config), "fetch", "curling", "--fresh")
    assert sandbox.calls("odds") > asked


def test_too_fast_halves_the_rate_and_stats_show_it(hasty: User, sandbox: Server) -> None:
    sandbox.fault(
        odds={
            "status": 429,
            "count": 1,
            "body": '{"message": "Requests are too frequent", "error_code": "EXCEEDED_FREQ_LIMIT"}',
        }
    )
    assert hasty.fetch("nfl", "--no-weather")["sources"][1]["reason"] == "FETCHED"
    odds = hasty.run("stats", "--json").document["apis"]["odds"]
    assert odds["configured_rate_per_second"] == 5
    assert 2.5 <= odds["rate_per_second"] < 5
    assert (odds["retries"], odds["errors"]) == (1, 1)


def test_why_tells_the_steps_of_the_last_run(hasty: User, sandbox: Server) -> None:
    sandbox.fault(odds={"status": 503, "count": 1})
    hasty.fetch("nfl", "--no-weather")
    told = hasty.run("why", "--json").document
    (odds,) = [wish for wish in told["wishes"] if wish["api"] == "odds"]
    assert (odds["reason"], odds["credits"], odds["priority"]) == ("FETCHED", 3, "HIGH")
    assert any("SERVER_ERROR" in step and "again" in step for step in odds["steps"])
    assert hasty.run("why", told["id"]).out.startswith(told["id"])
    assert hasty.run("why", "nope").code == 2
