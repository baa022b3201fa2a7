"""Batching: the fewest calls for many requests, made side by side where nothing speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from oddsctl.domain.jobs import Job
from oddsctl.domain.ports import Clock
from oddsctl.domain.provider_errors import RejectedError
from oddsctl.domain.requests import Outcome, Reason
from oddsctl.orchestration.call import CallContext
from oddsctl.policy import batching, freshness
from oddsctl.policy.batching import MergedCall

MAX_PARALLEL = 4
"""Calls side by side at the most."""


class RequestBatcher:
    """Serves many requests by the fewest calls.

    `merge` finds the calls: equal requests share one, covered ones take the larger one, mergeable ones go
    together where that costs no more. `run` makes them, the most urgent first, independent ones in parallel.
    When a merged call is refused, or its answer lacks a request, `run` makes smaller calls for what is left.

        batcher = RequestBatcher(clock)
        calls = [run.call(merged) for merged in batcher.merge(jobs)]
        outcomes = batcher.run(calls, send)  # one outcome for each job

    It holds no state and may be used from several threads.
    """

    def __init__(self, clock: Clock, max_parallel: int = MAX_PARALLEL) -> None:
        self._clock = clock
        self._max_parallel = max_parallel

    def merge(self, jobs: Sequence[Job]) -> tuple[MergedCall, ...]:
        """Return the fewest calls that answer all jobs, each job by exactly one of them."""
        return batching.plan_calls(jobs)

    def run(
        self, calls: Sequence[CallContext], send: Callable[[CallContext], dict[Job, Outcome]]
    ) -> dict[Job, Outcome]:
        """Make the calls and return the outcome of each job they serve.

        `send` makes one call. It is called from several threads, and must return failures as outcomes.
        """
        outcomes: dict[Job, Outcome] = {}
        while calls:
            now = self._clock.now()
            ordered = sorted(calls, key=lambda context: context.urgency(now))
            made = self._in_parallel(ordered, send)
            outcomes |= made
            calls = [context.run.call(left) for context in ordered for left in _left_open(context, made)]
        return outcomes

    def _in_parallel(
        self, calls: Sequence[CallContext], send: Callable[[CallContext], dict[Job, Outcome]]
    ) -> dict[Job, Outcome]:
        lanes = _lanes(calls)
        if len(lanes) < 2:
            return {job: outcome for context in calls for job, outcome in send(context).items()}
        # a warm run makes no call, and need not load this
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=self._max_parallel, thread_name_prefix="oddsctl") as pool:
            made = pool.map(lambda lane: [send(context) for context in lane], lanes)
            return {job: outcome for lane in made for outcomes in lane for job, outcome in outcomes.items()}


def _lanes(calls: Sequence[CallContext]) -> list[list[CallContext]]:
    """Group the calls that must follow one another; the groups may go side by side."""
    lanes: dict[str, list[CallContext]] = {}
    for context in calls:
        lanes.setdefault(context.job.lane, []).append(context)
    return list(lanes.values())


def _left_open(context: CallContext, outcomes: Mapping[Job, Outcome]) -> Sequence[MergedCall]:
    """Return smaller calls for what a merged one left open.

    That is what its answer did not hold after all, and after a refusal what may still be good.
    """
    jobs = context.call.requests
    if len(jobs) == 1:
        return ()
    if isinstance(error := outcomes[jobs[0]].error, RejectedError):
        smaller = freshness.narrowed(context.job, jobs, error.about)
        return [call for call in smaller if context.run.narrowings.take()]
    return [
        MergedCall(job, (job,))
        for job in jobs
        if outcomes[job].reason is Reason.FETCHED and outcomes[job].answer is None
    ]
