"""Documents about requests: the dry run, the queue, and a run of the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from oddsctl.domain.board_models import Usage
from oddsctl.domain.reports import QueueItem, QueueResult
from oddsctl.domain.units import iso_or_none
from oddsctl.render.documents import JSON, iso, usage_fields


@dataclass(frozen=True, slots=True)
class DryRunRow:
    """One request of a dry run.

    `request` is method, path and sorted parameters without secrets; None when a cached answer is enough.
    """

    api: str
    sport: str
    request: str | None
    credits: int
    decision: str


def dry_run_document(rows: Sequence[DryRunRow]) -> JSON:
    """`oddsctl.dry_run/1`."""
    return {
        "schema": "oddsctl.dry_run/1",
        "requests": [asdict(row) for row in rows],
        "credits": sum(row.credits for row in rows),
    }


def queue_document(items: Sequence[QueueItem]) -> JSON:
    """`oddsctl.queue/1`."""
    return {"schema": "oddsctl.queue/1", "items": [_item(item) for item in items]}


def queue_run_document(worked: Sequence[QueueResult], usage: Usage) -> JSON:
    """`oddsctl.queue_run/1`."""
    return {
        "schema": "oddsctl.queue_run/1",
        "items": [_worked(one) for one in worked],
        "usage": usage_fields(usage),
    }


def _item(item: QueueItem) -> JSON:
    return {
        "id": item.id,
        "due": iso(item.due),
        "api": item.api,
        "sport": item.sport,
        "what": item.what,
        **({"window": item.window} if item.window else {}),
        "priority": item.priority.name,
        "effective_priority": item.effective_priority.name,
        "why": item.why,
        "credits": item.credits,
        "attempts": item.attempts,
        "state": item.state,
    }


def _worked(one: QueueResult) -> JSON:
    return {
        "id": one.id,
        "api": one.api,
        "sport": one.sport,
        "what": one.what,
        "reason": str(one.reason),
        "detail": one.detail,
        "credits": one.credits,
        "state": one.state,
        "due": iso_or_none(one.due),
    }
