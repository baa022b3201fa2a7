"""What the world is made of: sports, games, prices, forecasts, venues.

Frozen values, valid once built; no I/O.

All times are epoch seconds, UTC. All prices are decimal odds (stake included). Weather is in the units named
beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["scheduled", "live", "final", "postponed", "canceled", "delayed"]
Roof = Literal["open", "fixed", "retractable"]
Units = Literal["imperial", "metric"]
Locator = Literal["table", "geocoding"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The entries of an answer that could not be used: how many of each kind, and what was wrong with the
    first.
    """

    counts: tuple[tuple[str, int], ...] = ()
    first: str = ""

    def __bool__(self) -> bool:
        return bool(self.counts)

    def __add__(self, other: LeftOut) -> LeftOut:
        together = dict(self.counts)
        for kind, count in other.counts:
            together[kind] = together.get(kind, 0) + count
        return LeftOut(tuple(together.items()), self.first or other.first)

    def __str__(self) -> str:
        """For one line: `left out 2 prices and 1 event that cannot be used (first: event 3 has no id)`."""
        counted = [f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in self.counts]
        together = " and ".join(filter(None, (", ".join(counted[:-1]), *counted[-1:])))
        return f"left out {together} that cannot be used" + (f" (first: {self.first})" if self.first else "")


NOTHING_LEFT_OUT = LeftOut()


@dataclass(frozen=True, slots=True)
class Sport:
    """A league as the command line names it, and what each provider calls it."""

    name: str
    title: str
    odds_key: str | None
    espn_path: str | None
    espn_groups: str | None = None
    default_days: int = 2
    american: bool = False
    indoor: bool = False
    folds_months: bool = True
    """Whether a month of this league fits into one ESPN answer (its limit is 500 events)."""
    preseason_key: str | None = None
    """What The Odds API calls its preseason, where that is a sport of its own there."""

    @property
    def has_only_outrights(self) -> bool:
        """Whether The Odds API lists no games under this key, only a competition's winner (FACTS 1.7)."""
        return (self.odds_key or "").endswith("_winner")


_TOO_MANY_A_MONTH = (
    "baseball/",
    "softball/",
    "soccer/all",
    "soccer/usa.ncaa",
    "college-basketball",
    "college-volleyball",
    "tennis/",
    "cricket/",
)


def month_fits(espn_path: str | None) -> bool:
    """Whether a month of the league that ESPN calls so fits into one answer.

    Unknown leagues are taken to be of the usual size.
    """
    return not any(part in (espn_path or "") for part in _TOO_MANY_A_MONTH)


@dataclass(frozen=True, slots=True)
class Price:
    """One bookmaker's price for one outcome of one market.

    `point` is the handicap or the total; h2h has none.
    """

    bookmaker: str
    market: str
    outcome: str
    price: float
    point: float | None = None
    last_update: float | None = None


@dataclass(frozen=True, slots=True)
class OddsEvent:
    """A game as The Odds API knows it, with the prices of all its books (none from the free `/events`).

    With a `title` it is no game but a competition that one of many wins, and has no teams.
    """

    id: str
    commence_time: float
    home: str
    away: str
    prices: tuple[Price, ...] = ()
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A game as a board or the free list of The Odds API holds it.

    `markets` are those that a book prices; a free list has none.
    """

    id: str
    start: float
    home: str
    away: str
    markets: tuple[str, ...] = ()

    @classmethod
    def of(cls, event: OddsEvent) -> Listed:
        """The game without its prices."""
        markets = tuple(sorted({price.market for price in event.prices}))
        return cls(event.id, event.commence_time, event.home, event.away, markets)


@dataclass(frozen=True, slots=True)
class VenueRef:
    """A venue as a schedule names it. `indoor` is None where the provider does not say (all of soccer)."""

    id: str | None
    name: str
    city: str | None = None
    state: str | None = None
    country: str | None = None
    indoor: bool | None = None


@dataclass(frozen=True, slots=True)
class ScheduledGame:
    """A game as ESPN knows it. `line` is ESPN's own line, as bookmaker `espn:NAME`."""

    id: str
    start: float
    time_confirmed: bool
    home: str
    away: str
    status: Status
    home_score: int | None = None
    away_score: int | None = None
    neutral: bool = False
    venue: VenueRef | None = None
    line: tuple[Price, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the ground, degrees north and east, rounded to what a forecast can tell apart (0.01° is
    about 1 km).
    """

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (-90 <= self.latitude <= 90 and -180 <= self.longitude <= 180):
            raise ValueError(f"no such place: latitude {self.latitude}, longitude {self.longitude}")
        object.__setattr__(self, "latitude", round(self.latitude, 2) + 0.0)
        object.__setattr__(self, "longitude", round(self.longitude, 2) + 0.0)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of a forecast as the provider stamps it.

    Temperature, wind speed and code hold at `time`; gusts, precipitation and its probability cover the hour
    that ends at `time`.
    """

    time: float
    temperature: float | None = None
    apparent_temperature: float | None = None
    wind_speed: float | None = None
    wind_gusts: float | None = None
    precipitation_probability: float | None = None
    precipitation: float | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The hours of one place, ascending; one that could not be read is missing."""

    place: Place
    units: Units
    hours: tuple[Hour, ...]
    left_out: LeftOut = NOTHING_LEFT_OUT


@dataclass(frozen=True, slots=True)
class GeocodedPlace:
    """A town that the geocoder found.

    `region` is its state or province, `districts` are the parts of that which it lies in.
    """

    name: str
    latitude: float
    longitude: float
    country: str | None = None
    region: str | None = None
    country_code: str | None = None
    districts: tuple[str, ...] = ()
