"""Queue alerts for each notification channel and lease channels to senders. Pure.

A channel is leased to one sender for a limited time, so many processes send each alert once and a killed one
blocks nothing. An alert that a channel did not take is retried there alone, with growing delays and a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from oddsctl.policy.alert_rules import Change

LEASE = 60.0
"""Seconds after which a silent sender counts as dead: several times what sending may take."""
FIRST_WAIT = 60.0
LONGEST_WAIT = 7200.0
ATTEMPTS = 12
"""Attempts for one alert on one channel: about 12 hours."""
KEEP = 2 * 86400.0
"""Seconds after which an alert is too old to send."""
MOST = 200
"""Most alerts kept; the oldest are dropped first."""


@dataclass(frozen=True, slots=True)
class PendingAlert:
    """One alert. `failed` maps the channels that still need it to the number of failed attempts."""

    number: int
    at: float
    change: Change
    failed: dict[str, int]


@dataclass(frozen=True, slots=True)
class ChannelLease:
    """Lease of a channel.

    `failures` in a row delay it to `not_before`; `owner` sends until `until` at the latest; `at` is when that
    was set.
    """

    failures: int = 0
    not_before: float = 0.0
    owner: str = ""
    until: float = 0.0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Outbox:
    """All waiting alerts, oldest first, and the leases by channel. `next` numbers the next alert."""

    waiting: tuple[PendingAlert, ...] = ()
    turns: dict[str, ChannelLease] = field(default_factory=dict)
    next: int = 0


def put(outbox: Outbox, changes: Iterable[Change], channels: Iterable[str], now: float) -> Outbox:
    """Add the changes for every channel."""
    left = dict.fromkeys(channels, 0)
    new = tuple(PendingAlert(outbox.next + index, now, change, left) for index, change in enumerate(changes))
    return replace(outbox, waiting=(*outbox.waiting, *new)[-MOST:], next=outbox.next + len(new))


def claim(
    outbox: Outbox, channels: Iterable[str], owner: str, now: float
) -> tuple[Outbox, dict[str, tuple[PendingAlert, ...]]]:
    """Lease the free channels to `owner`; return what to send, as one message a channel.

    Forgets channels that are no longer configured.
    """
    outbox = _forget(outbox, frozenset(channels), now)
    parcels = {channel: tuple(one for one in outbox.waiting if channel in one.failed) for channel in channels}
    due = {
        channel: parcel
        for channel, parcel in parcels.items()
        if parcel and _free(outbox.turns.get(channel, ChannelLease()), now)
    }
    claimed = {
        channel: replace(outbox.turns.get(channel, ChannelLease()), owner=owner, until=now + LEASE, at=now)
        for channel in due
    }
    return replace(outbox, turns=outbox.turns | claimed), due


def delivered(outbox: Outbox, channel: str, owner: str, parcel: Iterable[PendingAlert]) -> Outbox:
    """Remove delivered alerts from the channel, even if the lease has expired meanwhile."""
    turns = outbox.turns
    if turns.get(channel, ChannelLease()).owner in ("", owner):
        turns = {name: turn for name, turn in turns.items() if name != channel}
    return replace(_without(outbox, channel, {one.number for one in parcel}), turns=turns)


def failed(
    outbox: Outbox, channel: str, owner: str, parcel: Iterable[PendingAlert], now: float
) -> tuple[Outbox, int]:
    """Keep undelivered alerts for a later attempt; also return how many were given up."""
    turn = outbox.turns.get(channel, ChannelLease())
    if turn.owner != owner:
        # The lease expired, and another process is sending.
        return outbox, 0
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(turn.failures, ATTEMPTS))
    numbers = {one.number for one in parcel}
    tried = tuple(
        replace(one, failed=one.failed | {channel: one.failed[channel] + 1})
        if one.number in numbers and channel in one.failed
        else one
        for one in outbox.waiting
    )
    lost = {one.number for one in tried if one.failed.get(channel, 0) >= ATTEMPTS}
    outbox = replace(
        outbox,
        waiting=tried,
        turns=outbox.turns | {channel: ChannelLease(turn.failures + 1, now + wait, at=now)},
    )
    return _without(outbox, channel, lost), len(lost)


def is_quiet(quiet: tuple[int, int] | None, zone: ZoneInfo, now: float) -> bool:
    """Return True if the local time is within `quiet` (from and to, minutes of the day; end excluded)."""
    if quiet is None:
        return False
    wall = datetime.fromtimestamp(now, UTC).astimezone(zone)
    minute, (begin, end) = 60 * wall.hour + wall.minute, quiet
    return begin <= minute < end if begin < end else not end <= minute < begin


def _free(turn: ChannelLease, now: float) -> bool:
    """Return True if the channel is neither leased nor delayed.

    Ignores times too far ahead or set in the future: they come from a wrong clock.
    """
    claimed, put_off = now < turn.until <= now + LEASE, now < turn.not_before <= now + LONGEST_WAIT
    return turn.at > now or not (claimed or put_off)


def _without(outbox: Outbox, channel: str, numbers: set[int]) -> Outbox:
    """Remove these alerts from the channel."""
    waiting = (_told(one, {channel}) if one.number in numbers else one for one in outbox.waiting)
    return replace(outbox, waiting=tuple(one for one in waiting if one.failed))


def _told(one: PendingAlert, channels: set[str]) -> PendingAlert:
    return replace(one, failed=_but(one.failed, channels))


def _but(failed: Mapping[str, int], channels: set[str]) -> dict[str, int]:
    return {name: count for name, count in failed.items() if name not in channels}


def _forget(outbox: Outbox, channels: frozenset[str], now: float) -> Outbox:
    young = (one for one in outbox.waiting if now - one.at <= KEEP)
    waiting = (_told(one, one.failed.keys() - channels) for one in young)
    turns = {name: turn for name, turn in outbox.turns.items() if name in channels}
    return replace(outbox, waiting=tuple(one for one in waiting if one.failed), turns=turns)
