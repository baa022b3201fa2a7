"""Runs the stored queue for `queue run`: sends what is due; what gets no answer waits on.

Two at once never ask for the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from oddsctl.catalog.sports import league_of
from oddsctl.domain.errors import InterruptedRunError, LockTimeoutError, StateError
from oddsctl.domain.jobs import Job
from oddsctl.domain.models import Sport
from oddsctl.domain.notices import Notice, RequestFinished
from oddsctl.domain.provider_errors import RejectedError
from oddsctl.domain.reports import PrefetchCall, QueueItem, QueueResult
from oddsctl.domain.requests import Outcome, Priority, PriorityRequest, Reason, RequestOptions
from oddsctl.domain.units import iso
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy import request_queue
from oddsctl.policy.priority import effective_priority
from oddsctl.policy.reasons import error_of
from oddsctl.policy.request_queue import LONGEST_LEASE, LeasedRequests, QueuedRequest, rest_until
from oddsctl.state.shared import SharedState


class QueueWorker:
    """Makes the requests that wait in the queue. `tell` receives those that came too late."""

    def __init__(
        self,
        orchestrator: RequestOrchestrator,
        state: SharedState,
        tell: Callable[[Notice], None],
    ) -> None:
        self._orchestrator = orchestrator
        self._room = state.queue
        self._clock = state.clock
        self._settings = state.settings
        self._tell = tell

    def run(self, terms: RequestOptions) -> tuple[QueueResult, ...]:
        """Ask for all that is due, together, so that it takes the fewest calls; what became of each, most
        pressing first.

        What was leased by a process that died is due again when the lease ends. Raises `InterruptedRunError`;
        all waits on then.
        """
        taken = self._room.take(min(terms.wait + 2 * self._settings.http.longest_exchange, LONGEST_LEASE))
        expired = [self._expired(wish) for wish in taken.late]
        if not taken.wishes:
            return tuple(expired)
        try:
            outcomes = self._orchestrator.run([_request(wish) for wish in taken.wishes], terms)
        except InterruptedRunError:
            self._hand_back(taken)
            raise
        worked = [self._worked(wish, outcome) for wish, outcome in zip(taken.wishes, outcomes, strict=True)]
        done = [one.id for one in worked if one.state != "postponed"]
        rests = {one.id: one.due for one in worked if one.due is not None}
        self._orchestrator.best_effort(
            lambda: self._room.settle(taken, done, rests)
        )  # else the lease ends by itself
        return (*worked, *expired)

    def _hand_back(self, taken: LeasedRequests) -> None:
        """Nobody works on these any more. Where that can't be written, the lease ends by itself."""
        now = self._clock.now()
        with contextlib.suppress(StateError, LockTimeoutError):
            self._room.settle(taken, done=(), rests={wish.id: now for wish in taken.wishes})

    def _expired(self, wish: QueuedRequest) -> QueueResult:
        steps = ("its game had begun, or its deadline had passed, before anyone asked for it",)
        outcome = Outcome(wish.job, Reason.SKIPPED_EXPIRED, steps=steps)
        self._tell(RequestFinished(_request(wish), outcome))
        return self._told(wish, outcome)(state="dropped")

    def _worked(self, wish: QueuedRequest, outcome: Outcome) -> QueueResult:
        told = self._told(wish, outcome)
        if outcome.answer is not None and not outcome.reason.fails_strict:
            return told(state="answered")
        error = error_of(outcome)
        if isinstance(error, RejectedError):
            return told(state="dropped", error=error)
        now = self._clock.now()
        ours = outcome.detail == "MAX_CREDITS"  # what one run may spend says nothing of the next
        return told(
            state="postponed",
            error=error,
            due=now if ours else rest_until(error.retry_at, wish.attempts, now),
        )

    def _told(self, wish: QueuedRequest, outcome: Outcome) -> partial[QueueResult]:
        return partial(
            QueueResult,
            id=wish.id,
            api=wish.job.api,
            sport=league_of(wish.job, self._settings.sports),
            what=wish.job.label(),
            reason=outcome.reason,
            credits=outcome.credits,
            detail=outcome.detail,
        )


def exit_code(worked: Sequence[QueueResult]) -> int:
    """The exit code: 0 unless there is no answer, not even a stored one, to anything asked for; then that of
    the worst error.
    """
    errors = [
        None if one.reason.startswith("STALE_") else one.error
        for one in worked
        if one.reason is not Reason.SKIPPED_EXPIRED
    ]
    return max((error.exit_code for error in errors if error), default=0) if all(errors) else 0


def _request(wish: QueuedRequest) -> PriorityRequest:
    return PriorityRequest(
        wish.job, wish.priority, wish.purpose, wish.game_time, wish.deadline, wish.asked_at
    )


PLANNED_WHAT = {"odds": "board", "espn": "schedule", "weather": "weather"}


def queue_items(
    waiting: Iterable[QueuedRequest],
    planned: Iterable[PrefetchCall],
    now: float,
    price: Callable[[Job], int] = lambda _: 0,
    added: Sequence[Sport] = (),
) -> tuple[QueueItem, ...]:
    """The rows of `queue`: what is due first, and of that the most pressing.

    `price` is in credits, `added` are sports of the settings.
    """
    rows = [
        *(_waiting(wish, now, price, added) for wish in waiting),
        *(_planned(call, now) for call in planned),
    ]
    return tuple(sorted(rows, key=lambda row: (max(row.due, now), row.effective_priority, row.due, row.id)))


def _waiting(
    wish: QueuedRequest, now: float, price: Callable[[Job], int], added: Sequence[Sport]
) -> QueueItem:
    rank, state = request_queue.priority_of(wish, now), request_queue.state(wish, now)
    return QueueItem(
        id=wish.id,
        due=wish.not_before if state == "not_before" else min(wish.asked_at, now),
        api=wish.job.api,
        sport=league_of(wish.job, added),
        what=wish.job.label(),
        window=None,
        priority=wish.priority,
        effective_priority=rank.priority,
        why=rank.why,
        credits=price(wish.job),
        attempts=wish.attempts,
        state=state,
    )


def _planned(call: PrefetchCall, now: float) -> QueueItem:
    games = len({game for game, _ in call.covers})
    then = max(call.at, now)
    rank = effective_priority(Priority.PREFETCH, call.game_time, then, then)
    return QueueItem(
        id=f"planned/{call.api}/{call.sport or '-'}@{iso(call.at)}",
        due=call.at,
        api=call.api,
        sport=call.sport or None,
        what=PLANNED_WHAT.get(call.api, call.api)
        + (f" for {games} game{'' if games == 1 else 's'}" if games else ""),
        window=",".join(dict.fromkeys(window for _, window in call.covers)) or None,
        priority=Priority.PREFETCH,
        effective_priority=rank.priority,
        why=rank.why if rank.priority is Priority.PREFETCH else f"{rank.why} then",
        credits=call.credits,
        attempts=0,
        state="planned",
    )
