"""Plan the fewest calls for many requests; which jobs merge, the job classes say. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oddsctl.domain.jobs import Job


@dataclass(frozen=True, slots=True)
class MergedCall:
    """One call to make, and the requests that its answer serves."""

    job: Job
    requests: tuple[Job, ...]


def plan_calls(wants: Sequence[Job]) -> tuple[MergedCall, ...]:
    """Plan the calls that serve all requests, each by one call.

    Equal requests share a call, a larger one serves those it covers, and mergeable ones are merged.
    """
    calls: list[MergedCall] = []
    for want in dict.fromkeys(wants):
        for index, call in enumerate(calls):
            if (merged := call.job.merge(want)) is not None:
                calls[index] = MergedCall(merged, (*call.requests, want))
                break
        else:
            calls.append(MergedCall(want, (want,)))
    return tuple(calls)
