"""Open-Meteo: forecasts for many places in one call, and where a town is (FACTS 3). Pure: no I/O."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from oddsctl.domain.answers import Answer, Geocoded
from oddsctl.domain.http import HttpRequest, HttpResponse
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, Job
from oddsctl.domain.models import GeocodedPlace
from oddsctl.domain.provider_errors import (
    BrokenAnswerError,
    ForbiddenError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    ServerError,
)
from oddsctl.domain.units import DAY, HOUR
from oddsctl.providers import json_fields, json_values
from oddsctl.providers.free import FreeProvider
from oddsctl.providers.json_fields import EntryFilter, JsonObject
from oddsctl.providers.open_meteo_forecasts import API, UNITS, VARIABLES, forecasts_of

GEOCODED, MOST_GEOCODED = 20, 100
"""Results asked for first, and once more where none of them is the town: the country's filter may come after
the cut (FACTS 3.6).
"""


class OpenMeteoProvider(FreeProvider):
    """The provider. It has no key; its limits count by address."""

    name = API

    def __init__(self, base_url: str, geocoding_url: str) -> None:
        self._base_url = base_url
        self._geocoding_url = geocoding_url

    def account(self) -> str:
        """One for the address we call from."""
        return "address"

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
        """Parse the answer into models.

        A failure while the body was streamed arrives as a 200 with invalid JSON and is refused as such.
        """
        if response.status != 200:
            raise _error(response)
        body = json_fields.body(API, response)
        if isinstance(body, dict) and body.get("error") is True:
            raise _error(response)
        match job:
            case ForecastJob():
                return forecasts_of(job, body)
            case GeocodeJob():
                return _geocoded(JsonObject(EntryFilter(API), "the answer", body))
            case _:
                raise TypeError(f"no job for Open-Meteo: {type(job).__name__}")


def _date(day: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d")


def _search(job: GeocodeJob) -> tuple[tuple[str, str], ...]:
    """The town's name alone, without its region."""
    name = job.town.partition(",")[0].strip()
    count = MOST_GEOCODED if job.wide else GEOCODED
    country = (("countryCode", job.country),) if job.country else ()
    return (("count", str(count)), *country, ("format", "json"), ("language", "en"), ("name", name))


def _geocoded(body: JsonObject) -> Geocoded:
    """The places found, in the geocoder's order; no match is an answer without `results`."""
    results = body.each("results", "result", _town) if "results" in body.value else []
    if body.sieve.left_out and not results:
        raise BrokenAnswerError(f"weather: {body.sieve.left_out.first}", provider=API)
    return Geocoded(tuple(results), body.sieve.left_out)


def _town(result: JsonObject) -> GeocodedPlace:
    latitude, longitude = result.number("latitude"), result.number("longitude")
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise result.broken("is nowhere on this planet")
    country, region, code = (
        json_values.text(result.value.get(name)) for name in ("country", "admin1", "country_code")
    )
    districts = tuple(
        name for key in ("admin2", "admin3", "admin4") if (name := json_values.text(result.value.get(key)))
    )
    return GeocodedPlace(result.text("name"), latitude, longitude, country, region, code, districts)


# ── refusals ──


def _error(response: HttpResponse) -> ProviderError:
    reason = _reason(response)
    said = f"weather: {json_values.quote(reason) or f'HTTP {response.status} without a reason'}"
    if response.status == 429:
        return RateLimitedError(
            said,
            provider=API,
            retry_at=_rest(reason, response.received_at) or json_values.retry_after(response),
        )
    if response.status >= 500 or response.status == 408:
        return ServerError(said, provider=API, retry_at=json_values.retry_after(response))
    if response.status in (401, 403):
        return ForbiddenError(said, provider=API)
    return (
        RejectedError(said, provider=API)
        if 400 <= response.status < 500
        else BrokenAnswerError(said, provider=API)
    )


def _reason(response: HttpResponse) -> str:
    try:
        body = json_fields.fields(json_fields.body(API, response))
    except BrokenAnswerError:
        return ""
    return json_values.said(body.get("reason"))


def _rest(reason: str, now: float) -> float | None:
    """When to come back: the limits are cleared each minute, hour and UTC day, and only the text says which
    (FACTS 3.3).
    """
    for beginning, length in (("Minutely", 60), ("Hourly", HOUR), ("Daily", DAY)):
        if reason.startswith(beginning):
            return (now // length + 1) * length
    return now + 1 if reason.startswith("Too many concurrent requests") else None
