"""The main job on a scripted door: what is shown when one part is old, missing or stands in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from oddsctl.errors import BudgetRefusedError, ServerError
from oddsctl.fetch import Fetch, Wanted
from oddsctl.messages.jobs import Events, EventsJob, ForecastJob, Forecasts, Geocoded, GeocodeJob, Job, OddsJob, Schedule, ScheduleJob
from oddsctl.messages.wishes import Outcome, PriorityRequest, Reason, Terms
from oddsctl.models import Forecast, GeocodedPlace, Hour, OddsEvent, Price, ScheduledGame, Sport, Usage, VenueRef
from oddsctl.providers import sports
from oddsctl.settings import Settings
from tests.fakes import FakeClock

HOUR = 3600.0
NOW = FakeClock().now()
NFL = sports.find("nfl")
LINE = (Price("espn:DraftKings", "h2h", "Detroit Lions", 1.5), Price("espn:DraftKings", "h2h", "Green Bay Packers", 2.6))
FORD = VenueRef("3727", "Ford Field", "Detroit", "MI", None, indoor=True)
LAMBEAU = VenueRef("3798", "Lambeau Field", "Green Bay", "WI", None, indoor=False)
SMALLVILLE = GeocodedPlace("Smallville", 38.004, -97.0, "United States", "Kansas", "US")
NOWHERE = VenueRef(None, "New Ground", "Smallville", "KS", None, indoor=False)


def game(venue: VenueRef = FORD, **changes: object) -> ScheduledGame:
    plain = ScheduledGame("1", NOW + 5 * HOUR, True, "Detroit Lions", "Green Bay Packers", "scheduled", venue=venue, line=LINE)
    return replace(plain, **changes)  # type: ignore[arg-type]


def event(starts_in: float = 5 * HOUR) -> OddsEvent:
    prices = (Price("fanduel", "h2h", "Detroit Lions", 1.6), Price("fanduel", "h2h", "Green Bay Packers", 2.4))
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
    ) -> None:
        self.towns = towns
        self.answers = {ScheduleJob: schedule, OddsJob: odds, EventsJob: events}
        self.asked: list[list[Job]] = []
        self.thrifty = thrifty
        self.game_times: list[float | None] = []

    def run(self, requests: Sequence[PriorityRequest], terms: Terms) -> list[Outcome]:
        self.asked.append([request.job for request in requests])
        self.game_times += [request.game_time for request in requests if isinstance(request.job, OddsJob)]
        return [self._outcome(request.job) for request in requests]

    def _outcome(self, job: Job) -> Outcome:
        match job:
            case ForecastJob():
                first = job.first_day * 86400.0
                hours = tuple(Hour(first + n * HOUR, temperature=float(n)) for n in range((job.last_day - job.first_day + 1) * 24))
                return Outcome(job, Reason.FETCHED, Forecasts(tuple(Forecast(place, "imperial", hours) for place in job.places)), NOW)
            case GeocodeJob():
                return Outcome(job, Reason.FETCHED, Geocoded(self.towns), NOW)
            case _:
                answer = self.answers[type(job)]
                if isinstance(answer, Outcome):
                    return replace(answer, job=job)
                return Outcome(job, Reason.FETCHED, answer, NOW, credits=3 if isinstance(job, OddsJob) else 0)  # type: ignore[arg-type]

    def is_thrifty(self) -> bool:
        return self.thrifty

    def usage(self) -> Usage:
        return Usage(0, 0, None)


def failed(code: str = "SERVER_ERROR", reason: Reason = Reason.NONE, answer: Events | None = None) -> Outcome:
    return Outcome(OddsJob("x", ()), reason, answer, None if answer is None else NOW - 9 * HOUR, detail=code, error=ServerError("down"))


def fetch(door: ScriptedDoor, sport: Sport = NFL, **wanted: object):  # type: ignore[no-untyped-def]
    errand = Fetch(door, FakeClock(), Settings())  # type: ignore[arg-type]
    return errand.run(Wanted((sport,), ("h2h",), ("us",), **wanted), Terms())  # type: ignore[arg-type]


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
    assert (venue.latitude, venue.longitude, venue.located_by) == (38.0, -97.0, "geocoding")  # what the forecast was asked for


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
def test_a_town_that_is_not_among_the_results_has_no_weather_and_the_source_says_so(towns: tuple[GeocodedPlace, ...]) -> None:
    door = ScriptedDoor(schedule=Schedule((game(NOWHERE),)), odds=Events((event(),)), towns=towns)
    board = fetch(door).board
    assert door.asked[1:] == [[GeocodeJob("Smallville, KS")], [GeocodeJob("Smallville, KS", wide=True, country="US")]]
    assert board.games[0].weather is None
    assert board.games[0].venue is not None
    assert board.games[0].venue.located_by is None
    told = board.sources[-1]
    assert (told.api, told.reason, told.detail) == ("weather", "NONE", "no place found for Smallville, KS")


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
    door = ScriptedDoor(schedule=Schedule((game(LAMBEAU, start=midnight, time_confirmed=False),)), odds=Events(()))
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
    door = ScriptedDoor(schedule=failed(), odds=failed("BUDGET", Reason.REFUSED_BUDGET), events=Events((replace(event(), prices=()),)))
    fetched = fetch(door)
    assert isinstance(door.asked[1][0], EventsJob)
    assert [one.id for one in fetched.board.games] == ["odds:e"]
    assert fetched.failures == ()


def test_where_nothing_can_be_shown_the_worst_cause_is_the_failure() -> None:
    door = ScriptedDoor(
        schedule=failed(), odds=replace(failed("BUDGET", Reason.REFUSED_BUDGET), error=BudgetRefusedError("not asked")), events=failed()
    )
    assert [error.exit_code for error in fetch(door).failures] == [6]


def test_no_games_are_no_failure() -> None:
    fetched = fetch(ScriptedDoor(schedule=Schedule(()), odds=Events(())))
    assert (fetched.board.games, fetched.failures) == ((), ())


def test_games_outside_the_days_are_left_out_but_for_one_still_on() -> None:
    late = game(id="4", start=NOW + 40 * 86400)
    on = game(id="2", start=NOW - 30 * HOUR, status="live")
    over = game(id="3", start=NOW - 30 * HOUR, status="final")
    board = fetch(ScriptedDoor(schedule=Schedule((game(), late, on, over)), odds=Events(()))).board
    assert sorted(one.id for one in board.games) == ["1", "2"]
