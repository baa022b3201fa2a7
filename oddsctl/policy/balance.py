"""Apply a balance that the provider reports, and match it with the calls of the ledger."""

from __future__ import annotations

from dataclasses import replace

from oddsctl.domain.http import Quota
from oddsctl.policy.budget import AHEAD, BalanceReading, Credits

WITNESSES = 8
"""How many reported values of `used` are kept to recognise a new month; more than ever overlap."""


def apply_balance(credits: Credits, quota: Quota, sent_at: float, told_at: float, grace: float) -> Credits:
    """Apply the balance of a live answer, after that call's own charge is recorded.

    `sent_at` is when the request was sent. A maybe-charged call is settled by an answer to a request sent at
    least `grace` seconds (a read timeout) after it. A rise of `used` is matched to own calls, then
    to calls in flight, then to maybe-charged ones; others spent the rest.
    """
    quota = _complete(credits, quota)
    # Nothing to match. Even so, a lone `remaining` of a new account limits what may be spent.
    if quota.used is None:
        return (
            credits
            if quota.remaining is None or credits.used is not None
            else replace(credits, remaining=quota.remaining)
        )
    told = (*(one for one in credits.told if one.at <= told_at), BalanceReading(told_at, quota.used))[
        -WITNESSES:
    ]
    if sent_at < credits.asked_at <= told_at and credits.used is not None:
        return replace(credits, told=told)
    witnesses = tuple(one.at for one in credits.told if one.at <= sent_at and one.credits > quota.used)
    base = quota.used - credits.own if credits.used is None else credits.base
    credits = replace(
        credits,
        used=quota.used,
        remaining=quota.remaining,
        asked_at=sent_at,
        base=base,
        told=told,
        suspect=False,
        exhausted=None,
    )
    if witnesses:
        credits = _new_month(credits, quota, max(witnesses), told_at)
    matched = _match(credits, sent_at, grace)
    return replace(matched, untold=min(matched.untold, matched.unreflected))


def _complete(credits: Credits, quota: Quota) -> Quota:
    """Derive a missing header from the other one and the account's limit."""
    if credits.used is None or credits.remaining is None or (quota.used is None) == (quota.remaining is None):
        return quota
    limit = credits.used + credits.remaining
    if quota.used is None:
        return replace(quota, used=limit - (quota.remaining or 0))
    return replace(quota, remaining=limit - quota.used)


def _new_month(credits: Credits, quota: Quota, after: float, before: float) -> Credits:
    own = min(quota.last or 0, quota.used or 0)
    told = credits.told[-1:]
    return replace(credits, base=0, own=own, foreign=0, told=told, reset_after=after, reset_before=before)


def _match(credits: Credits, sent_at: float, grace: float) -> Credits:
    """Explain the difference between the provider's `used` and our ledger."""
    assert credits.used is not None  # noqa: S101 - only called once it is told
    gap = credits.used - (credits.base + credits.own + credits.foreign)
    if gap < 0 and not credits.reserved and credits.own_at <= sent_at:
        # Our ledger is ahead for no reason: follow the provider.
        credits = replace(credits, base=credits.base + gap)
    # What calls in flight may explain need not be theirs: a lost call that it could be stays in doubt.
    in_flight = min(max(0, gap), credits.reserved_credits)
    left = max(0, gap - credits.reserved_credits)
    own, doubtful = credits.own, []
    for call in credits.maybe:
        explained = min(call.credits, left)
        left -= explained
        if call.sent_at + grace > sent_at and call.sent_at <= sent_at + AHEAD:
            doubtful.append(call)
            continue
        own += explained
        if hidden := min(call.credits - explained, in_flight):
            in_flight -= hidden
            doubtful.append(replace(call, credits=hidden))
    return replace(credits, own=own, maybe=tuple(doubtful), foreign=credits.foreign + left)
