"""What Prometheus is told, as plain values gathered from the shared state.

Asks nobody; names and text are the renderer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oddsctl.domain.ports import Clock, Store
from oddsctl.domain.settings import Settings
from oddsctl.policy import token_bucket
from oddsctl.policy.admission import ProviderState
from oddsctl.policy.call_stats import CallStats
from oddsctl.policy.circuit_breaker import State
from oddsctl.records.call_report import CallReport
from oddsctl.state.accounts import APIS, Accounts, rules_for
from oddsctl.state.counters import read_counts
from oddsctl.state.responses import ResponseCache


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
    store: Store,
    clock: Clock,
    settings: Settings,
    ledger: CallReport,
    health: Mapping[str, str],
) -> Metrics:
    """The metrics now; `health` is a word for each API."""
    accounts, now = Accounts(store, clock, settings), clock.now()
    states = {api: accounts.state(api) for api in APIS}
    credits, hits = states["odds"].credits, read_counts(store).hits_by_api
    return Metrics(
        credits_used=credits.used,
        credits_remaining=credits.remaining,
        credits_reserved=credits.reserved_credits,
        credits_maybe_charged=credits.maybe_charged,
        tokens={api: _tokens(api, state, settings, now) for api, state in states.items()},
        calls=ledger.outcomes(),
        hits={api: hits.get(api, 0) for api in APIS},
        latency={api: state.tally for api, state in states.items()},
        breaker_open={api: _is_open(state, now) for api, state in states.items()},
        health=health,
        oldest=_oldest(store, ledger, now),
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


def _oldest(store: Store, ledger: CallReport, now: float) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for job, fetched_at in ResponseCache(store).jobs():
        sport = ledger.sport(getattr(job, "sport", None) or getattr(job, "league", None)) or ""
        found[job.api, sport] = max(found.get((job.api, sport), 0.0), now - fetched_at)
    return found
