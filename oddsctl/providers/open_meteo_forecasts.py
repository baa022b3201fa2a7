"""Reads the forecasts of an Open-Meteo answer, and refuses those of another place or in other units."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, radians

from oddsctl.domain.answers import Forecasts
from oddsctl.domain.jobs import ForecastJob
from oddsctl.domain.models import Forecast, Hour, Place, Units
from oddsctl.domain.plausible import WEATHER
from oddsctl.domain.ports import JSON
from oddsctl.domain.provider_errors import BrokenAnswerError
from oddsctl.domain.units import DAY, HOUR
from oddsctl.providers import json_fields, json_values
from oddsctl.providers.json_fields import EntryFilter, JsonObject

API = "weather"
VARIABLES = {
    "temperature": "temperature_2m",
    "apparent_temperature": "apparent_temperature",
    "wind_speed": "wind_speed_10m",
    "wind_gusts": "wind_gusts_10m",
    "precipitation_probability": "precipitation_probability",
    "precipitation": "precipitation",
    "code": "weather_code",
}
"""Ours to theirs; ten or fewer weigh 1 a place (FACTS 3.2)."""
SAME_PLACE_WITHIN = 1.0
"""Degrees between the place asked for and the middle of its cell of the grid, at the most."""
UNITS: dict[Units, tuple[tuple[str, str], ...]] = {
    "imperial": (
        ("precipitation_unit", "inch"),
        ("temperature_unit", "fahrenheit"),
        ("wind_speed_unit", "mph"),
    ),
    "metric": (("precipitation_unit", "mm"), ("temperature_unit", "celsius"), ("wind_speed_unit", "kmh")),
}
SYMBOLS: dict[Units, dict[str, str]] = {
    "imperial": {"temperature_2m": "°F", "wind_speed_10m": "mp/h"},
    "metric": {"temperature_2m": "°C", "wind_speed_10m": "km/h"},
}
"""What `hourly_units` says beside the values (FACTS 3.5); units are asked for together, so two tell whether
they were heeded.
"""


def forecasts_of(job: ForecastJob, body: JSON) -> Forecasts:
    """One place comes as an object, several as a list in the order asked; coordinates in it are the grid's,
    not ours.

    Raises `BrokenAnswerError` where no place has an hour that can be read.
    """
    answered = body if isinstance(body, list) else [body]
    if len(answered) != len(job.places):
        raise BrokenAnswerError(
            f"weather: asked for {len(job.places)} places, got {len(answered)}", provider=API
        )
    found = tuple(
        _place(job, place, count, one)
        for count, (place, one) in enumerate(zip(job.places, answered, strict=True), 1)
    )
    forecasts = Forecasts(found)
    if forecasts.left_out and not any(forecast.hours for forecast in found):
        raise BrokenAnswerError(f"weather: {forecasts.left_out.first}", provider=API)
    return forecasts


def _place(job: ForecastJob, place: Place, count: int, value: JSON) -> Forecast:
    """The forecast of one place; without hours where it cannot be read."""
    sieve = EntryFilter(API)
    hours: tuple[Hour, ...] = ()
    try:
        entry = JsonObject(sieve, f"place {count}", value)
        _check_place(place, entry)
        hours = tuple(_hours(job, entry))
    except BrokenAnswerError as error:
        sieve.leave_out("place", error.message)
    return Forecast(place, job.units, hours, sieve.left_out)


def _check_place(place: Place, entry: JsonObject) -> None:
    """Refuses a forecast for far away.

    The grid is some kilometres wide, and bare `nan` was seen as coordinates.
    """
    latitude, longitude = (json_values.number(entry.value.get(name)) for name in ("latitude", "longitude"))
    if latitude is None or longitude is None:
        return
    aside = abs((longitude - place.longitude + 180) % 360 - 180) * cos(radians(place.latitude))
    if max(abs(latitude - place.latitude), aside) > SAME_PLACE_WITHIN:
        raise entry.broken(
            f"is at {latitude:.2f},{longitude:.2f}, not at {place.latitude:.2f},{place.longitude:.2f}"
        )


def _hours(job: ForecastJob, entry: JsonObject) -> Iterator[Hour]:
    """The hours of the days asked for, ascending, each once."""
    hourly = JsonObject(entry.sieve, f"hourly of {entry.place}", entry.value.get("hourly"))
    _check_units(job.units, json_fields.fields(entry.value.get("hourly_units")), hourly)
    rows = _rows(job, hourly, json_values.number(entry.value.get("utc_offset_seconds")) or 0.0)
    columns = {name: _column(hourly, name, variable) for name, variable in VARIABLES.items()}
    codes = columns.pop("code")
    for stamp in sorted(rows):
        row = rows[stamp]
        code = codes[row] if codes else None
        yield Hour(
            stamp,
            **{name: column[row] if column else None for name, column in columns.items()},
            code=None if code is None else int(code),
        )


def _check_units(units: Units, told: dict[str, JSON], hourly: JsonObject) -> None:
    """Refuses degrees of the other kind, which nobody would notice in the numbers."""
    for variable, unit in SYMBOLS[units].items():
        if (other := json_values.text(told.get(variable))) not in (None, unit):
            raise hourly.broken(f"has {variable} in {json_values.quote(other)}, not in {unit}")


def _rows(job: ForecastJob, hourly: JsonObject, offset: float) -> dict[float, int]:
    """In which row each hour stands.

    Where seconds were not honoured they are local, in text without offset (FACTS 3.5).
    """
    times = hourly.value.get("time")
    if not isinstance(times, list):
        raise hourly.broken("has no time")
    rows: dict[float, int] = {}
    first, last = (job.first_day - 1) * DAY, (job.last_day + 2) * DAY
    for row, time in enumerate(times):
        stamp = json_values.instant(time)
        if stamp is not None and isinstance(time, str):
            stamp -= offset
        if stamp is None or stamp % HOUR or not first <= stamp <= last:
            hourly.sieve.leave_out("hour", f"{hourly.place} has a time {row + 1} outside the requested days")
        elif rows.setdefault(stamp, row) != row:
            hourly.sieve.leave_out("hour", f"{hourly.place} has the time {row + 1} twice")
    return rows


def _column(hourly: JsonObject, name: str, variable: str) -> list[float | None] | None:
    """The variable's values, null where there is none or it is no likely one; None for all where it has not
    one for each hour.
    """
    column = hourly.value.get(variable)
    if column is None:
        return None
    if not isinstance(column, list) or len(column) != len(hourly.value["time"]):
        hourly.sieve.leave_out("variable", f"{hourly.place} has another number of {variable} than of time")
        return None
    found = [json_values.within(value, *WEATHER[name]) for value in column]
    if name == "code":
        found = [value if value is not None and value.is_integer() else None for value in found]
    bad = sum(value is not None and read is None for value, read in zip(column, found, strict=True))
    if bad:
        hourly.sieve.leave_out("value", f"{hourly.place} has a {variable} that is out of range", bad)
    return found
