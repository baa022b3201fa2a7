"""Schedules in a batch, read and answered without a provider: which schedule is asked for a day, and which of
its games are the day's.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from oddsctl.domain.answers import Schedule
from oddsctl.domain.jobs import ScheduleJob
from oddsctl.domain.models import ScheduledGame, Sport
from oddsctl.domain.requests import Outcome, Reason
from oddsctl.domain.settings import Settings
from oddsctl.services import batch, batch_file

EREDIVISIE = Sport("eredivisie", "Eredivisie", "soccer_netherlands_eredivisie", "soccer/ned.1")
SETTINGS = Settings(sports=(EREDIVISIE,))


def at(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def game(name: str, start: str) -> ScheduledGame:
    return ScheduledGame(name, at(start), True, f"Home {name}", f"Away {name}", "scheduled")


@pytest.mark.parametrize(
    ("sport", "dates"),
    [
        ("epl", "202610"),
        ("mls", "202610"),
        ("eredivisie", "202610"),
        ("nfl", "202610"),
        ("mlb", "20261001"),
        ("ncaab", "20261001"),
    ],
)
def test_a_day_is_asked_as_its_month_where_that_fits_an_answer_and_cut_by_us_eastern_days(
    sport: str, dates: str
) -> None:
    (line,) = batch_file.read(
        [json.dumps({"id": 1, "api": "espn", "sport": sport, "date": "2026-10-01"})], SETTINGS
    )
    job = line.request.job
    assert isinstance(job, ScheduleJob)
    assert job.dates == dates
    whole = Schedule(
        (
            game("before", "2026-10-01T03:59"),
            game("first", "2026-10-01T04:00"),
            game("late", "2026-10-02T03:59"),
        )
    )
    outcome = Outcome(job, Reason.FETCHED, whole, at("2026-09-25T12:00"))
    data = batch.answer(line, outcome, at("2026-09-25T12:00")).data
    assert isinstance(data, tuple)
    assert [one.id for one in data] == ["first", "late"]


def test_days_of_one_month_are_one_question() -> None:
    lines = batch_file.read(
        [json.dumps({"api": "espn", "sport": "epl", "date": f"2026-10-{day:02}"}) for day in (1, 2, 30)],
        Settings(),
    )
    assert len({line.request.job for line in lines}) == 1
