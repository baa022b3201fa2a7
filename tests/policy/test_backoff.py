"""What is worth another try, and when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain import provider_errors, settings
from oddsctl.domain.provider_errors import (
    ProviderError,
    RateLimitedError,
    ServerError,
    TimedOutError,
    TransportError,
)
from oddsctl.policy.backoff import RETRIES_PER_RUN, GiveUp, RetryAfter, after, worth_retrying

NOW = 1_800_000_000.0
RULES = settings.RetrySettings(attempts=3, base=1, cap=20)
MANY = settings.RetrySettings(attempts=100, base=1, cap=20)

WORTH_IT = {
    provider_errors.ProviderError: False,
    provider_errors.MissingKeyError: False,
    provider_errors.InvalidKeyError: False,
    provider_errors.DeactivatedKeyError: False,
    provider_errors.OutOfCreditsError: False,
    provider_errors.RateLimitedError: True,
    provider_errors.RejectedError: False,
    provider_errors.UnknownSportError: False,
    provider_errors.InvalidMarketError: False,
    provider_errors.EventGoneError: False,
    provider_errors.ForbiddenError: False,
    provider_errors.ServerError: True,
    provider_errors.BrokenAnswerError: True,
    provider_errors.UnusableAnswerError: False,
    provider_errors.TransportError: True,
    provider_errors.TimedOutError: True,
    provider_errors.BodyTooLargeError: False,
    provider_errors.RedirectRefusedError: False,
}
"""Every way in which a provider can fail us, and whether the next try may go better."""

retryable = st.sampled_from([kind for kind, worth in WORTH_IT.items() if worth])
hopeless = st.sampled_from([kind for kind, worth in WORTH_IT.items() if not worth])
rolls = st.floats(0, 1, exclude_max=True)
retries = st.builds(
    settings.RetrySettings, attempts=st.integers(1, 40), base=st.floats(0, 100), cap=st.floats(0, 1000)
)


def failure(kind: type[ProviderError], rest: float | None = None) -> ProviderError:
    """A failure of that kind; `rest` is what the provider asks for, in seconds from now."""
    error = kind("m", maybe_sent=True) if issubclass(kind, TransportError) else kind("m")
    error.retry_at = None if rest is None else NOW + rest
    return error


def family(kind: type[ProviderError]) -> Iterator[type[ProviderError]]:
    """The class and all that derive from it, as far as the vocabulary goes."""
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == provider_errors.__name__:
            yield from family(child)


def test_every_provider_error_there_is_has_been_decided() -> None:
    assert set(family(ProviderError)) == set(WORTH_IT)


@pytest.mark.parametrize(("kind", "worth"), WORTH_IT.items())
def test_only_what_may_go_better_is_worth_retrying(kind: type[ProviderError], worth: bool) -> None:
    error = failure(kind)
    assert worth_retrying(error) is worth
    assert isinstance(after(error, 1, RULES, roll=0.5, now=NOW, patience=60), RetryAfter) is worth


@given(hopeless, st.integers(1, 40), retries, rolls, st.none() | st.floats(-1e4, 1e4), st.floats(0, 1e6))
def test_what_would_give_the_same_answer_is_never_tried_again(
    kind: type[ProviderError],
    attempt: int,
    rules: settings.RetrySettings,
    roll: float,
    rest: float | None,
    patience: float,
) -> None:
    answer = after(failure(kind, rest), attempt, rules, roll=roll, now=NOW, patience=patience)
    assert answer == GiveUp("asking again would give the same answer")


@given(retryable, st.integers(1, 60), retries, rolls, st.none() | st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_never_more_than_the_attempts_allowed_nor_longer_than_the_patience(
    kind: type[ProviderError],
    attempt: int,
    rules: settings.RetrySettings,
    roll: float,
    rest: float | None,
    patience: float,
) -> None:
    answer = after(failure(kind, rest), attempt, rules, roll=roll, now=NOW, patience=patience)
    if isinstance(answer, RetryAfter):
        assert attempt < rules.attempts
        assert answer.wait <= patience


@given(retryable, st.integers(1, 39), retries, rolls)
def test_the_wait_is_thrown_between_nothing_and_a_doubling_capped_base(
    kind: type[ProviderError], attempt: int, rules: settings.RetrySettings, roll: float
) -> None:
    answer = after(failure(kind), attempt, rules, roll=roll, now=NOW, patience=1e9)
    if attempt < rules.attempts:
        assert isinstance(answer, RetryAfter)
        assert 0 <= answer.wait <= min(rules.cap, rules.base * 2 ** (attempt - 1))


@pytest.mark.parametrize(
    ("attempt", "roll", "wait"),
    [
        (1, 0.0, 0.0),
        (1, 0.5, 0.5),
        (2, 0.5, 1.0),
        (3, 0.5, 2.0),
        (4, 0.75, 6.0),
        (5, 0.5, 8.0),
        (6, 0.5, 10.0),
        (40, 0.5, 10.0),
    ],
)
def test_the_jitter_is_full_and_the_range_doubles_up_to_the_cap(
    attempt: int, roll: float, wait: float
) -> None:
    assert after(failure(ServerError), attempt, MANY, roll=roll, now=NOW, patience=60) == RetryAfter(wait)


@pytest.mark.parametrize(("attempt", "again"), [(1, True), (2, True), (3, False), (4, False)])
def test_three_attempts_are_two_retries(attempt: int, again: bool) -> None:
    answer = after(failure(TimedOutError), attempt, RULES, roll=0.5, now=NOW, patience=60)
    assert isinstance(answer, RetryAfter) is again
    if not again:
        assert answer == GiveUp(f"{attempt} attempts failed")


def test_one_attempt_is_no_retry() -> None:
    once = settings.RetrySettings(attempts=1)
    assert after(failure(ServerError), 1, once, roll=0.0, now=NOW, patience=60) == GiveUp("1 attempts failed")


@pytest.mark.parametrize("kind", [RateLimitedError, ServerError])
@pytest.mark.parametrize(
    ("rest", "wait"), [(7.0, 7.0), (0.25, 0.5), (0.0, 0.5), (-3600.0, 0.5), (30.0, 30.0)]
)
def test_a_rest_the_provider_asks_for_lengthens_the_wait_and_never_shortens_it(
    kind: type[ProviderError], rest: float, wait: float
) -> None:
    assert after(failure(kind, rest), 1, RULES, roll=0.5, now=NOW, patience=30) == RetryAfter(wait)


@pytest.mark.parametrize("kind", [RateLimitedError, ServerError])
def test_a_rest_longer_than_the_patience_is_handed_on_as_not_before(kind: type[ProviderError]) -> None:
    answer = after(failure(kind, 31), 1, RULES, roll=0.5, now=NOW, patience=30)
    assert answer == GiveUp("the provider asks to wait 31 s", NOW + 31)


def test_a_rest_is_handed_on_also_when_the_attempts_are_used_up() -> None:
    assert after(failure(RateLimitedError, 20), 3, RULES, roll=0.5, now=NOW, patience=30) == GiveUp(
        "3 attempts failed", NOW + 20
    )


def test_a_wait_longer_than_the_patience_is_not_begun() -> None:
    assert after(failure(ServerError), 1, MANY, roll=0.5, now=NOW, patience=0.5) == RetryAfter(0.5)
    assert after(failure(ServerError), 4, MANY, roll=0.75, now=NOW, patience=5.9) == GiveUp(
        "the next try would be in 6 s"
    )


def test_an_outage_costs_one_run_six_retries_however_many_calls_it_makes() -> None:
    assert RETRIES_PER_RUN == 6


@pytest.mark.parametrize(
    "kind", [provider_errors.BrokenAnswerError, provider_errors.TransportError, provider_errors.TimedOutError]
)
def test_an_answer_that_was_charged_is_not_asked_for_again_because_of_what_it_holds(
    kind: type[ProviderError],
) -> None:
    paid = failure(kind)
    assert worth_retrying(paid)
    paid.charged = 3
    assert not worth_retrying(paid)


@pytest.mark.parametrize(("credits", "worth"), [(0, True), (1, False), (2, False)])
def test_what_was_charged_and_cannot_be_read_is_not_bought_again(credits: int, worth: bool) -> None:
    error = provider_errors.BrokenAnswerError("m")
    error.charged = credits
    assert worth_retrying(error) is worth
