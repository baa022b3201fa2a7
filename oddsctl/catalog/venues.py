"""Find a venue's coordinates and roof in our own table, from the name a schedule gives.

Pure, but for reading the table. `venues.csv` has one row a venue and sport, because ESPN's ids are unique
only within a sport. `espn_id`, `also` (other and older names), `city` and `home` (the teams that play there)
may hold several values, separated by `|`; the first city is shown. The caller geocodes venues missing from
the table.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from oddsctl.catalog.spelling import plain
from oddsctl.domain.models import Roof, VenueRef

_COMMON = frozenset(
    plain(
        "the at of and stadium stade estadio arena field park ground dome ballpark bowl center centre "
        "complex memorial veterans war "
        "university alumni sports athletics family federal credit union bank financial"
    ).split()
)
"""Words in so many venue names that sharing one means nothing."""
_ROOFS: dict[str, Roof] = {"open": "open", "fixed": "fixed", "retractable": "retractable"}


@dataclass(frozen=True, slots=True)
class VenueFact:
    """One venue of our table.

    Degrees north and east. `corrects`: the schedule has it in another town, which is wrong.
    """

    name: str
    city: str
    latitude: float
    longitude: float
    roof: Roof
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table: the fact and the names by which it is found."""

    sport: str
    names: tuple[str, ...]
    cities: tuple[str, ...]
    country: str
    home: tuple[str, ...]
    fact: VenueFact


def find(sport_family: str, ref: VenueRef, home: str | None = None) -> VenueFact | None:
    """Return the venue that `ref` means; None when the table lacks it.

    `sport_family` is the head of ESPN's sport path ("football"), `home` the team that plays at home (None on
    neutral ground). The team's own ground of that name wins, whatever its address says. An id counts only in
    its own sport and if the name or the city confirms it: ids are reused and names change. Then name and city
    decide, in any sport: one name in one town is one building.
    """
    row = (
        _of_team(sport_family, ref, home)
        or _of_id(sport_family, ref)
        or _named(sport_family, ref)
        or _abroad(sport_family, ref)
    )
    if row is None:
        return None
    return (
        row.fact
        if ref.city is None or _same_city(row, ref)
        else replace(row.fact, corrects=_is_named(row, ref))
    )


def _of_team(sport_family: str, ref: VenueRef, home: str | None) -> _Row | None:
    """Return the home team's own ground of this name, whatever its city.

    ESPN has had Chase Field in New Hampshire.
    """
    rows = _by_name().get(_name_key(ref.name), ()) if home else ()
    return next(
        (row for row in rows if row.sport == sport_family and home and plain(home) in map(plain, row.home)),
        None,
    )


def _of_id(sport_family: str, ref: VenueRef) -> _Row | None:
    row = _by_id().get((sport_family, ref.id)) if ref.id else None
    return row if row is not None and _confirmed(row, ref) else None


def _abroad(sport_family: str, ref: VenueRef) -> _Row | None:
    """Return the row with this name, sport and country, whatever the city.

    Not in the USA, where many places share a name.
    """
    rows = [
        row
        for row in _by_name().get(_name_key(ref.name), ())
        if row.sport == sport_family and row.country == ref.country != "USA"
    ]
    return rows[0] if len(rows) == 1 else None


def roof_of(fact: VenueFact | None, ref: VenueRef, indoor_sport: bool) -> Roof | None:
    """Return the roof over a game: from the table, then ESPN's flag, then the sport's habit; None if unknown.

    ESPN flags a retractable roof as indoor, and never says whether it is closed.
    """
    if fact is not None:
        return fact.roof
    if ref.indoor is None:
        return "fixed" if indoor_sport else None
    return "fixed" if ref.indoor else "open"


def _confirmed(row: _Row, ref: VenueRef) -> bool:
    """Return True if the name or the city of `ref` confirms that its id still means this row."""
    if _same_city(row, ref) or _is_named(row, ref):
        return True
    telling = set(_name_key(ref.name).split()) - _COMMON
    return any(telling & set(key.split()) for key in map(_name_key, row.names))


def _is_named(row: _Row, ref: VenueRef) -> bool:
    return _name_key(ref.name) in map(_name_key, row.names)


def _named(sport_family: str, ref: VenueRef) -> _Row | None:
    """Return the row with this name in this city, of the same sport if possible.

    Without a city the name must be unique.
    """
    rows = sorted(_by_name().get(_name_key(ref.name), ()), key=lambda row: row.sport != sport_family)
    if ref.city is not None:
        rows = [row for row in rows if _same_city(row, ref)]
    elif len({row.cities for row in rows}) > 1:
        return None
    return rows[0] if rows else None


def _same_city(row: _Row, ref: VenueRef) -> bool:
    return ref.city is not None and _city_key(ref.city) in map(_city_key, row.cities)


def _name_key(name: str) -> str:
    """Normalize a venue's name, without the place that ESPN adds in brackets.

    Memorial Stadium (Lincoln, NE) is Memorial Stadium.
    """
    return plain(name.partition("(")[0])


def _city_key(city: str) -> str:
    """Normalize a city, without the state that ESPN adds in soccer: Atlanta, Georgia."""
    return plain(city.partition(",")[0])


@cache
def _by_id() -> dict[tuple[str, str], _Row]:
    """Index the rows by sport and ESPN id."""
    return {(row.sport, espn_id): row for row, ids in _rows() for espn_id in ids}


@cache
def _by_name() -> dict[str, list[_Row]]:
    """Index the rows by each of their names; built only when an id did not settle the match."""
    named: dict[str, list[_Row]] = {}
    for row, _ in _rows():
        for key in dict.fromkeys(map(_name_key, row.names)):
            named.setdefault(key, []).append(row)
    return named


@cache
def _rows() -> tuple[tuple[_Row, tuple[str, ...]], ...]:
    """Read the table, each row with its ESPN ids.

    Reads through the path: `importlib.resources` takes ten times as long.
    """
    with Path(__file__).with_name("venues.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            (_row(line), tuple(filter(None, line["espn_id"].split("|")))) for line in csv.DictReader(file)
        )


def _row(line: dict[str, str]) -> _Row:
    name, cities = line["name"], tuple(line["city"].split("|"))
    fact = VenueFact(name, cities[0], float(line["latitude"]), float(line["longitude"]), _ROOFS[line["roof"]])
    names, home = ((*filter(None, line[column].split("|")),) for column in ("also", "home"))
    return _Row(line["sport"], (name, *names), cities, line["country"], home, fact)
