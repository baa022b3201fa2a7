"""The main job: for each sport ask for schedule and odds, then weather at kick-off, and join them into the board."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from oddsctl import board
from oddsctl.errors import (
    BreakerRefusedError,
    BudgetRefusedError,
    MaxCreditsRefusedError,
    MissingKeyError,
    OddsctlError,
    OfflineError,
    RateRefusedError,
)
from oddsctl.messages import (
    Events,
    EventsJob,
    ForecastJob,
    Forecasts,
    Geocoded,
    GeocodeJob,
    OddsJob,
    Outcome,
    Preview,
    Priority,
    PriorityRequest,
    Reason,
    Schedule,
    Terms,
)
from oddsctl.models import Board, Game, Place, Roof, ScheduledGame, Source, Sport, Venue, Weather
from oddsctl.orchestrator import RequestOrchestrator
from oddsctl.policy.coalesce import DAYS_PER_CALL
from oddsctl.ports import Clock
from oddsctl.providers import espn, teams, venues
from oddsctl.settings import Settings

DAY = 86400
LONGEST_GAME = 6 * 3600.0
"""A game that started so long ago may still be played: it belongs on a board from today on."""
SEVERITY = (
    *(Reason.FRESH_CACHE, Reason.PREFETCHED, Reason.SUPERSET_CACHE, Reason.JOINED_INFLIGHT, Reason.FETCHED, Reason.NEGATIVE_CACHE),
    *(Reason.FALLBACK, Reason.STALE_OFFLINE, Reason.STALE_RATE, Reason.STALE_RESERVE, Reason.STALE_BUDGET, Reason.STALE_BREAKER),
    *(Reason.STALE_ERROR, Reason.REFUSED_RATE, Reason.REFUSED_BUDGET, Reason.REFUSED_MAX_CREDITS, Reason.REFUSED_BREAKER),
    *(Reason.NO_KEY, Reason.NONE),
)
"""From plainly fine to nothing at all: a part that several answers make is as good as the worst of them."""


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
        parts = self._ask(self._parts(wanted, now), wanted, terms)
        joined = [self._join(part, now) for part in parts]
        shown = [tuple(game for game in games if _is_wanted(game, part, wanted)) for part, games in zip(parts, joined, strict=True)]
        weather, skies = self._add_weather(parts, shown, wanted, terms)
        games = tuple(replace(game, weather=weather.get(game.id)) for games in shown for game in games)
        games = tuple(replace(game, best=board.best(game)) for game in games)
        outcomes = [outcome for part in parts for outcome in (*part.schedule, part.odds, part.fallback) if outcome]
        sources = [source for part in parts for source in self._sources(part, now)] + skies
        failures = [_failure(part) for part, games in zip(parts, joined, strict=True) if not games]
        made = Board(
            generated_at=now,
            demo=any(outcome.demo for outcome in outcomes),
            games=games,
            sources=tuple(sources),
            usage=self._orchestrator.usage(),
            warnings=tuple(self._warnings(parts)),
        )
        return Fetched(made, tuple(failure for failure in failures if failure))

    def preview(self, wanted: Wanted, terms: Terms) -> list[tuple[Sport, Preview]]:
        """What `run` would ask now. Weather is asked for places, so it shows once the schedule is stored."""
        now = self._clock.now()
        stored = replace(terms, offline=True)
        rows: list[tuple[Sport, Preview]] = []
        for part in self._parts(wanted, now):
            requests = self._schedule_requests(part) + ([request] if (request := self._odds_request(part, wanted)) else [])
            rows += [(part.sport, preview) for preview in self._orchestrator.preview(requests, terms)]
            if wanted.weather:
                known = self._answered(part, self._schedule_requests(part), stored)
                games = [game for game in self._join(known, now) if _is_wanted(game, part, wanted)]
                forecasts = self._forecast_requests(games, self._places(known, games, stored), now)
                rows += [(part.sport, preview) for preview in self._orchestrator.preview(list(forecasts.values()), terms)]
        return rows

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
        if not wanted.odds or not part.sport.odds_key:
            return None
        soonest = min((game.start for game in part.scheduled if game.status == "scheduled"), default=None)
        job = OddsJob(part.sport.odds_key, wanted.markets, wanted.regions, wanted.bookmakers)
        return PriorityRequest(job, Priority.HIGH, game_time=soonest)

    def _ask(self, parts: list[_Part], wanted: Wanted, terms: Terms) -> list[_Part]:
        if wanted.odds and self._orchestrator.is_thrifty():  # whether the last credits may be spent hangs on the games' times
            parts = self._answer_all(parts, [self._schedule_requests(part) for part in parts], terms)
        requests = [self._schedule_requests(part) for part in parts]
        odds = [self._odds_request(part, wanted) for part in parts]
        flat = [request for group in (*requests, [one for one in odds if one]) for request in group]
        outcomes = dict(zip([request.job for request in flat], self._orchestrator.run(flat, terms), strict=True))
        answered = []
        for part, group, one in zip(parts, requests, odds, strict=True):
            schedule = tuple(outcomes[request.job] for request in group)
            answered.append(self._with_fallback(replace(part, schedule=schedule, odds=outcomes[one.job] if one else None), terms))
        return answered

    def _answer_all(self, parts: Sequence[_Part], requests: Sequence[Sequence[PriorityRequest]], terms: Terms) -> list[_Part]:
        return [self._answered(part, group, terms) for part, group in zip(parts, requests, strict=True)]

    def _answered(self, part: _Part, requests: Sequence[PriorityRequest], terms: Terms) -> _Part:
        return replace(part, schedule=tuple(self._orchestrator.run(requests, terms)))

    def _with_fallback(self, part: _Part, terms: Terms) -> _Part:
        if any(outcome.answer is not None for outcome in part.schedule) or part.scheduled_by_odds or not part.sport.odds_key:
            return part
        (outcome,) = self._orchestrator.run([PriorityRequest(EventsJob(part.sport.odds_key), Priority.HIGH)], terms)
        return replace(part, fallback=outcome)

    # ── the join ──

    def _join(self, part: _Part, now: float) -> tuple[Game, ...]:
        sport = part.sport.name
        names = board.Names(partial(teams.canonical, sport), partial(teams.similarity, sport), teams.ALIKE)
        games = board.join(part.sport, part.scheduled, part.events.events, names, now)
        by_id = {game.id: game for game in part.scheduled}
        line = _espn_stands_in(part)
        return tuple(
            replace(game, venue=_venue(part.sport, known), odds=known.line if line else game.odds)
            if (known := by_id.get(game.id))
            else game
            for game in games
        )

    # ── weather ──

    def _add_weather(
        self, parts: Sequence[_Part], shown: Sequence[Sequence[Game]], wanted: Wanted, terms: Terms
    ) -> tuple[dict[str, Weather | None], list[Source]]:
        if not wanted.weather:
            return {}, []
        now = self._clock.now()
        places = [self._places(part, games, terms) for part, games in zip(parts, shown, strict=True)]
        forecasts = [self._forecast_requests(games, found, now) for games, found in zip(shown, places, strict=True)]
        flat = list({request.job: request for group in forecasts for request in group.values()}.values())
        outcomes = dict(zip([request.job for request in flat], self._orchestrator.run(flat, terms), strict=True))
        weather = {
            game.id: _weather(outcomes[group[game.id].job], game)
            for group, games in zip(forecasts, shown, strict=True)
            for game in games
            if game.id in group
        }
        sources = [
            _source("weather", part.sport, [outcomes[request.job] for request in group.values()], now)
            for part, group in zip(parts, forecasts, strict=True)
            if group
        ]
        return weather, sources

    def _places(self, part: _Part, games: Sequence[Game], terms: Terms) -> dict[str, Place]:
        """Where each open-air game is played: our venue table, else the town as the geocoder knows it."""
        places: dict[str, Place] = {}
        towns: dict[str, GeocodeJob] = {}
        refs = {game.id: game.venue for game in part.scheduled}
        for game in games:
            if game.venue is None or game.venue.roof == "fixed" or game.status not in ("scheduled", "live", "delayed"):
                continue
            if game.venue.latitude is not None and game.venue.longitude is not None:
                places[game.id] = Place(game.venue.latitude, game.venue.longitude)
            elif (ref := refs.get(game.id)) and ref.city:
                towns[game.id] = GeocodeJob(ref.city if not (ref.state or ref.country) else f"{ref.city}, {ref.state or ref.country}")
        requests = [PriorityRequest(job, Priority.HIGH) for job in dict.fromkeys(towns.values())]
        found = {outcome.job: outcome.answer for outcome in self._orchestrator.run(requests, terms)} if requests else {}
        for game_id, job in towns.items():
            answer = found.get(job)
            if isinstance(answer, Geocoded) and answer.places:
                places[game_id] = Place(answer.places[0].latitude, answer.places[0].longitude)
        return places

    def _forecast_requests(self, games: Sequence[Game], places: dict[str, Place], now: float) -> dict[str, PriorityRequest]:
        """A wish per game; those of one place ask for the same days, so that they are one."""
        wishes: dict[str, PriorityRequest] = {}
        today = int(now // DAY)
        days: dict[Place, list[int]] = {}
        soon = [
            game
            for game in games
            if game.id in places and today <= board.weather_hours(game.commence_time)[1] // DAY < today + DAYS_PER_CALL
        ]
        for game in soon:
            days.setdefault(places[game.id], []).extend(int(stamp // DAY) for stamp in board.weather_hours(game.commence_time))
        for game in soon:
            spread = days[places[game.id]]
            job = ForecastJob((places[game.id],), max(min(spread), today - 1), max(spread), self._settings.weather.units)
            wishes[game.id] = PriorityRequest(job, Priority.HIGH, game_time=game.commence_time)
        return wishes

    # ── where it came from ──

    def _sources(self, part: _Part, now: float) -> Iterable[Source]:
        if part.schedule:
            source = _source("espn", part.sport, part.schedule, now)
            if all(outcome.answer is None for outcome in part.schedule) and part.scheduled_by_odds:
                source = replace(source, reason=Reason.FALLBACK, detail=f"odds: {source.detail}")
            yield source
        if part.odds:
            source = _source("odds", part.sport, [part.odds], now)
            yield replace(source, reason=Reason.FALLBACK, detail=f"espn: {source.detail}") if _espn_stands_in(part) else source

    def _warnings(self, parts: Sequence[_Part]) -> Iterable[str]:
        failed = [part.odds for part in parts if part.odds and part.odds.error]
        if any(isinstance(outcome.error, MissingKeyError) for outcome in failed):
            yield "no key for The Odds API: with one (free, 500 credits a month) you see every book's prices; set ODDS_API_KEY"
        for error in {outcome.error.message: outcome.error for outcome in failed if outcome.error}.values():
            if not isinstance(error, MissingKeyError):
                yield error.message + (f" ({error.hint})" if error.hint else "")
        left = self._orchestrator.usage().credits_remaining
        if left is not None and left < self._settings.budget.warn_below and any(part.odds for part in parts):
            yield f"{left} credits left this month; boards up to an hour old count as fresh (budget.warn_below)"


def _espn_stands_in(part: _Part) -> bool:
    """Whether ESPN's own line is shown, since no price of The Odds API can be."""
    return part.odds is not None and part.odds.answer is None and any(game.line for game in part.scheduled)


