"""Alerts in words: a title and a body of plain lines. Pure; no rich, no channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from oddsctl.domain.notices import PickFound, WindowMissed
from oddsctl.policy.alert_rules import (
    Change,
    HealthChanged,
    LineMoved,
    QuotaLow,
    RunningDry,
)
from oddsctl.render import text

MOST_LINES = 20
"""Of one message: whoever gets more reads none."""
NAMES = {"odds": "The Odds API", "espn": "ESPN", "weather": "Open-Meteo"}


def words(changes: Sequence[Change], zone: ZoneInfo) -> tuple[str, str]:
    """Title and body of a message."""
    return title(changes), body(changes, zone)


def title(changes: Sequence[Change]) -> str:
    """What the message is about, in one line."""
    return (
        f"oddsctl: {_subject(changes[0])}"
        if len(changes) == 1
        else f"oddsctl: {text.counted(len(changes), 'alert')}"
    )


def body(changes: Sequence[Change], zone: ZoneInfo) -> str:
    """A line an alert, with times in the reader's zone."""
    lines = [in_words(change, zone) for change in changes[:MOST_LINES]]
    rest = len(changes) - len(lines)
    return "\n".join([*lines, f"and {rest} more"] if rest else lines)


def in_words(change: Change, zone: ZoneInfo) -> str:
    """One line, fit for a terminal whatever a provider sent."""
    return text.printable(_line(change, zone))


def _line(change: Change, zone: ZoneInfo) -> str:
    match change:
        case QuotaLow(_, remaining, limit, reset_at):
            share = f"{100 * remaining / limit:.0f} %"
            return (
                f"{text.number(remaining)} of {text.number(limit)} credits left ({share}); the new "
                f"month begins on {_at(reset_at, zone)}"
            )
        case RunningDry(dry_at, reset_at):
            return (
                f"at this pace the credits end on {_at(dry_at, zone)}; the new month begins on "
                f"{_at(reset_at, zone)}"
            )
        case HealthChanged(api, before, status, reason):
            return f"{NAMES.get(api, api)} is {status}, was {before}" + (f": {reason}" if reason else "")
        case WindowMissed(_, game, start, window, reason):
            return f"{game} ({_at(start, zone)}): the window {text.age(window)} before was missed: {reason}"
        case PickFound(_, game, start, market, outcome, point, price, bookmaker, edge):
            bet = " ".join(filter(None, (outcome, text.point(market, outcome, point))))
            return (
                f"{game} ({_at(start, zone)}): {market} {bet} {_price(price)} at {bookmaker}, edge "
                f"{100 * edge:.1f} %"
            )
        case LineMoved(game, start, books, outcome, before, after):
            odds = f"{_price(before)} -> {_price(after)}"
            implied = f"{100 / before:.1f} % -> {100 / after:.1f} %"
            return f"{game} ({_at(start, zone)}): {outcome} {odds}, implied {implied}, best of {books}"
    assert_never(change)


def _subject(change: Change) -> str:
    match change:
        case QuotaLow(percent):
            return f"{percent} % of the credits left"
        case RunningDry():
            return "credits run out before the month ends"
        case HealthChanged(api, _, status):
            return f"{NAMES.get(api, api)} is {status}"
        case WindowMissed():
            return "a window was missed"
        case PickFound():
            return "a pick was found"
        case LineMoved():
            return "a line moved"
    assert_never(change)


def _price(decimal: float) -> str:
    return f"{text.american(decimal)} ({decimal:.2f})"


def _at(epoch: float, zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(epoch, zone)
    return f"{moment:%a} {moment.day} {moment:%b} {moment:%H:%M}"
