"""How windows end: captured, skipped or missed, each with its reason, recorded once. Sends no request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from oddsctl.domain.reports import PrefetchCall
from oddsctl.domain.requests import Reason
from oddsctl.domain.units import format_duration
from oddsctl.policy.prefetch_plan import PlannedCall, Skipped, Target, Why
from oddsctl.policy.reasons import UNBOUGHT
from oddsctl.records.windows import WindowResult, WindowResults, WindowStatus
from oddsctl.services.prefetch.plan import PrefetchPlan
from oddsctl.state.prefetch_notes import PrefetchNotes, PrefetchNotesStore, WindowFailure, name_of

FORGET_FAILURES = 2 * 86400.0
NO_PRICES = Why.NO_PRICES.value
POSTPONED = (Why.POSTPONED, Why.CANCELED, Why.TIME_TBD)
ANSWERED = (
    Reason.FETCHED,
    Reason.JOINED_INFLIGHT,
    Reason.FRESH_CACHE,
    Reason.SUPERSET_CACHE,
    Reason.PREFETCHED,
)
LATE = "LATE"
"""The prices came, and the window was over."""
NO_RUN, MOVED, UNFINISHED = "NO_RUN", "MOVED", "UNFINISHED"
"""Why a window was missed of which no run knew: none came, or its time was told when it was over."""


@dataclass(frozen=True, slots=True)
class SkippedWindow:
    """A window of a game that got no call, or no price: the code, and the cause in one word."""

    game: str
    window: str
    reason: Reason | Why
    detail: str


class WindowTracker:
    """The account of windows, kept in the log; and why those still open are not captured yet, kept in the
    notebook.
    """

    def __init__(self, log: WindowResults, notebook: PrefetchNotesStore) -> None:
        self._log = log
        self._notebook = notebook

    def record_results(
        self, view: PrefetchPlan, made: Sequence[PrefetchCall], no_key: str | None, now: float
    ) -> list[WindowResult]:
        """Write down how windows ended, and what went wrong with others.

        The ends that are new; none while the history cannot be read.
        """
        failures = {name: WindowFailure(why, now) for name, why in _failures(view, made, no_key, now)}
        told = {table.sport.name: table.error is None for table in view.tables}

        def move(notes: PrefetchNotes) -> PrefetchNotes:
            young = {
                name: one
                for name, one in (notes.failures | failures).items()
                if 0 <= now - one.at < FORGET_FAILURES
            }
            accounted = {
                name: now if known else notes.accounted_to.get(name, now) for name, known in told.items()
            }
            return replace(
                notes,
                began=accounted | notes.began,
                accounted_to=notes.accounted_to | accounted,
                failures=young,
            )

        notes = self._notebook.read()
        ends = self.new_ends(view, replace(notes, failures=notes.failures | failures), now)
        if not self._log.is_readable:
            return []
        self._log.note(ends)
        self._notebook.change(move)
        return ends

    def record_start(self, call: PlannedCall, now: float) -> None:
        """A call for these windows is about to be made.

        Should the run be ended under way, that is why they are not captured.
        """
        names = [_name(target) for target in call.covers]
        self._notebook.change(
            lambda notes: replace(
                notes, failures=notes.failures | {name: WindowFailure(UNFINISHED, now) for name in names}
            )
        )

    def new_ends(self, view: PrefetchPlan, notes: PrefetchNotes, now: float) -> list[WindowResult]:
        """The ends that are not written down yet.

        Unless the game has moved, what was captured stays so, and what was missed keeps why.
        """
        known = self._log.since(
            min((game.start for table in view.tables for game in table.games), default=now)
        )
        return [
            end for end in _ends(view, notes, now) if not _settles(known.get((end.game, end.window)), end)
        ]

    def unpriced_before(self, since: float) -> set[tuple[str, float]]:
        """The games (id, start) of which a window has ended without a price already."""
        return {(end.game, end.start) for end in self._log.since(since).values() if end.reason == NO_PRICES}

    def skips(self, view: PrefetchPlan, notes: PrefetchNotes, now: float) -> list[SkippedWindow]:
        """The windows that will get no call, and those that got none and are not written down yet."""
        ends = [end for end in self.new_ends(view, notes, now) if end.fate != "captured"]
        over = {(end.game, end.window) for end in ends}
        coming = [one for one in view.odds.skipped if one.target.closes >= now]
        return [skip(end) for end in ends] + [
            _to_come(one) for one in coming if (one.target.fixture_id, _window(one.target)) not in over
        ]


def skip(end: WindowResult) -> SkippedWindow:
    """Return the window that ended so, as a run reports it."""
    return SkippedWindow(end.game, end.window, _code(end.reason), end.reason or "")


def _code(reason: str | None) -> Reason | Why:
    if reason == NO_PRICES:
        return Why.NO_PRICES
    if reason in POSTPONED:
        return Reason.SKIPPED_POSTPONED
    return Reason.REFUSED_BUDGET if reason in UNBOUGHT else Reason.SKIPPED_EXPIRED


def _to_come(one: Skipped) -> SkippedWindow:
    target = one.target
    return skip(WindowResult(target.sport, target.fixture_id, _window(target), 0.0, "skipped", one.why.value))


def _settles(old: WindowResult | None, new: WindowResult) -> bool:
    """Whether the old word stands."""
    return (
        old is not None
        and old.start == new.start
        and (old.fate == "captured" or old.fate == new.fate == "missed" or old == new)
    )


def _ends(view: PrefetchPlan, notes: PrefetchNotes, now: float) -> Iterator[WindowResult]:
    """How the windows that are over ended; those that were over before the first run are not ours."""
    games = {game.id: (table.sport.name, game.start) for table in view.tables for game in table.games}
    for (game, before), moment in view.odds.captured.items():
        sport, start = games[game]
        yield WindowResult(
            sport,
            game,
            format_duration(before),
            start,
            "captured",
            None,
            moment,
            round(moment - (start - before), 1),
        )
    for one in view.odds.skipped:
        target = one.target
        ours = min(notes.began.get(target.sport, now), now) <= target.closes
        is_told = one.why in (Why.POSTPONED, Why.CANCELED) or (
            one.why is Why.NO_PRICES and ours and target.opens <= now
        )
        if is_told or (ours and target.closes < now):
            window = _window(target)
            unknown = MOVED if target.closes < min(notes.accounted_to.get(target.sport, 0.0), now) else NO_RUN
            why, fate = _verdict(one.why, notes.failures.get(name_of(target.fixture_id, window)), unknown)
            yield WindowResult(
                target.sport, target.fixture_id, window, target.nominal + target.window, fate, why
            )


def _verdict(why: Why, failure: WindowFailure | None, unknown: str) -> tuple[str, WindowStatus]:
    if why is not Why.MISSED:
        return why.value, "skipped"
    if failure is None:
        return unknown, "missed"
    # no credits, no game, no price: there was nothing to buy for or with, and nothing went wrong
    is_decision = failure.why in UNBOUGHT or failure.why in (Why.STARTED, Why.NO_PRICES)
    return failure.why, "skipped" if is_decision else "missed"


def _failures(
    view: PrefetchPlan, made: Sequence[PrefetchCall], no_key: str | None, now: float
) -> Iterator[tuple[str, str]]:
    """By name: why windows that are open now are not captured."""
    open_now = {
        _name(target): target for call in view.odds.calls for target in call.covers if target.contains(now)
    }
    errors = {table.sport.name: table.error.code for table in view.tables if table.error}
    for name, target in open_now.items():
        if why := no_key or errors.get(target.sport):
            yield name, why
    captured = {name_of(game, format_duration(before)) for game, before in view.odds.captured}
    for call in made:
        names = [name_of(game, window) for game, window in call.covers] if call.api == "odds" else []
        yield from (
            (name, LATE if call.outcome in ANSWERED else call.outcome)
            for name in names
            if name not in captured
        )
    known = (Why.BUDGET, Why.STARTED, Why.NO_PRICES)
    decided = [one for one in view.odds.skipped if one.why in known and one.target.contains(now)]
    yield from ((_name(one.target), one.why.value) for one in decided)


def _name(target: Target) -> str:
    return name_of(target.fixture_id, _window(target))


def _window(target: Target) -> str:
    return format_duration(target.window)
