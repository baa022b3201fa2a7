"""The main job: for each sport ask for schedule and odds, then weather at kick-off, and join them into the
board.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from oddsctl.domain import best_prices, board, suggest
from oddsctl.domain.board_models import Board, Game, Outright, Source
from oddsctl.domain.bookmakers import title
from oddsctl.domain.errors import MissingKeyError, OddsctlError, one_line
from oddsctl.domain.jobs import (
    EventsJob,
    Job,
    OddsJob,
    ScheduleJob,
    canonical,
)
from oddsctl.domain.models import NOTHING_LEFT_OUT, LeftOut, Price, Sport
from oddsctl.domain.ports import Clock
from oddsctl.domain.requests import (
    DryRunEntry,
    Outcome,
    PriorityRequest,
    Reason,
    RequestOptions,
)
from oddsctl.domain.settings import Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy.coverage import covers
from oddsctl.policy.reasons import RetryOutlook, nothing_to_show, source
from oddsctl.services import board_query
from oddsctl.services.board_query import OVER, BoardQuery
from oddsctl.services.kickoff_weather import (
    KickoffWeather,
    WeatherSurvey,
    at_kickoff,
    geocoded,
    venue_of,
)
from oddsctl.services.no_games import find_next_games, note, team_names, unknown_team
from oddsctl.services.sport_board import SportBoard, SportBoards

NO_PRICES = "NO_PRICES"
"""The detail of a board that has no price of what was wanted."""
PRICED = (
    Reason.FETCHED,
    Reason.FRESH_CACHE,
    Reason.JOINED_INFLIGHT,
    Reason.SUPERSET_CACHE,
    Reason.PREFETCHED,
)
"""Reasons that say the prices are there."""


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The board, and for each sport of which no game can be shown, why."""

    board: Board
    failures: tuple[OddsctlError, ...]


