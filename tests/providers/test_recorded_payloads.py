"""Every recorded payload is read, or refused by a name that says what is wrong; and what is read is what a
person counts in it.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oddsctl.domain.answers import Events, Forecasts, Geocoded, Schedule, Scores, Sports
from oddsctl.domain.http import HttpResponse, Secret
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, Job, ScheduleJob
from oddsctl.domain.models import OddsEvent, Place, ScheduledGame
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob, ScoresJob, SportsJob
from oddsctl.domain.ports import Provider
from oddsctl.domain.provider_errors import (
    BrokenAnswerError,
    InvalidKeyError,
    MissingKeyError,
    OutOfCreditsError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    UnknownSportError,
)
from oddsctl.domain.settings import Settings
from oddsctl.providers import registry
from tests.providers.payloads import read_or_refused

FOLDER = Path(__file__).parents[2] / ".." / "shared" / "payloads"
FILES = sorted(path.name for path in FOLDER.glob("*.json"))
PROVIDERS = registry.build(
    Settings(), lambda: Secret("test-key-DO-NOT-LEAK"), "oddsctl/test (+https://example.org)"
)

ODDS = OddsJob("any", ("h2h", "spreads", "totals"), ("us",))
PLACES = (Place(1, 1), Place(2, 2))
ALL_DAYS = (0, 40_000)
JOBS: dict[str, Job] = {
    "espn_": ScheduleJob("any/any", "20251127"),
    "events_": EventsJob("any"),
    "event_odds_": OddsJob("any", ("player_pass_tds",), ("us",), event="any"),
    "odds_": ODDS,
    "error_": ODDS,
    "scores_": ScoresJob("any"),
    "sports_": SportsJob(),
    "geocoding_": GeocodeJob("any"),
    "openmeteo_multi": ForecastJob(PLACES, *ALL_DAYS),
    "openmeteo_single_f_": ForecastJob(PLACES[:1], *ALL_DAYS, "imperial"),
    "openmeteo_": ForecastJob(PLACES[:1], *ALL_DAYS, "metric"),
    "derived_openmeteo_": ForecastJob(PLACES[:1], *ALL_DAYS),
}
REFUSED = {
    "derived_openmeteo_429_hourly.json": (429, RateLimitedError, "Hourly API request limit exceeded"),
    "derived_openmeteo_429_minutely.json": (429, RateLimitedError, "Minutely API request limit exceeded"),
    "error_401_historical_free_plan.json": (401, RejectedError, "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN"),
    "error_401_missing_key.json": (401, MissingKeyError, "API key is missing"),
    "error_401_out_of_usage_credits.json": (401, OutOfCreditsError, "Usage quota has been reached"),
    "error_422_missing_region.json": (422, RejectedError, "Missing regions or bookmakers key"),
    "espn_error_400_date_range.json": (400, RejectedError, "has no scoreboard for dates="),
    "espn_error_404.json": (404, UnknownSportError, "knows no any/any"),
    "openmeteo_error_400_bad_variable_docs.json": (400, RejectedError, "tempeture_2m"),
    "openmeteo_minimal_no_sections.json": (200, BrokenAnswerError, "hourly of place 1 is not an object"),
    "openmeteo_multi_2locations_daily.json": (200, BrokenAnswerError, "hourly of place 1 is not an object"),
}
"""Status, error and words of what is no answer to our question."""


def job_for(name: str) -> Job:
    return next(job for prefix, job in JOBS.items() if name.startswith(prefix))


def read(name: str, status: int = 200) -> Any:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the recorded payload {name} is not beside this checkout")
    body = path.read_bytes()
    job = asked_for(job_for(name), json.loads(body))
    provider: Provider = PROVIDERS[job.api]
    return provider.parse(job, HttpResponse(status, {}, body))  # recorded at an unknown time


def asked_for(job: Job, body: Any) -> Job:
    """The job to which the recorded body is the answer."""
    first = body[0] if isinstance(body, list) and body else body if isinstance(body, dict) else {}
    match job:
        case OddsJob() | EventsJob() | ScoresJob() if "sport_key" in first:
            job = replace(job, sport=first["sport_key"])
            return replace(job, event=first["id"]) if isinstance(job, OddsJob) and job.event else job
        case ScheduleJob() if first.get("leagues"):
            job = replace(job, league=f"any/{first['leagues'][0].get('slug')}")
            return (
                replace(job, dates=first["events"][0]["date"][:7].replace("-", ""))
                if first["events"]
                else job
            )
        case ForecastJob() if isinstance(first.get("latitude"), float):
            places = tuple(
                Place(one["latitude"], one["longitude"])
                for one in (body if isinstance(body, list) else [body])
            )
            return replace(job, places=places)
        case _:
            return job


def events(name: str) -> tuple[OddsEvent, ...]:
    found: Events = read(name)
    return found.events


def games(name: str) -> tuple[ScheduledGame, ...]:
    found: Schedule = read(name)
    return found.games


@pytest.mark.skipif(not FILES, reason="the recorded payloads are not beside this checkout")
def test_the_manifest_lists_what_is_tried_here() -> None:
    with (FOLDER / "MANIFEST.tsv").open(encoding="utf-8", newline="") as manifest:
        listed = {row["file"] for row in csv.DictReader(manifest, delimiter="\t")}
    assert listed == set(FILES)
    assert REFUSED.keys() <= listed


@pytest.mark.parametrize("name", [name for name in FILES if name not in REFUSED] or ["odds_none.json"])
def test_a_recorded_answer_is_read(name: str) -> None:
    assert isinstance(read(name), Events | Schedule | Scores | Sports | Forecasts | Geocoded)


@pytest.mark.parametrize("name", REFUSED)
def test_a_recorded_refusal_is_named(name: str) -> None:
    status, kind, words = REFUSED[name]
    with pytest.raises(ProviderError) as caught:
        read(name, status)
    assert type(caught.value) is kind
    assert words in caught.value.message


@pytest.mark.parametrize("name", FILES or ["odds_none.json"])
@pytest.mark.parametrize("status", [200, 401, 404, 429, 503])
def test_any_body_under_any_status_is_read_or_refused(name: str, status: int) -> None:
    found = read_or_refused(lambda: read(name, status), job_for(name).api)
    assert found is None or status == 200


def test_a_body_that_is_no_refusal_of_theirs_under_401_blames_the_key() -> None:
    with pytest.raises(InvalidKeyError):
        read("odds_nhl_1book_h2h_spreads_totals.json", 401)


# ── counted by hand ──


def test_nfl_sunday_of_november_2023_has_14_games_at_16_books() -> None:
    found = events("odds_nfl_16books_h2h_spreads_totals_decimal.json")
    prices = [price for event in found for price in event.prices]
    assert (len(found), len({price.bookmaker for price in prices}), len(prices)) == (14, 16, 920)
    assert Counter(price.market for price in prices) == {"h2h": 240, "spreads": 340, "totals": 340}
    assert (min(price.price for price in prices), max(price.price for price in prices)) == (1.07, 9.1)


def test_fights_have_american_odds_and_many_none() -> None:
    found = events("odds_mma_h2h_american_many_empty.json")
    assert (len(found), sum(not event.prices for event in found)) == (87, 46)
    prices = [price.price for event in found for price in event.prices]
    assert (len(prices), min(prices), max(prices)) == (344, 1.1429, 6.0)  # -700 and +500


def test_soccer_has_a_draw_in_every_game() -> None:
    found = events("odds_epl_h2h_3way_1book.json")
    assert len(found) == 21
    assert all(
        [price.outcome for price in event.prices].count("Draw") == 1 and len(event.prices) == 3
        for event in found
    )


def test_unix_times_are_read_as_seconds() -> None:
    found = events("odds_nfl_unix_1book_spreads_totals.json")
    assert len(found) == 15
    assert all(1.73e9 < event.commence_time < 1.74e9 for event in found)  # November 2024
    assert all(
        price.last_update and 1.73e9 < price.last_update < 1.74e9 for event in found for price in event.prices
    )


def test_other_answers_of_the_odds_api_hold_what_a_person_counts() -> None:
    assert len(events("odds_nba_1book_h2h_spreads_totals.json")) == 12
    assert len(events("odds_nhl_1book_h2h_spreads_totals.json")) == 4
    (final,) = events("odds_nba_finals_single_event.json")
    assert (len({price.bookmaker for price in final.prices}), len(final.prices)) == (8, 48)
    assert [len(event.prices) for event in events("events_bundesliga.json")] == [0] * 18
    assert len(read("sports_in_season_2024-03.json").sports) == 60
    scores: Scores = read("scores_nfl_upcoming_iso_all_null.json")
    assert {(score.home_score, score.away_score, score.completed) for score in scores.scores} == {
        (None, None, False)
    }


def test_player_props_are_told_apart_by_player() -> None:
    (event,) = events("event_odds_nfl_player_pass_tds_docs_sample.json")
    first = event.prices[0]
    assert (first.bookmaker, first.outcome, first.price, first.point) == (
        "draftkings",
        "Over (David Blough)",
        1.4878,
        0.5,
    )  # -205


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("espn_nfl_2025wk18_pre_odds_open_current.json", {"scheduled": 16}),
        ("espn_nfl_2022wk1_pre_in_post.json", {"scheduled": 6, "live": 8, "final": 2}),
        ("espn_mlb_range_rain_delay.json", {"scheduled": 10, "live": 3, "final": 1, "delayed": 1}),
        ("espn_mlb_2025_post_one_live.json", {"final": 13, "live": 1}),
        ("espn_nhl_2022_preseason.json", {"scheduled": 2, "live": 5, "final": 3}),
        ("espn_epl_2025_full_time_one_pre.json", {"scheduled": 1, "final": 6}),
        ("espn_worldcup_2026-07-02_placeholders.json", {"scheduled": 22, "final": 10}),
        ("espn_empty_events.json", {}),
        ("espn_ufc_event_card.json", {}),
    ],
)
def test_each_game_has_the_status_a_person_would_give_it(name: str, statuses: dict[str, int]) -> None:
    assert Counter(game.status for game in games(name)) == statuses


def test_fights_golf_races_and_tennis_are_counted_and_left_out() -> None:
    assert read("espn_ufc_event_card.json").skipped == 1
    mixed: Schedule = read("espn_mixed_collection_incl_timevalid_false.json")
    assert (len(mixed.games), mixed.skipped) == (26, 6)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("espn_nba_2026-03-01_draftkings.json", {("espn:DraftKings", 6): 11}),
        ("espn_nfl_2025wk1_neutral_brazil.json", {("espn:ESPN BET", 6): 16}),
        ("espn_nfl_2025wk18_pre_odds_open_current.json", {("espn:ESPN BET", 2): 16}),
        ("espn_nfl_2021wk3_odds_no_spread_field.json", {}),
        ("espn_mlb_range_rain_delay.json", {("espn:ESPN BET", 6): 10}),
        ("espn_epl_2025_full_time_one_pre.json", {("espn:ESPN BET", 7): 1}),
        ("espn_worldcup_2026-07-02_placeholders.json", {("espn:DraftKings", 7): 11}),
    ],
)
def test_espns_own_line_is_read_in_the_shape_of_each_year(
    name: str, lines: dict[tuple[str, int], int]
) -> None:
    assert Counter((game.line[0].bookmaker, len(game.line)) for game in games(name) if game.line) == lines


def test_the_knicks_line_of_march_2026_is_what_espn_showed() -> None:
    (game,) = [
        game for game in games("espn_nba_2026-03-01_draftkings.json") if game.home == "New York Knicks"
    ]
    h2h = {price.outcome: price.price for price in game.line if price.market == "h2h"}
    assert h2h == {"New York Knicks": 2.1, "San Antonio Spurs": 1.7692}  # +110, -130
    spreads = {price.outcome: (price.point, price.price) for price in game.line if price.market == "spreads"}
    assert spreads == {"New York Knicks": (1.5, 1.9524), "San Antonio Spurs": (-1.5, 1.8696)}  # -105, -115


def test_a_london_line_in_british_books_is_what_espn_showed() -> None:
    (game,) = [game for game in games("espn_epl_2025_full_time_one_pre.json") if game.line]
    h2h = {price.outcome: price.price for price in game.line if price.market == "h2h"}
    assert h2h == {
        "Tottenham Hotspur": 1.5263,
        "Wolverhampton Wanderers": 5.75,
        "Draw": 4.33,
    }  # -190, +475, +333


def test_the_eagles_opening_night_line_is_what_espn_showed() -> None:
    (game,) = [
        game for game in games("espn_nfl_2025wk1_neutral_brazil.json") if game.home == "Philadelphia Eagles"
    ]
    shown = {(price.market, price.outcome): (price.point, price.price) for price in game.line}
    assert shown == {
        ("h2h", "Philadelphia Eagles"): (None, 1.2353),  # -425
        ("h2h", "Dallas Cowboys"): (None, 4.2),  # +320
        ("spreads", "Philadelphia Eagles"): (-7.5, 1.8696),  # -115
        ("spreads", "Dallas Cowboys"): (7.5, 1.9524),  # -105
        ("totals", "Over"): (47.5, 1.9091),  # -110
        ("totals", "Under"): (47.5, 1.9091),
    }


def test_the_game_in_the_rain_is_delayed_and_has_its_score() -> None:
    (game,) = [game for game in games("espn_mlb_range_rain_delay.json") if game.status == "delayed"]
    assert (game.home, game.away, game.home_score, game.away_score) == (
        "Washington Nationals",
        "Chicago White Sox",
        0,
        0,
    )


def test_teams_yet_to_be_found_are_games_without_a_line() -> None:
    found = [
        game for game in games("espn_worldcup_2026-07-02_placeholders.json") if game.home.endswith(" Winner")
    ]
    assert {(game.status, game.line) for game in found} == {("scheduled", ())}
    assert [(game.home, game.away) for game in found if game.id == "760517"] == [
        ("Semifinal 1 Winner", "Semifinal 2 Winner")
    ]
    assert len(found) == 10


def test_a_preseason_abroad_is_on_neutral_ground() -> None:
    found = games("espn_nba_preseason_neutral_no_odds.json")
    assert [(game.neutral, game.venue and game.venue.city, game.line) for game in found] == [
        (True, "Abu Dhabi", ()),
        (True, "Melbourne", ()),
    ]


def test_a_cricket_score_is_no_whole_number_and_unknown() -> None:
    (game,) = [
        game
        for game in games("espn_mixed_collection_incl_timevalid_false.json")
        if game.home == "Melbourne Renegades"
    ]
    assert (game.home_score, game.away_score) == (None, None)  # 155/6 and 125/3


def test_a_neutral_site_abroad_is_told() -> None:
    (abroad,) = [game for game in games("espn_nfl_2025wk1_neutral_brazil.json") if game.neutral]
    assert abroad.venue is not None
    assert abroad.venue.country == "Brazil"


def test_a_week_of_toronto_weather_begins_at_local_midnight() -> None:
    (found,) = read("openmeteo_single_f_mph_toronto.json").forecasts
    assert (len(found.hours), found.hours[0].time) == (192, 1_772_600_400.0)  # 2026-03-04T05:00Z
    (metric,) = read("openmeteo_single_melbourne_gmt.json").forecasts
    assert (len(metric.hours), metric.hours[0].temperature, metric.hours[0].code) == (168, 15.5, 3)


def test_two_towns_are_found_and_none_is_no_error() -> None:
    assert [place.name for place in read("geocoding_two_results.json").places] == [
        "Enschede",
        "Enschede Airport Twente",
    ]
    assert read("geocoding_empty.json") == Geocoded(())
