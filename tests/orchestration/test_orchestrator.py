"""The one door: look up, admit, call, settle, keep; each answer with its reason."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from oddsctl.domain import errors, provider_errors
from oddsctl.domain.answers import Answer, Events, Forecasts, Schedule
from oddsctl.domain.http import HttpRequest, HttpResponse, Quota
from oddsctl.domain.jobs import ForecastJob, Job, ScheduleJob
from oddsctl.domain.models import Forecast, OddsEvent, Place, Price
from oddsctl.domain.notices import Notice, Warned
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.ports import JSON, Locks, Store
from oddsctl.domain.requests import (
    Priority,
    PriorityRequest,
    Purpose,
    Reason,
    RequestOptions,
)
from oddsctl.domain.settings import RetrySettings, Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.state.accounts import DAMAGED, Accounts
from oddsctl.state.counters import CounterStore
from oddsctl.state.shared import SharedState
from oddsctl.store.memory import MemoryLocks, MemoryStore
from oddsctl.store.recovering import RecoveringStore
from tests.fakes import FakeClock, ScriptedTransport, Step, answer

T = TypeVar("T")
PLAIN = RequestOptions()
ONE_ATTEMPT = replace(Settings(), retry=RetrySettings(attempts=1))
BOARD = OddsJob("americanfootball_nfl", ("h2h", "spreads", "totals"), ("us",))
WEEK = ScheduleJob("football/nfl", "202611")
HOUR = 3600.0


class FakeProvider:
    """A provider whose requests are the job's key and whose answers hold one event, in two days, priced in
    all markets asked.
    """

    def __init__(
        self, name: str, clock: FakeClock, fails: Callable[[HttpResponse], Exception | None] = lambda _: None
    ) -> None:
        self.name = name
        self.clock = clock
        self.fails = fails
        self.key: str | None = "k1"

    def account(self) -> str:
        if self.key is None:
            raise provider_errors.MissingKeyError("no key", provider=self.name)
        return self.key

    def price(self, job: Job) -> int:
        return job.price if isinstance(job, OddsJob) else 0

    def request(self, job: Job) -> HttpRequest:
        return HttpRequest(self.name, job.key)

    def quota(self, response: HttpResponse) -> Quota:
        told = {name: response.headers.get(f"x-requests-{name}") for name in ("used", "remaining", "last")}
        return Quota(**{name: None if value is None else int(value) for name, value in told.items()})

    def parse(self, job: Job, response: HttpResponse) -> Answer:
        if error := self.fails(response):
            raise error
        match job:
            case OddsJob():
                prices = tuple(Price("fanduel", market, "Home", 1.9) for market in job.markets)
                return Events((OddsEvent("e", self.clock.now() + 48 * HOUR, "Home", "Away", prices),))
            case ForecastJob():
                return Forecasts(tuple(Forecast(place, "imperial", ()) for place in job.places))
            case _:
                return Schedule(())


class House:
    """An orchestrator on fakes, and what the tests look at."""

    def __init__(
        self,
        *steps: Step,
        settings: Settings | None = None,
        fails: Callable[[HttpResponse], Exception | None] = lambda _: None,
    ) -> None:
        self.clock = FakeClock()
        self.store: Store = MemoryStore()
        self.transport = ScriptedTransport(self.clock, *(steps or (live(used=3),)))
        self.providers = {name: FakeProvider(name, self.clock, fails) for name in ("odds", "espn", "weather")}
        self.settings = settings or Settings()
        self.notices: list[Notice] = []
        self.accounts = Accounts(self.store, self.clock, self.settings)

    def new_process(self, locks: Locks | None = None) -> RequestOrchestrator:
        """Another invocation on the same state."""
        return RequestOrchestrator(
            SharedState(Path(), self.store, locks or MemoryLocks(), self.clock, self.settings),
            roll=lambda: 0.5,
            transport=self.transport,
            providers=self.providers,
            tell=self.notices.append,
        )

    def ask(self, *jobs: Job, terms: RequestOptions = PLAIN, **request: Any) -> list[Reason]:
        return [
            outcome.reason
            for outcome in self.new_process().run([PriorityRequest(job, **request) for job in jobs], terms)
        ]

    def credits(self) -> tuple[object, ...]:
        books = self.accounts.state("odds").credits
        return books.used, books.remaining, books.reserved_credits, books.maybe_credits


def live(used: int, last: int = 3, limit: int = 500) -> HttpResponse:
    return answer([], x_requests_used=used, x_requests_remaining=limit - used, x_requests_last=last)


def test_a_cold_wish_is_fetched_and_the_next_process_finds_it_fresh() -> None:
    house = House()
    assert house.ask(BOARD) == [Reason.FETCHED]
    assert house.ask(BOARD) == [Reason.FRESH_CACHE]
    assert len(house.transport.sent) == 1
    assert house.credits() == (3, 497, 0, 0)


def test_what_is_too_old_is_fetched_anew() -> None:
    house = House()
    house.ask(BOARD)
    house.clock.jump(3601)
    assert house.ask(BOARD) == [Reason.FETCHED]


def test_a_larger_stored_answer_answers_the_smaller_wish() -> None:
    house = House()
    house.ask(BOARD)
    (outcome,) = house.new_process().run(
        [PriorityRequest(replace(BOARD, markets=("h2h",)))], RequestOptions()
    )
    assert outcome.reason is Reason.SUPERSET_CACHE
    assert isinstance(outcome.answer, Events)
    assert [price.market for price in outcome.answer.events[0].prices] == ["h2h"]


def test_what_prefetch_bought_is_named_so() -> None:
    house = House()
    house.ask(BOARD, purpose=Purpose.WINDOW_30M)
    assert house.ask(BOARD) == [Reason.PREFETCHED]


def test_equal_and_mergeable_wishes_are_one_call_and_each_gets_its_own() -> None:
    house = House()
    outcomes = house.new_process().run(
        [PriorityRequest(replace(BOARD, markets=(market,))) for market in ("h2h", "totals", "h2h")],
        RequestOptions(),
    )
    assert len(house.transport.sent) == 1
    markets = [
        {price.market for event in outcome.answer.events for price in event.prices}
        for outcome in outcomes
        if isinstance(outcome.answer, Events)
    ]
    assert markets == [{"h2h"}, {"totals"}, {"h2h"}]


def test_twenty_places_are_one_call_and_later_each_is_found_alone() -> None:
    house = House(answer([]))
    jobs = [ForecastJob((Place(float(n), 0.0),), 100, 101) for n in range(20)]
    outcomes = house.new_process().run([PriorityRequest(job) for job in jobs], RequestOptions())
    assert len(house.transport.sent) == 1
    assert [
        outcome.answer.forecasts[0].place for outcome in outcomes if isinstance(outcome.answer, Forecasts)
    ] == [job.places[0] for job in jobs]
    assert house.ask(jobs[7]) == [Reason.FRESH_CACHE]


def test_fresh_wants_a_call_begun_after_the_command() -> None:
    house = House(live(3), live(6))
    house.ask(BOARD)
    assert house.ask(BOARD, terms=RequestOptions(fresh=True)) == [Reason.FETCHED]
    assert len(house.transport.sent) == 2


@pytest.mark.parametrize(("max_age", "reason"), [(100, Reason.FRESH_CACHE), (10, Reason.FETCHED)])
def test_max_age_replaces_the_configured_freshness(max_age: float, reason: Reason) -> None:
    house = House(live(3), live(6))
    house.ask(BOARD)
    house.clock.jump(60)
    assert house.ask(BOARD, terms=RequestOptions(max_age=max_age)) == [reason]


def test_offline_asks_nobody() -> None:
    house = House()
    assert house.ask(BOARD, terms=RequestOptions(offline=True)) == [Reason.NONE]
    house.ask(BOARD)
    house.clock.jump(9999)
    assert house.ask(BOARD, terms=RequestOptions(offline=True)) == [Reason.STALE_OFFLINE]
    assert len(house.transport.sent) == 1


def test_without_credits_the_newest_stored_board_is_shown_and_nothing_is_asked() -> None:
    house = House(live(used=499))
    house.ask(BOARD)
    house.clock.jump(3599)
    assert house.ask(BOARD, terms=RequestOptions(max_age=1)) == [Reason.STALE_BUDGET]
    assert house.ask(replace(BOARD, sport="basketball_nba")) == [Reason.REFUSED_BUDGET]
    assert len(house.transport.sent) == 1


def test_planned_calls_leave_the_reserve_alone() -> None:
    house = House(live(used=449))
    house.ask(BOARD)
    house.clock.jump(3000)
    young = RequestOptions(max_age=60)
    assert house.ask(BOARD, terms=young, purpose=Purpose.WINDOW_30M) == [Reason.STALE_RESERVE]
    assert house.ask(BOARD, terms=young) == [Reason.FETCHED]


def test_with_few_credits_left_an_older_board_is_fresh_unless_fresh_is_asked_for() -> None:
    house = House(live(used=460), live(used=463))
    soon = replace(house.settings.freshness, over_24h=60)
    house.settings = replace(house.settings, freshness=soon)
    house.ask(BOARD)
    house.clock.jump(3000)
    assert house.ask(BOARD) == [Reason.FRESH_CACHE]
    assert house.ask(BOARD, terms=RequestOptions(fresh=True)) == [Reason.FETCHED]


@pytest.mark.parametrize(
    ("terms", "game_in", "reason"),
    [
        (RequestOptions(), None, Reason.REFUSED_BUDGET),
        (RequestOptions(), 0.9, Reason.FETCHED),
        (RequestOptions(), 1.1, Reason.REFUSED_BUDGET),
        (RequestOptions(force=True), None, Reason.FETCHED),
    ],
)
def test_the_last_credits_are_for_a_game_within_the_hour_or_force(
    terms: RequestOptions, game_in: float | None, reason: Reason
) -> None:
    house = House(live(used=491))
    house.ask(BOARD)
    other = replace(BOARD, sport="basketball_nba")
    assert house.ask(
        other, terms=terms, game_time=None if game_in is None else house.clock.now() + game_in * HOUR
    ) == [reason]


def test_max_credits_bounds_what_one_run_spends() -> None:
    house = House()
    assert (
        house.ask(BOARD, replace(BOARD, sport="basketball_nba"), terms=RequestOptions(max_credits=5)).count(
            Reason.REFUSED_MAX_CREDITS
        )
        == 1
    )
    assert len(house.transport.sent) == 1


class SlowReads(MemoryStore):
    """A store slow enough for threads to get in each other's way."""

    def read(self, key: str) -> JSON:
        threading.Event().wait(0.002)
        return super().read(key)


