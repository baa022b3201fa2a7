"""Decide which changes deserve an alert: what a run saw, compared with what was sent before.

Pure; knows no wording and no channels. Rules report changes, not states, so what was sent is remembered.
Before the first observation everything counts as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from oddsctl.domain.notices import AlertableNotice, HealthChecked, PickFound, WindowMissed
from oddsctl.domain.units import DAY
from oddsctl.policy import billing_month
from oddsctl.policy.budget import Credits

SHARES = (50, 20, 10)
"""Percent of the month's credits left at which an alert is sent."""
MARGIN = 5
"""Percent by which the balance must rise above a reported share before that share is reported again."""
SETTLED_AFTER = 3.0
"""Days of a month, or half of the credits, after which the pace is meaningful."""
REST = 600.0
"""Seconds between two alerts about one API's health. Changes in between are not reported."""
KEEP = 7 * DAY
"""Seconds after a game's start until its alerts are forgotten."""


# ── what a run saw ──


@dataclass(frozen=True, slots=True)
class CreditBalance:
    """Balance of the account from the newest answer of this month.

    `reset_seen` identifies the month if its start was observed. At the current pace `spare` credits are left
    when the month ends, or none are left at `dry_at`; both are None while the pace is unknown.
    """

    remaining: int
    limit: int
    reset_at: float
    reset_seen: float | None = None
    spare: float | None = None
    dry_at: float | None = None


@dataclass(frozen=True, slots=True)
class BestPrices:
    """Best price of each outcome of an upcoming game, among `books` (regions or names).

    `id` is the game's.
    """

    id: str
    game: str
    start: float
    books: str
    prices: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Observations:
    """Everything the rules look at; empty for what a run did not look at."""

    balance: CreditBalance | None = None
    lines: tuple[BestPrices, ...] = ()
    news: tuple[AlertableNotice, ...] = ()


# ── changes; a missed window and a found pick arrive as changes already ──


@dataclass(frozen=True, slots=True)
class QuotaLow:
    """At most `percent` of the month's credits are left."""

    percent: int
    remaining: int
    limit: int
    reset_at: float


@dataclass(frozen=True, slots=True)
class RunningDry:
    """At this pace the credits run out before the month ends."""

    dry_at: float
    reset_at: float


@dataclass(frozen=True, slots=True)
class HealthChanged:
    """The health of an API differs from the last alert."""

    api: str
    before: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LineMoved:
    """The best price of an outcome moved from `before` to `after` since the last alert.

    Of a game's outcomes, only the one that moved most is reported.
    """

    game: str
    start: float
    books: str
    outcome: str
    before: float
    after: float


Change = QuotaLow | RunningDry | HealthChanged | WindowMissed | PickFound | LineMoved


# ── what was sent ──


@dataclass(frozen=True, slots=True)
class QuotaTold:
    """`share` is the lowest reported share that still holds; 100 before any."""

    share: int = 100
    dry: bool = False
    reset_seen: float | None = None


@dataclass(frozen=True, slots=True)
class StatusTold:
    """Health of an API at the last alert."""

    status: str = "healthy"
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class LineTold:
    """Prices that a move is measured from: the first ones seen, then those of the last alert."""

    start: float
    prices: dict[str, float]


@dataclass(frozen=True, slots=True)
class AlertMemory:
    """Everything remembered. `games` holds one-time alerts by identity, with the start of their game."""

    quota: QuotaTold = field(default_factory=QuotaTold)
    health: dict[str, StatusTold] = field(default_factory=dict)
    games: dict[str, float] = field(default_factory=dict)
    lines: dict[str, LineTold] = field(default_factory=dict)


def balance(credits: Credits, monthly: int, reset_day: int, now: float) -> CreditBalance | None:
    """Return this month's balance; None when no answer of this month has reported it."""
    month = billing_month.month(credits, reset_day, now)
    used, remaining, limit = credits.used, credits.remaining, credits.limit(monthly)
    if used is not None and credits.asked_at < month.began_at:
        used = remaining = None
    if (gone := credits.exhausted) and gone.at >= month.began_at:
        # The provider refused a call of that price.
        remaining = min(remaining or 0, gone.credits - 1)
    if remaining is None:
        return None
    known = CreditBalance(max(0, remaining), limit, month.reset_at, credits.reset_before)
    settled = now - month.began_at >= SETTLED_AFTER * DAY or 2 * remaining <= limit
    if not used or not settled:
        return known
    a_day = billing_month.spend_per_day(used, month.began_at, now)
    spare = known.remaining - a_day * (month.reset_at - now) / DAY
    return replace(known, spare=spare, dry_at=now + known.remaining / a_day * DAY)


