"""The main job on a scripted door: what is shown when one part is old, missing or stands in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from oddsctl.catalog import sports
from oddsctl.domain.answers import Events, Forecasts, Geocoded, Schedule
from oddsctl.domain.board_models import Usage
from oddsctl.domain.errors import BreakerRefusedError, BudgetRefusedError, UsageError
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, Job, ScheduleJob
from oddsctl.domain.models import (
    Forecast,
    GeocodedPlace,
    Hour,
    LeftOut,
    OddsEvent,
    Price,
    ScheduledGame,
    Sport,
    Status,
    VenueRef,
)
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob
from oddsctl.domain.provider_errors import MissingKeyError, ServerError
from oddsctl.domain.requests import (
    DryRunEntry,
    Outcome,
    PriorityRequest,
    Reason,
    RequestOptions,
)
from oddsctl.domain.settings import Settings
from oddsctl.services.board_query import BoardQuery, is_team
from oddsctl.services.fetch import FetchBoard
from tests.fakes import FakeClock

HOUR = 3600.0
NOW = FakeClock().now()
NFL = sports.find("nfl")
LINE = (
    Price("espn:DraftKings", "h2h", "Detroit Lions", 1.5),
    Price("espn:DraftKings", "h2h", "Green Bay Packers", 2.6),
)
FORD = VenueRef("3727", "Ford Field", "Detroit", "MI", None, indoor=True)
LAMBEAU = VenueRef("3798", "Lambeau Field", "Green Bay", "WI", None, indoor=False)
SMALLVILLE = GeocodedPlace("Smallville", 38.004, -97.0, "United States", "Kansas", "US")
NOWHERE = VenueRef(None, "New Ground", "Smallville", "KS", None, indoor=False)


def game(venue: VenueRef = FORD, **changes: object) -> ScheduledGame:
    plain = ScheduledGame(
        "1", NOW + 5 * HOUR, True, "Detroit Lions", "Green Bay Packers", "scheduled", venue=venue, line=LINE
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def event(starts_in: float = 5 * HOUR) -> OddsEvent:
    prices = (
        Price("fanduel", "h2h", "Detroit Lions", 1.6),
        Price("fanduel", "h2h", "Green Bay Packers", 2.4),
    )
    return OddsEvent("e", NOW + starts_in, "Detroit Lions", "Green Bay Packers", prices)


class ScriptedDoor:
    """An orchestrator that answers each kind of job as the test says, and remembers what was asked."""

    def __init__(
        self,
        *,
        schedule: object = None,
        odds: object = None,
        events: object = None,
        thrifty: bool = False,
        towns: tuple[GeocodedPlace, ...] = (SMALLVILLE,),
        stored: Schedule | None = None,
        age: float = HOUR,
        shelf: Sequence[object] = (),
    ) -> None:
        self.towns = towns
        self.later: Schedule | None = None
        self.geocoding: Outcome | None = None
        self.scripted = {ScheduleJob: schedule, OddsJob: odds, EventsJob: events}
        self.asked: list[list[Job]] = []
        self.thrifty = thrifty
        self.dry_run = self
        self.rests: dict[str, float] = {}
        self.kept, self.age, self.shelf = stored, age, shelf
        self.game_times: list[float | None] = []

    def run(self, requests: Sequence[PriorityRequest], options: RequestOptions) -> list[Outcome]:
        self.asked.append([request.job for request in requests])
        self.game_times += [request.game_time for request in requests if isinstance(request.job, OddsJob)]
        return [self._outcome(request.job) for request in requests]

    def _outcome(self, job: Job) -> Outcome:
        match job:
            case ForecastJob():
                first = job.first_day * 86400.0
                hours = tuple(
                    Hour(first + n * HOUR, temperature=float(n))
                    for n in range((job.last_day - job.first_day + 1) * 24)
                )
                return Outcome(
                    job,
                    Reason.FETCHED,
                    Forecasts(tuple(Forecast(place, "imperial", hours) for place in job.places)),
                    NOW,
                )
            case GeocodeJob():
                return (
                    replace(self.geocoding, job=job)
                    if self.geocoding
                    else Outcome(job, Reason.FETCHED, Geocoded(self.towns), NOW)
                )
            case _:
                answer = self.scripted[type(job)]
                if self.later is not None and isinstance(job, ScheduleJob) and len(self.asked) > 1:
                    answer = self.later
                if isinstance(answer, Outcome):
                    return replace(answer, job=job)
                return Outcome(job, Reason.FETCHED, answer, NOW, credits=3 if isinstance(job, OddsJob) else 0)  # type: ignore[arg-type]

    def stored(self, requests: Sequence[PriorityRequest]) -> list[Outcome]:
        if self.kept is None:
            return [Outcome(request.job, Reason.NONE) for request in requests]
        return [Outcome(request.job, Reason.STALE_OFFLINE, self.kept, NOW - self.age) for request in requests]

    def answers(self, shelf: str) -> Sequence[object]:
        return self.shelf if "espn" in shelf else ()

    def preview(self, requests: Sequence[PriorityRequest], terms: RequestOptions) -> list[DryRunEntry]:
        return [DryRunEntry(request.job, 3, "send") for request in requests]

    def rests_until(self, job: Job) -> float | None:
        return self.rests.get(job.api)

    def is_low(self) -> bool:
        return self.thrifty

    def usage(self) -> Usage:
        return Usage(0, 0, None)


def failed(code: str = "SERVER_ERROR", reason: Reason = Reason.NONE, answer: Events | None = None) -> Outcome:
    return Outcome(
        OddsJob("x", ()),
        reason,
        answer,
        None if answer is None else NOW - 9 * HOUR,
        detail=code,
        error=ServerError("down"),
    )


def fetch(door: ScriptedDoor, sport: Sport = NFL, **wanted: object):  # type: ignore[no-untyped-def]
    errand = FetchBoard(door, FakeClock(), Settings())  # type: ignore[arg-type]
    return errand.run(BoardQuery((sport,), ("h2h",), ("us",), **wanted), RequestOptions())  # type: ignore[arg-type]


def test_schedule_and_odds_are_asked_for_together_and_weather_after_them() -> None:
    door = ScriptedDoor(schedule=Schedule((game(LAMBEAU),)), odds=Events((event(),)))
    board = fetch(door).board
    assert [[type(job) for job in jobs] for jobs in door.asked] == [[ScheduleJob, OddsJob], [ForecastJob]]
    assert board.games[0].weather is not None
    assert board.games[0].weather.temperature is not None


def test_with_few_credits_left_the_games_time_is_known_before_odds_are_asked_for() -> None:
    door = ScriptedDoor(schedule=Schedule((game(),)), odds=Events((event(),)), thrifty=True)
    fetch(door)
    assert [[type(job) for job in jobs] for jobs in door.asked] == [[ScheduleJob], [OddsJob]]
    assert door.game_times == [NOW + 5 * HOUR]


def test_under_a_fixed_roof_there_is_no_weather_and_nothing_is_asked_for_it() -> None:
    door = ScriptedDoor(schedule=Schedule((game(FORD),)), odds=Events((event(),)))
    board = fetch(door).board
    assert (board.games[0].venue and board.games[0].venue.roof, board.games[0].weather) == ("fixed", None)
    assert [source.api for source in board.sources] == ["espn", "odds"]


def test_a_venue_our_table_lacks_is_found_by_its_town() -> None:
    door = ScriptedDoor(schedule=Schedule((game(NOWHERE),)), odds=Events((event(),)))
    board = fetch(door).board
    assert door.asked[1] == [GeocodeJob("Smallville, KS")]
    assert board.games[0].weather is not None
    venue = board.games[0].venue
    assert venue is not None
    assert (venue.latitude, venue.longitude, venue.located_by) == (
        38.0,
        -97.0,
        "geocoding",
    )  # what the forecast was asked for


def test_a_venue_of_our_table_says_so() -> None:
    board = fetch(ScriptedDoor(schedule=Schedule((game(LAMBEAU),)), odds=Events((event(),)))).board
    assert board.games[0].venue is not None
    assert board.games[0].venue.located_by == "table"


@pytest.mark.parametrize(
    "towns",
    [
        (),
        (replace(SMALLVILLE, region="Nebraska"),),
        (replace(SMALLVILLE, country="Ireland", country_code="IE", region="Leinster"),),
    ],
)
def test_a_town_that_is_not_among_the_results_has_no_weather_and_the_source_says_so(
    towns: tuple[GeocodedPlace, ...],
) -> None:
    door = ScriptedDoor(schedule=Schedule((game(NOWHERE),)), odds=Events((event(),)), towns=towns)
    board = fetch(door).board
    assert door.asked[1:] == [
        [GeocodeJob("Smallville, KS")],
        [GeocodeJob("Smallville, KS", wide=True, country="US")],
    ]
    assert board.games[0].weather is None
    assert board.games[0].venue is not None
    assert board.games[0].venue.located_by is None
    told = board.sources[-1]
    assert (told.api, told.reason, told.detail) == ("weather", "NONE", "no place found for Smallville, KS")


def test_a_geocoder_that_does_not_answer_is_told_as_such() -> None:
    door = ScriptedDoor(schedule=Schedule((game(NOWHERE),)), odds=Events((event(),)))
    door.geocoding = Outcome(GeocodeJob("x"), Reason.NONE, detail="TIMEOUT", error=ServerError("down"))
    told = fetch(door).board.sources[-1]
    assert (told.api, told.reason, told.detail) == ("weather", "NONE", "TIMEOUT")
    assert [type(job) for jobs in door.asked[1:] for job in jobs] == [GeocodeJob]


def test_one_town_that_nobody_knows_takes_no_weather_from_the_other_games() -> None:
    games = (game(NOWHERE), game(LAMBEAU, id="2", home="Green Bay Packers", away="Detroit Lions"))
    board = fetch(ScriptedDoor(schedule=Schedule(games), odds=Events(()), towns=())).board
    assert {one.id: one.weather is not None for one in board.games} == {"1": False, "2": True}
    assert board.sources[-1].reason == "NONE"


def test_each_game_has_its_weather_by_its_own_day_however_far_another_at_its_place_is() -> None:
    days = (0, 1, 13, 14, 15, 29)
    games = tuple(game(LAMBEAU, id=str(day), start=NOW + HOUR + day * 86400) for day in days)
    door = ScriptedDoor(schedule=Schedule(games), odds=Events(()))
    board = fetch(door, days=30).board
    assert {one.id: one.weather is not None for one in board.games} == {str(day): day < 14 for day in days}
    assert [len(jobs) for jobs in door.asked] == [3, 1]
    assert board.sources[-1].reason == "FETCHED"


def test_an_hour_that_nobody_knows_has_no_weather() -> None:
    midnight = NOW // 86400 * 86400 + 86400 + 5 * HOUR
    door = ScriptedDoor(
        schedule=Schedule((game(LAMBEAU, start=midnight, time_confirmed=False),)), odds=Events(())
    )
    board = fetch(door).board
    assert len(door.asked) == 1
    assert board.games[0].weather is None


@pytest.mark.parametrize("status", ["final", "postponed", "canceled"])
def test_no_weather_is_asked_for_a_game_that_is_not_played_any_more(status: str) -> None:
    door = ScriptedDoor(schedule=Schedule((game(LAMBEAU, status=status),)), odds=Events(()))
    fetch(door)
    assert len(door.asked) == 1


def test_espns_line_stands_in_when_no_odds_came_and_is_never_best() -> None:
    board = fetch(ScriptedDoor(schedule=Schedule((game(),)), odds=failed())).board
    assert (board.sources[1].reason, board.sources[1].detail) == (Reason.FALLBACK, "espn: SERVER_ERROR")
    assert board.games[0].odds == LINE
    assert board.games[0].best == ()


def test_without_any_line_the_reason_is_told_as_it_is() -> None:
    board = fetch(ScriptedDoor(schedule=Schedule((game(line=()),)), odds=failed())).board
    assert (board.sources[1].reason, board.sources[1].detail) == (Reason.NONE, "SERVER_ERROR")


def test_a_stale_board_of_games_to_come_is_shown_before_espns_line() -> None:
    stale = failed(reason=Reason.STALE_ERROR, answer=Events((event(),)))
    board = fetch(ScriptedDoor(schedule=Schedule((game(),)), odds=stale)).board
    assert board.sources[1].reason is Reason.STALE_ERROR
    assert {price.bookmaker for price in board.games[0].odds} == {"fanduel"}


def test_a_stale_board_of_games_that_have_begun_gives_way_to_espns_line() -> None:
    stale = failed(reason=Reason.STALE_ERROR, answer=Events((event(-50 * HOUR),)))
    board = fetch(ScriptedDoor(schedule=Schedule((game(),)), odds=stale)).board
    assert (board.sources[1].reason, board.sources[1].detail) == (Reason.FALLBACK, "espn: SERVER_ERROR")
    assert [one.id for one in board.games] == ["1"]


def test_without_a_schedule_the_odds_tell_the_games() -> None:
    board = fetch(ScriptedDoor(schedule=failed(), odds=Events((event(),)))).board
    assert [one.id for one in board.games] == ["odds:e"]
    assert (board.sources[0].reason, board.sources[0].detail) == (Reason.FALLBACK, "odds: SERVER_ERROR")


def test_without_schedule_and_odds_the_free_events_tell_the_games() -> None:
    door = ScriptedDoor(
        schedule=failed(),
        odds=failed("BUDGET", Reason.REFUSED_BUDGET),
        events=Events((replace(event(), prices=()),)),
    )
    fetched = fetch(door)
    assert isinstance(door.asked[1][0], EventsJob)
    assert [one.id for one in fetched.board.games] == ["odds:e"]
    assert fetched.failures == ()


def test_where_nothing_can_be_shown_the_worst_cause_is_the_failure() -> None:
    door = ScriptedDoor(
        schedule=failed(),
        odds=replace(failed("BUDGET", Reason.REFUSED_BUDGET), error=BudgetRefusedError("not asked")),
        events=failed(),
    )
    assert [error.exit_code for error in fetch(door).failures] == [6]


def test_what_could_not_be_used_is_told_in_one_line_for_each_provider_and_the_rest_is_shown() -> None:
    prices, days = LeftOut((("price", 2),), "price 1 is none"), LeftOut((("event", 1),), "event 4 has no id")
    schedule, odds = Schedule((game(LAMBEAU),), left_out=days), Events((event(),), prices)
    board = fetch(ScriptedDoor(schedule=schedule, odds=odds)).board
    assert board.games[0].odds
    assert board.warnings == (
        "nfl espn: left out 1 event that cannot be used (first: event 4 has no id)",
        "nfl odds: left out 2 prices that cannot be used (first: price 1 is none)",
    )
    assert [source.reason for source in board.sources] == [Reason.FETCHED] * 3


def test_no_games_are_no_failure() -> None:
    fetched = fetch(ScriptedDoor(schedule=Schedule(()), odds=Events(())))
    assert (fetched.board.games, fetched.failures) == ((), ())


def test_games_outside_the_days_are_left_out_but_for_one_still_on() -> None:
    late = game(id="4", start=NOW + 40 * 86400)
    on = game(id="2", start=NOW - 30 * HOUR, status="live")
    over = game(id="3", start=NOW - 30 * HOUR, status="final")
    board = fetch(ScriptedDoor(schedule=Schedule((game(), late, on, over)), odds=Events(()))).board
    assert sorted(one.id for one in board.games) == ["1", "2"]


# ── a game that no book prices ──

OTHER = (
    Price("espn:DraftKings", "h2h", "Chicago Bears", 1.7),
    Price("espn:DraftKings", "h2h", "Minnesota Vikings", 2.2),
)


def unpriced() -> ScheduledGame:
    return replace(game(id="2"), home="Chicago Bears", away="Minnesota Vikings", line=OTHER)


@pytest.mark.parametrize(
    "reason", [Reason.FETCHED, Reason.FRESH_CACHE, Reason.STALE_BUDGET, Reason.STALE_OFFLINE]
)
def test_a_game_that_no_book_prices_shows_espns_line_beside_the_books_of_the_others(reason: Reason) -> None:
    odds = Outcome(OddsJob("x", ()), reason, Events((event(),)), NOW)
    board = fetch(ScriptedDoor(schedule=Schedule((game(), unpriced())), odds=odds)).board
    priced, other = board.games
    assert {price.bookmaker for price in priced.odds} == {"fanduel"}
    assert (other.odds, other.best) == (OTHER, ())
    assert board.sources[1].reason is reason


def test_a_listed_game_without_prices_of_a_wanted_market_shows_espns_line_too() -> None:
    lay = replace(event(), prices=(Price("smarkets", "h2h_lay", "Detroit Lions", 1.6),))
    for bare in (lay, replace(event(), prices=())):
        board = fetch(ScriptedDoor(schedule=Schedule((game(),)), odds=Events((bare,)))).board
        assert set(LINE) <= set(board.games[0].odds)
        assert board.games[0].best == ()


def test_a_board_without_any_wanted_price_says_so_and_what_it_cost() -> None:
    standing_in = fetch(ScriptedDoor(schedule=Schedule((game(),)), odds=Events(()))).board.sources[1]
    assert (standing_in.reason, standing_in.detail, standing_in.credits) == (
        Reason.FALLBACK,
        "espn: NO_PRICES",
        3,
    )
    bare = fetch(ScriptedDoor(schedule=Schedule((game(line=()),)), odds=Events(()))).board.sources[1]
    assert (bare.reason, bare.detail, bare.credits) == (Reason.NONE, "NO_PRICES", 3)


def test_where_no_game_needs_a_price_none_is_missed() -> None:
    over = Schedule((game(status="final", line=()),))
    assert fetch(ScriptedDoor(schedule=over, odds=Events(()))).board.sources[1].reason is Reason.FETCHED


def test_without_prices_asked_for_no_line_is_shown() -> None:
    assert fetch(ScriptedDoor(schedule=Schedule((game(),))), odds=False).board.games[0].odds == ()


# ── everything is down ──


def test_of_two_providers_down_each_is_named_with_its_cause_and_when_it_is_asked_again() -> None:
    door = ScriptedDoor(schedule=failed(), odds=failed(), events=failed())
    door.rests = {"espn": NOW + 30}
    (error,) = fetch(door).failures
    assert (error.code, error.exit_code, error.retry_at) == ("SERVER_ERROR", 6, NOW + 30)
    assert "ESPN: down (asked again from 2026-11-18 11:07:10 UTC)" in error.message
    assert "The Odds API: down (asked again by the next command)" in error.message
    assert error.hint
    assert "health --probe" in error.hint


def test_a_missing_key_beside_a_provider_down_is_no_matter_of_waiting() -> None:
    no_key = Outcome(
        OddsJob("x", ()),
        Reason.NO_KEY,
        detail="NO_KEY",
        error=MissingKeyError("no key", hint="set ODDS_API_KEY"),
    )
    (error,) = fetch(ScriptedDoor(schedule=failed(), odds=no_key, events=no_key)).failures
    assert error.message.endswith("The Odds API: no key")
    assert error.hint == "set ODDS_API_KEY"


def test_a_provider_that_is_left_alone_is_told_with_how_it_has_been() -> None:
    shut = Outcome(
        OddsJob("x", ()), Reason.REFUSED_BREAKER, error=BreakerRefusedError("not asked", retry_at=NOW + 60)
    )
    (error,) = fetch(ScriptedDoor(schedule=failed(), odds=shut, events=shut)).failures
    assert "The Odds API: keeps failing (left alone) (asked again from" in error.message


# ── questions without a game ──

TOMORROW = game(id="9", start=NOW + 30 * HOUR)
OVER = game(id="8", start=NOW - 3 * HOUR, status="final")
NARROW: list[dict[str, object]] = [
    {"days": 1},
    {"days": 2},
    {"day": date(2026, 11, 18)},
    {"team": "lions"},
    {"team": "lions", "days": 7},
]


def kinds(door: ScriptedDoor) -> list[list[type[Job]]]:
    return [[type(job) for job in jobs] for jobs in door.asked]


@pytest.mark.parametrize("narrow", NARROW)
def test_a_narrow_question_asks_the_free_schedule_first_and_buys_nothing_where_it_has_no_game(
    narrow: dict[str, object],
) -> None:
    far = game(id="7", start=NOW + 200 * HOUR)
    door = ScriptedDoor(schedule=Schedule((far,)), odds=Events((event(),)))
    fetched = fetch(door, NFL, **narrow)
    assert OddsJob not in {kind for group in kinds(door) for kind in group}
    assert (fetched.board.games, fetched.failures) == ((), ())
    assert [source.api for source in fetched.board.sources] == ["espn"]
    (note,) = fetched.board.notes
    assert note.startswith("nfl: no game")
    assert "next: Thu 2026-11-26 19:06 UTC, Green Bay Packers at Detroit Lions" in note


@pytest.mark.parametrize("narrow", [{"days": 2}, {"team": "lions"}])
def test_a_narrow_question_with_a_game_buys_after_the_schedule(narrow: dict[str, object]) -> None:
    door = ScriptedDoor(schedule=Schedule((game(),)), odds=Events((event(),)))
    assert fetch(door, NFL, weather=False, **narrow).board.notes == ()
    assert kinds(door) == [[ScheduleJob], [OddsJob]]


def test_a_wide_question_asks_side_by_side_unless_a_stored_schedule_has_no_game_ahead() -> None:
    for stored, expected in (
        (None, [[ScheduleJob, OddsJob]]),
        (Schedule((game(),)), [[ScheduleJob, OddsJob]]),
        (Schedule(()), [[ScheduleJob], [OddsJob]]),
        (Schedule((game(start=NOW - HOUR, status="live"),)), [[ScheduleJob], [OddsJob]]),
    ):
        door = ScriptedDoor(schedule=Schedule((game(),)), odds=Events((event(),)), stored=stored)
        fetch(door, weather=False)
        assert kinds(door) == expected


def test_a_stored_schedule_older_than_six_hours_tells_nothing() -> None:
    door = ScriptedDoor(
        schedule=Schedule((game(),)), odds=Events((event(),)), stored=Schedule(()), age=7 * HOUR
    )
    fetch(door, weather=False)
    assert kinds(door) == [[ScheduleJob, OddsJob]]
    ahead = ScriptedDoor(schedule=Schedule((game(),)), odds=Events((event(),)), stored=Schedule((game(),)))
    fetch(ahead, weather=False, days=1)
    assert kinds(ahead) == [[ScheduleJob, OddsJob]]


@pytest.mark.parametrize("status", ["final", "canceled", "postponed"])
def test_games_that_are_over_need_no_prices_and_are_shown(status: Status) -> None:
    over = replace(OVER, status=status)
    door = ScriptedDoor(
        schedule=Schedule((over, game(id="7", start=NOW + 60 * HOUR))),
        odds=Events((event(),)),
    )
    board = fetch(door, days=1).board
    assert [one.id for one in board.games] == ["8"]
    assert OddsJob not in {kind for group in kinds(door) for kind in group}
    assert board.notes[0].startswith("nfl: every game is over or called off, no odds are needed; next: ")


@pytest.mark.parametrize("status", ["scheduled", "live", "delayed"])
def test_games_that_are_not_over_need_prices(status: str) -> None:
    door = ScriptedDoor(
        schedule=Schedule((game(start=NOW - HOUR, status=status),)), odds=Events((event(-HOUR),))
    )
    fetch(door, days=1, weather=False)
    assert kinds(door) == [[ScheduleJob], [OddsJob]]


@pytest.mark.parametrize("doubt", [{"skipped": 3}, {"doubt": "25 events"}])
def test_a_schedule_that_may_lack_games_does_not_keep_from_buying(doubt: dict[str, object]) -> None:
    door = ScriptedDoor(schedule=replace(Schedule(()), **doubt), odds=Events((event(),)))  # type: ignore[arg-type]
    assert len(fetch(door, days=1, weather=False).board.games) == 1


def test_where_espn_is_down_the_free_list_of_the_odds_api_tells_whether_there_is_a_game() -> None:
    door = ScriptedDoor(
        schedule=failed(), odds=Events((event(),)), events=Events((replace(event(90 * HOUR), prices=()),))
    )
    board = fetch(door, days=1).board
    assert kinds(door)[:2] == [[ScheduleJob], [EventsJob]]
    assert OddsJob not in {kind for group in kinds(door) for kind in group}
    assert "next: Sun 2026-11-22 05:06 UTC" in board.notes[0]


def test_a_sport_that_espn_does_not_have_is_looked_up_in_the_free_list() -> None:
    sport = Sport("xfl", "XFL", "americanfootball_xfl", None)
    door = ScriptedDoor(odds=Events((event(),)), events=Events((replace(event(90 * HOUR), prices=()),)))
    board = fetch(door, sport, team="lions").board
    assert kinds(door) == [[EventsJob]]
    assert [(source.api, source.reason, source.credits) for source in board.sources] == [
        ("odds", Reason.FETCHED, 0)
    ]
    door = ScriptedDoor(odds=Events((event(),)), events=Events((event(),)))
    assert fetch(door, sport, team="lions").board.games[0].odds


def test_the_next_game_is_looked_for_in_two_free_calls_at_the_most() -> None:
    door = ScriptedDoor(schedule=Schedule(()), odds=Events(()))
    board = fetch(door, days=1).board
    assert [[job.dates for job in jobs if isinstance(job, ScheduleJob)] for jobs in door.asked] == [
        ["202611"],
        ["202612"],
    ]
    assert board.notes == ("nfl: no game on Wed 2026-11-18; the next game is not known yet",)


def test_offline_nobody_is_asked_for_the_next_game() -> None:
    door = ScriptedDoor(schedule=Schedule(()), odds=Events(()))
    service = FetchBoard(door, FakeClock(), Settings())  # type: ignore[arg-type]
    service.run(BoardQuery((NFL,), ("h2h",), ("us",), days=1), RequestOptions(offline=True))
    assert len(door.asked) == 1


def test_of_several_sports_the_one_without_games_says_so() -> None:
    door = ScriptedDoor(schedule=Schedule((TOMORROW,)), odds=Events(()))
    nba = sports.find("nba")
    wanted = BoardQuery((NFL, nba), ("h2h",), ("us",), days=1)
    board = FetchBoard(door, FakeClock(), Settings()).run(wanted, RequestOptions()).board  # type: ignore[arg-type]
    assert [note[:4] for note in board.notes] == ["nfl:", "nba:"]


# ── teams ──

LEAGUE = tuple(
    game(id=str(n), start=NOW + 200 * HOUR, home=f"Town {n} Reds", away=f"City {n} Blues") for n in range(7)
)


def test_an_unknown_team_is_refused_with_the_nearest_and_nothing_is_bought() -> None:
    door = ScriptedDoor(schedule=Schedule((game(),)), odds=Events((event(),)))
    with pytest.raises(UsageError, match="no team of nfl is called 'Packrs'") as caught:
        fetch(door, team="Packrs")
    assert caught.value.hint == "did you mean Green Bay Packers?"
    assert OddsJob not in {kind for group in kinds(door) for kind in group}


def test_a_team_like_none_is_refused_only_where_enough_teams_are_known() -> None:
    with pytest.raises(UsageError, match="'Xyzzy'"):
        fetch(ScriptedDoor(schedule=Schedule(LEAGUE)), team="Xyzzy")
    assert (
        "no game of 'Xyzzy'"
        in fetch(ScriptedDoor(schedule=Schedule(LEAGUE[:2])), team="Xyzzy").board.notes[0]
    )
    assert (
        "no game of 'Xyzzy'"
        in fetch(ScriptedDoor(schedule=Schedule(LEAGUE)), sports.find("ncaab"), team="Xyzzy").board.notes[0]
    )


def test_a_team_that_a_stored_answer_knows_is_no_typo() -> None:
    door = ScriptedDoor(schedule=Schedule(LEAGUE), shelf=[Schedule((game(home="Dallas Cowboys"),))])
    assert "no game of 'cowboys'" in fetch(door, team="cowboys").board.notes[0]


def test_a_team_of_one_of_several_sports_is_known() -> None:
    door = ScriptedDoor(schedule=Schedule((game(),)), odds=Events((event(),)))
    wanted = BoardQuery(
        (NFL, Sport("xfl", "XFL", None, "football/xfl")), ("h2h",), ("us",), team="packers", weather=False
    )
    assert FetchBoard(door, FakeClock(), Settings()).run(wanted, RequestOptions()).board.games  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sport", "text", "name"),
    [
        ("nfl", "LIONS", "Detroit Lions"),
        ("nba", "Los Angeles Clippers", "LA Clippers"),
        ("mlb", "oakland", "Athletics"),
        ("laliga", "atletico", "Atlético Madrid"),
        ("nfl", "  lions ", "Detroit Lions"),
    ],
)
def test_a_team_goes_by_any_of_its_spellings(sport: str, text: str, name: str) -> None:
    assert is_team(sports.find(sport), text, [name])
    assert not is_team(sports.find(sport), "nowhere", [name])


# ── games that have been moved ──

EPL = sports.find("epl")
CITY = replace(game(), home="Manchester City", away="Leeds United", venue=None)
PALACE = replace(game(id="2"), home="Crystal Palace", away="Chelsea", venue=None)
MOVED = replace(
    game(id="3", start=NOW + 40 * 86400, status="postponed"),
    home="Manchester City",
    away="Crystal Palace",
    venue=None,
)
STALE = OddsEvent(
    "old",
    NOW + 30 * HOUR,
    "Manchester City",
    "Crystal Palace",
    (Price("fanduel", "h2h", "Manchester City", 1.3),),
)


def test_an_event_missing_from_the_schedule_is_looked_for_in_the_next_months() -> None:
    door = ScriptedDoor(schedule=Schedule((CITY, PALACE)), odds=Events((STALE,)))
    door.later = Schedule((MOVED,))
    fetched = fetch(door, EPL, weather=False)
    months = [job.dates for jobs in door.asked[1:] for job in jobs if isinstance(job, ScheduleJob)]
    assert len(months) == 3
    assert {one.id: one.status for one in fetched.board.games} == {"1": "scheduled", "2": "scheduled"}
    assert [source.api for source in fetched.board.sources] == ["espn", "odds"]


def test_nothing_more_is_asked_where_the_schedule_has_every_event_or_does_not_know_the_teams() -> None:
    both = (
        OddsEvent("a", CITY.start, CITY.home, CITY.away),
        OddsEvent("b", NOW + 9 * HOUR, "FC Nowhere", "Testville"),
    )
    door = ScriptedDoor(schedule=Schedule((CITY, PALACE)), odds=Events(both))
    fetch(door, EPL, weather=False)
    assert len(door.asked) == 1


def test_an_old_schedule_makes_no_event_postponed() -> None:
    door = ScriptedDoor(
        schedule=Outcome(
            ScheduleJob("soccer/eng.1", "1"), Reason.STALE_ERROR, Schedule((CITY, PALACE, MOVED)), NOW - 86400
        ),
        odds=Events((STALE,)),
    )
    board = fetch(door, EPL, weather=False).board
    assert {one.id: one.status for one in board.games}["odds:old"] == "scheduled"


def test_an_hour_not_fixed_has_the_weather_of_the_odds_start() -> None:
    midnight = NOW // 86400 * 86400 + 86400 + 5 * HOUR
    events = Events((replace(event(), commence_time=midnight + 13 * HOUR),))
    door = ScriptedDoor(
        schedule=Schedule((game(LAMBEAU, start=midnight, time_confirmed=False),)), odds=events
    )
    (shown,) = fetch(door).board.games
    assert shown.weather is not None
    assert (shown.commence_time, shown.time_confirmed, shown.weather.time) == (
        midnight + 13 * HOUR,
        False,
        midnight + 13 * HOUR,
    )


# ── leagues that the configuration adds ──

ADDED = Sport("mine", "Mine", "soccer_fifa_world_cup", "soccer/fifa.world")
EREDIVISIE = Sport(
    "eredivisie", "Eredivisie", "soccer_netherlands_eredivisie", "soccer/ned.1", default_days=7
)


@pytest.mark.parametrize(
    ("sport", "espn", "odds"),
    [
        (ADDED, ("United States", "Türkiye"), ("USA", "Turkey")),
        (ADDED, ("Congo DR", "Cape Verde"), ("DR Congo", "Cabo Verde")),
        (EREDIVISIE, ("Ajax Amsterdam", "FC Twente"), ("Ajax", "Twente Enschede")),
        (replace(EREDIVISIE, odds_key="soccer_x"), ("NEC Nijmegen", "Heracles"), ("NEC", "Heracles Almelo")),
        (
            Sport("w", "W", "basketball_wncaab", "basketball/womens-college-basketball"),
            ("UConn Huskies",) * 2,
            ("Connecticut Huskies",) * 2,
        ),
    ],
)
def test_a_game_of_an_added_league_stands_once(
    sport: Sport, espn: tuple[str, str], odds: tuple[str, str]
) -> None:
    known = replace(game(), home=espn[0], away=espn[1], venue=None)
    door = ScriptedDoor(
        schedule=Schedule((known,)), odds=Events((replace(event(), home=odds[0], away=odds[1]),))
    )
    assert [one.id for one in fetch(door, sport, weather=False).board.games] == ["1"]


@pytest.mark.parametrize("book", ["williamhill_us", "Caesars", "william hill us", "CAESARS"])
def test_a_book_is_chosen_by_key_or_title(book: str) -> None:
    prices = (
        Price("williamhill_us", "h2h", "Detroit Lions", 1.6),
        Price("fanduel", "h2h", "Detroit Lions", 1.7),
    )
    board = fetch(
        ScriptedDoor(schedule=Schedule((game(),)), odds=Events((replace(event(), prices=prices),))), book=book
    ).board
    assert {price.bookmaker for price in board.games[0].odds} == {"williamhill_us"}
    assert board.warnings == ()


def test_espns_line_can_be_chosen_like_a_book() -> None:
    board = fetch(
        ScriptedDoor(schedule=Schedule((game(), unpriced())), odds=Events((event(),))), book="espn"
    ).board
    assert [{price.bookmaker for price in one.odds} for one in board.games] == [set(), {"espn:DraftKings"}]


@pytest.mark.parametrize("doubt", [{"skipped": 3}, {"doubt": "25 events"}])
def test_a_schedule_that_may_lack_games_says_nothing_of_the_next_one(doubt: dict[str, object]) -> None:
    door = ScriptedDoor(schedule=replace(Schedule(()), **doubt), odds=Events(()))  # type: ignore[arg-type]
    assert fetch(door).board.notes == ()
    assert len(door.asked) == 1