def test_max_credits_is_a_bound_for_calls_side_by_side_too() -> None:
    for _ in range(5):
        house = House()
        house.store = SlowReads()
        jobs = [replace(BOARD, sport=sport) for sport in ("a", "b", "c", "d")]
        assert house.ask(*jobs, terms=RequestOptions(max_credits=3)).count(Reason.FETCHED) == 1
        assert len(house.transport.sent) == 1


def test_a_call_over_the_rate_waits_once_for_its_token() -> None:
    house = House(settings=replace(Settings(), espn=replace(Settings().espn, rate=0.5, burst=1)))
    began = house.clock.monotonic()
    house.ask(ScheduleJob("a", "202611"))
    house.ask(ScheduleJob("b", "202611"))
    assert house.clock.monotonic() - began == pytest.approx(0.2 + 1.8 + 0.2)


def test_a_wait_beyond_patience_is_refused() -> None:
    house = House(settings=replace(Settings(), espn=replace(Settings().espn, rate=0.01, burst=1)))
    house.ask(ScheduleJob("a", "202611"))
    assert house.ask(ScheduleJob("b", "202611")) == [Reason.REFUSED_RATE]


def test_a_lost_answer_may_have_been_charged_and_the_next_one_tells() -> None:
    lost = provider_errors.TimedOutError("odds: no answer", maybe_sent=True, provider="odds")
    house = House(lost, live(used=6), settings=ONE_ATTEMPT)
    assert house.ask(BOARD) == [Reason.NONE]
    assert house.credits() == (None, None, 0, 3)
    house.clock.jump(10)
    assert house.ask(BOARD) == [Reason.FETCHED]
    assert house.credits() == (6, 494, 0, 0)


