"""`--max-credits`: spent, in flight and possibly charged credits count together."""

from __future__ import annotations

from oddsctl.orchestration.spend_limit import SpendLimit


def test_a_call_fits_beside_what_is_spent_and_at_risk() -> None:
    limit = SpendLimit()
    assert limit.reserve(3, 10)
    limit.settle(3, 2)
    assert limit.reserve(4, 10)
    assert limit.spent == 2
    assert limit.allows(4, 10)
    assert not limit.allows(5, 10)


def test_a_refused_reservation_changes_nothing() -> None:
    limit = SpendLimit()
    assert not limit.reserve(11, 10)
    assert limit.allows(10, 10)


def test_what_may_have_been_charged_stays_at_risk() -> None:
    limit = SpendLimit()
    assert limit.reserve(6, 10)
    limit.settle(6, None)
    assert limit.spent == 0
    assert not limit.allows(5, 10)


def test_what_is_not_sent_is_given_back() -> None:
    limit = SpendLimit()
    assert limit.reserve(6, 10)
    limit.release(6)
    assert limit.allows(10, 10)


def test_free_calls_and_calls_without_a_limit_always_fit() -> None:
    limit = SpendLimit()
    assert limit.reserve(10, 10)
    assert limit.allows(0, 10)
    assert limit.allows(99, None)