def detect_changes(
    told: AlertMemory, seen: Observations, topics: Iterable[str], line_threshold: float, now: float
) -> tuple[AlertMemory, tuple[Change, ...]]:
    """Return the changes to report and the new memory.

    `topics` are the words of `notify.on`; the memory of other topics stays unchanged.
    """
    topics, changes = frozenset(topics), list[Change]()
    told = _forget(told, now)
    if "quota" in topics and seen.balance and seen.balance.limit > 0:
        quota, found = _quota(told.quota, seen.balance)
        told, changes = replace(told, quota=quota), [*found]
    for news in seen.news:
        match news:
            case HealthChecked() if "health" in topics:
                told, more = _health(told, news, now)
            case WindowMissed(id, _, start, window) if "window" in topics and start > now - KEEP:
                told, more = _once(told, f"window/{id}/{window:g}", news)
            case PickFound(id, _, start, market, outcome, point) if "picks" in topics and start > now:
                told, more = _once(told, f"pick/{id}/{market}/{outcome}/{point}", news)
            case _:
                continue
        changes += more
    for line in seen.lines if "line" in topics else ():
        if line.start > now:
            told, moved = _line(told, line, line_threshold)
            changes += moved
    return told, tuple(changes)


def _quota(told: QuotaTold, seen: CreditBalance) -> tuple[QuotaTold, list[Change]]:
    if seen.reset_seen not in (None, told.reset_seen):
        # In a new month every share can be reported again.
        told = QuotaTold(reset_seen=seen.reset_seen)
    left = 100 * seen.remaining / seen.limit
    changes: list[Change] = []
    lowest = min((share for share in SHARES if left <= share), default=100)
    if lowest < told.share:
        changes.append(QuotaLow(lowest, seen.remaining, seen.limit, seen.reset_at))
    holds = [share for share in SHARES if share >= min(lowest, told.share) and left <= share + MARGIN]
    dry = told.dry
    if seen.spare is not None and seen.dry_at is not None:
        if seen.spare < 0 and not dry:
            changes.append(RunningDry(seen.dry_at, seen.reset_at))
        dry = seen.spare < 0 or (dry and seen.spare < seen.limit * MARGIN / 100)
    return replace(told, share=min(holds, default=100), dry=dry), changes


def _health(told: AlertMemory, seen: HealthChecked, now: float) -> tuple[AlertMemory, list[Change]]:
    before = told.health.get(seen.api, StatusTold())
    if seen.status in (before.status, "unknown") or 0 <= now - before.at < REST:
        return told, []
    health = told.health | {seen.api: StatusTold(seen.status, now)}
    return replace(told, health=health), [HealthChanged(seen.api, before.status, seen.status, seen.reason)]


def _once(told: AlertMemory, key: str, news: WindowMissed | PickFound) -> tuple[AlertMemory, list[Change]]:
    if key in told.games:
        return told, []
    return replace(told, games=told.games | {key: news.start}), [news]


def _line(told: AlertMemory, seen: BestPrices, threshold: float) -> tuple[AlertMemory, list[Change]]:
    key = f"{seen.id}/{seen.books}"
    before = told.lines.get(key)
    both = seen.prices.keys() & before.prices.keys() if before else ()
    if before and both:
        outcome = max(sorted(both), key=lambda name: _moved(before.prices[name], seen.prices[name]))
        was, now = before.prices[outcome], seen.prices[outcome]
        if was == now or _moved(was, now) < threshold:
            return told, []
        changes: list[Change] = [LineMoved(seen.game, seen.start, seen.books, outcome, was, now)]
    else:
        changes = []
    return replace(told, lines=told.lines | {key: LineTold(seen.start, dict(seen.prices))}), changes


def _moved(before: float, after: float) -> float:
    """Return the move in implied probability, as a fraction."""
    return round(abs(1 / after - 1 / before), 9)


def _forget(told: AlertMemory, now: float) -> AlertMemory:
    games = {key: start for key, start in told.games.items() if start > now - KEEP}
    lines = {key: line for key, line in told.lines.items() if line.start > now}
    return replace(told, games=games, lines=lines)
