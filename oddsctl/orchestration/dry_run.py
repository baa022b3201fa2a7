"""What a run would do now: the same look-up and the same calls, but nothing is sent, reserved or counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from oddsctl.domain.answers import Answer
from oddsctl.domain.jobs import Job
from oddsctl.domain.ports import Provider
from oddsctl.domain.provider_errors import MissingKeyError
from oddsctl.domain.requests import (
    DryRunEntry,
    Go,
    Outcome,
    PriorityRequest,
    ProbeFirst,
    Refused,
    RequestOptions,
)
from oddsctl.orchestration.call import CallContext
from oddsctl.orchestration.spend_limit import SpendLimit
from oddsctl.policy.admission import CallRequest
from oddsctl.state.shared import SharedState

Plan = Callable[
    [Sequence[PriorityRequest], RequestOptions], tuple[dict[Job, Outcome], tuple[CallContext, ...]]
]


class DryRun:
    """Previews a run, and reads what is cached. Leaves no trace. `plan` is that of the orchestrator."""

    def __init__(self, plan: Plan, state: SharedState, providers: Mapping[str, Provider]) -> None:
        self._plan = plan
        self._state = state
        self._providers = providers

    def stored(self, requests: Sequence[PriorityRequest]) -> list[Outcome]:
        """Return the newest cached answer to each request, whatever its age."""
        return [self._state.responses.offline(request.job) for request in requests]

    def answers(self, prefix: str) -> Iterator[Answer]:
        """Yield all cached answers whose key begins so, of any age."""
        return self._state.responses.answers(prefix)

    def preview(self, requests: Sequence[PriorityRequest], options: RequestOptions) -> list[DryRunEntry]:
        """Return what would become of the requests: an entry per cached answer, and one per call."""
        outcomes, calls = self._plan(requests, options)
        entries = [
            DryRunEntry(job, 0, f"{outcome.reason}: no request is sent") for job, outcome in outcomes.items()
        ]
        limit = SpendLimit()
        for context in calls:
            entry = self._preview_call(context, limit)
            if entry.is_sent:
                limit.reserve(entry.price, options.max_credits)
            entries.append(entry)
        return entries

    def _preview_call(self, context: CallContext, limit: SpendLimit) -> DryRunEntry:
        job, options, provider = context.job, context.options, self._providers[context.job.api]
        price = provider.price(job)
        if options.offline:
            return DryRunEntry(job, price, "not sent: offline")
        try:
            account, request = provider.account(), provider.request(job)
        except MissingKeyError as error:
            return DryRunEntry(job, 0, f"not sent: {error.message}")
        if not limit.allows(price, options.max_credits):
            why = f"refused: MAX_CREDITS (--max-credits {options.max_credits})"
            return DryRunEntry(job, price, why, request)
        purchase = context.purchase(price, self._state.clock.now())
        match self._state.accounts.preview(
            provider.name, account, CallRequest("", job.endpoint, purchase, options.wait)
        ):
            case Refused(why, detail):
                return DryRunEntry(job, price, f"refused: {why} ({detail})", request)
            case Go(wait) if wait > 0:
                return DryRunEntry(job, price, f"send after {wait:.1f} s", request, is_sent=True)
            case ProbeFirst():
                return DryRunEntry(job, price, "send, after a free probe", request, is_sent=True)
            case _:
                return DryRunEntry(job, price, "send", request, is_sent=True)
