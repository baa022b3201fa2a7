"""Record why the results of a run are what they are: its requests and their reasons."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from oddsctl.domain.errors import StateError
from oddsctl.domain.notices import Notice, RequestFinished, WindowUnpriced
from oddsctl.domain.ports import Clock
from oddsctl.domain.requests import Outcome, PriorityRequest, Reason
from oddsctl.domain.units import iso, iso_or_none
from oddsctl.records.database import RecordsDatabase

KEEP_DECISIONS = 1000
"""Runs whose reasons are kept: enough for days of cron. Calls are kept for good."""
PREFETCH_COMMAND = "prefetch"
"""The command that cron runs. Its reasons are kept only when it sent a request."""


class DecisionLog:
    """Reasons of a run's results: collected while it runs, written when it ends."""

    def __init__(self, records: RecordsDatabase, clock: Clock, command: str) -> None:
        self._records = records
        self._clock = clock
        self._command = command
        self._wishes: list[dict[str, Any]] = []
        self._windows: list[dict[str, str]] = []
        self.id = uuid4().hex[:8]

    def hear(self, notice: Notice) -> None:
        """Remember how a request ended, and which windows found no price."""
        match notice:
            case RequestFinished(request, outcome):
                self._wishes.append(_wish(request, outcome))
            case WindowUnpriced(game_id, game, window, why):
                self._windows.append(
                    {"game": game_id, "name": game, "window": window, "reason": "NO_PRICES", "detail": why}
                )

    def write(self) -> None:
        """Append the run if it decided anything; skip a cron run that found its schedule unchanged."""
        asked = any(wish["reason"] not in (Reason.FRESH_CACHE, Reason.PREFETCHED) for wish in self._wishes)
        if asked or self._windows or (self._wishes and self._command != PREFETCH_COMMAND):
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
            outdated = "DELETE FROM decisions WHERE rowid <= (SELECT max(rowid) FROM decisions) - ?"
            self._records.write(outdated, (KEEP_DECISIONS,))
        self._wishes, self._windows, self.id = [], [], uuid4().hex[:8]


def decision(records: RecordsDatabase, decision_id: str | None) -> dict[str, Any] | None:
    """Return the run with that id (or a prefix of it), or the last one; None when there is none."""
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
        "game_time": iso_or_none(request.game_time),
        "reason": outcome.reason.value,
        "detail": outcome.detail,
        "credits": outcome.credits,
        "steps": list(outcome.steps),
    }
