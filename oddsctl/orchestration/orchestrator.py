"""Many wishes in, the fewest calls out, each answer with its reason: look up, admit, call, settle, keep.

The only one who waits.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from types import TracebackType
from typing import Self
from uuid import uuid4

from oddsctl.domain.board_models import Usage
from oddsctl.domain.errors import (
    InterruptedRunError,
    LockTimeoutError,
    MissingKeyError,
    OddsctlError,
    ProviderError,
    RejectedError,
    StateError,
)
from oddsctl.domain.jobs import Job, OddsJob, SportsJob
from oddsctl.domain.notices import (
    CallFinished,
    Failed,
    Joined,
    Notice,
    Planned,
    RequestFinished,
    Retried,
    Waited,
    Warned,
)
from oddsctl.domain.ports import (
    Clock,
    Locks,
    Provider,
    Store,
    Transport,
)
from oddsctl.domain.requests import (
    Go,
    Outcome,
    PriorityRequest,
    ProbeFirst,
    Reason,
    Refusal,
    Refused,
    RequestOptions,
)
from oddsctl.domain.settings import Settings
from oddsctl.orchestration.call import AdmittedCall, CallContext, RetryQuota, most_urgent
from oddsctl.orchestration.coalescer import InFlightSlot, RequestCoalescer
from oddsctl.orchestration.dry_run import DryRun
from oddsctl.orchestration.executor import CallExecutor
from oddsctl.orchestration.library import Library
from oddsctl.policy import backoff, batching, freshness
from oddsctl.policy.admission import CallRequest
from oddsctl.policy.batching import MergedCall
from oddsctl.policy.budget import Purchase
from oddsctl.policy.circuit_breaker import State
from oddsctl.policy.priority import LIVE_STEP, effective_priority
from oddsctl.state import counters
from oddsctl.state.accounts import Accounts
from oddsctl.state.counters import CacheCounters, add_counts
from oddsctl.state.queue import RequestQueue
from oddsctl.state.responses import CacheEntry

MAX_PARALLEL = 4
"""Calls side by side at the most."""
LOCK_NOISE_SECONDS = 0.05
"""Seconds: taking a lock that nobody holds takes time too."""
MOST_PROBES = 2
"""Free calls before a paid one: one to heal an endpoint, one to look at the balance."""


class RequestOrchestrator:
    """The one door to the providers. Usable from threads; a context manager.

    `clock` waits for it: once `stop` was called, `sleep` must raise `InterruptedRunError`. `roll` throws the
    dice for jitter, in [0, 1). `tell` hears every notice.
    """

    def __init__(
        self,
        *,
        store: Store,
        locks: Locks,
        transport: Transport,
        clock: Clock,
        providers: Mapping[str, Provider],
        settings: Settings,
        tell: Callable[[Notice], None],
        roll: Callable[[], float],
    ) -> None:
        self._store = store
        self._clock = clock
        self._providers = providers
        self._settings = settings
        self._tell = tell
        self._roll = roll
        self._accounts = Accounts(store, clock, settings)
        self._till = CallExecutor(self._accounts, transport, clock, tell)
        self._flights = RequestCoalescer(store, locks, clock)
        self._library = Library(store, clock, settings, tell)
        self._waiting_room = RequestQueue(store, clock)
        self._counts = CacheCounters()
        self._lock = threading.Lock()
        self.rehearsal = DryRun(self._library, self._accounts, providers, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, requests: Sequence[PriorityRequest], terms: RequestOptions) -> list[Outcome]:
        """Answer each wish, in order, by the fewest calls.

        A provider's failure is no error here: the outcome names it.

        Raises `InterruptedRunError` when the clock was stopped meanwhile; calls under way are then settled
        and their answers kept.
        """
        try:
            return self._run(requests, terms)
        except (StateError, LockTimeoutError) as error:
            if not self._till.calls:
                raise
            failure = error  # what this command has bought before is shown all the same
        self._tell(Warned(f"state could not be read: {failure.message}"))
        return [Outcome(request.job, Reason.NONE, detail=failure.code, error=failure) for request in requests]

    def best_effort(self, work: Callable[[], None]) -> None:
        """Do what must not cost an answer that is in hand and paid: when the state cannot be written, a
        warning is all.
        """
        self._till.best_effort(work)

    def _run(self, requests: Sequence[PriorityRequest], terms: RequestOptions) -> list[Outcome]:
        started = self._clock.now()
        deadline = self._clock.monotonic() + terms.wait if terms.until is None else terms.until
        thrifty = (
            not terms.fresh
            and any(isinstance(request.job, OddsJob) for request in requests)
            and self.is_low()
        )
        jobs = dict.fromkeys(request.job for request in requests)
        found = {job: self._library.look_up(job, terms, started, thrifty=thrifty) for job in jobs}
        outcomes = {job: outcome for job, outcome in found.items() if outcome}
        missing = [job for job in jobs if job not in outcomes]
        self._tell(Planned(len(jobs), len(missing)))
        if terms.offline:
            outcomes |= {job: self._library.offline(job) for job in missing}
        else:
            retries, narrowings = RetryQuota(backoff.RETRIES_PER_RUN), RetryQuota(freshness.MOST_NARROWINGS)
            outcomes |= self._make_all(
                batching.plan_calls(missing),
                lambda call: CallContext(
                    call, most_urgent(call, requests), terms, started, deadline, retries, narrowings
                ),
            )
        with self._lock:
            self._counts += counters.count_outcomes(outcomes.values(), self.price)
        for request in requests:
            self._tell(RequestFinished(request, outcomes[request.job]))
        self._leave_if_interrupted(requests, outcomes)
        paid = {
            request.job: index for index, request in reversed(list(enumerate(requests)))
        }  # who asks the same again pays nothing
        return [
            outcome if paid[outcome.job] == index else replace(outcome, credits=0)
            for index, outcome in enumerate(outcomes[request.job] for request in requests)
        ]

    def close(self) -> None:
        """Add this run's counts to those of all; losing them would change no answer, so a full disk is no
        error here.
        """
        counts, self._counts = self._counts, CacheCounters()
        with contextlib.suppress(StateError, LockTimeoutError):
            add_counts(self._store, counts)

    def price(self, job: Job) -> int:
        """Credits the job costs at the most."""
        return self._providers[job.api].price(job)

    def missing_key(self) -> MissingKeyError | None:
        """Why The Odds API cannot be asked at all; None where there is a key."""
        try:
            self._providers["odds"].account()
        except MissingKeyError as error:
            return error
        return None

    def rests_until(self, job: Job) -> float | None:
        """When the job's provider is asked again, where it is left alone for now (epoch seconds)."""
        state, now = self._accounts.state(job.api, self._account(job)), self._clock.now()
        breaker = state.breakers.get(job.endpoint)
        rests = [state.not_before, breaker.retry_at if breaker and breaker.state is State.OPEN else 0.0]
        return max(rests) if max(rests) > now else None

    def is_low(self) -> bool:
        """Whether so few credits are left that older boards do."""
        return self._accounts.is_low()

    def usage(self) -> Usage:
        """HTTP requests sent, credits spent, and the account's balance as last told, less what that does not
        show yet.
        """
        try:
            credits = self._accounts.state("odds").credits
        except (StateError, LockTimeoutError):
            return Usage(self._till.calls, self._till.spent, None)  # what was bought is shown all the same
        return Usage(
            self._till.calls,
            self._till.spent,
            None if credits.remaining is None else credits.remaining - credits.unreflected,
        )

    def _leave_if_interrupted(
        self, requests: Sequence[PriorityRequest], outcomes: Mapping[Job, Outcome]
    ) -> None:
        """Store what waits, and raise."""
        interruptions = [
            error for outcome in outcomes.values() if isinstance(error := outcome.error, InterruptedRunError)
        ]
        if interruptions:
            waiting = [request for request in requests if outcomes[request.job].error in interruptions]
            self._till.best_effort(lambda: self._waiting_room.put(waiting))
            raise interruptions[0]

    # ── many calls ──

    def _make_all(
        self, calls: Sequence[MergedCall], pack: Callable[[MergedCall], CallContext]
    ) -> dict[Job, Outcome]:
        """Make the calls, independent ones side by side, the most pressing first; then, apart, what a shared
        call left open.
        """
        trips = sorted((pack(call) for call in calls), key=self._urgency)
        outcomes = self._side_by_side(trips)
        apart = [smaller for trip in trips for smaller in _apart(trip, outcomes)]
        return outcomes | (self._make_all(apart, pack) if apart else {})

    def _side_by_side(self, trips: Sequence[CallContext]) -> dict[Job, Outcome]:
        lanes = _lanes(trips)
        if len(lanes) < 2:
            return {job: outcome for trip in trips for job, outcome in self._run_call(trip).items()}
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=MAX_PARALLEL, thread_name_prefix="oddsctl") as pool:
            made = pool.map(lambda lane: [self._run_call(trip) for trip in lane], lanes)
            return {job: outcome for lane in made for outcomes in lane for job, outcome in outcomes.items()}

    # ── one call ──

    def _run_call(self, trip: CallContext) -> dict[Job, Outcome]:
        """One trip, alone among all processes: the first calls, whoever waited finds its answer or its
        failure.
        """
        result: CacheEntry | Refused | OddsctlError
        try:
            with self._flights.acquire(trip.job, trip.patience(self._clock)) as flight:
                if joined := self._from_other_process(trip, flight):
                    return joined
                result = self._attempt_until_done(trip, flight)
                failure = result if isinstance(result, ProviderError) else None
                self._till.best_effort(lambda: flight.finish(failure))
        except (LockTimeoutError, StateError, InterruptedRunError) as error:
            result = error
        if isinstance(result, ProviderError):
            self._tell(Failed(trip.job, result))
        self._tell(CallFinished(trip.job, len(trip.call.requests)))
        return {want: self._library.conclude(want, trip, result) for want in trip.call.requests}

    def _from_other_process(self, trip: CallContext, flight: InFlightSlot) -> dict[Job, Outcome] | None:
        """The outcomes, where another's call has brought them or has failed meanwhile; None when it is for us
        to call.
        """
        if flight.waited > LOCK_NOISE_SECONDS:
            self._tell(Joined(trip.job, flight.waited))
        found = {
            want: self._library.look_up(want, trip.terms, trip.started, thrifty=False, joining=True)
            for want in trip.call.requests
        }
        if all(found.values()):
            return {want: outcome for want, outcome in found.items() if outcome}
        if failure := flight.leader_failure(self._account(trip.job)):
            trip.log_step("another process asked the same meanwhile, and failed")
            return {want: self._library.conclude(want, trip, failure) for want in trip.call.requests}
        if wreck := flight.orphan():
            trip.log_step("the process that asked before died under way: its call may have been charged")
            self._accounts.mark_orphaned(trip.job.api, wreck.account, wreck.call_id or "")
        return None

    def _attempt_until_done(
        self, trip: CallContext, flight: InFlightSlot
    ) -> CacheEntry | Refused | OddsctlError:
        """Attempts, until one succeeds, is refused, or the next is not worth it."""
        failed: ProviderError | None = None
        for attempt in count(1):
            result = self._attempt(trip, trip.job, flight, retry=attempt > 1)
            if not isinstance(result, ProviderError):
                return failed if failed and isinstance(result, Refused) else result
            failed = result
            wait = self._wait_before_next(trip, failed, attempt)
            if wait is None:
                return failed
            self._tell(Retried(trip.job, failed, wait))
            self._clock.sleep(wait)
        raise AssertionError("count() ended")

    def _attempt(
        self, trip: CallContext, job: Job, flight: InFlightSlot, *, retry: bool = False
    ) -> CacheEntry | Refused | ProviderError:
        """Admit, call, settle, keep. A probe on the way to a recovering endpoint is an attempt of its own."""
        ticket = self._admit(trip, job, flight, retry=retry)
        for _ in range(MOST_PROBES):
            if not isinstance(ticket, ProbeFirst):
                break
            probe = self._attempt(trip, SportsJob(), flight)
            if not isinstance(probe, CacheEntry):
                return probe
            ticket = self._admit(trip, job, flight, retry=retry)
        if isinstance(ticket, ProbeFirst):
            return Refused(Refusal.BUDGET, "the free calls before it reported no balance")
        if not isinstance(ticket, AdmittedCall):
            return ticket
        try:
            response = self._till.call(ticket, trip)
            kept = self._till.settle(ticket, trip, response)
        except ProviderError as failure:
            error = failure
            self._till.best_effort(lambda: self._library.remember(ticket, trip, error))
            return error
        self._till.best_effort(lambda: self._library.keep(kept))
        return kept

    def _admit(
        self, trip: CallContext, job: Job, flight: InFlightSlot, *, retry: bool
    ) -> AdmittedCall | ProbeFirst | Refused | ProviderError:
        """A ticket, once its wait is over. Whatever keeps it from being used gives back what it booked."""
        provider, price = self._providers[job.api], self.price(job)
        try:
            account, request = provider.account(), provider.request(job)
        except MissingKeyError as error:
            return error
        if refused := self._library.refused_key(account, trip.terms):
            return refused
        if not self._till.claim(price, trip.terms):
            return Refused(
                Refusal.MAX_CREDITS, f"costs {price}, --max-credits allows {trip.terms.max_credits}"
            )
        ticket = AdmittedCall(
            uuid4().hex,
            provider,
            account,
            job,
            trip.job.endpoint,
            price,
            trip.most_urgent.purpose,
            retry,
            request,
        )
        try:
            decision = self._accounts.admit(provider.name, account, self._ask(ticket, trip))
            if not isinstance(decision, Go):
                self._till.unclaim(price)
                return decision
            if decision.wait > 0:
                self._tell(Waited(provider.name, decision.wait))
            self._clock.sleep(decision.wait)
            flight.mark_sent(account, ticket.id)
        except BaseException:
            self._till.cancel(ticket)
            raise
        self._till.record_booking(ticket, trip)
        return ticket

    def _account(self, job: Job) -> str | None:
        try:
            return self._providers[job.api].account()
        except MissingKeyError:
            return None

    # ── small change ──

    def _ask(self, ticket: AdmittedCall, trip: CallContext) -> CallRequest:
        purchase = Purchase(ticket.price, ticket.purpose, trip.is_urgent(self._clock.now()), trip.terms.force)
        return CallRequest(ticket.id, ticket.endpoint, purchase, trip.patience(self._clock))

    def _urgency(self, trip: CallContext) -> int:
        request, now = trip.most_urgent, self._clock.now()
        live = effective_priority(request.priority, request.game_time, trip.started, now, LIVE_STEP)
        if request.asked_at is None:
            return live.priority
        return min(
            live.priority,
            effective_priority(request.priority, request.game_time, request.asked_at, now).priority,
        )

    def _wait_before_next(self, trip: CallContext, error: ProviderError, attempt: int) -> float | None:
        """Seconds until the next attempt; None when there is to be none. Who is pressed waits less."""
        hurry = {0: 0.5, 1: 0.75}.get(self._urgency(trip), 1.0)
        again = backoff.after(
            error,
            attempt,
            self._settings.retry,
            roll=self._roll() * hurry,
            now=self._clock.now(),
            patience=trip.patience(self._clock),
        )
        if isinstance(again, backoff.GiveUp):
            trip.log_step(f"attempt {attempt} failed ({error.code}); no other: {again.why}")
            return None
        if trip.possible_charges > 1 or not trip.retries.take():
            trip.log_step(
                f"attempt {attempt} failed ({error.code}); no other: it may have been charged twice, or "
                "the run has no retries left"
            )
            return None
        trip.log_step(f"attempt {attempt} failed ({error.code}); again after {again.wait:.1f} s")
        return again.wait


def _lanes(trips: Sequence[CallContext]) -> list[list[CallContext]]:
    """Trips that may go side by side. Open-Meteo allows one at a time per address (FACTS 3.3).

    So do those of one sport at The Odds API: where the first is refused for the sport, the others need not
    ask.
    """
    lanes: dict[object, list[CallContext]] = {}
    for trip in trips:
        name = (
            trip.job.sport
            if isinstance(trip.job, OddsJob)
            else "weather"
            if trip.job.api == "weather"
            else trip.job
        )
        lanes.setdefault((trip.job.api, name), []).append(trip)
    return list(lanes.values())


def _apart(trip: CallContext, outcomes: Mapping[Job, Outcome]) -> Sequence[MergedCall]:
    """Smaller calls for what a shared one left open: what it did not hold after all, and what may be good of
    one that was refused.
    """
    wants = trip.call.requests
    if len(wants) == 1:
        return ()
    if isinstance(error := outcomes[wants[0]].error, RejectedError):
        return [call for call in freshness.narrowed(trip.job, wants, error.about) if trip.narrowings.take()]
    return [
        MergedCall(want, (want,))
        for want in wants
        if outcomes[want].reason is Reason.FETCHED and outcomes[want].answer is None
    ]
