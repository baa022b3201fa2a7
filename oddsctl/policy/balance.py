"""Takes in a balance that the provider reports, and matches it with the calls on the books."""

from __future__ import annotations

from dataclasses import replace

from oddsctl.domain.http import Quota
from oddsctl.policy.budget import AHEAD, BalanceReading, Credits

WITNESSES = 8
"""How many told values of `used` are kept to recognise a new month; more than calls ever overlap."""


def apply_balance(credits: Credits, quota: Quota, sent_at: float, told_at: float, grace: float) -> Credits:
    """Take in the balance of a live answer to a request sent at `sent_at`, after that call's own charge is
    booked.

    A maybe-charged call is settled by an answer to a request sent at least `grace` (a read timeout) after it.
    A rise of `used` is matched to own calls, calls in flight, then maybe-charged ones; the rest was spent by
    others.
    """
    quota = _complete(credits, quota)
    if (
        quota.used is None
    ):  # nothing to match; a lone `remaining` of an account never seen still bounds what may be spent
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
    """Where one of the two headers is missing, the account's limit tells it from the other."""
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
    """Explain the difference between what the provider says is used and what our books say."""
    assert credits.used is not None  # noqa: S101 - only called once it is told
    gap = credits.used - (credits.base + credits.own + credits.foreign)
    if gap < 0 and not credits.reserved and credits.own_at <= sent_at:
        credits = replace(
            credits, base=credits.base + gap
        )  # our books run ahead for no reason: follow the provider
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
