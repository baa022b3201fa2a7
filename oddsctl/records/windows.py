"""Record the result of each window of each game, for good: captured, skipped or missed.

Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from oddsctl.records.database import RecordsDatabase

WindowStatus = Literal["captured", "skipped", "missed"]


@dataclass(frozen=True, slots=True)
class WindowResult:
    """Result of a window (`30m`) of a game.

    `reason` says why it was not captured; `at` is the time of the prices that captured it.
    """

    sport: str
    game: str
    window: str
    start: float
    fate: WindowStatus
    reason: str | None = None
    at: float | None = None
    lag: float | None = None
    """Seconds from the window's nominal time to the prices; negative when earlier."""


class WindowResults:
    """Results of windows. A game that moves gets new ones: the last row counts."""

    def __init__(self, records: RecordsDatabase) -> None:
        self._records = records

    @property
    def is_readable(self) -> bool:
        """Return False if part of the history could not be read: unreadable is not empty."""
        return self._records.is_readable

    def since(self, start: float) -> dict[tuple[str, str], WindowResult]:
        """Return the results of games that start from then on, by game and window."""
        query = "SELECT sport, game, window, start, fate, reason, at, lag FROM windows WHERE start >= ?"
        ends = (WindowResult(*row) for row in self._records.rows(query, (start,)))
        return {(end.game, end.window): end for end in ends}

    def note(self, ends: Iterable[WindowResult]) -> None:
        """Record how windows ended."""
        for end in ends:
            row = (end.sport, end.game, end.window, end.start, end.fate, end.reason, end.at, end.lag)
            self._records.write(
                "INSERT OR REPLACE INTO windows (sport, game, window, start, fate, reason, at, lag) VALUES "
                "(?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def totals(self) -> Mapping[tuple[str, str], int]:
        """Count the results by window and status; those skipped for want of a price count as `no_prices`."""
        fate = "CASE reason WHEN 'NO_PRICES' THEN 'no_prices' ELSE fate END"
        query = f"SELECT window, {fate} AS ended, count(*) FROM windows GROUP BY window, ended"  # noqa: S608
        rows = self._records.rows(query)
        return {(window, fate): count for window, fate, count in rows}
