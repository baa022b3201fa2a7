"""What waits is worked off: asked once by one, removed when answered, kept when not; and listed with what is
planned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from oddsctl.catalog.sports import league_of
from oddsctl.domain.answers import Events
from oddsctl.domain.errors import (
    BreakerRefusedError,
    BudgetRefusedError,
    InterruptedRunError,
    MaxCreditsRefusedError,
    OddsctlError,
)
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, Job, ScheduleJob
from oddsctl.domain.models import Place, Sport
from oddsctl.domain.notices import Notice, RequestFinished
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob, ScoresJob, SportsJob
from oddsctl.domain.provider_errors import EventGoneError, ServerError
from oddsctl.domain.reports import PrefetchCall, QueueResult
from oddsctl.domain.requests import (
    Outcome,
    Priority,
    PriorityRequest,
    Purpose,
    Reason,
    RequestOptions,
)
from oddsctl.domain.settings import Settings
from oddsctl.policy import request_queue
from oddsctl.services.queue import QueueWorker, exit_code, queue_items
from oddsctl.state.shared import SharedState
from oddsctl.store.memory import MemoryLocks, MemoryStore
from tests.fakes import FakeClock

MINUTE, HOUR = 60.0, 3600.0
NFL = OddsJob("americanfootball_nfl", ("h2h",), ("us",))
NBA = OddsJob("basketball_nba", ("h2h", "totals"), ("us",))
EVENTS = EventsJob("icehockey_nhl")
TERMS = RequestOptions(wait=10)
LEASE = 10 + 2 * Settings().http.longest_exchange


class ScriptedDoor:
    """An orchestrator that says of each job what the test laid out, else that it was fetched; `during`
    happens while it is at it.
    """

    def __init__(
        self, outcomes: Mapping[Job, Outcome] | None = None, during: Callable[[], None] = lambda: None
    ) -> None:
        self.outcomes = outcomes or {}
        self.during = during
        self.asked: list[PriorityRequest] = []

    def best_effort(self, work: Callable[[], None]) -> None:
        work()

    def run(self, requests: Sequence[PriorityRequest], _terms: RequestOptions) -> list[Outcome]:
        self.asked += requests
        self.during()
        return [
            self.outcomes.get(request.job) or Outcome(request.job, Reason.FETCHED, Events(()), credits=1)
            for request in requests
        ]


class House:
    """A queue, and workers on it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.state = SharedState(Path(), MemoryStore(), MemoryLocks(), self.clock, Settings())
        self.room = self.state.queue
        self.told: list[Notice] = []

    def put(self, *jobs: Job, starts_in: float | None = 9 * HOUR, **more: object) -> None:
        start = None if starts_in is None else self.clock.now() + starts_in
        self.room.put([PriorityRequest(job, game_time=start, **more) for job in jobs])  # type: ignore[arg-type]

    def run(self, door: ScriptedDoor | None = None) -> tuple[QueueResult, ...]:
        orchestrator = door or ScriptedDoor()
        worker = QueueWorker(orchestrator, self.state, self.told.append)  # type: ignore[arg-type]
        return worker.run(TERMS)

    @property
    def left(self) -> dict[Job, str]:
        return {wish.job: request_queue.state(wish, self.clock.now()) for wish in self.room.waiting()}


def refused(
    job: Job, error: OddsctlError, reason: Reason = Reason.NONE, detail: str | None = None
) -> Outcome:
    return Outcome(job, reason, error=error, detail=detail or error.code)


# ── the run ──


def test_all_that_is_due_is_asked_together_most_pressing_first_and_leaves_when_answered() -> None:
    house, door = House(), ScriptedDoor()
    house.put(NBA, priority=Priority.LOW)
    house.put(NFL, starts_in=HOUR / 2, purpose=Purpose.WINDOW_30M, priority=Priority.PREFETCH)
    began = house.clock.now()
    assert [(one.what, one.state, one.credits) for one in house.run(door)] == [
        ("board h2h us", "answered", 1),
        ("board h2h,totals us", "answered", 1),
    ]
    assert door.asked == [
        PriorityRequest(NFL, Priority.PREFETCH, Purpose.WINDOW_30M, began + HOUR / 2, None, began),
        PriorityRequest(NBA, Priority.LOW, Purpose.OWN, began + 9 * HOUR, None, began),
    ]
    assert house.left == {}
    assert house.run(door) == ()


