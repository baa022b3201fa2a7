"""The account's month, as observed or as configured. The dates are UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.units import DAY
from oddsctl.policy.billing_month import month, spend_per_day
from oddsctl.policy.budget import Credits
from tests.policy.machine import machine_in

days = st.integers(1, 28)
first, last = datetime(1999, 1, 1), datetime(2101, 1, 1)  # noqa: DTZ001 - the zone is given below
moments = st.datetimes(first, last, timezones=st.just(UTC)).map(datetime.timestamp)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def day(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)


def observed(after: str, before: str) -> Credits:
    """Books that saw the month begin anew between two answers."""
    return Credits(reset_after=at(after), reset_before=at(before))


@pytest.mark.parametrize(
    ("reset_day", "now", "began", "reset"),
    [
        (1, "2026-11-24T12:00", "2026-11-01", "2026-12-01"),
        (1, "2026-12-31T23:59:59", "2026-12-01", "2027-01-01"),
        (1, "2027-01-01T00:00:00", "2027-01-01", "2027-02-01"),
        (15, "2026-11-15T00:00:00", "2026-11-15", "2026-12-15"),
        (15, "2026-11-14T23:59:59", "2026-10-15", "2026-11-15"),
        (15, "2027-01-03T08:00", "2026-12-15", "2027-01-15"),
        (15, "2026-12-20T08:00", "2026-12-15", "2027-01-15"),
        (28, "2027-02-27T12:00", "2027-01-28", "2027-02-28"),
        (28, "2027-03-01T12:00", "2027-02-28", "2027-03-28"),
        (28, "2028-02-29T12:00", "2028-02-28", "2028-03-28"),
    ],
)
def test_the_month_runs_from_midnight_of_the_configured_day_to_the_next(
    reset_day: int, now: str, began: str, reset: str
) -> None:
    known = month(Credits(), reset_day, at(now))
    assert (known.began_at, known.reset_at, known.inferred) == (at(began), at(reset), True)


def test_an_observed_reset_around_the_configured_midnight_confirms_it() -> None:
    known = month(observed("2026-10-31T20:00", "2026-11-02T09:00"), 1, at("2026-11-24"))
    assert (known.began_at, known.reset_at, known.inferred) == (at("2026-11-01"), at("2026-12-01"), False)


def test_an_observed_reset_elsewhere_replaces_the_configured_day_by_that_of_the_first_new_answer() -> None:
    known = month(observed("2026-11-06T20:00", "2026-11-07T09:00"), 1, at("2026-11-24"))
    assert (known.began_at, known.reset_at, known.inferred) == (at("2026-11-07"), at("2026-12-07"), False)


@pytest.mark.parametrize(
    ("after", "before", "began"),
    [
        ("2026-11-15T00:00:00", "2026-11-16T09:00", "2026-11-15"),
        ("2026-11-14T23:59:59", "2026-11-15T00:00:00", "2026-11-15"),
        ("2026-11-15T00:00:01", "2026-11-16T09:00", "2026-11-16"),
    ],
)
def test_an_observation_is_exact_to_the_second(after: str, before: str, began: str) -> None:
    assert month(observed(after, before), 15, at("2026-11-24")).began_at == at(began)


def test_the_observed_day_holds_for_the_months_to_come() -> None:
    seen = observed("2026-11-06T20:00", "2026-11-07T09:00")
    assert month(seen, 1, at("2027-03-07T00:00:00")).began_at == at("2027-03-07")
    assert month(seen, 1, at("2027-03-06T23:59:59")).began_at == at("2027-02-07")


def test_a_reset_at_the_end_of_a_long_month_is_taken_for_the_28th_which_every_month_has() -> None:
    known = month(observed("2027-01-30T20:00", "2027-01-31T09:00"), 1, at("2027-02-10"))
    assert (known.began_at, known.reset_at) == (at("2027-01-28"), at("2027-02-28"))


def test_a_gap_of_months_without_a_call_confirms_whatever_is_configured() -> None:
    assert month(observed("2026-06-20T08:00", "2026-09-03T08:00"), 17, at("2026-09-04")).began_at == at(
        "2026-08-17"
    )


@given(days, moments)
def test_every_moment_lies_in_the_month_that_is_told(reset_day: int, now: float) -> None:
    known = month(Credits(), reset_day, now)
    assert known.began_at <= now < known.reset_at
    for edge in (day(known.began_at), day(known.reset_at)):
        assert (edge.day, edge.time()) == (reset_day, datetime.min.time())
    assert 28 * DAY <= known.reset_at - known.began_at <= 31 * DAY


@given(days, moments)
def test_where_one_month_ends_the_next_begins(reset_day: int, now: float) -> None:
    known = month(Credits(), reset_day, now)
    assert month(Credits(), reset_day, known.reset_at).began_at == known.reset_at
    assert month(Credits(), reset_day, known.began_at - 1).reset_at == known.began_at


@given(days, days, moments, st.integers(1, 20 * 86400), st.integers(0, 86399))
def test_whatever_is_configured_an_answer_on_the_day_of_the_reset_tells_it(
    real: int, configured: int, now: float, earlier: int, later: int
) -> None:
    """Unless the configured day lies between the two answers as well: then nothing speaks against it."""
    reset = day(month(Credits(), real, now).began_at)
    last_old, first_new = reset - timedelta(seconds=earlier), reset + timedelta(seconds=later)
    seen = Credits(reset_after=last_old.timestamp(), reset_before=first_new.timestamp())
    between = {(last_old + timedelta(seconds=second)).day for second in range(0, earlier + later, 3600)} | {
        first_new.day
    }
    known = month(seen, configured, now)
    assert not known.inferred
    if configured == real or configured not in between:
        assert day(known.began_at).day == real
    else:
        assert day(known.began_at).day in (real, configured)


@pytest.mark.parametrize(
    ("used", "days_gone", "expected"),
    [(0, 5, 0.0), (100, 5, 20.0), (30, 0.5, 30.0), (30, 0, 30.0), (30, 1, 30.0), (45, 1.5, 30.0)],
)
def test_spend_per_day_counts_a_begun_first_day_as_one(used: int, days_gone: float, expected: float) -> None:
    assert spend_per_day(used, at("2026-11-01"), at("2026-11-01") + days_gone * DAY) == expected


def test_a_clock_behind_the_month_makes_no_spending_infinite_or_negative() -> None:
    assert spend_per_day(30, at("2026-11-01"), at("2025-11-01")) == 30


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_days_are_utc_days_wherever_the_machine_is(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    with machine_in(monkeypatch, zone):
        for now in ("2026-11-01T01:00", "2026-10-31T23:00", "2026-11-15T12:00"):
            known = month(Credits(), 1, at(now))
            begins = at("2026-10-01" if now < "2026-11" else "2026-11-01")
            assert known.began_at == begins
            assert known.reset_at == at("2026-11-01" if now < "2026-11" else "2026-12-01")
        for first_answer, expected in (("2026-11-15T23:00", 15), ("2026-11-15T01:00", 15)):
            known = month(observed("2026-11-14T22:00", first_answer), 1, at("2026-11-24"))
            assert day(known.began_at).day == expected


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_a_day_of_the_month_before_is_a_utc_day_too(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    with machine_in(monkeypatch, zone):
        assert month(Credits(), 15, at("2027-01-10")).began_at == at("2026-12-15")