@pytest.mark.parametrize("ahead", [365 * 86400.0, 3 * 86400.0])
def test_a_call_made_under_a_clock_far_ahead_does_not_freeze_the_books(ahead: float) -> None:
    house = House(live(used=3), live(used=203))
    house.clock.jump(ahead)
    house.ask(BOARD)
    house.clock.jump(-ahead)
    assert house.ask(BOARD, terms=RequestOptions(fresh=True)) == [Reason.FETCHED]
    assert house.credits() == (203, 297, 0, 0)


def test_a_call_that_never_left_costs_nothing() -> None:
    house = House(provider_errors.TransportError("odds: refused", maybe_sent=False, provider="odds"))
    assert house.ask(BOARD) == [Reason.NONE]
    assert house.credits() == (None, None, 0, 0)


UNSURE = (202, 204, 206, 302, 304, 408, 499, 500, 501, 502, 503, 504, 520, 599)
REFUSED = (400, 401, 403, 404, 405, 410, 413, 418, 422, 425, 429, 451)


@pytest.mark.parametrize(
    ("status", "maybe"), [*((status, 3) for status in UNSURE), *((status, 0) for status in REFUSED)]
)
def test_whatever_is_neither_an_answer_nor_a_refusal_may_have_been_charged_until_the_balance_tells(
    status: int, maybe: int
) -> None:
    house = House(
        answer({}, status),
        live(used=6),
        settings=ONE_ATTEMPT,
        fails=lambda response: provider_errors.ServerError("no answer") if response.status != 200 else None,
    )
    house.ask(BOARD)
    assert house.credits() == (None, None, 0, maybe)
    assert house.accounts.state("odds").credits.available(500) == 500 - maybe
    house.clock.jump(60)
    house.ask(BOARD)
    assert house.credits() == (6, 494, 0, 0)


