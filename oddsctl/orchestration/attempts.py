"""The attempts of one call: admit, send, settle, store; then again while a retry is worth it.

How it works
1. `CallAttempts.run` is the retry loop. `policy/backoff` decides whether and when to try again.
2. An attempt is admitted first: a known refusal of the key, then `--max-credits`, then tokens, credits and
   breaker in one transaction (`Accounts.admit`). Whatever stops it after that gives back what it reserved.
3. An endpoint whose breaker is half-open, or an account of unknown balance, gets a free probe first.
4. What was reserved is settled by what came back; the answer or the refusal is stored.
5. A call that may have been charged twice is not tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from uuid import uuid4

from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.jobs import Job
from oddsctl.domain.notices import Notice, Retried, Waited
from oddsctl.domain.odds_api_jobs import SportsJob
from oddsctl.domain.ports import Provider
from oddsctl.domain.provider_errors import MissingKeyError, ProviderError
from oddsctl.domain.requests import Go, ProbeFirst, Refusal, Refused
from oddsctl.orchestration.call import AdmittedCall, CallContext
from oddsctl.orchestration.coalescer import InFlightSlot
from oddsctl.orchestration.executor import CallExecutor
from oddsctl.policy import backoff
from oddsctl.policy.admission import CallRequest
from oddsctl.state.responses import CacheEntry
from oddsctl.state.shared import SharedState

MOST_PROBES = 2
"""Free calls before a paid one: one to heal an endpoint, one to learn the balance."""


class CallAttempts:
    """Makes one call with its probes and retries. Usable from threads.

    `roll` draws the jitter, in [0, 1).
    """

    def __init__(
        self,
        state: SharedState,
        providers: Mapping[str, Provider],
        executor: CallExecutor,
        tell: Callable[[Notice], None],
        roll: Callable[[], float],
    ) -> None:
        self._state = state
        self._providers = providers
        self._executor = executor
        self._tell = tell
        self._roll = roll

    def run(self, context: CallContext, slot: InFlightSlot) -> CacheEntry | Refused | OddsctlError:
        """Attempt until one succeeds or is refused, or the next is not worth it."""
        failed: ProviderError | None = None
        for attempt in count(1):
            result = self._attempt(context, context.job, slot, retry=attempt > 1)
            if not isinstance(result, ProviderError):
                return failed if failed and isinstance(result, Refused) else result
            failed = result
            wait = self._wait_before_next(context, failed, attempt)
            if wait is None:
                return failed
            self._tell(Retried(context.job, failed, wait))
            self._state.clock.sleep(wait)
        raise AssertionError("count() ended")

    def _attempt(
        self, context: CallContext, job: Job, slot: InFlightSlot, *, retry: bool = False
    ) -> CacheEntry | Refused | ProviderError:
        """Admit, send, settle and store once. A probe is an attempt of its own."""
        admitted = self._admit(context, job, slot, retry=retry)
        for _ in range(MOST_PROBES):
            if not isinstance(admitted, ProbeFirst):
                break
            probe = self._attempt(context, SportsJob(), slot)
            if not isinstance(probe, CacheEntry):
                return probe
            admitted = self._admit(context, job, slot, retry=retry)
        if isinstance(admitted, ProbeFirst):
            return Refused(Refusal.BUDGET, "the free calls before it reported no balance")
        if not isinstance(admitted, AdmittedCall):
            return admitted
        try:
            response = self._executor.call(admitted, context)
            entry = self._executor.settle(admitted, context, response)
        except ProviderError as failure:
            error = failure
            self._executor.best_effort(lambda: self._remember(admitted, context, error))
            return error
        self._executor.best_effort(lambda: self._state.responses.put(entry))
        return entry

    def _admit(
        self, context: CallContext, job: Job, slot: InFlightSlot, *, retry: bool
    ) -> AdmittedCall | ProbeFirst | Refused | ProviderError:
        """Reserve tokens and credits, and wait until the call may be sent."""
        admitted = self._prepare(context, job, retry=retry)
        if not isinstance(admitted, AdmittedCall):
            return admitted
        api, account, options = admitted.provider.name, admitted.account, context.options
        if refused := None if options.fresh else self._state.responses.refusals.of_account(account):
            return refused.remembered_error("odds")
        if not self._executor.limit.reserve(admitted.price, options.max_credits):
            why = f"costs {admitted.price}, --max-credits allows {options.max_credits}"
            return Refused(Refusal.MAX_CREDITS, why)
        try:
            decision = self._state.accounts.admit(api, account, self._call_request(admitted, context))
            if not isinstance(decision, Go):
                self._executor.limit.release(admitted.price)
                return decision
            if decision.wait > 0:
                self._tell(Waited(api, decision.wait))
            self._state.clock.sleep(decision.wait)
            slot.mark_sent(account, admitted.id)
        except BaseException:
            self._executor.cancel(admitted)
            raise
        self._executor.record_booking(admitted, context)
        return admitted

    def _prepare(self, context: CallContext, job: Job, *, retry: bool) -> AdmittedCall | MissingKeyError:
        """Make the request that is to be admitted."""
        provider = self._providers[job.api]
        try:
            account, request = provider.account(), provider.request(job)
        except MissingKeyError as error:
            return error
        return AdmittedCall(
            uuid4().hex,
            provider,
            account,
            job,
            context.job.endpoint,
            provider.price(job),
            context.most_urgent.purpose,
            retry,
            request,
        )

    def _call_request(self, call: AdmittedCall, context: CallContext) -> CallRequest:
        purchase = context.purchase(call.price, self._state.clock.now())
        return CallRequest(call.id, call.endpoint, purchase, context.patience(self._state.clock))

    def _remember(self, call: AdmittedCall, context: CallContext, error: ProviderError) -> None:
        """Store a definite refusal, so that it is not asked for again."""
        served = context.call.requests if call.job == context.job else ()
        self._state.responses.refusals.put(
            error, call.job, call.account, context.most_urgent.game_time, served
        )

    def _wait_before_next(self, context: CallContext, error: ProviderError, attempt: int) -> float | None:
        """Return the seconds until the next attempt, fewer for urgent requests; None for no other."""
        now = self._state.clock.now()
        hurry = {0: 0.5, 1: 0.75}.get(context.urgency(now), 1.0)
        again = backoff.after(
            error,
            attempt,
            self._state.settings.retry,
            roll=self._roll() * hurry,
            now=now,
            patience=context.patience(self._state.clock),
        )
        failed = f"attempt {attempt} failed ({error.code})"
        if isinstance(again, backoff.GiveUp):
            context.log_step(f"{failed}; no other: {again.why}")
            return None
        if context.possible_charges > 1 or not context.run.retries.take():
            context.log_step(
                f"{failed}; no other: it may have been charged twice, or the run has no retries left"
            )
            return None
        context.log_step(f"{failed}; again after {again.wait:.1f} s")
        return again.wait
