"""The answers of providers, parsed and checked."""

from __future__ import annotations

from dataclasses import dataclass

from oddsctl.domain.models import NOTHING_LEFT_OUT, Forecast, GeocodedPlace, LeftOut, OddsEvent, ScheduledGame


@dataclass(frozen=True, slots=True)
class SportEntry:
    """One line of `/v4/sports`."""

    key: str
    title: str
    active: bool
    has_outrights: bool


@dataclass(frozen=True, slots=True)
class Score:
    """One line of `/scores`."""

    id: str
    commence_time: float
    completed: bool
    home: str
    away: str
    home_score: int | None
    away_score: int | None


@dataclass(frozen=True, slots=True)
class Events:
    """Answer to `OddsJob` (one event if the job names one) and to `EventsJob` (no prices)."""

    events: tuple[OddsEvent, ...]
    left_out: LeftOut = NOTHING_LEFT_OUT

    @property
    def games(self) -> tuple[OddsEvent, ...]:
        """Events of two teams."""
        return tuple(event for event in self.events if event.title is None)

    @property
    def outrights(self) -> tuple[OddsEvent, ...]:
        """Competitions with one winner of many."""
        return tuple(event for event in self.events if event.title is not None)


@dataclass(frozen=True, slots=True)
class Sports:
    """Answer to `SportsJob`."""

    sports: tuple[SportEntry, ...]
    left_out: LeftOut = NOTHING_LEFT_OUT


@dataclass(frozen=True, slots=True)
class Scores:
    """Answer to `ScoresJob`."""

    scores: tuple[Score, ...]
    left_out: LeftOut = NOTHING_LEFT_OUT


@dataclass(frozen=True, slots=True)
class Schedule:
    """Answer to `ScheduleJob`.

    `skipped` counts entries that are not games of two teams, such as golf. `doubt` says why games may be
    missing.
    """

    games: tuple[ScheduledGame, ...]
    skipped: int = 0
    doubt: str | None = None
    left_out: LeftOut = NOTHING_LEFT_OUT


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Answer to `ForecastJob`: one per place of the job, in the job's order."""

    forecasts: tuple[Forecast, ...]

    @property
    def left_out(self) -> LeftOut:
        """Counts of unusable values, over all places."""
        return sum((forecast.left_out for forecast in self.forecasts), NOTHING_LEFT_OUT)


@dataclass(frozen=True, slots=True)
class Geocoded:
    """Answer to `GeocodeJob`; empty for an unknown town."""

    places: tuple[GeocodedPlace, ...]
    left_out: LeftOut = NOTHING_LEFT_OUT


Answer = Events | Sports | Scores | Schedule | Forecasts | Geocoded
