"""`plan` as people and scripts see it: what is to come, until when it can be paid, and nothing bought on the
way.
"""

from __future__ import annotations

import csv
import io
import json

from tests.e2e.harness import Server, User

FIELDS = {
    *(
        "schema",
        "from",
        "until",
        "sports",
        "calls",
        "credits",
        "spendable",
        "reserve",
        "own_per_day",
        "reset_at",
        "runs_out",
    ),
    *("days", "cuts", "wanted"),
}


def test_the_plan_of_two_weeks_adds_up_and_costs_nothing(user: User, sandbox: Server) -> None:
    plan = user.run("plan", "nfl", "nba", "--days", "14", "--json").document
    assert plan.keys() == FIELDS
    assert plan["schema"] == "oddsctl.plan/1"
    assert (plan["spendable"], plan["reserve"]) == (450, 50)
    assert plan["credits"] == sum(day["credits"] for day in plan["days"]) <= plan["spendable"]
    assert plan["wanted"]["credits"] == 3 * plan["wanted"]["calls"] >= plan["credits"]
    assert all(
        sum(day["sports"].values()) == sum(day["windows"].values()) == day["credits"] for day in plan["days"]
    )
    assert {(cut["kind"], cut["without"]) for cut in plan["cuts"]} >= {
        ("window", "2h"),
        ("market", "totals"),
        ("sport", "nba"),
    }
    assert all(cut["credits"] + cut["saves"] == plan["wanted"]["credits"] for cut in plan["cuts"])
    assert sandbox.used == 0


def test_what_your_own_commands_cost_a_day_is_reckoned_with_and_a_board_of_yours_is_not_bought_again(
    user: User, sandbox: Server
) -> None:
    user.env |= {
        "ODDSCTL_PREFETCH_WINDOWS": "36h",
        "ODDSCTL_PREFETCH_EARLY": "0s",
        "ODDSCTL_PREFETCH_LATE": "36h",
    }
    before = user.run("plan", "nba", "--days", "1", "--json").document
    user.fetch("nba")
    after = user.run("plan", "nba", "--days", "1", "--json").document
    assert (before["own_per_day"], after["own_per_day"]) == (0, 3)
    assert after["credits"] < before["credits"]


def test_days_are_told_line_by_line_and_as_csv(user: User, sandbox: Server) -> None:
    lines = [
        json.loads(line)
        for line in user.run("plan", "nba", "--days", "3", "--format", "jsonl").out.splitlines()
    ]
    rows = list(csv.DictReader(io.StringIO(user.run("plan", "nba", "--days", "3", "--format", "csv").out)))
    assert [row["day"] for row in rows] == [line["day"] for line in lines]
    assert [int(row["credits"]) for row in rows] == [line["credits"] for line in lines]
    assert rows[0]["sports"].startswith("nba:")


def test_the_page_names_the_day_on_which_credits_run_out(user: User, sandbox: Server) -> None:
    page = user.run("plan", "nba", "nhl", "--days", "20").out
    assert "they run out on" in page
    assert "sport nhl" in page


def test_planned_by_what_is_stored_when_nobody_answers(user: User, sandbox: Server) -> None:
    user.run("plan", "nfl")
    sandbox.fault(espn={"status": 503, "count": -1}, odds={"status": 503, "count": -1})
    ran = user.run("plan", "nfl", "--wait", "0s", "--json")
    assert ran.code == 0
    assert ran.document["schema"] == "oddsctl.plan/1"
