"""Compare the clock with a provider's, by the `Date` of one free call through the orchestrator.

No connection is a finding, not a failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from oddsctl.doctor.findings import Finding, ok, problem, warning
from oddsctl.domain.jobs import ScheduleJob
from oddsctl.domain.notices import ClockCompared, Notice
from oddsctl.domain.odds_api_jobs import SportsJob
from oddsctl.domain.ports import Clock
from oddsctl.domain.provider_errors import InvalidKeyError
from oddsctl.domain.requests import Outcome, PriorityRequest, Reason, RequestOptions

Run = Callable[[Sequence[PriorityRequest], RequestOptions], Sequence[Outcome]]

WAIT = 8.0
NOTICEABLE = 5.0
HARMFUL = 60.0
"""Seconds. Boards stay fresh for one or two minutes, and windows before games are as narrow."""


def examine(
    run: Run, heard: Sequence[Notice], clock: Clock, *, has_key: bool, demo: bool
) -> Iterator[Finding]:
    """Make a free call and listen: `heard` receives the notices of the run."""
    today = f"{datetime.fromtimestamp(clock.now(), UTC):%Y%m%d}"
    job = SportsJob() if has_key or demo else ScheduleJob("football/nfl", today)
    (outcome,) = run([PriorityRequest(job)], RequestOptions(wait=WAIT, fresh=True, command="doctor"))
    if has_key and not demo:
        yield from _account(outcome)
    compared = [notice.ahead for notice in heard if isinstance(notice, ClockCompared)]
    if compared:
        yield _judged(compared[-1])
    elif demo:
        yield ok("clock", "not compared: the simulated providers report no time")
    else:
        yield warning(
            "clock",
            f"not compared: {_why(outcome)}",
            "check the connection, HTTPS_PROXY and base_url; or use --offline",
        )


def _account(outcome: Outcome) -> Iterator[Finding]:
    if isinstance(outcome.error, InvalidKeyError):
        yield problem("account", outcome.error.message, outcome.error.hint or "check what odds.key points to")
    elif outcome.reason is Reason.FETCHED:
        yield ok("account", "The Odds API accepts the key")


def _judged(ahead: float) -> Finding:
    if abs(ahead) < NOTICEABLE:
        return ok("clock", "agrees with the provider's")
    words = f"your clock is {_span(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} the provider's"
    remedy = (
        "let the system set it: `sudo timedatectl set-ntp true` on Linux, Date & Time in the settings "
        "on macOS"
    )
    return (problem if abs(ahead) >= HARMFUL else warning)("clock", words, remedy)


def _span(seconds: float) -> str:
    """Format seconds in the largest unit of which there are at least two."""
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.0f} {name}"
    return f"{seconds:.0f} s"


def _why(outcome: Outcome) -> str:
    if outcome.error:
        return outcome.error.message
    return f"{outcome.reason}{f' ({outcome.detail})' if outcome.detail else ''}"
