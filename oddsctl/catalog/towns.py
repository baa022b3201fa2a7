"""Choose the geocoder's result that is the town a schedule names; none if its state or country differs.

The geocoder orders results by importance worldwide, so the first is often another town of that name. Pure,
but for reading `countries.csv` and `regions.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from oddsctl.catalog.spelling import plain
from oddsctl.domain.jobs import GeocodeJob
from oddsctl.domain.models import GeocodedPlace, VenueRef

_LONG = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}
"""Abbreviated words in names of towns. They are compared, and requested once more, written out."""


@dataclass(frozen=True, slots=True)
class _Region:
    """A state or province; `names` are its plain spellings, including the abbreviation."""

    country: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is known of a town.

    `countries` are ISO codes, empty when unknown; `regions` those the text may mean. `instead` is the country
    that the same word may mean (Georgia), `part` one of the United Kingdom's, and `unknown` holds names of
    regions missing from our tables; both in plain spelling.
    """

    name: str
    countries: frozenset[str] = frozenset()
    regions: tuple[_Region, ...] = ()
    instead: frozenset[str] = frozenset()
    part: str | None = None
    unknown: frozenset[str] = frozenset()


def question(ref: VenueRef) -> GeocodeJob | None:
    """Return the geocoding request for the town of a venue; None when the schedule names no town."""
    if not ref.city:
        return None
    return GeocodeJob(
        ", ".join(filter(None, (ref.city, ref.state, ref.country if _tells_more(ref) else None)))
    )


def wider(job: GeocodeJob, found: Sequence[GeocodedPlace]) -> GeocodeJob:
    """Return a wider request: the maximum of results, limited to the country if known.

    If nothing was found at all, requests the town's other spelling.
    """
    countries = _sought(job.town).countries
    name, comma, hints = job.town.partition(",")
    town = job.town if found else f"{other_spelling(name.strip())}{comma}{hints}"
    return GeocodeJob(town, wide=True, country=min(countries) if len(countries) == 1 else None)


def other_spelling(town: str) -> str:
    """Write out the abbreviations of a town, or abbreviate them: St. Louis and Saint Louis.

    Returns the same text when it has none.
    """
    words = town.split()
    short = {long: abbreviated for abbreviated, long in _LONG.items()}
    for number, word in enumerate(words):
        key = plain(word)
        if key in _LONG:
            return " ".join([*words[:number], _LONG[key].capitalize(), *words[number + 1 :]])
        if key in short and number == 0:
            return " ".join([f"{short[key].capitalize()}.", *words[1:]])
    return town


def find(town: str, found: Sequence[GeocodedPlace]) -> GeocodedPlace | None:
    """Return the place that `town` means ("Oxford, MS"); None if no result surely matches.

    A result must be in the right state and country. Of several in the state, exact names come first, then the
    geocoder's order decides. A region in no result and no table of ours is ignored only if the country has a
    single town of that name.
    """
    sought = _sought(town)
    named = sorted(
        (place for place in found if _may_be_called(place, sought)),
        key=lambda place: not _is_called(place, sought),
    )
    there = [place for place in named if _is_in_country(place, sought)]
    if sought.regions:
        other = [place for place in named if _is_called(place, sought) and _code(place) in sought.instead]
        return next(
            (place for place in (*there, *other) if place in other or _in_one_of(place, sought.regions)), None
        )
    if sought.unknown:
        if within := [place for place in there if sought.unknown <= _regions(place)]:
            return within[0]
        there = [place for place in there if _is_called(place, sought)]
        return there[0] if sought.countries and len(there) == 1 else None
    return there[0] if there else None


# ── parsing the town ──


def _tells_more(ref: VenueRef) -> bool:
    """Return True if the country adds to the state.

    "Green Bay, WI, USA" and "Green Bay, WI" are one request.
    """
    meant = _meant(ref.state or "")
    return len(meant) != 1 or meant[0].country not in _with_territories(_countries_of(ref.country or ""))


