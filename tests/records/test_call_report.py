"""What the calls on record add up to: every call in one group, nothing that may have been charged as 0."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oddsctl.domain.errors import UsageError
from oddsctl.domain.jobs import ForecastJob, Job, ScheduleJob
from oddsctl.domain.models import Place
from oddsctl.domain.notices import Booked, Settled, WindowUnpriced
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.requests import Purpose
from oddsctl.domain.settings import Settings
from oddsctl.policy import call_stats
from oddsctl.records.call_report import FIELDS, CallReport, CallTotals
from oddsctl.records.calls import CostTracker
from oddsctl.records.database import RecordsDatabase
from oddsctl.records.decisions import DecisionLog, decision
from oddsctl.render.documents_usage import costs_document
from oddsctl.services import costs
from tests.fakes import FakeClock

NEW_YORK = ZoneInfo("America/New_York")
NFL, NBA = OddsJob("americanfootball_nfl", ("h2h",), ("us",)), OddsJob("basketball_nba", ("h2h",), ("us",))
SCHEDULE, FORECAST = ScheduleJob("football/nfl", "202611"), ForecastJob((Place(42.0, -83.0),), 1, 2)
MIDNIGHT = datetime(2026, 11, 24, tzinfo=NEW_YORK).timestamp()


class History:
    """A ledger that a test writes."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(MIDNIGHT - 7200)
        self.records = RecordsDatabase(folder, self.clock, self.complain)
        self.tracker = CostTracker(self.records, self.clock)
        self.ledger = CallReport(self.records, self.clock, Settings())
        self.number = 0

    def complain(self, text: str) -> None:
        raise AssertionError(text)

    def book(self, job: Job, price: int, command: str = "fetch", purpose: Purpose = Purpose.OWN) -> str:
        self.number += 1
        self.tracker.hear(Booked(str(self.number), job, price, purpose, command))
        self.clock.sleep(1)
        return str(self.number)

    def call(
        self, job: Job, price: int, spent: int | None, outcome: str = "FETCHED", command: str = "fetch"
    ) -> None:
        status = None if spent is None else 200
        self.tracker.hear(Settled(self.book(job, price, command), job, status, spent, 0.2, outcome))


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    made = History(tmp_path)
    yield made
    made.records.close()


def test_without_history_there_is_nothing_and_no_file_is_made(history: History, tmp_path: Path) -> None:
    assert history.ledger.totals(("day",)) == {}
    assert history.ledger.totals(()) == {}
    assert (list(history.ledger.calls()), history.ledger.outcomes(), history.ledger.tallies(0)) == (
        [],
        {},
        {},
    )
    assert list(tmp_path.iterdir()) == []


def test_sports_are_named_as_users_name_them_whoever_was_asked(history: History) -> None:
    history.call(NFL, 3, 3)
    history.call(SCHEDULE, 0, 0)
    history.call(NBA, 1, 1)
    history.call(FORECAST, 0, 0)
    assert history.ledger.totals(("sport",)) == {
        (None,): CallTotals(1, 0, 0),
        ("nba",): CallTotals(1, 0, 1),
        ("nfl",): CallTotals(2, 0, 3),
    }
    assert list(history.ledger.totals(("sport",))) == [(None,), ("nba",), ("nfl",)]


@pytest.mark.parametrize("by", [(), *[(field,) for field in FIELDS], FIELDS])
def test_every_call_is_in_one_group(by: tuple[str, ...], history: History) -> None:
    history.call(NFL, 3, 3)
    history.call(NFL, 3, None, "TIMEOUT", command="batch")
    history.call(SCHEDULE, 0, None, "TIMEOUT")
    history.clock.sleep(7200)
    history.call(NBA, 3, 0, "REJECTED")
    history.book(NBA, 2)
    assert sum(history.ledger.totals(by).values(), CallTotals()) == CallTotals(
        calls=5, errors=3, credits=3, maybe_charged=5
    )


def test_a_day_is_the_readers_day(history: History) -> None:
    history.call(NFL, 3, 3)
    history.clock.sleep(7200)
    history.call(NFL, 3, 2)
    assert history.ledger.totals(("day",), zone=NEW_YORK) == {
        ("2026-11-23",): CallTotals(1, 0, 3),
        ("2026-11-24",): CallTotals(1, 0, 2),
    }
    assert history.ledger.totals(("day",)) == {("2026-11-24",): CallTotals(2, 0, 5)}
    kathmandu = ZoneInfo("Asia/Kathmandu")  # off by 5 h 45 min
    assert history.ledger.totals(("day",), zone=kathmandu) == {("2026-11-24",): CallTotals(2, 0, 5)}


