"""How the three APIs are, for all processes: what is known, and free calls that ask.

Decides no status itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oddsctl.catalog.sports import by_provider_name, find
from oddsctl.domain import scoreboards
from oddsctl.domain.errors import one_line
from oddsctl.domain.jobs import ForecastJob, Job
from oddsctl.domain.models import Place, Sport
from oddsctl.domain.odds_api_jobs import SportsJob
from oddsctl.domain.ports import JSON
from oddsctl.domain.requests import (
    Outcome,
    Priority,
    PriorityRequest,
    Reason,
    RequestOptions,
)
from oddsctl.domain.units import DAY
from oddsctl.policy import health_rules
from oddsctl.policy.health_status import Health, Status
from oddsctl.records.calls import CostTracker
from oddsctl.state.accounts import APIS
from oddsctl.state.shared import SharedState

if TYPE_CHECKING:
    from oddsctl.orchestration.orchestrator import RequestOrchestrator

HISTORY = 500
"""Calls looked at an API: what has been so for longer has been so since the first of them."""
PROBE_EVERY = 300.0
PROBE_PLACE = Place(40.81, -74.07)
"""A stadium under the open sky."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The health of each API."""

    apis: Mapping[str, Health]

    @property
    def status(self) -> Status:
        """That of the worst API."""
        return health_rules.worst(one.status for one in self.apis.values())


class APIHealthMonitor:
    """Judges the health of the APIs by recorded calls; sends requests in `probe` only."""

    def __init__(self, state: SharedState, costs: CostTracker) -> None:
        self._state = state
        self._costs = costs

    def look(self) -> dict[str, Health]:
        """The health of each API, without asking it."""
        return {api: self._look(api) for api in APIS}

    def report(self) -> HealthReport:
        """The health of all APIs, without asking them."""
        return HealthReport(self.look())

    def probe(self, orchestrator: RequestOrchestrator, *, fresh: bool = False) -> list[str]:
        """Ask each API by a free call, unless it was asked so, or answered the same, within five minutes;
        `fresh` asks anyhow.

        Returns, in words, which of them was not asked and why.
        """
        due = [api for api in APIS if self._claim(api, fresh=fresh)]
        in_trouble = [api for api in due if self._look(api).status in (Status.DEGRADED, Status.UNHEALTHY)]
        well = [api for api in due if api not in in_trouble]
        outcomes = [  # an answer from before the trouble is no answer to it
            *self._ask(
                orchestrator, well, RequestOptions(max_age=PROBE_EVERY, fresh=fresh, command="health")
            ),
            *self._ask(orchestrator, in_trouble, RequestOptions(max_age=0.0, fresh=fresh, command="health")),
        ]
        unasked = [outcome for outcome in outcomes if not _was_asked(outcome)]
        for outcome in unasked:
            self._state.store.delete(_key(outcome.job.api))
        return [
            *(
                f"{api}: probed less than {PROBE_EVERY / 60:.0f} minutes ago; --fresh asks again"
                for api in APIS
                if api not in due
            ),
            *(one_line(error) for outcome in unasked if (error := outcome.error)),
        ]

    def _look(self, api: str) -> Health:
        return health_rules.judge(
            self._costs.attempts(api, HISTORY),
            self._state.accounts.state(api).breakers,
            self._state.clock.now(),
        )

    def _claim(self, api: str, *, fresh: bool) -> bool:
        """Whether it is time for a probe; if so, others wait for their turn from now on."""
        now = self._state.clock.now()

        def change(old: JSON) -> tuple[JSON, bool]:
            asked = not fresh and isinstance(old, int | float) and 0 <= now - old < PROBE_EVERY
            return (old, False) if asked else (now, True)

        return self._state.store.update(_key(api), change)

    def _ask(
        self, orchestrator: RequestOrchestrator, apis: Sequence[str], terms: RequestOptions
    ) -> list[Outcome]:
        return (
            orchestrator.run([PriorityRequest(self._question(api), Priority.LOW) for api in apis], terms)
            if apis
            else []
        )

    def _question(self, api: str) -> Job:
        """What is asked, free of charge."""
        now = self._state.clock.now()
        if api == "odds":
            return SportsJob()
        if api == "espn":
            return scoreboards.schedule_jobs(self._sport(), now, now + 1, by_day=True)[0]
        today = int(now // DAY)
        return ForecastJob((PROBE_PLACE,), today, today, self._state.settings.weather.units)

    def _sport(self) -> Sport:
        """The sport last asked about that ESPN has, or the NFL."""
        sport = by_provider_name(self._state.settings.sports).get(self._costs.last_league() or "")
        return sport if sport and sport.espn_path else find("nfl")


def _key(api: str) -> str:
    return f"health/probed/{api}"


def _was_asked(outcome: Outcome) -> bool:
    """Whether a call was made; if not, the next probe need not wait for five minutes."""
    if outcome.reason in (Reason.NEGATIVE_CACHE, Reason.FRESH_CACHE, Reason.SUPERSET_CACHE):
        return False
    return outcome.error is None or outcome.error.is_from_call