@pytest.mark.parametrize("status", UNSURE)
def test_what_may_have_been_charged_is_tried_again_once_at_the_most_and_not_beyond_max_credits(
    status: int,
) -> None:
    house = House(answer({}, status), fails=lambda _: provider_errors.ServerError("no answer"))
    house.ask(BOARD)
    assert len(house.transport.sent) == 2
    again = House(answer({}, status), fails=lambda _: provider_errors.ServerError("no answer"))
    again.ask(BOARD, terms=RequestOptions(max_credits=5))
    assert len(again.transport.sent) == 1


def maybe_charged(house: House) -> int:
    return house.accounts.state("odds").credits.maybe_charged


def test_an_answer_without_quota_headers_is_charged_at_its_price_and_shown_as_maybe_charged() -> None:
    house = House(answer([]), live(used=6), answer([]), live(used=12))
    (outcome,) = house.new_process().run([PriorityRequest(BOARD)], PLAIN)
    assert (outcome.reason, outcome.credits, maybe_charged(house)) == (Reason.FETCHED, 3, 3)
    assert house.accounts.state("odds").credits.available(500) == 497
    for shown, left in ((0, 494), (3, 491), (0, 488)):  # told, untold, told: never lost, never counted twice
        house.ask(BOARD, terms=RequestOptions(fresh=True))
        assert (maybe_charged(house), house.accounts.state("odds").credits.available(500)) == (shown, left)
    assert house.accounts.state("odds").credits.foreign == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"x_requests_used": 3},
        {"x_requests_remaining": 497},
        {"x_requests_used": 3, "x_requests_remaining": 497},
    ],
)
def test_a_balance_without_the_charge_leaves_nothing_in_doubt(headers: dict[str, int]) -> None:
    house = House(live(used=0, last=0), answer([], **headers))
    house.ask(BOARD)
    house.ask(BOARD, terms=RequestOptions(fresh=True))
    assert (maybe_charged(house), *house.credits()) == (0, 3, 497, 0, 0)


