"""Open-Meteo, sans-I/O: what is asked, how places and hours are matched, and how long each refusal asks us to
wait.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from oddsctl.domain.answers import Forecasts, Geocoded
from oddsctl.domain.http import HttpResponse, Quota
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, Job
from oddsctl.domain.models import (
    Forecast,
    GeocodedPlace,
    Hour,
    Place,
    Units,
)
from oddsctl.domain.odds_api_jobs import SportsJob
from oddsctl.domain.provider_errors import (
    BrokenAnswerError,
    ForbiddenError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    ServerError,
)
from oddsctl.providers.open_meteo import OpenMeteoProvider
from tests.fakes import answer
from tests.providers.payloads import NOW, forecast, read_or_refused, spoiled, towns

API = OpenMeteoProvider("https://api.example.org", "https://geocoding.example.org")
DETROIT, HONOLULU = Place(42.34, -83.05), Place(21.37, -157.93)
DAY = 20419  # 2025-11-27
ONE = ForecastJob((DETROIT,), DAY, DAY)
TWO = ForecastJob((DETROIT, HONOLULU), DAY, DAY)  # Honolulu lies further south and comes first
TOWN = GeocodeJob("London, United Kingdom")
MIDNIGHT = 1_764_201_600.0


def read(job: Job, body: Any) -> Any:
    return API.parse(job, answer(body))


def hourly(**columns: Any) -> Any:
    body = forecast()
    body["hourly"] |= columns
    return body


def refused(status: int, body: Any, received_at: float = NOW, **headers: str | int) -> ProviderError:
    response = answer(body, status, **headers)
    with pytest.raises(ProviderError) as caught:
        API.parse(ONE, HttpResponse(status, response.headers, response.body, received_at=received_at))
    assert caught.value.provider == "weather"
    return caught.value


# ── requests ──


def test_a_forecast_is_asked_for_all_places_at_once_in_utc_seconds() -> None:
    request = API.request(ForecastJob((DETROIT, HONOLULU), DAY, DAY + 1))
    assert request.url == "https://api.example.org/v1/forecast"
    variables = (
        "temperature_2m,apparent_temperature,wind_speed_10m,wind_gusts_10m,"
        "precipitation_probability,precipitation,weather_code"
    )
    assert request.params == (
        ("end_date", "2025-11-28"),
        ("hourly", variables),
        ("latitude", "21.37,42.34"),
        ("longitude", "-157.93,-83.05"),
        ("precipitation_unit", "inch"),
        ("start_date", "2025-11-27"),
        ("temperature_unit", "fahrenheit"),
        ("timeformat", "unixtime"),
        ("timezone", "GMT"),
        ("wind_speed_unit", "mph"),
    )


def test_metric_units_are_asked_for_by_name() -> None:
    params = dict(API.request(ForecastJob((DETROIT,), DAY, DAY, "metric")).params)
    assert (params["temperature_unit"], params["wind_speed_unit"], params["precipitation_unit"]) == (
        "celsius",
        "kmh",
        "mm",
    )


def test_a_town_is_asked_for_without_its_region() -> None:
    request = API.request(GeocodeJob("Kansas City, MO"))
    assert request.url == "https://geocoding.example.org/v1/search"
    assert request.params == (
        ("count", "20"),
        ("format", "json"),
        ("language", "en"),
        ("name", "Kansas City"),
    )


def test_it_is_free_and_tells_no_balance() -> None:
    assert (API.price(ONE), API.quota(answer({}))) == (0, Quota())
    assert API.account()


def test_a_job_of_another_provider_is_a_bug_of_ours() -> None:
    with pytest.raises(TypeError, match="SportsJob"):
        API.request(SportsJob())


# ── forecasts ──


def test_one_place_comes_as_an_object() -> None:
    (found,) = read(ONE, forecast(hours=2)).forecasts
    assert found == Forecast(
        DETROIT,
        "imperial",
        (
            Hour(MIDNIGHT, 30.0, 22.5, 12.4, 20.1, 0.0, 0.0, 3),
            Hour(MIDNIGHT + 3600, 31.0, 23.5, 12.4, 20.1, 10.0, 0.01, 3),
        ),
    )


def test_several_places_come_as_a_list_and_are_matched_by_position_and_not_by_coordinates() -> None:
    first, second = (
        forecast(latitude=21.5, longitude=-157.75),
        forecast(),
    )  # each in the grid cell beside the place
    first["hourly"]["temperature_2m"] = [80.0, 81.0, 82.0]
    found = read(TWO, [first, second | {"location_id": 1}]).forecasts
    assert [(one.place, one.hours[0].temperature) for one in found] == [(HONOLULU, 80.0), (DETROIT, 30.0)]


def test_one_place_in_a_list_is_understood_too() -> None:
    assert len(read(ONE, [forecast()]).forecasts) == 1


def test_nulls_and_variables_left_out_are_unknown() -> None:
    body = hourly(temperature_2m=[None, 31.0, None], weather_code=[None, 3, 61])
    del body["hourly"]["wind_gusts_10m"]
    hours = read(ONE, body).forecasts[0].hours
    assert [hour.temperature for hour in hours] == [None, 31.0, None]
    assert [hour.code for hour in hours] == [None, 3, 61]
    assert {hour.wind_gusts for hour in hours} == {None}


def test_local_times_without_offset_are_brought_to_utc() -> None:
    times = ["2025-11-26T19:00", "2025-11-26T20:00", "2025-11-26T21:00"]  # Detroit, five hours behind
    hours = read(ONE, hourly(time=times) | {"utc_offset_seconds": -18000}).forecasts[0].hours
    assert [hour.time for hour in hours] == [MIDNIGHT, MIDNIGHT + 3600, MIDNIGHT + 7200]


@pytest.mark.parametrize(
    ("job", "body", "message"),
    [
        (TWO, [forecast()], "weather: asked for 2 places, got 1"),
        (ONE, [], "weather: asked for 1 places, got 0"),
        (TWO, [None, 7], "weather: place 1 is not an object"),
        (ONE, {"latitude": 42.3}, "weather: hourly of place 1 is not an object"),
        (ONE, hourly(time=None), "weather: hourly of place 1 has no time"),
        (
            ONE,
            hourly(time=[0, 3600, 7200]),
            "weather: hourly of place 1 has a time 1 outside the requested days",
        ),
        (
            ONE,
            forecast(latitude=51.5, longitude=-0.1),
            "weather: place 1 is at 51.50,-0.10, not at 42.34,-83.05",
        ),
        (
            ONE,
            forecast(hourly_units={"temperature_2m": "°C"}),
            "weather: hourly of place 1 has temperature_2m in °C, not in °F",
        ),
        (
            ONE,
            forecast(hourly_units={"wind_speed_10m": "kn"}),
            "weather: hourly of place 1 has wind_speed_10m in kn, not in mp/h",
        ),
        (ONE, {"error": True, "reason": "late"}, "weather: late"),
        (TOWN, [], "weather: the answer is not an object"),
        (TOWN, {"results": {}}, "weather: results of the answer is not a list"),
        (TOWN, {"results": [{"latitude": 1, "longitude": 1}]}, "weather: result 1 of the answer has no name"),
        (
            TOWN,
            {"results": [{"name": "X", "longitude": 1}]},
            "weather: result 1 of the answer has no latitude",
        ),
        (
            TOWN,
            {"results": [{"name": "X", "latitude": 91, "longitude": 1}]},
            "weather: result 1 of the answer is nowhere on this planet",
        ),
    ],
)
def test_a_broken_answer_is_refused_by_name_and_place(job: Job, body: Any, message: str) -> None:
    with pytest.raises(BrokenAnswerError) as caught:
        read(job, body)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            b'{"hourly":{"time":[1,Unexpected error while streaming data: gone',
            "weather: the answer is not valid JSON from character 21 on (Unexpected",
        ),
    ],
)
def test_a_200_that_broke_off_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(BrokenAnswerError) as caught:
        API.parse(ONE, HttpResponse(200, {}, body))
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("bare", ["nan", "-nan", "NaN", "inf", "-Infinity", "1e999", "9" * 5000])
def test_bare_words_and_absurd_numbers_cost_themselves_alone(bare: str) -> None:
    text = json.dumps(forecast(timezone='nan, "inf"')).replace("42.29", bare).replace("31.0", bare)
    hours = API.parse(ONE, HttpResponse(200, {}, text.encode())).forecasts[0].hours  # type: ignore[union-attr]
    assert [hour.temperature for hour in hours] == [30.0, None, 32.0]


@pytest.mark.parametrize(
    ("columns", "kind", "temperatures"),
    [
        ({"time": [MIDNIGHT, "x", MIDNIGHT + 7200]}, "hour", [30.0, 32.0]),
        ({"time": [MIDNIGHT, None, MIDNIGHT + 7200]}, "hour", [30.0, 32.0]),
        ({"time": [MIDNIGHT, MIDNIGHT + 1800, MIDNIGHT + 7200]}, "hour", [30.0, 32.0]),
        ({"time": [MIDNIGHT, 1e308, MIDNIGHT + 7200]}, "hour", [30.0, 32.0]),
        ({"time": [MIDNIGHT, 0, MIDNIGHT + 7200]}, "hour", [30.0, 32.0]),
        ({"time": [MIDNIGHT, MIDNIGHT, MIDNIGHT + 7200]}, "hour", [30.0, 32.0]),
        ({"temperature_2m": [30.0, 1e308, 32.0]}, "value", [30.0, None, 32.0]),
        ({"temperature_2m": [30.0, "warm", 32.0]}, "value", [30.0, None, 32.0]),
        ({"temperature_2m": [30.0, True, 32.0]}, "value", [30.0, None, 32.0]),
        ({"temperature_2m": [30.0, [31.0], 32.0]}, "value", [30.0, None, 32.0]),
        ({"temperature_2m": [30.0]}, "variable", [None, None, None]),
        ({"temperature_2m": "warm"}, "variable", [None, None, None]),
        ({"precipitation_probability": [0, 101, 3]}, "value", [30.0, 31.0, 32.0]),
        ({"precipitation": [0, -1, 3]}, "value", [30.0, 31.0, 32.0]),
        ({"weather_code": [0, 3.5, 3]}, "value", [30.0, 31.0, 32.0]),
        ({"wind_speed_10m": [0, 9999, 3]}, "value", [30.0, 31.0, 32.0]),
    ],
)
def test_an_hour_that_cannot_be_read_costs_itself_alone(
    columns: Any, kind: str, temperatures: list[float | None]
) -> None:
    found: Forecasts = read(ONE, hourly(**columns))
    assert [hour.temperature for hour in found.forecasts[0].hours] == temperatures
    assert found.left_out.counts == ((kind, 1),)


def test_hours_in_another_order_are_set_right() -> None:
    hours = read(ONE, hourly(time=[MIDNIGHT + 7200, MIDNIGHT + 3600, MIDNIGHT])).forecasts[0].hours
    assert [(hour.time - MIDNIGHT, hour.temperature) for hour in hours] == [
        (0, 32.0),
        (3600, 31.0),
        (7200, 30.0),
    ]


@pytest.mark.parametrize(
    "bad",
    [None, "x", {}, {"hourly": []}, forecast(hourly_units={"temperature_2m": "°C"}), forecast(latitude=0)],
)
def test_a_place_that_cannot_be_read_costs_itself_alone(bad: Any) -> None:
    found: Forecasts = read(TWO, [bad, forecast()])
    assert [(one.place, len(one.hours)) for one in found.forecasts] == [(HONOLULU, 0), (DETROIT, 3)]
    assert found.left_out.counts == (("place", 1),)
    assert [piece for piece, _ in TWO.split(found)] == [ONE]


def test_a_town_that_cannot_be_read_costs_itself_alone() -> None:
    bad = [
        None,
        {"name": "London"},
        *({"name": "London", "latitude": value, "longitude": 0} for value in (91, 1e308, "x", None, True)),
    ]
    body = towns()
    body["results"] = [*bad, *body["results"]]
    found: Geocoded = read(TOWN, body)
    assert [place.country for place in found.places] == ["Canada", "United Kingdom"]
    assert found.left_out.counts == (("result", 7),)


@pytest.mark.parametrize(("units", "symbols"), [("imperial", ("°F", "mp/h")), ("metric", ("°C", "km/h"))])
def test_the_units_that_were_asked_for_are_the_units_of_the_answer(
    units: Units, symbols: tuple[str, str]
) -> None:
    told = dict(zip(("temperature_2m", "wind_speed_10m"), symbols, strict=True))
    (found,) = read(ForecastJob((DETROIT,), DAY, DAY, units), forecast(hourly_units=told)).forecasts
    assert found.units == units


# ── towns ──


def test_towns_come_in_the_geocoders_order_with_all_that_tells_them_apart() -> None:
    ontario = GeocodedPlace("London", 42.98, -81.23, "Canada", "Ontario", "CA")
    england = GeocodedPlace("London", 51.51, -0.13, "United Kingdom", country_code="GB")
    assert read(TOWN, towns()) == Geocoded((ontario, england))
    essex = {
        "name": "Newport",
        "latitude": 51.99,
        "longitude": 0.21,
        "country_code": "GB",
        "admin1": "England",
        "admin2": "Essex",
    }
    (newport,) = read(GeocodeJob("Newport, Essex"), {"results": [essex]}).places
    assert (newport.region, newport.districts) == ("England", ("Essex",))


@pytest.mark.parametrize(
    ("job", "name", "country"),
    [
        (GeocodeJob("Oxford, MS", wide=True, country="US"), "Oxford", "US"),
        (GeocodeJob("Saint Louis, Missouri", wide=True, country="US"), "Saint Louis", "US"),
        (GeocodeJob("Smallville", wide=True), "Smallville", None),
    ],
)
def test_once_more_all_results_of_the_country_are_asked_for(
    job: GeocodeJob, name: str, country: str | None
) -> None:
    params = dict(API.request(job).params)
    assert (params["count"], params["name"], params.get("countryCode")) == ("100", name, country)


def test_no_such_town_is_an_answer_without_results() -> None:
    assert read(TOWN, {"generationtime_ms": 0.1}) == Geocoded(())


# ── refusals ──


@pytest.mark.parametrize(
    ("reason", "retry_at"),
    [
        ("Minutely API request limit exceeded. Please try again in one minute.", 1_764_000_060.0),  # 16:01
        ("Hourly API request limit exceeded. Please try again in the next hour.", 1_764_003_600.0),  # 17:00
        ("Daily API request limit exceeded. Please try again tomorrow.", 1_764_028_800.0),  # midnight UTC
        ("Too many concurrent requests", NOW + 1),
        ("Something new", None),
    ],
)
def test_how_long_to_wait_is_in_the_text(reason: str, retry_at: float | None) -> None:
    error = refused(429, {"error": True, "reason": reason})
    assert type(error) is RateLimitedError
    assert error.retry_at == retry_at


def test_a_limit_met_on_the_full_minute_is_over_at_the_next() -> None:
    assert (
        refused(429, {"reason": "Minutely API request limit exceeded."}, 1_764_000_060.0).retry_at
        == 1_764_000_120.0
    )


def test_a_header_helps_where_the_text_does_not() -> None:
    assert refused(429, "<html>", retry_after=7).retry_at == NOW + 7


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RejectedError),
        (404, RejectedError),
        (401, ForbiddenError),
        (403, ForbiddenError),
        (500, ServerError),
        (503, ServerError),
    ],
)
def test_a_refusal_is_named_by_its_status_and_told_in_the_providers_words(
    status: int, kind: type[ProviderError]
) -> None:
    error = refused(status, {"error": True, "reason": "Invalid timezone"})
    assert type(error) is kind
    assert error.message == "weather: Invalid timezone"


def test_a_refusal_without_words_is_told_by_its_status() -> None:
    assert refused(502, "<html>").message == "weather: HTTP 502 without a reason"
    assert type(refused(302, {})) is BrokenAnswerError


# ── laws ──


@given(spoiled([forecast(), forecast(hours=4) | {"location_id": 1}]))
def test_a_spoiled_forecast_is_read_or_refused(body: Any) -> None:
    found: Forecasts | None = read_or_refused(lambda: read(TWO, body), "weather")
    for one in found.forecasts if found else ():
        times = [hour.time for hour in one.hours]
        assert times == sorted(set(times))


@given(spoiled(towns()))
def test_spoiled_towns_are_read_or_refused(body: Any) -> None:
    found: Geocoded | None = read_or_refused(lambda: read(TOWN, body), "weather")
    for place in found.places if found else ():
        Place(place.latitude, place.longitude)
