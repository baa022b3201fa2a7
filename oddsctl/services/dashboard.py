"""All that `dashboard` shows of one moment, read from what all processes share.

Sends no request, writes nothing, draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oddsctl.domain.jobs import Job
from oddsctl.domain.models import Sport
from oddsctl.domain.reports import PrefetchCall, QueueItem
from oddsctl.records.call_report import CallReport, RecentCall
from oddsctl.services import stats
from oddsctl.services.health import HealthReport
from oddsctl.services.prefetch.prefetcher import PredictivePrefetcher
from oddsctl.services.queue import queue_items
from oddsctl.services.stats import Stats
from oddsctl.state.shared import SharedState

MOST_CALLS = 200
"""More lines than terminals have."""
PLAN_LASTS = 10.0
"""Seconds for which a plan is looked at: to make one reads the schedules of all its sports."""


@dataclass(frozen=True, slots=True)
class DashboardSnapshot:
    """How things were at `at` (epoch seconds).

    `health` is None where it is not known. `items` are as in `queue`, due first; `calls` the last ones,
    newest first. `planned` is the plan in `queue_items`, as it was at `planned_at`.
    """

    at: float
    stats: Stats
    health: HealthReport | None
    items: tuple[QueueItem, ...]
    calls: tuple[RecentCall, ...]
    planned: tuple[PrefetchCall, ...] = ()
    planned_at: float = 0.0


def gather(
    state: SharedState,
    *,
    ledger: CallReport,
    prefetcher: PredictivePrefetcher,
    price: Callable[[Job], int],
    sports: Sequence[Sport],
    horizon: float,
    health: HealthReport | None,
    before: DashboardSnapshot | None = None,
) -> DashboardSnapshot:
    """How things are now.

    What is planned is so by the schedule that is stored, `horizon` seconds ahead, for these sports.

    The plan of the moment `before` is kept while it is young; everything else is read again.
    """
    now = state.clock.now()
    if before and 0 <= now - before.planned_at < PLAN_LASTS:
        planned, planned_at = before.planned, before.planned_at
    else:
        planned, planned_at = prefetcher.dry_run(sports, horizon, ask=False).calls if sports else (), now
    return DashboardSnapshot(
        at=now,
        stats=stats.collect(state, ledger),
        health=health,
        items=queue_items(state.queue.waiting(), planned, now, price, state.settings.sports),
        calls=ledger.recent(MOST_CALLS),
        planned=planned,
        planned_at=planned_at,
    )
