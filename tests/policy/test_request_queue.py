"""What waits: once each, for all who asked, and never lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.jobs import ScheduleJob
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob
from oddsctl.domain.requests import Priority, Purpose
from oddsctl.policy import request_queue
from oddsctl.policy.request_queue import (
    LeasedRequests,
    Queue,
    QueuedRequest,
    Span,
    drop_expired,
    due,
    lease,
    postpone,
    priority_of,
    put,
    remove,
    rest_until,
    state,
    take,
)
from oddsctl.store.codec import decode, encode, from_text, to_text

NOW = 1_800_000_000.0
HOUR = 3600.0
YEAR = 365 * 86400.0
BOARD = OddsJob("americanfootball_nfl", ("h2h",), ("us",))

jobs = st.sampled_from(
    [
        BOARD,
        OddsJob("basketball_nba", ("h2h", "totals"), ("us",)),
        EventsJob("nfl"),
        ScheduleJob("nfl", "20260101"),
    ]
)
times = st.integers(-20, 20).map(lambda quarter: NOW + quarter * HOUR / 4)
someday = st.none() | times
wishes = st.builds(
    QueuedRequest,
    job=jobs,
    priority=st.sampled_from(Priority),
    purpose=st.sampled_from(Purpose),
    asked_at=times,
    game_time=someday,
    deadline=someday,
    not_before=st.just(0.0) | times,
    attempts=st.integers(0, 3),
    waiters=st.lists(st.sampled_from("abcd"), unique=True, max_size=3).map(tuple),
)
many = st.lists(wishes, max_size=12)


def wish(
    job: OddsJob | EventsJob | ScheduleJob = BOARD,
    priority: Priority = Priority.NORMAL,
    purpose: Purpose = Purpose.OWN,
    asked_at: float = NOW,
    game_time: float | None = None,
    deadline: float | None = None,
    not_before: float = 0.0,
    waiters: tuple[str, ...] = (),
) -> QueuedRequest:
    return QueuedRequest(job, priority, purpose, asked_at, game_time, deadline, not_before, waiters=waiters)


def event(
    name: str, priority: Priority = Priority.NORMAL, asked_at: float = NOW, game_time: float | None = None
) -> QueuedRequest:
    return wish(EventsJob(name), priority, asked_at=asked_at, game_time=game_time)


def filled(several: list[QueuedRequest]) -> Queue:
    whole = Queue()
    for one in several:
        whole = put(whole, one)
    return whole


def only(whole: Queue) -> QueuedRequest:
    (entry,) = whole.entries
    return entry


def names(several: tuple[QueuedRequest, ...]) -> list[str]:
    return [one.id.rpartition("/")[2] for one in several]


def wanted(whole: Queue) -> dict[str, tuple[Priority, Purpose, float, float, int, set[str], set[Span]]]:
    """What is wanted, whoever asked first."""
    return {
        one.id: (
            one.priority,
            one.purpose,
            one.asked_at,
            one.not_before,
            one.attempts,
            set(one.waiters),
            set(one.spans),
        )
        for one in whole.entries
    }


# ── equal wishes are one ──


def test_an_equal_wish_adds_what_it_wants_to_the_one_that_waits() -> None:
    first = wish(
        priority=Priority.LOW,
        purpose=Purpose.WINDOW_1H,
        asked_at=NOW,
        game_time=NOW + 9 * HOUR,
        waiters=("a", "b"),
    )
    second = wish(
        priority=Priority.HIGH,
        purpose=Purpose.WINDOW_30M,
        asked_at=NOW + 5,
        game_time=NOW + 2 * HOUR,
        deadline=NOW + HOUR,
        not_before=NOW + 60,
        waiters=("b", "c"),
    )
    both = QueuedRequest(
        BOARD,
        Priority.HIGH,
        Purpose.WINDOW_30M,
        asked_at=NOW,
        game_time=NOW + 2 * HOUR,
        deadline=NOW + HOUR,
        not_before=NOW + 60,
        waiters=("a", "b", "c"),
        also=((NOW + 9 * HOUR, None),),
    )
    assert only(put(put(Queue(), first), second)) == both


@pytest.mark.parametrize(
    ("one", "other", "purpose"),
    [
        (Purpose.REST, Purpose.OWN, Purpose.OWN),
        (Purpose.OWN, Purpose.WINDOW_30M, Purpose.OWN),
        (Purpose.WINDOW_2H, Purpose.WINDOW_30M, Purpose.WINDOW_30M),
        (Purpose.WINDOW_1H, Purpose.WINDOW_2H, Purpose.WINDOW_1H),
        (Purpose.REST, Purpose.WINDOW_2H, Purpose.WINDOW_2H),
    ],
)
def test_a_wish_of_several_is_paid_as_the_one_that_may_spend_most(
    one: Purpose, other: Purpose, purpose: Purpose
) -> None:
    assert only(put(put(Queue(), wish(purpose=one)), wish(purpose=other))).purpose is purpose
    assert only(put(put(Queue(), wish(purpose=other)), wish(purpose=one))).purpose is purpose


def test_wishes_are_equal_however_they_are_spelt() -> None:
    spelt = OddsJob("americanfootball_nfl", ("H2H", "h2h"), ("US",))
    assert len(put(put(Queue(), wish(BOARD)), wish(spelt)).entries) == 1


@given(many, wishes)
def test_asking_twice_is_asking_once(several: list[QueuedRequest], one: QueuedRequest) -> None:
    once = put(filled(several), one)
    assert put(once, one) == once


@given(many.flatmap(lambda several: st.tuples(st.just(several), st.permutations(several))))
def test_what_is_wanted_does_not_depend_on_who_asked_first(
    orders: tuple[list[QueuedRequest], list[QueuedRequest]],
) -> None:
    several, shuffled = orders
    assert wanted(filled(several)) == wanted(filled(shuffled))


@given(many)
def test_each_wish_is_there_once_with_the_highest_priority_and_all_who_wait(
    several: list[QueuedRequest],
) -> None:
    whole = filled(several)
    assert [one.id for one in whole.entries] == list(dict.fromkeys(one.id for one in several))
    for entry in whole.entries:
        equal = [one for one in several if one.id == entry.id]
        assert entry.priority == min(one.priority for one in equal)
        assert entry.attempts == max(one.attempts for one in equal)
        assert set(entry.waiters) == {waiter for one in equal for waiter in one.waiters}
        assert len(entry.waiters) == len(set(entry.waiters))
        assert entry.game_time == min(
            (one.game_time for one in equal if one.game_time is not None), default=None
        )


def test_asking_for_what_is_being_worked_on_neither_doubles_nor_frees_it() -> None:
    whole = lease(put(Queue(), wish(waiters=("a",))), [BOARD.key], NOW + 40)
    whole = put(whole, wish(waiters=("b",)))
    assert due(whole, NOW) == ()
    assert (only(whole).waiters, only(whole).leased_until) == (("a", "b"), NOW + 40)


# ── what goes first ──


def test_the_most_pressing_goes_first_and_within_a_priority_who_has_waited_longest() -> None:
    whole = filled(
        [
            event("low", Priority.LOW),
            event("normal-later", asked_at=NOW - 20),
            event("normal-sooner", asked_at=NOW - 30),
            event("near", Priority.PREFETCH, game_time=NOW + HOUR / 2),
            event("high", Priority.HIGH),
        ]
    )
    assert names(due(whole, NOW)) == ["near", "high", "normal-sooner", "normal-later", "low"]


def test_priority_is_computed_when_read_and_rises_while_no_process_runs() -> None:
    whole = filled([event("fresh", asked_at=NOW + 2 * HOUR), event("old", Priority.LOW)])
    assert names(due(whole, NOW)) == ["fresh", "old"]
    assert names(due(whole, NOW + 2 * HOUR)) == ["old", "fresh"]
    assert priority_of(whole.entries[1], NOW + 2 * HOUR).why == "waited 120 min"


@given(many, times)
def test_the_due_are_those_that_wait_in_order_of_priority_and_fair_within(
    several: list[QueuedRequest], now: float
) -> None:
    whole = filled(several)
    ready = due(whole, now)
    assert {one.id for one in ready} == {one.id for one in whole.entries if state(one, now) == "waiting"}
    place = {one.id: index for index, one in enumerate(whole.entries)}
    ranks = [(priority_of(one, now).priority, one.asked_at, place[one.id]) for one in ready]
    assert ranks == sorted(ranks)


@given(many, times, st.floats(0, 1e5))
def test_no_wish_becomes_less_pressing_while_all_who_asked_still_want_it(
    several: list[QueuedRequest], now: float, later: float
) -> None:
    for one in filled(several).entries:
        ends = [end for span in one.spans for end in span if end is not None]
        if not any(now < end <= now + later for end in ends):
            assert priority_of(one, now + later).priority <= priority_of(one, now).priority


def test_of_several_games_the_soonest_counts() -> None:
    whole = filled([wish(game_time=NOW + 2 * HOUR), wish(game_time=NOW + 9 * HOUR)])
    assert priority_of(only(whole), NOW).why == "game in 120 min"


def test_when_the_first_game_has_begun_the_nearness_of_the_next_counts() -> None:
    whole = filled([wish(game_time=NOW), wish(game_time=NOW + HOUR / 2)])
    assert priority_of(only(whole), NOW).why == "game in 30 min"


# ── leases, and what may not go yet ──


def test_a_leased_wish_is_nobody_elses_and_a_killed_owners_wish_is_due_again() -> None:
    whole = lease(put(Queue(), wish()), [BOARD.key], NOW + 40)
    assert (state(only(whole), NOW), due(whole, NOW + 39.9)) == ("in_flight", ())
    assert due(whole, NOW + 40) == whole.entries
    assert only(whole).attempts == 1
    assert only(lease(whole, [BOARD.key], NOW + 80)).attempts == 2


def test_only_those_named_are_leased() -> None:
    whole = lease(filled([event("a"), event("b"), event("c")]), [EventsJob("b").key, "unheard of"], NOW + 40)
    assert names(due(whole, NOW)) == ["a", "c"]


def test_a_wish_waits_until_it_may_go() -> None:
    whole = put(Queue(), wish(not_before=NOW + 60))
    assert (state(only(whole), NOW), due(whole, NOW + 59)) == ("not_before", ())
    assert state(only(whole), NOW + 60) == "waiting"


def test_asking_again_does_not_cut_short_the_rest_a_provider_asked_for() -> None:
    whole = put(put(Queue(), wish(not_before=NOW + 60)), wish())
    assert due(whole, NOW + 59) == ()


@pytest.mark.parametrize(
    ("ahead", "expected"), [(HOUR, "in_flight"), (HOUR + 1, "waiting"), (YEAR, "waiting")]
)
def test_a_lease_from_a_clock_that_was_ahead_holds_nothing(ahead: float, expected: str) -> None:
    assert state(only(lease(put(Queue(), wish()), [BOARD.key], NOW + ahead)), NOW) == expected


@pytest.mark.parametrize(
    ("ahead", "expected"), [(26 * HOUR, "not_before"), (26 * HOUR + 1, "waiting"), (YEAR, "waiting")]
)
def test_a_not_before_from_a_clock_that_was_ahead_holds_nothing(ahead: float, expected: str) -> None:
    assert state(wish(not_before=NOW + ahead), NOW) == expected


@given(many, st.lists(st.tuples(st.floats(-YEAR, YEAR), st.booleans()), max_size=10))
def test_whatever_the_clock_does_and_whoever_dies_every_wish_is_due_again_within_the_longest_rest(
    several: list[QueuedRequest], jumps: list[tuple[float, bool]]
) -> None:
    whole, now = filled(several), NOW
    for jump, work in jumps:
        now += jump
        if work:
            whole = lease(whole, [one.id for one in due(whole, now)], now + 40)
    within = (0, HOUR, 26 * HOUR, 27 * HOUR)
    freed = {one.id for wait in within for one in due(whole, now + wait)}
    assert freed == {one.id for one in several}


# ── one worker takes all that is due ──


@given(many, times)
def test_who_takes_gets_all_that_is_due_in_order_and_nobody_else_does_before_the_lease_ends(
    several: list[QueuedRequest], now: float
) -> None:
    whole = filled(several)
    left, taken = take(whole, now, now + 40)
    assert [one.id for one in taken.wishes] == [one.id for one in due(drop_expired(whole, now)[0], now)]
    assert taken.late == drop_expired(whole, now)[1]
    assert not {one.id for one in take(left, now + 39, now + 80)[1].wishes} & {one.id for one in taken.wishes}
    again = {one.id for one in take(left, now + 40, now + 80)[1].wishes}
    assert {one.id for one in taken.wishes} - {one.id for one in drop_expired(left, now + 40)[1]} <= again


def test_what_is_taken_tells_how_often_it_was_tried() -> None:
    left, first = take(put(Queue(), wish()), NOW, NOW + 40)
    assert [one.attempts for one in first.wishes] == [1]
    assert [one.attempts for one in take(left, NOW + 40, NOW + 80)[1].wishes] == [2]


def test_where_nothing_is_due_nothing_changes() -> None:
    whole = put(Queue(), wish(not_before=NOW + 60))
    left, taken = take(whole, NOW, NOW + 40)
    assert left is whole
    assert (taken.wishes, taken.late) == ((), ())


@given(many, times, st.floats(1, HOUR))
def test_what_got_no_answer_is_due_again_at_its_time_and_not_before(
    several: list[QueuedRequest], now: float, rest: float
) -> None:
    left, taken = take(filled(several), now, now + 40)
    ids = {one.id for one in taken.wishes}
    left = postpone(left, taken.until, dict.fromkeys(ids, now + rest))
    assert {one.id for one in left.entries if one.leased_until == taken.until} == set()
    assert not ids & {one.id for one in due(left, now)}
    assert ids <= {one.id for one in due(left, now + rest)}


def test_a_slow_worker_does_not_end_the_lease_of_who_took_over() -> None:
    left, slow = take(put(Queue(), wish()), NOW, NOW + 40)
    left, quick = take(left, NOW + 40, NOW + 80)
    assert postpone(left, slow.until, {BOARD.key: NOW + 45}) == left
    assert state(only(postpone(left, quick.until, {BOARD.key: NOW + 50})), NOW + 45) == "not_before"


def test_what_was_answered_meanwhile_does_not_come_back() -> None:
    left, taken = take(put(Queue(), wish()), NOW, NOW + 40)
    assert postpone(remove(left, [BOARD.key]), taken.until, {BOARD.key: NOW}) == Queue()


@pytest.mark.parametrize(
    ("retry_at", "attempts", "expected"),
    [
        (None, 0, 60), (None, 1, 60), (None, 2, 120), (None, 3, 240), (None, 6, 1920), (None, 7, 3600),
        (None, 10_000, 3600),
        (300.0, 1, 300), (300.0, 9, 300), (0.0, 1, 60), (-5.0, 2, 120), (26 * HOUR, 1, 26 * HOUR),
        (26 * HOUR + 1, 1, 60),
    ],
)  # fmt: skip
def test_a_failed_wish_rests_as_long_as_it_is_told_or_twice_as_long_each_time(
    retry_at: float | None, attempts: int, expected: float
) -> None:
    assert rest_until(None if retry_at is None else NOW + retry_at, attempts, NOW) == NOW + expected


# ── what leaves ──


def test_answered_wishes_leave_and_the_others_stay_as_they_were() -> None:
    whole = filled([event("a"), event("b"), event("c")])
    assert remove(whole, [EventsJob("b").key, "unheard of"]) == Queue((whole.entries[0], whole.entries[2]))


@pytest.mark.parametrize(
    ("spans", "gone_at"),
    [
        ([(None, None)], None),
        ([(1, None)], 1),
        ([(None, 1)], 1),
        ([(1, 2)], 1),
        ([(2, 1)], 1),
        ([(1, None), (2, None)], 2),
        ([(2, None), (1, None)], 2),
        ([(1, None), (None, None)], None),
        ([(None, None), (None, 1)], None),
        ([(3, 1), (2, None)], 2),
        ([(None, 1), (None, 3), (2, None)], 3),
    ],
)
def test_a_wish_is_given_up_when_its_answer_comes_too_late_for_the_last_who_asked(
    spans: list[Span], gone_at: float | None
) -> None:
    whole = filled(
        [
            wish(game_time=game and NOW + game * HOUR, deadline=deadline and NOW + deadline * HOUR)
            for game, deadline in spans
        ]
    )
    if gone_at is None:
        assert drop_expired(whole, NOW + 30 * 86400)[1] == ()
    else:
        assert names(drop_expired(whole, NOW + gone_at * HOUR - 1)[1]) == []
        left, late = drop_expired(whole, NOW + gone_at * HOUR)
        assert (left, late) == (Queue(), whole.entries)


def test_a_game_that_has_begun_is_forgotten_where_others_are_still_waited_for() -> None:
    whole = filled(
        [
            wish(game_time=NOW),
            wish(game_time=NOW + 9 * HOUR, deadline=NOW + HOUR),
            wish(game_time=NOW + 5 * HOUR),
        ]
    )
    left, late = drop_expired(whole, NOW)
    assert (only(left).spans, late) == (((NOW + 5 * HOUR, None), (NOW + 9 * HOUR, NOW + HOUR)), ())


def test_a_wish_that_is_being_worked_on_is_not_given_up_before_its_lease_ends() -> None:
    whole = lease(put(Queue(), wish(game_time=NOW)), [BOARD.key], NOW + 40)
    assert drop_expired(whole, NOW + 39) == (whole, ())
    assert drop_expired(whole, NOW + 40) == (Queue(), whole.entries)


@given(many, times)
def test_expiry_loses_nothing_that_someone_still_waits_for(several: list[QueuedRequest], now: float) -> None:
    whole = filled(several)
    left, late = drop_expired(whole, now)
    alive = {
        one.id
        for one in several
        if (one.game_time is None or one.game_time > now) and (one.deadline is None or one.deadline > now)
    }
    assert {one.id for one in left.entries} == alive
    assert {one.id for one in late} == {one.id for one in several} - alive
    assert drop_expired(left, now) == (left, ())
    assert [priority_of(one, now) for one in left.entries] == [
        priority_of(one, now) for one in whole.entries if one.id in alive
    ]


moves = st.lists(
    st.tuples(
        st.sampled_from(["put", "work", "take", "finish", "fail", "die", "expire"]),
        wishes,
        st.floats(0, HOUR),
    ),
    max_size=30,
)


@given(moves)
def test_nothing_is_lost_nothing_is_doubled_whatever_happens(
    story: list[tuple[str, QueuedRequest, float]],
) -> None:
    """Each wish put is waiting, worked on by one, answered, or late; and one worked on is handed to nobody
    else.
    """
    whole, now, open_ids = Queue(), NOW, set[str]()
    at_work: dict[str, float] = {}
    for what, one, passed in story:
        now += passed
        at_work = {id_: until for id_, until in at_work.items() if until > now}
        if what == "put":
            whole, open_ids = put(whole, one), open_ids | {one.id}
        elif what == "expire":
            whole, late = drop_expired(whole, now)
            open_ids -= {gone.id for gone in late}
        elif what == "work" and (ready := due(whole, now)):
            assert ready[0].id not in at_work
            at_work[ready[0].id] = now + 40
            whole = lease(whole, [ready[0].id], now + 40)
        elif what == "take":
            whole, taken = request_queue.take(whole, now, now + 40)
            assert not at_work.keys() & {gone.id for gone in (*taken.wishes, *taken.late)}
            at_work |= {got.id: now + 40 for got in taken.wishes}
            open_ids -= {gone.id for gone in taken.late}
        elif what == "fail" and at_work:
            failed, until = next(iter(at_work.items()))
            whole = postpone(whole, until, {failed: now + 60})
            del at_work[failed]
        elif what == "finish" and at_work:
            done = next(iter(at_work))
            whole, open_ids = remove(whole, [done]), open_ids - {done}
            del at_work[done]
        ids = [entry.id for entry in whole.entries]
        assert (set(ids), len(ids)) == (open_ids, len(open_ids))


@given(many, st.booleans())
def test_a_queue_is_kept_as_it_was(several: list[QueuedRequest], leased: bool) -> None:
    whole = filled(several)
    if leased:
        whole = lease(whole, [one.id for one in several], NOW + 40)
    assert decode(Queue, from_text(to_text(encode(whole)))) == whole


def test_a_queue_kept_before_there_were_other_spans_is_read() -> None:
    plain = encode(Queue((replace(wish(game_time=NOW), waiters=("a",)),)))
    assert "also" not in plain["entries"][0]
    assert request_queue.put(decode(Queue, plain), wish(game_time=NOW, waiters=("a",))) == decode(
        Queue, plain
    )


def test_a_taken_wish_is_in_flight_at_once_and_waits_where_the_clock_went_back() -> None:
    leased, taken = take(Queue((event("a"),)), NOW, NOW + 60)
    assert taken.until == NOW + 60
    assert [state(only(leased), NOW + later) for later in (0, 59.9, 60)] == [
        "in_flight",
        "in_flight",
        "waiting",
    ]
    assert state(only(leased), NOW - 1) == "waiting"


def test_a_postponed_wish_waits_where_the_clock_went_back() -> None:
    leased, _ = take(Queue((event("a"),)), NOW, NOW + 60)
    postponed = only(postpone(leased, NOW + 60, {event("a").id: NOW + 300}, NOW + 5))
    assert [state(postponed, NOW + later) for later in (5, 299, 300)] == [
        "not_before",
        "not_before",
        "waiting",
    ]
    assert state(postponed, NOW + 4) == "waiting"


def test_who_finds_nothing_due_still_learns_until_when_it_would_have_held_it() -> None:
    assert take(Queue(), NOW, NOW + 60) == (Queue(), LeasedRequests(NOW + 60))
