"""When a probe's turn has come, what it asks, and that the document holds what PRODUCT promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from oddsctl.domain.http import HttpRequest, HttpResponse, Secret
from oddsctl.domain.jobs import ScheduleJob
from oddsctl.domain.models import Sport
from oddsctl.domain.notices import Notice, Settled
from oddsctl.domain.settings import Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy.admission import ProviderState
from oddsctl.policy.circuit_breaker import BreakerState, State
from oddsctl.providers.registry import build
from oddsctl.records.calls import CostTracker
from oddsctl.records.database import RecordsDatabase
from oddsctl.render.documents_usage import health_document
from oddsctl.sandbox.transport import DemoTransport
from oddsctl.sandbox.world import World
from oddsctl.services.health import PROBE_EVERY, APIHealthMonitor
from oddsctl.state.shared import SharedState
from oddsctl.store import codec
from oddsctl.store.memory import MemoryLocks, MemoryStore
from tests.fakes import FakeClock

CURLING = Sport("curling", "Curling", "curling_world", None)
DARTS = Sport("darts", "Darts", None, "darts/pdc")


class Wire(DemoTransport):
    """The simulated world, which remembers what it was asked."""

    def __init__(self, clock: FakeClock, store: MemoryStore) -> None:
        super().__init__(World(), clock, store)
        self.clock = clock
        self.asked: list[str] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request.api)
        self.clock.sleep(0.1)
        return super().send(request)


class House:
    """A monitor and a door on state in memory; the history is a file."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        self.clock, self.store, self.settings = FakeClock(), MemoryStore(), settings
        self.records = RecordsDatabase(directory, self.clock, self.fail)
        self.costs = CostTracker(self.records, self.clock)
        self.wire = Wire(self.clock, self.store)
        self.sent: list[str] = []
        state = SharedState(directory, self.store, MemoryLocks(), self.clock, settings)
        self.monitor = APIHealthMonitor(state, self.costs)
        self.orchestrator = RequestOrchestrator(
            state,
            transport=self.wire,
            providers=build(settings, lambda: Secret("demo"), "tests/1.0 (+https://example.org)"),
            tell=self.hear,
            roll=lambda: 0.5,
        )

    def fail(self, text: str) -> None:
        raise AssertionError(text)

    def hear(self, notice: Notice) -> None:
        self.costs.hear(notice)
        if isinstance(notice, Settled):
            self.sent.append(notice.job.key)

    def probe(self, *, fresh: bool = False) -> tuple[int, list[str]]:
        """How many calls the probe made, and what it said."""
        before = len(self.wire.asked)
        said = self.monitor.probe(self.orchestrator, fresh=fresh)
        return len(self.wire.asked) - before, said

    def open_breaker(self, api: str, account: str, endpoint: str) -> None:
        breaker = BreakerState(State.OPEN, failures=5, open_for=30.0, since=self.clock.now())
        self.store.update(
            f"accounts/{api}/{account}",
            lambda _: (codec.encode(ProviderState(breakers={endpoint: breaker})), None),
        )
        self.store.update(f"accounts/last/{api}", lambda _: (account, None))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path, replace(Settings(), sports=(CURLING, DARTS)))
    yield house
    house.records.close()


def test_the_next_probe_asks_after_five_minutes_or_when_it_must_be_fresh(house: House) -> None:
    assert house.probe() == (3, [])
    calls, said = house.probe()
    assert calls == 0
    assert said == [
        f"{api}: probed less than 5 minutes ago; --fresh asks again" for api in ("odds", "espn", "weather")
    ]
    house.clock.jump(1)
    assert house.probe(fresh=True) == (3, [])
    house.clock.jump(PROBE_EVERY - 10)
    assert house.probe()[0] == 0
    house.clock.jump(20)
    assert house.probe() == (3, [])


def test_a_clock_that_was_ahead_does_not_put_off_the_next_probe(house: House) -> None:
    house.probe()
    house.clock.jump(-7200)
    assert house.probe()[1] == []


def test_what_was_answered_within_five_minutes_is_not_asked_again(house: House) -> None:
    house.probe()
    for api in ("odds", "espn", "weather"):
        house.store.delete(f"health/probed/{api}")
    house.clock.jump(60)
    assert house.probe() == (0, [])


def test_an_api_that_may_not_be_asked_is_named_and_its_turn_is_not_lost(house: House) -> None:
    house.open_breaker("espn", "public", "scoreboard")
    calls, said = house.probe()
    assert calls == 2
    assert said == ["espn: not asked, scoreboard keeps failing, next try in 30 s"]
    house.clock.jump(31)
    assert house.probe()[0] == 1
    assert house.monitor.look()["espn"].breaker.state is State.HALF_OPEN


@pytest.mark.parametrize(
    ("last", "asked"),
    [("basketball/nba", "basketball/nba"), ("darts/pdc", "darts/pdc"), (None, "football/nfl")],
)
def test_a_probe_asks_espn_about_the_sport_last_used(last: str | None, asked: str, house: House) -> None:
    if last:
        house.costs.hear(Settled("c", ScheduleJob(last, "20261101"), 200, 0, 0.1, "FETCHED"))
    house.probe(fresh=True)
    (scoreboard,) = [key for key in house.sent if key.startswith("espn/")]
    assert scoreboard.startswith(f"espn/schedule/{asked}/")


def test_the_document_has_the_fields_that_were_promised(house: House) -> None:
    house.probe()
    document = health_document(house.monitor.report())
    assert list(document) == ["schema", "status", "apis"]
    assert (document["schema"], document["status"]) == ("oddsctl.health/1", "healthy")
    assert list(document["apis"]) == ["odds", "espn", "weather"]
    for about in document["apis"].values():
        assert list(about) == [
            "status",
            "reason",
            "since",
            "checked_at",
            "latency_ms",
            "error_rate",
            "breaker",
        ]
        assert about["breaker"] == {"state": "closed", "failures": 0, "retry_at": None}
        assert about["since"] == about["checked_at"]


def test_what_is_our_own_fault_says_nothing_of_the_api(house: House) -> None:
    house.probe()
    for _ in range(5):
        house.costs.hear(Settled("c", ScheduleJob("football/nfl", "20261101"), None, None, 0.1, "BUG"))
    assert house.monitor.look()["espn"].error_rate == 0