def test_a_broken_body_was_paid_all_the_same() -> None:
    house = House(fails=lambda _: provider_errors.BrokenAnswerError("odds: no JSON"))
    assert house.ask(BOARD) == [Reason.NONE]
    assert house.credits() == (3, 497, 0, 0)


@pytest.mark.parametrize(
    ("error", "stale", "nothing"),
    [
        (provider_errors.OutOfCreditsError("gone"), Reason.STALE_BUDGET, Reason.REFUSED_BUDGET),
        (provider_errors.RateLimitedError("slow down"), Reason.STALE_RATE, Reason.REFUSED_RATE),
        (provider_errors.InvalidKeyError("who?"), Reason.STALE_ERROR, Reason.NONE),
        (provider_errors.ServerError("down"), Reason.STALE_ERROR, Reason.NONE),
    ],
)
def test_each_failure_has_its_reason(
    error: provider_errors.ProviderError, stale: Reason, nothing: Reason
) -> None:
    failing = False
    house = House(fails=lambda _: error if failing else None)
    house.ask(BOARD)
    house.clock.jump(7200)
    failing = True
    (old,) = house.new_process().run([PriorityRequest(BOARD)], RequestOptions())
    assert (old.reason, old.detail, old.error) == (stale, error.code, error)
    house.store = MemoryStore()
    assert house.ask(BOARD) == [nothing]


def test_when_the_balance_is_an_hour_old_a_free_call_looks_whether_the_month_began_anew() -> None:
    house = House(live(used=499), live(used=0, last=0), live(used=3))
    house.ask(BOARD)
    house.clock.jump(3500)
    assert house.ask(BOARD, terms=RequestOptions(fresh=True)) == [Reason.STALE_BUDGET]
    house.clock.jump(200)
    assert house.ask(BOARD, terms=RequestOptions(fresh=True)) == [Reason.FETCHED]
    assert [request.url for request in house.transport.sent] == [BOARD.key, "odds/sports/all", BOARD.key]
    assert house.credits() == (3, 497, 0, 0)


def test_a_free_look_that_tells_no_balance_is_not_repeated_for_ever() -> None:
    house = House(live(used=499), answer([]))
    house.ask(BOARD)
    house.clock.jump(7200)
    assert house.ask(BOARD) == [Reason.STALE_BUDGET]
    assert len(house.transport.sent) <= 4


UNREADABLE = (provider_errors.BrokenAnswerError, provider_errors.UnusableAnswerError)


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_paid_answer_that_cannot_be_read_is_not_bought_again_while_it_would_be_fresh(
    kind: type[provider_errors.ProviderError],
) -> None:
    house = House(live(used=3), live(used=6), fails=lambda _: kind("no JSON"))
    (first,) = house.new_process().run([PriorityRequest(BOARD)], RequestOptions())
    assert (first.reason, first.credits) == (Reason.NONE, 3)
    (second,) = house.new_process().run([PriorityRequest(BOARD)], RequestOptions())
    assert (second.reason, second.credits, second.detail) == (Reason.NEGATIVE_CACHE, 0, kind.code)
    narrower = OddsJob(BOARD.sport, BOARD.markets[:1], BOARD.regions, BOARD.bookmakers)
    assert house.ask(narrower) == [Reason.NEGATIVE_CACHE]
    assert len(house.transport.sent) == 1
    house.clock.jump(1801)
    house.ask(BOARD)
    assert len(house.transport.sent) == 2


