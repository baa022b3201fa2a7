"""What a run would do now: stored answers, requests, prices and decisions, with nothing sent, booked or
counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from oddsctl.domain.answers import Answer
from oddsctl.domain.errors import MissingKeyError
from oddsctl.domain.ports import Clock, Provider
from oddsctl.domain.requests import (
    DryRunEntry,
    Go,
    Outcome,
    PriorityRequest,
    ProbeFirst,
    Refused,
    RequestOptions,
)
from oddsctl.orchestration.call import CallContext, RetryQuota, most_urgent
from oddsctl.orchestration.library import Library
from oddsctl.policy import batching
from oddsctl.policy.admission import CallRequest
from oddsctl.policy.budget import Purchase
from oddsctl.state.accounts import Accounts


class DryRun:
    """Looks up and asks for decisions as the orchestrator does, and leaves no trace."""

    def __init__(
        self, library: Library, accounts: Accounts, providers: Mapping[str, Provider], clock: Clock
    ) -> None:
        self._library = library
        self._accounts = accounts
        self._providers = providers
        self._clock = clock

    def stored(self, requests: Sequence[PriorityRequest]) -> list[Outcome]:
        """The newest stored answer to each wish, whatever its age."""
        return [self._library.offline(request.job, quietly=True) for request in requests]

    def answers(self, shelf: str) -> Iterator[Answer]:
        """All that is stored on a shelf, of any age."""
        return self._library.answers(shelf)

    def preview(self, requests: Sequence[PriorityRequest], terms: RequestOptions) -> list[DryRunEntry]:
        """What would come of each wish: a stored answer, or a call, most wishes sharing one."""
        started, deadline = self._clock.now(), self._clock.monotonic() + terms.wait
        thrifty = not terms.fresh and self._accounts.is_low()
        jobs = dict.fromkeys(request.job for request in requests)
        found = {job: self._library.look_up(job, terms, started, thrifty=thrifty) for job in jobs}
        previews = [
            DryRunEntry(job, 0, f"{outcome.reason}: no request is sent")
            for job, outcome in found.items()
            if outcome
        ]
        planned = 0
        for call in batching.plan_calls([job for job, outcome in found.items() if outcome is None]):
            preview = self._call(
                CallContext(
                    call, most_urgent(call, requests), terms, started, deadline, RetryQuota(0), RetryQuota(0)
                ),
                planned,
            )
            planned += preview.price if preview.is_sent else 0
            previews.append(preview)
        return previews

    def _call(self, trip: CallContext, planned: int) -> DryRunEntry:
        provider = self._providers[trip.job.api]
        price = provider.price(trip.job)
        if trip.terms.offline:
            return DryRunEntry(trip.job, price, "not sent: offline")
        try:
            account, request = provider.account(), provider.request(trip.job)
        except MissingKeyError as error:
            return DryRunEntry(trip.job, 0, f"not sent: {error.message}")
        most = trip.terms.max_credits
        if price and most is not None and planned + price > most:
            return DryRunEntry(trip.job, price, f"refused: MAX_CREDITS (--max-credits {most})", request)
        purchase = Purchase(
            price, trip.most_urgent.purpose, trip.is_urgent(self._clock.now()), trip.terms.force
        )
        match self._accounts.preview(
            provider.name, account, CallRequest("", trip.job.endpoint, purchase, trip.terms.wait)
        ):
            case Refused(why, detail):
                return DryRunEntry(trip.job, price, f"refused: {why} ({detail})", request)
            case Go(wait) if wait > 0:
                return DryRunEntry(trip.job, price, f"send after {wait:.1f} s", request, is_sent=True)
            case ProbeFirst():
                return DryRunEntry(trip.job, price, "send, after a free probe", request, is_sent=True)
            case _:
                return DryRunEntry(trip.job, price, "send", request, is_sent=True)
