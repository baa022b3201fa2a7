"""The join of schedule and odds, the best prices, the weather at kick-off."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.catalog import teams
from oddsctl.domain import best_prices, board, game_matching
from oddsctl.domain.board_models import Game
from oddsctl.domain.models import Forecast, Hour, OddsEvent, Place, Price, ScheduledGame, Sport

NFL = Sport("nfl", "NFL", "americanfootball_nfl", "football/nfl")
EPL = Sport("epl", "EPL", "soccer_epl", "soccer/eng.1")
NOW = 1_800_000_000.0
HOUR = 3600.0
MINUTE = 60.0
DAY = 24 * HOUR


def names(sport: str) -> game_matching.TeamMatcher:
    return game_matching.TeamMatcher(
        partial(teams.canonical, sport), partial(teams.similarity, sport), teams.ALIKE
    )


def game(name: str, home: str, away: str, start: float = NOW, *, confirmed: bool = True) -> ScheduledGame:
    return ScheduledGame(name, start, confirmed, home, away, "scheduled")


def event(name: str, home: str, away: str, start: float = NOW) -> OddsEvent:
    return OddsEvent(
        name, start, home, away, (Price("fanduel", "h2h", home, 1.9), Price("fanduel", "h2h", away, 2.0))
    )


def joined(sport: Sport, games: list[ScheduledGame], events: list[OddsEvent]) -> dict[str, Game]:
    return {one.id: one for one in board.join(sport, games, events, names(sport.name), NOW - HOUR)}


def test_a_game_of_both_providers_is_there_once_with_the_schedules_names_and_start() -> None:
    games = joined(
        EPL,
        [game("1", "Brighton & Hove Albion", "Chelsea")],
        [event("a", "Brighton and Hove Albion", "Chelsea", NOW + 2 * MINUTE)],
    )
    (only,) = games.values()
    assert (only.id, only.home, only.commence_time) == ("1", "Brighton & Hove Albion", NOW)
    assert {price.outcome for price in only.odds} == {"Brighton & Hove Albion", "Chelsea"}


def test_games_only_one_provider_knows_stay() -> None:
    games = joined(
        NFL, [game("1", "Detroit Lions", "Green Bay Packers")], [event("a", "Chicago Bears", "New York Jets")]
    )
    assert games.keys() == {"1", "odds:a"}
    assert games["1"].odds == ()


def test_a_doubleheader_finds_each_game_its_own_prices_though_starts_have_moved() -> None:
    first, second = (
        game("1", "New York Mets", "Atlanta Braves"),
        game("2", "New York Mets", "Atlanta Braves", NOW + 4 * HOUR),
    )
    later = replace(
        event("b", "New York Mets", "Atlanta Braves", NOW + 4 * HOUR + 40 * MINUTE),
        prices=(Price("x", "h2h", "New York Mets", 3.0),),
    )
    games = joined(
        Sport("mlb", "MLB", "baseball_mlb", "baseball/mlb"),
        [first, second],
        [later, event("a", "New York Mets", "Atlanta Braves", NOW + 5 * MINUTE)],
    )
    assert games.keys() == {"1", "2"}
    assert games["2"].odds[0].price == 3.0


def test_the_next_day_of_a_series_is_another_game() -> None:
    games = joined(
        NFL,
        [game("1", "New York Mets", "Atlanta Braves")],
        [event("b", "New York Mets", "Atlanta Braves", NOW + 18 * HOUR)],
    )
    assert games.keys() == {"1", "odds:b"}


def test_a_start_not_fixed_yet_is_any_time_of_that_day() -> None:
    games = joined(
        NFL,
        [game("1", "New York Jets", "Miami Dolphins", confirmed=False)],
        [event("b", "New York Jets", "Miami Dolphins", NOW + 20 * HOUR)],
    )
    assert games.keys() == {"1"}


def test_at_a_neutral_site_the_sides_may_be_swapped() -> None:
    games = joined(
        NFL, [game("1", "Chicago Bears", "Detroit Lions")], [event("a", "Detroit Lions", "Chicago Bears")]
    )
    assert {price.outcome: price.price for price in games["1"].odds} == {
        "Detroit Lions": 1.9,
        "Chicago Bears": 2.0,
    }


def test_names_no_alias_knows_are_matched_by_likeness_among_the_games_left() -> None:
    games = joined(
        EPL,
        [game("1", "Sporting Testville", "FC Nowhere Town")],
        [event("a", "Sporting Testvile", "Nowhere Town")],
    )
    assert games.keys() == {"1"}


def test_likeness_is_not_asked_where_spelling_settles_every_game() -> None:
    def never(_one: str, _other: str) -> float:
        raise AssertionError

    strict = game_matching.TeamMatcher(partial(teams.canonical, "nfl"), never, 85)
    board.join(
        NFL,
        [game("1", "Chicago Bears", "Detroit Lions")],
        [event("a", "Chicago Bears", "Detroit Lions")],
        strict,
        NOW,
    )


# ── games that have been moved ──

CITY, PALACE, LEEDS = "Manchester City", "Crystal Palace", "Leeds United"
MLB = Sport("mlb", "MLB", "baseball_mlb", "baseball/mlb")
NHL = Sport("nhl", "NHL", "icehockey_nhl", "hockey/nhl")
METS, BRAVES = "New York Mets", "Atlanta Braves"


def statuses(
    sport: Sport, games: list[ScheduledGame], events: list[OddsEvent], *, listed: bool = True
) -> dict[str, tuple[str, bool]]:
    """Of each game on the board its status and whether it has prices."""
    made = board.join(sport, games, events, names(sport.name), NOW - HOUR, lambda _: listed)
    return {one.id: (one.status, bool(one.odds)) for one in made}


def test_a_game_that_is_called_off_and_moved_is_on_the_board_once() -> None:
    for status in ("postponed", "canceled"):
        moved = replace(game("1", CITY, PALACE, NOW + 27 * DAY), status=status)
        assert statuses(EPL, [moved], [event("a", CITY, "Crystal Palace FC")]) == {"1": (status, True)}


@pytest.mark.parametrize("sport", [EPL, NFL])
@pytest.mark.parametrize("days", [-40, 5, 27, 200])
def test_an_event_whose_game_stands_elsewhere_in_the_season_is_postponed(sport: Sport, days: int) -> None:
    assert statuses(sport, [game("1", CITY, PALACE, NOW + days * DAY)], [event("a", CITY, PALACE)]) == {
        "1": ("scheduled", False),
        "odds:a": ("postponed", True),
    }


@pytest.mark.parametrize("days", [-1, 1, 2, 4])
def test_a_game_moved_by_days_keeps_its_prices(days: int) -> None:
    assert statuses(EPL, [game("1", CITY, PALACE, NOW + days * DAY)], [event("a", CITY, PALACE)]) == {
        "1": ("scheduled", True)
    }


def test_of_two_events_of_one_game_the_one_at_the_old_start_is_postponed() -> None:
    events = [event("old", CITY, PALACE), event("new", CITY, PALACE, NOW + 27 * DAY)]
    assert statuses(EPL, [game("1", CITY, PALACE, NOW + 27 * DAY)], events) == {
        "1": ("scheduled", True),
        "odds:old": ("postponed", True),
    }
    called_off = replace(game("1", CITY, PALACE, NOW + 27 * DAY), status="postponed")
    assert statuses(
        EPL, [called_off], [event("old", CITY, PALACE), event("older", CITY, PALACE, NOW - 20 * DAY)]
    ) == {
        "1": ("postponed", True),
        "odds:older": ("postponed", True),
    }


@pytest.mark.parametrize(
    ("sport", "games"),
    [
        (EPL, [game("1", PALACE, CITY, NOW + 7 * DAY)]),  # the other leg of a tie
        (EPL, [replace(game("1", PALACE, CITY, NOW + 7 * DAY), status="postponed")]),
        (EPL, [game("1", CITY, LEEDS, NOW + 7 * DAY)]),
        (
            EPL,
            [replace(game("1", CITY, PALACE, NOW - 30 * DAY), status="final")],
        ),  # they have met, and meet again
        (EPL, [game("1", CITY, PALACE, NOW + 320 * DAY)]),  # next season
        (EPL, []),
    ],
)
def test_an_event_that_may_be_a_game_of_its_own_stays(sport: Sport, games: list[ScheduledGame]) -> None:
    made = statuses(sport, games, [event("a", CITY, PALACE)])
    assert made["odds:a"] == ("scheduled", True)
    assert len(made) == len(games) + 1


def test_where_the_schedule_does_not_list_the_day_nothing_is_concluded() -> None:
    moved = replace(game("1", CITY, PALACE, NOW + 27 * DAY), status="postponed")
    assert statuses(EPL, [moved], [event("a", CITY, PALACE)], listed=False)["odds:a"] == ("scheduled", True)


@pytest.mark.parametrize("sport", [MLB, NHL])
def test_the_games_of_a_series_stay_apart(sport: Sport) -> None:
    days = [game(str(day), METS, BRAVES, NOW + day * DAY) for day in range(3)]
    events = [event(str(day), METS, BRAVES, NOW + day * DAY) for day in range(3)]
    assert statuses(sport, days, events) == {str(day): ("scheduled", True) for day in range(3)}
    assert statuses(sport, days[:1], events)["odds:1"] == (
        "scheduled",
        True,
    )  # the day after, not in the schedule yet
    off = replace(days[0], status="postponed")
    assert statuses(sport, [off, *days[1:]], events) == {
        "0": ("postponed", True),
        "1": ("scheduled", True),
        "2": ("scheduled", True),
    }
    assert statuses(sport, [off], events[1:2])["odds:1"] == ("scheduled", True)
    assert statuses(sport, days[:1], [events[0], event("later", METS, BRAVES, NOW + 14 * DAY)])[
        "odds:later"
    ] == ("scheduled", True)


@pytest.mark.parametrize("days", [-6, -2, 2, 4, 7])
def test_a_game_of_a_play_off_series_that_the_schedule_lacks_is_not_its_next_one(days: int) -> None:
    assert statuses(NHL, [game("1", METS, BRAVES, NOW + days * DAY)], [event("a", METS, BRAVES)]) == {
        "1": ("scheduled", False),
        "odds:a": ("scheduled", True),
    }


def test_a_game_of_a_series_that_was_rained_out_and_moved_is_on_the_board_once() -> None:
    off = replace(game("1", METS, BRAVES, NOW + 40 * DAY), status="postponed")
    assert statuses(MLB, [off], [event("a", METS, BRAVES)]) == {"1": ("postponed", True)}


def test_a_second_game_of_one_day_that_the_schedule_lacks_stays() -> None:
    events = [event("a", METS, BRAVES), event("b", METS, BRAVES, NOW + 5 * HOUR)]
    assert statuses(MLB, [game("1", METS, BRAVES)], events)["odds:b"] == ("scheduled", True)


def test_a_game_of_a_long_season_that_was_moved_far_is_postponed_where_it_has_no_event_of_its_own() -> None:
    made = statuses(NHL, [game("1", METS, BRAVES, NOW + 70 * DAY)], [event("a", METS, BRAVES)])
    assert made["odds:a"] == ("postponed", True)


def test_events_that_the_schedule_should_hold_are_named_where_both_teams_are_known() -> None:
    games = [game("1", CITY, LEEDS), game("2", PALACE, "Chelsea")]
    events = [
        event("a", CITY, PALACE, NOW + DAY),
        event("b", CITY, "FC Nowhere Town", NOW + DAY),
        event("c", CITY, "Leeds"),
    ]
    assert [one.id for one in board.missing(games, events, names("epl"), lambda _: True)] == ["a"]
    assert board.missing(games, events, names("epl"), lambda _: False) == ()


# ── hours that are not fixed ──


def test_an_hour_not_fixed_is_that_of_the_odds_and_stays_unconfirmed() -> None:
    midnight = 1_796_014_800.0  # 2026-11-30 05:00 UTC
    (only,) = joined(
        NFL,
        [game("1", "New York Jets", "Miami Dolphins", midnight, confirmed=False)],
        [event("b", "New York Jets", "Miami Dolphins", midnight + 13 * HOUR)],
    ).values()
    assert (only.id, only.commence_time, only.time_confirmed) == ("1", midnight + 13 * HOUR, False)
    assert board.hour_is_known(only)


@pytest.mark.parametrize(
    ("hour", "confirmed", "known"), [(5, False, False), (4, False, False), (5, True, True), (18, False, True)]
)
def test_midnight_eastern_is_an_hour_only_where_it_is_confirmed(
    hour: int, confirmed: bool, known: bool
) -> None:
    day = NOW // DAY * DAY
    assert (
        board.hour_is_known(Game("1", "nfl", day + hour * HOUR, confirmed, "Home", "Away", "scheduled"))
        == known
    )


TEAMS = ["Arsenal", "Chelsea", "Liverpool", "Everton", "Fulham", "Brentford"]
pairings = st.lists(
    st.tuples(st.permutations(TEAMS).map(lambda p: (p[0], p[1])), st.integers(0, 5)), max_size=8
)


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
    best = best_prices.best(Game("1", "nfl", NOW, True, "Home", "Away", "scheduled", odds=odds))
    assert [(price.outcome, price.price, price.point, price.bookmaker) for price in best] == [
        ("Home", 1.95, -3.5, "b"),
        ("Away", 1.91, 3.5, "a"),
    ]


def test_ties_between_points_go_to_the_one_nearest_zero() -> None:
    odds = prices(
        "spreads",
        ("a", "Home", 1.91, -3.5),
        ("b", "Home", 2.1, -4.5),
        ("b", "Away", 1.8, 4.5),
        ("a", "Away", 1.9, 3.5),
    )
    best = best_prices.best(Game("1", "nfl", NOW, True, "Home", "Away", "scheduled", odds=odds))
    assert [price.point for price in best] == [-3.5, 3.5]


def test_espns_own_line_and_lay_prices_are_never_best() -> None:
    odds = (
        *prices("h2h", ("espn:DraftKings", "Home", 9.0, None), ("a", "Home", 1.5, None)),
        *prices("h2h_lay", ("x", "Home", 1.6, None)),
    )
    best = best_prices.best(Game("1", "nfl", NOW, True, "Home", "Away", "scheduled", odds=odds))
    assert [(price.bookmaker, price.price) for price in best] == [("a", 1.5)]


def test_best_prices_stand_in_the_order_people_read_them() -> None:
    odds = (
        *prices("totals", ("a", "Under", 1.9, 40.5), ("a", "Over", 1.9, 40.5)),
        *prices("h2h", ("a", "Draw", 3.3, None), ("a", "Away", 2.5, None), ("a", "Home", 2.6, None)),
    )
    best = best_prices.best(Game("1", "epl", NOW, True, "Home", "Away", "scheduled", odds=odds))
    assert [price.outcome for price in best] == ["Home", "Away", "Draw", "Over", "Under"]


HOURS = tuple(
    Hour(NOW // HOUR * HOUR + n * HOUR, temperature=n, wind_gusts=10 * n, precipitation=n / 10)
    for n in range(4)
)


@pytest.mark.parametrize(
    ("minutes", "instant", "preceding"), [(0, 0, 1), (20, 0, 1), (30, 1, 1), (50, 1, 1), (60, 1, 2)]
)
def test_weather_is_that_of_the_nearest_hour_and_rain_that_of_the_hour_that_holds_kick_off(
    minutes: int, instant: int, preceding: int
) -> None:
    weather = board.weather_at(
        Forecast(Place(1, 2), "imperial", HOURS), NOW // HOUR * HOUR + minutes * MINUTE
    )
    assert weather is not None
    assert (weather.temperature, weather.wind_gusts, weather.time) == (
        instant,
        10 * preceding,
        HOURS[instant].time,
    )


def test_a_forecast_that_does_not_reach_the_game_gives_no_weather() -> None:
    assert board.weather_at(Forecast(Place(1, 2), "imperial", HOURS), NOW + 10 * HOUR) is None
