"""Open-Meteo: forecasts for many places in one call, and where a town is (FACTS 3). Pure: no I/O."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from oddsctl.errors import (
    BrokenAnswerError,
    ForbiddenError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    ServerError,
)
from oddsctl.messages.jobs import Answer, ForecastJob, Forecasts, Geocoded, GeocodeJob, Job
from oddsctl.messages.wire import HttpRequest, HttpResponse, Quota
from oddsctl.models import Forecast, GeocodedPlace, Hour, Place, Units
from oddsctl.ports import JSON
from oddsctl.providers import shape
from oddsctl.providers.shape import Entry
from oddsctl.providers.towns import other_spelling

API = "weather"
HOUR = 3600
DAY = 86400
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
UNITS: dict[Units, tuple[tuple[str, str], ...]] = {
    "imperial": (("precipitation_unit", "inch"), ("temperature_unit", "fahrenheit"), ("wind_speed_unit", "mph")),
    "metric": (("precipitation_unit", "mm"), ("temperature_unit", "celsius"), ("wind_speed_unit", "kmh")),
}
SYMBOLS: dict[Units, dict[str, str]] = {
    "imperial": {"temperature_2m": "°F", "wind_speed_10m": "mp/h"},
    "metric": {"temperature_2m": "°C", "wind_speed_10m": "km/h"},
}
"""What `hourly_units` says beside the values (FACTS 3.5); units are asked for together, so two tell whether they were heeded."""
GEOCODED, MOST_GEOCODED = 20, 100
"""Results asked for first, and once more where none of them is the town: the country's filter may come after the cut (FACTS 3.6)."""


class OpenMeteo:
    """The provider. It has no key; its limits count by address."""

    name = API

    def __init__(self, base_url: str, geocoding_url: str) -> None:
        self._base_url = base_url
        self._geocoding_url = geocoding_url

    def account(self) -> str:
        """One for the address we call from."""
        return "address"

    def price(self, job: Job) -> int:  # noqa: ARG002 - the port asks it of every provider
        """Free."""
        return 0

    def quota(self, response: HttpResponse) -> Quota:  # noqa: ARG002
        """None."""
        return Quota()

    def request(self, job: Job) -> HttpRequest:
        """The request; hours as unix seconds, so that no time zone comes in between."""
        match job:
            case ForecastJob():
                params = (
                    ("latitude", ",".join(f"{place.latitude:.2f}" for place in job.places)),
                    ("longitude", ",".join(f"{place.longitude:.2f}" for place in job.places)),
                    ("hourly", ",".join(VARIABLES.values())),
                    ("start_date", _date(job.first_day)),
                    ("end_date", _date(job.last_day)),
                    ("timeformat", "unixtime"),
                    ("timezone", "GMT"),
                    *UNITS[job.units],
                )
                return HttpRequest(API, f"{self._base_url}/v1/forecast", tuple(sorted(params)))
            case GeocodeJob():
                return HttpRequest(API, f"{self._geocoding_url}/v1/search", _search(job))
            case _:
                raise TypeError(f"no job for Open-Meteo: {type(job).__name__}")

    def parse(self, job: Job, response: HttpResponse) -> Answer:
        """The models; a failure while the body streamed shows as a 200 that is no JSON, and is refused as such."""
        if response.status != 200:
            raise _error(response)
        body = shape.body(API, response)
        if isinstance(body, dict) and body.get("error") is True:
            raise _error(response)
        match job:
            case ForecastJob():
                return _forecasts(job, body)
            case GeocodeJob():
                return _geocoded(Entry(API, "the answer", body))
            case _:
                raise TypeError(f"no job for Open-Meteo: {type(job).__name__}")


