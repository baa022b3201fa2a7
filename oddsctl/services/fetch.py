"""The main job: for each sport ask for schedule and odds, then weather at kick-off, and join them into the
board.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from oddsctl.domain import best_prices, board
from oddsctl.domain.board_models import Board, Game
from oddsctl.domain.errors import OddsctlError, one_line
from oddsctl.domain.jobs import Job, ScheduleJob
from oddsctl.domain.models import Sport
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob
from oddsctl.domain.ports import Clock
from oddsctl.domain.provider_errors import MissingKeyError
from oddsctl.domain.requests import (
    DryRunEntry,
    Outcome,
    PriorityRequest,
    Reason,
    RequestOptions,
)
from oddsctl.domain.settings import Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy.reasons import RetryOutlook, nothing_to_show
from oddsctl.services import board_query
from oddsctl.services.board_query import BoardQuery
from oddsctl.services.board_selection import (
    games_in_question,
    has_nothing_ahead,
    outrights_in_question,
    unknown_names,
    with_espn_line,
    with_is_priced,
    with_prices_of_book,
)
from oddsctl.services.board_sources import left_out_lines, sources_of
from oddsctl.services.kickoff_weather import (
    KickoffWeather,
    WeatherSurvey,
    at_kickoff,
    geocoded,
    venue_of,
)
from oddsctl.services.no_games import find_next_games, note, team_names, unknown_team
from oddsctl.services.sport_board import SportBoard, SportBoards


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The board, and for each sport of which no game can be shown, why."""

    board: Board
    failures: tuple[OddsctlError, ...]


