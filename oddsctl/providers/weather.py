"""Open-Meteo: forecasts for many places in one call, and where a town is (FACTS 3). Pure: no I/O."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from oddsctl.errors import (
    BrokenAnswerError,
    ForbiddenError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    ServerError,
)
from oddsctl.messages import Answer, ForecastJob, Forecasts, Geocoded, GeocodeJob, HttpRequest, HttpResponse, Job, Quota
from oddsctl.models import Forecast, GeocodedPlace, Hour, Place, Units
from oddsctl.providers import shape
from oddsctl.providers.shape import JSON, Entry

API = "weather"
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
GEOCODED = 20
"""Results asked for: a filter may come after the cut (FACTS 3.6)."""


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
                town = job.town.partition(",")[0].strip()
                params = (("count", str(GEOCODED)), ("format", "json"), ("language", "en"), ("name", town))
                return HttpRequest(API, f"{self._geocoding_url}/v1/search", params)
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
                return _geocoded(job, Entry(API, "the answer", body))
            case _:
                raise TypeError(f"no job for Open-Meteo: {type(job).__name__}")


def _date(day: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d")


def _forecasts(job: ForecastJob, body: JSON) -> Forecasts:
    """One place comes as an object, several as a list in the order asked; coordinates in it are the grid's, not ours."""
    listed = body if isinstance(body, list) else [body]
    if len(listed) != len(job.places):
        raise BrokenAnswerError(f"weather: asked for {len(job.places)} places, got {len(listed)}", provider=API)
    places = zip(job.places, shape.entries(API, "the answer", listed), strict=True)
    return Forecasts(tuple(_forecast(place, job.units, entry) for place, entry in places))


def _forecast(place: Place, units: Units, entry: Entry) -> Forecast:
    hourly = entry.inner("hourly")
    times = hourly.value.get("time")
    if not isinstance(times, list):
        raise entry.broken("has no hourly time")
    offset = shape.number(entry.value.get("utc_offset_seconds")) or 0.0
    stamps = [_stamp(entry, time, offset) for time in times]
    columns = {}
    for ours, theirs in VARIABLES.items():
        column = hourly.value.get(theirs, [None] * len(stamps))
        if not isinstance(column, list) or len(column) != len(stamps):
            raise hourly.broken(f"has {theirs} that does not go with its time")
        columns[ours] = [shape.number(value) for value in column]
    columns_by_hour = zip(*columns.values(), strict=True)
    hours = (_hour(stamp, dict(zip(columns, values, strict=True))) for stamp, values in zip(stamps, columns_by_hour, strict=True))
    return Forecast(place, units, tuple(hours))


def _stamp(entry: Entry, time: JSON, offset: float) -> float:
    """Epoch seconds; text is local time without offset (FACTS 3.5)."""
    stamp = shape.instant(time)
    if stamp is None:
        raise entry.broken(f"has an hour {time!r} that is no time")
    return stamp - offset if isinstance(time, str) else stamp


def _hour(stamp: float, values: dict[str, float | None]) -> Hour:
    code = values.pop("code")
    return Hour(stamp, **values, code=None if code is None else int(code))


def _geocoded(job: GeocodeJob, entry: Entry) -> Geocoded:
    """The places found, those of the region or country asked for first; no match is an answer without `results`."""
    results = entry.entries("results") if "results" in entry.value else []
    places = [
        GeocodedPlace(
            name=one.text("name"),
            latitude=one.number("latitude"),
            longitude=one.number("longitude"),
            country=one.text_or_none("country"),
            region=one.text_or_none("admin1"),
        )
        for one in results
    ]
    wanted = job.town.partition(",")[2].strip().casefold()
    codes = [{(one.text_or_none(name) or "").casefold() for name in ("country", "country_code", "admin1")} for one in results]
    fits = [bool(wanted) and wanted in names for names in codes]
    order = sorted(range(len(places)), key=lambda index: not fits[index])
    return Geocoded(tuple(places[index] for index in order))


def _error(response: HttpResponse) -> ProviderError:
    reason = _reason(response)
    said = f"weather: {shape.quote(reason) or f'HTTP {response.status}'}"
    if response.status == 429:
        return RateLimitedError(said, provider=API, retry_at=shape.retry_after(response) or _rest(reason, response.received_at))
    if response.status >= 500:
        return ServerError(said, provider=API, retry_at=shape.retry_after(response))
    if response.status in (401, 403):
        return ForbiddenError(said, provider=API)
    return RejectedError(said, provider=API) if response.status in range(200, 500) else BrokenAnswerError(said, provider=API)


def _reason(response: HttpResponse) -> str:
    try:
        body = shape.body(API, response)
    except BrokenAnswerError:
        return f"answered HTTP {response.status} without a reason"
    reason = body.get("reason") if isinstance(body, dict) else None
    return reason if isinstance(reason, str) else ""


def _rest(reason: str, now: float) -> float:
    """When to come back: limits are cleared each minute, hour and UTC day, and no header says so (FACTS 3.3)."""
    for word, length in (("Minutely", 60), ("Hourly", 3600), ("Daily", DAY)):
        if reason.startswith(word):
            return (now // length + 1) * length
    return now + 1
