"""Requests in, outcomes out: each request is answered from the cache or by one of the fewest possible calls.

How it works (the steps of a request that happen here)
3. Look up: `ResponseCache.lookup` finds a fresh answer or a remembered refusal.
4. Merge: `RequestBatcher` makes the fewest calls of the rest, and runs independent ones side by side;
   `RequestCoalescer` lets one process make a call while the others wait for its result.
5. Admit: `CallAttempts` asks `Accounts.admit` for tokens and credits, and retries.
6. Call and settle: `CallExecutor` sends, settles and hands back the answer to store.

Each request gets exactly one outcome that says why. A provider's failure is an outcome, not an exception.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from oddsctl.domain.board_models import Usage
from oddsctl.domain.errors import InterruptedRunError, LockTimeoutError, OddsctlError, StateError
from oddsctl.domain.jobs import Job
from oddsctl.domain.notices import (
    CallFinished,
    Failed,
    Joined,
    Notice,
    Planned,
    RequestFinished,
    Served,
    Warned,
)
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.ports import Provider, Transport
from oddsctl.domain.provider_errors import MissingKeyError, ProviderError
from oddsctl.domain.requests import Outcome, PriorityRequest, Reason, Refused, RequestOptions
from oddsctl.orchestration.attempts import CallAttempts
from oddsctl.orchestration.batcher import RequestBatcher
from oddsctl.orchestration.call import CallContext, RetryQuota, RunContext
from oddsctl.orchestration.coalescer import InFlightSlot, RequestCoalescer
from oddsctl.orchestration.dry_run import DryRun
from oddsctl.orchestration.executor import CallExecutor
from oddsctl.policy import backoff, freshness
from oddsctl.policy.circuit_breaker import State
from oddsctl.policy.reasons import reasons_of, refusal_error
from oddsctl.state.counters import count_outcomes
from oddsctl.state.responses import CacheEntry
from oddsctl.state.shared import SharedState

LOCK_NOISE_SECONDS = 0.05
"""Taking a lock that nobody holds takes time too; less than this is no wait."""


class RequestOrchestrator:
    """The only way to the providers. Usable from threads; a context manager.

    The clock of `state` does all waiting: once it is stopped, `sleep` must raise `InterruptedRunError`.
    `roll` draws the jitter, in [0, 1). `tell` receives every notice.
    """

    def __init__(
        self,
        state: SharedState,
        *,
        transport: Transport,
        providers: Mapping[str, Provider],
        tell: Callable[[Notice], None],
        roll: Callable[[], float],
    ) -> None:
        self._state = state
        self._providers = providers
        self._tell = tell
        self._executor = CallExecutor(state, transport, tell)
        self._attempts = CallAttempts(state, providers, self._executor, tell, roll)
        self._batcher = RequestBatcher(state.clock)
        self._coalescer = RequestCoalescer(state)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def dry_run(self) -> DryRun:
        """What a run would do, and what is cached; sends nothing."""
        return DryRun(self.plan, self._state, self._providers)

    def run(self, requests: Sequence[PriorityRequest], options: RequestOptions) -> list[Outcome]:
        """Answer each request, in order, by the fewest calls.

        Raises `InterruptedRunError` when the clock was stopped meanwhile; calls in flight are then settled
        and their answers stored. Raises `StateError` or `LockTimeoutError` if nothing was sent yet.
        """
        try:
            return self._run(requests, options)
        except (StateError, LockTimeoutError) as error:
            if not self._executor.calls:
                raise
            # what this command has bought before must still be shown
            failure = error
        self._tell(Warned(f"state could not be read: {failure.message}"))
        return [Outcome(request.job, Reason.NONE, detail=failure.code, error=failure) for request in requests]

    def _run(self, requests: Sequence[PriorityRequest], options: RequestOptions) -> list[Outcome]:
        outcomes, calls = self.plan(requests, options)
        missing = [job for context in calls for job in context.call.requests]
        self._tell(Planned(len(outcomes) + len(missing), len(missing)))
        if options.offline:
            outcomes |= {job: self._served(self._state.responses.offline(job)) for job in missing}
        else:
            outcomes |= self._batcher.run(calls, self._make_or_join)
        self._state.counters.count(count_outcomes(outcomes.values(), self.price))
        for request in requests:
            self._tell(RequestFinished(request, outcomes[request.job]))
        self._leave_if_interrupted(requests, outcomes)
        return _each_call_paid_once([outcomes[request.job] for request in requests])

    def plan(
        self, requests: Sequence[PriorityRequest], options: RequestOptions
    ) -> tuple[dict[Job, Outcome], tuple[CallContext, ...]]:
        """Return the outcomes that need no call, and the fewest calls for the rest."""
        clock = self._state.clock
        deadline = clock.monotonic() + options.wait if options.until is None else options.until
        retries, narrowings = RetryQuota(backoff.RETRIES_PER_RUN), RetryQuota(freshness.MOST_NARROWINGS)
        run = RunContext(requests, options, clock.now(), deadline, retries, narrowings)
        jobs = dict.fromkeys(request.job for request in requests)
        accept_older = not options.fresh and any(isinstance(job, OddsJob) for job in jobs) and self.is_low()
        found = {job: self._lookup(job, run, is_low=accept_older) for job in jobs}
        missing = [job for job, outcome in found.items() if outcome is None]
        outcomes = {job: outcome for job, outcome in found.items() if outcome}
        return outcomes, tuple(run.call(merged) for merged in self._batcher.merge(missing))

    def _make_or_join(self, context: CallContext) -> dict[Job, Outcome]:
        """Make one call, alone among all processes, or take over the result of the one that made it."""
        result: CacheEntry | Refused | OddsctlError
        try:
            with self._coalescer.acquire(context.job, context.patience(self._state.clock)) as slot:
                if joined := self._from_other_process(context, slot):
                    return joined
                result = self._attempts.run(context, slot)
                failure = result if isinstance(result, ProviderError) else None
                self.best_effort(lambda: slot.finish(failure))
        except (LockTimeoutError, StateError, InterruptedRunError) as error:
            result = error
        if isinstance(result, ProviderError):
            self._tell(Failed(context.job, result))
        self._tell(CallFinished(context.job, len(context.call.requests)))
        return {job: self._outcome(job, context, result) for job in context.call.requests}

    def _from_other_process(self, context: CallContext, slot: InFlightSlot) -> dict[Job, Outcome] | None:
        """Return the outcomes if another process brought them or failed meanwhile; None to make the call."""
        if slot.waited > LOCK_NOISE_SECONDS:
            self._tell(Joined(context.job, slot.waited))
        jobs = context.call.requests
        found = {job: self._lookup(job, context.run, is_low=False, joining=True) for job in jobs}
        if all(found.values()):
            return {job: outcome for job, outcome in found.items() if outcome}
        if failure := slot.leader_failure(self._account(context.job)):
            context.log_step("another process asked the same meanwhile, and failed")
            return {job: self._outcome(job, context, failure) for job in jobs}
        if orphan := slot.orphan():
            context.log_step("the process that asked before died under way: its call may have been charged")
            self._state.accounts.mark_orphaned(context.job.api, orphan.account, orphan.call_id or "")
        return None

    def _lookup(self, job: Job, run: RunContext, *, is_low: bool, joining: bool = False) -> Outcome | None:
        outcome = self._state.responses.lookup(job, run.options, run.started, is_low=is_low, joining=joining)
        return outcome and self._served(outcome)

    def _outcome(
        self, job: Job, context: CallContext, result: CacheEntry | Refused | OddsctlError
    ) -> Outcome:
        """Return the outcome of a request whose call came to this: the answer, or the newest cached one."""
        # a merged call is paid once
        spent = context.spent if job == context.call.requests[0] else 0
        if isinstance(result, CacheEntry):
            answer, steps = result.job.extract(result.answer, job), tuple(context.steps)
            return Outcome(
                job, Reason.FETCHED, answer, result.fetched_at, spent, demo=result.demo, steps=steps
            )
        stale, nothing, detail = reasons_of(result)
        error = refusal_error(result, job) if isinstance(result, Refused) else result
        context.log_step_once(f"{detail}: {error.message}")
        steps = tuple(context.steps)
        try:
            hit = self._state.responses.newest(job)
        except (StateError, LockTimeoutError):
            # the answers of other calls must not be lost with this one
            hit = None
        if hit is None:
            return Outcome(job, nothing, credits=spent, detail=detail, error=error, steps=steps)
        return replace(self._served(hit.outcome(job, stale, detail, error, steps)), credits=spent)

    def _served(self, outcome: Outcome) -> Outcome:
        """Announce an outcome with a cached answer."""
        if outcome.fetched_at is not None:
            age = freshness.age(outcome.fetched_at, self._state.clock.now())
            self._tell(Served(outcome.job, outcome.reason, age))
        return outcome

    def _leave_if_interrupted(
        self, requests: Sequence[PriorityRequest], outcomes: Mapping[Job, Outcome]
    ) -> None:
        """Queue what was interrupted, and raise."""
        interruptions = [
            error for outcome in outcomes.values() if isinstance(error := outcome.error, InterruptedRunError)
        ]
        if interruptions:
            waiting = [request for request in requests if outcomes[request.job].error in interruptions]
            self.best_effort(lambda: self._state.queue.put(waiting))
            raise interruptions[0]

    def best_effort(self, work: Callable[[], None]) -> None:
        """Run a side effect; a state that can't be written is a warning instead of losing a paid answer."""
        self._executor.best_effort(work)

    def close(self) -> None:
        """Store the counts of this process. Losing them would change no answer, so a full disk is ignored."""
        with contextlib.suppress(StateError, LockTimeoutError):
            self._state.counters.flush()

    def price(self, job: Job) -> int:
        """Return the credits that the job costs at most."""
        return self._providers[job.api].price(job)

    def missing_key(self) -> MissingKeyError | None:
        """Return why The Odds API cannot be asked at all; None when there is a key."""
        try:
            self._providers["odds"].account()
        except MissingKeyError as error:
            return error
        return None

    def rests_until(self, job: Job) -> float | None:
        """Return when the job's provider is asked again (epoch seconds); None when it may be asked now."""
        state, now = self._state.accounts.state(job.api, self._account(job)), self._state.clock.now()
        breaker = state.breakers.get(job.endpoint)
        rests = [state.not_before, breaker.retry_at if breaker and breaker.state is State.OPEN else 0.0]
        return max(rests) if max(rests) > now else None

    def is_low(self) -> bool:
        """Return whether credits are low enough to accept older boards."""
        return self._state.accounts.is_low()

    def usage(self) -> Usage:
        """Return the HTTP requests sent, credits spent, and the balance last reported less what it lacks."""
        calls, spent = self._executor.calls, self._executor.limit.spent
        try:
            credits = self._state.accounts.state("odds").credits
        except (StateError, LockTimeoutError):
            # what was bought must still be shown
            return Usage(calls, spent, None)
        if credits.remaining is None:
            return Usage(calls, spent, None)
        return Usage(calls, spent, credits.remaining - credits.unreflected)

    def _account(self, job: Job) -> str | None:
        try:
            return self._providers[job.api].account()
        except MissingKeyError:
            return None


def _each_call_paid_once(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Let only the first of equal requests bear the credits."""
    paid: set[Job] = set()
    result = []
    for outcome in outcomes:
        result.append(replace(outcome, credits=0) if outcome.job in paid else outcome)
        paid.add(outcome.job)
    return result