def _is_wanted(game: Game, part: _Part, wanted: Wanted) -> bool:
    still_on = game.status == "live" and wanted.day is None and game.commence_time < part.start
    if not (part.start <= game.commence_time < part.end or still_on):
        return False
    names = {teams.canonical(part.sport.name, name) for name in (game.home, game.away)} | {game.home.casefold(), game.away.casefold()}
    return wanted.team is None or any(wanted.team.casefold() in name for name in names)


def _venue(sport: Sport, game: ScheduledGame) -> Venue | None:
    if game.venue is None:
        return None
    fact = venues.find((sport.espn_path or "").partition("/")[0], game.venue)
    roof: Roof | None = venues.roof_of(fact, game.venue, sport.indoor)
    place = (fact.latitude, fact.longitude) if fact else (None, None)
    return Venue(game.venue.name, game.venue.city or (fact.city if fact else None), roof, *place, neutral=game.neutral)


def _weather(outcome: Outcome, game: Game) -> Weather | None:
    if not isinstance(outcome.answer, Forecasts):
        return None
    return board.weather_at(outcome.answer.forecasts[0], game.commence_time)


def _source(api: str, sport: Sport, outcomes: Sequence[Outcome], now: float) -> Source:
    """One entry for a part that several answers make: as good as the worst, as old as the oldest, as dear as all."""
    worst = max(outcomes, key=lambda outcome: SEVERITY.index(outcome.reason))
    oldest = min((outcome.fetched_at for outcome in outcomes if outcome.fetched_at is not None), default=None)
    age = None if oldest is None else max(0.0, now - oldest)
    spent = sum(outcome.credits for outcome in outcomes)
    return Source(api, sport.name, worst.reason, oldest, age, spent, worst.detail)


def _failure(part: _Part) -> OddsctlError | None:
    """Why nothing can be shown; None where a provider answered that there is no game."""
    outcomes = [outcome for outcome in (*part.schedule, part.odds, part.fallback) if outcome]
    if any(outcome.answer is not None for outcome in outcomes) or not outcomes:
        return None
    return max((_error(outcome) for outcome in outcomes), key=lambda error: error.exit_code)


def _error(outcome: Outcome) -> OddsctlError:
    if outcome.error:
        return outcome.error
    kinds: dict[Reason, type[OddsctlError]] = {
        Reason.REFUSED_BUDGET: BudgetRefusedError,
        Reason.REFUSED_MAX_CREDITS: MaxCreditsRefusedError,
        Reason.REFUSED_RATE: RateRefusedError,
        Reason.REFUSED_BREAKER: BreakerRefusedError,
    }
    kind = kinds.get(outcome.reason, OfflineError)
    return kind(f"nothing stored to show, and nothing was asked: {outcome.detail}", provider=outcome.job.api)
