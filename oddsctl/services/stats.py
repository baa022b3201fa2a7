"""The numbers behind `stats`: buckets, credits, calls and cache of all processes. What is not known yet is
None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from oddsctl.domain.settings import Settings
from oddsctl.domain.units import DAY
from oddsctl.policy import billing_month, call_stats, token_bucket
from oddsctl.policy.admission import ProviderState
from oddsctl.policy.budget import Credits
from oddsctl.policy.call_stats import CallStats
from oddsctl.records.call_report import CallReport, CallTotals
from oddsctl.services.cache_admin import bytes_below
from oddsctl.state.accounts import APIS, rules_for
from oddsctl.state.counters import CacheCounters
from oddsctl.state.responses import ROOT
from oddsctl.state.shared import SharedState


@dataclass(frozen=True, slots=True)
class AccountStats:
    """The credits of the account at The Odds API; times are epoch seconds, `spend_per_day` is ours."""

    used: int | None
    remaining: int | None
    limit: int | None
    reserved: int
    maybe_charged: int
    foreign: int
    reset_at: float
    reset_inferred: bool
    spend_per_day: float | None
    projected_remaining_at_reset: float | None
    even_per_day: float


@dataclass(frozen=True, slots=True)
class BucketStats:
    """The rate limit of an API; the rate may be adapted, then it is not the configured one."""

    tokens: float
    capacity: float
    rate_per_second: float
    configured_rate_per_second: float


@dataclass(frozen=True, slots=True)
class CallNumbers:
    """The calls to an API."""

    calls: int
    errors: int
    retries: int | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None


@dataclass(frozen=True, slots=True)
class ApiStats:
    """An API's rate limit and calls, and the account where it has credits."""

    bucket: BucketStats
    calls: CallNumbers
    credits: AccountStats | None = None


@dataclass(frozen=True, slots=True)
class CacheStats:
    """How often stored answers served, and how many there are."""

    hits: int
    misses: int
    stale: int
    joined: int
    bytes: int
    entries: int


@dataclass(frozen=True, slots=True)
class PrefetchStats:
    """Since when (epoch seconds) credits reach the nearest windows only, and how windows ended."""

    emergency_since: float | None
    windows: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class DaySpend:
    """What our own calls cost on a UTC day, such as 2026-11-26."""

    day: str
    credits: int
    maybe_charged: int


@dataclass(frozen=True, slots=True)
class Stats:
    """All numbers of `stats`.

    `since` (epoch seconds) is None where calls count from the beginning, `groups` where none were asked for.
    """

    apis: Mapping[str, ApiStats]
    cache: CacheStats
    saved_calls: int
    saved_credits: int
    prefetch: PrefetchStats
    days: tuple[DaySpend, ...]
    since: float | None = None
    groups: Mapping[str | None, CallTotals] | None = None


def collect(
    state: SharedState,
    ledger: CallReport,
    *,
    since: float | None = None,
    by: str | None = None,
    zone: tzinfo = UTC,
) -> Stats:
    """The numbers as they are now.

    With `since` (epoch seconds) calls, errors and latency are those of the calls on record since then, of all
    accounts; whether one was a retry is not on record. `by` adds what each group of them cost, days being
    those of `zone`. All else counts from the beginning.
    """
    settings, now = state.settings, state.clock.now()
    counts = state.counters.read()
    states = {api: state.accounts.state(api) for api in APIS}
    tallies = (
        {api: account.tally for api, account in states.items()} if since is None else ledger.tallies(since)
    )
    account = _account(states["odds"].credits, settings, now)
    apis = {
        api: ApiStats(
            _bucket(api, states[api], settings, now),
            _calls(tallies.get(api, CallStats()), retries=since is None),
            account if api == "odds" else None,
        )
        for api in APIS
    }
    return Stats(
        apis=apis,
        cache=_cache(counts, state),
        saved_calls=counts.saved_calls,
        saved_credits=counts.saved_credits,
        prefetch=_prefetch(state, ledger),
        days=_days(states["odds"].credits, settings.odds.reset_day, now, ledger),
        since=since,
        groups=None if by is None else _groups(ledger, by, since or 0.0, zone),
    )


