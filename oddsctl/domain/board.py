"""The join: schedule, odds and weather become one board, each game once.

Pure; team names are compared by whom the caller names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from oddsctl.domain.board_models import Game, Outright, Weather
from oddsctl.domain.models import Forecast, OddsEvent, Price, ScheduledGame, Sport
from oddsctl.domain.units import DAY, HOUR


@dataclass(frozen=True, slots=True)
class TeamMatcher:
    """How team names are compared: `spell` gives equal teams one spelling, `likeness` (0 to 100, symmetric)
    judges what is left.

    `likeness` is asked only for games that start near each other and that no spelling settles; from
    `threshold` on it counts.
    """

    spell: Callable[[str], str]
    likeness: Callable[[str, str], float]
    threshold: float


NO_MATCHING = TeamMatcher(spell=str, likeness=lambda _one, _other: 0.0, threshold=100.0)
"""For the games of one provider: nothing is joined."""
SAME_GAME_WITHIN = 12 * HOUR
"""Starts of one game differ by minutes, of a delayed one by hours; the next game of a series is at least 18
hours off.
"""
UNCONFIRMED_WITHIN = (-6 * HOUR, 30 * HOUR)
"""An hour not fixed stands as midnight Eastern: the game is later that day."""
SERIES_LASTS, NEXT_OF_A_SERIES = 8 * DAY, 36 * HOUR
"""Teams that meet again and again: an event so near one of their games, or one called off, may be the next of
a series.
"""
WITHIN_A_SEASON = 300 * DAY
MOVED_A_LITTLE = 4 * DAY
"""Up to here the prices are still those of the game, on whatever day: as for television or a storm.