def test_fresh_asks_once_more_for_a_paid_answer_that_could_not_be_read() -> None:
    house = House(live(used=3), live(used=6), fails=lambda _: provider_errors.BrokenAnswerError("no JSON"))
    house.ask(BOARD)
    house.clock.jump(1)
    house.ask(BOARD, terms=RequestOptions(fresh=True))
    assert len(house.transport.sent) == 2


def test_a_shared_call_that_was_paid_and_cannot_be_read_is_remembered_for_each_who_shared_it() -> None:
    jobs = [OddsJob("nfl", (market,), ("us",)) for market in ("h2h", "totals")]
    house = House(live(used=3), fails=lambda _: provider_errors.BrokenAnswerError("no JSON"))
    outcomes = house.new_process().run([PriorityRequest(job) for job in jobs], RequestOptions())
    assert [outcome.credits for outcome in outcomes] == [3, 0]
    assert [house.ask(job) for job in jobs] == [[Reason.NEGATIVE_CACHE]] * 2
    assert len(house.transport.sent) == 1


def test_what_cost_nothing_and_cannot_be_read_is_tried_again() -> None:
    house = House(
        live(used=3, last=0),
        live(used=3, last=0),
        live(used=3, last=0),
        fails=lambda _: provider_errors.BrokenAnswerError("no JSON"),
    )
    house.ask(BOARD)
    assert len(house.transport.sent) == 3


def test_an_answer_that_broke_off_after_its_headers_was_charged_what_they_say() -> None:
    lost = provider_errors.TransportError("broke off", maybe_sent=True, provider="odds")
    lost.head = (200, live(used=3).headers)
    house = House(lost, live(used=6))
    (outcome,) = house.new_process().run([PriorityRequest(BOARD)], RequestOptions())
    assert (outcome.credits, outcome.detail) == (3, "TRANSPORT")
    assert house.credits() == (3, 497, 0, 0)
    assert house.ask(BOARD) == [Reason.NEGATIVE_CACHE]
    assert len(house.transport.sent) == 1


def test_out_of_credits_is_not_asked_again_at_once() -> None:
    house = House(answer({}, 401), fails=lambda _: provider_errors.OutOfCreditsError("gone"))
    assert house.ask(BOARD) == [Reason.REFUSED_BUDGET]
    assert house.ask(BOARD) == [Reason.REFUSED_BUDGET]
    assert len(house.transport.sent) == 1


def test_a_provider_that_asked_for_rest_gets_it_from_every_process() -> None:
    house = House()
    until = house.clock.now() + 120
    failing = House(fails=lambda _: provider_errors.RateLimitedError("slow down", retry_at=until))
    failing.ask(WEEK)
    assert failing.ask(WEEK) == [Reason.REFUSED_RATE]
    assert len(failing.transport.sent) == 1


def test_without_a_key_nothing_is_sent() -> None:
    house = House()
    house.providers["odds"].key = None
    assert house.ask(BOARD) == [Reason.NO_KEY]
    assert house.transport.sent == []


@pytest.mark.parametrize("name", ["used", "remaining", "own", "foreign", "base"])
def test_books_that_an_earlier_version_spoiled_with_absurd_headers_break_no_later_run(
    name: str, tmp_path: Path
) -> None:
    house = House(live(used=3), live(used=6))
    house.store = RecoveringStore(
        tmp_path, house.clock, 1.0, house.notices.append, lost_key=DAMAGED, books="accounts/odds/", traces=()
    )
    house.accounts = Accounts(house.store, house.clock, house.settings)
    house.ask(BOARD)
    row = house.store.read("accounts/odds/k1")
    house.store.update(
        "accounts/odds/k1", lambda _: ({**row, "credits": {**row["credits"], name: 10**308}}, None)
    )
    house.clock.jump(1)
    assert house.ask(BOARD, terms=RequestOptions(fresh=True)) == [Reason.FETCHED]
    assert house.credits() == (6, 494, 0, 0)
    assert "the stored account cannot be read" in " ".join(
        notice.text for notice in house.notices if isinstance(notice, Warned)
    )
    house.store.close()