def test_two_at_once_never_ask_for_the_same() -> None:
    house, second = House(), ScriptedDoor()
    house.put(NFL, NBA)

    def other_run() -> None:
        house.put(EVENTS)
        assert house.left[NFL] == "in_flight"
        house.run(second)

    first = ScriptedDoor(during=other_run)
    house.run(first)
    assert {request.job for request in first.asked} == {NFL, NBA}
    assert [request.job for request in second.asked] == [EVENTS]
    assert house.left == {}


def test_what_a_killed_run_had_taken_is_due_again_when_its_lease_ends() -> None:
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    house = House()
    house.put(NFL)
    with pytest.raises(Killed):
        house.run(ScriptedDoor(during=die))
    house.clock.jump(LEASE - 1)
    assert (house.left, house.run()) == ({NFL: "in_flight"}, ())
    house.clock.jump(1)
    assert [one.state for one in house.run()] == ["answered"]


def test_an_interrupted_run_leaves_all_waiting_and_free_for_the_next() -> None:
    def interrupt() -> None:
        raise InterruptedRunError("stop")

    house = House()
    house.put(NFL, NBA)
    with pytest.raises(InterruptedRunError):
        house.run(ScriptedDoor(during=interrupt))
    assert house.left == {NFL: "waiting", NBA: "waiting"}


def test_what_fails_rests_as_long_as_it_is_told_else_longer_each_time() -> None:
    house = House()
    house.put(NFL, NBA)
    retry_at = house.clock.now() + 7 * MINUTE
    door = ScriptedDoor(
        {
            NFL: refused(NFL, ServerError("down")),
            NBA: refused(NBA, BreakerRefusedError("left alone", retry_at=retry_at), Reason.REFUSED_BREAKER),
        }
    )
    rests = [[one.due - house.clock.now() for one in house.run(door) if one.due]]
    for _ in range(3):
        house.clock.jump(8 * MINUTE)
        rests.append(
            [one.due - house.clock.now() for one in house.run(door) if one.due and one.id == NFL.key]
        )
    assert rests == [[1 * MINUTE, 7 * MINUTE], [2 * MINUTE], [4 * MINUTE], [8 * MINUTE]]
    assert house.left == {NFL: "not_before", NBA: "not_before"}


def test_an_old_answer_is_no_answer_to_what_waits() -> None:
    house = House()
    house.put(NFL)
    stale = Outcome(NFL, Reason.STALE_BUDGET, Events(()), error=BudgetRefusedError("no credits"))
    assert [one.state for one in house.run(ScriptedDoor({NFL: stale}))] == ["postponed"]


def test_what_one_run_may_not_spend_waits_for_the_next_without_a_rest() -> None:
    house = House()
    house.put(NFL)
    too_dear = refused(NFL, MaxCreditsRefusedError("costs 3"), Reason.REFUSED_MAX_CREDITS, "MAX_CREDITS")
    assert [one.state for one in house.run(ScriptedDoor({NFL: too_dear}))] == ["postponed"]
    assert house.left == {NFL: "waiting"}


@pytest.mark.parametrize("reason", [Reason.NONE, Reason.NEGATIVE_CACHE])
def test_what_is_refused_for_good_is_dropped(reason: Reason) -> None:
    house = House()
    house.put(NFL)
    (one,) = house.run(ScriptedDoor({NFL: refused(NFL, EventGoneError("gone"), reason)}))
    assert (one.state, one.reason, one.detail) == ("dropped", reason, "EVENT_GONE")
    assert house.left == {}


def test_what_comes_too_late_is_dropped_and_told_and_not_asked_for() -> None:
    house, door = House(), ScriptedDoor()
    house.put(NFL, starts_in=HOUR)
    house.put(NBA, starts_in=None)  # worth an hour
    house.clock.jump(HOUR)
    assert house.left == {}
    worked = house.run(door)
    assert [(one.state, one.reason) for one in worked] == [("dropped", Reason.SKIPPED_EXPIRED)] * 2
    assert [notice.outcome.reason for notice in house.told if isinstance(notice, RequestFinished)] == [
        Reason.SKIPPED_EXPIRED
    ] * 2
    assert (door.asked, exit_code(worked), house.run(door)) == ([], 0, ())


