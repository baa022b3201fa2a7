"""Open-Meteo of the simulated world: hourly forecasts anywhere, and geocoding of the towns in its tables.

Pure.

Hourly values only; ignores `daily`, `current`, `models` and past days.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oddsctl.domain.http import HttpResponse
from oddsctl.domain.ports import JSON
from oddsctl.sandbox.chance import roll, wander
from oddsctl.sandbox.teams import STATES, City, cities
from oddsctl.sandbox.wire import Ask, reply, utc
from oddsctl.sandbox.world import World

_COUNTRIES = {"US": "United States", "CA": "Canada", "GB": "United Kingdom", "NL": "The Netherlands"}
_MOST_PLACES = 1000


class _Span(NamedTuple):
    """The requested hours (epoch seconds), and the zone of their days."""

    hours: list[float]
    offset: int
    zone: str


class _Sky:
    """The weather of one hour at one place, in metric units."""

    __slots__ = ("_gust", "celsius", "cloud", "millimetres", "wet", "wind")

    def __init__(self, seed: int, latitude: float, longitude: float, when: float) -> None:
        cell = (f"{latitude:.2f}", f"{longitude:.2f}")
        # 1970 began in winter.
        year = math.cos(2 * math.pi * (when / 86400 / 365.2425 - 0.55)) * math.copysign(1, latitude)
        noon = math.cos(2 * math.pi * ((when / 3600 + longitude / 15) % 24 - 15) / 24)
        self.celsius = 30 - 0.45 * abs(latitude) + 0.3 * abs(latitude) * year + 4 * noon
        self.celsius += 5 * wander(seed, "warmth", *cell, now=when, span=12 * 3600)
        self.wind = 14 + 12 * wander(seed, "wind", *cell, now=when, span=6 * 3600)
        self.wet = 0.5 + 0.5 * wander(seed, "wet", *cell, now=when, span=9 * 3600)
        self.cloud = min(100.0, 130 * self.wet)
        self.millimetres = max(0.0, 8 * (self.wet - 0.7))
        self._gust = 1.4 + 0.4 * roll(seed, "gust", *cell, int(when // 3600))

    @property
    def gusts(self) -> float:
        return self.wind * self._gust

    @property
    def code(self) -> int:
        """Return the WMO weather code."""
        if self.millimetres > 0:
            heavy = self.millimetres > 1
            return (75 if heavy else 71) if self.celsius < 0.5 else (65 if heavy else 61)
        return min(3, int(self.cloud / 30))


_VARIABLES: dict[str, tuple[str, Callable[[_Sky], float]]] = {
    "temperature_2m": ("°C", lambda sky: sky.celsius),
    "apparent_temperature": ("°C", lambda sky: sky.celsius - sky.wind / 10),
    "relative_humidity_2m": ("%", lambda sky: float(round(35 + 60 * sky.wet))),
    "precipitation_probability": ("%", lambda sky: float(round(100 * sky.wet))),
    "precipitation": ("mm", lambda sky: sky.millimetres),
    "weather_code": ("wmo code", lambda sky: sky.code),
    "cloud_cover": ("%", lambda sky: float(round(sky.cloud))),
    "wind_speed_10m": ("km/h", lambda sky: sky.wind),
    "wind_gusts_10m": ("km/h", lambda sky: sky.gusts),
}
_CONVERSIONS: dict[tuple[str, str], tuple[str, Callable[[float], float]]] = {
    ("temperature_unit", "fahrenheit"): ("°C", lambda value: value * 9 / 5 + 32),
    ("wind_speed_unit", "mph"): ("km/h", lambda value: value / 1.609344),
    ("wind_speed_unit", "ms"): ("km/h", lambda value: value / 3.6),
    ("wind_speed_unit", "kn"): ("km/h", lambda value: value / 1.852),
    ("precipitation_unit", "inch"): ("mm", lambda value: value / 25.4),
}
_UNIT_NAMES = {"fahrenheit": "°F", "mph": "mp/h", "ms": "m/s", "kn": "kn", "inch": "inch"}


def forecast(world: World, ask: Ask, now: float) -> HttpResponse:
    """Return the forecast: an object for one place, an array for several; 400 with a reason for a bad
    request.
    """
    if ask.path.rstrip("/") != "/v1/forecast":
        return reply(404, {"error": True, "reason": "Not Found"})
    try:
        places = _places(ask)
        span = _span(ask, places[0], now)
        variables = _variables(ask)
    except ValueError as error:
        return reply(400, {"error": True, "reason": str(error)})
    found = [_one(world, ask, place, span, variables) for place in places]
    for number, one in enumerate(found[1:], start=1):
        one["location_id"] = number
    return reply(200, found if len(found) > 1 else found[0])


def geocoding(ask: Ask) -> HttpResponse:
    """Return the towns whose name begins so; without `results` when there is none."""
    if ask.path.rstrip("/") != "/v1/search":
        return reply(404, {"error": True, "reason": "Not Found"})
    count = ask.query.get("count", "10")
    if not count.isdigit() or not 1 <= int(count) <= 100:
        return reply(400, {"error": True, "reason": "Parameter count must be between 1 and 100."})
    name, _, region = (_plain(part) for part in ask.query.get("name", "").partition(","))
    towns = [
        town
        for town in cities().values()
        if _is_called(town, name) and (not region or region in _regions(town))
    ]
    # An exact name comes before a longer one.
    towns.sort(key=lambda town: _plain(town.name) != name)
    # Filters apply after the count, as in the public source.
    code = ask.query.get("countryCode", "").upper()
    towns = [town for town in towns[: int(count)] if not code or town.country_code == code]
    found: dict[str, JSON] = {"results": [_town(town) for town in towns]} if towns else {}
    return reply(200, {**found, "generationtime_ms": 0.1})


# ── parts of the forecast ──


def _places(ask: Ask) -> list[tuple[float, float]]:
    latitudes, longitudes = ask.words("latitude"), ask.words("longitude")
    if not latitudes or len(latitudes) != len(longitudes):
        raise ValueError("Parameter 'latitude' and 'longitude' must have the same number of elements")
    if len(latitudes) > _MOST_PLACES:
        raise ValueError("Only up to 1000 locations can be requested at once")
    places = [
        (float(latitude), float(longitude)) for latitude, longitude in zip(latitudes, longitudes, strict=True)
    ]
    for latitude, longitude in places:
        if not -90 <= latitude <= 90:
            raise ValueError(f"Latitude must be in range of -90 to 90°. Given: {latitude}.")
        if not -180 <= longitude <= 180:
            raise ValueError(f"Longitude must be in range of -180 to 180°. Given: {longitude}.")
    return places


def _zone(name: str, place: tuple[float, float]) -> ZoneInfo:
    if name == "auto":
        name = min(
            cities().values(), key=lambda town: math.dist((town.latitude, town.longitude), place)
        ).timezone
    try:
        return ZoneInfo("UTC" if name == "GMT" else name)
    except (KeyError, OSError, ValueError):
        raise ValueError("Invalid timezone") from None


def _span(ask: Ask, place: tuple[float, float], now: float) -> _Span:
    named = ask.query.get("timezone", "GMT")
    local = _zone(named, place)
    today = datetime.fromtimestamp(now, local).toordinal()
    days = ask.query.get("forecast_days", "7")
    if not days.isdigit() or not 0 <= int(days) <= 16:
        raise ValueError(f"Forecast days is invalid. Allowed range 0 to 16. Given {days}.")
    first = _day(ask, "start_date", today, today)
    last = _day(ask, "end_date", today, max(first, today + max(1, int(days)) - 1))
    if last < first:
        raise ValueError("End-date must be larger or equals than start-date")
    begin = date.fromordinal(first)
    midnight = datetime(begin.year, begin.month, begin.day, tzinfo=local)
    hours = [midnight.timestamp() + 3600 * hour for hour in range(24 * (last - first + 1))]
    return _Span(
        hours,
        int((midnight.utcoffset() or timedelta()).total_seconds()),
        "GMT" if named == "GMT" else str(local),
    )


def _day(ask: Ask, name: str, today: int, default: int) -> int:
    text = ask.query.get(name)
    if text is None:
        return default
    day = date.fromisoformat(text).toordinal()
    first, last = today - 92, today + 15
    if not first <= day <= last:
        span = f"from {date.fromordinal(first)} to {date.fromordinal(last)}"
        raise ValueError(f"Parameter '{name}' is out of allowed range {span}")
    return day


def _variables(ask: Ask) -> list[str]:
    names = ask.words("hourly")
    for name in names:
        if name not in _VARIABLES:
            raise ValueError(
                f"Cannot initialize WeatherVariable from invalid String value {name} for key hourly"
            )
    return names


def _one(
    world: World, ask: Ask, place: tuple[float, float], span: _Span, variables: list[str]
) -> dict[str, JSON]:
    # The centre of the grid cell.
    latitude, longitude = (round(degrees * 16) / 16 for degrees in place)
    answer: dict[str, JSON] = {
        "latitude": latitude, "longitude": longitude, "generationtime_ms": 0.1,
        "utc_offset_seconds": span.offset,
        "timezone": span.zone, "timezone_abbreviation": span.zone, "elevation": 100.0,
    }  # fmt: skip
    if not variables:
        return answer
    skies = [_Sky(world.seed, latitude, longitude, hour) for hour in span.hours]
    unix = ask.query.get("timeformat") == "unixtime"
    units: dict[str, str] = {"time": "unixtime" if unix else "iso8601"}
    block: dict[str, JSON] = {
        "time": [int(hour) if unix else utc(hour + span.offset, "%Y-%m-%dT%H:%M") for hour in span.hours]
    }
    for name in variables:
        units[name], convert = _in_unit(ask, *_VARIABLES[name])
        digits = 2 if units[name] in ("mm", "inch") else 1
        block[name] = [sky.code if name == "weather_code" else round(convert(sky), digits) for sky in skies]
    return {**answer, "hourly_units": units, "hourly": block}


def _in_unit(ask: Ask, unit: str, measure: Callable[[_Sky], float]) -> tuple[str, Callable[[_Sky], float]]:
    """Return the requested unit in place of the metric one, and a function that measures in it."""
    for parameter, wanted in ask.query.items():
        metric, convert = _CONVERSIONS.get((parameter, wanted), ("", float))
        if metric == unit:
            return _UNIT_NAMES[wanted], partial(_converted, convert, measure)
    return unit, measure


def _converted(convert: Callable[[float], float], measure: Callable[[_Sky], float], sky: _Sky) -> float:
    return convert(measure(sky))


# ── parts of the geocoder ──


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _is_called(town: City, name: str) -> bool:
    own = _plain(town.name)
    return own == name if len(name) == 2 else len(name) > 2 and own.startswith(name)


def _regions(town: City) -> set[str]:
    return {
        _plain(word)
        for word in (town.region, STATES.get(town.region, town.region), town.country_code, _country(town))
    }


def _country(town: City) -> str:
    return _COUNTRIES.get(town.country_code, town.region)


def _town(town: City) -> JSON:
    admin = STATES.get(town.region) or (town.region if town.country_code == "GB" else None)
    number = 4000000 + list(cities().values()).index(town)
    return {
        "id": number, "name": town.name, "latitude": town.latitude, "longitude": town.longitude,
        "elevation": 100.0, "feature_code": "PPL",
        "country_code": town.country_code, "timezone": town.timezone,
        "country": _country(town), **({"admin1": admin} if admin else {}),
    }  # fmt: skip
