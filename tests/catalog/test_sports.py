"""The sports by name: the table is sound, a name that is none is told with the nearest that is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from oddsctl.catalog.sports import (
    SPORTS,
    by_provider_name,
    find,
    in_season,
    seasons,
)
from oddsctl.domain.errors import UsageError
from oddsctl.domain.http import Secret
from oddsctl.domain.models import Sport, month_fits
from oddsctl.domain.settings import EspnSettings, Settings
from oddsctl.providers import registry

NAMES = "nfl ncaaf nba ncaab wnba mlb nhl mls epl ucl laliga bundesliga seriea ligue1"


def test_the_table_has_the_promised_sports_each_once() -> None:
    assert " ".join(sport.name for sport in SPORTS) == NAMES
    assert (
        len({sport.odds_key for sport in SPORTS}) == len({sport.espn_path for sport in SPORTS}) == len(SPORTS)
    )


@pytest.mark.parametrize(
    ("name", "odds_key", "espn_path", "groups"),
    [
        ("nfl", "americanfootball_nfl", "football/nfl", None),
        ("ncaaf", "americanfootball_ncaaf", "football/college-football", "80"),
        ("ncaab", "basketball_ncaab", "basketball/mens-college-basketball", "50"),
        ("mls", "soccer_usa_mls", "soccer/usa.1", None),
        ("ucl", "soccer_uefa_champs_league", "soccer/uefa.champions", None),
        ("ligue1", "soccer_france_ligue_one", "soccer/fra.1", None),
    ],
)
def test_a_sport_is_what_each_provider_calls_it(
    name: str, odds_key: str, espn_path: str, groups: str | None
) -> None:
    sport = find(name)
    assert (sport.odds_key, sport.espn_path, sport.espn_groups) == (odds_key, espn_path, groups)


def test_only_american_football_looks_a_week_ahead() -> None:
    assert {sport.name for sport in SPORTS if sport.default_days == 7} == {"nfl", "ncaaf"}
    assert {sport.default_days for sport in SPORTS} == {2, 7}


def test_who_plays_indoors_who_reads_american_odds_and_whose_months_are_too_long() -> None:
    assert {sport.name for sport in SPORTS if sport.indoor} == {"nba", "ncaab", "wnba", "nhl"}
    assert {sport.name for sport in SPORTS if sport.american} == {
        "nfl",
        "ncaaf",
        "nba",
        "ncaab",
        "wnba",
        "mlb",
        "nhl",
        "mls",
    }
    assert {sport.name for sport in SPORTS if not sport.folds_months} == {"ncaab", "mlb"}


def test_letter_case_and_blanks_do_not_matter() -> None:
    assert find(" NFL ") == find("nfl")


def test_a_name_that_is_none_is_told_with_the_nearest_and_all_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        find("ncaa", [Sport("xfl", "XFL", None, "football/xfl")])
    assert caught.value.message == "no sport is called 'ncaa'"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("did you mean ncaa")
    assert f"there are {NAMES} xfl;" in caught.value.hint


def test_a_name_near_none_gets_no_guess() -> None:
    with pytest.raises(UsageError) as caught:
        find("kabaddi")
    assert caught.value.hint == f"there are {NAMES}; more through [sports.NAME]"


def test_sports_of_the_configuration_are_found_and_win() -> None:
    mine = replace(find("nfl"), default_days=3)
    assert find("nfl", [mine]) is mine


def test_the_registry_holds_each_provider_under_its_own_name_and_does_not_ask_for_the_key() -> None:
    def key() -> Secret:
        raise AssertionError("the key was asked for")

    providers = registry.build(
        Settings(espn=EspnSettings(user_agent="mine/1 (+https://example.org)")), key, "ours/1"
    )
    assert [(name, provider.name) for name, provider in providers.items()] == [
        ("odds",) * 2,
        ("espn",) * 2,
        ("weather",) * 2,
    ]


@pytest.mark.parametrize(
    ("espn_path", "fits"),
    [
        ("soccer/ned.1", True), ("soccer/fifa.world", True), ("soccer/all", False),
        ("soccer/usa.ncaa.m.1", False), ("baseball/mlb", False),
        ("baseball/college-baseball", False), ("basketball/womens-college-basketball", False),
        ("basketball/wnba", True), (None, True),
    ],
)  # fmt: skip
def test_a_month_of_a_league_fits_one_answer_unless_it_has_too_many_games(
    espn_path: str | None, fits: bool
) -> None:
    assert month_fits(espn_path) == fits


def test_the_sports_known_by_name_fold_their_months_where_these_fit() -> None:
    assert {sport.name for sport in SPORTS if not month_fits(sport.espn_path)} == {
        sport.name for sport in SPORTS if not sport.folds_months
    }


# ── the preseason ──

PRE, REGULAR = "americanfootball_nfl_preseason", "americanfootball_nfl"


def moment(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("America/New_York")).timestamp()


@pytest.mark.parametrize(
    ("first", "before", "keys"),
    [
        ("2025-07-24", "2025-07-31", [PRE]),
        ("2025-08-08", "2025-08-15", [PRE]),
        ("2026-08-13", "2026-08-14", [PRE]),
        ("2025-08-27", "2025-09-03", [PRE]),
        ("2025-08-28", "2025-09-05", [PRE, REGULAR]),
        ("2026-08-31", "2026-09-09", [PRE]),
        ("2026-08-31", "2026-09-10", [PRE, REGULAR]),
        ("2025-09-01", "2025-09-08", [REGULAR]),
        ("2025-09-04", "2025-09-11", [REGULAR]),
        ("2025-12-28", "2026-01-04", [REGULAR]),
        ("2026-02-08", "2026-02-09", [REGULAR]),
        ("2026-07-10", "2026-07-17", [REGULAR]),
    ],
)
def test_the_nfl_is_asked_for_under_the_keys_of_the_games_in_question(
    first: str, before: str, keys: list[str]
) -> None:
    """Real seasons: 31 July to 23 August and from 4 September 2025 on, 6 to 29 August and from 9 September
    2026 on.
    """
    found = seasons(find("nfl"), moment(first), moment(before))
    assert [sport.odds_key for sport, _, _ in found] == keys
    assert (found[0][1], found[-1][2]) == (moment(first), moment(before))
    assert {sport.name for sport, _, _ in found} == {"nfl"}


@pytest.mark.parametrize(
    ("day", "key"),
    [("2025-07-31", PRE), ("2026-08-29", PRE), ("2026-09-09", REGULAR), ("2027-01-10", REGULAR)],
)
def test_at_each_time_the_nfl_has_the_key_of_the_games_then(day: str, key: str) -> None:
    assert in_season(find("nfl"), moment(day)).odds_key == key
    assert in_season(in_season(find("nfl"), moment(day)), moment(day)).odds_key == key


def test_a_sport_without_a_preseason_of_its_own_has_one_key_all_year() -> None:
    for sport in SPORTS:
        if not sport.preseason_key:
            assert seasons(sport, moment("2026-08-01"), moment("2026-12-01")) == [
                (sport, moment("2026-08-01"), moment("2026-12-01"))
            ]
            assert in_season(sport, moment("2026-08-10")) == sport


def test_the_preseasons_key_is_the_nfls() -> None:
    assert by_provider_name()[PRE].name == "nfl"
