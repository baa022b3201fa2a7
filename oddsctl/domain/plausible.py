"""Bounds on the numbers and texts of providers. What lies beyond is a mistake and is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from oddsctl.domain.answers import Answer, Events, Forecasts, Schedule
from oddsctl.domain.models import (
    Forecast,
    Hour,
    LeftOut,
    OddsEvent,
    Price,
    ScheduledGame,
)
from oddsctl.domain.units import LAST_INSTANT

T = TypeVar("T")
LARGEST = 1e10
"""No number of a provider is larger, including times in seconds and credits."""
LONGEST_WORD = 200
"""Characters that a name may have."""
HIGHEST_PRICE = 100_000.0
"""Decimal odds at the most; exchanges end at 1000."""
LARGEST_POINT = 10_000.0
HIGHEST_SCORE = 1000
MOST_CREDITS = 10**9
DEAREST = 10**5
"""Credits of an account, and of one call, at the most."""
WEATHER = {
    "temperature": (-150.0, 150.0),
    "apparent_temperature": (-200.0, 200.0),
    "wind_speed": (0.0, 500.0),
    "wind_gusts": (0.0, 600.0),
    "precipitation_probability": (0.0, 100.0),
    "precipitation": (0.0, 1000.0),
    "code": (0.0, 99.0),
}
"""The range of each value of an hour, in any unit system."""


def is_price(price: Price) -> bool:
    """True when the price, its names and its point are plausible."""
    names = (price.bookmaker, price.market, price.outcome)
    return (
        1 < price.price <= HIGHEST_PRICE
        and (price.point is None or abs(price.point) <= LARGEST_POINT)
        and max(map(len, names)) <= LONGEST_WORD
    )


def sound(answer: Answer) -> Answer:
    """Return a cached answer without implausible values, which earlier versions stored.

    Returns the same object when there are none.
    """
    match answer:
        case Events(events, left_out):
            kept, out = _sifted(events, _event, left_out)
            return answer if out is left_out else replace(answer, events=kept, left_out=out)
        case Schedule(games, left_out=left_out):
            listed, out = _sifted(games, _game, left_out)
            return answer if out is left_out else replace(answer, games=listed, left_out=out)
        case Forecasts(forecasts):
            sound_ones = tuple(map(_forecast, forecasts))
            return answer if sound_ones == forecasts else Forecasts(sound_ones)
        case _:
            return answer


def _sifted(
    entries: Sequence[T], read: Callable[[T], tuple[T | None, str]], left_out: LeftOut
) -> tuple[tuple[T, ...], LeftOut]:
    """Return the entries as `read` returns them, and the counts of what it left out, by kind."""
    kept = []
    for entry in entries:
        found, kind = read(entry)
        if kind:
            left_out += LeftOut(((kind, 1),), "stored by an earlier version")
        if found is not None:
            kept.append(found)
    return tuple(kept), left_out


def _event(event: OddsEvent) -> tuple[OddsEvent | None, str]:
    if not _is_plausible((event.id, event.home, event.away), event.commence_time):
        return None, "event"
    if all(map(is_price, event.prices)):
        return event, ""
    return replace(event, prices=tuple(filter(is_price, event.prices))), "price"


def _game(game: ScheduledGame) -> tuple[ScheduledGame | None, str]:
    if not _is_plausible((game.id, game.home, game.away), game.start):
        return None, "event"
    scores = game.home_score, game.away_score
    if all(score is None or 0 <= score <= HIGHEST_SCORE for score in scores) and all(
        map(is_price, game.line)
    ):
        return game, ""
    home, away = (score if score is not None and 0 <= score <= HIGHEST_SCORE else None for score in scores)
    return replace(game, home_score=home, away_score=away, line=tuple(filter(is_price, game.line))), "value"


def _is_plausible(names: Iterable[str], time: float) -> bool:
    return max(map(len, names)) <= LONGEST_WORD and 0 <= time < LAST_INSTANT


def _forecast(forecast: Forecast) -> Forecast:
    hours = tuple(hour for hour in map(_hour, forecast.hours) if 0 <= hour.time < LAST_INSTANT)
    return forecast if hours == forecast.hours else replace(forecast, hours=hours)


def _hour(hour: Hour) -> Hour:
    for name, (lowest, highest) in WEATHER.items():
        value = getattr(hour, name)
        if value is not None and not lowest <= value <= highest:
            hour = replace(hour, **{name: None})  # type: ignore[arg-type]  # each of these may be None
    return hour
