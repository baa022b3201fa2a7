"""Which of the geocoder's results is the town that a schedule names: none, where its state or country is
known and matches no result.

The geocoder orders what it finds by importance over the whole world, so its first result is often another
town of that name. Pure, but for reading `countries.csv` and `regions.csv`.
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
"""Words that names of towns abbreviate: compared, and asked for once more, written out."""


@dataclass(frozen=True, slots=True)
class _Region:
    """A state or province; `names` are its plain spellings, the abbreviation among them."""

    country: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is known of a town.

    `countries` are ISO codes, empty where unknown; `regions` those that the text may mean.

    `instead` is the country that the same word may mean (Georgia), `part` one of the United Kingdom's, and
    `unknown` holds names of regions that our tables don't have; both in plain spelling.
    """

    name: str
    countries: frozenset[str] = frozenset()
    regions: tuple[_Region, ...] = ()
    instead: frozenset[str] = frozenset()
    part: str | None = None
    unknown: frozenset[str] = frozenset()


def question(ref: VenueRef) -> GeocodeJob | None:
    """What to ask for the town of a venue; None where the schedule names none."""
    if not ref.city:
        return None
    return GeocodeJob(
        ", ".join(filter(None, (ref.city, ref.state, ref.country if _tells_more(ref) else None)))
    )


def wider(job: GeocodeJob, found: Sequence[GeocodedPlace]) -> GeocodeJob:
    """The question to ask once more: as many results as there are, of the country alone where it is known.

    Where nothing at all was found, by the town's other spelling.
    """
    countries = _sought(job.town).countries
    name, comma, hints = job.town.partition(",")
    town = job.town if found else f"{other_spelling(name.strip())}{comma}{hints}"
    return GeocodeJob(town, wide=True, country=min(countries) if len(countries) == 1 else None)


def other_spelling(town: str) -> str:
    """The town with its abbreviations written out (St.

    Louis as Saint Louis), or the other way round; the same where it has none.
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
    """The place that `town` ("Oxford, MS", "Inglewood, California, USA") means; None where no result is
    surely in its state and country.

    Of several in the state the geocoder's order decides, those of exactly this name first. A region that no
    result and none of our tables knows is passed over only where the country has a single town of that name.
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


# ── what is known of the town ──


def _tells_more(ref: VenueRef) -> bool:
    """Whether the country adds to the state: "Green Bay, WI, USA" and "Green Bay, WI" are one question."""
    meant = _meant(ref.state or "")
    return len(meant) != 1 or meant[0].country not in _with_territories(_countries_of(ref.country or ""))


@cache
def _sought(town: str) -> _Sought:
    """What the text says: the town, then its state, then its country; each of the latter may be missing, or
    stand for the other.
    """
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
"""Countries in football, to the geocoder regions of the United Kingdom."""


def _with_territories(countries: frozenset[str]) -> frozenset[str]:
    return countries | _TERRITORIES if "US" in countries else countries


_TERRITORIES = frozenset(("AS", "GU", "MP", "PR", "VI"))
"""Written as states of the USA; the geocoder has them as countries."""


def _countries_of(text: str) -> frozenset[str]:
    return _countries().get(plain(text), frozenset())


def _meant(text: str) -> tuple[_Region, ...]:
    """The regions of that name or abbreviation: WA is one in the USA and one in Australia.

    Mexico is the country, not its state.
    """
    key = plain(text)
    return () if key == "mexico" else tuple(region for region in _regions_known() if key in region.names)


# ── whether a result is it ──


def _is_called(place: GeocodedPlace, sought: _Sought) -> bool:
    return _town_key(place.name) == sought.name


def _may_be_called(place: GeocodedPlace, sought: _Sought) -> bool:
    """Whether the name may be the town's: its own or one of another language, not a longer word with the same
    beginning (Queensbury).
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
    """The country's code; by its name for results that were stored without one."""
    if place.country_code:
        return place.country_code.upper()
    return min(_countries_of(place.country), default=None) if place.country else None


def _town_key(name: str) -> str:
    return " ".join(_LONG.get(word, word) for word in plain(name).split())


# ── the tables ──


@cache
def _countries() -> dict[str, frozenset[str]]:
    """Plain names of countries, and their codes, to the code."""
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