def test_each_key_has_books_of_its_own() -> None:
    house = House(live(used=499))
    house.ask(BOARD)
    house.providers["odds"].key = "k2"
    assert house.ask(replace(BOARD, sport="basketball_nba")) == [Reason.FETCHED]


def test_after_damage_planned_calls_wait_until_a_call_of_ones_own_has_told_the_balance() -> None:
    house = House()
    house.store.update(DAMAGED, lambda _: (True, None))
    assert house.ask(BOARD, purpose=Purpose.WINDOW_30M) == [Reason.REFUSED_BUDGET]
    assert house.ask(BOARD) == [Reason.FETCHED]
    house.clock.jump(7200)
    assert house.ask(BOARD, purpose=Purpose.WINDOW_30M) == [Reason.FETCHED]


class FullAfterTheAnswer(MemoryStore):
    """A disk that is full, or locked, for keys of one kind once the answer is there."""

    def __init__(self, house: House, prefix: str, error: errors.OddsctlError) -> None:
        super().__init__()
        self.house, self.prefix, self.error = house, prefix, error

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        self._check(key)
        return super().update(key, change)

    def delete(self, key: str) -> None:
        self._check(key)
        super().delete(key)

    def _check(self, key: str) -> None:
        if key.startswith(self.prefix) and self.house.transport.sent:
            raise self.error


@pytest.mark.parametrize("error", [errors.StateError("disk full"), errors.LockTimeoutError("locked")])
@pytest.mark.parametrize("prefix", ["answers/", "accounts/", "flights/", ""])
def test_a_paid_answer_is_shown_whatever_cannot_be_written_after_it(
    prefix: str, error: errors.OddsctlError
) -> None:
    house = House()
    house.store = FullAfterTheAnswer(house, prefix, error)
    assert house.ask(BOARD) == [Reason.FETCHED]
    warnings = {notice.text for notice in house.notices if isinstance(notice, Warned)}
    assert warnings == {f"state could not be written: {error.message}"}


def test_what_keeps_a_call_from_being_sent_gives_back_what_it_booked() -> None:
    house = House()
    stop = errors.InterruptedRunError("stop")

    class Stopped(FakeClock):
        def sleep(self, seconds: float) -> None:
            raise stop

    plain, house.clock = house.clock, Stopped()
    with pytest.raises(errors.InterruptedRunError):
        house.ask(BOARD)
    house.clock = plain
    assert house.credits() == (None, None, 0, 0)
    assert house.transport.sent == []


def test_what_has_waited_long_is_asked_for_before_what_was_asked_just_now() -> None:
    """Seen with weather, whose calls go one after the other."""
    house = House(answer([]))
    now = house.clock.now()
    asked = [
        (100, Priority.NORMAL, None),
        (200, Priority.PREFETCH, now - 2 * HOUR),
        (300, Priority.PREFETCH, now - 3 * HOUR),
    ]
    jobs = [ForecastJob((Place(0.0, 0.0),), day, day) for day, _, _ in asked]
    house.new_process().run(
        [
            PriorityRequest(job, priority, asked_at=at)
            for job, (_, priority, at) in zip(jobs, asked, strict=True)
        ],
        PLAIN,
    )
    assert [request.url for request in house.transport.sent] == [jobs[2].key, jobs[0].key, jobs[1].key]


