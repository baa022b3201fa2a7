"""The append-only history: every call with its price and outcome, and, for the last runs, why each result was
what it was.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from oddsctl.domain.errors import OddsctlError, StateDamagedError, StateError
from oddsctl.domain.jobs import Job
from oddsctl.domain.models import Listed
from oddsctl.domain.notices import (
    BoardReceived,
    Booked,
    Decided,
    Notice,
    Settled,
    WindowUnpriced,
)
from oddsctl.domain.ports import Clock
from oddsctl.domain.requests import Outcome, PriorityRequest, Purpose, Reason
from oddsctl.domain.times import iso
from oddsctl.policy.health_rules import Attempt
from oddsctl.store.append_only import Form, HistoryFile
from oddsctl.store.wait_limit import Patience

FILE = "records.db"
SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    at REAL NOT NULL, call_id TEXT NOT NULL, event TEXT NOT NULL, api TEXT NOT NULL, endpoint TEXT NOT NULL,
    sport TEXT,
    job TEXT NOT NULL, price INTEGER, purpose TEXT, command TEXT, status INTEGER, spent INTEGER,
    seconds REAL, outcome TEXT,
    said TEXT
);
CREATE INDEX IF NOT EXISTS calls_by_time ON calls (at);
CREATE INDEX IF NOT EXISTS calls_by_id ON calls (call_id);
CREATE TABLE IF NOT EXISTS decisions (id TEXT PRIMARY KEY, at REAL NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS windows (
    sport TEXT NOT NULL, game TEXT NOT NULL, window TEXT NOT NULL, start REAL NOT NULL, fate TEXT NOT NULL,
    reason TEXT,
    at REAL, lag REAL, PRIMARY KEY (game, window)
);
CREATE TABLE IF NOT EXISTS boards (call_id TEXT PRIMARY KEY, at REAL NOT NULL, games TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS boards_by_time ON boards (at);
"""
KEEP_DECISIONS = 1000
"""Runs whose reasons are kept: enough for days of cron. Calls are kept for good."""
KEEP_BOARDS = 15 * 86400.0
"""Seconds for which it is known what boards held: longer than `prefetch` accounts for windows."""
PLANNER = "prefetch"
"""The command that cron runs: its reasons are kept where it asked somebody."""
VERSION = 2
"""Of the database's form (`user_version`): one more with each change of SCHEMA. 0: before there were
versions; 1: without boards.
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """One call of the ledger.

    `spent` is None while it is under way, and for good when its owner died or no answer came.
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
        """What it may have cost: its price, as long as nobody knows."""
        return self.price if self.spent is None else self.spent


@dataclass(frozen=True, slots=True)
class Delivered:
    """A board, or one event's odds, that came at `at`; `job` is the key of what was asked.

    `games` are None where that is not known.
    """

    job: str
    at: float
    is_planned: bool
    games: tuple[Listed, ...] | None


class Records:
    """The history in a database of its own.

    A row is on its way to the disk before the call is: `kill -9` loses none.

    History that cannot be written is reported once through `warn`, and changes nothing else. History that
    cannot be read is not empty: it is reported too, and `is_readable` is false; where `is_needed` was set,
    for commands that are about nothing else, it is an error. A database that is damaged is replaced by who
    writes; by who reads only where `may_renew` was set, for commands that spend by it.
    """

    def __init__(
        self, directory: Path, clock: Clock, warn: Callable[[str], None], patience: Patience | None = None
    ) -> None:
        self._file = HistoryFile(directory / FILE, clock, FORM, warn, patience)
        self._warn = warn
        self._broken = False
        self.is_readable = True
        self.is_needed = False
        self.may_renew = False

    def forgive(self) -> None:
        """Try again after a failure: what was in the way may be gone."""
        self._broken, self.is_readable = False, True

    def write(self, statement: str, values: tuple[object, ...]) -> None:
        """Append one row. After the first that could not be written no other is tried."""
        if self._broken:
            return
        try:
            self._file.write(statement, values)
        except OddsctlError as error:
            self._broken = True
            self._warn(f"history is not being kept: {error}")

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """What a query finds; nothing where there is no history.

        Raises `StateError` where that cannot be read and `is_needed`.
        """
        try:
            try:
                return self._file.rows(query, values)
            except StateDamagedError:
                if not self.may_renew:
                    raise
                self._file.renew()
                return self._file.rows(query, values)
        except OddsctlError as error:
            if self.is_needed:
                raise
            self.is_readable = False
            self._warn(f"history cannot be read: {error}")
            return []

    def gaps(self, since: float = 0.0) -> list[str]:
        """What of the history since then may be missing, as it was damaged once."""
        return [
            f"history before {iso(moment)} may be incomplete: the database was damaged, and is kept as {path}"
            for path, moment in self._file.moved_aside()
            if moment >= since
        ]

    def repair(self) -> None:
        """Replace the database if it is damaged, keeping what can be read; what was done goes to `warn`.

        Raises `OddsctlError`.
        """
        self._file.renew()

    def close(self) -> None:
        """Let go of the database."""
        self._file.close()


def _add_what_older_ledgers_lack(connection: sqlite3.Connection) -> None:
    if "said" not in {name for _, name, *_ in connection.execute("PRAGMA table_info(calls)")}:
        connection.execute("ALTER TABLE calls ADD COLUMN said TEXT")


FORM = Form(VERSION, SCHEMA, "calls", _add_what_older_ledgers_lack)


