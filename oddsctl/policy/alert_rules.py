"""Which changes are worth an alert: what a run saw against what was told before.

Pure; neither words nor channels enter.

A rule tells a change, not a state, so what was told is remembered. Before the first look all is taken to be
well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from oddsctl.domain.notices import AlertableNotice, HealthChecked, PickFound, WindowMissed
from oddsctl.domain.units import DAY
from oddsctl.policy import billing_month
from oddsctl.policy.budget import Credits

SHARES = (50, 20, 10)
"""Percent of the month's credits left at which it is told."""
MARGIN = 5
"""Percent by which the balance must be above a told share before that share can be told again."""
SETTLED_AFTER = 3.0
"""Days of a month after which its pace says something; or half of the credits."""
REST = 600.0
"""Seconds between two alerts of one API's health: what comes and goes meanwhile is not told."""
KEEP = 7 * DAY
"""A game so long over is no news, and what was told of it is forgotten."""


# ── what a run saw ──


@dataclass(frozen=True, slots=True)
class CreditBalance:
    """The account as the newest answer of this month told it.

    `reset_seen` marks the month, where its beginning was observed.

    `spare` is what is left when the month ends if the pace stays, `dry_at` when nothing is; None while the
    pace is not known.
    """

    remaining: int
    limit: int
    reset_at: float
    reset_seen: float | None = None
    spare: float | None = None
    dry_at: float | None = None


@dataclass(frozen=True, slots=True)
class BestPrices:
    """The best price of each outcome of a game not yet begun, among `books` (regions or names).

    `id` is the game's.
    """

    id: str
    game: str
    start: float
    books: str
    prices: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Observations:
    """All that the rules look at. What a run did not look at is empty."""

    balance: CreditBalance | None = None
    lines: tuple[BestPrices, ...] = ()
    news: tuple[AlertableNotice, ...] = ()


# ── what has changed: beside these, a window missed and a pick found are changes as they come ──


@dataclass(frozen=True, slots=True)
class QuotaLow:
    """No more than `percent` of the month's credits are left."""

    percent: int
    remaining: int
    limit: int
    reset_at: float


@dataclass(frozen=True, slots=True)
class RunningDry:
    """At this pace the credits end before the month does."""

    dry_at: float
    reset_at: float


@dataclass(frozen=True, slots=True)
class HealthChanged:
    """An API is not as it was when last told."""

    api: str
    before: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LineMoved:
    """The best price of an outcome went from `before` to `after` since last told, farther than the game's
    other outcomes.
    """

    game: str
    start: float
    books: str
    outcome: str
    before: float
    after: float


Change = QuotaLow | RunningDry | HealthChanged | WindowMissed | PickFound | LineMoved


# ── what was told ──


@dataclass(frozen=True, slots=True)
class QuotaTold:
    """`share` is the lowest told that still holds; 100 before any."""

    share: int = 100
    dry: bool = False
    reset_seen: float | None = None


@dataclass(frozen=True, slots=True)
class StatusTold:
    """How an API was when last told."""

    status: str = "healthy"
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class LineTold:
    """The prices that a move is measured from: those first seen, then those last told."""

    start: float
    prices: dict[str, float]


@dataclass(frozen=True, slots=True)
class AlertMemory:
    """All that is remembered. `games` has what is told once, by what it is, with the start of its game."""

    quota: QuotaTold = field(default_factory=QuotaTold)
    health: dict[str, StatusTold] = field(default_factory=dict)
    games: dict[str, float] = field(default_factory=dict)
    lines: dict[str, LineTold] = field(default_factory=dict)


def balance(credits: Credits, monthly: int, reset_day: int, now: float) -> CreditBalance | None:
    """What the books say of this month; None when no answer of this month has told."""
    month = billing_month.month(credits, reset_day, now)
    used, remaining, limit = credits.used, credits.remaining, credits.limit(monthly)
    if used is not None and credits.asked_at < month.began_at:
        used = remaining = None
    if (gone := credits.exhausted) and gone.at >= month.began_at:
        remaining = min(remaining or 0, gone.credits - 1)  # it refused a call of that price
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
    """What is to be told of `seen`, and what is remembered then.

    Topics are the words of `notify.on`; of others nothing is touched.
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
        told = QuotaTold(reset_seen=seen.reset_seen)  # a new month: all can be told again
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
    """Points of implied probability, as a fraction."""
    return round(abs(1 / after - 1 / before), 9)


def _forget(told: AlertMemory, now: float) -> AlertMemory:
    games = {key: start for key, start in told.games.items() if start > now - KEEP}
    lines = {key: line for key, line in told.lines.items() if line.start > now}
    return replace(told, games=games, lines=lines)
