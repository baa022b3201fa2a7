"""The errand of `queue run`: what waits is asked for, what got no answer waits on.

Two at once never ask for the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial

from oddsctl.domain.errors import InterruptedRunError, LockTimeoutError, RejectedError, StateError
from oddsctl.domain.notices import Decided, Notice
from oddsctl.domain.ports import Clock
from oddsctl.domain.queued import Worked
from oddsctl.domain.requests import Outcome, PriorityRequest, Reason, Terms
from oddsctl.domain.settings import Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy.reasons import error_of
from oddsctl.policy.request_queue import LONGEST_LEASE, Taken, Waiting, rest_until
from oddsctl.services.lineup import sport_of, what
from oddsctl.state.queue import WaitingRoom


class Backlog:
    """What waits between commands, worked off. `tell` hears of what came too late."""

    def __init__(
        self,
        orchestrator: RequestOrchestrator,
        room: WaitingRoom,
        clock: Clock,
        settings: Settings,
        tell: Callable[[Notice], None],
    ) -> None:
        self._orchestrator = orchestrator
        self._room = room
        self._clock = clock
        self._settings = settings
        self._tell = tell

    def run(self, terms: Terms) -> tuple[Worked, ...]:
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
        self._orchestrator.spared(
            lambda: self._room.settle(taken, done, rests)
        )  # else the lease ends by itself
        return (*worked, *expired)

    def _hand_back(self, taken: Taken) -> None:
        """Nobody works on these any more. Where that can't be written, the lease ends by itself."""
        now = self._clock.now()
        with contextlib.suppress(StateError, LockTimeoutError):
            self._room.settle(taken, done=(), rests={wish.id: now for wish in taken.wishes})

    def _expired(self, wish: Waiting) -> Worked:
        steps = ("its game had begun, or its deadline had passed, before anyone asked for it",)
        outcome = Outcome(wish.job, Reason.SKIPPED_EXPIRED, steps=steps)
        self._tell(Decided(_request(wish), outcome))
        return self._told(wish, outcome)(state="dropped")

    def _worked(self, wish: Waiting, outcome: Outcome) -> Worked:
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

    def _told(self, wish: Waiting, outcome: Outcome) -> partial[Worked]:
        return partial(
            Worked,
            id=wish.id,
            api=wish.job.api,
            sport=sport_of(wish.job, self._settings.sports),
            what=what(wish.job),
            reason=outcome.reason,
            credits=outcome.credits,
            detail=outcome.detail,
        )


def failure(worked: Sequence[Worked]) -> int:
    """The exit code: 0 unless there is no answer, not even a stored one, to anything asked for; then that of
    the worst error.
    """
    errors = [
        None if one.reason.startswith("STALE_") else one.error
        for one in worked
        if one.reason is not Reason.SKIPPED_EXPIRED
    ]
    return max((error.exit_code for error in errors if error), default=0) if all(errors) else 0


def _request(wish: Waiting) -> PriorityRequest:
    return PriorityRequest(
        wish.job, wish.priority, wish.purpose, wish.game_time, wish.deadline, wish.asked_at
    )
