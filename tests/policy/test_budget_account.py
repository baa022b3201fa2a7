"""The books against a simulated account that takes credits for each call, whatever is lost or late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from oddsctl.domain import settings
from oddsctl.domain.http import Quota
from oddsctl.domain.requests import Purpose
from oddsctl.policy import balance, budget
from oddsctl.policy.budget import Credits, Purchase, Reservation

START = 1_800_000_000.0
LIMIT = 60
GRACE = 10.0
"""Seconds after sending in which the account may still take a call's price."""
LEASE = 15.0
RULES = settings.BudgetSettings(reserve=0.10, warn_below=20, stop_below=4)
KEPT = 6
"""Credits of LIMIT that planned calls must leave: `reserve` of it."""


@dataclass(frozen=True)
class Reading:
    """The account just after it took the price of a call."""

    month: int
    used: int
    others: int


@dataclass
class Call:
    id: str
    price: int
    sent_at: float
    reading: Reading | None = None
    """None until the account has taken the price."""


@dataclass
class World:
    """The account, the books that several processes share, and the calls between them."""

    own: int = 0
    others: int = 0
    month: int = 0
    credits: Credits = field(default_factory=Credits)
    now: float = START
    waiting: list[Call] = field(default_factory=list)
    """Calls whose process waits for an answer."""
    abandoned: list[Call] = field(default_factory=list)
    """Calls that no process waits for; the account may still take their price."""
    newest: tuple[float, Reading] = (0.0, Reading(0, 0, 0))
    """When the newest answered call was sent, and its reading."""
    calls: int = 0

    @property
    def left(self) -> int:
        return LIMIT - self.own - self.others

    def coming(self) -> list[Call]:
        """Calls whose price the account has not taken and still may take."""
        calls = (*self.waiting, *self.abandoned)
        return [call for call in calls if call.reading is None and self.now < call.sent_at + GRACE]

    def left_for_us(self) -> int:
        """What is left when each coming call is paid; nothing deducted for what others spent."""
        return LIMIT - self.own - sum(call.price for call in self.coming())

    def left_as_shown(self) -> int:
        """The same, less what the newest answer shows others to have spent."""
        reading = self.newest[1]
        return self.left_for_us() - (reading.others if reading.month == self.month else 0)

    def send(self, price: int, purpose: Purpose, *, force: bool = False) -> None:
        purchase = Purchase(price, purpose, force=force)
        if budget.judge(self.credits, purchase, RULES, LIMIT, self.now) is not None:
            return
        left = self.left_for_us() - price
        assert left >= 0 or not price
        assert left >= KEPT or not price or purpose is Purpose.OWN or force
        self.calls += 1
        call = Call(str(self.calls), price, self.now)
        self.credits = budget.reserve(self.credits, Reservation(call.id, price, self.now, self.now + LEASE))
        self.waiting.append(call)

    def take(self, index: int) -> None:
        """The account takes the price of one coming call."""
        if coming := self.coming():
            call = coming[index % len(coming)]
            self.own += call.price
            call.reading = Reading(self.month, self.own + self.others, self.others)

    def answer(self, index: int, headers: str) -> None:
        """One answer arrives, with all headers or some."""
        answered = [call for call in self.waiting if call.reading]
        if not answered:
            return
        call = answered[index % len(answered)]
        assert call.reading is not None
        self.waiting.remove(call)
        used = call.reading.used if headers in ("all", "used") else None
        remaining = LIMIT - call.reading.used if headers in ("all", "remaining") else None
        quota = Quota(used=used, remaining=remaining, last=call.price if headers == "all" else None)
        if headers != "none" and call.sent_at >= self.newest[0]:
            self.newest = (call.sent_at, call.reading)
        charged = budget.charge(self.credits, call.id, call.price, self.now, told=quota.last is not None)
        self.credits = balance.apply_balance(charged, quota, call.sent_at, self.now, GRACE)

    def lose(self, index: int) -> None:
        """A process notes that no answer came."""
        if self.waiting:
            call = self.waiting.pop(index % len(self.waiting))
            self.abandoned.append(call)
            self.credits = budget.mark_maybe_charged(self.credits, call.id)

    def crash(self, index: int) -> None:
        """A process dies and notes nothing."""
        if self.waiting:
            self.abandoned.append(self.waiting.pop(index % len(self.waiting)))

    def give_back(self, index: int) -> None:
        """A process does not send a call it reserved."""
        if unsent := [call for call in self.waiting if call.reading is None]:
            call = unsent[index % len(unsent)]
            self.waiting.remove(call)
            self.credits = budget.release(self.credits, call.id)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.credits = budget.expire(self.credits, self.now)

    def spend_by_others(self, credits: int) -> None:
        self.others += min(credits, self.left)

    def begin_month(self) -> None:
        self.month, self.own, self.others = self.month + 1, 0, 0

    def settle(self) -> None:
        """All calls end; a read timeout later one call is answered, then a free one. No rule applies."""
        while self.waiting:
            self.lose(0)
        self.pass_time(LEASE + GRACE)
        for price in (1, 0):
            call = Call("last", price, self.now)
            self.credits = budget.reserve(
                self.credits, Reservation(call.id, price, self.now, self.now + LEASE)
            )
            self.waiting.append(call)
            self.take(0)
            self.pass_time(0.25)
            self.answer(0, "all")


