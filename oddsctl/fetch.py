"""The main job: for each sport ask for schedule and odds, then weather at kick-off, and join them into the board."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from oddsctl import board
from oddsctl.errors import MissingKeyError, OddsctlError
from oddsctl.kick_off_weather import KickOffWeather, Survey, at_kick_off, geocoded, venue_of
from oddsctl.messages.jobs import Events, EventsJob, Job, OddsJob, Schedule, canonical
from oddsctl.messages.wishes import Outcome, Preview, Priority, PriorityRequest, Reason, Terms
from oddsctl.models import Board, Game, Price, ScheduledGame, Source, Sport
from oddsctl.orchestrator import RequestOrchestrator
from oddsctl.policy.coalesce import covers
from oddsctl.ports import Clock
from oddsctl.providers import espn, teams
from oddsctl.settings import Settings
from oddsctl.sources import failure, source

LONGEST_GAME = 6 * 3600.0
"""A game that started so long ago may still be played: it belongs on a board from today on."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for. `days` None means each sport's own; `zone` is the user's, it bounds the days."""

    sports: tuple[Sport, ...]
    markets: tuple[str, ...]
    regions: tuple[str, ...]
    bookmakers: tuple[str, ...] = ()
    days: int | None = None
    day: date | None = None
    team: str | None = None
    book: str | None = None
    odds: bool = True
    weather: bool = True
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Fetched:
    """The board, and for each sport of which no game can be shown, why."""

    board: Board
    failures: tuple[OddsctlError, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """One sport under way: its window, and what was answered so far."""

    sport: Sport
    start: float
    end: float
    schedule: tuple[Outcome, ...] = ()
    odds: Outcome | None = None
    fallback: Outcome | None = None
    """The Odds API's own schedule, asked only when neither the schedule nor the board came."""
    weather: tuple[Outcome, ...] = ()
    games: tuple[Game, ...] = ()

    @property
    def telling(self) -> tuple[Outcome, ...]:
        """What can tell that there is no game: the schedule, or the odds as they are now; an old board of other days cannot."""
        odds = (one for one in (self.odds, self.fallback) if one)
        return (*self.schedule, *(replace(one, answer=None) if one.reason.startswith("STALE_") else one for one in odds))

    @property
    def asked(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in (*self.schedule, self.odds, self.fallback) if outcome)

    @property
    def scheduled(self) -> tuple[ScheduledGame, ...]:
        games = (game for outcome in self.schedule if isinstance(outcome.answer, Schedule) for game in outcome.answer.games)
        return tuple({game.id: game for game in games}.values())

    @property
    def events(self) -> Events:
        for outcome in (self.odds, self.fallback):
            if outcome and isinstance(outcome.answer, Events):
                return outcome.answer
        return Events(())

    @property
    def scheduled_by_odds(self) -> bool:
        return any(outcome is not None and outcome.answer is not None for outcome in (self.odds, self.fallback))


class Fetch:
    """One `fetch`, from wishes to board."""

    def __init__(self, orchestrator: RequestOrchestrator, clock: Clock, settings: Settings) -> None:
        self._orchestrator = orchestrator
        self._clock = clock
        self._settings = settings

    def run(self, wanted: Wanted, terms: Terms) -> Fetched:
        """The board of all sports wanted. A provider's failure shows in `sources`, and in `failures` where no game is left."""
        now = self._clock.now()
        parts = [replace(part, games=self._join(part, wanted, now)) for part in self._ask(self._parts(wanted, now), wanted, terms, now)]
        books = {price.bookmaker for part in parts for game in part.games for price in game.odds}
        parts = [
            replace(part, games=tuple(_of_book(game, wanted.book) for game in part.games if _is_wanted(game, part, wanted)))
            for part in parts
        ]
        if wanted.weather:
            weather = KickOffWeather(partial(self._orchestrator.run, terms=terms), self._settings.weather.units, now)
            parts = self._with_weather(parts, weather, terms)
        failures = [failure(part.telling) for part in parts if not part.games]
        made_at, usage = self._clock.now(), self._orchestrator.usage()
        made = Board(
            generated_at=made_at,
            demo=any(outcome.demo for part in parts for outcome in part.asked),
            games=tuple(board.with_best(game) for part in parts for game in part.games),
            sources=tuple(one for part in parts for one in _sources(part, made_at)),
            usage=usage,
            warnings=(*self._warnings(parts, usage.credits_remaining), *_unknown_book(wanted.book, books)),
        )
        return Fetched(made, tuple(error for error in failures if error))

    def preview(self, wanted: Wanted, terms: Terms) -> list[tuple[Sport, Preview]]:
        """What `run` would ask now. Weather is asked for places, so it shows once the schedule is stored."""
        now = self._clock.now()
        weather = KickOffWeather(self._orchestrator.rehearsal.stored, self._settings.weather.units, now)
        requests: list[tuple[Sport, PriorityRequest]] = []
        for part in self._parts(wanted, now):
            known = replace(part, schedule=tuple(self._orchestrator.rehearsal.stored(self._schedule_requests(part))))
            wishes = self._schedule_requests(part) + ([request] if (request := self._odds_request(known, wanted)) else [])
            if wanted.weather:
                games = [game for game in self._join(known, wanted, now) if _is_wanted(game, part, wanted)]
                wishes += weather.wishes(games, known.scheduled).values()
            requests += [(part.sport, wish) for wish in wishes]
        sports = {request.job: sport for sport, request in requests}
        previews = self._orchestrator.rehearsal.preview([request for _, request in requests], terms)
        return [(sports.get(preview.job) or _sport_of(preview.job, sports), preview) for preview in previews]

    # ── schedule and odds ──

    def _parts(self, wanted: Wanted, now: float) -> list[_Part]:
        today = datetime.fromtimestamp(now, wanted.zone).date()
        first = wanted.day or today
        parts = []
        for sport in wanted.sports:
            days = 1 if wanted.day else wanted.days or sport.default_days
            start, end = (datetime.combine(day, time(), wanted.zone).timestamp() for day in (first, first + timedelta(days=days)))
            parts.append(_Part(sport, start, end))
        return parts

    def _schedule_requests(self, part: _Part) -> list[PriorityRequest]:
        since = min(part.start, max(part.start - LONGEST_GAME, self._clock.now() - LONGEST_GAME))
        return [PriorityRequest(job, Priority.HIGH) for job in espn.schedule_jobs(part.sport, since, part.end)]

    def _odds_request(self, part: _Part, wanted: Wanted) -> PriorityRequest | None:
        over = part.end <= self._clock.now() - LONGEST_GAME  # finished games are never listed
        if not wanted.odds or not part.sport.odds_key or over:
            return None
        soonest = min((game.start for game in part.scheduled if game.status == "scheduled"), default=None)
        job = OddsJob(part.sport.odds_key, wanted.markets, wanted.regions, wanted.bookmakers)
        return PriorityRequest(job, Priority.HIGH, game_time=soonest)

    def _ask(self, parts: list[_Part], wanted: Wanted, terms: Terms, now: float) -> list[_Part]:
        if wanted.odds and self._orchestrator.is_thrifty():  # whether the last credits may be spent hangs on the games' times
            parts = [replace(part, schedule=tuple(self._orchestrator.run(self._schedule_requests(part), terms))) for part in parts]
        requests = [[] if part.schedule else self._schedule_requests(part) for part in parts]
        odds = [self._odds_request(part, wanted) for part in parts]
        flat = [request for group in (*requests, [one for one in odds if one]) for request in group]
        outcomes = {outcome.job: outcome for outcome in self._orchestrator.run(flat, terms)}
        answered = []
        for part, group, one in zip(parts, requests, odds, strict=True):
            schedule = part.schedule or tuple(outcomes[request.job] for request in group)
            priced = outcomes[one.job] if one else None
            answered.append(self._with_fallback(_without_outlived(replace(part, schedule=schedule, odds=priced), now), terms))
        return answered

    def _with_fallback(self, part: _Part, terms: Terms) -> _Part:
        if any(outcome.answer is not None for outcome in part.schedule) or part.scheduled_by_odds or not part.sport.odds_key:
            return part
        (outcome,) = self._orchestrator.run([PriorityRequest(EventsJob(part.sport.odds_key), Priority.HIGH)], terms)
        return replace(part, fallback=outcome)

    # ── the join ──

    def _join(self, part: _Part, wanted: Wanted, now: float) -> tuple[Game, ...]:
        kind = teams.kind_of(part.sport)
        names = board.Names(partial(teams.canonical, kind), partial(teams.similarity, kind), teams.ALIKE)
        games = board.join(part.sport, part.scheduled, part.events.events, names, now)
        by_id = {game.id: game for game in part.scheduled}
        line = _espn_stands_in(part)
        return tuple(
            replace(game, venue=venue_of(part.sport, known), odds=_in_markets(known.line, wanted) if line else game.odds)
            if (known := by_id.get(game.id))
            else game
            for game in games
        )

    def _with_weather(self, parts: Sequence[_Part], weather: KickOffWeather, terms: Terms) -> list[_Part]:
        surveys = [weather.survey(part.games, part.scheduled) for part in parts]
        requests = list({request.job: request for survey in surveys for request in survey.wishes.values()}.values())
        outcomes = {outcome.job: outcome for outcome in self._orchestrator.run(requests, terms)} if requests else {}
        return [_forecast(part, survey, outcomes) for part, survey in zip(parts, surveys, strict=True)]

    def _warnings(self, parts: Sequence[_Part], left: int | None) -> Iterable[str]:
        failed = [part.odds for part in parts if part.odds and part.odds.error]
        if any(isinstance(outcome.error, MissingKeyError) for outcome in failed):
            yield "no key for The Odds API: with one (free, 500 credits a month) you see every book's prices; set ODDS_API_KEY"
        for error in {outcome.error.message: outcome.error for outcome in failed if outcome.error}.values():
            if not isinstance(error, MissingKeyError):
                yield error.message + (f" ({error.hint})" if error.hint else "")
        if left is not None and left < self._settings.budget.warn_below and any(part.odds for part in parts):
            yield f"{left} credits left this month; boards up to an hour old count as fresh (budget.warn_below)"


def _forecast(part: _Part, survey: Survey, outcomes: Mapping[Job, Outcome]) -> _Part:
    """The part with the weather of its games. Where an answer lacks the hour of one of its games, what was wanted is not all there."""
    placed = [geocoded(game, survey.geocoded[game.id]) if game.id in survey.geocoded else game for game in part.games]
    asked = {game.id: outcomes[survey.wishes[game.id].job] for game in placed if game.id in survey.wishes}
    games = [replace(game, weather=at_kick_off(asked[game.id], game)) if game.id in asked else game for game in placed]
    used = {outcome.job: outcome for outcome in asked.values()}
    for game in games:
        if game.weather is None and game.id in asked and (outcome := asked[game.id]).answer is not None:
            used[outcome.job] = replace(outcome, reason=Reason.NONE, detail="no forecast for the hour of a game")
    return replace(part, games=tuple(games), weather=(*used.values(), *survey.unplaced))


def _sport_of(job: Job, sports: Mapping[Job, Sport]) -> Sport:
    """The first sport whose wishes a shared call serves."""
    return next(sport for wish, sport in sports.items() if covers(job, wish))


def _without_outlived(part: _Part, now: float) -> _Part:
    """Without a stored board of which every game has begun, where ESPN's line says more of those to come."""
    odds = part.odds
    if odds is None or not odds.reason.startswith("STALE_") or not any(game.line for game in part.scheduled):
        return part
    ahead = isinstance(odds.answer, Events) and any(event.commence_time > now for event in odds.answer.events)
    return part if ahead else replace(part, odds=replace(odds, answer=None, fetched_at=None, detail=odds.detail or "OFFLINE"))


def _in_markets(line: tuple[Price, ...], wanted: Wanted) -> tuple[Price, ...]:
    markets = canonical(wanted.markets)
    return tuple(price for price in line if price.market in markets)


def _espn_stands_in(part: _Part) -> bool:
    """Whether ESPN's own line is shown, since no price of The Odds API can be."""
    return part.odds is not None and part.odds.answer is None and any(game.line for game in part.scheduled)


def _is_wanted(game: Game, part: _Part, wanted: Wanted) -> bool:
    still_on = game.status == "live" and wanted.day is None and game.commence_time < part.start
    if not (part.start <= game.commence_time < part.end or still_on):
        return False
    names = {teams.canonical(teams.kind_of(part.sport), name) for name in (game.home, game.away)} | {
        game.home.casefold(),
        game.away.casefold(),
    }
    return wanted.team is None or any(wanted.team.casefold() in name for name in names)


def _of_book(game: Game, book: str | None) -> Game:
    return game if book is None else replace(game, odds=tuple(price for price in game.odds if _is_book(price.bookmaker, book)))


def _is_book(key: str, book: str) -> bool:
    """Whether the book is meant, by its key or as people write it: `FanDuel`, `draft kings`, `espn:DraftKings`."""
    return key.casefold().replace(" ", "") == book.casefold().replace(" ", "")


def _unknown_book(book: str | None, books: set[str]) -> Iterable[str]:
    if book is not None and books and not any(_is_book(key, book) for key in books):
        yield f"no prices of {book!r} here; there are {' '.join(sorted(books))}"


def _sources(part: _Part, now: float) -> Iterable[Source]:
    """An entry a provider that was asked; where one stands in for another, under the name of the one it stands in for."""
    espn = source("espn", part.sport, part.schedule, now) if part.schedule else None
    odds = source("odds", part.sport, [part.odds], now) if part.odds else None
    if espn:
        espn_answered = any(outcome.answer is not None for outcome in part.schedule)
        yield espn if espn_answered or not part.scheduled_by_odds else _stand_in(espn, "odds", odds)
    if odds:
        yield _stand_in(odds, "espn", espn) if _espn_stands_in(part) else odds
    if part.weather:
        yield source("weather", part.sport, part.weather, now)


def _stand_in(missing: Source, who: str, by: Source | None) -> Source:
    """The entry of a provider that did not answer, with the age of what stands in for it."""
    fetched_at, age = (by.fetched_at, by.age_seconds) if by else (None, None)
    return replace(missing, reason=Reason.FALLBACK, detail=f"{who}: {missing.detail}", fetched_at=fetched_at, age_seconds=age)
