"""What was bought is shown, whatever the state does once the first answer has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from oddsctl.domain import errors
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.ports import JSON
from oddsctl.domain.requests import Outcome, PriorityRequest, Reason, RequestOptions
from oddsctl.store.memory import MemoryStore
from tests.league import Town
from tests.orchestration.test_orchestrator import BOARD, WEEK, House, live
from tests.services.test_prefetcher import SUNDAY, one_o_clock, town

T = TypeVar("T")
FAILURES = [
    errors.StateError("the disk is gone"),
    errors.LockTimeoutError("another process keeps the state locked"),
]
STEPS = 30
"""More than one run's accesses to the state: the last cases see no failure at all."""
OTHER = replace(BOARD, sport="basketball_nba")


class FailingStore(MemoryStore):
    """Works until the first request was sent, then for `more` accesses; from then on nothing can be read or
    written.
    """

    def __init__(self, house: House, more: int, error: errors.OddsctlError) -> None:
        super().__init__()
        self._house, self._more, self._error = house, more, error

    def _count(self) -> None:
        if self._house.transport.sent:
            self._more -= 1
            if self._more < 0:
                raise self._error

    def read(self, key: str) -> JSON:
        self._count()
        return super().read(key)

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        self._count()
        return super().update(key, change)

    def scan(self, prefix: str) -> Iterator[str]:
        self._count()
        return super().scan(prefix)

    def delete(self, key: str) -> None:
        self._count()
        super().delete(key)


def run(more: int, error: errors.OddsctlError) -> tuple[House, list[Outcome], list[Outcome]]:
    """As `fetch` does: a board, then something else, then what it cost, and the end."""
    house = House(live(3), live(6))
    house.store = FailingStore(house, more, error)
    process = house.new_process()
    first = process.run([PriorityRequest(BOARD)], RequestOptions())
    second = process.run([PriorityRequest(WEEK), PriorityRequest(OTHER)], RequestOptions())
    assert process.usage().credits >= 3
    process.close()
    return house, first, second


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: error.code)
@pytest.mark.parametrize("more", range(STEPS))
def test_a_paid_answer_outlives_whatever_fails_after_it(more: int, error: errors.OddsctlError) -> None:
    house, (first,), second = run(more, error)
    assert (first.reason, first.credits) == (Reason.FETCHED, 3)
    assert first.answer is not None
    for outcome in second:
        assert outcome.answer is not None or outcome.error is error
    bought = sum(
        isinstance(outcome.job, OddsJob) and outcome.reason is Reason.FETCHED for outcome in (first, *second)
    )
    assert sum("/board/" in request.url for request in house.transport.sent) == bought


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: error.code)
def test_before_anything_was_bought_a_state_that_cannot_be_read_is_an_error(
    error: errors.OddsctlError,
) -> None:
    class Broken(MemoryStore):
        def read(self, key: str) -> JSON:
            raise error

    house = House()
    house.store = Broken()
    with pytest.raises(type(error)):
        house.ask(BOARD)
    assert house.transport.sent == []


# ── prefetch ──


class FailingAfterPaid(MemoryStore):
    """Works until a paid request was sent, then for `more` accesses."""

    def __init__(self, town: Town, more: int, error: errors.OddsctlError) -> None:
        super().__init__()
        self._town, self._more, self._error = town, more, error

    def _count(self) -> None:
        if self._town.bought():
            self._more -= 1
            if self._more < 0:
                raise self._error

    def read(self, key: str) -> JSON:
        self._count()
        return super().read(key)

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        self._count()
        return super().update(key, change)


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: error.code)
@pytest.mark.parametrize("more", range(0, 40, 3))
def test_prefetch_shows_what_it_bought_whatever_fails_after_it(
    tmp_path: Path, more: int, error: errors.OddsctlError
) -> None:
    house = town(tmp_path, one_o_clock(), now=f"{SUNDAY} 12:00")
    house.store = FailingAfterPaid(house, more, error)
    run = house.run()
    assert [call.credits for call in run.calls if call.api == "odds"] == [3]
    assert house.bought() == ["12:00"]
    assert not run.errors or {one.code for one in run.errors} == {error.code}
