"""Many requests of a user's own, one JSON object a line: read, asked together, answered in the order they
came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from oddsctl.domain import best_prices, board, game_matching
from oddsctl.domain.answers import Events, Forecasts, Schedule
from oddsctl.domain.board_models import Game, Outright, Weather
from oddsctl.domain.errors import OddsctlError, OutOfReachError
from oddsctl.domain.ports import Clock, Store
from oddsctl.domain.requests import Outcome
from oddsctl.domain.units import eastern_day
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy.reasons import error_of
from oddsctl.services.batch_file import BatchRequest


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What became of a line: `data` is games (and outrights) or one weather, None with an error."""

    line: BatchRequest
    outcome: Outcome
    data: tuple[Game | Outright, ...] | Weather | None

    @property
    def error(self) -> OddsctlError | None:
        """Why there is no data."""
        if self.data is not None:
            return None
        return (
            OutOfReachError("no forecast reaches that hour")
            if self.outcome.answer
            else error_of(self.outcome)
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of the answer beside its data."""
        answer = self.outcome.answer
        return (f"{self.outcome.job.api}: {answer.left_out}",) if answer and answer.left_out else ()


@dataclass(frozen=True, slots=True)
class BatchCost:
    """What a batch cost, beside what its lines would have cost one by one."""

    lines: int
    calls: int
    credits: int
    calls_apart: int
    credits_apart: int


def answer(line: BatchRequest, outcome: Outcome, now: float) -> BatchAnswer:
    """The line with its part of the answer, in the shapes of the board."""
    match outcome.answer:
        case Events() as events if line.sport:
            games: tuple[Game, ...] = board.join(line.sport, (), events.games, game_matching.NO_MATCHING, now)
            outrights = [board.outright(line.sport, event, event.prices) for event in events.outrights]
            return BatchAnswer(line, outcome, (*(best_prices.with_best(game) for game in games), *outrights))
        case Schedule(scheduled) if line.sport and line.day:
            of_day = [game for game in scheduled if eastern_day(game.start) == line.day]
            return BatchAnswer(
                line, outcome, board.join(line.sport, of_day, (), game_matching.NO_MATCHING, now)
            )
        case Forecasts(forecasts) if line.time is not None:
            return BatchAnswer(line, outcome, board.weather_at(forecasts[0], line.time))
        case _:
            return BatchAnswer(line, outcome, None)


def bill(lines: Sequence[BatchRequest], orchestrator: RequestOrchestrator) -> BatchCost:
    """What the batch cost, and what each line for itself would have."""
    usage = orchestrator.usage()
    return BatchCost(
        len(lines),
        usage.calls,
        usage.credits,
        len(lines),
        sum(orchestrator.price(line.request.job) for line in lines),
    )


class BatchProgress:
    """When a batch was first begun, kept in the store until it is through: what was answered since then needs
    no second call.
    """

    def __init__(self, store: Store, clock: Clock, texts: Sequence[str]) -> None:
        self._store = store
        self._now = clock.now()
        self._key = f"batches/{sha256(chr(10).join(texts).encode(errors='surrogateescape')).hexdigest()[:16]}"

    def age(self) -> float | None:
        """Seconds since this batch was begun by a run that did not get through; None where there is none."""
        began = self._store.read(self._key)
        return max(0.0, self._now - began) if isinstance(began, int | float) else None

    def begin(self, *, resuming: bool) -> None:
        """Remember the beginning; that of the run before, when it is resumed."""
        self._store.update(self._key, lambda old: (old if resuming else self._now, None))

    def finish(self) -> None:
        """The batch is through."""
        self._store.delete(self._key)
