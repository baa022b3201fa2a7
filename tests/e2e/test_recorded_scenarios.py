"""Recorded games and prices over HTTP, at their own time: the board must say what the payloads say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.conftest import Replay
from tests.e2e.harness import REPLAY, User

SCENARIOS = (("nfl-2025-week18", "nfl", 12), ("nba-2026-03-01", "nba", 12), ("epl-2025-09-27", "epl", 12))


def recorded(scenario: str) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    if not REPLAY.exists():
        pytest.skip("the recorded scenarios are not beside this checkout")
    folder = REPLAY / "scenarios" / scenario
    facts = json.loads((folder / "scenario.json").read_text())
    return (
        facts,
        json.loads((folder / "espn.json").read_text())["events"],
        json.loads((folder / "odds.json").read_text()),
    )


@pytest.mark.parametrize(("scenario", "sport", "days"), SCENARIOS)
def test_the_board_says_what_the_payloads_say(
    scenario: str, sport: str, days: int, user: User, replay: Replay
) -> None:
    facts, scheduled, listed = recorded(scenario)
    server = replay(scenario, facts["now"])
    board = user.fetch(sport, "--days", str(days))

    games = {game["id"]: game for game in board["games"]}
    paired = {pair["odds"]: pair["espn"] for pair in facts["pairs"]}
    expected = {event["id"] for event in scheduled} | {
        f"odds:{event['id']}" for event in listed if event["id"] not in paired
    }
    assert games.keys() == expected
    assert len(board["games"]) == len(expected)

    for event in listed:
        game = games[paired.get(event["id"], f"odds:{event['id']}")]
        names = {event["home_team"]: game["home"], event["away_team"]: game["away"]}
        payload = {
            (
                book["key"],
                market["key"],
                names.get(outcome["name"], outcome["name"]),
                outcome["price"],
                outcome.get("point"),
            )
            for book in event["bookmakers"]
            for market in book["markets"]
            for outcome in market["outcomes"]
        }
        shown = {
            (one["bookmaker"], one["market"], one["outcome"], one["price"], one["point"])
            for one in game["odds"]
        }
        assert shown == payload

    assert server.used == 3
    assert board["usage"] == {"calls": len(server.log), "credits": 3, "credits_remaining": 497}
    assert [entry["query"]["markets"] for entry in server.log if entry["api"] == "odds"] == [
        "h2h,spreads,totals"
    ]

    calls = len(server.log)
    again = user.fetch(sport, "--days", str(days))
    assert len(server.log) == calls
    assert again["games"] == board["games"]
    assert again["usage"] == {"calls": 0, "credits": 0, "credits_remaining": 497}

    stats = user.run("stats", "--json").document
    assert (stats["apis"]["odds"]["credits"]["used"], stats["apis"]["odds"]["calls"]) == (
        server.used,
        server.calls("odds"),
    )


def test_weather_is_shown_for_open_air_games_only(user: User, replay: Replay) -> None:
    facts, *_ = recorded("nfl-2025-week18")
    server = replay("nfl-2025-week18", facts["now"])
    board = user.fetch("nfl")
    by_roof = {
        roof: [game["weather"] for game in board["games"] if game["venue"]["roof"] == roof]
        for roof in ("open", "retractable", "fixed")
    }
    assert all(
        weather and weather["units"] == "imperial"
        for roof in ("open", "retractable")
        for weather in by_roof[roof]
    )
    assert by_roof["fixed"]
    assert not any(by_roof["fixed"])
    assert server.calls("weather") == 1


def test_commas_sorted_and_once_are_sent_and_spelling_makes_no_second_call(
    user: User, replay: Replay
) -> None:
    facts, *_ = recorded("nfl-2025-week18")
    server = replay("nfl-2025-week18", facts["now"])
    user.fetch("nfl", "--markets", "totals,H2H,totals", "--no-weather")
    user.fetch("nfl", "--markets", "h2h,totals", "--no-weather")
    user.fetch("nfl", "--markets", "H2H", "--no-weather")
    (entry,) = [entry for entry in server.log if entry["api"] == "odds"]
    assert (entry["query"]["markets"], entry["cost"]) == ("h2h,totals", 2)
    assert not {"commenceTimeFrom", "commenceTimeTo", "eventIds"} & entry["query"].keys()
