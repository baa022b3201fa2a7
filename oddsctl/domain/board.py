"""The join: schedule, odds and weather become one board, each game once.

Pure; team names are compared by whom the caller names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from oddsctl.domain.board_models import Game, Outright, Weather
from oddsctl.domain.game_matching import (
    CALLED_OFF,
    MOVED_A_LITTLE,
    Pairing,
    TeamMatcher,
    is_near,
    moved_games,
    pair_games,
    without_pairs,
)
from oddsctl.domain.models import Forecast, OddsEvent, Price, ScheduledGame, Sport
from oddsctl.domain.units import DAY, HOUR


def join(
    sport: Sport,
    schedule: Sequence[ScheduledGame],
    events: Sequence[OddsEvent],
    names: TeamMatcher,
    now: float,
    is_listed: Callable[[float], bool] = lambda _: False,
) -> tuple[Game, ...]:
    """Every game of both, once, by start.

    Names and starts are the schedule's where it knows the game; an hour that it has not fixed yet is that of
    the odds, and stays unconfirmed.

    Games are paired when both teams are the same and they start near each other; the nearest pairs first, so
    that the games of a doubleheader find each their own. At neutral sites providers may disagree on who is at
    home. `is_listed` tells whether the schedule holds all games of a day: an event that it lacks then, though
    it has the game elsewhere, is one that has been moved.
    """
    pairs = pair_games(schedule, events, names)
    moved = moved_games(
        sport,
        schedule,
        _unlisted(schedule, without_pairs(events, pairs.values()), names, is_listed),
        pairs,
        names,
    )
    for event, game in moved:
        if game.id not in pairs and (
            game.status in CALLED_OFF or abs(game.start - event.commence_time) <= MOVED_A_LITTLE
        ):
            pairs[game.id] = Pairing(event, swapped=False)
    stale = {event.id for event, _ in moved}
    games = [_known_to_both(sport, game, pairs.get(game.id)) for game in schedule]
    games += [
        _known_to_odds(sport, event, now, moved=event.id in stale)
        for event in without_pairs(events, pairs.values())
    ]
    return tuple(sorted(games, key=lambda game: (game.commence_time, game.id)))


def missing(
    schedule: Sequence[ScheduledGame],
    events: Sequence[OddsEvent],
    names: TeamMatcher,
    is_listed: Callable[[float], bool],
) -> tuple[OddsEvent, ...]:
    """The events that the schedule should hold and does not, though it knows both teams: they may stand
    elsewhere in the season.
    """
    teams = {names.spell(name) for game in schedule for name in (game.home, game.away)}
    known = [event for event in events if {names.spell(event.home), names.spell(event.away)} <= teams]
    return tuple(_unlisted(schedule, known, names, is_listed))


def _unlisted(
    schedule: Sequence[ScheduledGame],
    events: Sequence[OddsEvent],
    names: TeamMatcher,
    is_listed: Callable[[float], bool],
) -> Iterator[OddsEvent]:
    """The events on days that the schedule lists, on which it has no game of these two teams."""
    for event in events:
        both = {names.spell(event.home), names.spell(event.away)}
        if is_listed(event.commence_time) and not any(
            is_near(game, event) and {names.spell(game.home), names.spell(game.away)} == both
            for game in schedule
        ):
            yield event


def events_of(
    schedule: Sequence[ScheduledGame], events: Sequence[OddsEvent], names: TeamMatcher
) -> dict[str, OddsEvent]:
    """The event of each game that is among them, by the game's id.

    One team is enough where no pair of both is found and the starts are within the hour: nobody plays two
    games at once.
    """
    pairs = pair_games(schedule, events, names)
    found = {game_id: match.event for game_id, match in pairs.items()}
    rest = without_pairs(events, pairs.values())
    for game in schedule:
        teams = {names.spell(game.home), names.spell(game.away)}
        near = (event for event in rest if abs(event.commence_time - game.start) <= HOUR)
        same = (event for event in near if teams & {names.spell(event.home), names.spell(event.away)})
        if game.id not in found and (event := next(same, None)):
            found[game.id] = event
    return found


def _known_to_both(sport: Sport, game: ScheduledGame, match: Pairing | None) -> Game:
    prices: tuple[Price, ...] = ()
    if match:
        event = match.event
        home, away = (event.away, event.home) if match.swapped else (event.home, event.away)
        names = {home: game.home, away: game.away}
        prices = tuple(
            replace(price, outcome=names.get(price.outcome, price.outcome)) for price in event.prices
        )
    return Game(
        id=game.id,
        sport=sport.name,
        commence_time=game.start if game.time_confirmed or not match else match.event.commence_time,
        time_confirmed=game.time_confirmed,
        home=game.home,
        away=game.away,
        status=game.status,
        home_score=game.home_score,
        away_score=game.away_score,
        odds=prices,
    )


def _known_to_odds(sport: Sport, event: OddsEvent, now: float, *, moved: bool) -> Game:
    return Game(
        id=f"odds:{event.id}",
        sport=sport.name,
        commence_time=event.commence_time,
        time_confirmed=True,
        home=event.home,
        away=event.away,
        # finished events are never listed
        status="postponed" if moved else "scheduled" if event.commence_time > now else "live",
        odds=event.prices,
    )


def outright(sport: Sport, event: OddsEvent, prices: Sequence[Price]) -> Outright:
    """The competition with these of its prices; the best of each competitor, favourites first, lay prices
    apart.
    """
    highest: dict[str, Price] = {}
    for price in sorted(prices, key=lambda one: (-one.price, one.bookmaker)):
        if not price.market.endswith("_lay"):
            highest.setdefault(price.outcome, price)
    favourites = sorted(highest.values(), key=lambda one: (one.price, one.outcome))
    return Outright(
        f"odds:{event.id}",
        sport.name,
        event.title or sport.title,
        event.commence_time,
        tuple(prices),
        tuple(favourites),
    )


def hour_is_known(game: Game) -> bool:
    """Whether the start is more than a day: an hour that is not fixed stands as midnight Eastern, 04:00 or
    05:00 UTC.
    """
    return game.time_confirmed or game.commence_time % DAY not in (4 * HOUR, 5 * HOUR)


def weather_hours(kick_off: float) -> tuple[float, float]:
    """The stamps of the two forecast hours that make the weather at kick-off: the nearest, and the end of the
    one that contains it.
    """
    return (kick_off + HOUR / 2) // HOUR * HOUR, kick_off // HOUR * HOUR + HOUR


def weather_at(forecast: Forecast, kick_off: float) -> Weather | None:
    """The weather at kick-off; None where the forecast does not reach it."""
    by_time = {hour.time: hour for hour in forecast.hours}
    nearest, containing = (by_time.get(stamp) for stamp in weather_hours(kick_off))
    if nearest is None or containing is None:
        return None
    made = Weather(
        time=nearest.time,
        temperature=nearest.temperature,
        apparent_temperature=nearest.apparent_temperature,
        wind_speed=nearest.wind_speed,
        wind_gusts=containing.wind_gusts,
        precipitation_probability=containing.precipitation_probability,
        precipitation=containing.precipitation,
        code=nearest.code,
        units=forecast.units,
    )
    return made if _says_something(made) else None


def _says_something(weather: Weather) -> bool:
    """Whether the hour has any value: the last days of a forecast may be there without."""
    return any(
        value is not None
        for value in (weather.temperature, weather.wind_speed, weather.precipitation, weather.code)
    )
