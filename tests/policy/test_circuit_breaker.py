"""The circuit breaker: its table, its thresholds, and that it always heals."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain import settings
from oddsctl.policy import circuit_breaker
from oddsctl.policy.circuit_breaker import (
    KEPT,
    LONGEST_OPEN,
    TRANSITIONS,
    Allowed,
    Blocked,
    BreakerState,
    Event,
    State,
    record,
    request_pass,
    step,
    withdraw,
)
from oddsctl.store.codec import decode, encode, from_text, to_text

NOW = 1_800_000_000.0
YEAR = 365 * 86400.0
LEASE = 40.0
RULES = settings.BreakerSettings(failures=5, open_for=30)


@dataclass
class World:
    """A breaker among callers that die, answer late and read a clock that may jump.

    Times are epoch seconds of that clock.
    """

    now: float = NOW
    breaker: BreakerState = field(default_factory=BreakerState)
    under_way: list[float] = field(default_factory=list)
    """When each call without an answer yet was sent."""
    probes: list[float] = field(default_factory=list)
    """The same for the probes among them."""

    def send(self) -> Allowed | Blocked:
        self.breaker, answer = request_pass(self.breaker, self.now, LEASE)
        if isinstance(answer, Allowed):
            self.under_way.append(self.now)
            if answer.probe:
                self.probes.append(self.now)
        return answer

    def land(self, sent_at: float, failed: bool, rest: float | None = None) -> None:
        """The call that was sent then is answered now."""
        self.under_way.remove(sent_at)
        if sent_at in self.probes:
            self.probes.remove(sent_at)
        rest_until = None if rest is None else self.now + rest
        self.breaker = record(
            self.breaker, failed=failed, sent_at=sent_at, now=self.now, rules=RULES, rest_until=rest_until
        )

    def call(self, failed: bool, rest: float | None = None) -> Allowed | Blocked:
        answer = self.send()
        if isinstance(answer, Allowed):
            self.land(self.now, failed, rest)
        return answer

    def act(self, what: str, number: float) -> None:
        """One thing that may happen; `number`, from 0 to 1, says how much of it."""
        match what:
            case "outage" | "good times":
                for _ in range(int(3 + number * 10)):
                    self.call(failed=what == "outage")
            case "wait as told":
                if isinstance(answer := self.send(), Blocked):
                    self.now = answer.retry_at
            case "rest":
                self.call(failed=True, rest=number * YEAR)
            case "send":
                self.send()
            case "answer" | "failure":
                if self.under_way:
                    self.land(
                        self.under_way[int(number * (len(self.under_way) - 1))], failed=what == "failure"
                    )
            case _:
                self.now += number * MOVES[what]


MOVES = {"moment": 50, "wait": 2000, "jump ahead": YEAR, "step back": -2000, "jump back": -YEAR}
"""What the clock may do, in seconds at the most."""
CALLS = ["outage", "good times", "rest", "send", "answer", "failure", "wait as told"]
PROBING = ["wait as told", "send", "answer", "failure"]
"""What matters once it is open: stories of these alone get deep into probes and leases."""
AHEAD = ["moment", "wait", "jump ahead"]

Story = list[tuple[str, float]]


def stories(*moves: str) -> st.SearchStrategy[Story]:
    """What happens to a breaker, under a clock that moves so; half of the stories begin when it has
    opened.
    """
    return told_of(*CALLS, *moves) | told_of(*PROBING, *moves).map(lambda story: [("outage", 1.0), *story])


def told_of(*things: str) -> st.SearchStrategy[Story]:
    return st.lists(st.tuples(st.sampled_from(things), st.floats(0, 1)), max_size=40)


def after(story: Story) -> World:
    world = World()
    for what, number in story:
        world.act(what, number)
    return world


def opened(failures: int = 5, now: float = NOW, rest: float | None = None) -> World:
    """A breaker that has just opened."""
    world = World(now)
    for _ in range(failures - 1):
        world.call(failed=True)
    world.call(failed=True, rest=rest)
    assert world.breaker.state is State.OPEN
    return world


# ── the table ──


def test_the_table_says_what_every_event_does_in_every_state() -> None:
    assert set(TRANSITIONS) == {(state, event) for state in State for event in Event}
    assert all(step(state, event) is TRANSITIONS[state, event] for state in State for event in Event)


def test_no_state_is_without_a_way_back_to_closed() -> None:
    healed = {State.CLOSED}
    for _ in State:
        healed |= {
            state
            for (state, event), following in TRANSITIONS.items()
            if following in healed and event is not Event.TRIPPED
        }
    assert healed == set(State)


def test_only_failures_open_only_rest_half_opens_and_only_proof_closes() -> None:
    ways = {
        (state, event, following)
        for (state, event), following in TRANSITIONS.items()
        if following is not state
    }
    assert ways == {
        (State.CLOSED, Event.TRIPPED, State.OPEN),
        (State.OPEN, Event.RESTED, State.HALF_OPEN),
        (State.HALF_OPEN, Event.FAILED, State.OPEN),
        (State.HALF_OPEN, Event.TRIPPED, State.OPEN),
        (State.HALF_OPEN, Event.PROVEN, State.CLOSED),
    }


# ── what opens it ──


def test_the_fifth_failure_in_a_row_opens_it() -> None:
    world = World()
    for _ in range(4):
        world.call(failed=True)
    assert (world.breaker.state, world.breaker.failures) == (State.CLOSED, 4)
    world.call(failed=True)
    assert (world.breaker.state, world.breaker.since, world.breaker.retry_at) == (State.OPEN, NOW, NOW + 30)


def test_a_success_ends_the_row() -> None:
    world = World()
    for _ in range(4):
        world.call(failed=True)
    world.call(failed=False)
    for _ in range(4):
        world.call(failed=True)
    assert (world.breaker.state, world.breaker.failures) == (State.CLOSED, 4)


def outcomes(text: str, apart: float = 1.0) -> World:
    """Calls that fail (`x`) or succeed (`.`), as far apart; ends when the breaker opens."""
    world = World()
    for outcome in text:
        if world.breaker.state is not State.CLOSED:
            break
        world.call(failed=outcome == "x")
        world.now += apart
    return world


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (".x.x.x.x", State.CLOSED),
        ("x.x.x.x.x", State.CLOSED),
        ("..x.x.x.x", State.CLOSED),
        (".x.x.x.x.x", State.OPEN),
        ("...x.x.x.x", State.CLOSED),
        ("xxxx....xx", State.OPEN),
        ("xxxx....x.", State.CLOSED),
        ("xxxx.....x", State.OPEN),
        ("xxxx......x", State.CLOSED),
        ("..x" * 16, State.CLOSED),
    ],
)
def test_half_of_at_least_ten_failures_open_it_though_never_five_in_a_row(text: str, state: State) -> None:
    assert outcomes(text).breaker.state is state


def test_only_what_happened_within_ten_minutes_counts() -> None:
    world = World()
    for index, outcome in enumerate(".x.x.x.x.x"):
        world.now = NOW + (600 if index == 9 else index)
        world.call(failed=outcome == "x")
    assert world.breaker.state is State.OPEN
    world = World()
    for index, outcome in enumerate(".x.x.x.x.x"):
        world.now = NOW + (600.5 if index == 9 else index)
        world.call(failed=outcome == "x")
    assert world.breaker.state is State.CLOSED


def test_of_a_busy_window_the_newest_fifty_decide() -> None:
    world = outcomes("." * 100 + "x." * 30, apart=0.5)
    assert world.breaker.state is State.OPEN
    assert [failed for _, failed in world.breaker.recent] == [False, *([True, False] * 24), True]  # 25 of 50


@given(stories(*MOVES))
def test_what_is_remembered_stays_small_and_within_the_window(story: Story) -> None:
    recent = after(story).breaker.recent
    assert len(recent) <= KEPT
    assert not recent or all(0 <= recent[-1][0] - at <= 600 for at, _ in recent)


@pytest.mark.parametrize("ahead", [0.5, YEAR])
def test_outcomes_from_a_clock_that_was_ahead_do_not_count(ahead: float) -> None:
    world = World(NOW + ahead)
    for outcome in "x.x.x.x.x":
        world.call(failed=outcome == "x")
    world.now = NOW
    world.call(failed=True)
    assert world.breaker.state is State.CLOSED
    assert world.breaker.recent == ((NOW, True),)


# ── how long it stays open ──


def test_it_stays_shut_for_thirty_seconds_and_says_until_when() -> None:
    world = opened()
    world.now = NOW + 29.9
    assert world.call(failed=False) == Blocked(NOW + 30)
    world.now = NOW + 30
    assert world.call(failed=False) == Allowed(probe=True)


def test_each_failed_probe_doubles_the_rest_up_to_fifteen_minutes() -> None:
    world, rests = opened(), []
    for _ in range(8):
        rests.append(world.breaker.open_for)
        world.now = world.breaker.retry_at
        assert world.call(failed=True) == Allowed(probe=True)
        assert world.breaker.since == world.now
    assert rests == [30, 60, 120, 240, 480, 900, 900, 900]


def test_a_probe_that_fails_after_one_that_succeeded_doubles_as_well() -> None:
    world = opened()
    world.now = NOW + 30
    world.call(failed=False)
    world.call(failed=True)
    assert (world.breaker.state, world.breaker.open_for, world.breaker.successes) == (State.OPEN, 60, 0)


def test_once_closed_it_begins_again_with_the_first_rest_and_a_clean_record() -> None:
    world = opened()
    world.now = NOW + 30
    world.call(failed=True)
    world.now = NOW + 90
    world.call(failed=False)
    world.call(failed=False)
    assert world.breaker == BreakerState(since=NOW + 90)
    for _ in range(4):
        world.call(failed=True)
    assert world.breaker.state is State.CLOSED
    world.call(failed=True)
    assert world.breaker.open_for == 30


@pytest.mark.parametrize(
    ("rest", "open_for"),
    [(None, 30), (-60, 30), (0, 30), (29, 30), (31, 31), (900, 900), (901, 900), (86400, 900)],
)
def test_a_rest_the_provider_asks_for_lengthens_the_first_rest_up_to_fifteen_minutes(
    rest: float | None, open_for: float
) -> None:
    assert opened(rest=rest).breaker.open_for == open_for


def test_a_rest_the_provider_asks_for_is_doubled_from_there() -> None:
    world = opened(rest=100)
    world.now = NOW + 100
    world.call(failed=True, rest=50)
    assert world.breaker.open_for == 200


def test_a_configured_rest_longer_than_fifteen_minutes_is_cut() -> None:
    breaker = record(
        BreakerState(),
        failed=True,
        sent_at=NOW,
        now=NOW,
        rules=settings.BreakerSettings(failures=1, open_for=3600),
    )
    assert (breaker.state, breaker.open_for) == (State.OPEN, 900)


def test_a_configured_rest_of_half_a_second_is_kept() -> None:
    rules = settings.BreakerSettings(failures=1, open_for=0.5)
    assert record(BreakerState(), failed=True, sent_at=NOW, now=NOW, rules=rules).retry_at == NOW + 0.5


@given(stories(*MOVES))
def test_no_rest_is_shorter_than_configured_or_longer_than_fifteen_minutes(story: Story) -> None:
    breaker = after(story).breaker
    if breaker.state is not State.CLOSED:
        assert 30 <= breaker.open_for <= LONGEST_OPEN == 900


# ── probes ──


def test_one_probe_at_a_time_goes_through_and_two_successes_close() -> None:
    world = opened()
    world.now = NOW + 30
    assert world.send() == Allowed(probe=True)
    assert world.send() == Blocked(NOW + 30 + LEASE)
    world.now += 1
    world.land(NOW + 30, failed=False)
    assert (world.breaker.state, world.breaker.successes) == (State.HALF_OPEN, 1)
    assert world.send() == Allowed(probe=True)
    assert world.send() == Blocked(NOW + 31 + LEASE)
    world.land(NOW + 31, failed=False)
    assert world.send() == Allowed(probe=False)


def test_a_success_before_it_opened_is_none_of_the_two() -> None:
    world = World()
    for outcome in ".x.x.x.xx":
        world.call(failed=outcome == "x")
    world.call(failed=True)
    world.now += 30
    world.call(failed=False)
    assert world.breaker.state is State.HALF_OPEN


def test_the_two_successes_may_be_far_apart() -> None:
    world = opened()
    world.now = NOW + 30
    world.call(failed=False)
    world.now += YEAR
    world.call(failed=False)
    assert world.breaker.state is State.CLOSED


def test_a_killed_probe_blocks_others_no_longer_than_its_lease() -> None:
    world = opened()
    world.now = NOW + 30
    world.send()
    world.now = NOW + 30 + LEASE - 0.1
    assert isinstance(world.send(), Blocked)
    world.now = NOW + 30 + LEASE
    assert world.send() == Allowed(probe=True)


def test_a_probe_that_is_withdrawn_makes_room_for_the_next_and_proves_nothing() -> None:
    world = opened()
    assert withdraw(world.breaker) == world.breaker
    world.now = NOW + 30
    world.call(failed=False)
    world.send()
    world.breaker = withdraw(world.breaker)
    assert (world.breaker.state, world.breaker.successes) == (State.HALF_OPEN, 1)
    assert world.send() == Allowed(probe=True)


@given(stories() | stories(*AHEAD))
def test_no_two_probes_are_ever_under_lease_at_once(story: Story) -> None:
    """Also when one that outlived its lease answers while the next is under way."""
    world = World()
    for what, number in story:
        world.act(what, number)
        assert sum(world.now < sent_at + LEASE for sent_at in world.probes) <= 1


def test_a_probe_that_answers_after_its_lease_does_not_end_the_lease_of_the_next() -> None:
    world = opened()
    world.now = NOW + 30
    world.send()
    world.now += LEASE
    world.send()
    world.now += 1
    before = world.breaker
    world.land(NOW + 30, failed=False)
    assert world.breaker is before
    assert isinstance(world.send(), Blocked)


@given(stories(*MOVES), st.floats(-YEAR, YEAR))
def test_a_refusal_returns_the_same_object_and_names_a_time_to_come(story: Story, later: float) -> None:
    world = after(story)
    same, answer = request_pass(world.breaker, world.now + later, LEASE)
    if isinstance(answer, Blocked):
        assert same is world.breaker
        assert world.now + later < answer.retry_at <= world.now + later + 2 * LONGEST_OPEN


@given(stories(*MOVES))
def test_a_closed_breaker_lets_everything_through_unchanged(story: Story) -> None:
    world = after(story)
    if world.breaker.state is State.CLOSED:
        same, answer = request_pass(world.breaker, world.now, LEASE)
        assert same is world.breaker
        assert answer == Allowed(probe=False)


# ── late answers ──


@given(stories(*MOVES), st.floats(0, YEAR), st.floats(0, YEAR), st.booleans(), st.none() | st.floats(0, YEAR))
def test_late_answers_of_calls_sent_before_it_opened_neither_close_nor_prolong(
    story: Story, earlier: float, later: float, failed: bool, rest: float | None
) -> None:
    world = after(story)
    if world.breaker.state is not State.CLOSED:
        now, rest_until = world.now + later, None if rest is None else world.now + rest
        late = record(
            world.breaker,
            failed=failed,
            sent_at=world.breaker.since - earlier - 1,
            now=now,
            rules=RULES,
            rest_until=rest_until,
        )
        assert late is world.breaker


@pytest.mark.parametrize("failed", [True, False])
def test_of_eight_calls_at_once_the_last_three_change_nothing(failed: bool) -> None:
    world = World()
    for _ in range(8):
        world.send()
    world.now += 1
    for _ in range(5):
        world.land(NOW, failed=True)
    shut = world.breaker
    world.land(NOW, failed=failed)
    assert world.breaker is shut
    world.now = shut.retry_at
    assert world.send() == Allowed(probe=True)
    half_open = world.breaker
    world.land(NOW, failed=failed)
    world.land(NOW, failed=failed)
    assert world.breaker is half_open


# ── the clock ──


def test_a_clock_set_back_a_little_ends_the_rest_too() -> None:
    world = opened()
    world.now = NOW - 1
    assert world.send() == Allowed(probe=True)


def test_a_clock_set_back_far_ends_the_rest() -> None:
    world = opened()
    world.now = NOW - LONGEST_OPEN - 1
    assert world.send() == Allowed(probe=True)


def test_a_probe_lent_under_a_clock_far_ahead_blocks_nobody_and_the_next_ones_count() -> None:
    world = opened(now=NOW + YEAR)
    world.now = world.breaker.retry_at
    world.send()
    world.now = NOW
    assert world.call(failed=False) == Allowed(probe=True)
    assert world.call(failed=False) == Allowed(probe=True)
    assert world.breaker.state is State.CLOSED


def test_a_breaker_that_closed_under_a_clock_far_ahead_still_opens() -> None:
    world = opened(now=NOW + YEAR)
    world.now = world.breaker.retry_at
    world.call(failed=False)
    world.call(failed=False)
    world.now = NOW
    for _ in range(5):
        assert world.breaker.state is State.CLOSED
        world.call(failed=True)
    assert world.breaker.retry_at == NOW + 30


@pytest.mark.parametrize(
    ("ahead", "answer"), [(2 * LEASE, Blocked(NOW + 2 * LEASE)), (2 * LEASE + 1, Allowed(probe=True))]
)
def test_a_lease_more_than_twice_as_long_as_any_was_given_by_a_wrong_clock(
    ahead: float, answer: Allowed | Blocked
) -> None:
    assert (
        request_pass(BreakerState(State.HALF_OPEN, open_for=30, probe_until=NOW + ahead), NOW, LEASE)[1]
        == answer
    )


@given(stories(*MOVES))
def test_from_wherever_it_got_to_waits_and_successes_close_it_again(story: Story) -> None:
    """Whoever waits as long as he is told and then succeeds is through after two successes, and half an hour
    by that clock.
    """
    world = after(story)
    begun, calls = world.now, 0
    while world.breaker.state is not State.CLOSED:
        answer = world.call(failed=False)
        if isinstance(answer, Blocked):
            world.now = answer.retry_at
        else:
            calls += 1
        assert calls <= circuit_breaker.SUCCESSES_TO_CLOSE == 2
        assert world.now - begun <= 2 * LONGEST_OPEN
    assert world.send() == Allowed(probe=False)


@given(stories(*MOVES))
def test_a_breaker_is_kept_as_it_was(story: Story) -> None:
    breaker = after(story).breaker
    assert decode(BreakerState, from_text(to_text(encode(breaker)))) == breaker
