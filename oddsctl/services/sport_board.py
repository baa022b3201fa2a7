"""Asks for the schedule and the board of each sport: the board beside the schedule, or after it where there
may be nothing to buy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oddsctl.domain import board
from oddsctl.domain.answers import Events, Schedule
from oddsctl.domain.board_models import Game
from oddsctl.domain.jobs import Job, ScheduleJob
from oddsctl.domain.models import ScheduledGame, Sport
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob
from oddsctl.domain.ports import Clock
from oddsctl.domain.provider_errors import InvalidMarketError
from oddsctl.domain.requests import Outcome, Priority, PriorityRequest, RequestOptions
from oddsctl.domain.scoreboards import schedule_jobs
from oddsctl.domain.units import eastern_day
from oddsctl.domain.vocabulary import DEFAULT_OUTRIGHTS
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy import freshness
from oddsctl.services import board_query
from oddsctl.services.board_query import LONGEST_GAME, BoardQuery, QuerySpan

MOVED_UP_TO = 90 * 86400.0
"""How far ahead a game is looked for that the odds have on a day on which the schedule does not."""


@dataclass(frozen=True, slots=True)
class SportBoard:
    """One sport under way: its span, and what was answered so far."""

    span: QuerySpan
    schedule: tuple[Outcome, ...] = ()
    odds: Outcome | None = None
    fallback: Outcome | None = None
    """The Odds API's own free list of games, where ESPN has no schedule."""
    is_empty: bool = False
    """No game in question still needs a price, so no board is asked for."""
    is_priced: bool = True
    """Whether a book prices a game in question; also true where no game needs a price."""
    later: tuple[Outcome, ...] = ()
    """Schedules of later months, asked only for events that the schedule should hold and does not."""
    weather: tuple[Outcome, ...] = ()
    games: tuple[Game, ...] = ()

    @property
    def sport(self) -> Sport:
        return self.span.sport

    @property
    def evidence_of_no_games(self) -> tuple[Outcome, ...]:
        """What can tell that there is no game: the schedule, or the odds as they are now; an old board of
        other days cannot.
        """
        odds = (one for one in (self.odds, self.fallback) if one)
        return (
            *self.schedule,
            *(replace(one, answer=None) if one.reason.startswith("STALE_") else one for one in odds),
        )

    @property
    def asked(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in (*self.schedule, self.odds, self.fallback) if outcome)

    @property
    def scheduled(self) -> tuple[ScheduledGame, ...]:
        answers = (outcome.answer for outcome in (*self.later, *self.schedule))
        games = (game for answer in answers if isinstance(answer, Schedule) for game in answer.games)
        return tuple({game.id: game for game in games}.values())

    def lists(self, start: float) -> bool:
        """Whether the schedule holds all games of that moment's day: it was answered, lately and whole."""
        day = eastern_day(start)
        return any(
            isinstance(one.job, ScheduleJob) and day.startswith(one.job.dates) and _is_whole(one)
            for one in self.schedule
        )

    @property
    def events(self) -> Events:
        for outcome in (self.odds, self.fallback):
            if outcome and isinstance(outcome.answer, Events):
                return outcome.answer
        return Events(())

    @property
    def has_schedule(self) -> bool:
        return any(outcome.answer is not None for outcome in self.schedule)

    @property
    def scheduled_by_odds(self) -> bool:
        return any(
            outcome is not None and outcome.answer is not None for outcome in (self.odds, self.fallback)
        )


@dataclass(frozen=True, slots=True)
class SportPlan:
    """What would be asked for one sport.

    `part` holds what is stored; `board` is asked for only `if_there_is_a_game`, or not at all.
    """

    part: SportBoard
    requests: tuple[PriorityRequest, ...]
    board: Job | None
    if_there_is_a_game: bool