@cache
def _sought(town: str) -> _Sought:
    """Parse town, state and country; state and country may be missing or stand for each other."""
    name, *hints = filter(None, (part.strip() for part in town.split(","))) or ("",)
    sought = _Sought(_town_key(name))
    for number, hint in enumerate(hints):
        sought = _with_hint(sought, hint, is_last_of_several=0 < number == len(hints) - 1)
    inside = tuple(
        region for region in sought.regions if region.country in _with_territories(sought.countries)
    )
    regions = inside or sought.regions
    return replace(
        sought, regions=regions, countries=frozenset(region.country for region in regions) or sought.countries
    )


def _with_hint(sought: _Sought, hint: str, *, is_last_of_several: bool) -> _Sought:
    codes, meant, key = _countries_of(hint), _meant(hint), plain(hint)
    if codes and (is_last_of_several or not meant):
        return replace(sought, countries=codes, part=key if key in _PARTS else sought.part)
    if meant:
        return replace(sought, regions=meant, instead=codes if len(key) > len("MS") else frozenset())
    return replace(sought, unknown=sought.unknown | {key})


_PARTS = frozenset(("england", "northern ireland", "scotland", "wales"))
"""Countries in football that the geocoder has as regions of the United Kingdom."""


def _with_territories(countries: frozenset[str]) -> frozenset[str]:
    return countries | _TERRITORIES if "US" in countries else countries


_TERRITORIES = frozenset(("AS", "GU", "MP", "PR", "VI"))
"""Territories written as states of the USA that the geocoder has as countries."""


def _countries_of(text: str) -> frozenset[str]:
    return _countries().get(plain(text), frozenset())


def _meant(text: str) -> tuple[_Region, ...]:
    """Return the regions with that name or abbreviation: WA is one in the USA and one in Australia.

    Mexico means the country, not its state.
    """
    key = plain(text)
    return () if key == "mexico" else tuple(region for region in _regions_known() if key in region.names)


# ── matching a result ──


def _is_called(place: GeocodedPlace, sought: _Sought) -> bool:
    return _town_key(place.name) == sought.name


def _may_be_called(place: GeocodedPlace, sought: _Sought) -> bool:
    """Return True if the place may have the town's name: its own or one in another language.

    A longer word with the same beginning (Queensbury) does not match.
    """
    name = _town_key(place.name)
    return name == sought.name or not name.startswith(sought.name) or name.startswith(f"{sought.name} ")


def _is_in_country(place: GeocodedPlace, sought: _Sought) -> bool:
    if sought.countries and _code(place) not in _with_territories(sought.countries):
        return False
    return sought.part is None or place.region is None or sought.part in _regions(place)


def _in_one_of(place: GeocodedPlace, regions: Iterable[_Region]) -> bool:
    return any(
        region.country == _code(place) and (region.country in _TERRITORIES or region.names & _regions(place))
        for region in regions
    )


def _regions(place: GeocodedPlace) -> frozenset[str]:
    return frozenset(plain(name) for name in (place.region, *place.districts) if name)


def _code(place: GeocodedPlace) -> str | None:
    """Return the country's code; derived from its name for results stored without a code."""
    if place.country_code:
        return place.country_code.upper()
    return min(_countries_of(place.country), default=None) if place.country else None


def _town_key(name: str) -> str:
    return " ".join(_LONG.get(word, word) for word in plain(name).split())


# ── the tables ──


@cache
def _countries() -> dict[str, frozenset[str]]:
    """Map plain names of countries, and their codes, to the code."""
    known: dict[str, frozenset[str]] = {}
    for line in _table("countries.csv"):
        names = (line["code"], line["name"], *filter(None, line["also"].split("|")))
        known |= {plain(name): frozenset((line["code"],)) for name in names}
    return known


@cache
def _regions_known() -> tuple[_Region, ...]:
    return tuple(
        _Region(
            line["country"],
            frozenset(
                plain(name) for name in (line["short"], line["name"], *line["also"].split("|")) if name
            ),
        )
        for line in _table("regions.csv")
    )


def _table(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