def test_clearing_drops_all_and_who_works_on_some_of_it_brings_nothing_back() -> None:
    house, counted = House(), list[int]()
    house.put(NFL, NBA)
    house.run(
        ScriptedDoor(
            {NFL: refused(NFL, ServerError("down"))}, during=lambda: counted.append(house.room.clear())
        )
    )
    assert (counted, house.left, house.room.clear()) == ([2], {}, 0)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0),
        ([Outcome(NFL, Reason.FETCHED, Events(()))], 0),
        ([refused(NFL, ServerError("down"))], 6),
        (
            [
                refused(NFL, ServerError("down")),
                refused(NBA, BudgetRefusedError("none"), Reason.REFUSED_BUDGET),
            ],
            6,
        ),
        ([refused(NFL, BudgetRefusedError("none"), Reason.REFUSED_BUDGET)], 5),
        ([refused(NFL, ServerError("down")), Outcome(NBA, Reason.FETCHED, Events(()))], 0),
        ([Outcome(NFL, Reason.STALE_ERROR, Events(()), error=ServerError("down"))], 0),
    ],
)
def test_the_exit_code_is_that_of_the_worst_where_nothing_came(outcomes: list[Outcome], code: int) -> None:
    house = House()
    house.put(*(outcome.job for outcome in outcomes))
    assert exit_code(house.run(ScriptedDoor({outcome.job: outcome for outcome in outcomes}))) == code


# ── the list ──


def test_jobs_in_a_few_words() -> None:
    place = Place(42.34, -83.05)
    jobs: list[Job] = [
        replace(NFL, markets=("totals", "h2h"), regions=("us", "uk")), replace(NFL, bookmakers=("fanduel",)),
        replace(NFL, event="0123456789abcdef"), EVENTS, SportsJob(), ScoresJob("basketball_nba"),
        ScheduleJob("football/nfl", "202611"),
        ScheduleJob("football/nfl", "20261126"), ForecastJob((place,), 1, 2),
        ForecastJob((place, Place(1, 2)), 1, 2), GeocodeJob("Salem"),
    ]  # fmt: skip
    assert [job.label() for job in jobs] == [
        "board h2h,totals uk,us", "board h2h fanduel", "event 01234567 h2h us", "events", "sports", "scores",
        "schedule 2026-11",
        "schedule 2026-11-26", "weather 42.34,-83.05", "weather 2 places", "place Salem",
    ]  # fmt: skip


def test_sports_are_called_by_our_names() -> None:
    kabaddi = Sport("kabaddi", "Kabaddi", "kabaddi_pro", "")
    jobs: list[Job] = [
        NFL,
        ScheduleJob("soccer/eng.1", "202611"),
        ScoresJob("basketball_nba"),
        OddsJob("kabaddi_pro", ()),
        SportsJob(),
    ]
    assert [league_of(job, (kabaddi,)) for job in jobs] == ["nfl", "epl", "nba", "kabaddi", None]
    assert league_of(OddsJob("kabaddi_pro", ())) == "kabaddi_pro"


def test_what_waits_and_what_is_planned_are_one_list_what_is_due_first() -> None:
    house, now = House(), FakeClock().now()
    house.put(NBA, starts_in=9 * HOUR, priority=Priority.LOW)
    house.put(NFL, starts_in=HOUR / 2)
    planned = PrefetchCall(
        now + HOUR,
        "odds",
        "nfl",
        3,
        (("1", "30m"), ("2", "30m"), ("3", "1h")),
        "planned",
        now + 1.5 * HOUR,
        now + 4000,
    )
    free = PrefetchCall(now - MINUTE, "weather", "", 0, (("1", "2h"),), "planned", now + 5 * HOUR, now + 60)
    rows = queue_items(house.room.waiting(), (planned, free), now, lambda job: 1 if job == NFL else 2)
    assert [(row.id, row.effective_priority.name, row.why, row.state, row.credits) for row in rows] == [
        (NFL.key, "CRITICAL", "game in 30 min", "waiting", 1),
        (NBA.key, "LOW", "asked as LOW", "waiting", 2),
        ("planned/weather/-@2026-11-18T11:05:40Z", "PREFETCH", "asked as PREFETCH", "planned", 0),
        ("planned/odds/nfl@2026-11-18T12:06:40Z", "CRITICAL", "game in 30 min then", "planned", 3),
    ]
    assert [(row.sport, row.what, row.window, row.due - now) for row in rows] == [
        ("nfl", "board h2h us", None, 0),
        ("nba", "board h2h,totals us", None, 0),
        (None, "weather for 1 game", "2h", -MINUTE),
        ("nfl", "board for 3 games", "30m,1h", HOUR),
    ]


def test_what_rests_is_due_when_its_rest_is_over() -> None:
    house = House()
    house.put(NFL)
    house.run(ScriptedDoor({NFL: refused(NFL, ServerError("down"))}))
    (row,) = queue_items(house.room.waiting(), (), house.clock.now())
    assert (row.due - house.clock.now(), row.state, row.attempts) == (MINUTE, "not_before", 1)