class SportBoards:
    """Schedules and boards of one `fetch`."""

    def __init__(self, orchestrator: RequestOrchestrator, clock: Clock) -> None:
        self._orchestrator = orchestrator
        self._clock = clock

    def ask(self, wanted: BoardQuery, terms: RequestOptions, now: float) -> list[SportBoard]:
        """Schedule and board of each sport.

        No board is asked for where the schedule has no game in question that needs a price.
        """
        parts = self._looked(
            [SportBoard(span) for span in board_query.spans(wanted, now)], wanted, terms, now
        )
        requests = [[] if part.schedule else self._schedule_requests(part) for part in parts]
        odds = [None if part.is_empty else self._odds_request(part, wanted) for part in parts]
        flat = [request for group in (*requests, [one for one in odds if one]) for request in group]
        outcomes = {outcome.job: outcome for outcome in self._orchestrator.run(flat, terms)} if flat else {}
        answered = []
        for part, group, one in zip(parts, requests, odds, strict=True):
            schedule = part.schedule or tuple(outcomes[request.job] for request in group)
            priced = self._or_outrights(outcomes[one.job], part, wanted, terms) if one else None
            answered.append(
                self._with_fallback(
                    _drop_board_of_started_games(replace(part, schedule=schedule, odds=priced), now), terms
                )
            )
        return [self._with_later(part, terms) for part in answered]

    def plan(self, wanted: BoardQuery, terms: RequestOptions, now: float) -> list[SportPlan]:
        """What `ask` would ask now."""
        plans = []
        for span in board_query.spans(wanted, now):
            part = SportBoard(span)
            requests = self._schedule_requests(part)
            stored = replace(part, schedule=tuple(self._orchestrator.dry_run.stored(requests)))
            board = self._odds_request(stored, wanted)
            first = board is not None and self._looks_first(part, wanted, now)
            if first and not requests:
                requests = [_events_request(span.sport)]
            known = first and _is_at_hand(stored, terms, now)
            needed = not known or not board_query.is_empty(span, wanted.team, stored.schedule, now)
            wishes = (*requests, board) if board and needed else (*requests,)
            plans.append(SportPlan(stored, wishes, board.job if board else None, first and not known))
        return plans

    def _schedule_requests(self, part: SportBoard) -> list[PriorityRequest]:
        start, end = part.span.start, part.span.end
        since = min(start, max(start - LONGEST_GAME, self._clock.now() - LONGEST_GAME))
        return [PriorityRequest(job, Priority.HIGH) for job in schedule_jobs(part.sport, since, end)]

    def _odds_request(self, part: SportBoard, wanted: BoardQuery) -> PriorityRequest | None:
        over = part.span.end <= self._clock.now() - LONGEST_GAME  # finished games are never listed
        if not wanted.odds or not part.sport.odds_key or over:
            return None
        soonest = min((game.start for game in part.scheduled if game.status == "scheduled"), default=None)
        job = OddsJob(part.sport.odds_key, wanted.markets_of(part.sport), wanted.regions, wanted.bookmakers)
        return PriorityRequest(job, Priority.HIGH, game_time=soonest)

    def _or_outrights(
        self, outcome: Outcome, part: SportBoard, wanted: BoardQuery, terms: RequestOptions
    ) -> Outcome:
        """The outcome; where the sport turns out to have no games, and nobody named markets, that of asking
        for its outrights.
        """
        if wanted.markets_named or part.sport.espn_path or not isinstance(outcome.error, InvalidMarketError):
            return outcome
        job = OddsJob(part.sport.odds_key or "", DEFAULT_OUTRIGHTS, wanted.regions, wanted.bookmakers)
        (instead,) = self._orchestrator.run([PriorityRequest(job, Priority.HIGH)], terms)
        return outcome if instead.answer is None else instead

    # ── the schedule first ──

    def _looked(
        self, parts: Sequence[SportBoard], wanted: BoardQuery, terms: RequestOptions, now: float
    ) -> list[SportBoard]:
        """The parts; those that may have no game with their schedule, and whether it has none."""
        thrifty = (
            wanted.odds and self._orchestrator.is_low()
        )  # whether the last credits may be spent hangs on the games' times
        first = {part.span for part in parts if thrifty or self._looks_first(part, wanted, now)}
        groups = {part.span: self._schedule_requests(part) for part in parts if part.span in first}
        flat = [request for group in groups.values() for request in group]
        outcomes = {outcome.job: outcome for outcome in self._orchestrator.run(flat, terms)} if flat else {}
        looked = []
        for part in parts:
            known = replace(
                part, schedule=tuple(outcomes[request.job] for request in groups.get(part.span, ()))
            )
            if part.span in first and wanted.is_narrow and not known.has_schedule:
                known = self._with_list(known, wanted, terms)
            free = known.schedule if known.has_schedule else [known.fallback] if known.fallback else []
            looked.append(
                replace(known, is_empty=bool(board_query.is_empty(part.span, wanted.team, free, now)))
            )
        return looked

    def _looks_first(self, part: SportBoard, wanted: BoardQuery, now: float) -> bool:
        """Whether there may be no game to buy prices for: the question is narrow, or the stored schedule
        knows of none ahead.
        """
        if part.sport.has_only_outrights or self._odds_request(part, wanted) is None:
            return False
        stored = self._orchestrator.dry_run.stored(self._schedule_requests(part))
        if board_query.surely_ahead(part.span, wanted.team, stored, now):
            return False
        return wanted.is_narrow or board_query.is_empty(part.span, wanted.team, stored, now) is not None

    def _with_list(self, part: SportBoard, wanted: BoardQuery, terms: RequestOptions) -> SportBoard:
        """The part with the free list of games of The Odds API, where a board would have to be paid for."""
        request = None if part.sport.has_only_outrights else self._odds_request(part, wanted)
        if request is None or not any(
            preview.price for preview in self._orchestrator.dry_run.preview([request], terms)
        ):
            return part
        (outcome,) = self._orchestrator.run([_events_request(part.sport)], terms)
        return replace(part, fallback=outcome)

    def _with_fallback(self, part: SportBoard, terms: RequestOptions) -> SportBoard:
        if (
            part.has_schedule
            or part.scheduled_by_odds
            or part.fallback
            or not part.sport.odds_key
            or part.sport.has_only_outrights
        ):
            return part
        (outcome,) = self._orchestrator.run([_events_request(part.sport)], terms)
        return replace(part, fallback=outcome)

    # ── games that were moved ──

    def _with_later(self, part: SportBoard, terms: RequestOptions) -> SportBoard:
        """With the next months' schedules, where an event in question is missing from this one: it may have
        been moved there.
        """
        events = [
            event for event in part.events.games if part.span.start <= event.commence_time < part.span.end
        ]
        if not part.sport.folds_months or not board.missing(
            part.scheduled, events, board_query.names_of(part.sport), part.lists
        ):
            return part
        asked = {outcome.job for outcome in part.schedule}
        unasked = [
            job
            for job in schedule_jobs(part.sport, part.span.end, part.span.end + MOVED_UP_TO)
            if job not in asked
        ]
        return replace(
            part,
            later=tuple(
                self._orchestrator.run([PriorityRequest(job, Priority.HIGH) for job in unasked], terms)
            ),
        )


