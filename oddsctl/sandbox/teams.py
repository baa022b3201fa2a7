"""Towns, stadiums and teams of the simulated world, read from the two tables beside this file.

Facts, no chance.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

STATES = {
    "AL": "Alabama", "AZ": "Arizona", "CA": "California", "CO": "Colorado", "CT": "Connecticut",
    "DC": "District of Columbia",
    "FL": "Florida", "GA": "Georgia", "IA": "Iowa", "IL": "Illinois", "IN": "Indiana", "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana", "MA": "Massachusetts", "MD": "Maryland", "MI": "Michigan", "MN": "Minnesota",
    "MO": "Missouri",
    "MS": "Mississippi", "NC": "North Carolina", "NE": "Nebraska", "NJ": "New Jersey", "NV": "Nevada",
    "NY": "New York",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "SC": "South Carolina",
    "TN": "Tennessee",
    "TX": "Texas", "UT": "Utah", "VA": "Virginia", "WA": "Washington", "WI": "Wisconsin",
    "WV": "West Virginia",
    "AB": "Alberta", "BC": "British Columbia", "MB": "Manitoba", "ON": "Ontario", "QC": "Quebec",
}  # fmt: skip
"""US states and Canadian provinces by abbreviation."""


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """A town. `region` is a state's abbreviation, or in soccer the country's name as ESPN gives it."""

    name: str
    region: str
    country_code: str
    latitude: float
    longitude: float
    timezone: str


@dataclass(frozen=True, slots=True, eq=False)
class Stadium:
    """A venue as ESPN names it; `indoor` is None where ESPN does not say (all of soccer)."""

    id: str
    name: str
    city: City
    indoor: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Team:
    """A team: `display` is ESPN's spelling, `odds_name` The Odds API's."""

    id: str
    abbreviation: str
    location: str
    name: str
    display: str
    odds_name: str
    stadium: Stadium


@cache
def cities() -> dict[tuple[str, str], City]:
    """Return all towns by name and region."""
    return {
        (row["city"], row["region"]): City(
            row["city"],
            row["region"],
            row["country_code"],
            float(row["latitude"]),
            float(row["longitude"]),
            row["timezone"],
        )
        for row in _table("cities.csv")
    }


@cache
def teams(league: str) -> tuple[Team, ...]:
    """Return the teams of a league in the order of the table (in college sports, ranked teams first)."""
    return tuple(
        _team(number, row)
        for number, row in enumerate(_table("teams.csv"), start=1)
        if league in row["leagues"].split()
    )


@cache
def london() -> Stadium:
    """Return the stadium abroad that hosts American football."""
    return Stadium("7827", "Tottenham Hotspur Stadium", cities()["London", "England"], indoor=False)


def _team(number: int, row: dict[str, str]) -> Team:
    display = f"{row['location']} {row['name']}".strip()
    stadium = Stadium(
        # A venue without a known id gets an unused number.
        row["venue_id"] or f"98{number:05}",
        row["venue"],
        cities()[row["city"], row["region"]],
        {"1": True, "0": False, "": None}[row["indoor"]],
    )
    name = row["name"] or row["location"]
    return Team(
        str(number),
        row["abbreviation"],
        row["location"] or name,
        name,
        display,
        row["odds_name"] or display,
        stadium,
    )


def _table(name: str) -> Iterator[dict[str, str]]:
    text = resources.files("oddsctl.sandbox").joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
