"""The numbers behind `costs`: what was spent on what and when, as the `oddsctl.costs/1` document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from oddsctl.domain.errors import UsageError
from oddsctl.domain.ports import Clock, Store
from oddsctl.domain.settings import Settings
from oddsctl.domain.units import iso
from oddsctl.policy import billing_month
from oddsctl.records.call_report import FIELDS, CallReport, CallTotals
from oddsctl.state.accounts import Accounts

BY = ("day", "sport", "command")
"""What a user wants to see first."""


def fields(by: str | None) -> tuple[str, ...]:
    """The fields to group by, as a user writes them: `day,sport`. Raises `UsageError`."""
    if by is None:
        return BY
    found = tuple(dict.fromkeys(word.strip().casefold() for word in by.split(",")))
    if unknown := [word for word in found if word not in FIELDS]:
        raise UsageError(
            f"--by: costs are not known by {unknown[0]!r}", hint=f"name any of {', '.join(FIELDS)}"
        )
    return found


def month_began(store: Store, clock: Clock, settings: Settings) -> float:
    """When the account's credits began anew (epoch seconds)."""
    credits = Accounts(store, clock, settings).state("odds").credits
    return billing_month.month(credits, settings.odds.reset_day, clock.now()).began_at


def document(ledger: CallReport, by: Sequence[str], since: float, zone: ZoneInfo) -> dict[str, Any]:
    """`oddsctl.costs/1`: the groups and their sum.

    `since` is null for all that is on record; days are those of `zone`.
    """
    totals = ledger.totals(by, since, zone)
    return {
        "schema": "oddsctl.costs/1",
        "since": iso(since) if since else None,
        "zone": zone.key,
        "by": list(by),
        "groups": [dict(zip(by, group, strict=True)) | asdict(total) for group, total in totals.items()],
        "total": asdict(sum(totals.values(), CallTotals())),
    }
