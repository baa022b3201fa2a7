"""Weather at kick-off: where each open-air game is played, and one wish a place for all its games."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from oddsctl import board
from oddsctl.messages.jobs import ForecastJob, Forecasts, Geocoded, GeocodeJob
from oddsctl.messages.wishes import Outcome, Priority, PriorityRequest
from oddsctl.models import Game, Place, ScheduledGame, Sport, Units, Venue, VenueRef, Weather
from oddsctl.policy.coalesce import DAYS_PER_CALL
from oddsctl.providers import venues

DAY = 86400
PLAYED_UNDER_THE_SKY = ("scheduled", "live", "delayed")


class KickOffWeather:
    """What to ask for the weather of the games of one run. `ask` finds towns."""

    def __init__(self, ask: Callable[[Sequence[PriorityRequest]], list[Outcome]], units: Units, now: float) -> None:
        self._ask = ask
        self._units = units
        self._now = now

    def wishes(self, games: Sequence[Game], schedule: Sequence[ScheduledGame]) -> dict[str, PriorityRequest]:
        """A wish per open-air game within reach of a forecast, by the game's id; those of one place are equal."""
        places = self._places(games, {game.id: game.venue for game in schedule})
        today = int(self._now // DAY)
        days: dict[Place, set[int]] = {}
        for game in games:
            if game.id in places:
                days.setdefault(places[game.id], set()).update(int(stamp // DAY) for stamp in board.weather_hours(game.commence_time))
        wishes = {}
        for game in games:
            if (place := places.get(game.id)) and max(days[place]) < today + DAYS_PER_CALL:
                job = ForecastJob((place,), min(days[place]), max(days[place]), self._units)
                wishes[game.id] = PriorityRequest(job, Priority.HIGH, game_time=game.commence_time)
        return wishes

    def _places(self, games: Sequence[Game], refs: dict[str, VenueRef | None]) -> dict[str, Place]:
        """Where each open-air game is played: our venue table, else the town as the geocoder knows it."""
        places: dict[str, Place] = {}
        towns: dict[str, GeocodeJob] = {}
        for game in games:
            venue, ref = game.venue, refs.get(game.id)
            if venue is None or not under_the_sky(game):
                continue
            if venue.latitude is not None and venue.longitude is not None:
                places[game.id] = Place(venue.latitude, venue.longitude)
            elif ref and ref.city:
                towns[game.id] = GeocodeJob(", ".join(filter(None, (ref.city, ref.state or ref.country))))
        jobs = list(dict.fromkeys(towns.values()))
        outcomes = self._ask([PriorityRequest(job, Priority.HIGH) for job in jobs]) if jobs else []
        found = {outcome.job: outcome for outcome in outcomes}
        return places | {game_id: place for game_id, job in towns.items() if (place := _first_place(found[job]))}


def under_the_sky(game: Game) -> bool:
    """Whether weather matters to the game: it will be played, and under no fixed roof."""
    return game.venue is not None and game.venue.roof != "fixed" and game.status in PLAYED_UNDER_THE_SKY


def games_of(sport: Sport, schedule: Sequence[ScheduledGame], now: float) -> list[Game]:
    """The scheduled games as those of a board, with what our venue table adds."""
    by_id = {game.id: game for game in schedule}
    return [replace(game, venue=venue_of(sport, by_id[game.id])) for game in board.join(sport, schedule, (), board.NO_NAMES, now)]


def venue_of(sport: Sport, game: ScheduledGame) -> Venue | None:
    """Where a game is played: the schedule's word, and our own table's roof and place."""
    if game.venue is None:
        return None
    fact = venues.find((sport.espn_path or "").partition("/")[0], game.venue)
    roof = venues.roof_of(fact, game.venue, sport.indoor)
    city = game.venue.city or (fact.city if fact else None)
    latitude, longitude = (fact.latitude, fact.longitude) if fact else (None, None)
    return Venue(game.venue.name, city, roof, latitude, longitude, game.neutral)


def at_kick_off(outcome: Outcome, game: Game) -> Weather | None:
    """The game's weather in the answer to its wish."""
    return board.weather_at(outcome.answer.forecasts[0], game.commence_time) if isinstance(outcome.answer, Forecasts) else None


def _first_place(outcome: Outcome) -> Place | None:
    places = outcome.answer.places if isinstance(outcome.answer, Geocoded) else ()
    return Place(places[0].latitude, places[0].longitude) if places else None
