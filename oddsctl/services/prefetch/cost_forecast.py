"""What prefetch will cost until the account's month ends, or for some days: the numbers behind `plan`.

Asks free calls only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.models import Sport
from oddsctl.domain.ports import Clock
from oddsctl.domain.requests import Purpose, RequestOptions
from oddsctl.domain.settings import Settings
from oddsctl.domain.units import DAY
from oddsctl.policy import budget, budget_pacing
from oddsctl.policy.cost_projection import CostProjection, CreditSupply, project_costs
from oddsctl.records.calls import CostTracker
from oddsctl.services.prefetch.planner import FOR_PLANNING, PrefetchPlanner
from oddsctl.services.prefetch.schedule import ScheduleQuery
from oddsctl.state.prefetch_notes import PrefetchNotes

USUAL = 14 * DAY
"""Seconds of the past that tell what the user's own commands cost a day."""


@dataclass(frozen=True, slots=True)
class CostForecast:
    """The plan of the days from `since` to `until`. `errors` are of schedules that could not be had."""

    since: float
    until: float
    sports: tuple[str, ...]
    means: CreditSupply
    reserve: int
    outlay: CostProjection
    errors: tuple[OddsctlError, ...]


def forecast_costs(
    prospects: PrefetchPlanner,
    costs: CostTracker,
    clock: Clock,
    settings: Settings,
    sports: Sequence[Sport],
    days: int | None,
    wait: float,
    zone: ZoneInfo,
) -> CostForecast:
    """What the sports will cost in the coming `days`, else until the reset; a day is one of `zone`.

    Raises why the schedule is not known, where nothing of it is: no game known is not no game.
    """
    now, terms = clock.now(), RequestOptions(wait=wait, until=clock.monotonic() + wait, command="plan")
    purse = prospects.credits.budget(PrefetchNotes(), now)
    until = purse.reset_at if days is None else now + days * DAY
    rules = settings.prefetch
    known = now + min(until - now, 3 * DAY)
    priced = [sport for sport in sports if sport.odds_key]
    tables = prospects.tables(
        priced, ScheduleQuery(now, known + max(rules.windows) + rules.early, FOR_PLANNING), terms, now
    )
    if tables and all(table.fetched_at is None for table in tables):
        raise next(table.error for table in tables if table.error)
    outlooks = prospects.demands(tables, terms, now, known - now, until)
    by_sport = {table.sport.name: one for table, one in zip(tables, outlooks, strict=True)}
    limit = prospects.credits.limit()
    reserve = budget.kept_for_own(limit, settings.budget)
    means = CreditSupply(max(0, purse.spendable), limit - reserve, purse.reset_at, _own_per_day(costs, now))
    windows, captured = prospects.windows("odds"), prospects.settled(tables, now)
    course = budget_pacing.pace(outlooks, windows, purse, now, captured)
    planned = project_costs(
        by_sport, windows, settings.odds.markets, means, now, until, captured, zone, course
    )
    errors = tuple(table.error for table in tables if table.error)
    return CostForecast(now, until, tuple(by_sport), means, reserve, planned, errors)


def _own_per_day(costs: CostTracker, now: float) -> float:
    own = [cost for cost in costs.costs(now - USUAL) if cost.purpose == Purpose.OWN and cost.price]
    if not own:
        return 0.0
    return sum(cost.at_most for cost in own) / max(1.0, (now - own[0].at) / DAY)
