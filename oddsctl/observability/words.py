"""Notices in words: what `-v` and the log tell of them. Pure."""

from __future__ import annotations

from oddsctl.domain.notices import (
    BoardReceived,
    Booked,
    ClockCompared,
    Decided,
    Failed,
    HealthChecked,
    Joined,
    Landed,
    Notice,
    PickFound,
    Planned,
    Retried,
    Served,
    Settled,
    Waited,
    Warned,
    WindowMissed,
    WindowUnpriced,
)


def in_words(notice: Notice) -> str:  # noqa: C901, PLR0911, PLR0912 - a case a notice
    """One line for people."""
    match notice:
        case Served(job, reason, age):
            return f"{job.key}: {reason}, {age:.0f} s old"
        case Waited(api, seconds):
            return f"{api}: waiting {seconds:.1f} s for the rate limit"
        case Booked(_, job, price, purpose):
            return f"{job.key}: asking ({price} credits, {purpose})"
        case Settled(_, job, status, spent, seconds):
            cost = "perhaps charged" if spent is None else f"{spent} credits"
            return f"{job.key}: {status or 'no answer'} after {seconds * 1000:.0f} ms, {cost}"
        case BoardReceived(_, games):
            return (
                f"a board of {len(games)} games, {sum(bool(game.markets) for game in games)} of them "
                "with prices"
            )
        case ClockCompared(api, ahead):
            return f"{api}: our clock is {abs(ahead):.0f} s {'ahead' if ahead >= 0 else 'behind'}"
        case Retried(job, error, seconds):
            return f"{job.key}: {error.code}, again after {seconds:.1f} s"
        case Joined(job, seconds):
            return f"{job.key}: another process was asking the same, waited {seconds:.1f} s"
        case Decided(_, outcome):
            return f"{outcome.job.key}: {outcome.reason}"
        case Planned(wishes, missing):
            return f"{wishes} wishes, {wishes - missing} answered by the store"
        case Landed(job, wants):
            return f"{job.key}: done, for {wants} wishes"
        case Failed(job, error):
            return f"{job.key}: {error.message}"
        case Warned(text):
            return text
        case HealthChecked(api, status, reason):
            return f"{api}: {status}" + (f", {reason}" if reason else "")
        case WindowMissed(_, game, _, window, reason):
            return f"{game}: the window {window / 60:.0f} min before it was missed, {reason}"
        case WindowUnpriced(_, game, window, why):
            return f"{game}: no prices for its {window} window, {why}"
        case PickFound(_, game, _, market, outcome, _, price, bookmaker):
            return f"{game}: pick {outcome} ({market}) at {price:.2f}, {bookmaker}"
