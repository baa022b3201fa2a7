"""Append-only history of every call with its price and outcome."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from oddsctl.domain.jobs import Job
from oddsctl.domain.models import Listed
from oddsctl.domain.notices import (
    BoardReceived,
    Booked,
    Notice,
    Settled,
)
from oddsctl.domain.ports import Clock
from oddsctl.domain.requests import Purpose
from oddsctl.policy.health_status import Attempt
from oddsctl.records.database import RecordsDatabase

KEEP_BOARDS = 15 * 86400.0
"""Seconds for which the games of a board are kept: longer than `prefetch` needs to account for windows."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One recorded call.

    `spent` is None while it is in flight, and for good when its owner died or no answer came.
    """

    call_id: str
    at: float
    api: str
    endpoint: str
    sport: str | None
    job: str
    price: int
    purpose: str
    command: str
    spent: int | None = None
    outcome: str = "IN_FLIGHT"
    status: int | None = None

    @property
    def at_most(self) -> int:
        """Return the most it can have cost: its price while the charge is unknown."""
        return self.price if self.spent is None else self.spent


@dataclass(frozen=True, slots=True)
class DeliveredBoard:
    """A board, or one event's odds, that came at `at`; `job` is the key of the request.

    `games` is None when unknown.
    """

    job: str
    at: float
    is_planned: bool
    games: tuple[Listed, ...] | None


class CostTracker:
    """The ledger: one row when a call is booked, another when it is settled.

    A call without the second row may have been charged.
    """

    def __init__(self, records: RecordsDatabase, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def hear(self, notice: Notice) -> None:
        """Record calls; ignore other notices."""
        match notice:
            case BoardReceived(call_id, games):
                self._board(call_id, games)
            case Booked(call_id, job, price, purpose, command):
                self._row(call_id, "booked", job, price=price, purpose=purpose.value, command=command)
            case Settled(call_id, job, status, spent, seconds, outcome, said):
                self._row(
                    call_id,
                    "settled",
                    job,
                    status=status,
                    spent=spent,
                    seconds=seconds,
                    outcome=outcome,
                    said=said,
                )

    def costs(self, since: float = 0.0) -> Iterator[CallRecord]:
        """Yield every call booked since then, oldest first."""
        query = """
            SELECT b.call_id, b.at, b.api, b.endpoint, b.sport, b.job, b.price, b.purpose, b.command, s.spent,
                   coalesce(s.outcome, 'IN_FLIGHT'), s.status
            FROM calls b LEFT JOIN calls s ON s.call_id = b.call_id AND s.event = 'settled'
            WHERE b.event = 'booked' AND b.at >= ? ORDER BY b.at, b.rowid
        """
        return (CallRecord(*row) for row in self._records.rows(query, (since,)))

    def boards(self, since: float) -> list[DeliveredBoard]:
        """Yield the boards and events' odds that came since then, oldest first."""
        query = """
            SELECT s.job, s.at, b.purpose, l.games FROM calls s JOIN calls b ON b.call_id = s.call_id
            AND b.event = 'booked'
            LEFT JOIN boards l ON l.call_id = s.call_id
            WHERE s.event = 'settled' AND s.outcome = 'FETCHED' AND s.endpoint = 'odds' AND s.at >= ?
            ORDER BY s.at
        """
        rows = self._records.rows(query, (since,))
        return [
            DeliveredBoard(job, at, purpose != Purpose.OWN, _listed(games))
            for job, at, purpose, games in rows
        ]

    def planned_spend(self, since: float) -> int:
        """Return the credits that scheduled calls cost since then; unanswered ones count as charged."""
        return sum(cost.at_most for cost in self.costs(since) if cost.purpose != Purpose.OWN)

    def attempts(self, api: str, most: int) -> list[Attempt]:
        """Return the last calls to the API that ended, oldest first.

        Leaves out our own bugs and interruptions.
        """
        query = """
            SELECT at, endpoint, sport, outcome, status, seconds, said FROM calls
            WHERE event = 'settled' AND api = ? AND outcome <> 'BUG' ORDER BY rowid DESC LIMIT ?
        """
        return [Attempt(*row) for row in reversed(self._records.rows(query, (api, most)))]

    def last_league(self) -> str | None:
        """Return the league requested last, by one of its provider names."""
        rows = self._records.rows(
            "SELECT sport FROM calls WHERE sport IS NOT NULL ORDER BY rowid DESC LIMIT 1"
        )
        return rows[0][0] if rows else None

    def _board(self, call_id: str, games: tuple[Listed, ...]) -> None:
        now, told = (
            self._clock.now(),
            [(game.id, game.start, game.home, game.away, game.markets) for game in games],
        )
        self._records.write("DELETE FROM boards WHERE at < ?", (now - KEEP_BOARDS,))
        self._records.write(
            "INSERT OR REPLACE INTO boards VALUES (?, ?, ?)",
            (call_id, now, json.dumps(told, ensure_ascii=False)),
        )

    def _row(self, call_id: str, event: str, job: Job, **known: object) -> None:
        row = {
            "at": self._clock.now(),
            "call_id": call_id,
            "event": event,
            "api": job.api,
            "endpoint": job.endpoint,
        }
        row |= {"sport": job.league, "job": job.key, **known}
        marks = ", ".join("?" * len(row))
        # The names are ours.
        insert = f"INSERT INTO calls ({', '.join(row)}) VALUES ({marks})"  # noqa: S608
        self._records.write(insert, tuple(row.values()))


def _listed(games: str | None) -> tuple[Listed, ...] | None:
    """Decode the recorded games of a board; None for a board recorded before games were."""
    if games is None:
        return None
    return tuple(
        Listed(name, start, home, away, tuple(markets))
        for name, start, home, away, markets in json.loads(games)
    )