def test_only_calls_since_then_count(history: History) -> None:
    history.call(NFL, 3, 3)
    history.clock.sleep(3600)
    since = history.clock.now()
    history.call(NFL, 3, 1)
    assert history.ledger.totals(("api",), since) == {("odds",): CallTotals(1, 0, 1)}
    assert [call.spent for call in history.ledger.calls(since)] == [1]
    assert history.ledger.tallies(since)["odds"].calls == 1


def test_a_call_that_nobody_knows_the_cost_of_is_never_shown_as_free(history: History) -> None:
    history.call(NFL, 3, None, "TIMEOUT")
    history.book(NFL, 3)
    known = [(call.spent, call.maybe_charged, call.outcome) for call in history.ledger.calls()]
    assert known == [(None, 3, "TIMEOUT"), (None, 3, "IN_FLIGHT")]
    history.clock.sleep(60)
    assert [call.outcome for call in history.ledger.calls()] == ["TIMEOUT", "LOST"]


def test_calls_under_way_are_counted_when_they_end_and_lost_ones_when_they_cannot_end_any_more(
    history: History,
) -> None:
    history.call(NFL, 3, 3)
    history.call(SCHEDULE, 0, None, "TIMEOUT")
    history.book(NFL, 3)
    assert history.ledger.outcomes() == {("odds", "FETCHED"): 1, ("espn", "TIMEOUT"): 1}
    history.clock.sleep(60)
    assert history.ledger.outcomes() == {("odds", "FETCHED"): 1, ("espn", "TIMEOUT"): 1, ("odds", "LOST"): 1}


def test_latencies_are_those_of_answers(history: History) -> None:
    history.call(NFL, 3, 3)
    history.call(NFL, 3, None, "TIMEOUT")
    counted = history.ledger.tallies(0.0)["odds"]
    assert (counted.calls, counted.errors, sum(counted.latency)) == (2, 1, 1)
    assert 150 < (call_stats.percentile_ms(counted, 0.5) or 0) <= 200


def test_the_document_of_costs_names_its_groups_and_its_sum(history: History) -> None:
    history.call(NFL, 3, 3)
    history.call(SCHEDULE, 0, 0)
    document = costs_document(costs.collect(history.ledger, ("sport", "command"), 0.0, NEW_YORK))
    sums = {"calls": 2, "errors": 0, "credits": 3, "maybe_charged": 0}
    assert document == {
        "schema": "oddsctl.costs/1",
        "since": None,
        "zone": "America/New_York",
        "by": ["sport", "command"],
        "groups": [{"sport": "nfl", "command": "fetch"} | sums],
        "total": sums,
    }


def test_what_costs_are_grouped_by_is_one_of_the_fields() -> None:
    assert costs.fields(None) == ("day", "sport", "command")
    assert costs.fields("Sport, day,sport") == ("sport", "day")
    with pytest.raises(UsageError, match="team") as refused:
        costs.fields("day,team")
    assert all(field in (refused.value.hint or "") for field in FIELDS)


def test_recent_calls_are_the_last_ones_newest_first_with_how_long_they_took(history: History) -> None:
    history.call(NFL, 3, 3)
    history.call(SCHEDULE, 0, 0, "BROKEN_ANSWER", "prefetch")
    history.call(NBA, 1, None, "TIMEOUT")
    history.book(FORECAST, 0)
    last = [
        (call.api, call.sport, call.command, call.outcome, call.price, call.spent, call.seconds)
        for call in history.ledger.recent(3)
    ]
    assert last == [
        ("weather", None, "fetch", "IN_FLIGHT", 0, None, None),
        ("odds", "nba", "fetch", "TIMEOUT", 1, None, None),
        ("espn", "nfl", "prefetch", "BROKEN_ANSWER", 0, 0, 0.2),
    ]
    assert [call.at for call in history.ledger.recent(9)] == sorted(
        (call.at for call in history.ledger.calls()), reverse=True
    )


def test_why_tells_of_windows_without_prices(tmp_path: Path) -> None:
    clock = FakeClock()
    records = RecordsDatabase(tmp_path, clock, print)
    decisions = DecisionLog(records, clock, "prefetch")
    decisions.hear(WindowUnpriced("1", "Bears @ Lions", "2h", "The Odds API does not list the game"))
    decisions.write()
    told = decision(records, None)
    assert told is not None
    (window,) = told["windows"]
    assert (window["game"], window["window"], window["reason"]) == ("1", "2h", "NO_PRICES")
    assert "does not list" in window["detail"]
