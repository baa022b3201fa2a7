"""What waits to be told, to whom, and who is telling it just now. Pure; neither words nor addresses enter.

Each channel is claimed by one sender at a time, for a while only, so that many runs tell once and a killed
one keeps nobody silent. What a channel did not take waits for it alone; it is tried again, each time later,
and not for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from oddsctl.policy.alert_rules import Change

LEASE = 60.0
"""Seconds after which a sender that has not come back is taken for dead: several times what sending may
take.
"""
FIRST_WAIT = 60.0
LONGEST_WAIT = 7200.0
ATTEMPTS = 12
"""Tries of one alert on one channel: some 12 hours."""
KEEP = 2 * 86400.0
"""Seconds after which nobody wants to hear it any more."""
MOST = 200
"""Alerts that wait at the most; the oldest give way."""


@dataclass(frozen=True, slots=True)
class PendingAlert:
    """One alert. `failed` has the channels that are still to hear it, with the tries that failed."""

    number: int
    at: float
    change: Change
    failed: dict[str, int]


@dataclass(frozen=True, slots=True)
class ChannelLease:
    """Whose turn a channel is.

    `failures` in a row put it off to `not_before`; `owner` is sending until `until` at the latest.

    `at` is when that was set.
    """

    failures: int = 0
    not_before: float = 0.0
    owner: str = ""
    until: float = 0.0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Outbox:
    """All that waits, oldest first, and the turns by channel. `next` numbers the next alert."""

    waiting: tuple[PendingAlert, ...] = ()
    turns: dict[str, ChannelLease] = field(default_factory=dict)
    next: int = 0


def put(outbox: Outbox, changes: Iterable[Change], channels: Iterable[str], now: float) -> Outbox:
    """The changes wait for every channel."""
    left = dict.fromkeys(channels, 0)
    new = tuple(PendingAlert(outbox.next + index, now, change, left) for index, change in enumerate(changes))
    return replace(outbox, waiting=(*outbox.waiting, *new)[-MOST:], next=outbox.next + len(new))


def claim(
    outbox: Outbox, channels: Iterable[str], owner: str, now: float
) -> tuple[Outbox, dict[str, tuple[PendingAlert, ...]]]:
    """What `owner` is to send now, by channel: all that waits for it, as one message.

    Channels no longer configured are forgotten.
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
    """The channel took it all: even where the claim had run out, nothing of it is sent there again."""
    turns = outbox.turns
    if turns.get(channel, ChannelLease()).owner in ("", owner):
        turns = {name: turn for name, turn in turns.items() if name != channel}
    return replace(_without(outbox, channel, {one.number for one in parcel}), turns=turns)


def failed(
    outbox: Outbox, channel: str, owner: str, parcel: Iterable[PendingAlert], now: float
) -> tuple[Outbox, int]:
    """The channel did not take it: it waits, longer each time. Also how many alerts are given up there."""
    turn = outbox.turns.get(channel, ChannelLease())
    if turn.owner != owner:
        return outbox, 0  # the claim ran out and another one is trying
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
    """Whether the clock on the user's wall is within `quiet` (from and to, minutes of the day; the end is not
    within).
    """
    if quiet is None:
        return False
    wall = datetime.fromtimestamp(now, UTC).astimezone(zone)
    minute, (begin, end) = 60 * wall.hour + wall.minute, quiet
    return begin <= minute < end if begin < end else not end <= minute < begin


def _free(turn: ChannelLease, now: float) -> bool:
    """Neither claimed nor put off.

    What is further ahead than it can be, or was set in the future, was written under a wrong clock.
    """
    claimed, put_off = now < turn.until <= now + LEASE, now < turn.not_before <= now + LONGEST_WAIT
    return turn.at > now or not (claimed or put_off)


def _without(outbox: Outbox, channel: str, numbers: set[int]) -> Outbox:
    """Those alerts do not wait for the channel any more."""
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