def test_a_bug_in_a_provider_leaves_the_books_true() -> None:
    house = House(fails=lambda _: ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        house.ask(BOARD)
    assert house.credits() == (3, 497, 0, 0)


def test_after_a_rest_the_waiting_calls_are_spaced_by_the_rate() -> None:
    settings = replace(
        Settings(), espn=replace(Settings().espn, rate=1, burst=5), retry=RetrySettings(attempts=1)
    )
    until = FakeClock().now() + 20
    failing = True
    house = House(
        settings=settings,
        fails=lambda _: provider_errors.RateLimitedError("slow down", retry_at=until) if failing else None,
    )
    house.ask(WEEK)
    failing = False
    at = []
    for n in range(5):
        house.ask(ScheduleJob("league", f"2026010{n}"))
        at.append(house.clock.now())
    assert at[0] >= until
    assert at[-1] - at[0] > 3  # not all at once, though the bucket holds five


def test_another_accounts_failure_is_not_ours() -> None:
    house = House(
        answer({}, 401),
        live(used=3),
        fails=lambda response: provider_errors.InvalidKeyError("who?") if response.status == 401 else None,
    )
    assert house.ask(BOARD) == [Reason.NONE]
    assert house.ask(BOARD) == [Reason.NONE]
    assert len(house.transport.sent) == 1
    house.providers["odds"].key = "k2"
    assert house.ask(BOARD) == [Reason.FETCHED]


def test_answers_of_the_simulated_world_stay_marked() -> None:
    house = House(answer([], x_oddsctl_demo=1))
    outcomes = [house.new_process().run([PriorityRequest(BOARD)], RequestOptions())[0] for _ in range(2)]
    assert [(outcome.reason, outcome.demo) for outcome in outcomes] == [
        (Reason.FETCHED, True),
        (Reason.FRESH_CACHE, True),
    ]


def test_what_served_a_wish_is_counted_with_what_it_saved() -> None:
    house = House()
    for _ in range(2):
        with_close = house.new_process()
        with_close.run([PriorityRequest(BOARD), PriorityRequest(WEEK)], RequestOptions())
        with_close.close()
    counts = CounterStore(house.store).read()
    assert (counts.hits, counts.misses, counts.stale, counts.saved_calls, counts.saved_credits) == (
        2,
        2,
        0,
        2,
        3,
    )


def test_a_preview_sends_and_books_nothing() -> None:
    house = House()
    before = json.dumps([house.store.read(key) for key in house.store.scan("")])
    (preview,) = house.new_process().dry_run.preview([PriorityRequest(BOARD)], RequestOptions())
    assert (preview.price, preview.decision) == (3, "send")
    assert house.transport.sent == []
    assert json.dumps([house.store.read(key) for key in house.store.scan("")]) == before


@pytest.mark.parametrize("most", [None, 5])
def test_a_preview_names_the_calls_that_the_run_then_makes(most: int | None) -> None:
    house = House()
    house.ask(WEEK)
    nba = OddsJob("basketball_nba", ("h2h", "spreads", "totals"), ("us",))
    requests = [PriorityRequest(job) for job in (WEEK, BOARD, replace(BOARD, markets=("h2h",)), nba)]
    terms = RequestOptions(max_credits=most)
    house.transport.sent.clear()
    stored, *calls = house.new_process().dry_run.preview(requests, terms)
    assert (stored.job, stored.is_sent) == (WEEK, False)
    assert [call.job for call in calls] == [BOARD, nba]
    house.new_process().run(requests, terms)
    sent = {request.url for request in house.transport.sent}
    # the calls go side by side: with room for one, either may be first
    assert sent <= {call.job.key for call in calls}
    assert len(sent) == sum(call.is_sent for call in calls)


@pytest.mark.parametrize("used", [0.0, 20.0, 29.0, 40.0])
def test_a_later_run_of_a_command_has_what_is_left_of_its_patience(used: float) -> None:
    house = House()
    terms = RequestOptions(wait=30.0, until=house.clock.monotonic() + 30.0)
    house.clock.sleep(used)
    waited: list[float] = []

    class Kept(MemoryLocks):
        @contextmanager
        def hold(self, name: str, patience: float) -> Iterator[None]:
            waited.append(patience)
            if patience >= 0:
                raise errors.LockTimeoutError(f"{name} is kept")
            yield

    (outcome,) = house.new_process(Kept()).run([PriorityRequest(BOARD)], terms)
    assert isinstance(outcome.error, errors.LockTimeoutError)
    assert waited == [pytest.approx(max(0.0, 30.0 - used))]
    assert house.transport.sent == []
