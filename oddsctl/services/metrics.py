"""What Prometheus gets, as plain values gathered from the shared state.

Sends no request; names and text are the renderer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oddsctl.domain.settings import Settings
from oddsctl.policy import token_bucket
from oddsctl.policy.admission import ProviderState
from oddsctl.policy.call_stats import CallStats
from oddsctl.policy.circuit_breaker import State
from oddsctl.records.call_report import CallReport
from oddsctl.state.accounts import APIS, rules_for
from oddsctl.state.shared import SharedState


@dataclass(frozen=True, slots=True)
class Metrics:
    """The numbers of all processes as they stand now; None is not known.

    `health` names each API's state in a word (healthy, degraded, unhealthy, unknown), `windows` counts the
    windows of games by (window, outcome). `oldest` holds, by API and sport, how many seconds ago the oldest
    stored answer came.
    """

    credits_used: int | None
    credits_remaining: int | None
    credits_reserved: int
    credits_maybe_charged: int
    tokens: Mapping[str, float]
    calls: Mapping[tuple[str, str], int]
    hits: Mapping[str, int]
    latency: Mapping[str, CallStats]
    breaker_open: Mapping[str, bool]
    health: Mapping[str, str]
    oldest: Mapping[tuple[str, str], float]
    windows: Mapping[tuple[str, str], int]


def gather(
    state: SharedState,
    ledger: CallReport,
    health: Mapping[str, str],
) -> Metrics:
    """The metrics now; `health` is a word for each API."""
    settings, now = state.settings, state.clock.now()
    states = {api: state.accounts.state(api) for api in APIS}
    credits, hits = states["odds"].credits, state.counters.read().hits_by_api
    return Metrics(
        credits_used=credits.used,
        credits_remaining=credits.remaining,
        credits_reserved=credits.reserved_credits,
        credits_maybe_charged=credits.maybe_charged,
        tokens={api: _tokens(api, account, settings, now) for api, account in states.items()},
        calls=ledger.outcomes(),
        hits={api: hits.get(api, 0) for api in APIS},
        latency={api: account.tally for api, account in states.items()},
        breaker_open={api: _is_open(account, now) for api, account in states.items()},
        health=health,
        oldest=_oldest(state, ledger, now),
        windows=ledger.windows(),
    )


def _is_open(state: ProviderState, now: float) -> bool:
    """Whether any kind of request is not let through now."""
    return any(
        breaker.state is State.OPEN and breaker.since <= now < breaker.retry_at
        for breaker in state.breakers.values()
    )


def _tokens(api: str, state: ProviderState, settings: Settings, now: float) -> float:
    limit = token_bucket.allowed(state.pace, rules_for(api, settings).limit)
    return token_bucket.at(state.bucket, limit, now).tokens


def _oldest(state: SharedState, ledger: CallReport, now: float) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for job, fetched_at in state.responses.jobs():
        sport = ledger.sport(job.league) or ""
        found[job.api, sport] = max(found.get((job.api, sport), 0.0), now - fetched_at)
    return found
