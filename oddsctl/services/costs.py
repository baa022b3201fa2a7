"""The numbers behind `costs`: what was spent on what and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from oddsctl.domain.errors import UsageError
from oddsctl.policy import billing_month
from oddsctl.records.call_report import FIELDS, CallReport, CallTotals
from oddsctl.state.shared import SharedState

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


def month_began(state: SharedState) -> float:
    """Return when the account's month began (epoch seconds)."""
    credits = state.accounts.state("odds").credits
    return billing_month.month(credits, state.settings.odds.reset_day, state.clock.now()).began_at


@dataclass(frozen=True, slots=True)
class CostTable:
    """What was spent since then (epoch seconds; 0 is all on record), in groups of the fields `by`.

    Days are those of `zone`.
    """

    by: tuple[str, ...]
    since: float
    zone: ZoneInfo
    groups: Mapping[tuple[str | None, ...], CallTotals]

    @property
    def total(self) -> CallTotals:
        """The sum of all groups."""
        return sum(self.groups.values(), CallTotals())


def collect(ledger: CallReport, by: Sequence[str], since: float, zone: ZoneInfo) -> CostTable:
    """Add up the calls on record since then, by these fields."""
    return CostTable(tuple(by), since, zone, ledger.totals(by, since, zone))
