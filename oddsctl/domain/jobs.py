"""Jobs: what may be asked of a provider, each in one canonical spelling. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeGuard

from oddsctl.domain import sharing
from oddsctl.domain.answers import Answer, Forecasts, Schedule
from oddsctl.domain.job import BaseJob
from oddsctl.domain.models import Place, Units
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob, ScoresJob, SportsJob
from oddsctl.domain.units import eastern_day

OPEN_METEO = "weather"
"""One flight for all its calls: it allows one request at a time per address (FACTS 3.3)."""


@dataclass(frozen=True)
class ScheduleJob(BaseJob):
    """ESPN's scoreboard of a league for one US Eastern day (`dates` = YYYYMMDD) or one month (YYYYMM).

    `folds`: whether a month of the league fits one answer.
    """

    league: str
    dates: str
    groups: str | None = None
    folds: bool = field(default=True, compare=False)
    api = "espn"
    endpoint = "scoreboard"
    freshness = "schedule"
    is_main_call = True

    @property
    def prefix(self) -> str:
        return f"espn/schedule/{self.league}/{self.groups or '-'}/"

    @property
    def key(self) -> str:
        return f"{self.prefix}{self.dates}"

    def label(self) -> str:
        dates = (self.dates[:4], self.dates[4:6], self.dates[6:])
        return f"schedule {'-'.join(filter(None, dates))}"

    def covers(self, other: BaseJob) -> bool:
        return self._is_alike(other) and other.dates.startswith(self.dates)

    def _merged(self, other: BaseJob) -> ScheduleJob | None:
        """Two days of a month make the month."""
        month = self.dates[:6]
        alike = self.folds and self._is_alike(other) and month == other.dates[:6]
        return replace(self, dates=month) if alike else None

    def _extracted(self, answer: Answer, other: BaseJob) -> Answer | None:
        if not (self._is_alike(other) and isinstance(answer, Schedule)):
            return None
        games = tuple(game for game in answer.games if eastern_day(game.start).startswith(other.dates))
        return replace(answer, games=games)

    def part(self, about: str | None) -> str | None:
        return f"part/espn/sport/{self.league}" if about == "sport" else None

    def _is_alike(self, other: BaseJob) -> TypeGuard[ScheduleJob]:
        return isinstance(other, ScheduleJob) and (self.league, self.groups) == (other.league, other.groups)


@dataclass(frozen=True)
class ForecastJob(BaseJob):
    """Hourly weather for places, from the start of UTC day `first_day` to the end of `last_day` (epoch days,
    inclusive).
    """

    places: tuple[Place, ...]
    first_day: int
    last_day: int
    units: Units = "imperial"
    api = "weather"
    endpoint = "forecast"
    freshness = "forecast"
    is_main_call = True
    league = None
    flight = OPEN_METEO

    def __post_init__(self) -> None:
        ordered = sorted(set(self.places), key=lambda place: (place.latitude, place.longitude))
        object.__setattr__(self, "places", tuple(ordered))

    @property
    def prefix(self) -> str:
        places = ";".join(f"{place.latitude:.2f},{place.longitude:.2f}" for place in self.places)
        return f"weather/forecast/{self.units}/{places}/"

    @property
    def key(self) -> str:
        return f"{self.prefix}{self.first_day}-{self.last_day}"

    def label(self) -> str:
        if len(self.places) == 1:
            return f"weather {self.places[0].latitude:.2f},{self.places[0].longitude:.2f}"
        return f"weather {len(self.places)} places"

    def covers(self, other: BaseJob) -> bool:
        return isinstance(other, ForecastJob) and sharing.covers_forecasts(self, other)

    def _merged(self, other: BaseJob) -> ForecastJob | None:
        return sharing.merge_forecasts(self, other) if isinstance(other, ForecastJob) else None

    def _extracted(self, answer: Answer, other: BaseJob) -> Answer | None:
        if isinstance(other, ForecastJob) and isinstance(answer, Forecasts):
            return sharing.extract_forecasts(answer, other)
        return None

    def split(self, answer: Answer) -> tuple[tuple[BaseJob, Answer], ...]:
        """Each place on its own, except one that could not be read."""
        if not isinstance(answer, Forecasts):
            return super().split(answer)
        return tuple(
            (replace(self, places=(one.place,)), Forecasts((one,)))
            for one in answer.forecasts
            if one.hours or not one.left_out
        )


@dataclass(frozen=True)
class GeocodeJob(BaseJob):
    """Where a town is.

    `wide` asks for all results there are, of one `country` (its ISO code) where it is known.
    """

    town: str
    wide: bool = False
    country: str | None = None
    api = "weather"
    endpoint = "geocode"
    freshness = "geocoding"
    keeps_older_answers = True
    ignores_max_age = True
    league = None
    flight = OPEN_METEO

    @property
    def prefix(self) -> str:
        return f"weather/geocode/{self.town.strip().casefold()}"

    @property
    def key(self) -> str:
        return f"{self.prefix}/{self.country or 'all'}" if self.wide else self.prefix

    def label(self) -> str:
        return f"place {self.town}"


Job = BaseJob
"""Any job. Import it from here: then all of `JOB_CLASSES` are known, and any stored job can be decoded."""
JOB_CLASSES: tuple[type[BaseJob], ...] = (
    OddsJob,
    EventsJob,
    SportsJob,
    ScoresJob,
    ScheduleJob,
    ForecastJob,
    GeocodeJob,
)


def main_endpoints() -> frozenset[str]:
    """Return the endpoints of the jobs that providers are there for."""
    return frozenset(job.endpoint for job in BaseJob.__subclasses__() if job.is_main_call)
