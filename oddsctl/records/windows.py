"""What became of each window of each game: captured, skipped or missed, kept for good in the history.

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
    """How a window (`30m`) of a game ended.

    `reason` says why it was not captured; `at` is the moment of the prices that captured it.
    """

    sport: str
    game: str
    window: str
    start: float
    fate: WindowStatus
    reason: str | None = None
    at: float | None = None
    lag: float | None = None
    """Seconds from the window's minute to the prices; negative: earlier."""


class WindowResults:
    """The ends of windows. A game that moves gets new ones: the last word counts."""

    def __init__(self, records: RecordsDatabase) -> None:
        self._records = records

    @property
    def is_readable(self) -> bool:
        """Whether what was read so far is all there is: a history that cannot be read is not an empty one."""
        return self._records.is_readable

    def since(self, start: float) -> dict[tuple[str, str], WindowResult]:
        """Of games that start from then on, by game and window."""
        query = "SELECT sport, game, window, start, fate, reason, at, lag FROM windows WHERE start >= ?"
        ends = (WindowResult(*row) for row in self._records.rows(query, (start,)))
        return {(end.game, end.window): end for end in ends}

    def note(self, ends: Iterable[WindowResult]) -> None:
        """Write down how windows ended."""
        for end in ends:
            row = (end.sport, end.game, end.window, end.start, end.fate, end.reason, end.at, end.lag)
            self._records.write(
                "INSERT OR REPLACE INTO windows (sport, game, window, start, fate, reason, at, lag) VALUES "
                "(?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def totals(self) -> Mapping[tuple[str, str], int]:
        """How many windows ended in which way, by window and fate; those skipped for want of a price are
        counted as `no_prices`.
        """
        fate = "CASE reason WHEN 'NO_PRICES' THEN 'no_prices' ELSE fate END"
        query = f"SELECT window, {fate} AS ended, count(*) FROM windows GROUP BY window, ended"  # noqa: S608
        rows = self._records.rows(query)
        return {(window, fate): count for window, fate, count in rows}
