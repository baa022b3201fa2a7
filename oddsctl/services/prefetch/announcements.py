"""What a run of prefetch reports: missed and unpriced windows, and once each what stands in its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from oddsctl.domain.errors import OddsctlError, one_line
from oddsctl.domain.notices import Notice, Warned, WindowMissed, WindowUnpriced
from oddsctl.domain.ports import Clock
from oddsctl.domain.reports import PrefetchCall
from oddsctl.domain.units import parse_duration
from oddsctl.records.windows import WindowResult
from oddsctl.services.prefetch.month_credits import MonthCredits
from oddsctl.services.prefetch.plan import PrefetchPlan
from oddsctl.services.prefetch.schedule import LeagueSchedule
from oddsctl.services.prefetch.window_results import NO_PRICES
from oddsctl.state.prefetch_notes import PrefetchNotes, PrefetchNotesStore

EMERGENCY = (
    "credits run short before the month ends: only the nearest windows are bought, h2h only; see oddsctl plan"
)
SHORT = (
    "credits do not reach for every window until the month ends: those farthest from the games are "
    "left out; see oddsctl plan"
)


class Announcer:
    """Sends notices; warnings that hold on are sent once."""

    def __init__(
        self,
        notebook: PrefetchNotesStore,
        credits: MonthCredits,
        clock: Clock,
        tell: Callable[[Notice], None],
    ) -> None:
        self._notebook = notebook
        self._credits = credits
        self._clock = clock
        self._tell = tell

    def announce_windows(
        self, ends: Sequence[WindowResult], view: PrefetchPlan, names: Mapping[str, str]
    ) -> None:
        """Report each window that was missed, and each that ended without a price."""
        for end in ends:
            if end.fate == "missed":
                self._tell(
                    WindowMissed(
                        end.game, names[end.game], end.start, parse_duration(end.window), end.reason or ""
                    )
                )
        for end in ends:
            if end.reason == NO_PRICES:
                self._tell(WindowUnpriced(end.game, names[end.game], end.window, _why_unpriced(end, view)))

    def announce_obstacles(
        self,
        no_key: OddsctlError | None,
        tables: Sequence[LeagueSchedule],
        view: PrefetchPlan,
        bought: Sequence[tuple[PrefetchCall, OddsctlError | None]],
    ) -> None:
        """Warn of what stands in the way, once when it begins: cron runs every five minutes."""
        unknown = next((table.error for table in tables if table.error), None)
        topics = {
            "key": _in_words(no_key),
            "schedule": _in_words(unknown),
            "emergency": EMERGENCY if view.course.emergency else None,
        }
        is_cut = set(view.course.windows) < set(
            view.windows.before
        )  # of all sports, as one account pays for them
        topics["short"] = SHORT if is_cut and not view.course.emergency else None
        if bought:
            topics["odds"] = _in_words(next((error for _, error in bought if error), None))
        now = self._clock.now()
        for topic, words in topics.items():
            is_monthly = topic in ("emergency", "short")  # estimates waver with each day's games
            if words is None and not is_monthly:
                self._notebook.resolved(topic)
            elif words and self._notebook.announce_once(
                topic, now, self._credits.month(now).began_at if is_monthly else 0.0
            ):
                self._tell(Warned(f"{words}; said once{' a month' if is_monthly else ''}"))

    def note_emergency(self, view: PrefetchPlan, notes: PrefetchNotes, now: float) -> None:
        """Note since when credits run short."""
        since = (notes.emergency_since or now) if view.course.emergency else None
        self._notebook.change(lambda notes: replace(notes, emergency_since=since))


def _why_unpriced(end: WindowResult, view: PrefetchPlan) -> str:
    is_unlisted = (end.game, parse_duration(end.window)) in view.unlisted
    return (
        "The Odds API does not list the game"
        if is_unlisted
        else "the board had no price of a wanted market for it"
    )


def _in_words(error: OddsctlError | None) -> str | None:
    return None if error is None else one_line(error)
