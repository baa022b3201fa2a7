"""What the board's table says of each game: lines of cells, the away side above the home side.

No layout, no console.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from rich.text import Text

from oddsctl.domain import bookmakers
from oddsctl.domain.board import hour_is_known
from oddsctl.domain.board_models import Board, Game, Weather
from oddsctl.domain.models import Price, Status
from oddsctl.domain.units import EASTERN
from oddsctl.render import text
from oddsctl.render.layout import cell
from oddsctl.render.reasons import is_stale
from oddsctl.render.text import OddsFormat

CAUTION = "yellow"
DIM = "dim"
STATUSES: dict[Status, Text] = {
    "live": cell("live", "bold green"),
    "final": cell("final", DIM),
    "postponed": cell("ppd", CAUTION),
    "canceled": cell("canc.", CAUTION),
    "delayed": cell("delay", CAUTION),
}
"""In the width of a time; a scheduled game needs no word."""


@dataclass(frozen=True, slots=True)
class ShownPrice:
    """A price of the table. `stands_in` marks ESPN's own line, which is no bookmaker's offer."""

    point: str
    price: str
    book: str
    stands_in: bool


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One line of a game. `offers` by market; a cell without anything to say is empty."""

    time: Text = field(default_factory=Text)
    team: Text = field(default_factory=Text)
    score: Text = field(default_factory=Text)
    offers: dict[str, ShownPrice] = field(default_factory=dict)
    weather: Text = field(default_factory=Text)
    age: Text = field(default_factory=Text)


@dataclass(frozen=True, slots=True)
class BoardBlock:
    """The games of one sport on one day of the user's zone."""

    sport: str
    day: date
    games: tuple[Game, ...]


def blocks(games: Iterable[Game], zone: ZoneInfo) -> list[BoardBlock]:
    """Sports in the order they came; in each the days, in each day the games by start, those without an hour
    last.
    """
    found = list(games)
    sports = list(dict.fromkeys(game.sport for game in found))

    def place(game: Game) -> tuple[int, date]:
        return sports.index(game.sport), _day(game, zone)

    found.sort(key=lambda game: (*place(game), not hour_is_known(game), game.commence_time))
    return [BoardBlock(sports[sport], day, tuple(group)) for (sport, day), group in groupby(found, key=place)]


def lines(board: Board, game: Game, zone: ZoneInfo, odds_format: OddsFormat) -> Iterator[BoardLine]:
    """Away above home; where the game can be drawn and that has a price, a third line."""
    offers = [_offers(game, side, odds_format) for side in _sides(game)]
    weather, age = _weather(game), _age(board, game) if any(offers) else ()
    kick_off = datetime.fromtimestamp(game.commence_time, zone)
    times = [_time(game, kick_off)]
    if game.status in STATUSES:
        times.append(STATUSES[game.status])
    home = f"{'vs' if game.venue and game.venue.neutral else '@'} {game.home}"
    teams = [cell(game.away), cell(home), cell("draw", DIM)]
    scores = ["" if score is None else str(score) for score in (game.away_score, game.home_score)]
    for number, offer in enumerate(offers):
        yield BoardLine(
            time=_nth(times, number),
            team=teams[number],
            score=_nth([cell(score, "bold") for score in scores], number),
            offers=offer,
            weather=_nth(weather, number),
            age=_nth(age, number),
        )


def _time(game: Game, kick_off: datetime) -> Text:
    """The hour; with a question mark where only the odds have one."""
    if game.time_confirmed:
        return cell(f"{kick_off:%H:%M}")
    return cell(f"{kick_off:%H:%M}?", DIM) if hour_is_known(game) else cell("TBD", DIM)


def _day(game: Game, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(game.commence_time, zone if hour_is_known(game) else EASTERN).date()


def _sides(game: Game) -> list[dict[str, str]]:
    """The outcome of each market that stands on the first, second and third line."""
    sides = [
        {"h2h": game.away, "spreads": game.away, "totals": "Over"},
        {"h2h": game.home, "spreads": game.home, "totals": "Under"},
    ]
    if any(price.outcome == "Draw" for price in (*game.best, *game.odds)):
        sides.append({"h2h": "Draw"})
    return sides


def _offers(game: Game, side: dict[str, str], odds_format: OddsFormat) -> dict[str, ShownPrice]:
    offers = {}
    for market, outcome in side.items():
        price = _find(game.best, market, outcome) or _find(
            (one for one in game.odds if _is_espn(one)), market, outcome
        )
        if price:
            spelled = text.price(price.price, odds_format)
            offers[market] = ShownPrice(
                text.point(market, outcome, price.point),
                spelled,
                bookmakers.title(price.bookmaker),
                _is_espn(price),
            )
    return offers


def _find(prices: Iterable[Price], market: str, outcome: str) -> Price | None:
    return next((price for price in prices if (price.market, price.outcome) == (market, outcome)), None)


def _is_espn(price: Price) -> bool:
    return price.bookmaker.startswith("espn:")


def _weather(game: Game) -> Sequence[Text]:
    roof = game.venue.roof if game.venue else None
    if roof == "fixed":
        return [cell("dome", DIM)]
    if game.weather is None:
        return [cell("roof?", DIM)] if roof == "retractable" else []
    sky, wind = _sky(game.weather), _wind(game.weather)
    return [cell(f"roof? {sky}" if roof == "retractable" else sky), cell(wind)]


def _sky(weather: Weather) -> str:
    degrees = (
        ""
        if weather.temperature is None
        else f"{round(weather.temperature)}°{'F' if weather.units == 'imperial' else 'C'}"
    )
    chance = "" if weather.precipitation_probability is None else f"{weather.precipitation_probability:.0f}%"
    return " ".join(filter(None, (degrees, chance)))


def _wind(weather: Weather) -> str:
    return (
        ""
        if weather.wind_speed is None
        else f"wind {weather.wind_speed:.0f} {'mph' if weather.units == 'imperial' else 'km/h'}"
    )


def _age(board: Board, game: Game) -> Sequence[Text]:
    """Of the oldest price shown, or of the answer it came with if that is older; marked when the answer is
    older than it should be.
    """
    source = next(
        (source for source in board.sources if (source.api, source.sport) == ("odds", game.sport)), None
    )
    ages = [board.generated_at - price.last_update for price in game.best if price.last_update is not None]
    if source and source.age_seconds is not None:
        ages.append(source.age_seconds)
    if not ages:
        return []
    stale = source is not None and is_stale(source)
    age = cell(text.age(max(ages)), CAUTION if stale else DIM)
    return [age, cell("stale", CAUTION)] if stale else [age]


def _nth(cells: Sequence[Text], number: int) -> Text:
    return cells[number] if number < len(cells) else Text()