def _is_whole(outcome: Outcome) -> bool:
    """Whether it is a schedule of now that lacks no game."""
    answer = outcome.answer
    if not isinstance(answer, Schedule) or outcome.reason.startswith("STALE_"):
        return False
    return answer.doubt is None and not answer.left_out


def _events_request(sport: Sport) -> PriorityRequest:
    return PriorityRequest(EventsJob(sport.odds_key or ""), Priority.HIGH)


def _is_at_hand(part: SportBoard, terms: RequestOptions, now: float) -> bool:
    """Whether the stored schedule is so young that none will be asked for."""
    most = freshness.SCHEDULE if terms.max_age is None else terms.max_age
    ages = [now - outcome.fetched_at for outcome in part.schedule if outcome.fetched_at is not None]
    return bool(ages) and len(ages) == len(part.schedule) and not terms.fresh and max(ages) <= most


def _drop_board_of_started_games(part: SportBoard, now: float) -> SportBoard:
    """Without a stored board of which every game has begun, where ESPN's line says more of those to come."""
    odds = part.odds
    if odds is None or not odds.reason.startswith("STALE_") or not any(game.line for game in part.scheduled):
        return part
    ahead = isinstance(odds.answer, Events) and any(event.commence_time > now for event in odds.answer.events)
    return (
        part
        if ahead
        else replace(part, odds=replace(odds, answer=None, fetched_at=None, detail=odds.detail or "OFFLINE"))
    )