class FetchBoard:
    """One `fetch`, from requests to board. `of_late` says in words how an API has been."""

    def __init__(
        self,
        orchestrator: RequestOrchestrator,
        clock: Clock,
        settings: Settings,
        of_late: Callable[[str], str] = lambda _: "left alone",
    ) -> None:
        self._orchestrator = orchestrator
        self._clock = clock
        self._settings = settings
        self._of_late = of_late
        self._asking = SportBoards(orchestrator, clock)

    def run(self, wanted: BoardQuery, terms: RequestOptions) -> FetchResult:
        """The board of all sports wanted.

        A provider's failure shows in `sources`, and in `failures` where no game is left.
        """
        now = self._clock.now()
        parts = [
            replace(part, games=self._join(part, wanted, now))
            for part in self._asking.ask(wanted, terms, now)
        ]
        books = {price.bookmaker for part in parts for game in part.games for price in game.odds}
        books |= {
            price.bookmaker for part in parts for event in part.events.outrights for price in event.prices
        }
        parts = [
            with_is_priced(replace(part, games=games_in_question(part, wanted)), wanted) for part in parts
        ]
        parts = [
            replace(part, games=tuple(with_prices_of_book(game, wanted.book) for game in part.games))
            for part in parts
        ]
        notes = self._notes(parts, wanted, terms, now)
        if wanted.weather:
            weather = KickoffWeather(
                partial(self._orchestrator.run, options=terms), self._settings.weather.units, now
            )
            parts = self._with_weather(parts, weather, terms)
        outlook = RetryOutlook(self._orchestrator.rests_until, self._of_late, wanted.zone)
        failures = [
            nothing_to_show(part.sport, part.evidence_of_no_games, outlook)
            for part in parts
            if not part.games and not part.events.outrights
        ]
        made_at, usage = self._clock.now(), self._orchestrator.usage()
        made = Board(
            generated_at=made_at,
            demo=any(outcome.demo for part in parts for outcome in part.asked),
            games=tuple(best_prices.with_best(game) for part in parts for game in part.games),
            sources=tuple(one for part in parts for one in sources_of(part, made_at)),
            usage=usage,
            warnings=(*self._warnings(parts, usage.credits_remaining), *unknown_names(parts, wanted, books)),
            outrights=tuple(one for part in parts for one in outrights_in_question(part, wanted)),
            notes=notes,
        )
        return FetchResult(made, tuple(error for error in failures if error))

    def preview(self, wanted: BoardQuery, terms: RequestOptions) -> list[tuple[Sport, DryRunEntry]]:
        """What `run` would ask now. Weather is asked for places, so it shows once the schedule is stored."""
        now = self._clock.now()
        weather = KickoffWeather(self._orchestrator.dry_run.stored, self._settings.weather.units, now)
        requests: list[tuple[Sport, PriorityRequest]] = []
        plans = self._asking.plan(wanted, terms, now)
        for plan in plans:
            wishes = list(plan.requests)
            if wanted.weather:
                known = replace(plan.part, games=self._join(plan.part, wanted, now))
                wishes += weather.requests(games_in_question(known, wanted), known.scheduled).values()
            requests += [(plan.part.sport, wish) for wish in wishes]
        sports = {request.job: sport for sport, request in requests}
        doubtful = {plan.board for plan in plans if plan.if_there_is_a_game}
        previews = [
            replace(preview, decision=f"{preview.decision}, only if the schedule has such a game")
            if preview.job in doubtful
            else preview
            for preview in self._orchestrator.dry_run.preview([request for _, request in requests], terms)
        ]
        named = [(sports.get(preview.job) or _sport_of(preview.job, sports), preview) for preview in previews]
        spared = [(plan.part.sport, plan.board) for plan in plans if plan.board and plan.board not in sports]
        return named + [
            (sport, DryRunEntry(job, 0, "not sent: the schedule has no such game")) for sport, job in spared
        ]

    # ── where there is no game ──

    def _notes(
        self, parts: Sequence[SportBoard], wanted: BoardQuery, terms: RequestOptions, now: float
    ) -> tuple[str, ...]:
        """A line for each sport without a game ahead, with its next one.

        Raises `UsageError` for a team that there is not.
        """
        ahead = {
            part.sport.name for part in parts if not has_nothing_ahead(part, wanted, now)
        }  # a sport may have two parts
        bare = list({part.sport.name: part for part in parts if part.sport.name not in ahead}.values())
        ask = (
            None
            if terms.offline
            else partial(
                self._orchestrator.run, options=replace(terms, max_age=board_query.TRUSTED_FOR, fresh=False)
            )
        )
        found = {
            part.sport.name: find_next_games(part.span, wanted.team, part.asked, now, ask) for part in bare
        }
        gone = [found[part.sport.name] for part in bare if not part.games]
        if (
            wanted.team
            and len(gone) == len({part.sport.name for part in parts})
            and (error := unknown_team(wanted.team, gone, self._stored_teams))
        ):
            raise error
        return tuple(
            note(found[part.sport.name], wanted.team, wanted.zone, now, all_over=bool(part.games))
            for part in bare
        )

    def _stored_teams(self, sport: Sport) -> Iterable[str]:
        """The teams of every schedule, list and board that is kept."""
        shelves = [ScheduleJob(sport.espn_path, "", sport.espn_groups).prefix] if sport.espn_path else []
        shelves += (
            [OddsJob(sport.odds_key, ()).board_prefix, EventsJob(sport.odds_key).key]
            if sport.odds_key
            else []
        )
        return (name for shelf in shelves for name in team_names(self._orchestrator.dry_run.answers(shelf)))

    # ── the join ──

    def _join(self, part: SportBoard, wanted: BoardQuery, now: float) -> tuple[Game, ...]:
        games = board.join(
            part.sport, part.scheduled, part.events.games, board_query.names_of(part.sport), now, part.lists
        )
        by_id = {game.id: game for game in part.scheduled}
        return tuple(
            replace(
                game, venue=venue_of(part.sport, known), odds=with_espn_line(game, known.line, part, wanted)
            )
            if (known := by_id.get(game.id))
            else game
            for game in games
        )

    def _with_weather(
        self, parts: Sequence[SportBoard], weather: KickoffWeather, terms: RequestOptions
    ) -> list[SportBoard]:
        surveys = [weather.survey(part.games, part.scheduled) for part in parts]
        requests = list(
            {request.job: request for survey in surveys for request in survey.wishes.values()}.values()
        )
        outcomes = (
            {outcome.job: outcome for outcome in self._orchestrator.run(requests, terms)} if requests else {}
        )
        return [_forecast(part, survey, outcomes) for part, survey in zip(parts, surveys, strict=True)]

    def _warnings(self, parts: Sequence[SportBoard], left: int | None) -> Iterable[str]:
        yield from (warning for part in parts for warning in left_out_lines(part))
        failed = [part.odds for part in parts if part.odds and part.odds.error]
        if missing := next(
            (outcome.error for outcome in failed if isinstance(outcome.error, MissingKeyError)), None
        ):
            yield (
                f"{missing.message}; with one (free, 500 credits a month) you see every book's prices: "
                f"{missing.hint or 'set odds.key'}"
            )
        for error in {outcome.error.message: outcome.error for outcome in failed if outcome.error}.values():
            if not isinstance(error, MissingKeyError):
                yield one_line(error)
        if left is not None and left < self._settings.budget.warn_below and any(part.odds for part in parts):
            yield (
                f"{left} credits left this month; boards up to an hour old count as fresh (budget.warn_below)"
            )


def _forecast(part: SportBoard, survey: WeatherSurvey, outcomes: Mapping[Job, Outcome]) -> SportBoard:
    """The part with the weather of its games.

    Where an answer lacks the hour of one of its games, what was wanted is not all there.
    """
    placed = [
        geocoded(game, survey.geocoded[game.id]) if game.id in survey.geocoded else game
        for game in part.games
    ]
    asked = {game.id: outcomes[survey.wishes[game.id].job] for game in placed if game.id in survey.wishes}
    games = [
        replace(game, weather=at_kickoff(asked[game.id], game)) if game.id in asked else game
        for game in placed
    ]
    used = {outcome.job: outcome for outcome in asked.values()}
    for game in games:
        if game.weather is None and game.id in asked and (outcome := asked[game.id]).answer is not None:
            used[outcome.job] = replace(
                outcome, reason=Reason.NONE, detail="no forecast for the hour of a game"
            )
    return replace(part, games=tuple(games), weather=(*used.values(), *survey.unplaced))


def _sport_of(job: Job, sports: Mapping[Job, Sport]) -> Sport:
    """Return the first sport whose requests a merged call serves."""
    return next(sport for wish, sport in sports.items() if job.covers(wish))