Step = tuple[str, tuple[object, ...]]
INDEX = st.integers(0, 3)
PURPOSE = st.sampled_from((Purpose.OWN, Purpose.WINDOW_30M))
SEND = st.tuples(st.just("send"), st.tuples(st.integers(1, 12), PURPOSE))
TAKE = st.tuples(st.just("take"), st.tuples(INDEX))
HEADERS = st.sampled_from(("all", "all", "used", "remaining", "none"))
ANSWER = st.tuples(st.just("answer"), st.tuples(INDEX, HEADERS))
LOSE = st.tuples(st.sampled_from(("lose", "crash", "give_back")), st.tuples(INDEX))
WAIT = st.tuples(st.just("pass_time"), st.tuples(st.sampled_from((1.0, 4.0, 11.0, 16.0))))
OTHERS = st.tuples(st.just("spend_by_others"), st.tuples(st.integers(1, 8)))
MONTH = st.tuples(st.just("begin_month"), st.just(()))
CALLS = (SEND, SEND, TAKE, TAKE, ANSWER, ANSWER, LOSE, WAIT)


def opened() -> World:
    """A world in which one answer has told the balance."""
    world = World()
    world.send(1, Purpose.OWN)
    world.take(0)
    world.pass_time(0.25)
    world.answer(0, "all")
    return world


def play(steps: list[Step], ceiling: Callable[[World], int]) -> World:
    """Take the steps; the books must never show more than is left."""
    world = opened()
    for name, arguments in steps:
        world.pass_time(0.25)
        getattr(world, name)(*arguments)
        assert world.credits.available(LIMIT) <= ceiling(world), name
    return world


@hypothesis(max_examples=400, deadline=None)
@given(st.lists(st.one_of(*CALLS), max_size=30))
def test_calls_admitted_never_cost_more_than_the_account_has(steps: list[Step]) -> None:
    world = play(steps, World.left_as_shown)
    assert world.left >= 0


@hypothesis(max_examples=400, deadline=None)
@given(st.lists(st.one_of(*CALLS, MONTH), max_size=30))
def test_calls_admitted_never_cost_more_than_the_account_has_when_a_month_begins(steps: list[Step]) -> None:
    world = play(steps, World.left_as_shown)
    assert world.left >= 0


@hypothesis(max_examples=400, deadline=None)
@given(st.lists(st.one_of(*CALLS, MONTH, OTHERS), max_size=30))
def test_own_calls_are_all_counted_whatever_others_spend(steps: list[Step]) -> None:
    play(steps, World.left_for_us)


@hypothesis(max_examples=400, deadline=None)
@given(st.lists(st.one_of(*CALLS, MONTH, OTHERS), max_size=30))
def test_the_books_show_what_the_account_has_once_all_calls_have_ended(steps: list[Step]) -> None:
    world = play(steps, World.left_for_us)
    world.settle()
    credits = world.credits
    assert credits.available(LIMIT) == world.left
    assert (credits.reserved, credits.maybe, credits.unreflected, credits.maybe_charged) == ((), (), 0, 0)


@hypothesis(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), PURPOSE, st.integers(0, 8)), max_size=12))
def test_calls_in_turn_leave_alone_what_others_are_shown_to_spend(
    calls: list[tuple[int, Purpose, int]],
) -> None:
    world = opened()
    for price, purpose, others in calls:
        world.send(price, purpose)
        world.spend_by_others(others)
        world.take(0)
        world.pass_time(0.25)
        world.answer(0, "all")
        assert world.credits.available(LIMIT) <= world.left_as_shown()


def test_a_lost_call_is_not_forgotten_while_a_call_in_flight_hides_its_charge() -> None:
    """Two calls after a lost one are taken in reverse order, and the one taken first is answered first."""
    world = opened()
    world.send(3, Purpose.OWN)
    world.take(0)
    world.lose(0)
    world.pass_time(GRACE)
    for _ in range(2):
        world.pass_time(0.25)
        world.send(3, Purpose.OWN)
    for index in (1, 0):
        world.take(index)
    for index in (1, 0):
        world.pass_time(0.25)
        world.answer(index, "all")
    assert world.credits.available(LIMIT) <= world.left
