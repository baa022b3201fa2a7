"""The judgement of an API's health: what counts as an outage, what as an answer, and when the present status
began.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain import settings
from oddsctl.domain.errors import AttemptKind
from oddsctl.domain.provider_errors import ProviderError
from oddsctl.domain.units import DAY
from oddsctl.policy import circuit_breaker, health_rules, health_status
from oddsctl.policy.circuit_breaker import BreakerState, State
from oddsctl.policy.health_status import KINDS, Attempt, Health, Status

NOW = 1_800_000_000.0
NFL, NBA = "football/nfl", "basketball/nba"
RULES = settings.BreakerSettings(failures=5, open_for=30)
CODES = (
    "FETCHED",
    "UNKNOWN_SPORT",
    "INVALID_KEY",
    "RATE_LIMITED",
    "FORBIDDEN",
    "SERVER_ERROR",
    "TIMEOUT",
    "WHAT_IS_NOT_KNOWN_YET",
)


def calls(codes: str, *, every: float = 60.0, until: float = NOW, **facts: Any) -> list[Attempt]:
    """Calls of the scoreboard by one letter each: `.` answered, `x` failed, `t` timed out, `f` forbidden, `k`
    wrong key, `r` too fast.
    """
    named = {
        ".": "FETCHED",
        "x": "SERVER_ERROR",
        "t": "TIMEOUT",
        "f": "FORBIDDEN",
        "k": "INVALID_KEY",
        "r": "RATE_LIMITED",
    }
    made = [
        Attempt(
            until - every * (len(codes) - count),
            "scoreboard",
            NFL,
            named[code],
            None if code == "t" else 200,
            0.2,
        )
        for count, code in enumerate(codes, 1)
    ]
    return [replace(one, **facts) for one in made]


def judge(attempts: list[Attempt], now: float = NOW, **breakers: BreakerState) -> Health:
    return health_rules.judge(attempts, breakers, now)


def tripped(at: float, failures: int = 5) -> BreakerState:
    breaker = BreakerState()
    for _ in range(failures):
        breaker = circuit_breaker.record(breaker, failed=True, sent_at=at, now=at, rules=RULES)
    return breaker


@pytest.mark.parametrize(
    ("codes", "status", "words"),
    [
        (".", Status.HEALTHY, "the last call was answered"),
        ("...", Status.HEALTHY, "the last 3 calls were answered"),
        (".x", Status.DEGRADED, "SERVER_ERROR; the last call failed"),
        (".xt", Status.DEGRADED, "TIMEOUT; the last 2 calls failed"),
        (".xxx", Status.UNHEALTHY, "SERVER_ERROR; 3 calls in a row failed, last answer 3 min ago"),
        ("xxx", Status.UNHEALTHY, "SERVER_ERROR; 3 calls in a row failed, no answer in a day"),
        ("xxxxx.", Status.HEALTHY, "the last call was answered"),
        ("..f", Status.UNHEALTHY, "FORBIDDEN; last answer 1 min ago"),
        ("..k", Status.DEGRADED, "INVALID_KEY"),
        ("k.", Status.HEALTHY, "the last call was answered"),
        ("..r", Status.DEGRADED, "RATE_LIMITED"),
        ("rrrr", Status.DEGRADED, "RATE_LIMITED"),
        (".x.x.", Status.HEALTHY, "the last call was answered"),
        ("x.x.xx.", Status.DEGRADED, "fails now and then: 4 of the last 7 calls"),
        ("x.x.x" + "." * 20, Status.HEALTHY, "the last 20 calls were answered"),
    ],
)
def test_what_the_last_calls_came_to_is_the_status(codes: str, status: Status, words: str) -> None:
    found = judge(calls(codes))
    assert (found.status, found.reason) == (status, words)


def test_each_attempt_counts_and_refusals_are_answers() -> None:
    assert judge(calls("xx..")).error_rate == 0.5
    assert judge(calls("rk..")).error_rate == 0.25
    refused = judge(calls("....", code="UNKNOWN_SPORT"))
    assert (refused.status, refused.error_rate) == (Status.HEALTHY, 0.0)


def test_what_nobody_asked_for_a_day_is_not_known() -> None:
    never = judge([])
    assert (never.status, never.reason, never.since, never.checked_at) == (
        Status.UNKNOWN,
        "never asked",
        None,
        None,
    )
    assert (never.latency_ms, never.error_rate, never.breaker) == (None, None, health_status.BreakerSummary())
    long_ago = judge(calls("..x", until=NOW - DAY - 60))
    assert (long_ago.status, long_ago.since, long_ago.checked_at) == (
        Status.UNKNOWN,
        NOW - 60,
        NOW - DAY - 60,
    )


def test_slow_is_the_median_of_the_last_answers_and_a_timeout_is_no_answer() -> None:
    quick, slow = calls(".", seconds=0.3), calls(".", seconds=2.4)
    assert judge([*quick * 3, *slow * 2]).status is Status.HEALTHY
    found = judge([*quick * 2, *slow * 3])
    assert (found.status, found.latency_ms) == (Status.DEGRADED, 2400.0)
    assert found.reason == "slow: its last answers took 2.4 s (median)"
    assert judge([*calls("t", seconds=10.0), *quick]).latency_ms == 300.0


def test_the_reason_names_what_was_wrong_without_saying_the_api_twice() -> None:
    said = "espn: answered without events: the scoreboard has changed its shape"
    broken = judge(calls(".", code="BROKEN_ANSWER", said=said))
    assert broken.status is Status.UNHEALTHY
    assert broken.reason.startswith(
        "BROKEN_ANSWER: answered without events: the scoreboard has changed its shape; "
    )
    assert (
        judge(calls("k", said="odds: API key is not valid (INVALID_KEY)")).reason
        == "INVALID_KEY: API key is not valid"
    )


def test_an_answer_in_doubt_is_told_until_the_same_league_has_one_without() -> None:
    doubtful = calls(".", said="espn: answered exactly 25 events")
    found = judge([*doubtful, *calls("..", league=NBA)])
    assert (found.status, found.reason) == (Status.DEGRADED, "DOUBTFUL: answered exactly 25 events")
    assert judge([*doubtful, *calls(".")]).status is Status.HEALTHY


def test_a_league_whose_answers_are_broken_is_not_mended_by_another() -> None:
    found = judge(
        [*calls("...", code="BROKEN_ANSWER", said="espn: event 3 has no id"), *calls(".", league=NBA)]
    )
    assert (found.status, found.reason) == (Status.DEGRADED, "BROKEN_ANSWER: event 3 has no id")


def test_a_free_call_that_is_answered_does_not_prove_the_paid_one() -> None:
    down, free = calls(".xxxx", endpoint="odds"), calls(".", endpoint="sports", league=None)
    found = judge([*down, *free])
    assert found.status is Status.DEGRADED
    assert found.reason == "SERVER_ERROR; other calls are answered, odds has not been asked again"
    assert judge([*down, *free, *calls("x", endpoint="odds")]).status is Status.UNHEALTHY
    assert judge([*calls("x", endpoint="odds", code="OUT_OF_CREDITS"), *free]).status is Status.DEGRADED


def test_a_key_is_proven_by_any_call() -> None:
    assert (
        judge([*calls("k", endpoint="odds"), *calls(".", endpoint="sports", league=None)]).status
        is Status.HEALTHY
    )


def test_an_open_breaker_is_unhealthy_and_says_when_it_opens_again() -> None:
    found = judge(calls(".xxxxx"), scoreboard=tripped(NOW))
    assert found.status is Status.UNHEALTHY
    assert found.breaker == health_status.BreakerSummary(State.OPEN, 5, NOW + 30)
    assert found.since == NOW - 120  # the third failure
    of_another = judge(calls("..", until=NOW + 20), NOW + 20, events=tripped(NOW))
    assert (of_another.status, of_another.since) == (Status.UNHEALTHY, NOW)
    assert of_another.reason == "events keeps failing and is left alone"


def test_an_outage_stays_one_when_the_breaker_has_rested_and_nobody_asked_again() -> None:
    found = judge(calls(".xxxxx"), NOW + 3600, scoreboard=tripped(NOW))
    assert (found.status, found.breaker.state, found.breaker.retry_at) == (
        Status.UNHEALTHY,
        State.HALF_OPEN,
        None,
    )


def test_after_an_outage_the_first_answer_is_a_recovery_and_the_second_is_health() -> None:
    breaker, rules = tripped(NOW), RULES
    history = calls(".xxxxx")
    for at, status in ((NOW + 60, Status.DEGRADED), (NOW + 90, Status.HEALTHY)):
        breaker, _ = circuit_breaker.request_pass(breaker, at, 40)
        breaker = circuit_breaker.record(breaker, failed=False, sent_at=at, now=at, rules=rules)
        history += calls(".", until=at)
        assert judge(history, at, scoreboard=breaker).status is status
    assert judge(history, NOW + 90, scoreboard=breaker).since == NOW + 60


def test_what_nobody_needs_any_more_does_not_keep_an_api_degraded() -> None:
    """The list of events stood in while the scoreboard was down; it may never be asked again."""
    events = tripped(NOW - 300)
    assert judge(calls("..", endpoint="odds"), events=events).status is Status.HEALTHY
    assert judge(calls("..", endpoint="odds", at=NOW - 600), events=events).status is Status.DEGRADED


def test_a_status_began_when_it_last_changed() -> None:
    assert judge(calls("....")).since == NOW - 180
    assert judge(calls("..xxx..")).since == NOW - 60
    assert judge(calls("..xxxx")).since == NOW - 60
    night = [*calls("..", until=NOW - 2 * DAY), *calls("..")]
    assert judge(night).since == NOW - 60


def test_each_code_that_exists_has_its_kind() -> None:
    """Failures are those that pass by themselves: the rest is listed."""

    def codes(kind: type[ProviderError]) -> set[str]:
        return {kind.code}.union(*(codes(below) for below in kind.__subclasses__()))

    passing = {"PROVIDER", "SERVER_ERROR", "TRANSPORT", "TIMEOUT"}
    assert codes(ProviderError) == set(KINDS) - {"FETCHED"}
    assert {code for code, kind in KINDS.items() if kind is AttemptKind.FAILED} == passing


attempts = st.lists(
    st.builds(
        Attempt,
        st.floats(-3 * DAY, 60).map(lambda ago: NOW + ago),
        st.sampled_from(("scoreboard", "odds", "sports", "events")),
        st.sampled_from((NFL, NBA, None)),
        st.sampled_from(CODES),
        st.sampled_from((200, 503, None)),
        st.floats(0, 40),
        st.sampled_from((None, "espn: something")),
    ),
    max_size=40,
)
breakers = st.dictionaries(
    st.sampled_from(("scoreboard", "odds", "events")),
    st.builds(
        BreakerState,
        st.sampled_from(State),
        failures=st.integers(0, 9),
        since=st.floats(-DAY, 0).map(lambda ago: NOW + ago),
        open_for=st.floats(1, 900),
    ),
)


@given(attempts, breakers)
def test_there_is_always_a_judgement_with_a_reason_and_none_of_it_lies_ahead(
    history: list[Attempt], shut: dict[str, BreakerState]
) -> None:
    history.sort(key=lambda one: one.at)
    found = health_rules.judge(history, shut, NOW)
    assert found.reason
    assert found.since is None or found.since <= NOW
    assert (found.since is None) == (not history and found.status is Status.UNKNOWN)
    assert found.error_rate is None or 0 <= found.error_rate <= 1


@given(attempts, breakers)
def test_an_open_breaker_is_never_called_anything_but_unhealthy(
    history: list[Attempt], shut: dict[str, BreakerState]
) -> None:
    found = health_rules.judge(history, shut, NOW)
    if found.breaker.state is State.OPEN:
        assert found.status is Status.UNHEALTHY
        assert found.breaker.retry_at is not None
        assert found.breaker.retry_at > NOW


@given(attempts, st.integers(20, 30))
def test_whatever_was_before_enough_good_calls_make_it_healthy(history: list[Attempt], many: int) -> None:
    history.sort(key=lambda one: one.at)
    assert (
        judge([*history, *calls("." * many, every=1.0, until=NOW + 100)], NOW + 100).status is Status.HEALTHY
    )


@given(attempts)
def test_a_call_that_is_just_answered_is_never_unhealthy(history: list[Attempt]) -> None:
    history.sort(key=lambda one: one.at)
    assert judge([*history, *calls(".", until=NOW + 100)], NOW + 100).status is not Status.UNHEALTHY


@given(attempts)
def test_a_refusal_of_the_wish_is_as_good_as_an_answer(history: list[Attempt]) -> None:
    history.sort(key=lambda one: one.at)
    plain = [replace(one, said=None) for one in history]
    refused = [
        replace(one, code="UNKNOWN_SPORT") if one.kind is AttemptKind.ANSWERED else one for one in plain
    ]
    assert health_rules.judge(refused, {}, NOW) == health_rules.judge(plain, {}, NOW)


@given(st.lists(st.sampled_from(Status)))
def test_the_whole_is_as_bad_as_its_worst_and_the_unknown_is_no_worse_than_healthy(
    statuses: list[Status],
) -> None:
    whole = health_rules.worst(statuses)
    assert whole in (statuses or [Status.UNKNOWN])
    for bad in (Status.UNHEALTHY, Status.DEGRADED, Status.HEALTHY):
        if bad in statuses:
            assert whole is bad
            break


def test_latency_and_errors_are_rounded_to_what_is_worth_showing() -> None:
    found = judge(calls("x..", seconds=0.123456))
    assert (found.latency_ms, found.error_rate) == (123.5, 0.333)


def test_the_median_of_an_even_number_is_the_mean_of_the_middle_two() -> None:
    times = (1.0, 1.5, 2.0, 9.0)
    found = judge([replace(one, seconds=time) for one, time in zip(calls("...."), times, strict=True)])
    assert found.latency_ms == 1750


@pytest.mark.parametrize(("seconds", "status"), [(2.0, Status.HEALTHY), (2.1, Status.DEGRADED)])
def test_more_than_two_seconds_are_slow(seconds: float, status: Status) -> None:
    assert judge(calls("....", seconds=seconds)).status is status


@pytest.mark.parametrize(("ago", "status"), [(DAY, Status.HEALTHY), (DAY + 1, Status.UNKNOWN)])
def test_a_call_counts_for_a_day(ago: float, status: Status) -> None:
    found = judge(calls(".", until=NOW - ago))
    words = "not asked for a day" if status is Status.UNKNOWN else "the last call was answered"
    assert (found.status, found.reason) == (status, words)


@pytest.mark.parametrize(("gap", "since"), [(DAY, NOW - 60 - DAY), (DAY + 1, NOW - 60)])
def test_a_day_without_any_call_begins_a_status_anew(gap: float, since: float) -> None:
    attempts = [*calls(".", until=NOW - 60 - gap), *calls(".", until=NOW - 60)]
    assert judge(attempts).since == since


def test_a_status_that_time_alone_changed_began_with_the_last_call() -> None:
    """It failed now and then; the first of these failures counts no more."""
    attempts = [*calls("x", until=NOW - DAY - 30), *calls(".x.x..", until=NOW - 60)]
    assert judge(attempts, NOW - 60).status is Status.DEGRADED
    found = judge(attempts)
    assert (found.status, found.since) == (Status.HEALTHY, NOW - 60)


def test_doubt_is_told_in_all_its_words() -> None:
    found = judge(calls(".", said="espn: no price of 3: of Lions"))
    assert found.reason == "DOUBTFUL: no price of 3: of Lions"


def test_two_broken_answers_are_counted() -> None:
    assert judge(calls(".ff")).reason == "FORBIDDEN; 2 calls in a row failed, last answer 2 min ago"


def test_an_endpoint_left_alone_is_named_with_its_own_last_failure() -> None:
    lists = replace(calls("x", until=NOW - 300)[0], endpoint="teams", said="out of order")
    answered, refused = calls("."), calls("t", until=NOW - 30)
    gate = tripped(NOW - 10)
    alone = "teams keeps failing and is left alone"
    assert judge([lists, *answered], teams=gate).reason == f"{alone}: SERVER_ERROR: out of order"
    assert judge([lists, *refused, *answered], teams=gate).reason == f"{alone}: SERVER_ERROR: out of order"
    fine = replace(lists, code="FETCHED", said=None, at=NOW - 200)
    assert judge([lists, fine, *answered], teams=gate).reason == f"{alone}: SERVER_ERROR: out of order"
    assert judge(answered, teams=gate).reason == alone


def test_a_recovery_began_when_the_rest_was_over_or_the_last_probe_was_lent() -> None:
    rested = tripped(NOW - 100)
    found = judge(calls("."), scoreboard=rested)
    assert (found.status, found.since) == (Status.DEGRADED, NOW - 100 + 30)
    assert found.reason == "recovering: scoreboard has failed, its next call decides"
    lent, _ = circuit_breaker.request_pass(rested, NOW - 50, 38)
    assert judge(calls("."), scoreboard=lent).since == NOW - 50


def test_only_an_answer_that_came_after_it_had_failed_outlives_a_breaker() -> None:
    gate = tripped(NOW - 100)
    assert judge(calls(".", until=NOW - 100), teams=gate).status is Status.DEGRADED
    assert judge(calls(".", until=NOW - 99), teams=gate).status is Status.HEALTHY
    assert judge(calls(".", until=NOW - 99), odds=gate).status is Status.DEGRADED
