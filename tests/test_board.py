"""The join of schedule and odds, the best prices, the weather at kick-off."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl import board
from oddsctl.models import Forecast, Game, Hour, OddsEvent, Place, Price, ScheduledGame, Sport
from oddsctl.providers import teams

NFL = Sport("nfl", "NFL", "americanfootball_nfl", "football/nfl")
EPL = Sport("epl", "EPL", "soccer_epl", "soccer/eng.1")
NOW = 1_800_000_000.0
HOUR = 3600.0
MINUTE = 60.0


def names(sport: str) -> board.Names:
    return board.Names(partial(teams.canonical, sport), partial(teams.similarity, sport), teams.ALIKE)


def game(name: str, home: str, away: str, start: float = NOW, *, confirmed: bool = True) -> ScheduledGame:
    return ScheduledGame(name, start, confirmed, home, away, "scheduled")


def event(name: str, home: str, away: str, start: float = NOW) -> OddsEvent:
    return OddsEvent(name, start, home, away, (Price("fanduel", "h2h", home, 1.9), Price("fanduel", "h2h", away, 2.0)))


def joined(sport: Sport, games: list[ScheduledGame], events: list[OddsEvent]) -> dict[str, Game]:
    return {one.id: one for one in board.join(sport, games, events, names(sport.name), NOW - HOUR)}


def test_a_game_of_both_providers_is_there_once_with_the_schedules_names_and_start() -> None:
    games = joined(
        EPL, [game("1", "Brighton & Hove Albion", "Chelsea")], [event("a", "Brighton and Hove Albion", "Chelsea", NOW + 2 * MINUTE)]
    )
    (only,) = games.values()
    assert (only.id, only.home, only.commence_time) == ("1", "Brighton & Hove Albion", NOW)
    assert {price.outcome for price in only.odds} == {"Brighton & Hove Albion", "Chelsea"}


def test_games_only_one_provider_knows_stay() -> None:
    games = joined(NFL, [game("1", "Detroit Lions", "Green Bay Packers")], [event("a", "Chicago Bears", "New York Jets")])
    assert games.keys() == {"1", "odds:a"}
    assert games["1"].odds == ()


def test_a_doubleheader_finds_each_game_its_own_prices_though_starts_have_moved() -> None:
    first, second = game("1", "New York Mets", "Atlanta Braves"), game("2", "New York Mets", "Atlanta Braves", NOW + 4 * HOUR)
    later = replace(
        event("b", "New York Mets", "Atlanta Braves", NOW + 4 * HOUR + 40 * MINUTE), prices=(Price("x", "h2h", "New York Mets", 3.0),)
    )
    games = joined(
        Sport("mlb", "MLB", "baseball_mlb", "baseball/mlb"),
        [first, second],
        [later, event("a", "New York Mets", "Atlanta Braves", NOW + 5 * MINUTE)],
    )
    assert games.keys() == {"1", "2"}
    assert games["2"].odds[0].price == 3.0


def test_the_next_day_of_a_series_is_another_game() -> None:
    games = joined(NFL, [game("1", "New York Mets", "Atlanta Braves")], [event("b", "New York Mets", "Atlanta Braves", NOW + 18 * HOUR)])
    assert games.keys() == {"1", "odds:b"}


def test_a_start_not_fixed_yet_is_any_time_of_that_day() -> None:
    games = joined(
        NFL,
        [game("1", "New York Jets", "Miami Dolphins", confirmed=False)],
        [event("b", "New York Jets", "Miami Dolphins", NOW + 20 * HOUR)],
    )
    assert games.keys() == {"1"}


def test_at_a_neutral_site_the_sides_may_be_swapped() -> None:
    games = joined(NFL, [game("1", "Chicago Bears", "Detroit Lions")], [event("a", "Detroit Lions", "Chicago Bears")])
    assert {price.outcome: price.price for price in games["1"].odds} == {"Detroit Lions": 1.9, "Chicago Bears": 2.0}


def test_names_no_alias_knows_are_matched_by_likeness_among_the_games_left() -> None:
    games = joined(EPL, [game("1", "Sporting Testville", "FC Nowhere Town")], [event("a", "Sporting Testvile", "Nowhere Town")])
    assert games.keys() == {"1"}


def test_likeness_is_not_asked_where_spelling_settles_every_game() -> None:
    def never(_one: str, _other: str) -> float:
        raise AssertionError

    strict = board.Names(partial(teams.canonical, "nfl"), never, 85)
    board.join(NFL, [game("1", "Chicago Bears", "Detroit Lions")], [event("a", "Chicago Bears", "Detroit Lions")], strict, NOW)


TEAMS = ["Arsenal", "Chelsea", "Liverpool", "Everton", "Fulham", "Brentford"]
pairings = st.lists(st.tuples(st.permutations(TEAMS).map(lambda p: (p[0], p[1])), st.integers(0, 5)), max_size=8)


@given(pairings, pairings)
def test_every_game_of_both_is_on_the_board_once(
    scheduled: list[tuple[tuple[str, str], int]], listed: list[tuple[tuple[str, str], int]]
) -> None:
    games = [game(str(n), *teams_, NOW + day * 86400) for n, (teams_, day) in enumerate(scheduled)]
    events = [event(str(n), *teams_, NOW + day * 86400) for n, (teams_, day) in enumerate(listed)]
    made = board.join(EPL, games, events, names("epl"), NOW)
    assert {one.id for one in made} >= {one.id for one in games}
    prices = [price for one in made for price in one.odds]
    assert len(prices) == sum(len(one.prices) for one in events)
    assert len({one.id for one in made}) == len(made)


def prices(market: str, *rows: tuple[str, str, float, float | None]) -> tuple[Price, ...]:
    return tuple(Price(book, market, outcome, price, point) for book, outcome, price, point in rows)


def test_the_best_spread_is_taken_at_the_home_sides_most_common_point() -> None:
    odds = prices(
        "spreads",
        ("a", "Home", 1.91, -3.5), ("a", "Away", 1.91, 3.5),
        ("b", "Home", 1.95, -3.5), ("b", "Away", 1.87, 3.5),
        ("c", "Home", 2.20, -4.5), ("c", "Away", 1.70, 4.5),
    )  # fmt: skip
    best = board.best(Game("1", "nfl", NOW, True, "Home", "Away", "scheduled", odds=odds))
    assert [(price.outcome, price.price, price.point, price.bookmaker) for price in best] == [
        ("Home", 1.95, -3.5, "b"),
        ("Away", 1.91, 3.5, "a"),
    ]


def test_ties_between_points_go_to_the_one_nearest_zero() -> None:
    odds = prices("spreads", ("a", "Home", 1.91, -3.5), ("b", "Home", 2.1, -4.5), ("b", "Away", 1.8, 4.5), ("a", "Away", 1.9, 3.5))
    best = board.best(Game("1", "nfl", NOW, True, "Home", "Away", "scheduled", odds=odds))
    assert [price.point for price in best] == [-3.5, 3.5]


def test_espns_own_line_and_lay_prices_are_never_best() -> None:
    odds = (*prices("h2h", ("espn:DraftKings", "Home", 9.0, None), ("a", "Home", 1.5, None)), *prices("h2h_lay", ("x", "Home", 1.6, None)))
    best = board.best(Game("1", "nfl", NOW, True, "Home", "Away", "scheduled", odds=odds))
    assert [(price.bookmaker, price.price) for price in best] == [("a", 1.5)]


def test_best_prices_stand_in_the_order_people_read_them() -> None:
    odds = (
        *prices("totals", ("a", "Under", 1.9, 40.5), ("a", "Over", 1.9, 40.5)),
        *prices("h2h", ("a", "Draw", 3.3, None), ("a", "Away", 2.5, None), ("a", "Home", 2.6, None)),
    )
    best = board.best(Game("1", "epl", NOW, True, "Home", "Away", "scheduled", odds=odds))
    assert [price.outcome for price in best] == ["Home", "Away", "Draw", "Over", "Under"]


HOURS = tuple(Hour(NOW // HOUR * HOUR + n * HOUR, temperature=n, wind_gusts=10 * n, precipitation=n / 10) for n in range(4))


@pytest.mark.parametrize(("minutes", "instant", "preceding"), [(0, 0, 1), (20, 0, 1), (30, 1, 1), (50, 1, 1), (60, 1, 2)])
def test_weather_is_that_of_the_nearest_hour_and_rain_that_of_the_hour_that_holds_kick_off(
    minutes: int, instant: int, preceding: int
) -> None:
    weather = board.weather_at(Forecast(Place(1, 2), "imperial", HOURS), NOW // HOUR * HOUR + minutes * MINUTE)
    assert weather is not None
    assert (weather.temperature, weather.wind_gusts, weather.time) == (instant, 10 * preceding, HOURS[instant].time)


def test_a_forecast_that_does_not_reach_the_game_gives_no_weather() -> None:
    assert board.weather_at(Forecast(Place(1, 2), "imperial", HOURS), NOW + 10 * HOUR) is None
