"""The stored answers: what a new one clears away, and what it leaves."""

from __future__ import annotations

from oddsctl.domain.answers import Forecasts, Geocoded
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, Job
from oddsctl.domain.models import Forecast, GeocodedPlace, Place
from oddsctl.domain.requests import Purpose
from oddsctl.domain.settings import FreshnessSettings
from oddsctl.state.responses import CacheEntry, ResponseCache
from oddsctl.store.memory import MemoryStore
from tests.fakes import FakeClock

DAY = 86400.0
DETROIT = Place(42.34, -83.05)


def kept(job: Job, at: float, answer: Geocoded | Forecasts) -> CacheEntry:
    return CacheEntry(job, at, at, 0, Purpose.OWN, answer)


def test_a_town_is_remembered_though_others_are_asked_for_on_later_days() -> None:
    shelves = ResponseCache(MemoryStore(), FakeClock(), FreshnessSettings())
    found, missed = GeocodeJob("Oxford, OH"), GeocodeJob("Oxford, MS", wide=True, country="US")
    shelves.put(
        kept(found, 0.0, Geocoded((GeocodedPlace("Oxford", 39.5, -84.7, "United States", "Ohio", "US"),)))
    )
    shelves.put(kept(missed, 0.0, Geocoded(())))
    for day in range(1, 30):
        shelves.put(kept(GeocodeJob(f"Town {day}"), day * DAY, Geocoded(())))
        shelves.put(kept(GeocodeJob("Oxford, MS"), day * DAY, Geocoded(())))
    for job in (found, missed):
        assert [one.kept.job for one in shelves.candidates(job)] == [job]


def test_an_old_forecast_makes_room_for_a_new_one() -> None:
    shelves = ResponseCache(MemoryStore(), FakeClock(), FreshnessSettings())
    old, new = ForecastJob((DETROIT,), 1, 2), ForecastJob((DETROIT,), 6, 7)
    for job, at in ((old, 0.0), (new, 5 * DAY)):
        shelves.put(kept(job, at, Forecasts((Forecast(DETROIT, "imperial", ()),))))
    assert list(shelves.candidates(old)) == []