def _groups(ledger: CallReport, by: str, since: float, zone: tzinfo) -> dict[str | None, CallTotals]:
    return {group: total for (group,), total in ledger.totals((by,), since, zone).items()}


def _bucket(api: str, state: ProviderState, settings: Settings, now: float) -> BucketStats:
    configured = rules_for(api, settings).limit
    limit = token_bucket.allowed(state.pace, configured)
    bucket = token_bucket.at(state.bucket, limit, now)
    return BucketStats(
        tokens=round(bucket.tokens, 3),
        capacity=configured.capacity,
        rate_per_second=limit.rate,
        configured_rate_per_second=configured.rate,
    )


def _calls(counted: CallStats, *, retries: bool) -> CallNumbers:
    return CallNumbers(
        calls=counted.calls,
        errors=counted.errors,
        retries=counted.retries if retries else None,
        latency_p50_ms=call_stats.percentile_ms(counted, 0.5),
        latency_p95_ms=call_stats.percentile_ms(counted, 0.95),
    )


def _account(credits: Credits, settings: Settings, now: float) -> AccountStats:
    month = billing_month.month(credits, settings.odds.reset_day, now)
    is_of_this_month = credits.used is not None and credits.asked_at >= month.began_at
    a_day = billing_month.spend_per_day(credits.used or 0, month.began_at, now) if is_of_this_month else None
    left_at_reset = None
    if a_day is not None and credits.remaining is not None:
        left_at_reset = round(credits.remaining - a_day * (month.reset_at - now) / DAY, 1)
    return AccountStats(
        used=credits.used,
        remaining=credits.remaining,
        limit=None if credits.used is None or credits.remaining is None else credits.used + credits.remaining,
        reserved=credits.reserved_credits,
        maybe_charged=credits.maybe_charged,
        foreign=credits.foreign,
        reset_at=month.reset_at,
        reset_inferred=month.inferred,
        spend_per_day=None if a_day is None else round(a_day, 2),
        projected_remaining_at_reset=left_at_reset,
        even_per_day=round(
            credits.limit(settings.odds.monthly_credits) * DAY / (month.reset_at - month.began_at), 2
        ),
    )


def _prefetch(state: SharedState, ledger: CallReport) -> PrefetchStats:
    """Since when the credits are too short for all but the nearest windows, and how windows ended."""
    since, windows = state.prefetch_notes.read().emergency_since, dict[str, dict[str, int]]()
    for (window, fate), count in ledger.windows().items():
        windows.setdefault(window, dict.fromkeys(("captured", "no_prices", "skipped", "missed"), 0))[fate] = (
            count
        )
    return PrefetchStats(since, windows)


def _days(credits: Credits, reset_day: int, now: float, ledger: CallReport) -> tuple[DaySpend, ...]:
    """What our own calls cost on each UTC day of the account's month up to today; nothing where the history
    cannot be read.
    """
    began_at = billing_month.month(credits, reset_day, now).began_at
    totals = ledger.totals(("day",), began_at)
    if not ledger.is_readable:
        return ()
    count = int(max(0.0, now - began_at) / DAY) + 1
    days = [
        datetime.fromtimestamp(began_at + number * DAY, UTC).date().isoformat() for number in range(count)
    ]
    costs = [totals.get((day,), CallTotals()) for day in days]
    return tuple(
        DaySpend(day, cost.credits, cost.maybe_charged) for day, cost in zip(days, costs, strict=True)
    )


def _cache(counts: CacheCounters, state: SharedState) -> CacheStats:
    return CacheStats(
        hits=counts.hits,
        misses=counts.misses,
        stale=counts.stale,
        joined=counts.joined,
        bytes=bytes_below(state.directory),
        entries=sum(1 for _ in state.store.scan(ROOT)),
    )
