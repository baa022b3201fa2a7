"""What the account can still spend on planned calls, until its month ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from oddsctl.domain import units
from oddsctl.domain.settings import Settings
from oddsctl.policy import billing_month, budget
from oddsctl.policy.budget_pacing import PlannedBudget
from oddsctl.records.calls import CostTracker
from oddsctl.state.accounts import Accounts
from oddsctl.state.prefetch_notes import PrefetchNotes


@dataclass(frozen=True, slots=True)
class SpendableCredits:
    """What the account has left, and what of that planned calls don't touch (credits)."""

    left: int
    kept: int


class MonthCredits:
    """The account's credits and month, as planning sees them."""

    def __init__(self, accounts: Accounts, costs: CostTracker, settings: Settings) -> None:
        self._accounts = accounts
        self._costs = costs
        self._settings = settings

    def budget(self, notes: PrefetchNotes, now: float) -> PlannedBudget:
        """Return what planned calls may touch until the account's month ends."""
        month, balance = self.month(now), self.balance()
        spent_today = self._costs.planned_spend(midnight(now))
        return PlannedBudget(
            balance.left - balance.kept, spent_today, month.reset_at, notes.emergency_since is not None
        )

    def balance(self) -> SpendableCredits:
        """Return what is left, and how much of it is kept: no planned call goes below the reserve or
        `stop_below`.
        """
        credits, monthly, rules = (
            self._accounts.state("odds").credits,
            self._settings.odds.monthly_credits,
            self._settings.budget,
        )
        kept = max(budget.kept_for_own(credits.limit(monthly), rules), rules.stop_below)
        return SpendableCredits(credits.available(monthly), kept)

    def is_balance_old(self, now: float) -> bool:
        """Return whether the balance is too old to leave anything out for it: a new month may have begun."""
        credits = self._accounts.state("odds").credits
        told_before = credits.asked_at < self.month(now).began_at
        return budget.is_outdated(credits, now) or (credits.used is not None and told_before)

    def month(self, now: float) -> billing_month.BillingMonth:
        """Return the account's month."""
        return billing_month.month(self._accounts.state("odds").credits, self._settings.odds.reset_day, now)

    def limit(self) -> int:
        """Return the account's credits a month."""
        return self._accounts.state("odds").credits.limit(self._settings.odds.monthly_credits)


def midnight(now: float, days: int = 0) -> float:
    """Return when the day of US Eastern time began, or begins so many days later."""
    return units.midnight(units.day_of(now) + timedelta(days))
