"""The numbers behind `stats`: buckets, credits, calls and cache of all processes, as the `oddsctl.stats/1` document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oddsctl.accounts import Accounts, rules_for
from oddsctl.housekeeping import bytes_below
from oddsctl.policy import calendar, pace, tally, token_bucket
from oddsctl.policy.admission import ProviderState
from oddsctl.policy.budget import Credits
from oddsctl.ports import Clock, Store
from oddsctl.served import Counts, read_counts
from oddsctl.settings import Settings
from oddsctl.shelves import ROOT
from oddsctl.times import iso

APIS = ("odds", "espn", "weather")


def document(store: Store, clock: Clock, settings: Settings, state_dir: Path) -> dict[str, Any]:
    """`oddsctl.stats/1`, as PRODUCT names its fields. What is not known yet is None, never 0."""
    accounts, now = Accounts(store, clock, settings), clock.now()
    counts = read_counts(store)
    return {
        "schema": "oddsctl.stats/1",
        "apis": {api: _api(api, accounts.state(api), settings, now) for api in APIS},
        "cache": _cache(counts, store, state_dir),
        "saved": {"calls": counts.saved_calls, "credits": counts.saved_credits},
    }


def _api(api: str, state: ProviderState, settings: Settings, now: float) -> dict[str, Any]:
    configured = rules_for(api, settings).limit
    limit = pace.allowed(state.pace, configured)
    bucket = token_bucket.refill(state.bucket, limit, now) if state.bucket else token_bucket.full(limit, now)
    about: dict[str, Any] = {
        "tokens": round(bucket.tokens, 3),
        "capacity": configured.capacity,
        "rate_per_second": limit.rate,
        "configured_rate_per_second": configured.rate,
    }
    if api == "odds":
        about["credits"] = _credits(state.credits, settings.odds.reset_day, now)
    return about | {
        "calls": state.tally.calls,
        "errors": state.tally.errors,
        "retries": state.tally.retries,
        "latency_p50_ms": tally.percentile_ms(state.tally, 0.5),
        "latency_p95_ms": tally.percentile_ms(state.tally, 0.95),
    }


def _credits(credits: Credits, reset_day: int, now: float) -> dict[str, Any]:
    month = calendar.month(credits, reset_day, now)
    a_day = None if credits.used is None else calendar.spend_per_day(credits.used, month.began_at, now)
    left_at_reset = None
    if a_day is not None and credits.remaining is not None:
        left_at_reset = round(credits.remaining - a_day * (month.reset_at - now) / calendar.DAY, 1)
    return {
        "used": credits.used,
        "remaining": credits.remaining,
        "limit": None if credits.used is None or credits.remaining is None else credits.used + credits.remaining,
        "reserved": credits.reserved_credits,
        "maybe_charged": credits.maybe_credits,
        "foreign": credits.foreign,
        "reset_at": iso(month.reset_at),
        "reset_inferred": month.inferred,
        "spend_per_day": None if a_day is None else round(a_day, 2),
        "projected_remaining_at_reset": left_at_reset,
    }


def _cache(counts: Counts, store: Store, state_dir: Path) -> dict[str, int]:
    return {
        "hits": counts.hits,
        "misses": counts.misses,
        "stale": counts.stale,
        "joined": counts.joined,
        "bytes": bytes_below(state_dir),
        "entries": sum(1 for _ in store.scan(ROOT)),
    }
