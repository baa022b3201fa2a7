"""Jobs: what may be asked of a provider, each in one canonical spelling; and what it brings home.

Frozen values; nothing else may enter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from oddsctl.domain.models import (
    Place,
    Sport,
    Units,
)
from oddsctl.domain.units import EASTERN


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
    def prefix(self) -> str:
        return f"odds/event/{self.sport}/{self.event}/" if self.event else self.board_prefix

    @property
    def board_prefix(self) -> str:
        """Where the boards are that may answer it too."""
        return f"odds/board/{self.sport}/"

    @property
    def key(self) -> str:
        return f"{self.prefix}{_list(self.markets)}/{_list(self.regions)}/{_list(self.bookmakers)}"


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
    def prefix(self) -> str:
        return "odds/events/"

    @property
    def key(self) -> str:
        return f"{self.prefix}{self.sport}"


@dataclass(frozen=True)
class SportsJob:
    """The sports The Odds API offers now; free, and a free way to read the balance."""

    api = "odds"
    endpoint = "sports"

    @property
    def prefix(self) -> str:
        return "odds/sports/"

    @property
    def key(self) -> str:
        return f"{self.prefix}all"


@dataclass(frozen=True)
class ScoresJob:
    """Scores of live and upcoming games; `days_from` 1 to 3 adds finished ones."""

    sport: str
    days_from: int | None = None
    api = "odds"
    endpoint = "scores"

    @property
    def prefix(self) -> str:
        return f"odds/scores/{self.sport}/"

    @property
    def key(self) -> str:
        return f"{self.prefix}{self.days_from or 0}"


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
    def prefix(self) -> str:
        return f"espn/schedule/{self.league}/{self.groups or '-'}/"

    @property
    def key(self) -> str:
        return f"{self.prefix}{self.dates}"


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
    def prefix(self) -> str:
        places = ";".join(f"{place.latitude:.2f},{place.longitude:.2f}" for place in self.places)
        return f"weather/forecast/{self.units}/{places}/"

    @property
    def key(self) -> str:
        return f"{self.prefix}{self.first_day}-{self.last_day}"


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
    def prefix(self) -> str:
        return f"weather/geocode/{self.town.strip().casefold()}"

    @property
    def key(self) -> str:
        return f"{self.prefix}/{self.country or 'all'}" if self.wide else self.prefix


Job = OddsJob | EventsJob | SportsJob | ScoresJob | ScheduleJob | ForecastJob | GeocodeJob


def _list(words: tuple[str, ...]) -> str:
    return ",".join(words) or "-"


# ── what it brings home; `left_out` counts entries that could not be used ──


def price(job: OddsJob) -> int:
    """Credits of a board or of an event's odds, by the markets and regions asked for (FACTS 1.2)."""
    return len(job.markets) * job.region_count


ID_BEGINNING = 8
"""So many characters tell the events of a sport apart."""


def label(job: Job) -> str:
    """The job in a few words."""
    match job:
        case OddsJob(_, markets, regions, bookmakers, event):
            part = f"event {event[:ID_BEGINNING]}" if event else "board"
            return f"{part} {','.join(markets)} {','.join(bookmakers or regions)}"
        case EventsJob():
            return "events"
        case SportsJob():
            return "sports"
        case ScoresJob():
            return "scores"
        case ScheduleJob(_, dates):
            return f"schedule {'-'.join(filter(None, (dates[:4], dates[4:6], dates[6:])))}"
        case ForecastJob((place,)):
            return f"weather {place.latitude:.2f},{place.longitude:.2f}"
        case ForecastJob(places):
            return f"weather {len(places)} places"
        case GeocodeJob(town):
            return f"place {town}"


def schedule_jobs(sport: Sport, start: float, end: float, *, by_day: bool = False) -> tuple[ScheduleJob, ...]:
    """The fewest scoreboards that hold every game from `start` to before `end` (epoch seconds).

    Days are US Eastern. They are asked as whole months where a month of the league fits one answer: the empty
    answer to a single day proves nothing, and ranges fail since September 2026. `by_day` asks for single days
    where they can be relied on: they are a fraction of the size. None for a sport that ESPN does not have.
    """
    dates = (
        dict.fromkeys(_asked_as(sport, day, by_day=by_day) for day in _eastern_days(start, end))
        if sport.espn_path
        else ()
    )
    return tuple(_scoreboard(sport, date) for date in dates)


def day_job(sport: Sport, day: str) -> ScheduleJob:
    """The scoreboard that holds the games of a US Eastern day (YYYYMMDD) of a sport that ESPN has."""
    return _scoreboard(sport, _asked_as(sport, day, by_day=False))


def _eastern_days(start: float, end: float) -> Iterator[str]:
    """The days, YYYYMMDD, that the span touches; none where it is empty."""
    day = datetime.fromtimestamp(start, UTC).astimezone(EASTERN).date()
    while datetime(day.year, day.month, day.day, tzinfo=EASTERN).timestamp() < end > start:
        yield day.strftime("%Y%m%d")
        day += timedelta(days=1)


def _asked_as(sport: Sport, day: str, *, by_day: bool) -> str:
    return day[:6] if sport.folds_months and not (by_day and _knows_days(sport)) else day


def _scoreboard(sport: Sport, dates: str) -> ScheduleJob:
    """A day that is asked for as such is not to be merged into its month again."""
    return ScheduleJob(sport.espn_path or "", dates, sport.espn_groups, folds=len(dates) == len("YYYYMM"))


def _knows_days(sport: Sport) -> bool:
    """Whether a single day holds all its games: in soccer, days beyond about tomorrow are answered without
    any (FACTS 2.2).
    """
    return not (sport.espn_path or "").startswith("soccer/")
