"""The sports by name: the table is sound, a name that is none is told with the nearest that is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oddsctl.errors import UsageError
from oddsctl.messages.wire import Secret
from oddsctl.models import Sport, month_fits
from oddsctl.providers import registry
from oddsctl.providers.sports import SPORTS, find
from oddsctl.settings import Espn, Settings

NAMES = "nfl ncaaf nba ncaab wnba mlb nhl mls epl ucl laliga bundesliga seriea ligue1"


def test_the_table_has_the_promised_sports_each_once() -> None:
    assert " ".join(sport.name for sport in SPORTS) == NAMES
    assert len({sport.odds_key for sport in SPORTS}) == len({sport.espn_path for sport in SPORTS}) == len(SPORTS)


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
def test_a_sport_is_what_each_provider_calls_it(name: str, odds_key: str, espn_path: str, groups: str | None) -> None:
    sport = find(name)
    assert (sport.odds_key, sport.espn_path, sport.espn_groups) == (odds_key, espn_path, groups)


def test_only_american_football_looks_a_week_ahead() -> None:
    assert {sport.name for sport in SPORTS if sport.default_days == 7} == {"nfl", "ncaaf"}
    assert {sport.default_days for sport in SPORTS} == {2, 7}


def test_who_plays_indoors_who_reads_american_odds_and_whose_months_are_too_long() -> None:
    assert {sport.name for sport in SPORTS if sport.indoor} == {"nba", "ncaab", "wnba", "nhl"}
    assert {sport.name for sport in SPORTS if sport.american} == {"nfl", "ncaaf", "nba", "ncaab", "wnba", "mlb", "nhl", "mls"}
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

    providers = registry.build(Settings(espn=Espn(user_agent="mine/1 (+https://example.org)")), key, "ours/1")
    assert [(name, provider.name) for name, provider in providers.items()] == [("odds",) * 2, ("espn",) * 2, ("weather",) * 2]


@pytest.mark.parametrize(
    ("espn_path", "fits"),
    [
        ("soccer/ned.1", True), ("soccer/fifa.world", True), ("soccer/all", False), ("soccer/usa.ncaa.m.1", False), ("baseball/mlb", False),
        ("baseball/college-baseball", False), ("basketball/womens-college-basketball", False), ("basketball/wnba", True), (None, True),
    ],
)  # fmt: skip
def test_a_month_of_a_league_fits_one_answer_unless_it_has_too_many_games(espn_path: str | None, fits: bool) -> None:
    assert month_fits(espn_path) == fits


def test_the_sports_known_by_name_fold_their_months_where_these_fit() -> None:
    assert {sport.name for sport in SPORTS if not month_fits(sport.espn_path)} == {sport.name for sport in SPORTS if not sport.folds_months}
