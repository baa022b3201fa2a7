"""Where a part of a board came from, and the words for a board of which nothing can be shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from oddsctl.domain import errors, provider_errors
from oddsctl.domain.answers import Events, Schedule
from oddsctl.domain.board_models import Source
from oddsctl.domain.jobs import Job, ScheduleJob
from oddsctl.domain.models import Sport
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.requests import Outcome, Reason
from oddsctl.policy.reasons import SEVERITY, RetryOutlook, error_of, failure, nothing_to_show, source

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()
NFL = Sport("nfl", "NFL", "americanfootball_nfl", "football/nfl")
BOARD = OddsJob("americanfootball_nfl", ("h2h",), ("us",))
SCHEDULE, SECOND = ScheduleJob("football/nfl", "202611"), ScheduleJob("football/nfl", "202612")


def failed(job: Job, error: errors.OddsctlError) -> Outcome:
    return Outcome(job, Reason.NONE, error=error)


def outlook(rests_until: Callable[[Job], float | None] = lambda job: None) -> RetryOutlook:
    return RetryOutlook(rests_until, lambda api: f"of late {api}", ZoneInfo("America/New_York"))


def test_a_part_is_as_good_as_the_worst_as_old_as_the_oldest_and_as_dear_as_all() -> None:
    outcomes = [
        Outcome(SCHEDULE, Reason.FETCHED, Schedule(()), NOW - 5, 2, "new"),
        Outcome(SECOND, Reason.STALE_ERROR, Schedule(()), NOW - 900, 1, "TIMEOUT"),
        Outcome(BOARD, Reason.FRESH_CACHE, Events(()), None),
    ]
    assert source("espn", NFL, outcomes, NOW) == Source(
        "espn", "nfl", "STALE_ERROR", NOW - 900, 900, 3, "TIMEOUT"
    )
    assert source("odds", NFL, outcomes[2:], NOW) == Source("odds", "nfl", "FRESH_CACHE", None, None, 0)


def test_of_equals_the_first_gives_the_cause_and_every_reason_that_a_part_can_have_is_ranked() -> None:
    outcomes = [Outcome(BOARD, Reason.STALE_ERROR, detail=detail) for detail in ("TIMEOUT", "SERVER_ERROR")]
    assert source("odds", NFL, outcomes, NOW).detail == "TIMEOUT"
    assert set(Reason) - set(SEVERITY) == {Reason.SKIPPED_EXPIRED, Reason.SKIPPED_POSTPONED}


def test_one_answer_is_no_failure_and_of_several_the_highest_exit_code_counts() -> None:
    dead, slow = (
        provider_errors.ServerError("espn: broken"),
        provider_errors.RateLimitedError("espn: slow down"),
    )
    assert failure([]) is None
    assert failure([failed(SCHEDULE, dead), Outcome(SECOND, Reason.FETCHED, Schedule(()))]) is None
    assert failure([failed(SCHEDULE, dead), failed(SECOND, slow)]) is slow
    assert failure([failed(SCHEDULE, slow), failed(SECOND, dead)]) is slow


def test_what_was_not_asked_for_without_any_error_was_offline() -> None:
    found = error_of(Outcome(BOARD, Reason.NONE))
    assert isinstance(found, errors.OfflineError)
    assert (found.message, found.provider) == (
        "nothing stored to show, and --offline sends no requests",
        "odds",
    )


def test_a_single_provider_speaks_for_itself() -> None:
    dead = provider_errors.ServerError("espn: broken")
    assert nothing_to_show(NFL, [failed(SCHEDULE, dead), failed(SECOND, dead)], outlook()) is dead
    assert nothing_to_show(NFL, [Outcome(SCHEDULE, Reason.FETCHED, Schedule(()))], outlook()) is None
    offline = [Outcome(BOARD, Reason.NONE), Outcome(SCHEDULE, Reason.NONE)]
    assert isinstance(nothing_to_show(NFL, offline, outlook()), errors.OfflineError)


def test_several_providers_are_named_each_with_its_cause_and_when_it_is_asked_again() -> None:
    outcomes = [
        failed(BOARD, provider_errors.RateLimitedError("odds: slow down", retry_at=NOW + 60)),
        failed(SCHEDULE, errors.BreakerRefusedError("espn: not asked, closed", retry_at=NOW + 20)),
        failed(SECOND, provider_errors.TimedOutError("espn: timed out", maybe_sent=True)),
    ]
    rests: dict[Job, float] = {SCHEDULE: NOW + 30, SECOND: NOW + 10}
    found = nothing_to_show(NFL, outcomes, outlook(rests.get))
    assert found is not None
    assert found.message == (
        "nothing to show for nfl, and nothing stored: "
        "The Odds API: slow down (asked again from 2026-11-25 07:01:00 EST); "
        "ESPN: keeps failing (of late espn), timed out (asked again from 2026-11-25 07:00:30 EST)"
    )
    assert (found.code, found.exit_code, found.retry_at) == ("RATE_LIMITED", 7, NOW + 30)
    assert found.hint == "run it again later; `oddsctl health --probe` shows whether they are back"


def test_the_same_cause_is_said_once_and_each_hint_too() -> None:
    outcomes = [
        failed(BOARD, provider_errors.MissingKeyError("odds: no key", hint="set a key")),
        failed(SCHEDULE, provider_errors.ServerError("espn: broken", hint="look there")),
        failed(SECOND, provider_errors.ServerError("espn: broken", hint="look there")),
    ]
    found = nothing_to_show(NFL, outcomes, outlook())
    assert found is not None
    assert found.message.endswith(": The Odds API: no key; ESPN: broken (asked again by the next command)")
    assert (found.hint, found.retry_at) == ("set a key; look there", None)


@pytest.mark.parametrize(("zone", "name"), [("America/New_York", "EST"), ("Asia/Tokyo", "JST")])
def test_times_are_of_the_zone_that_is_shown(zone: str, name: str) -> None:
    outcomes = [
        failed(BOARD, provider_errors.RateLimitedError("odds: slow down", retry_at=NOW)),
        failed(SCHEDULE, provider_errors.ServerError("espn: broken")),
    ]
    found = nothing_to_show(NFL, outcomes, RetryOutlook(lambda job: None, str, ZoneInfo(zone)))
    assert found is not None
    shown = datetime.fromtimestamp(NOW, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    assert f"(asked again from {shown} {name})" in found.message
