"""Weather at kick-off: where each open-air game is played, and one request a place for all its games."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from oddsctl.catalog import towns, venues
from oddsctl.domain import board, game_matching
from oddsctl.domain.answers import Forecasts, Geocoded
from oddsctl.domain.board_models import Game, Venue, Weather
from oddsctl.domain.jobs import ForecastJob, GeocodeJob
from oddsctl.domain.models import Place, ScheduledGame, Sport, Units, VenueRef
from oddsctl.domain.requests import Outcome, Priority, PriorityRequest, Reason
from oddsctl.domain.sharing import DAYS_PER_CALL
from oddsctl.domain.units import DAY

PLAYED_UNDER_THE_SKY = ("scheduled", "live", "delayed")
MOST_NAMED = 3
"""Towns that were not found are named up to here, beyond it counted."""


@dataclass(frozen=True, slots=True)
class WeatherSurvey:
    """What to ask for, by game id.

    `geocoded` are the places that our venue table lacks, `unplaced` why other games have no place.
    """

    wishes: Mapping[str, PriorityRequest]
    geocoded: Mapping[str, Place]
    unplaced: tuple[Outcome, ...]


class KickoffWeather:
    """What to ask for the weather of the games of one run. `ask` finds towns."""

    def __init__(
        self, ask: Callable[[Sequence[PriorityRequest]], list[Outcome]], units: Units, now: float
    ) -> None:
        self._ask = ask
        self._units = units
        self._now = now

    def requests(
        self, games: Sequence[Game], schedule: Sequence[ScheduledGame]
    ) -> Mapping[str, PriorityRequest]:
        """A request per open-air game within reach of a forecast, by the game's id; those of one place are
        equal.
        """
        return self.survey(games, schedule).wishes

    def survey(self, games: Sequence[Game], schedule: Sequence[ScheduledGame]) -> WeatherSurvey:
        """Where the open-air games within reach of a forecast are played, and what to ask for them.

        Each game counts by its own days: one that no forecast reaches takes nothing from the others at its
        place.
        """
        games = [
            game
            for game in games
            if is_outdoor(game) and board.hour_is_known(game) and self._is_within_reach(game)
        ]
        refs = {game.id: game.venue for game in schedule}
        known = {game.id: place for game in games if (place := _place_of(game.venue))}
        lost = {game.id: ref for game in games if game.id not in known and (ref := refs.get(game.id))}
        geocoded, unplaced = self._geocode(lost)
        places = known | geocoded
        days: dict[Place, set[int]] = {}
        for game in games:
            if game.id in places:
                days.setdefault(places[game.id], set()).update(_days(game))
        wishes = {
            game.id: PriorityRequest(
                ForecastJob((place,), min(days[place]), max(days[place]), self._units),
                Priority.HIGH,
                game_time=game.commence_time,
            )
            for game in games
            if (place := places.get(game.id))
        }
        return WeatherSurvey(wishes, geocoded, unplaced)

    def _is_within_reach(self, game: Game) -> bool:
        """From yesterday, when a game that is still on may have begun, for as many days as cost a place one
        call.
        """
        today = int(self._now // DAY)
        return all(today - 1 <= day < today + DAYS_PER_CALL for day in _days(game))

    def _geocode(self, refs: Mapping[str, VenueRef]) -> tuple[dict[str, Place], tuple[Outcome, ...]]:
        """The towns of these venues, by game id, as the geocoder knows them; and the outcomes that placed no
        game.
        """
        jobs = {game_id: job for game_id, ref in refs.items() if (job := towns.question(ref))}
        outcomes = self._ask_all(jobs.values())
        found = {job: place for job, outcome in outcomes.items() if (place := _town_in(outcome))}
        wider = {
            job: towns.wider(job, outcome.answer.places)
            for job, outcome in outcomes.items()
            if job not in found and isinstance(outcome.answer, Geocoded)
        }
        again = self._ask_all(wider.values())
        found |= {job: place for job, wide in wider.items() if (place := _town_in(again[wide]))}
        final = {
            job: again[wider[job]] if job in wider else outcome
            for job, outcome in outcomes.items()
            if job not in found
        }
        failed = tuple(outcome for outcome in final.values() if outcome.answer is None)
        missing = {job.town: outcome for job, outcome in final.items() if outcome.answer is not None}
        missing |= {
            ref.name: Outcome(GeocodeJob(ref.name), Reason.NONE)
            for game_id, ref in refs.items()
            if game_id not in jobs
        }
        return {game_id: found[job] for game_id, job in jobs.items() if job in found}, (
            *failed,
            *_not_found(missing),
        )

    def _ask_all(self, jobs: Iterable[GeocodeJob]) -> dict[GeocodeJob, Outcome]:
        asked = list(dict.fromkeys(jobs))
        outcomes = self._ask([PriorityRequest(job, Priority.HIGH) for job in asked]) if asked else []
        return dict(zip(asked, outcomes, strict=True))


def _days(game: Game) -> set[int]:
    return {int(stamp // DAY) for stamp in board.weather_hours(game.commence_time)}


def _place_of(venue: Venue | None) -> Place | None:
    if venue is None or venue.latitude is None or venue.longitude is None:
        return None
    return Place(venue.latitude, venue.longitude)


def _town_in(outcome: Outcome) -> Place | None:
    """The town that was asked for, where it is among what the geocoder found."""
    if not isinstance(outcome.job, GeocodeJob) or not isinstance(outcome.answer, Geocoded):
        return None
    town = towns.find(outcome.job.town, outcome.answer.places)
    return Place(town.latitude, town.longitude) if town else None


def _not_found(missing: Mapping[str, Outcome]) -> Iterable[Outcome]:
    """One outcome for all the towns that nobody knows: what was wanted of them is not there."""
    if missing:
        named, more = list(missing)[:MOST_NAMED], len(missing) - MOST_NAMED
        detail = f"no place found for {'; '.join(named)}" + (f" and {more} more" if more > 0 else "")
        yield replace(
            next(iter(missing.values())), reason=Reason.NONE, answer=None, fetched_at=None, detail=detail
        )


def is_outdoor(game: Game) -> bool:
    """Whether weather matters to the game: it will be played, and under no fixed roof."""
    return game.venue is not None and game.venue.roof != "fixed" and game.status in PLAYED_UNDER_THE_SKY


def games_of(sport: Sport, schedule: Sequence[ScheduledGame], now: float) -> list[Game]:
    """The scheduled games as those of a board, with what our venue table adds."""
    by_id = {game.id: game for game in schedule}
    return [
        replace(game, venue=venue_of(sport, by_id[game.id]))
        for game in board.join(sport, schedule, (), game_matching.NO_MATCHING, now)
    ]


def venue_of(sport: Sport, game: ScheduledGame) -> Venue | None:
    """Where a game is played: the schedule's word, and our own table's roof and place."""
    if game.venue is None:
        return None
    family = (sport.espn_path or "").partition("/")[0]
    fact = venues.find(family, game.venue, None if game.neutral else game.home)
    roof = venues.roof_of(fact, game.venue, sport.indoor)
    if fact is None:
        return Venue(game.venue.name, game.venue.city, roof, None, None, game.neutral)
    name, city = (fact.name, fact.city) if fact.corrects else (game.venue.name, game.venue.city or fact.city)
    return Venue(name, city, roof, fact.latitude, fact.longitude, game.neutral, located_by="table")


def geocoded(game: Game, place: Place) -> Game:
    """The game at the place that the geocoder knows its town at."""
    if game.venue is None:
        return game
    return replace(
        game,
        venue=replace(game.venue, latitude=place.latitude, longitude=place.longitude, located_by="geocoding"),
    )


def at_kickoff(outcome: Outcome, game: Game) -> Weather | None:
    """The game's weather in the answer to its request."""
    return (
        board.weather_at(outcome.answer.forecasts[0], game.commence_time)
        if isinstance(outcome.answer, Forecasts)
        else None
    )
