"""A clock that was ahead and was set right: what was written under a time that is now the future is as old as
unknown.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain import provider_errors
from oddsctl.domain.http import Quota
from oddsctl.domain.requests import (
    Go,
    Priority,
    PriorityRequest,
    Purpose,
    Reason,
    RequestOptions,
)
from oddsctl.domain.settings import Settings
from oddsctl.policy import (
    admission,
    alert_outbox,
    budget,
    circuit_breaker,
    freshness,
    request_queue,
    token_bucket,
)
from oddsctl.policy.admission import ProviderState, Receipt
from oddsctl.policy.alert_outbox import ChannelLease, Outbox
from oddsctl.policy.budget import BalanceReading, Credits, Purchase, Reservation
from oddsctl.policy.circuit_breaker import Allowed, BreakerState, State
from oddsctl.policy.request_queue import Queue, QueuedRequest
from oddsctl.policy.token_bucket import BucketState, RateLimit
from tests.orchestration.test_orchestrator import BOARD, ONE_ATTEMPT, WEEK, House, live

AHEAD = [2.0, 60.0, 1800.0, 3599.0, 4 * 3600.0, 86400.0, 400 * 86400.0]
NOW = 1_795_000_000.0
WISH = QueuedRequest(BOARD, Priority.NORMAL, Purpose.OWN, NOW)
RULES = admission.Rules(
    RateLimit(5, 5), Settings().budget, Settings().breaker, 500, 10.0, 40.0, free_probe=True
)


def set_right(house: House, ahead: float) -> None:
    """Some time passes, so that what comes next is not in the same moment; then the clock is set back."""
    house.clock.sleep(1)
    house.clock.jump(-ahead)


@pytest.mark.parametrize("ahead", AHEAD)
def test_an_answer_from_the_future_is_neither_fresh_nor_newer_than_a_live_one(ahead: float) -> None:
    house = House(live(3), live(6), live(9))
    house.clock.jump(ahead)
    house.ask(BOARD)
    set_right(house, ahead + 2)
    assert house.ask(BOARD) == [Reason.FETCHED]
    assert house.ask(BOARD) == [Reason.FRESH_CACHE]
    assert house.ask(BOARD, terms=RequestOptions(fresh=True)) == [Reason.FETCHED]


@pytest.mark.parametrize("ahead", AHEAD)
def test_the_newest_answer_is_one_whose_age_is_known(ahead: float) -> None:
    house = House(live(3), live(6))
    house.clock.jump(ahead)
    house.ask(replace(BOARD, regions=("us", "us2")))
    set_right(house, ahead + 2)
    house.ask(BOARD)
    then = house.clock.now()
    (outcome,) = house.new_process().run([PriorityRequest(BOARD)], RequestOptions(offline=True))
    assert outcome.fetched_at is not None
    assert outcome.fetched_at <= then
    assert freshness.known_age(then + 2, then) is None


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_live_balance_counts_at_once_and_nothing_is_bought_beyond_the_account(ahead: float) -> None:
    house = House(live(used=3), live(used=499), live(used=502))
    house.clock.jump(ahead)
    house.ask(BOARD)
    set_right(house, ahead)
    house.ask(BOARD, terms=RequestOptions(fresh=True))
    assert house.credits() == (499, 1, 0, 0)
    house.clock.sleep(30)
    assert house.ask(BOARD, terms=RequestOptions(fresh=True, force=True)) == [Reason.STALE_BUDGET]
    assert len(house.transport.sent) == 2


@pytest.mark.parametrize("ahead", AHEAD)
def test_what_was_maybe_charged_under_the_wrong_clock_is_settled_by_the_next_balances(ahead: float) -> None:
    lost = provider_errors.TimedOutError("odds: no answer", maybe_sent=True, provider="odds")
    house = House(lost, live(used=6), live(used=9), settings=ONE_ATTEMPT)
    house.clock.jump(ahead)
    house.ask(BOARD)
    set_right(house, ahead)
    for _ in range(2):
        house.clock.sleep(15)
        house.ask(BOARD, terms=RequestOptions(fresh=True))
    assert house.credits() == (9, 491, 0, 0)


@pytest.mark.parametrize("ahead", AHEAD)
@pytest.mark.parametrize(
    "failure",
    [
        provider_errors.RateLimitedError("slow", provider="espn", retry_at=NOW),
        provider_errors.RejectedError("no", provider="espn"),
        provider_errors.ServerError("down", provider="espn"),
    ],
)
def test_rests_refusals_and_open_breakers_of_the_future_hold_nobody_up(
    failure: provider_errors.ProviderError, ahead: float
) -> None:
    failing = True
    house = House(settings=ONE_ATTEMPT, fails=lambda _: failure if failing else None)
    house.clock.jump(ahead)
    if failure.retry_at is not None:
        failure.retry_at = house.clock.now() + 300
    for _ in range(6):
        house.ask(WEEK)
    set_right(house, ahead)
    failing = False
    assert house.ask(WEEK, terms=RequestOptions(wait=400)) == [Reason.FETCHED]


@given(st.sampled_from(AHEAD), st.integers(0, 500), st.integers(0, 500))
def test_no_stamp_of_the_future_outweighs_a_live_answer(ahead: float, used: int, told: int) -> None:
    then = NOW + ahead
    books = Credits(
        used=used,
        remaining=500 - used,
        asked_at=then,
        own=used,
        own_at=then,
        maybe=(Reservation("lost", 3, then, then + 40),),
        told=(BalanceReading(then, used),),
        exhausted=BalanceReading(then, 3),
    )
    assert (
        budget.judge(budget.expire(books, NOW), Purchase(1, force=True), RULES.budget, 500, NOW) is None
        or books.available(500) < 1
    )
    state = ProviderState(credits=books)
    for sent_at in (NOW, NOW + 20):
        receipt = Receipt("live", "odds", sent_at, sent_at + 1, 0, quota=Quota(told, 500 - told, 0))
        state = admission.settle(state, receipt, RULES, sent_at + 1)
    left = state.credits
    assert (left.used, left.remaining, left.maybe, left.exhausted) == (told, 500 - told, (), None)
    assert left.available(500) == 500 - told


@pytest.mark.parametrize("ahead", AHEAD)
def test_no_state_machine_is_wedged_by_a_stamp_of_the_future(ahead: float) -> None:
    then = NOW + ahead
    assert not freshness.is_fresh(then, NOW, 3600)
    opened = BreakerState(State.OPEN, failures=5, open_for=900, since=then)
    assert isinstance(circuit_breaker.request_pass(opened, NOW, 40)[1], Allowed)
    assert (
        request_queue.state(replace(WISH, leased_until=then + 600, not_before=then + 600, moved_at=then), NOW)
        == "waiting"
    )
    (leased,) = request_queue.lease(Queue((WISH,)), [WISH.id], then + 60, then).entries
    assert request_queue.due(Queue((leased,)), NOW) == (leased,)
    turned = Outbox(turns={"a": ChannelLease(1, then + 60, "x", then + 60, then)})
    assert alert_outbox._free(turned.turns["a"], NOW)
    assert token_bucket.check(BucketState(1, then), RateLimit(5, 5), 1, NOW) <= 1
    assert token_bucket.slow_down(token_bucket.AdaptiveRate(1.0, then), NOW, NOW).share < 1
    resting = ProviderState(not_before=then + 60, rested_at=then)
    ask = admission.CallRequest("a", "odds", Purchase(0), patience=0)
    assert admission.admit(resting, ask, RULES, NOW)[1] == Go(0)
    receipt = Receipt("a", "odds", NOW, NOW, 0, rest_until=NOW + 5)
    assert admission.settle(resting, receipt, RULES, NOW).not_before == NOW + 5


def test_a_small_step_back_costs_nothing() -> None:
    house = House()
    house.ask(BOARD)
    house.clock.jump(-0.5)
    assert house.ask(BOARD) == [Reason.FRESH_CACHE]
