"""Sends calls that were admitted, and settles what they cost by what came back.

Whether a call is made is decided before: see `attempts`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from oddsctl.domain.answers import Events, Schedule
from oddsctl.domain.errors import AttemptKind, LockTimeoutError, StateError
from oddsctl.domain.http import DEMO_HEADER, HttpResponse, Quota
from oddsctl.domain.models import Listed
from oddsctl.domain.notices import (
    BoardReceived,
    Booked,
    ClockCompared,
    Notice,
    Settled,
    Warned,
)
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.ports import Transport
from oddsctl.domain.provider_errors import OutOfCreditsError, ProviderError, TransportError
from oddsctl.observability import redaction
from oddsctl.orchestration.call import AdmittedCall, CallContext
from oddsctl.orchestration.spend_limit import SpendLimit
from oddsctl.policy.admission import HealthSignal, Receipt
from oddsctl.state.responses import CacheEntry
from oddsctl.state.shared import SharedState

GAVE_UP_WAITING = (408, 499)
"""Refusals that are none: the server, or a gateway before it, stopped waiting, and the call may have been
charged all the same.
"""


class CallExecutor:
    """Sends admitted calls and settles them, whatever comes back. Usable from threads.

    `calls` counts the HTTP requests of this process; `limit` knows what they cost.
    """

    def __init__(self, state: SharedState, transport: Transport, tell: Callable[[Notice], None]) -> None:
        self._accounts = state.accounts
        self._transport = transport
        self._clock = state.clock
        self._tell = tell
        self._lock = threading.Lock()
        self.limit = SpendLimit()
        self.calls = 0

    def record_booking(self, admitted: AdmittedCall, context: CallContext) -> None:
        """The call is about to be sent."""
        if admitted.price:
            context.log_step(f"{admitted.price} credits reserved for {admitted.job.key}")
        self._tell(
            Booked(admitted.id, admitted.job, admitted.price, admitted.purpose, context.options.command)
        )

    def cancel(self, admitted: AdmittedCall) -> None:
        """The call is not made after all."""
        self.limit.release(admitted.price)
        self.best_effort(
            lambda: self._accounts.release(
                admitted.provider.name, admitted.account, admitted.endpoint, admitted.id
            )
        )

    def best_effort(self, work: Callable[[], None]) -> None:
        """Do what must not cost an answer that is in hand and paid: when the state cannot be written, a
        warning is all.
        """
        try:
            work()
        except (StateError, LockTimeoutError) as error:
            self._tell(Warned(f"state could not be written: {error.message}"))

    def call(self, admitted: AdmittedCall, context: CallContext) -> HttpResponse:
        """Send the request. When no whole answer comes, the books are settled before the error is raised."""
        sent_at, began = self._clock.now(), self._clock.monotonic()
        try:
            response = self._transport.send(admitted.request)
        except BaseException as error:
            receipt = _receipt_of_failure(admitted, error, sent_at, self._clock.now())
            if isinstance(error, TransportError):
                error.charged = receipt.spent or 0
            outcome, said = (
                (error.code, error.message) if isinstance(error, TransportError) else ("BUG", None)
            )
            self._settle(admitted, context, receipt, None, self._clock.monotonic() - began, outcome, said)
            raise
        if "date" in response.headers:
            self._compare_clocks(admitted.job.api, response)
        return response

    def settle(self, admitted: AdmittedCall, context: CallContext, response: HttpResponse) -> CacheEntry:
        """Settle the books by what came back, and read the answer.

        Raises the `ProviderError` that the answer is.
        """
        seconds = max(0.0, response.received_at - response.sent_at)
        receipt = _receipt(admitted, response, seconds)
        try:
            answer = admitted.provider.parse(admitted.job, response)
        except ProviderError as error:
            error.message = redaction.redact_values(
                error.message
            )  # providers echo keys, and their words go to people, files and channels
            error.charged = receipt.spent or 0
            context.possible_charges += bool(
                error.charged
            )  # paid for nothing: to be tried again once at the most
            receipt = replace(
                receipt,
                failed=True,
                verdict=_verdict(error),
                rest_until=error.retry_at,
                exhausted_at_price=admitted.price if isinstance(error, OutOfCreditsError) else None,
            )
            self._settle(admitted, context, receipt, response.status, seconds, error.code, error.message)
            raise
        except BaseException:
            self._settle(admitted, context, replace(receipt, failed=True), response.status, seconds, "BUG")
            raise
        if isinstance(admitted.job, OddsJob) and admitted.job.event is None and isinstance(answer, Events):
            self._tell(BoardReceived(admitted.id, tuple(Listed.of(event) for event in answer.events)))
        doubt = answer.doubt if isinstance(answer, Schedule) else None
        self._settle(admitted, context, receipt, response.status, seconds, "FETCHED", doubt)
        if answer.left_out:
            context.log_step(str(answer.left_out))
        demo = DEMO_HEADER in response.headers
        return CacheEntry(
            admitted.job,
            response.sent_at,
            response.received_at,
            receipt.spent or 0,
            admitted.purpose,
            answer,
            demo,
        )

    def _compare_clocks(self, api: str, response: HttpResponse) -> None:
        from oddsctl.domain import http

        ahead = http.clock_skew(response.headers, response.sent_at, response.received_at)
        if ahead is not None:
            self._tell(ClockCompared(api, ahead))

    def _settle(
        self,
        admitted: AdmittedCall,
        context: CallContext,
        receipt: Receipt,
        status: int | None,
        seconds: float,
        outcome: str,
        said: str | None = None,
    ) -> None:
        with self._lock:
            self.calls += 1
            context.spent += receipt.spent or 0
        self.limit.settle(admitted.price, receipt.spent)
        if receipt.spent is None and admitted.price:
            context.possible_charges += 1
        cost = (
            "perhaps charged" if receipt.spent is None and admitted.price else f"charged {receipt.spent or 0}"
        )
        context.log_step(f"sent, {status or 'no answer'} after {seconds * 1000:.0f} ms, {cost}")
        self._tell(Settled(admitted.id, admitted.job, status, receipt.spent, seconds, outcome, said))
        # where the books cannot be written the reservation stands, and counts as maybe charged when it
        # expires
        self.best_effort(lambda: self._accounts.settle(admitted.provider.name, admitted.account, receipt))


def _receipt(admitted: AdmittedCall, response: HttpResponse, seconds: float) -> Receipt:
    quota = admitted.provider.quota(response)
    return Receipt(
        admitted.id,
        admitted.endpoint,
        response.sent_at,
        response.received_at,
        _charged(quota, response.status, admitted.price),
        quota=quota,
        retry=admitted.retry,
        seconds=seconds,
    )


def _receipt_of_failure(
    admitted: AdmittedCall, error: BaseException, sent_at: float, told_at: float
) -> Receipt:
    """What is known of a call without a whole answer: what it cost, where the headers came and say so."""
    spent: int | None = None
    quota = Quota()
    if isinstance(error, TransportError) and not error.maybe_sent:
        spent = 0
    elif isinstance(error, TransportError) and error.head and error.head[0] == 200:
        quota = admitted.provider.quota(HttpResponse(*error.head, b"", sent_at, told_at))
        spent = None if quota.last is None else max(0, quota.last)
    return Receipt(
        admitted.id,
        admitted.endpoint,
        sent_at,
        told_at,
        spent,
        HealthSignal.FAILED,
        quota,
        failed=True,
        retry=admitted.retry,
    )


def _charged(quota: Quota, status: int, price: int) -> int | None:
    """Return what the answer was charged: as reported, else the price, 0 for a refusal; None if unknown.

    A server that failed (any 5xx), and an answer that is neither what was asked for nor a refusal, may have
    charged first (FACTS 1.4).
    """
    if quota.last is not None:
        return max(0, quota.last)
    if status == 200 or not price:
        return price
    return 0 if 400 <= status < 500 and status not in GAVE_UP_WAITING else None


def _verdict(error: ProviderError) -> HealthSignal:
    if error.health is AttemptKind.TOO_FAST:
        return HealthSignal.TOO_FAST
    return HealthSignal.FAILED if error.trips_breaker else HealthSignal.ANSWERED
