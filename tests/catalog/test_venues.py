"""Venues: a schedule's word for a place finds the right row of our table, or none; the table itself is
sound.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from oddsctl.catalog import venues
from oddsctl.catalog.venues import VenueFact, find, roof_of
from oddsctl.domain.models import Place, VenueRef

OBSERVED = Path(__file__).parents[2] / ".." / "shared" / "venues" / "espn_venues_observed.csv"

with Path(venues.__file__).with_name("venues.csv").open(encoding="utf-8", newline="") as table:
    ROWS = list(csv.DictReader(table))

BOUNDS = {  # south, north, west, east: degrees
    "USA": (18.0, 50.0, -160.0, -66.0),
    "Canada": (42.0, 60.0, -125.0, -60.0),
    "Mexico": (14.0, 33.0, -118.0, -86.0),
    "Bahamas": (20.0, 28.0, -80.0, -72.0),
    "Brazil": (-34.0, 6.0, -74.0, -34.0),
    "England": (49.5, 56.0, -6.5, 2.0),
    "Ireland": (51.0, 56.0, -11.0, -5.0),
    "France": (41.0, 51.5, -5.5, 10.0),
    "Germany": (47.0, 55.5, 5.5, 15.5),
    "Spain": (35.5, 44.0, -9.5, 4.5),
    "Netherlands": (50.5, 53.8, 3.0, 7.3),
    "Denmark": (54.5, 58.0, 8.0, 15.5),
    "Japan": (24.0, 46.0, 122.0, 146.0),
    "Australia": (-44.0, -10.0, 112.0, 154.0),
}


def place(
    name: str, *, espn_id: str | None = None, city: str | None = None, indoor: bool | None = None
) -> VenueRef:
    return VenueRef(espn_id, name, city=city, indoor=indoor)


def test_an_id_that_the_name_confirms_finds_its_venue() -> None:
    fact = find("football", place("Ford Field", espn_id="3727", city="Detroit"))
    assert fact == VenueFact("Ford Field", "Detroit", 42.3401, -83.0457, "fixed")


def test_a_venue_renamed_since_is_found_by_its_id_and_city() -> None:
    fact = find("football", place("Some Sponsor's Field", espn_id="3712", city="Jacksonville"))
    assert fact is not None
    assert fact.name == "EverBank Stadium"


def test_an_older_name_is_known_even_without_a_city() -> None:
    fact = find("football", place("Heinz Field", espn_id="3752"))
    assert fact is not None
    assert fact.name == "Acrisure Stadium"


def test_one_id_means_another_venue_in_another_sport() -> None:
    waco = find("football", place("McLane Stadium", espn_id="4727", city="Waco"))
    jersey = find("soccer", place("MetLife Stadium", espn_id="4727", city="East Rutherford, New Jersey"))
    assert waco is not None
    assert jersey is not None
    assert (round(waco.latitude), round(waco.longitude)) == (32, -97)
    assert (round(jersey.latitude), round(jersey.longitude)) == (41, -74)


def test_an_id_that_neither_name_nor_city_confirms_is_not_believed() -> None:
    assert find("baseball", place("Ashton Gate", espn_id="208", city="Bristol")) is None
    assert find("football", place("Memorial Stadium", espn_id="3712", city="Nowhere")) is None


def test_a_reused_id_yields_to_the_name() -> None:
    fact = find("football", place("Ford Field", espn_id="3712", city="Detroit"))
    assert fact is not None
    assert fact.name == "Ford Field"


def test_the_home_teams_own_ground_is_meant_whatever_address_the_schedule_has_for_it() -> None:
    wrong = VenueRef("7112", "Chase Field (NH)", "Hanover", "New Hampshire", indoor=False)
    for ref in (wrong, replace(wrong, id="9999"), replace(wrong, id=None)):
        fact = find("baseball", ref, "Arizona Diamondbacks")
        assert fact is not None
        assert (fact.name, fact.city, fact.roof, fact.corrects) == (
            "Chase Field",
            "Phoenix",
            "retractable",
            True,
        )
        assert roof_of(fact, ref, indoor_sport=False) == "retractable"
    assert find("baseball", replace(wrong, id="9999"), "Dartmouth Big Green") is None


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["home"]], ids=lambda row: f"{row['sport']}-{row['name']}"
)
def test_every_home_team_is_at_home_there_in_whatever_town_the_schedule_has_it(row: dict[str, str]) -> None:
    for home in row["home"].split("|"):
        fact = find(
            row["sport"],
            VenueRef("999999", f"{row['name'].partition('(')[0]}(XX)", "Elsewhere", "New Hampshire"),
            home,
        )
        assert fact is not None
        assert (fact.latitude, fact.corrects) == (float(row["latitude"]), True)


def test_a_team_has_one_ground_of_a_name() -> None:
    homes = [
        (row["sport"], row["name"], home) for row in ROWS for home in filter(None, row["home"].split("|"))
    ]
    assert len(homes) == len(set(homes)) > 200


@pytest.mark.parametrize(
    ("name", "city", "country", "found"),
    [
        ("Estadio Akron", "Zapopan", "Mexico", "Estadio Akron"),
        ("Estadio Akron", "Akron", "Mexico", "Estadio Akron"),
        ("Akron Stadium", "Guadalajara", "Mexico", "Estadio Akron"),
        ("Signal Iduna Park", "Aue", "Germany", "Signal Iduna Park"),
        ("Old Trafford", "Elsewhere", "England", "Old Trafford"),
        ("Wembley Stadium", "Perth", "Australia", None),
        ("Soldier Field", "Nowhere", "USA", None),
    ],
)
def test_outside_the_usa_a_name_in_its_country_is_enough(
    name: str, city: str, country: str, found: str | None
) -> None:
    fact = find("soccer", VenueRef("999999", name, city, None, country))
    assert (fact and fact.name) == found


def test_a_word_that_many_stadiums_share_confirms_no_id() -> None:
    assert find("football", place("Grand Memorial Stadium", espn_id="3833", city="Elsewhere")) is None


def test_without_an_id_name_and_city_find_the_venue() -> None:
    fact = find("baseball", place("Dodger Stadium", city="Los Angeles"))
    assert fact is not None
    assert fact.roof == "open"


def test_accents_case_and_the_state_after_the_city_do_not_matter() -> None:
    fact = find("soccer", place("MERCEDES-BENZ STADIUM", city="Atlanta, Georgia"))
    assert fact is not None
    assert fact.roof == "retractable"
    munich = find("soccer", place("Allianz Arena", espn_id="1935", city="München"))
    assert munich is not None
    assert munich.city == "Munich"


def test_memorial_stadiums_are_told_apart_by_their_city_and_never_guessed() -> None:
    lincoln = find("football", place("Memorial Stadium", city="Lincoln"))
    assert lincoln is not None
    assert round(lincoln.longitude) == -97
    assert find("football", place("Memorial Stadium")) is None
    assert find("football", place("Memorial Stadium", city="Wichita Falls")) is None


def test_a_name_in_the_wrong_city_is_another_venue() -> None:
    assert find("soccer", place("Allianz Stadium", espn_id="4600", city="Torino")) is None
    assert find("soccer", place("Wembley Stadium", city="Perth")) is None


def test_the_same_name_in_the_same_city_is_the_same_building_whatever_is_played_there() -> None:
    """A hockey game in a football stadium is outdoors."""
    ref = place("Raymond James Stadium", city="Tampa", indoor=False)
    fact = find("hockey", ref)
    assert fact is not None
    assert roof_of(fact, ref, indoor_sport=True) == "open"


def test_a_neutral_site_is_the_venue_of_the_game() -> None:
    fact = find("football", place("Corinthians Arena", espn_id="8748", city="Sao Paulo"))
    assert fact is not None
    assert fact.latitude < 0


@pytest.mark.parametrize(
    ("indoor", "indoor_sport", "roof"),
    [
        (True, False, "fixed"),
        (False, False, "open"),
        (False, True, "open"),
        (None, True, "fixed"),
        (None, False, None),
    ],
)
def test_where_the_table_is_silent_espn_and_then_the_sport_say_what_roof_there_is(
    indoor: bool | None, indoor_sport: bool, roof: str | None
) -> None:
    assert roof_of(None, place("Somewhere", indoor=indoor), indoor_sport) == roof


def test_the_table_knows_better_than_the_indoor_flag() -> None:
    ref = place("AT&T Stadium", espn_id="3687", city="Arlington", indoor=True)
    assert roof_of(find("football", ref), ref, indoor_sport=False) == "retractable"


def test_every_id_and_every_name_in_a_city_is_in_the_table_once_for_a_sport() -> None:
    ids = [(row["sport"], espn_id) for row in ROWS for espn_id in row["espn_id"].split("|") if espn_id]
    assert len(ids) == len(set(ids))
    names = [
        (row["sport"], name, row["city"])
        for row in ROWS
        for name in (row["name"], *filter(None, row["also"].split("|")))
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['sport']}-{row['name']}")
def test_every_row_lies_in_its_country_and_is_found_by_each_of_its_names(row: dict[str, str]) -> None:
    south, north, west, east = BOUNDS[row["country"]]
    latitude, longitude = float(row["latitude"]), float(row["longitude"])
    assert south <= latitude <= north
    assert west <= longitude <= east
    for name in (row["name"], *filter(None, row["also"].split("|"))):
        for city in row["city"].split("|"):
            fact = find(row["sport"], place(name, city=city))
            assert fact is not None
            assert (fact.latitude, fact.longitude) == (latitude, longitude)


def test_one_building_in_two_sports_has_one_roof_and_one_place() -> None:
    seen: dict[tuple[str, str], tuple[str, Place]] = {}
    for row in ROWS:
        here = Place(float(row["latitude"]), float(row["longitude"]))
        roof, there = seen.setdefault((row["name"], row["city"].split("|")[0]), (row["roof"], here))
        assert roof == row["roof"]
        assert abs(there.latitude - here.latitude) < 0.015
        assert abs(there.longitude - here.longitude) < 0.015


def test_the_roofs_of_the_big_leagues_are_these() -> None:
    roofs = {
        (sport, roof): {row["name"] for row in ROWS if (row["sport"], row["roof"]) == (sport, roof)}
        for sport in ("baseball", "football")
        for roof in ("fixed", "retractable")
    }
    assert roofs["baseball", "fixed"] == {"Tropicana Field", "Tokyo Dome"}
    assert roofs["baseball", "retractable"] == {
        *(
            "American Family Field",
            "Chase Field",
            "Daikin Park",
            "Globe Life Field",
            "Rogers Centre",
            "T-Mobile Park",
            "loanDepot park",
        )
    }
    assert {
        "SoFi Stadium",
        "Allegiant Stadium",
        "Caesars Superdome",
        "Ford Field",
        "U.S. Bank Stadium",
    } <= roofs["football", "fixed"]
    assert {
        "State Farm Stadium",
        "Mercedes-Benz Stadium",
        "AT&T Stadium",
        "Reliant Stadium",
        "Lucas Oil Stadium",
    } <= roofs["football", "retractable"]


def test_every_nfl_and_mlb_venue_that_espn_was_seen_to_name_is_in_the_table() -> None:
    if not OBSERVED.exists():
        pytest.skip("the list of observed venues is not beside this checkout")
    with OBSERVED.open(encoding="utf-8", newline="") as file:
        seen = [
            row
            for row in csv.DictReader(file)
            if {"NFL", "NCAAF", "MLB", "MLS"} & set(row["leagues"].split("|"))
        ]
    assert len(seen) > 90
    for row in seen:
        sport = "baseball" if "MLB" in row["leagues"] else "soccer" if "MLS" in row["leagues"] else "football"
        ref = VenueRef(
            row["espn_venue_id"],
            row["name"],
            city=row["city"],
            indoor=row["indoor"] == "True" if row["indoor"] else None,
        )
        fact = find(sport, ref)
        assert fact is not None, row
        if row["indoor"]:
            assert (fact.roof != "open") == (row["indoor"] == "True"), row