def _date(day: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d")


def _forecasts(job: ForecastJob, body: JSON) -> Forecasts:
    """One place comes as an object, several as a list in the order asked; coordinates in it are the grid's, not ours."""
    answered = shape.entries(API, "the answer", body if isinstance(body, list) else [body], "place {}")
    if len(answered) != len(job.places):
        raise BrokenAnswerError(f"weather: asked for {len(job.places)} places, got {len(answered)}", provider=API)
    return Forecasts(tuple(_forecast(place, job.units, entry) for place, entry in zip(job.places, answered, strict=True)))


def _forecast(place: Place, units: Units, entry: Entry) -> Forecast:
    hourly = Entry(API, f"hourly of {entry.place}", entry.value.get("hourly"))
    _check_units(units, shape.fields(entry.value.get("hourly_units")), hourly)
    stamps = _stamps(hourly, shape.number(entry.value.get("utc_offset_seconds")) or 0.0)
    columns = {name: _column(hourly, variable, len(stamps)) for name, variable in VARIABLES.items()}
    codes = [shape.whole(code) for code in columns.pop("code")]
    hours = (
        Hour(stamp, **{name: shape.number(column[row]) for name, column in columns.items()}, code=codes[row])
        for row, stamp in enumerate(stamps)
    )
    return Forecast(place, units, tuple(hours))


def _check_units(units: Units, told: dict[str, JSON], hourly: Entry) -> None:
    """Refuses degrees of the other kind, which nobody would notice in the numbers."""
    for variable, unit in SYMBOLS[units].items():
        if (other := shape.word(told.get(variable))) not in (None, unit):
            raise hourly.broken(f"has {variable} in {shape.quote(other)}, not in {unit}")


def _stamps(hourly: Entry, offset: float) -> list[float]:
    """The hours, ascending without gaps. Where seconds were not honoured they are local, in text without offset (FACTS 3.5)."""
    times = hourly.value.get("time")
    if not isinstance(times, list):
        raise hourly.broken("has no time")
    stamps = []
    for count, time in enumerate(times, 1):
        stamp = shape.instant(time)
        if stamp is None:
            raise hourly.broken(f"has a time {count} that is none")
        stamps.append(stamp - offset if isinstance(time, str) else stamp)
    if any(later - earlier != HOUR for earlier, later in pairwise(stamps)):
        raise hourly.broken("has hours that do not follow each other")
    return stamps


def _column(hourly: Entry, variable: str, length: int) -> list[JSON]:
    """The variable's values, a null for each hour where it is left out."""
    column = hourly.value.get(variable, [None] * length)
    if not isinstance(column, list) or len(column) != length:
        raise hourly.broken(f"has another number of {variable} than of time")
    return column


def _search(job: GeocodeJob) -> tuple[tuple[str, str], ...]:
    """The town's name alone, without its region."""
    name = job.town.partition(",")[0].strip()
    count = MOST_GEOCODED if job.wide else GEOCODED
    country = (("countryCode", job.country),) if job.country else ()
    return (("count", str(count)), *country, ("format", "json"), ("language", "en"), ("name", other_spelling(name) if job.wide else name))


def _geocoded(body: Entry) -> Geocoded:
    """The places found, in the geocoder's order; no match is an answer without `results`."""
    results = body.entries("results", "result") if "results" in body.value else []
    return Geocoded(tuple(_town(result) for result in results))


def _town(result: Entry) -> GeocodedPlace:
    latitude, longitude = result.number("latitude"), result.number("longitude")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise result.broken("is nowhere on this planet")
    country, region, code = (shape.word(result.value.get(name)) for name in ("country", "admin1", "country_code"))
    districts = tuple(name for key in ("admin2", "admin3", "admin4") if (name := shape.word(result.value.get(key))))
    return GeocodedPlace(result.word("name"), latitude, longitude, country, region, code, districts)


# ── refusals ──


def _error(response: HttpResponse) -> ProviderError:
    reason = _reason(response)
    said = f"weather: {shape.quote(reason) or f'HTTP {response.status} without a reason'}"
    if response.status == 429:
        return RateLimitedError(said, provider=API, retry_at=_rest(reason, response.received_at) or shape.retry_after(response))
    if response.status >= 500 or response.status == 408:
        return ServerError(said, provider=API, retry_at=shape.retry_after(response))
    if response.status in (401, 403):
        return ForbiddenError(said, provider=API)
    return RejectedError(said, provider=API) if 400 <= response.status < 500 else BrokenAnswerError(said, provider=API)


def _reason(response: HttpResponse) -> str:
    try:
        body = shape.fields(shape.body(API, response))
    except BrokenAnswerError:
        return ""
    return shape.word(body.get("reason")) or ""


def _rest(reason: str, now: float) -> float | None:
    """When to come back: the limits are cleared each minute, hour and UTC day, and only the text says which (FACTS 3.3)."""
    for beginning, length in (("Minutely", 60), ("Hourly", HOUR), ("Daily", DAY)):
        if reason.startswith(beginning):
            return (now // length + 1) * length
    return now + 1 if reason.startswith("Too many concurrent requests") else None
