"""Which sports and days a run of prefetch looks at, and which other sports share the account with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oddsctl.catalog.sports import find, is_known
from oddsctl.domain.models import Sport
from oddsctl.domain.settings import Settings
from oddsctl.policy.budget_pacing import SportDemand
from oddsctl.services.prefetch.planner import (
    FOR_PLANNING,
    PrefetchPlanner,
)
from oddsctl.services.prefetch.schedule import ScheduleQuery
from oddsctl.state.prefetch_notes import PrefetchNotes, PrefetchNotesStore

LONGEST_GAP = 14 * 86400.0
"""Seconds without a run after which nobody asks any more how the windows ended: some leagues' schedules cost
a call a day.
"""
LONG_AGO = 3 * 86400.0
"""Seconds after which nobody misses the windows of a sport that is in no `prefetch.sports`: it was asked for
by hand.
"""
LATELY = 86400.0
"""Seconds within which a sport that was prefetched is taken to be prefetched again."""


class RunScope:
    """Sports, days and notes of a run."""

    def __init__(self, planner: PrefetchPlanner, notebook: PrefetchNotesStore, settings: Settings) -> None:
        self._planner = planner
        self._notebook = notebook
        self._settings = settings

    def notes(self, sports: Sequence[Sport], now: float) -> PrefetchNotes:
        """Return the notes, after forgetting sports that cron is not for and nobody asked for lately: none of
        their windows was missed.
        """
        occasional = {sport.name for sport in sports} - set(self._settings.prefetch.sports)
        old = {
            name
            for name, at in self._notebook.read().accounted_to.items()
            if name in occasional and now - at > LONG_AGO
        }

        def forget(notes: PrefetchNotes) -> PrefetchNotes:
            accounted = {name: at for name, at in notes.accounted_to.items() if name not in old}
            return replace(
                notes,
                accounted_to=accounted,
                began={name: at for name, at in notes.began.items() if name not in old},
            )

        self._notebook.change(forget)
        return self._notebook.read()

    def span(
        self, sports: Sequence[Sport], notes: PrefetchNotes, now: float, horizon: float
    ) -> ScheduleQuery:
        """Return the games whose windows end after the last account, or open within the horizon."""
        rules = self._settings.prefetch
        accounted_to = min(notes.accounted_to.get(sport.name, now) for sport in sports)
        since = min(now, max(accounted_to, now - LONGEST_GAP)) - rules.late
        return ScheduleQuery(since, now + horizon + max(rules.windows) + rules.early, FOR_PLANNING)

    def other_sports(
        self, sports: Sequence[Sport], notes: PrefetchNotes, now: float, horizon: float
    ) -> list[SportDemand]:
        """Return the stored games of the sports that other runs buy for: one account pays for all."""
        settings, mine = self._settings, {sport.name for sport in sports}
        lately = {name for name, at in notes.accounted_to.items() if now - at < LATELY}
        names = [
            name
            for name in sorted({*settings.prefetch.sports, *lately} - mine)
            if is_known(name, settings.sports)
        ]
        others = [find(name, settings.sports) for name in names]
        if not others:
            return []
        tables = self._planner.tables(others, self.span(others, notes, now, horizon), None, now)
        captured = self._planner.settled(tables, now)
        return [replace(one, captured=captured) for one in self._planner.demands(tables, None, now, horizon)]
