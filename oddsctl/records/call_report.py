"""Sum up the recorded calls by group and period, and list single calls.

Reads the history; writes and decides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from oddsctl.catalog.sports import by_provider_name
from oddsctl.domain.ports import Clock
from oddsctl.domain.settings import Settings
from oddsctl.policy import call_stats
from oddsctl.policy.call_stats import CallStats
from oddsctl.records.calls import CostTracker
from oddsctl.records.database import RecordsDatabase
from oddsctl.records.windows import WindowResults

FIELDS = ("day", "api", "sport", "command", "purpose")
"""Fields that calls can be grouped by."""
IN_FLIGHT = "IN_FLIGHT"
LOST = "LOST"
"""Outcome of a call that never ended: its owner died."""
QUARTER = 900
"""Seconds. Time zone offsets are multiples of it, so each quarter lies within one local day."""
CALLS = (
    "FROM calls b LEFT JOIN calls s ON s.call_id = b.call_id AND s.event = 'settled' WHERE b.event = "
    "'booked' AND b.at >= ?"
)
SUMS = """
    count(*), sum(coalesce(s.outcome, '') NOT IN ('', 'FETCHED')), coalesce(sum(s.spent), 0),
    coalesce(sum(CASE WHEN s.spent IS NULL THEN b.price END), 0)
"""

LAST_BOOKED = """
    SELECT rowid, call_id, at, api, sport, command, price FROM calls WHERE event = 'booked'
    ORDER BY rowid DESC LIMIT ?
"""
SETTLED_AFTER = """
    SELECT call_id, outcome, spent, CASE WHEN status IS NOT NULL THEN seconds END FROM calls
    WHERE event = 'settled' AND rowid > ?
"""

Group = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class CallTotals:
    """Calls of one group.

    `maybe_charged` is the price of calls whose charge is unknown: in flight, or never answered. It stays here
    for good: a later balance settles the account's total, but says nothing about a single call.
    """

    calls: int = 0
    errors: int = 0
    credits: int = 0
    maybe_charged: int = 0

    def __add__(self, other: CallTotals) -> CallTotals:
        return CallTotals(
            self.calls + other.calls,
            self.errors + other.errors,
            self.credits + other.credits,
            self.maybe_charged + other.maybe_charged,
        )


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call. `spent` is None when the charge is unknown; then `maybe_charged` is its price."""

    at: float
    api: str
    sport: str | None
    command: str
    purpose: str
    job: str
    price: int
    spent: int | None
    maybe_charged: int
    outcome: str


@dataclass(frozen=True, slots=True)
class RecentCall:
    """One recent call. `spent` is as in `CallRow`; `seconds` is None until an answer has come."""

    at: float
    api: str
    sport: str | None
    command: str
    outcome: str
    price: int
    spent: int | None
    seconds: float | None


class CallReport:
    """The recorded calls of all processes and accounts; sports by the names that users know."""

    def __init__(self, records: RecordsDatabase, clock: Clock, settings: Settings) -> None:
        self._records = records
        self._clock = clock
        self._lease = settings.http.call_lease
        self._names: dict[str | None, str] = {
            word: sport.name for word, sport in by_provider_name(settings.sports).items()
        }

    @property
    def is_readable(self) -> bool:
        """Return False if part of the history could not be read: unreadable is not empty."""
        return self._records.is_readable

    def totals(self, by: Sequence[str], since: float = 0.0, zone: tzinfo = UTC) -> dict[Group, CallTotals]:
        """Return the totals of each group (values of the fields in `by`), sorted by those values.

        Days are those of `zone`.
        """
        columns = [
            f"CAST(b.at / {QUARTER} AS INTEGER) * {QUARTER}" if field == "day" else f"b.{field}"
            for field in by
        ]
        listed = "".join(f"{column}, " for column in columns)
        grouped = f" GROUP BY {', '.join(columns)}" if columns else ""
        found: defaultdict[Group, CallTotals] = defaultdict(CallTotals)
        for row in self._records.rows(f"SELECT {listed}{SUMS} {CALLS}{grouped}", (since,)):
            values, sums = row[: len(columns)], row[len(columns) :]
            group = tuple(self._named(field, value, zone) for field, value in zip(by, values, strict=True))
            # Without rows SQL sums are NULL.
            found[group] += CallTotals(*(number or 0 for number in sums))
        return dict(sorted(found.items(), key=lambda item: [word or "" for word in item[0]]))

    def calls(self, since: float = 0.0) -> Iterator[CallRow]:
        """Yield every call, oldest first."""
        for cost in CostTracker(self._records, self._clock).costs(since):
            at_risk = cost.price if cost.spent is None else 0
            sport = self._named("sport", cost.sport, UTC)
            outcome = self._outcome(cost.outcome, cost.at)
            yield CallRow(
                cost.at,
                cost.api,
                sport,
                cost.command,
                cost.purpose,
                cost.job,
                cost.price,
                cost.spent,
                at_risk,
                outcome,
            )

    def recent(self, most: int) -> tuple[RecentCall, ...]:
        """Return the last calls, newest first. Reads only these rows, however long the history is."""
        booked = self._records.rows(LAST_BOOKED, (most,))
        first = min((place for place, *_ in booked), default=0)
        settled = {call_id: end for call_id, *end in self._records.rows(SETTLED_AFTER, (first,))}
        found = []
        for _, call_id, at, api, sport, command, price in booked:
            outcome, spent, seconds = settled.get(call_id, (IN_FLIGHT, None, None))
            found.append(
                RecentCall(
                    at, api, self.sport(sport), command, self._outcome(outcome, at), price, spent, seconds
                )
            )
        return tuple(found)

    def tallies(self, since: float) -> dict[str, CallStats]:
        """Return calls, errors and latencies of each API, counted as the live counters do.

        Retries are not recorded.
        """
        query = (
            "SELECT b.api, coalesce(s.outcome, 'FETCHED'), CASE WHEN s.status IS NOT NULL THEN "
            f"s.seconds END {CALLS}"
        )
        found: defaultdict[str, CallStats] = defaultdict(CallStats)
        for api, outcome, seconds in self._records.rows(query, (since,)):
            found[api] = call_stats.count(
                call_stats.sent(found[api]), failed=outcome != "FETCHED", retry=False, seconds=seconds
            )
        return dict(found)

    def outcomes(self) -> dict[tuple[str, str], int]:
        """Count how the calls of each API ended.

        Leaves out calls in flight, so no number ever falls.
        """
        lost = f"CASE WHEN b.at <= ? THEN '{LOST}' END"
        query = f"SELECT b.api, coalesce(s.outcome, {lost}) AS outcome, count(*) {CALLS} GROUP BY 1, 2"
        rows = self._records.rows(query, (self._clock.now() - self._lease, 0.0))
        return {(api, outcome): count for api, outcome, count in rows if outcome}

    def windows(self) -> Mapping[tuple[str, str], int]:
        """Count the windows of games by window and result."""
        return WindowResults(self._records).totals()

    def sport(self, name: str | None) -> str | None:
        """Return the name that users know a provider's sport or league by."""
        return self._names.get(name, name)

    def _outcome(self, outcome: str, at: float) -> str:
        return LOST if outcome == IN_FLIGHT and at <= self._clock.now() - self._lease else outcome

    def _named(self, field: str, value: str | float | None, zone: tzinfo) -> str | None:
        if field == "day":
            return datetime.fromtimestamp(float(value or 0), zone).date().isoformat()
        name = None if value is None else str(value)
        return self.sport(name) if field == "sport" else name
