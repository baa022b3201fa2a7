"""Jobs: what may be asked of a provider, each in one canonical spelling; and what it brings home.

Frozen values; nothing else may enter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from oddsctl.domain.models import (
    NOTHING_LEFT_OUT,
    Forecast,
    GeocodedPlace,
    LeftOut,
    OddsEvent,
    Place,
    ScheduledGame,
    Units,
)


def canonical(words: Iterable[str]) -> tuple[str, ...]:
    """One spelling for equal lists: case folded, blanks dropped, sorted, each once."""
    return tuple(sorted({word.strip().casefold() for word in words} - {""}))


# ── what may be asked; its key is its identity ──


@dataclass(frozen=True)
class OddsJob:
    """The whole board of a sport, or of one `event` of it.

    `bookmakers`, when given, stand in for `regions`, as at the provider.
    """

    sport: str
    markets: tuple[str, ...]
    regions: tuple[str, ...] = ()
    bookmakers: tuple[str, ...] = ()
    event: str | None = None
    api = "odds"
    endpoint = "odds"

    def __post_init__(self) -> None:
        object.__setattr__(self, "markets", canonical(self.markets))
        object.__setattr__(self, "bookmakers", canonical(self.bookmakers))
        object.__setattr__(self, "regions", () if self.bookmakers else canonical(self.regions))

    @property
    def region_count(self) -> int:
        """What the price is multiplied by: each region, or each begun ten of named books."""
        return math.ceil(len(self.bookmakers) / 10) if self.bookmakers else len(self.regions)

    @property
    def shelf(self) -> str:
        return f"odds/event/{self.sport}/{self.event}/" if self.event else self.board_shelf

    @property
    def board_shelf(self) -> str:
        """Where the boards are that may answer it too."""
        return f"odds/board/{self.sport}/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{_list(self.markets)}/{_list(self.regions)}/{_list(self.bookmakers)}"


def board_of(key: str) -> OddsJob | None:
    """The job for a whole board whose `key` this is; None for any other key."""
    match key.split("/"):
        case ["odds", "board", sport, *lists] if len(lists) == 3:
            markets, regions, bookmakers = (
                () if names == "-" else tuple(names.split(",")) for names in lists
            )
            return OddsJob(sport, markets, regions, bookmakers)
        case _:
            return None


@dataclass(frozen=True)
class EventsJob:
    """The Odds API's own schedule of a sport; free."""

    sport: str
    api = "odds"
    endpoint = "events"

    @property
    def shelf(self) -> str:
        return "odds/events/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{self.sport}"


@dataclass(frozen=True)
class SportsJob:
    """The sports The Odds API offers now; free, and a free way to read the balance."""

    api = "odds"
    endpoint = "sports"

    @property
    def shelf(self) -> str:
        return "odds/sports/"

    @property
    def key(self) -> str:
        return f"{self.shelf}all"


@dataclass(frozen=True)
class ScoresJob:
    """Scores of live and upcoming games; `days_from` 1 to 3 adds finished ones."""

    sport: str
    days_from: int | None = None
    api = "odds"
    endpoint = "scores"

    @property
    def shelf(self) -> str:
        return f"odds/scores/{self.sport}/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{self.days_from or 0}"


@dataclass(frozen=True)
class ScheduleJob:
    """ESPN's scoreboard of a league for one US Eastern day (`dates` = YYYYMMDD) or one month (YYYYMM).

    `folds`: whether a month of the league fits one answer.
    """

    league: str
    dates: str
    groups: str | None = None
    folds: bool = field(default=True, compare=False)
    api = "espn"
    endpoint = "scoreboard"

    @property
    def shelf(self) -> str:
        return f"espn/schedule/{self.league}/{self.groups or '-'}/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{self.dates}"


@dataclass(frozen=True)
class ForecastJob:
    """Hourly weather for places, from the start of UTC day `first_day` to the end of `last_day` (epoch days,
    inclusive).
    """

    places: tuple[Place, ...]
    first_day: int
    last_day: int
    units: Units = "imperial"
    api = "weather"
    endpoint = "forecast"

    def __post_init__(self) -> None:
        ordered = sorted(set(self.places), key=lambda place: (place.latitude, place.longitude))
        object.__setattr__(self, "places", tuple(ordered))

    @property
    def shelf(self) -> str:
        places = ";".join(f"{place.latitude:.2f},{place.longitude:.2f}" for place in self.places)
        return f"weather/forecast/{self.units}/{places}/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{self.first_day}-{self.last_day}"


@dataclass(frozen=True)
class GeocodeJob:
    """Where a town is.

    `wide` asks for all results there are, of one `country` (its ISO code) where it is known.
    """

    town: str
    wide: bool = False
    country: str | None = None
    api = "weather"
    endpoint = "geocode"

    @property
    def shelf(self) -> str:
        return f"weather/geocode/{self.town.strip().casefold()}"

    @property
    def key(self) -> str:
        return f"{self.shelf}/{self.country or 'all'}" if self.wide else self.shelf


Job = OddsJob | EventsJob | SportsJob | ScoresJob | ScheduleJob | ForecastJob | GeocodeJob


def _list(words: tuple[str, ...]) -> str:
    return ",".join(words) or "-"


# ── what it brings home; `left_out` counts entries that could not be used ──


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
    """Answer to `OddsJob` (one event where it names one) and `EventsJob` (no prices)."""

    events: tuple[OddsEvent, ...]
    left_out: LeftOut = NOTHING_LEFT_OUT

    @property
    def games(self) -> tuple[OddsEvent, ...]:
        """Those of two teams."""
        return tuple(event for event in self.events if event.title is None)

    @property
    def outrights(self) -> tuple[OddsEvent, ...]:
        """Competitions that one of many wins."""
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
    """Answer to `ScheduleJob`. `skipped` counts entries that are no game of two teams (golf, fight cards).

    `doubt` says why games may be missing.
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
        """What could not be used, of all places together."""
        return sum((forecast.left_out for forecast in self.forecasts), NOTHING_LEFT_OUT)


@dataclass(frozen=True, slots=True)
class Geocoded:
    """Answer to `GeocodeJob`; empty when the geocoder knows no such town."""

    places: tuple[GeocodedPlace, ...]
    left_out: LeftOut = NOTHING_LEFT_OUT


Answer = Events | Sports | Scores | Schedule | Forecasts | Geocoded