class CostTracker:
    """The ledger: a row when a call is booked, another when it is settled.

    A call without the second may have been charged.
    """

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    def hear(self, notice: Notice) -> None:
        """Write down calls; other notices are not money."""
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

    def costs(self, since: float = 0.0) -> Iterator[Cost]:
        """Every call booked since then, oldest first."""
        query = """
            SELECT b.call_id, b.at, b.api, b.endpoint, b.sport, b.job, b.price, b.purpose, b.command, s.spent,
                   coalesce(s.outcome, 'IN_FLIGHT'), s.status
            FROM calls b LEFT JOIN calls s ON s.call_id = b.call_id AND s.event = 'settled'
            WHERE b.event = 'booked' AND b.at >= ? ORDER BY b.at, b.rowid
        """
        return (Cost(*row) for row in self._records.rows(query, (since,)))

    def boards(self, since: float) -> list[Delivered]:
        """The boards and events' odds that came since then, oldest first."""
        query = """
            SELECT s.job, s.at, b.purpose, l.games FROM calls s JOIN calls b ON b.call_id = s.call_id
            AND b.event = 'booked'
            LEFT JOIN boards l ON l.call_id = s.call_id
            WHERE s.event = 'settled' AND s.outcome = 'FETCHED' AND s.endpoint = 'odds' AND s.at >= ?
            ORDER BY s.at
        """
        rows = self._records.rows(query, (since,))
        return [
            Delivered(job, at, purpose != Purpose.OWN, _listed(games)) for job, at, purpose, games in rows
        ]

    def planned_spend(self, since: float) -> int:
        """Credits that planned calls cost since then; what got no answer counts as charged."""
        return sum(cost.at_most for cost in self.costs(since) if cost.purpose != Purpose.OWN)

    def attempts(self, api: str, most: int) -> list[Attempt]:
        """The last calls to the API that came to an end, oldest first.

        Our own bugs and interruptions say nothing of it.
        """
        query = """
            SELECT at, endpoint, sport, outcome, status, seconds, said FROM calls
            WHERE event = 'settled' AND api = ? AND outcome <> 'BUG' ORDER BY rowid DESC LIMIT ?
        """
        return [Attempt(*row) for row in reversed(self._records.rows(query, (api, most)))]

    def last_league(self) -> str | None:
        """The league that was asked about last, by the name that one of the providers has for it."""
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
        row |= {"sport": getattr(job, "sport", None) or getattr(job, "league", None), "job": job.key, **known}
        marks = ", ".join("?" * len(row))
        self._records.write(f"INSERT INTO calls ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - names of ours


def _listed(games: str | None) -> tuple[Listed, ...] | None:
    """The games of a board as they were written down; None for a board of an older version, which did not
    write them.
    """
    if games is None:
        return None
    return tuple(
        Listed(name, start, home, away, tuple(markets))
        for name, start, home, away, markets in json.loads(games)
    )


class Decisions:
    """Why each result of a run was what it was: gathered while it runs, written when it ends."""

    def __init__(self, records: Records, clock: Clock, command: str) -> None:
        self._records = records
        self._clock = clock
        self._command = command
        self._wishes: list[dict[str, Any]] = []
        self._windows: list[dict[str, str]] = []
        self.id = uuid4().hex[:8]

    def hear(self, notice: Notice) -> None:
        """Remember how a request ended, and which windows found no price."""
        match notice:
            case Decided(request, outcome):
                self._wishes.append(_wish(request, outcome))
            case WindowUnpriced(game_id, game, window, why):
                self._windows.append(
                    {"game": game_id, "name": game, "window": window, "reason": "NO_PRICES", "detail": why}
                )

    def write(self) -> None:
        """Append the run, where it decided anything; not that cron's run found the schedule as it was."""
        asked = any(wish["reason"] not in (Reason.FRESH_CACHE, Reason.PREFETCHED) for wish in self._wishes)
        if asked or self._windows or (self._wishes and self._command != PLANNER):
            now = self._clock.now()
            document = {
                "schema": "oddsctl.why/1",
                "id": self.id,
                "at": iso(now),
                "command": self._command,
                "wishes": self._wishes,
            }
            document |= {"windows": self._windows} if self._windows else {}
            self._records.write(
                "INSERT INTO decisions VALUES (?, ?, ?)",
                (self.id, now, json.dumps(document, ensure_ascii=False)),
            )
            last = "(SELECT max(rowid) FROM decisions)"
            self._records.write(f"DELETE FROM decisions WHERE rowid <= {last} - ?", (KEEP_DECISIONS,))  # noqa: S608 - no words of others
        self._wishes, self._windows, self.id = [], [], uuid4().hex[:8]


def decision(records: Records, decision_id: str | None) -> dict[str, Any] | None:
    """The run with that id (its beginning does), or the last one; None where there is none."""
    query = "SELECT document FROM decisions WHERE id LIKE ? || '%' ORDER BY at DESC, rowid DESC LIMIT 1"
    rows = records.rows(query, (decision_id or "",))
    try:
        found: dict[str, Any] | None = json.loads(rows[0][0]) if rows else None
    except (ValueError, TypeError):
        raise StateError(
            "the record of that run cannot be read", hint="name another run, or see `oddsctl doctor`"
        ) from None
    return found


def _wish(request: PriorityRequest, outcome: Outcome) -> dict[str, Any]:
    return {
        "api": outcome.job.api,
        "wish": outcome.job.key,
        "priority": request.priority.name,
        "purpose": request.purpose.value,
        "game_time": None if request.game_time is None else iso(request.game_time),
        "reason": outcome.reason.value,
        "detail": outcome.detail,
        "credits": outcome.credits,
        "steps": list(outcome.steps),
    }
