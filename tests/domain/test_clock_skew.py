"""Our clock against a server's: only a difference that nothing else explains is told."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.http import TICK, clock_skew

NOW = 1_795_000_000.0


def date(epoch: float) -> dict[str, str]:
    return {"date": formatdate(epoch, usegmt=True)}


@given(
    wrong=st.integers(-100_000, 100_000),
    fraction=st.floats(0, 0.99),
    takes=st.floats(0, 20),
    share=st.floats(0, 1),
)
def test_a_right_clock_is_never_called_wrong_and_a_wrong_one_by_no_more_than_it_is(
    wrong: int, fraction: float, takes: float, share: float
) -> None:
    sent = NOW + fraction
    skew = clock_skew(date(sent + share * takes - wrong), sent, sent + takes)
    assert skew is not None
    assert abs(skew) <= abs(wrong) + 1e-6
    assert abs(skew - wrong) <= takes + TICK + 1e-6
    if wrong == 0:
        assert skew == 0.0


def test_two_minutes_ahead() -> None:
    assert clock_skew(date(NOW - 120), NOW, NOW + 0.2) == 119.0


def test_two_minutes_behind() -> None:
    assert clock_skew(date(NOW + 120), NOW, NOW) == -120.0


def test_an_answer_that_a_cache_kept_for_a_while_is_no_difference() -> None:
    assert clock_skew(date(NOW - 300) | {"age": "300"}, NOW, NOW) == 0.0


ABSURD = [
    {"date": "Fri, 31 Dec 9999 23:59:59 GMT"},
    {"date": "Thu, 01 Jan 1970 00:00:00 GMT"},
    {"date": "Mon, 01 Jan 0001 00:00:00 GMT"},
    date(NOW) | {"age": "9" * 400},
    date(NOW) | {"age": "1e308"},
    date(NOW) | {"age": "9" * 5000},
]


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}, {"date": ""}, date(NOW) | {"age": "old"}, *ABSURD])
def test_what_does_not_tell_the_time_tells_none(headers: dict[str, str]) -> None:
    assert clock_skew(headers, NOW, NOW) is None