Else the event is postponed.
"""
MEET_ONCE = ("soccer", "football", "americanfootball")
"""Where two teams meet once a season on the same ground, an event elsewhere in it is that same game."""
TO_BE_PLAYED = ("scheduled", "delayed", "postponed", "canceled")
CALLED_OFF = ("postponed", "canceled")


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
    pairs = _pairs(schedule, events, names)
    moved = _moved(
        sport, schedule, _unlisted(schedule, _without(events, pairs.values()), names, is_listed), pairs, names
    )
    for event, game in moved:
        if game.id not in pairs and (
            game.status in CALLED_OFF or abs(game.start - event.commence_time) <= MOVED_A_LITTLE
        ):
            pairs[game.id] = _Match(event, swapped=False)
    stale = {event.id for event, _ in moved}
    games = [_known_to_both(sport, game, pairs.get(game.id)) for game in schedule]
    games += [
        _known_to_odds(sport, event, now, moved=event.id in stale)
        for event in _without(events, pairs.values())
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
            _near(game, event) and {names.spell(game.home), names.spell(game.away)} == both
            for game in schedule
        ):
            yield event


def _moved(
    sport: Sport,
    schedule: Sequence[ScheduledGame],
    events: Iterable[OddsEvent],
    pairs: Mapping[str, _Match],
    names: TeamMatcher,
) -> list[tuple[OddsEvent, ScheduledGame]]:
    """Events whose game stands elsewhere in the season, with that game, one called off first; the least moved
    first.

    The two legs of a tie are two games, as are those of a series: the same team must be at home, and where
    teams meet again and again the game must have no event of its own, and none of theirs be near.
    """
    once = (sport.espn_path or sport.odds_key or "").replace("_", "/").partition("/")[0] in MEET_ONCE
    moved = []
    for event in events:
        sides = (names.spell(event.home), names.spell(event.away))
        same = [game for game in schedule if (names.spell(game.home), names.spell(game.away)) == sides]
        if not once and any(_is_of_one_series(game, event) for game in same):
            continue
        open_ = [game for game in same if game.status in TO_BE_PLAYED and (once or game.id not in pairs)]
        within = [game for game in open_ if abs(game.start - event.commence_time) <= WITHIN_A_SEASON]
        if within:
            moved.append(
                (
                    event,
                    min(
                        within,
                        key=lambda game: (
                            game.status not in CALLED_OFF,
                            abs(game.start - event.commence_time),
                        ),
                    ),
                )
            )
    return sorted(moved, key=lambda pair: abs(pair[1].start - pair[0].commence_time))


def _is_of_one_series(game: ScheduledGame, event: OddsEvent) -> bool:
    return abs(game.start - event.commence_time) <= (
        NEXT_OF_A_SERIES if game.status in CALLED_OFF else SERIES_LASTS
    )


def events_of(
    schedule: Sequence[ScheduledGame], events: Sequence[OddsEvent], names: TeamMatcher
) -> dict[str, OddsEvent]:
    """The event of each game that is among them, by the game's id.

    One team is enough where no pair of both is found and the starts are within the hour: nobody plays two
    games at once.
    """
    pairs = _pairs(schedule, events, names)
    found = {game_id: match.event for game_id, match in pairs.items()}
    rest = _without(events, pairs.values())
    for game in schedule:
        teams = {names.spell(game.home), names.spell(game.away)}
        near = (event for event in rest if abs(event.commence_time - game.start) <= HOUR)
        same = (event for event in near if teams & {names.spell(event.home), names.spell(event.away)})
        if game.id not in found and (event := next(same, None)):
            found[game.id] = event
    return found


@dataclass(frozen=True, slots=True)
class _Match:
    """The event that is a game; `swapped` when it calls the home side away."""

    event: OddsEvent
    swapped: bool


def _pairs(
    schedule: Sequence[ScheduledGame], events: Sequence[OddsEvent], names: TeamMatcher
) -> dict[str, _Match]:
    """The event of each game, by the game's id: first where both teams are spelled alike, then where they are
    likely the same.
    """
    sure = _pair(schedule, events, lambda one, other: 100.0 * (names.spell(one) == names.spell(other)), 100.0)
    unsure = [game for game in schedule if game.id not in sure]
    return sure | _pair(unsure, _without(events, sure.values()), names.likeness, names.threshold)


def _pair(
    schedule: Sequence[ScheduledGame],
    events: Sequence[OddsEvent],
    likeness: Callable[[str, str], float],
    threshold: float,
) -> dict[str, _Match]:
    candidates = []
    for game in schedule:
        for number, event in enumerate(events):
            if not _near(game, event):
                continue
            for swapped, home, away in ((False, event.home, event.away), (True, event.away, event.home)):
                alike = min(likeness(game.home, home), likeness(game.away, away))
                if alike >= threshold:
                    candidates.append(
                        (swapped, abs(game.start - event.commence_time), -alike, game.id, number)
                    )
    pairs: dict[str, _Match] = {}
    taken: set[int] = set()
    for swapped, _, _, game_id, number in sorted(candidates):
        if game_id not in pairs and number not in taken:
            pairs[game_id] = _Match(events[number], swapped)
            taken.add(number)
    return pairs


def _without(events: Sequence[OddsEvent], matches: Iterable[_Match]) -> list[OddsEvent]:
    taken = {match.event.id for match in matches}
    return [event for event in events if event.id not in taken]


def _near(game: ScheduledGame, event: OddsEvent) -> bool:
    apart = event.commence_time - game.start
    if game.time_confirmed:
        return abs(apart) <= SAME_GAME_WITHIN
    return UNCONFIRMED_WITHIN[0] <= apart <= UNCONFIRMED_WITHIN[1]


def _known_to_both(sport: Sport, game: ScheduledGame, match: _Match | None) -> Game:
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


def with_best(game: Game) -> Game:
    """The game with its best prices."""
    return replace(game, best=best(game))


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


def best(game: Game) -> tuple[Price, ...]:
    """Per market and outcome, the highest price at the most common point; ESPN's own line and lay prices
    never count.

    For spreads the home side's point decides, for totals and the rest that of the outcome itself; ties go to
    the point nearest 0.
    """
    markets: dict[str, list[Price]] = {}
    for price in game.odds:
        if not price.bookmaker.startswith("espn:") and not price.market.endswith("_lay"):
            markets.setdefault(price.market, []).append(price)
    chosen = [
        price
        for market in sorted(markets, key=_market_order)
        for price in _best_of_market(game, market, markets[market])
    ]
    return tuple(chosen)


def _best_of_market(game: Game, market: str, prices: Sequence[Price]) -> Iterable[Price]:
    order = {game.home: 0, game.away: 1, "Draw": 2, "Over": 0, "Under": 1}
    outcomes = sorted({price.outcome for price in prices}, key=lambda name: (order.get(name, 3), name))
    anchor = {"spreads": game.home, "totals": "Over"}.get(market)
    common = (
        _common_point(price.point for price in prices if anchor in (None, price.outcome)) if anchor else None
    )
    for outcome in outcomes:
        own = [price for price in prices if price.outcome == outcome]
        point = _common_point(price.point for price in own) if anchor is None else common
        if market == "spreads" and outcome != game.home and point is not None:
            point = -point
        at_point = [price for price in own if price.point == point]
        if at_point:
            yield min(at_point, key=lambda price: (-price.price, price.bookmaker))


def _common_point(points: Iterable[float | None]) -> float | None:
    counts = Counter(points)
    if not counts:
        return None
    return min(counts, key=lambda point: (-counts[point], abs(point or 0.0), -(point or 0.0)))


def _market_order(market: str) -> tuple[int, str]:
    return {"h2h": 0, "spreads": 1, "totals": 2}.get(market, 3), market


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
