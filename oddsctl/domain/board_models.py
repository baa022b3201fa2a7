"""A board as a user sees it: games with venue, weather and prices, and where each part came from."""

from __future__ import annotations

from dataclasses import dataclass

from oddsctl.domain.models import Locator, Price, Roof, Status, Units


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather at kick-off: instant values at the nearest hour, preceding-hour values from the hour that
    contains it.
    """

    time: float
    temperature: float | None
    apparent_temperature: float | None
    wind_speed: float | None
    wind_gusts: float | None
    precipitation_probability: float | None
    precipitation: float | None
    code: int | None
    units: Units


@dataclass(frozen=True, slots=True)
class Venue:
    """Where a game is played, with what our own table adds to the schedule's word.

    `located_by` is where the coordinates are from.
    """

    name: str
    city: str | None
    roof: Roof | None
    latitude: float | None
    longitude: float | None
    neutral: bool
    located_by: Locator | None = None


@dataclass(frozen=True, slots=True)
class Game:
    """One game of the board.

    `odds` holds every price known, `best` the best of each outcome at the most common point.
    """

    id: str
    sport: str
    commence_time: float
    time_confirmed: bool
    home: str
    away: str
    status: Status
    home_score: int | None = None
    away_score: int | None = None
    venue: Venue | None = None
    odds: tuple[Price, ...] = ()
    best: tuple[Price, ...] = ()
    weather: Weather | None = None


@dataclass(frozen=True, slots=True)
class Outright:
    """One competition of the board that one of many wins.

    `best` holds the highest price of each, favourites first.
    """

    id: str
    sport: str
    title: str
    commence_time: float
    odds: tuple[Price, ...] = ()
    best: tuple[Price, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where one part of a board came from.

    `api` is who was asked, `reason` one of the closed set of reason codes.
    """

    api: str
    sport: str
    reason: str
    fetched_at: float | None
    age_seconds: float | None
    credits: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What one invocation did: HTTP requests sent, credits spent, and the last reported balance."""

    calls: int
    credits: int
    credits_remaining: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """The answer to `fetch`."""

    generated_at: float
    demo: bool
    games: tuple[Game, ...]
    sources: tuple[Source, ...]
    usage: Usage
    warnings: tuple[str, ...] = ()
    outrights: tuple[Outright, ...] = ()
    notes: tuple[str, ...] = ()
    """What is not on the board, and when there is something again."""
