"""The town that a schedule names, among what the geocoder found: the one in its state and country, or
none.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from oddsctl.catalog import towns
from oddsctl.catalog.spelling import plain
from oddsctl.domain.jobs import GeocodeJob
from oddsctl.domain.models import GeocodedPlace, VenueRef

US, CA, GB, AU, MX = "United States", "Canada", "United Kingdom", "Australia", "Mexico"
CODES = {US: "US", CA: "CA", GB: "GB", AU: "AU", MX: "MX"}


def place(
    name: str, region: str | None, country: str, code: str | None = None, *districts: str
) -> GeocodedPlace:
    return GeocodedPlace(name, 1.0, 2.0, country, region, code or CODES.get(country), districts)


OXFORD = [place("Oxford", "England", GB), place("Oxford", "Ohio", US), place("Oxford", "Mississippi", US)]
DUBLIN = [
    place("Dublin", "Leinster", "Ireland", "IE"),
    place("Dublin", "Ohio", US),
    place("Dublin", "California", US),
]
LONDON = [place("London", "England", GB), place("London", "Ontario", CA), place("London", "Kentucky", US)]
COLUMBIA = [
    place("Columbia", "South Carolina", US),
    place("Columbia", "Missouri", US),
    place("Columbia", "Maryland", US),
]
ATHENS = [
    place("Athens", "Attica", "Greece", "GR"),
    place("Athens", "Georgia", US),
    place("Athens", "Ohio", US),
]
CAMBRIDGE = [
    place("Cambridge", "England", GB),
    place("Cambridge", "Ontario", CA),
    place("Cambridge", "Massachusetts", US),
]
VALENCIA = [place("Valencia", "Carabobo", "Venezuela", "VE"), place("Valencia", "Valencia", "Spain", "ES")]
SAN_JOSE = [place("San José", "San José", "Costa Rica", "CR"), place("San Jose", "California", US)]
BIRMINGHAM = [
    place("Birmingham", "England", GB),
    place("Birmingham", "Alabama", US),
    place("Birmingham", "Michigan", US),
]
WASHINGTON = [
    place("Washington", "Washington, D.C.", US),
    place("Washington", "England", GB),
    place("Washington", "Pennsylvania", US),
]
PERTH = [
    place("Perth", "Western Australia", AU),
    place("Perth", "Scotland", GB),
    place("Perth", "Ontario", CA),
]
VANCOUVER = [place("Vancouver", "British Columbia", CA), place("Vancouver", "Washington", US)]
GUADALUPE = [place("Guadalupe", "Nuevo León", MX), place("Guadalupe", "San José", "Costa Rica", "CR")]
TBILISI = [place("Tbilisi", "Tbilisi", "Georgia", "GE")]


@pytest.mark.parametrize(
    ("town", "found", "number"),
    [
        ("Oxford, MS", OXFORD, 2), ("Oxford, Mississippi", OXFORD, 2), ("Oxford, OH, USA", OXFORD, 1),
        ("Oxford, England", OXFORD, 0),
        ("Dublin, OH", DUBLIN, 1), ("Dublin, Republic of Ireland", DUBLIN, 0), ("Dublin, Ireland", DUBLIN, 0),
        ("London, ON", LONDON, 1), ("London, Ontario, Canada", LONDON, 1), ("London, England", LONDON, 0),
        ("London, gb", LONDON, 0),
        ("Columbia, MO", COLUMBIA, 1), ("Columbia, SC", COLUMBIA, 0),
        ("Columbia, Missouri, USA", COLUMBIA, 1),
        ("Athens, GA", ATHENS, 1), ("Athens, Georgia, USA", ATHENS, 1), ("Athens, Greece", ATHENS, 0),
        ("Athens, Georgia", ATHENS, 1),
        ("Cambridge, MA", CAMBRIDGE, 2), ("Cambridge, England", CAMBRIDGE, 0),
        ("Valencia, Spain", VALENCIA, 1), ("Valencia, Comunidad Valenciana, Spain", VALENCIA, 1),
        ("San Jose, California, USA", SAN_JOSE, 1), ("San José, CA", SAN_JOSE, 1),
        ("San José, Costa Rica", SAN_JOSE, 0),
        ("Birmingham, AL", BIRMINGHAM, 1), ("Birmingham, England", BIRMINGHAM, 0),
        ("Washington, DC", WASHINGTON, 0), ("Washington, District of Columbia", WASHINGTON, 0),
        ("Washington, PA", WASHINGTON, 2),
        ("Perth, WA", PERTH, 0), ("Perth, WA, Australia", PERTH, 0), ("Perth, Scotland", PERTH, 1),
        ("Vancouver, WA", VANCOUVER, 1), ("Vancouver, BC", VANCOUVER, 0), ("Vancouver, Canada", VANCOUVER, 0),
        ("Guadalupe, Mexico", GUADALUPE, 0), ("Guadalupe, NL, Mexico", GUADALUPE, 0),
        ("Toluca, Estado de México", [place("Toluca", "México", MX)], 0),
        ("Tbilisi, Georgia", TBILISI, 0),
        ("St. Louis, Missouri", [place("Saint Louis", "Missouri", US)], 0),
        ("Saint Paul, MN", [place("St. Paul", "Minnesota", US)], 0),
        ("München, Germany",
         [place("Munich", "North Dakota", US), place("Munich", "Bavaria", "Germany", "DE")], 1),
        ("Al Khor, Qatar", [place("Khor", None, "Egypt", "EG"), place("Al Khawr", "Al Khor", "Qatar", "QA")],
         1),
        ("Istanbul, Türkiye", [place("Istanbul", "Istanbul", "Turkey", "TR")], 0),
        ("Seoul, Korea Republic", [place("Seoul", "Seoul", "South Korea", "KR")], 0),
        ("San Juan, PR",
         [place("San Juan", "San Juan", "Argentina", "AR"),
          place("San Juan", "San Juan", "Puerto Rico", "PR")], 1),
        ("San Juan, PR, USA", [place("San Juan", "San Juan", "Puerto Rico", "PR")], 0),
        ("Newport, Wales", [place("Newport", "England", GB), place("Newport", "Wales", GB)], 1),
        ("Newport, Essex, England",
         [place("Newport", "Wales", GB), place("Newport", "England", GB, None, "Essex")], 1),
        ("Queens, New York", [place("Queensbury", "New York", US), place("Queens", "New York", US)], 1),
        ("Frankfurt, Germany", [place("Frankfurt am Main", "Hesse", "Germany", "DE")], 0),
        ("Springfield", [place("Springfield", "Missouri", US), place("Springfield", "Illinois", US)], 0),
    ],
)  # fmt: skip
def test_the_town_of_the_state_and_country_is_found(
    town: str, found: list[GeocodedPlace], number: int
) -> None:
    assert towns.find(town, found) is found[number]
    assert towns.find(town, found[:number]) is None, "none of the others is it"


@pytest.mark.parametrize(
    ("town", "found"),
    [
        ("Oxford, MS", OXFORD[:2]),
        ("Dublin, OH", DUBLIN[:1]),
        (
            "Greenville, NC",
            [place("Greenville", "South Carolina", US), place("Greenville", "Mississippi", US)],
        ),
        ("Paris, TX", [place("Paris", "Île-de-France", "France", "FR")]),
        ("Springfield, MA", [place("Springfield", "Missouri", US), place("Springfield", "Illinois", US)]),
        ("Manchester, England", [place("Manchester", "New Hampshire", US)]),
        ("Newport, Wales", [place("Newport", "England", GB)]),
        ("London, Atlantis", LONDON),
        ("Valencia, Carabobo, Spain", [place("Valencia", "Carabobo", "Venezuela", "VE")]),
        (
            "Newport, Sussex, England",
            [place("Newport", "England", GB, None, "Essex"), place("Newport", "England", GB, None, "Dorset")],
        ),
        ("Queens, New York", [place("Queensbury", "New York", US)]),
        ("Perth, WA, USA", PERTH[:1]),
        ("Nowhere, KS", []),
    ],
)
def test_where_no_result_is_in_the_state_or_country_there_is_none(
    town: str, found: list[GeocodedPlace]
) -> None:
    assert towns.find(town, found) is None


def test_results_that_were_stored_without_a_code_are_told_by_their_countrys_name() -> None:
    stored = [
        GeocodedPlace("London", 1, 2, "United Kingdom", "England"),
        GeocodedPlace("London", 1, 2, "Canada", "Ontario"),
    ]
    assert towns.find("London, ON", stored) is stored[1]
    assert towns.find("London, England", stored) is stored[0]


@pytest.mark.parametrize(
    ("city", "state", "country", "town"),
    [
        ("Green Bay", "WI", None, "Green Bay, WI"),
        ("Green Bay", "WI", "USA", "Green Bay, WI"),
        ("Milwaukee", "Wisconsin", None, "Milwaukee, Wisconsin"),
        ("Inglewood, California", None, "USA", "Inglewood, California, USA"),
        ("Perth", "WA", "Australia", "Perth, WA, Australia"),
        ("Guadalupe", None, "Mexico", "Guadalupe, Mexico"),
        ("Foxborough", None, None, "Foxborough"),
    ],
)
def test_the_question_holds_what_tells_the_town(
    city: str, state: str | None, country: str | None, town: str
) -> None:
    assert towns.question(VenueRef("1", "Somewhere", city, state, country)) == GeocodeJob(town)


def test_without_a_city_there_is_no_question() -> None:
    assert towns.question(VenueRef("1", "Somewhere", None, "WI")) is None


@pytest.mark.parametrize(
    ("town", "country"),
    [
        ("Oxford, MS", "US"), ("London, ON", "CA"), ("Manchester, England", "GB"), ("San Juan, PR", "PR"),
        ("Izmir, Türkiye", "TR"),
        ("Abidjan, Côte d'Ivoire", "CI"), ("Perth, WA", None), ("Springfield", None),
        ("London, Atlantis", None),
    ],
)  # fmt: skip
def test_once_more_it_is_asked_for_the_country_alone_where_that_is_known(
    town: str, country: str | None
) -> None:
    assert towns.wider(GeocodeJob(town), OXFORD) == GeocodeJob(town, wide=True, country=country)


def test_where_nothing_was_found_the_other_spelling_is_asked_for() -> None:
    assert towns.wider(GeocodeJob("St. Louis, Missouri"), []) == GeocodeJob(
        "Saint Louis, Missouri", wide=True, country="US"
    )
    assert towns.wider(GeocodeJob("St. Louis, Missouri"), OXFORD) == GeocodeJob(
        "St. Louis, Missouri", wide=True, country="US"
    )
    assert towns.wider(GeocodeJob("Nowhere"), []) == GeocodeJob("Nowhere", wide=True)


@pytest.mark.parametrize(
    ("town", "other"),
    [
        ("St. Louis", "Saint Louis"),
        ("Saint Paul", "St. Paul"),
        ("Ft. Worth", "Fort Worth"),
        ("Port St. Lucie", "Port Saint Lucie"),
        ("Boston",) * 2,
    ],
)
def test_saints_and_forts_are_spelled_in_two_ways(town: str, other: str) -> None:
    assert towns.other_spelling(town) == other


def _table(name: str) -> list[dict[str, str]]:
    with Path(towns.__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


REGIONS = _table("regions.csv")


@pytest.mark.parametrize("row", REGIONS, ids=lambda row: f"{row['country']}-{row['short']}")
def test_every_state_is_found_by_its_name_and_its_abbreviation(row: dict[str, str]) -> None:
    country = {"US": US, "CA": CA, "AU": AU, "MX": MX}.get(row["country"], row["name"])
    right = place("Springfield", row["name"], country, row["country"])
    wrong = place("Springfield", "Elsewhere", country, row["country"] if country != row["name"] else "US")
    for hint in (row["short"], row["name"], *filter(None, row["also"].split("|"))):
        if hint == "México":  # alone that is the country
            continue
        assert (
            towns.find(f"Springfield, {hint}" if "," not in hint else "Springfield, DC", [wrong, right])
            is right
        )
        assert (
            towns.find(
                f"Springfield, {hint}, {country}" if "," not in hint else "Springfield, DC", [wrong, right]
            )
            is right
        )


def test_the_states_are_all_there() -> None:
    counts = {
        country: sum(row["country"] == country for row in REGIONS) for country in ("US", "CA", "AU", "MX")
    }
    assert counts == {"US": 51, "CA": 13, "AU": 8, "MX": 32}


def test_no_two_countries_share_a_spelling() -> None:
    rows = _table("countries.csv")
    names = [
        name
        for row in rows
        for name in {plain(name) for name in (row["name"], *filter(None, row["also"].split("|")))}
    ]
    assert sorted(names) == sorted(set(names))
    assert len({row["code"] for row in rows}) > 200
