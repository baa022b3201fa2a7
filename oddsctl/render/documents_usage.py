"""What was spent, and how the APIs and the installation are, as the documents that scripts read; no rich."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from oddsctl.domain.units import iso, iso_or_none

if TYPE_CHECKING:
    from oddsctl.doctor import DoctorReport
    from oddsctl.policy.health_status import Health
    from oddsctl.services.costs import CostTable
    from oddsctl.services.health import HealthReport
    from oddsctl.services.stats import ApiStats, Stats

JSON = dict[str, Any]


def stats_document(stats: Stats) -> JSON:
    """`oddsctl.stats/1`."""
    document: JSON = {
        "schema": "oddsctl.stats/1",
        "apis": {api: _api(one) for api, one in stats.apis.items()},
        "cache": asdict(stats.cache),
        "saved": {"calls": stats.saved_calls, "credits": stats.saved_credits},
        "prefetch": {
            "emergency_since": iso_or_none(stats.prefetch.emergency_since),
            "windows": stats.prefetch.windows,
        },
        "days": [asdict(day) for day in stats.days],
    }
    if stats.since is not None:
        document["since"] = iso(stats.since)
    if stats.groups is not None:
        document["by"] = [{"group": group, **asdict(total)} for group, total in stats.groups.items()]
    return document


def costs_document(table: CostTable) -> JSON:
    """`oddsctl.costs/1`; `since` is null for all that is on record."""
    return {
        "schema": "oddsctl.costs/1",
        "since": iso(table.since) if table.since else None,
        "zone": table.zone.key,
        "by": list(table.by),
        "groups": [
            dict(zip(table.by, group, strict=True)) | asdict(totals) for group, totals in table.groups.items()
        ],
        "total": asdict(table.total),
    }


def health_document(report: HealthReport) -> JSON:
    """`oddsctl.health/1`."""
    return {
        "schema": "oddsctl.health/1",
        "status": report.status.value,
        "apis": {api: _health(one) for api, one in report.apis.items()},
    }


def doctor_document(report: DoctorReport) -> JSON:
    """`oddsctl.doctor/1`."""
    return {
        "schema": "oddsctl.doctor/1",
        "generated_at": iso(report.at),
        "state_dir": str(report.state_dir),
        "findings": [
            {
                "check": finding.check,
                "state": finding.state.value,
                "message": finding.message,
                "remedy": finding.remedy,
            }
            for finding in report.findings
        ],
    }


def _api(one: ApiStats) -> JSON:
    credits = (
        {"credits": asdict(one.credits) | {"reset_at": iso(one.credits.reset_at)}} if one.credits else {}
    )
    return asdict(one.bucket) | credits | asdict(one.calls)


def _health(one: Health) -> JSON:
    return {
        "status": one.status.value,
        "reason": one.reason,
        "since": iso_or_none(one.since),
        "checked_at": iso_or_none(one.checked_at),
        "latency_ms": one.latency_ms,
        "error_rate": one.error_rate,
        "breaker": {
            "state": one.breaker.state.value,
            "failures": one.breaker.failures,
            "retry_at": iso_or_none(one.breaker.retry_at),
        },
    }