class FetchBoard:
    """One `fetch`, from wishes to board. `of_late` tells in words how an API has been."""

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
        parts = [_judged(replace(part, games=_wanted_of(part, wanted)), wanted) for part in parts]
        parts = [
            replace(part, games=tuple(_of_book(game, wanted.book) for game in part.games)) for part in parts
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
            sources=tuple(one for part in parts for one in _sources(part, made_at)),
            usage=usage,
            warnings=(*self._warnings(parts, usage.credits_remaining), *_unknown(parts, wanted, books)),
            outrights=tuple(one for part in parts for one in _outrights(part, wanted)),
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
                wishes += weather.requests(_wanted_of(known, wanted), known.scheduled).values()
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
            part.sport.name for part in parts if not _has_nothing_ahead(part, wanted, now)
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
            replace(game, venue=venue_of(part.sport, known), odds=_with_line(game, known.line, part, wanted))
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
        yield from (warning for part in parts for warning in _left_out(part))
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
    """The first sport whose wishes a shared call serves."""
    return next(sport for wish, sport in sports.items() if covers(job, wish))


def _in_markets(line: tuple[Price, ...], wanted: BoardQuery) -> tuple[Price, ...]:
    markets = canonical(wanted.markets)
    return tuple(price for price in line if price.market in markets)


def _with_line(
    game: Game, line: tuple[Price, ...], part: SportBoard, wanted: BoardQuery
) -> tuple[Price, ...]:
    """The game's prices; ESPN's own line, where no book prices it."""
    return (
        game.odds
        if part.odds is None or _has_price(game, wanted)
        else (*game.odds, *_in_markets(line, wanted))
    )


def _has_price(game: Game, wanted: BoardQuery) -> bool:
    """Whether a book has a price of a market that is wanted."""
    markets = canonical(wanted.markets)
    return any(price.market in markets and not _is_espns(price) for price in game.odds)


def _is_espns(price: Price) -> bool:
    return price.bookmaker.startswith("espn:")


def _wanted_of(part: SportBoard, wanted: BoardQuery) -> tuple[Game, ...]:
    """The games in question."""
    return tuple(
        game
        for game in part.games
        if board_query.holds(part.span, wanted.team, game.commence_time, game.status, (game.home, game.away))
    )


def _judged(part: SportBoard, wanted: BoardQuery) -> SportBoard:
    """The part, with whether its board prices what it was asked for."""
    open_games = [game for game in part.games if game.status not in OVER]
    return replace(part, is_priced=not open_games or any(_has_price(game, wanted) for game in open_games))


def _has_nothing_ahead(part: SportBoard, wanted: BoardQuery, now: float) -> bool:
    """Whether the answers say that no game in question needs a price, or that there is none at all."""
    if part.sport.has_only_outrights or part.events.outrights:
        return False
    if part.games:
        return wanted.odds and part.is_empty
    listed = part.schedule if part.has_schedule else [one for one in (part.odds, part.fallback) if one]
    return board_query.is_empty(part.span, wanted.team, listed, now) is not None


def _outrights(part: SportBoard, wanted: BoardQuery) -> Iterable[Outright]:
    """The competitions of a sport, whatever the days; of `--team` only that competitor, of `--book` only that
    book.
    """
    for event in part.events.outrights:
        prices = [
            price for price in event.prices if wanted.book is None or _is_book(price.bookmaker, wanted.book)
        ]
        yield board.outright(
            part.sport,
            event,
            [
                one
                for one in prices
                if wanted.team is None or board_query.is_team(part.sport, wanted.team, [one.outcome])
            ],
        )


def _unknown(parts: Sequence[SportBoard], wanted: BoardQuery, books: set[str]) -> Iterable[str]:
    """Names that nothing on the board has."""
    yield from _unknown_book(wanted.book, books)
    for part in parts:
        names = {price.outcome for event in part.events.outrights for price in event.prices}
        if wanted.team and names and not board_query.is_team(part.sport, wanted.team, names):
            near = board_query.nearest_team(wanted.team, names)
            yield f"{part.sport.name}: no competitor is called {wanted.team!r}" + (
                f"; did you mean {near}?" if near else ""
            )


def _of_book(game: Game, book: str | None) -> Game:
    return (
        game
        if book is None
        else replace(game, odds=tuple(price for price in game.odds if _is_book(price.bookmaker, book)))
    )


def _is_book(key: str, book: str) -> bool:
    """Whether the book is meant, by its key, by its title, or as people write them: `draft kings`, `Caesars`,
    `espn:DraftKings`, `espn`.
    """
    wanted = suggest.squeezed(book)
    return wanted in (suggest.squeezed(key), suggest.squeezed(title(key))) or (
        wanted == "espn" and key.startswith("espn:")
    )


def _unknown_book(book: str | None, books: set[str]) -> Iterable[str]:
    if book is not None and books and not any(_is_book(key, book) for key in books):
        yield f"no prices of {book!r} here; there are {' '.join(sorted(books))}"


def _left_out(part: SportBoard) -> Iterable[str]:
    """A line for each provider of whose answers something could not be used."""
    by_api: dict[str, LeftOut] = {}
    for outcome in (*part.asked, *part.weather):
        if outcome.answer:
            by_api[outcome.job.api] = by_api.get(outcome.job.api, NOTHING_LEFT_OUT) + outcome.answer.left_out
    return [f"{part.sport.name} {api}: {left_out}" for api, left_out in by_api.items() if left_out]


def _sources(part: SportBoard, now: float) -> Iterable[Source]:
    """An entry a provider that was asked; where one stands in for another, under the name of the one it
    stands in for.
    """
    espn = source("espn", part.sport, part.schedule, now) if part.schedule else None
    odds = source("odds", part.sport, [part.odds], now) if part.odds else None
    if espn:
        yield espn if part.has_schedule or not part.scheduled_by_odds else _stand_in(espn, "odds", odds)
    if odds and part.odds:
        yield _priced(part, odds, espn)
    elif part.fallback and not espn:
        yield source("odds", part.sport, [part.fallback], now)
    if part.weather:
        yield source("weather", part.sport, part.weather, now)


def _priced(part: SportBoard, odds: Source, espn: Source | None) -> Source:
    """The entry of the board: as it was answered, as ESPN's line stands in for all of it, or as one without
    the prices wanted.
    """
    if part.is_priced:
        return odds
    bare = odds if part.odds and part.odds.answer is None else replace(odds, detail=odds.detail or NO_PRICES)
    if any(_is_espns(price) for game in part.games for price in game.odds):
        return _stand_in(bare, "espn", espn)
    return bare if odds.reason not in PRICED else replace(bare, reason=Reason.NONE)


def _stand_in(missing: Source, who: str, by: Source | None) -> Source:
    """The entry of a provider that did not answer, with the age of what stands in for it."""
    fetched_at, age = (by.fetched_at, by.age_seconds) if by else (None, None)
    return replace(
        missing,
        reason=Reason.FALLBACK,
        detail=f"{who}: {missing.detail}",
        fetched_at=fetched_at,
        age_seconds=age,
    )
