"""The numbers behind `stats`: buckets, credits, calls and cache of all processes, as the `oddsctl.stats/1`
document.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from typing import Any

from oddsctl.domain.settings import Settings
from oddsctl.domain.units import DAY, iso
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


def document(
    state: SharedState,
    ledger: CallReport,
    *,
    since: float | None = None,
    by: str | None = None,
    zone: tzinfo = UTC,
) -> dict[str, Any]:
    """`oddsctl.stats/1`, as PRODUCT names its fields. What is not known yet is None, never 0.

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
    found: dict[str, Any] = {
        "schema": "oddsctl.stats/1",
        "apis": {api: _limits(api, states[api], settings, now) for api in APIS},
        "cache": _cache(counts, state),
        "saved": {"calls": counts.saved_calls, "credits": counts.saved_credits},
        "prefetch": _prefetch(state, ledger),
        "days": _days(states["odds"].credits, settings.odds.reset_day, now, ledger),
    }
    found["apis"]["odds"]["credits"] = _credits(states["odds"].credits, settings, now)
    for api in APIS:
        found["apis"][api] |= _calls(tallies.get(api, CallStats()), retries=since is None)
    if since is not None:
        found["since"] = iso(since)
    if by is not None:
        totals = ledger.totals((by,), since or 0.0, zone)
        found["by"] = [{"group": group, **asdict(total)} for (group,), total in totals.items()]
    return found


def _limits(api: str, state: ProviderState, settings: Settings, now: float) -> dict[str, Any]:
    configured = rules_for(api, settings).limit
    limit = token_bucket.allowed(state.pace, configured)
    bucket = token_bucket.at(state.bucket, limit, now)
    return {
        "tokens": round(bucket.tokens, 3),
        "capacity": configured.capacity,
        "rate_per_second": limit.rate,
        "configured_rate_per_second": configured.rate,
    }


def _calls(counted: CallStats, *, retries: bool) -> dict[str, Any]:
    return {
        "calls": counted.calls,
        "errors": counted.errors,
        "retries": counted.retries if retries else None,
        "latency_p50_ms": call_stats.percentile_ms(counted, 0.5),
        "latency_p95_ms": call_stats.percentile_ms(counted, 0.95),
    }


def _credits(credits: Credits, settings: Settings, now: float) -> dict[str, Any]:
    month = billing_month.month(credits, settings.odds.reset_day, now)
    is_of_this_month = credits.used is not None and credits.asked_at >= month.began_at
    a_day = billing_month.spend_per_day(credits.used or 0, month.began_at, now) if is_of_this_month else None
    left_at_reset = None
    if a_day is not None and credits.remaining is not None:
        left_at_reset = round(credits.remaining - a_day * (month.reset_at - now) / DAY, 1)
    return {
        "used": credits.used,
        "remaining": credits.remaining,
        "limit": None
        if credits.used is None or credits.remaining is None
        else credits.used + credits.remaining,
        "reserved": credits.reserved_credits,
        "maybe_charged": credits.maybe_charged,
        "foreign": credits.foreign,
        "reset_at": iso(month.reset_at),
        "reset_inferred": month.inferred,
        "spend_per_day": None if a_day is None else round(a_day, 2),
        "projected_remaining_at_reset": left_at_reset,
        "even_per_day": round(
            credits.limit(settings.odds.monthly_credits) * DAY / (month.reset_at - month.began_at), 2
        ),
    }


def _prefetch(state: SharedState, ledger: CallReport) -> dict[str, Any]:
    """Since when the credits are too short for all but the nearest windows, and how windows ended."""
    since, windows = state.prefetch_notes.read().emergency_since, dict[str, dict[str, int]]()
    for (window, fate), count in ledger.windows().items():
        windows.setdefault(window, dict.fromkeys(("captured", "no_prices", "skipped", "missed"), 0))[fate] = (
            count
        )
    return {"emergency_since": None if since is None else iso(since), "windows": windows}


def _days(credits: Credits, reset_day: int, now: float, ledger: CallReport) -> list[dict[str, Any]]:
    """What our own calls cost on each UTC day of the account's month up to today; nothing where the history
    cannot be read.
    """
    began_at = billing_month.month(credits, reset_day, now).began_at
    totals = ledger.totals(("day",), began_at)
    if not ledger.is_readable:
        return []
    count = int(max(0.0, now - began_at) / DAY) + 1
    days = [
        datetime.fromtimestamp(began_at + number * DAY, UTC).date().isoformat() for number in range(count)
    ]
    costs = [totals.get((day,), CallTotals()) for day in days]
    return [
        {"day": day, "credits": cost.credits, "maybe_charged": cost.maybe_charged}
        for day, cost in zip(days, costs, strict=True)
    ]


def _cache(counts: CacheCounters, state: SharedState) -> dict[str, int]:
    return {
        "hits": counts.hits,
        "misses": counts.misses,
        "stale": counts.stale,
        "joined": counts.joined,
        "bytes": bytes_below(state.directory),
        "entries": sum(1 for _ in state.store.scan(ROOT)),
    }
