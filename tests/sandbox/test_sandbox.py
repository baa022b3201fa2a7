"""The simulated world keeps its promises: repeatable, full of games, priced like a market, and refusing as
the providers do.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oddsctl.domain.errors import UsageError
from oddsctl.domain.http import DEMO_HEADER, HttpRequest, HttpResponse, Secret
from oddsctl.sandbox import faults
from oddsctl.sandbox.answers import answer
from oddsctl.sandbox.chance import roll, wander
from oddsctl.sandbox.faults import Fault
from oddsctl.sandbox.leagues import LEAGUES, League
from oddsctl.sandbox.odds_api import Account
from oddsctl.sandbox.prices import BOOKS, american, offers
from oddsctl.sandbox.schedule import EASTERN, eastern_day, season_of, week_games, week_of
from oddsctl.sandbox.server import SandboxServer, environment
from oddsctl.sandbox.teams import teams
from oddsctl.sandbox.transport import ACCOUNT_KEY, DemoTransport
from oddsctl.sandbox.wire import Ask
from oddsctl.sandbox.world import World
from oddsctl.store.memory import MemoryStore
from tests.fakes import FakeClock

ROOT = str(Path(__file__).parents[2])
KEY = "test-key-DO-NOT-LEAK"
AGENT = "oddsctl/1.0 (+https://example.org/oddsctl)"
NFL_ODDS = "/v4/sports/americanfootball_nfl/odds"
NFL_EVENTS = "/v4/sports/americanfootball_nfl/events"
NFL_BOARD = "/apis/site/v2/sports/football/nfl/scoreboard"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


NOW = at("2026-11-23T15:21:00")  # a Monday morning in New York
WORLD = World()
BY_NAME = {league.name: league for league in LEAGUES}
MOMENTS = st.floats(at("2024-01-01"), at("2031-12-31"))


def ask_odds(
    path: str, now: float = NOW, *, world: World = WORLD, account: Account | None = None, **query: str
) -> HttpResponse:
    return answer(world, account or Account(), Ask("odds", path, {"apiKey": KEY, **query}), now)[1]


def ask_espn(
    path: str, now: float = NOW, *, agent: str = AGENT, world: World = WORLD, **query: str
) -> HttpResponse:
    return answer(world, Account(), Ask("espn", path, query, agent), now)[1]


def ask_weather(now: float = NOW, **query: str) -> HttpResponse:
    return answer(WORLD, Account(), Ask("weather", "/v1/forecast", query), now)[1]


def geocode(**query: str) -> HttpResponse:
    return answer(WORLD, Account(), Ask("geocoding", "/v1/search", query), NOW)[1]


def body(response: HttpResponse) -> Any:
    assert response.status == 200, response.body
    return json.loads(response.body)


def board(league: League) -> str:
    return f"/apis/site/v2/sports/{league.espn_path}/scoreboard"


# ── the same world every time ──


@given(MOMENTS)
@settings(max_examples=10, deadline=None)
def test_the_same_seed_and_moment_give_the_same_bytes(now: float) -> None:
    def once() -> tuple[bytes, bytes]:
        return ask_odds(NFL_ODDS, now, regions="us").body, ask_espn(NFL_BOARD, now).body

    first = once()
    week_games.cache_clear()
    roll.cache_clear()
    assert once() == first


def test_another_seed_is_another_world() -> None:
    assert ask_odds(NFL_ODDS, regions="us").body != ask_odds(NFL_ODDS, world=World(seed=2), regions="us").body
    assert ask_espn(NFL_BOARD).body != ask_espn(NFL_BOARD, world=World(seed=2)).body


def test_two_processes_with_different_hash_seeds_give_the_same_bytes() -> None:
    code = (
        "import sys; from oddsctl.sandbox.answers import *\n"
        f"ask = Ask('odds', '{NFL_ODDS}', {{'apiKey': 'k', 'regions': 'us', 'markets': "
        f"'h2h,spreads,totals'}})\n"
        f"sys.stdout.buffer.write(answer(World(), Account(), ask, {NOW})[1].body)\n"
        f"ask = Ask('espn', '/apis/site/v2/sports/baseball/mlb/scoreboard', {{'dates': '202611'}}, "
        f"'curl/8')\n"
        f"sys.stdout.buffer.write(answer(World(), Account(), ask, {NOW})[1].body)\n"
        f"ask = Ask('weather', '/v1/forecast', {{'latitude': '42', 'longitude': '-83', 'hourly': "
        f"'temperature_2m'}})\n"
        f"sys.stdout.buffer.write(answer(World(), Account(), ask, {NOW})[1].body)\n"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ROOT},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0]) > 10_000


@given(st.text(max_size=5), st.floats(-1e9, 4e9), st.floats(60, 86400))
def test_chance_stays_in_its_bounds(name: str, now: float, span: float) -> None:
    assert 0 <= roll(name) < 1
    assert -1 <= wander(name, now=now, span=span) <= 1


# ── the calendar ──


@given(MOMENTS)
@settings(max_examples=25, deadline=None)
def test_every_league_shows_a_coming_game_within_its_days_at_any_time_of_the_year(now: float) -> None:
    for league in LEAGUES:
        days = 7 if league.weekly else 2
        today = eastern_day(now)
        games = [game for day in range(today, today + days) for game in WORLD.games_on(league, day)]
        assert any(game.start > now for game in games), league.name


@given(MOMENTS)
@settings(max_examples=25, deadline=None)
def test_a_game_lies_on_its_eastern_day_has_its_own_id_and_two_teams(now: float) -> None:
    for league in LEAGUES:
        games = week_games(1, league.name, week_of(eastern_day(now)))
        assert len({game.id for game in games}) == len({game.odds_id for game in games}) == len(games)
        for game in games:
            assert eastern_day(game.start) == game.day
            assert game.home is not game.away
            assert game.id.isdigit()
            assert len(game.odds_id) == 32
            int(game.odds_id, 16)


@given(MOMENTS)
@settings(max_examples=25, deadline=None)
def test_an_nfl_week_has_sixteen_games_each_team_once_at_the_hours_of_television(now: float) -> None:
    games = week_games(1, "nfl", week_of(eastern_day(now)))
    hours = Counter(datetime.fromtimestamp(game.start, EASTERN).strftime("%a %H:%M") for game in games)
    sunday_lunch = hours["Sun 13:00"] + hours["Sun 09:30"]
    assert Counter(team.display for game in games for team in (game.home, game.away)) == Counter(
        team.display for team in teams("nfl")
    )
    assert (hours["Thu 20:15"], sunday_lunch, hours["Sun 16:05"], hours["Sun 16:25"]) == (1, 9, 2, 2)
    assert (hours["Sun 20:20"], hours["Mon 20:15"]) == (1, 1)
    for game in games:
        assert game.neutral == (game.venue.name == "Tottenham Hotspur Stadium")


def test_kick_off_keeps_its_hour_when_the_clocks_change() -> None:
    """Daylight saving ends on 2026-11-01: 13:00 in New York is 17:00Z the Sunday before and 18:00Z on that
    day.
    """
    starts = {
        game["date"]
        for day in ("20261025", "20261101")
        for game in body(ask_espn(NFL_BOARD, dates=day))["events"]
    }
    assert {"2026-10-25T17:00Z", "2026-11-01T18:00Z"} <= starts
    assert "2026-11-01T17:00Z" not in starts


def test_the_season_begins_after_labor_day_and_has_eighteen_weeks() -> None:
    """Labor Day is 2026-09-07, so that week 1 opens on Tuesday the 8th and week 18 on 2027-01-05."""
    expected = {"2026-09-07": 2025, "2026-09-08": 2026, "2027-01-05": 2026}
    assert {day: season_of(datetime.fromisoformat(day).toordinal())[0] for day in expected} == expected
    assert season_of(date(2026, 9, 8).toordinal()) == (2026, 1)
    assert season_of(date(2027, 1, 5).toordinal()) == (2026, 18)


def test_now_and_then_there_is_a_doubleheader_a_london_game_and_a_postponement() -> None:
    weeks = range(week_of(eastern_day(NOW)) - 20, week_of(eastern_day(NOW)))
    baseball = [game for week in weeks for game in week_games(1, "mlb", week)]
    football = [game for week in weeks for game in week_games(1, "nfl", week)]
    assert 0 < sum(game.note is not None for game in baseball) < len(baseball) / 10
    assert 0 < sum(game.neutral for game in football) < 20
    assert 0 < sum(WORLD.is_postponed(game, NOW) for game in baseball) < len(baseball) / 25
    twins = [game for game in baseball if game.note == "Doubleheader - Game 2"]
    assert all(
        any(
            first.day == game.day and first.home is game.home and first.start < game.start
            for first in baseball
        )
        for game in twins
    )


def test_the_providers_spell_some_teams_differently() -> None:
    spelled = {
        (team.display, team.odds_name)
        for league in LEAGUES
        for team in teams(league.name)
        if team.display != team.odds_name
    }
    assert ("LA Clippers", "Los Angeles Clippers") in spelled
    assert ("Brighton & Hove Albion", "Brighton and Hove Albion") in spelled


# ── the course of a game ──


@given(
    st.sampled_from(LEAGUES), st.integers(0, 200), st.lists(st.floats(-7200, 20000), min_size=2, max_size=8)
)
@settings(max_examples=60, deadline=None)
def test_a_game_goes_from_before_to_in_play_to_over_and_no_score_goes_down(
    league: League, back: int, offsets: list[float]
) -> None:
    game = week_games(1, league.name, week_of(eastern_day(NOW)) - back)[0]
    seen = [WORLD.standing(game, game.start + offset) for offset in sorted(offsets)]
    order = ["pre", "in", "post", "postponed"]
    assert [order.index(standing.phase) for standing in seen] == sorted(
        order.index(standing.phase) for standing in seen
    )
    assert [standing.home for standing in seen if standing.phase != "postponed"] == sorted(
        standing.home for standing in seen if standing.phase != "postponed"
    )


@given(st.integers(0, 300))
@settings(max_examples=20, deadline=None)
def test_only_soccer_has_draws(back: int) -> None:
    for league in LEAGUES:
        for game in week_games(1, league.name, week_of(eastern_day(NOW)) - back):
            home, away = WORLD.final_score(game)
            assert min(home, away) >= 0
            assert league.draws or home != away


def test_a_game_in_play_is_listed_with_its_real_start_and_a_finished_one_not_at_all() -> None:
    kickoff = at("2026-11-24T01:15:00")  # Monday night
    event = {each["commence_time"]: each for each in body(ask_odds(NFL_EVENTS, kickoff - 60))}[
        "2026-11-24T01:15:00Z"
    ]

    def listed(now: float) -> dict[str, Any] | None:
        return next((each for each in body(ask_odds(NFL_EVENTS, now)) if each["id"] == event["id"]), None)

    started = listed(kickoff + 3600)
    assert started is not None
    assert 60 <= at(started["commence_time"].rstrip("Z")) - kickoff <= 360
    assert listed(kickoff + 5 * 3600) is None
    statuses = [
        {
            game["date"]: game["status"]["type"]["state"]
            for game in body(ask_espn(NFL_BOARD, kickoff + after, dates="20261123"))["events"]
        }
        for after in (-60, 3600, 5 * 3600)
    ]
    assert [status["2026-11-24T01:15Z"] for status in statuses] == ["pre", "in", "post"]


def test_a_postponed_game_is_post_without_a_result_at_espn() -> None:
    baseball = BY_NAME["mlb"]
    game = next(
        game
        for week in range(105000, 105200)
        for game in week_games(1, "mlb", week)
        if WORLD.is_postponed(game, game.start)
    )
    day = datetime.fromordinal(game.day).strftime("%Y%m%d")
    found = {
        event["id"]: event
        for event in body(ask_espn(board(baseball), game.start - 3600, dates=day))["events"]
    }[game.id]
    kind = found["status"]["type"]
    assert (kind["name"], kind["state"], kind["completed"]) == ("STATUS_POSTPONED", "post", False)
    assert {side["score"] for side in found["competitions"][0]["competitors"]} == {"0"}


# ── prices ──


def markets_of(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for bookmaker in event["bookmakers"]:
        yield from bookmaker["markets"]


@given(MOMENTS, st.sampled_from(LEAGUES), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_prices_are_above_one_and_each_book_takes_its_margin(now: float, league: League, seed: int) -> None:
    query: dict[str, Any] = {"regions": "us,eu,uk", "markets": "h2h,spreads,totals"}
    for event in body(ask_odds(f"/v4/sports/{league.odds_key}/odds", now, world=World(seed), **query)):
        for market in markets_of(event):
            prices = [outcome["price"] for outcome in market["outcomes"]]
            assert min(prices) > 1
            assert 1.0 < sum(1 / price for price in prices) < 1.12
            assert len(prices) == (3 if league.draws and market["key"] == "h2h" else 2)


@given(MOMENTS, st.sampled_from(LEAGUES))
@settings(max_examples=20, deadline=None)
def test_points_are_half_points_and_the_two_sides_of_a_handicap_mirror_each_other(
    now: float, league: League
) -> None:
    for event in body(
        ask_odds(f"/v4/sports/{league.odds_key}/odds", now, regions="us", markets="h2h,spreads,totals")
    ):
        names = {event["home_team"], event["away_team"]}
        for market in markets_of(event):
            points = [outcome.get("point") for outcome in market["outcomes"]]
            outcomes = {outcome["name"] for outcome in market["outcomes"]}
            if market["key"] == "h2h":
                assert points == [None] * len(points)
                assert outcomes - {"Draw"} == names
            else:
                assert all(point * 2 == int(point * 2) for point in points)
                assert sum(points) == 0 if market["key"] == "spreads" else points[0] == points[1]
                assert outcomes == (names if market["key"] == "spreads" else {"Over", "Under"})


def test_a_price_changes_only_when_its_last_update_does_and_lines_move_in_a_day() -> None:
    game = next(game for game in WORLD.open_games(BY_NAME["nfl"], NOW) if game.start - NOW > 5 * 86400)
    book = BOOKS[0]
    seen: dict[int, object] = {}
    for second in range(0, 3600, 20):
        for offer in offers(WORLD, game, book, NOW + second):
            assert NOW + second - 300 < offer.last_update <= NOW + second
            if offer.market == "h2h":
                assert seen.setdefault(offer.last_update, offer) == offer
    assert len(seen) >= 12
    assert len({next(offers(WORLD, game, book, NOW + 3600 * hour)).outcomes for hour in range(24)}) > 5


def test_some_books_lack_a_market_some_games_lack_all_books_and_some_the_odds_api_does_not_have() -> None:
    events = body(ask_odds("/v4/sports/baseball_mlb/odds", regions="us", markets="h2h,spreads,totals"))
    assert {3} < {len(bookmaker["markets"]) for event in events for bookmaker in event["bookmakers"]}
    assert any(event["bookmakers"] == [] for event in events)
    week = [game for day in range(1, 8) for game in WORLD.games_on(BY_NAME["mlb"], eastern_day(NOW) + day)]
    missing = {game.odds_id for game in week} - {event["id"] for event in events}
    assert 0 < len(missing) < len(week) / 10


@pytest.mark.parametrize(
    ("decimal", "expected"), [(2.0, 100), (1.5, -200), (3.45, 245), (1.91, -110), (1.02, -5000)]
)
def test_american_prices_are_whole_numbers(decimal: float, expected: int) -> None:
    assert american(decimal) == expected


def test_formats_of_prices_and_dates() -> None:
    plain = body(ask_odds(NFL_ODDS, regions="us"))[0]
    other = body(ask_odds(NFL_ODDS, regions="us", dateFormat="unix", oddsFormat="american"))[0]
    assert at(plain["commence_time"].rstrip("Z")) == other["commence_time"]
    first, second = (next(markets_of(event)) for event in (plain, other))
    assert at(first["last_update"].rstrip("Z")) == second["last_update"]
    assert second["outcomes"][0]["price"] == american(first["outcomes"][0]["price"])


# ── credits ──


def test_a_board_costs_markets_times_regions_and_an_empty_one_nothing() -> None:
    def last(path: str = NFL_ODDS, **query: Any) -> str:
        return ask_odds(path, **query).headers["x-requests-last"]

    assert last(regions="us", markets="h2h,spreads,totals") == "3"
    assert last(regions="us,eu", markets="h2h,spreads") == "4"
    assert last(bookmakers=",".join(f"b{n}" for n in range(11)), markets="h2h") == "2"
    assert last(regions="us", markets="h2h", commenceTimeFrom="2030-01-01T00:00:00Z") == "0"
    assert last("/v4/sports") == last("/v4/sports/basketball_nba/events") == "0"
    assert (
        last("/v4/sports/basketball_nba/scores"),
        last("/v4/sports/basketball_nba/scores", daysFrom="1"),
    ) == ("1", "2")


def test_event_odds_cost_what_came_back_and_are_one_object() -> None:
    event = body(ask_odds("/v4/sports/basketball_nba/events"))[5]
    path = f"/v4/sports/basketball_nba/events/{event['id']}/odds"
    response = ask_odds(path, regions="us", markets="h2h,spreads,totals,player_points,alternate_totals")
    found = body(response)
    assert response.headers["x-requests-last"] == "3"
    assert found["id"] == event["id"]
    assert all("last_update" not in bookmaker for bookmaker in found["bookmakers"])
    assert all("last_update" in market for market in markets_of(found))


@given(
    st.integers(0, 60), st.lists(st.sampled_from(["h2h", "h2h,spreads", "h2h,spreads,totals"]), max_size=40)
)
@settings(max_examples=25, deadline=None)
def test_credits_are_never_overspent_and_used_and_remaining_add_up(credits_: int, wishes: list[str]) -> None:
    world, account, spent = World(credits=credits_), Account(), 0
    for number, markets in enumerate(wishes):
        ask = Ask("odds", NFL_ODDS, {"apiKey": KEY, "regions": "us", "markets": markets})
        account, response = answer(world, account, ask, NOW + number)
        cost = markets.count(",") + 1
        if spent + cost <= credits_:
            spent += cost
            told = [response.headers[f"x-requests-{name}"] for name in ("used", "remaining", "last")]
            assert told == [str(spent), str(credits_ - spent), str(cost)]
        else:
            assert response.status == 401
            assert json.loads(response.body)["error_code"] == "OUT_OF_USAGE_CREDITS"
        assert account.used == spent <= credits_


def test_credits_are_back_on_the_first_of_the_month_utc_and_free_calls_go_on_without_any() -> None:
    empty = Account("2026-11", 500)
    assert ask_odds(NFL_ODDS, account=empty, regions="us").status == 401
    assert ask_odds("/v4/sports", account=empty).headers["x-requests-remaining"] == "0"
    before, after = at("2026-11-30T23:59:59"), at("2026-12-01T00:00:00")
    assert ask_odds(NFL_ODDS, before, account=empty, regions="us").status == 401
    assert ask_odds(NFL_ODDS, after, account=empty, regions="us").headers["x-requests-used"] == "1"


def test_the_thirty_first_call_of_a_second_is_refused() -> None:
    account = Account()
    statuses = []
    for number in range(32):
        account, response = answer(
            WORLD, account, Ask("odds", "/v4/sports", {"apiKey": KEY}), NOW + number / 100
        )
        statuses.append(response.status)
    assert statuses == [200] * 30 + [429] * 2
    assert answer(WORLD, account, Ask("odds", "/v4/sports", {"apiKey": KEY}), NOW + 2)[1].status == 200


# ── refusals ──

EVENT = "0" * 32


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        (NFL_ODDS, {"apiKey": ""}, 401, "MISSING_KEY"),
        (NFL_ODDS, {}, 422, "MISSING_REGION"),
        (NFL_ODDS, {"regions": "moon"}, 422, "INVALID_REGION"),
        (NFL_ODDS, {"bookmakers": "Draft Kings"}, 422, "INVALID_BOOKMAKERS"),
        (NFL_ODDS, {"regions": "us", "markets": "player_points"}, 422, "INVALID_MARKET"),
        (NFL_ODDS, {"regions": "us", "markets": "h2h, totals"}, 422, "INVALID_MARKET"),
        (NFL_ODDS, {"regions": "us", "markets": "outrights"}, 422, "INVALID_MARKET_COMBO"),
        (NFL_ODDS, {"regions": "us", "oddsFormat": "roman"}, 422, "INVALID_ODDS_FORMAT"),
        (NFL_ODDS, {"regions": "us", "dateFormat": "roman"}, 422, "INVALID_DATE_FORMAT"),
        (
            NFL_ODDS,
            {"regions": "us", "commenceTimeFrom": "2026-11-23T00:00:00+00:00"},
            422,
            "INVALID_COMMENCE_TIME_FROM",
        ),
        (NFL_ODDS, {"regions": "us", "commenceTimeTo": "tomorrow"}, 422, "INVALID_COMMENCE_TIME_TO"),
        ("/v4/sports/tennis_atp/odds", {"regions": "us"}, 404, "UNKNOWN_SPORT"),
        (f"/v4/sports/americanfootball_nfl/events/{EVENT}/odds", {"regions": "us"}, 404, "EVENT_NOT_FOUND"),
        ("/v4/sports/americanfootball_nfl/events/short/odds", {"regions": "us"}, 422, "INVALID_EVENT_ID"),
        ("/v4/sports/americanfootball_nfl/scores", {"daysFrom": "4"}, 422, "INVALID_SCORES_DAYS_FROM"),
        (
            "/v4/historical/sports/americanfootball_nfl/odds",
            {},
            401,
            "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN",
        ),
        ("/v4/nothing", {}, 404, "NOT_FOUND"),
        ("/v4/sports/americanfootball_nfl/nothing", {}, 404, "NOT_FOUND"),
    ],
)
def test_the_odds_api_refuses_as_documented_and_charges_nothing(
    path: str, query: dict[str, str], status: int, code: str
) -> None:
    account, response = answer(WORLD, Account(), Ask("odds", path, {"apiKey": KEY, **query}), NOW)
    assert (response.status, json.loads(response.body)["error_code"]) == (status, code)
    assert account.used == 0
    assert "x-requests-remaining" not in response.headers
    assert KEY not in response.body.decode()


def test_commence_times_in_the_wrong_order_are_refused() -> None:
    query: dict[str, Any] = {
        "regions": "us",
        "commenceTimeFrom": "2026-11-25T00:00:00Z",
        "commenceTimeTo": "2026-11-24T00:00:00Z",
    }
    assert json.loads(ask_odds(NFL_ODDS, **query).body)["error_code"] == "INVALID_COMMENCE_TIME_RANGE"


def test_with_a_key_of_its_own_the_account_knows_no_other() -> None:
    ask = Ask("odds", "/v4/sports", {"apiKey": "another"})
    account, response = answer(WORLD, Account(), ask, NOW, KEY)
    assert (response.status, json.loads(response.body)["error_code"]) == (401, "INVALID_KEY")
    assert answer(WORLD, account, Ask("odds", "/v4/sports", {"apiKey": KEY}), NOW, KEY)[1].status == 200


def test_a_question_does_not_show_its_key() -> None:
    assert KEY not in repr(Ask("odds", "/v4/sports", {"apiKey": KEY}))


# ── shapes of The Odds API ──


def test_filters_narrow_the_answer_but_not_the_price() -> None:
    events = body(ask_odds(NFL_ODDS, regions="us"))
    one = ask_odds(NFL_ODDS, regions="us", eventIds=events[3]["id"])
    assert body(one) == [events[3]]
    assert one.headers["x-requests-last"] == "1"
    limits: dict[str, Any] = {
        "commenceTimeFrom": "2026-11-29T18:00:00Z",
        "commenceTimeTo": "2026-11-29T21:25:00Z",
    }
    assert {event["commence_time"][:10] for event in body(ask_odds(NFL_ODDS, regions="us", **limits))} == {
        "2026-11-29"
    }


def test_events_are_the_board_without_bookmakers() -> None:
    events = body(ask_odds(NFL_ODDS, regions="us,uk", bookmakers="pinnacle"))
    assert {bookmaker["key"] for event in events for bookmaker in event["bookmakers"]} == {"pinnacle"}
    bare = body(ask_odds(NFL_EVENTS))
    assert bare == [
        {name: value for name, value in event.items() if name != "bookmakers"} for event in events
    ]


def test_scores_are_text_for_games_begun_and_null_before() -> None:
    found = body(ask_odds("/v4/sports/basketball_nba/scores", daysFrom="2"))
    done, coming = (
        [game for game in found if game["completed"]],
        [game for game in found if game["scores"] is None],
    )
    assert done
    assert coming
    for game in done:
        assert {score["name"] for score in game["scores"]} == {game["home_team"], game["away_team"]}
        assert all(score["score"].isdigit() for score in game["scores"])
    assert all(game["last_update"] is None for game in coming)
    assert not any(game["completed"] for game in body(ask_odds("/v4/sports/basketball_nba/scores")))


def test_sports_lists_every_league() -> None:
    sports = body(ask_odds("/v4/sports"))
    assert {sport["key"] for sport in sports} == {league.odds_key for league in LEAGUES}
    assert set(sports[0]) == {"key", "group", "title", "description", "active", "has_outrights"}


# ── ESPN ──


@pytest.mark.parametrize(
    ("agent", "status"),
    [
        (AGENT, 200),
        ("python-requests/2.32", 200),
        ("curl/8.5.0", 200),
        ("", 403),
        ("LEDMatrix/1.0", 403),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0", 403),
    ],
)
def test_espn_lets_in_honest_user_agents_and_libraries(agent: str, status: int) -> None:
    assert ask_espn(NFL_BOARD, agent=agent).status == status


@pytest.mark.parametrize("dates", ["20261123-20261130", "20261399", "202613", "tomorrow", "2026112"])
def test_espn_refuses_ranges_and_what_is_no_day(dates: str) -> None:
    response = ask_espn(NFL_BOARD, dates=dates)
    assert response.status == 400
    assert json.loads(response.body) == {"code": 400, "message": "Failed to get events endpoint."}


def test_espn_says_what_it_does_not_know() -> None:
    assert (
        ask_espn("/apis/site/v2/sports/football/nfl/news").status,
        json.loads(ask_espn("/nothing").body),
    ) == (404, {"code": 404})
    unknown = ask_espn("/apis/site/v2/sports/boxing/boxing/scoreboard")
    assert unknown.status == 400
    assert (
        json.loads(unknown.body)["message"]
        == "Bad Request: sport 'boxing' and/or league 'boxing' are invalid"
    )


def test_espn_days_are_eastern_and_a_month_is_the_sum_of_its_days() -> None:
    hockey = board(BY_NAME["nhl"])
    month = body(ask_espn(hockey, dates="202611", limit="500"))["events"]
    days = [body(ask_espn(hockey, dates=f"202611{day:02}"))["events"] for day in range(1, 31)]
    assert month == [event for day in days for event in day]
    assert any(
        event["date"].startswith("2026-11-03T0") for event in days[1]
    )  # an evening of the 2nd in the west
    assert "day" not in body(ask_espn(hockey, dates="202611"))
    assert body(ask_espn(hockey, dates="20261102"))["day"] == {"date": "2026-11-02"}


def test_espn_limits_are_a_hundred_by_default_and_a_trap_from_six_hundred_on() -> None:
    baseball = board(BY_NAME["mlb"])
    counts = {
        limit: len(body(ask_espn(baseball, dates="202611", limit=limit))["events"])
        for limit in ("7", "500", "600", "1000", "many")
    }
    assert counts["500"] > 300
    assert counts == {"7": 7, "500": counts["500"], "600": 25, "1000": 25, "many": 100}
    assert len(body(ask_espn(baseball, dates="2026"))["events"]) == 100


def test_college_boards_are_a_subset_unless_all_groups_are_asked_for() -> None:
    path = board(BY_NAME["ncaab"])
    some, everything = (
        body(ask_espn(path, dates="20261128")),
        body(ask_espn(path, dates="20261128", groups="50")),
    )
    assert 0 < len(some["events"]) < len(everything["events"]) == 14
    assert everything["groups"] == ["50"]
    assert "groups" not in some


def test_a_scoreboard_has_what_a_schedule_is_read_from() -> None:
    answered = body(ask_espn(NFL_BOARD, dates="20261129"))
    assert answered["week"] == {"number": 12}
    assert answered["season"] == {"type": 2, "year": 2026}
    assert answered["leagues"][0]["slug"] == "nfl"
    for event in answered["events"]:
        competition = event["competitions"][0]
        assert datetime.strptime(event["date"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
        assert {side["homeAway"]: side["score"] for side in competition["competitors"]} == {
            "home": "0",
            "away": "0",
        }
        assert isinstance(competition["venue"]["indoor"], bool)
        assert competition["status"]["type"]["state"] == "pre"


@pytest.mark.parametrize(
    ("league", "address"),
    [
        ("nfl", {"city", "state", "country"}),
        ("mlb", {"city", "state"}),
        ("mls", {"city", "country"}),
        ("epl", {"city", "country"}),
    ],
)
def test_addresses_are_written_as_in_the_sport(league: str, address: set[str]) -> None:
    events = body(ask_espn(board(BY_NAME[league]), dates="202611"))["events"]
    venues = [
        event["competitions"][0]["venue"] for event in events if not event["competitions"][0]["neutralSite"]
    ]
    assert {frozenset(venue["address"]) for venue in venues} == {frozenset(address)}
    assert {"indoor" in venue for venue in venues} == {not BY_NAME[league].draws}
    if league == "mlb":
        assert "Massachusetts" in {venue["address"]["state"] for venue in venues}
    if league == "mls":
        assert "Austin, Texas" in {venue["address"]["city"] for venue in venues}


def test_the_line_names_the_favourite_and_stands_beside_coming_games_only() -> None:
    events = body(ask_espn(board(BY_NAME["nba"]), dates="202611", limit="500"))["events"]
    lines = [(event, event["competitions"][0].get("odds", [])) for event in events]
    for event, odds in lines:
        if odds and odds[0]:
            line, competitors = odds[0], event["competitions"][0]["competitors"]
            assert event["status"]["type"]["state"] == "pre"
            assert line["provider"]["name"] == "DraftKings"
            if line.get("spread"):
                favourite = competitors[0 if line["spread"] < 0 else 1]["team"]["abbreviation"]
                assert line["details"] == f"{favourite} {-abs(line['spread']):g}"
                assert float(line["pointSpread"]["home"]["close"]["line"]) == line["spread"]
            if "overUnder" in line:
                assert line["total"]["over"]["close"]["line"] == f"o{line['overUnder']:g}"
    assert sum(bool(odds) for _, odds in lines) > 40


def test_the_hour_of_a_far_college_game_is_not_fixed() -> None:
    path = board(BY_NAME["ncaaf"])
    far = body(ask_espn(path, dates="20261212", groups="80"))["events"]
    near = body(ask_espn(path, dates="20261128", groups="80"))["events"]
    assert {(event["date"], event["competitions"][0]["timeValid"]) for event in far} == {
        ("2026-12-12T05:00Z", False)
    }
    assert all(event["competitions"][0]["timeValid"] for event in near)


# ── Open-Meteo ──

HOURLY = (
    "temperature_2m,apparent_temperature,precipitation_probability,precipitation,weather_code,"
    "wind_speed_10m,wind_gusts_10m"
)
THANKSGIVING = {
    "latitude": "42.34",
    "longitude": "-83.05",
    "start_date": "2026-11-26",
    "end_date": "2026-11-26",
}


def test_one_place_gives_an_object_and_several_an_array_in_their_order() -> None:
    one = body(ask_weather(latitude="42.34", longitude="-83.05", hourly=HOURLY))
    two = body(ask_weather(latitude="42.34,25.96", longitude="-83.05,-80.24", hourly=HOURLY))
    assert one["utc_offset_seconds"] == 0
    assert len(one["hourly"]["time"]) == len(one["hourly"]["wind_gusts_10m"]) == 7 * 24
    assert two[0] == one
    assert two[1]["location_id"] == 1
    assert abs(two[1]["latitude"] - 25.96) < 0.1
    assert sum(two[1]["hourly"]["temperature_2m"]) > sum(
        one["hourly"]["temperature_2m"]
    )  # Florida in November


def test_times_and_units_are_those_asked_for() -> None:
    place: dict[str, Any] = {**THANKSGIVING, "hourly": HOURLY}
    metric = body(ask_weather(**place))
    units: dict[str, Any] = {
        "temperature_unit": "fahrenheit",
        "wind_speed_unit": "mph",
        "precipitation_unit": "inch",
        "timeformat": "unixtime",
    }
    imperial = body(ask_weather(**place, **units))
    assert metric["hourly"]["time"] == [f"2026-11-26T{hour:02}:00" for hour in range(24)]
    assert imperial["hourly"]["time"][0] == at("2026-11-26T00:00:00")
    names = ("temperature_2m", "wind_speed_10m", "precipitation", "weather_code")
    assert [metric["hourly_units"][name] for name in names] == ["°C", "km/h", "mm", "wmo code"]
    assert [imperial["hourly_units"][name] for name in names] == ["°F", "mp/h", "inch", "wmo code"]
    assert imperial["hourly"]["temperature_2m"][5] == pytest.approx(
        metric["hourly"]["temperature_2m"][5] * 1.8 + 32, abs=0.15
    )
    assert imperial["hourly"]["wind_speed_10m"][5] == pytest.approx(
        metric["hourly"]["wind_speed_10m"][5] / 1.609, abs=0.1
    )


def test_local_days_begin_at_local_midnight() -> None:
    place: dict[str, Any] = {**THANKSGIVING, "hourly": "temperature_2m"}
    local = body(ask_weather(**place, timezone="auto"))
    assert (local["timezone"], local["utc_offset_seconds"]) == ("America/Detroit", -18000)
    assert local["hourly"]["time"][0] == "2026-11-26T00:00"
    unix = body(ask_weather(**place, timezone="America/Detroit", timeformat="unixtime"))
    assert unix["hourly"]["time"][0] == at("2026-11-26T05:00:00")


@given(st.floats(-66, 66), st.floats(-180, 180), MOMENTS)
@settings(max_examples=30, deadline=None)
def test_the_weather_is_possible_everywhere(latitude: float, longitude: float, now: float) -> None:
    hourly = body(
        ask_weather(
            now, latitude=f"{latitude:.2f}", longitude=f"{longitude:.2f}", hourly=HOURLY, forecast_days="1"
        )
    )["hourly"]
    assert all(-60 < value < 55 for value in hourly["temperature_2m"])
    assert all(0 <= value <= 100 for value in hourly["precipitation_probability"])
    assert all(
        wind <= gust for wind, gust in zip(hourly["wind_speed_10m"], hourly["wind_gusts_10m"], strict=True)
    )
    assert all(value >= 0 for value in hourly["precipitation"])


def test_without_variables_there_are_no_sections() -> None:
    assert "hourly" not in body(ask_weather(latitude="42", longitude="-83"))


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"latitude": "1,2", "longitude": "1"}, "must have the same number of elements"),
        ({"latitude": "522.52", "longitude": "1"}, "Latitude must be in range of -90 to 90°. Given: 522.52."),
        (
            {"hourly": "tempeture_2m"},
            "Cannot initialize WeatherVariable from invalid String value tempeture_2m for key hourly",
        ),
        ({"timezone": "Mars/Olympus"}, "Invalid timezone"),
        ({"forecast_days": "17"}, "Forecast days is invalid. Allowed range 0 to 16. Given 17."),
        (
            {"start_date": "2027-01-01", "end_date": "2027-01-01"},
            "Parameter 'start_date' is out of allowed range from 2026-08-23 to 2026-12-08",
        ),
        (
            {"latitude": ",".join(["1"] * 1001), "longitude": ",".join(["1"] * 1001)},
            "Only up to 1000 locations can be requested at once",
        ),
    ],
)
def test_open_meteo_says_why_not(query: dict[str, Any], reason: str) -> None:
    response = ask_weather(**{"latitude": "42", "longitude": "-83", **query})
    told = json.loads(response.body)
    assert (response.status, told["error"]) == (400, True)
    assert reason in told["reason"]


def test_every_town_of_the_world_is_found_and_others_are_not() -> None:
    for league in LEAGUES:
        for team in teams(league.name):
            city = team.stadium.city
            found = body(geocode(name=city.name, count="10"))["results"]
            assert any(
                (place["latitude"], place["longitude"]) == (city.latitude, city.longitude) for place in found
            )
    assert set(body(geocode(name="Nowhere"))) == {"generationtime_ms"}
    assert set(body(geocode(name="A"))) == {"generationtime_ms"}
    assert [place["admin1"] for place in body(geocode(name="Columbia, South Carolina"))["results"]] == [
        "South Carolina"
    ]
    assert body(geocode(name="san sebastian"))["results"][0]["name"] == "San Sebastián"
    assert geocode(name="Detroit", count="0").status == 400
    assert [
        place["country_code"] for place in body(geocode(name="Detroit", countryCode="us"))["results"]
    ] == ["US"]
    assert set(body(geocode(name="Detroit", countryCode="GB"))) == {"generationtime_ms"}


# ── faults ──


def test_a_fault_is_met_as_often_as_it_says() -> None:
    left = {"odds": Fault("odds", status=503, count=2), "espn": Fault("espn", mode="drop", count=-1)}
    met = []
    for api in ("odds", "espn", "odds", "odds", "espn", "weather"):
        left, fault = faults.take(left, api)
        met.append(fault is not None)
    assert met == [True, True, True, False, True, False]
    assert list(left) == ["espn"]


@pytest.mark.parametrize(
    "told",
    [
        [],
        {"odd": None},
        {"odds": 3},
        {"odds": {"mode": "explode"}},
        {"odds": {"stat": 503}},
        {"odds": {"status": "503"}},
        {"odds": {"count": 0}},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match="odds"):
        faults.read(told)


# ── the door inside the process ──


def odds_request(base: str = "https://api.the-odds-api.com") -> HttpRequest:
    return HttpRequest(
        "odds", base + NFL_ODDS, (("markets", "h2h"), ("regions", "us")), secret=(("apiKey", Secret(KEY)),)
    )


def test_credits_go_down_from_one_demo_run_to_the_next() -> None:
    store = MemoryStore()
    used = [
        DemoTransport(WORLD, FakeClock(NOW + run), store).send(odds_request()).headers["x-requests-used"]
        for run in range(3)
    ]
    assert used == ["1", "2", "3"]
    assert store.read(ACCOUNT_KEY)["used"] == 3
    assert list(store.scan("")) == [ACCOUNT_KEY]
    assert KEY not in str(store.read(ACCOUNT_KEY))


def test_the_path_says_which_api_is_meant_whatever_the_base_url() -> None:
    transport = DemoTransport(WORLD, FakeClock(NOW), MemoryStore())
    urls = [
        (f"http://127.0.0.1:1/odds{NFL_ODDS}", (("regions", "us"),)),
        (f"https://site.api.espn.com{NFL_BOARD}", ()),
        ("https://api.open-meteo.com/v1/forecast", (("latitude", "1"), ("longitude", "1"))),
        ("https://geocoding-api.open-meteo.com/v1/search", (("name", "Detroit"),)),
    ]
    for url, params in urls:
        response = transport.send(HttpRequest("?", url, params, secret=(("apiKey", Secret(KEY)),)))
        assert (response.status, response.headers[DEMO_HEADER]) == (200, "1"), url
        assert (response.sent_at, response.received_at) == (NOW, NOW)
    assert transport.send(HttpRequest("?", "https://example.org/else")).status == 404
    refused = transport.send(
        HttpRequest("espn", f"https://site.api.espn.com{NFL_BOARD}", headers=(("User-Agent", "Mozilla/5.0"),))
    )
    assert refused.status == 403
    transport.close()


def test_only_the_odds_api_touches_the_account() -> None:
    store = MemoryStore()
    DemoTransport(WORLD, FakeClock(NOW), store).send(
        HttpRequest("espn", f"https://site.api.espn.com{NFL_BOARD}")
    )
    assert list(store.scan("")) == []


def test_every_answer_in_the_process_is_marked_as_demo_data() -> None:
    paths = ("/", "/v4/sports", "/v1/forecast", "/v1/search", NFL_BOARD)
    asks = [Ask(api, path) for api in ("odds", "espn", "weather", "geocoding", "?") for path in paths]
    assert {answer(WORLD, Account(), ask, NOW)[1].headers[DEMO_HEADER] for ask in asks} == {"1"}


# ── the door over HTTP ──


@contextmanager
def sandbox(key: str | None = None, world: World = WORLD) -> Iterator[SandboxServer]:
    with SandboxServer(world, FakeClock(NOW), key=key) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def http_call(
    server: SandboxServer, method: str, path: str, told: Any = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, path, None if told is None else json.dumps(told), {"User-Agent": AGENT})
        response = connection.getresponse()
        return (
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )
    finally:
        connection.close()


def test_the_server_gives_the_same_bytes_as_the_world() -> None:
    with sandbox() as server:
        status, headers, got = http_call(
            server, "GET", f"/odds{NFL_ODDS}?apiKey={KEY}&regions=us&markets=h2h%2Ctotals"
        )
        assert (status, headers["x-requests-last"], headers[DEMO_HEADER]) == (200, "2", "1")
        assert got == ask_odds(NFL_ODDS, regions="us", markets="h2h,totals").body
        assert http_call(server, "GET", f"/espn{NFL_BOARD}")[2] == ask_espn(NFL_BOARD).body
        assert http_call(server, "GET", "/weather/v1/forecast?latitude=1&longitude=1")[0] == 200
        assert http_call(server, "GET", "/geocoding/v1/search?name=Detroit")[0] == 200
        usage = json.loads(http_call(server, "GET", "/__usage")[2])
        assert usage == {
            "used": 2,
            "remaining": 498,
            "calls": {"odds": 1, "espn": 1, "weather": 1, "geocoding": 1},
        }
        log = http_call(server, "GET", "/__log")[2].decode()
        assert KEY not in log
        first = json.loads(log)[0]
        assert (first["api"], first["path"], first["status"], first["cost"], first["t"]) == (
            "odds",
            NFL_ODDS,
            200,
            2,
            NOW,
        )
        assert first["query"]["apiKey"] == "***"


def test_every_http_answer_is_marked_as_demo_data_even_refusals() -> None:
    with sandbox(key=KEY) as server:
        calls = [
            ("GET", "/"),
            ("GET", "/odds/v4/sports"),
            ("GET", "/odds/v4/sports?apiKey=x"),
            ("GET", "/espn/x"),
            ("GET", "/__log"),
        ]
        calls += [("POST", "/odds"), ("POST", "/__quota"), ("PUT", "/odds"), ("HEAD", "/odds")]
        answers = [http_call(server, method, path) for method, path in calls]
        assert {headers[DEMO_HEADER] for _, headers, _ in answers} == {"1"}
        assert [status for status, _, _ in answers] == [404, 401, 401, 404, 200, 405, 400, 501, 501]


def test_an_injected_status_is_answered_and_not_charged() -> None:
    with sandbox() as server:
        told = {
            "odds": {
                "status": 429,
                "count": 1,
                "headers": {"Retry-After": "7"},
                "body": {"message": "slow"},
                "delay": 0.5,
            }
        }
        assert http_call(server, "POST", "/__faults", told)[0] == 200
        path = f"/odds{NFL_ODDS}?apiKey={KEY}&regions=us"
        status, headers, got = http_call(server, "GET", path)
        assert (status, headers["retry-after"], json.loads(got)) == (429, "7", {"message": "slow"})
        assert server.clock.now() == NOW + 0.5
        assert http_call(server, "GET", path)[1]["x-requests-used"] == "1"


def test_a_broken_wire_charges_all_the_same() -> None:
    path = f"/odds{NFL_ODDS}?apiKey={KEY}&regions=us"
    with sandbox() as server:
        for number, mode in enumerate(("drop", "truncate", "garbage"), start=1):
            http_call(server, "POST", "/__faults", {"odds": {"mode": mode}})
            if mode == "garbage":
                assert http_call(server, "GET", path)[2].startswith(b"<html>")
            else:
                with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                    http_call(server, "GET", path)
            assert json.loads(http_call(server, "GET", "/__usage")[2])["used"] == number
        http_call(server, "POST", "/__faults", {"espn": {"status": 500, "count": -1}})
        assert [http_call(server, "GET", f"/espn{NFL_BOARD}")[0] for _ in range(3)] == [500] * 3
        http_call(server, "POST", "/__faults", {"espn": None})
        assert http_call(server, "GET", f"/espn{NFL_BOARD}")[0] == 200


def test_another_program_may_spend_and_a_wrong_control_message_is_refused() -> None:
    with sandbox() as server:
        http_call(server, "POST", "/__quota", {"remaining": 1})
        path = f"/odds{NFL_ODDS}?apiKey={KEY}&regions=us"
        assert [http_call(server, "GET", path)[0] for _ in range(2)] == [200, 401]
        for where, told in (("/__quota", {}), ("/__quota", []), ("/__faults", {"moon": None})):
            assert http_call(server, "POST", where, told)[0] == 400
        assert json.loads(http_call(server, "GET", "/__usage")[2])["remaining"] == 0


def test_many_at_once_never_overspend() -> None:
    with sandbox(world=World(credits=5)) as server:
        path = f"/odds{NFL_ODDS}?apiKey={KEY}&regions=us"
        statuses: list[int] = []
        threads = [
            Thread(target=lambda: statuses.append(http_call(server, "GET", path)[0])) for _ in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Counter(statuses) == {200: 5, 401: 7}


def test_the_sandbox_serves_on_loopback_only() -> None:
    with pytest.raises(UsageError, match="loopback"):
        SandboxServer(WORLD, FakeClock(NOW), host="0.0.0.0")


def test_the_environment_points_at_the_sandbox() -> None:
    assert environment("http://127.0.0.1:8") == {
        "ODDSCTL_ODDS_BASE_URL": "http://127.0.0.1:8/odds",
        "ODDSCTL_ESPN_BASE_URL": "http://127.0.0.1:8/espn",
        "ODDSCTL_WEATHER_BASE_URL": "http://127.0.0.1:8/weather",
        "ODDSCTL_WEATHER_GEOCODING_URL": "http://127.0.0.1:8/geocoding",
    }


def test_serve_announces_its_address_and_ends_quietly_when_interrupted() -> None:
    code = (
        "from oddsctl.sandbox.server import serve; from oddsctl.sandbox.world import World\n"
        "class Still:\n    now = monotonic = staticmethod(lambda: 1.8e9)\n    sleep = staticmethod(lambda "
        "seconds: None)\n"
        "serve(World(), Still(), announce=lambda url: print(url, flush=True))\n"
    )
    env = {**os.environ, "PYTHONPATH": ROOT}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    assert (process.returncode, complaint) == (0, b"")


def test_a_whole_season_of_looks_stays_cheap() -> None:
    """Looking every hour of a month draws each week once and no more; the cache, not the clock, is what is
    counted.
    """
    week_games.cache_clear()
    moment = datetime.fromtimestamp(NOW, UTC)
    for hour in range(24 * 28):
        list(WORLD.games_on(BY_NAME["nfl"], eastern_day((moment + timedelta(hours=hour)).timestamp())))
    assert week_games.cache_info().misses == 5
