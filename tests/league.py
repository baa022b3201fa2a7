"""Leagues on paper: games as a test lays them out, told by the three providers in their own shapes, and the
errand of cron among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from oddsctl.app import USER_AGENT
from oddsctl.catalog.sports import find, in_season
from oddsctl.domain.http import HttpRequest, HttpResponse, Secret
from oddsctl.domain.jobs import Job
from oddsctl.domain.models import Sport, Status
from oddsctl.domain.notices import Notice, Warned
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.provider_errors import MissingKeyError, TransportError
from oddsctl.domain.requests import Outcome, Priority, PriorityRequest, RequestOptions
from oddsctl.domain.settings import PrefetchSettings, Settings, WindowFetch
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy.prefetch_plan import Fixture, Windows, plan, targets
from oddsctl.providers.registry import build
from oddsctl.records.calls import CostTracker
from oddsctl.records.database import RecordsDatabase
from oddsctl.records.windows import WindowResult, WindowResults
from oddsctl.services.prefetch.planner import PrefetchPlanner
from oddsctl.services.prefetch.prefetcher import PredictivePrefetcher, PrefetchRun
from oddsctl.services.prefetch.window_results import WindowTracker
from oddsctl.state.shared import SharedState
from oddsctl.store.memory import MemoryLocks, MemoryStore
from tests.fakes import FakeClock, answer
from tests.providers.payloads import JSON, book, espn_event, market, odds_event, side, status

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
EASTERN = "America/New_York"
CRON = 5 * MINUTE
LAMBEAU = ("3798", "Lambeau Field", "Green Bay", "WI", False)
SOLDIER = ("3933", "Soldier Field", "Chicago", "IL", False)
FORD = ("3727", "Ford Field", "Detroit", "MI", True)
"""Venues as ESPN tells them: id, name, city, state, indoor."""
ONLY_ODDS = (WindowFetch("odds"),)
_STATUS: Mapping[Status, JSON] = {
    "scheduled": status("SCHEDULED", "pre", completed=False),
    "delayed": status("DELAYED", "pre", completed=False),
    "live": status("IN_PROGRESS", "in", completed=False),
    "final": status("FINAL", "post", completed=True),
    "postponed": status("POSTPONED", "post", completed=False),
    "canceled": status("CANCELED", "post", completed=False),
}


def at(text: str, zone: str = EASTERN) -> float:
    """The moment of `2026-11-29 13:00` on the clocks of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def clock(moment: float, zone: str = EASTERN) -> str:
    return datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone)).strftime("%H:%M")


@dataclass(frozen=True)
class Match:
    """A game; `home` and `away` follow from its id where they don't matter.

    A postponed one is listed by nobody but ESPN.

    Nor is one that is not `listed`; `market` is the one that books price, empty where none has opened.
    """

    id: str
    start: float
    sport: str = "nfl"
    status: Status = "scheduled"
    confirmed: bool = True
    venue: tuple[str, str, str, str, bool] = FORD
    teams: tuple[str, str] | None = None
    listed: bool = True
    market: str = "h2h"

    @property
    def home(self) -> str:
        return self.teams[0] if self.teams else f"Home {self.id}"

    @property
    def away(self) -> str:
        return self.teams[1] if self.teams else f"Away {self.id}"


class Providers:
    """The wire to three providers that tell of `matches`.

    Those in `down` don't answer; nobody's credits but `left` are spent.
    """

    def __init__(self, time: FakeClock, matches: Iterable[Match], left: int = 500, used: int = 0) -> None:
        self.time = time
        self.matches = {match.id: match for match in matches}
        self.left = left
        self.used = used
        self.down: set[str] = set()
        self.used_up = False
        """Whether the account has no credits left, whatever was told before: another machine spent them."""
        self.unknown: set[str] = set()
        """What The Odds API does not call any sport."""
        self.listed_ahead = 400 * DAY
        """Seconds before their start from which on The Odds API lists games."""
        self.sent: list[tuple[float, HttpRequest]] = []

    def change(self, match_id: str, **changes: object) -> None:
        """The game is told differently from now on."""
        self.matches[match_id] = replace(self.matches[match_id], **changes)  # type: ignore[arg-type]

    def asked(self, path: str) -> list[tuple[float, Mapping[str, str]]]:
        """When a path that ends so was asked, and with what query."""
        return [
            (moment, dict(request.params))
            for moment, request in self.sent
            if urlsplit(request.url).path.endswith(path)
        ]

    def send(self, request: HttpRequest) -> HttpResponse:
        now, path = self.time.now(), urlsplit(request.url).path
        self.sent.append((now, request))
        self.time.sleep(0.2)
        if request.api in self.down:
            raise TransportError(f"{request.api}: cannot be reached", provider=request.api, maybe_sent=False)
        told = self._told(request.api, path, dict(request.params), now)
        return replace(told, sent_at=now, received_at=self.time.now())

    def close(self) -> None:
        pass

    def _told(self, api: str, path: str, query: Mapping[str, str], now: float) -> HttpResponse:
        if api == "espn":
            league = path.removeprefix("/apis/site/v2/sports/").removesuffix("/scoreboard")
            listed = (
                _espn(match, now) for match in self._of("espn_path", league) if _filed(match, query["dates"])
            )
            return answer({"leagues": [{"slug": league.rpartition("/")[2]}], "events": list(listed)})
        if api == "weather":
            return answer(_forecasts(query) if path.endswith("/forecast") else {"generationtime_ms": 0.1})
        if path.endswith("/sports"):
            return answer([], **self._quota(0))
        sport, kind = path.split("/")[-2:]
        if sport in self.unknown:
            return answer({"message": "Unknown sport", "error_code": "UNKNOWN_SPORT"}, 404)
        ahead = (one for one in self._of("odds_key", sport) if now < one.start <= now + self.listed_ahead)
        open_games = (one for one in ahead if one.status in ("scheduled", "delayed"))
        events = [
            _odds(match)
            for match in open_games
            if match.listed and in_season(find(match.sport), match.start).odds_key == sport
        ]
        if kind == "events":
            return answer(
                [{name: value for name, value in event.items() if name != "bookmakers"} for event in events],
                **self._quota(0),
            )
        if self.used_up:
            return answer({"message": "Usage quota reached", "error_code": "OUT_OF_USAGE_CREDITS"}, 401)
        cost = len(query["markets"].split(",")) * len(query["regions"].split(",")) if events else 0
        self.left, self.used = self.left - cost, self.used + cost
        return answer(events, **self._quota(cost))

    def _of(self, name: str, value: str) -> Iterator[Match]:
        return (
            match
            for match in self.matches.values()
            if value in (getattr(find(match.sport), name), _preseason_key(match, name))
        )

    def _quota(self, cost: int) -> dict[str, int]:
        return {"x_requests_used": self.used, "x_requests_remaining": self.left, "x_requests_last": cost}


def _preseason_key(match: Match, name: str) -> str | None:
    return find(match.sport).preseason_key if name == "odds_key" else None


def _filed(match: Match, dates: str) -> bool:
    return (
        datetime.fromtimestamp(match.start, UTC)
        .astimezone(ZoneInfo(EASTERN))
        .strftime("%Y%m%d")
        .startswith(dates)
    )


def _espn(match: Match, now: float) -> JSON:
    number, name, city, state, indoor = match.venue
    begun: Status = "live" if now < match.start + 3 * HOUR else "final"
    told = begun if match.status == "scheduled" and now >= match.start else match.status
    event = espn_event(
        status=_STATUS[told],
        timeValid=match.confirmed,
        competitors=[side("home", match.home, "HHH"), side("away", match.away, "AAA")],
        venue={"id": number, "fullName": name, "address": {"city": city, "state": state}, "indoor": indoor},
    )
    return event | {
        "id": match.id,
        "date": datetime.fromtimestamp(match.start, UTC).strftime("%Y-%m-%dT%H:%MZ"),
    }


def _odds(match: Match) -> JSON:
    books = (
        [book("fanduel", market(match.market, (match.home, 1.9), (match.away, 1.95)))] if match.market else []
    )
    begins = datetime.fromtimestamp(match.start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"sport_key": in_season(find(match.sport), match.start).odds_key, "commence_time": begins}
    return odds_event(*books, id=f"event-{match.id}", home_team=match.home, away_team=match.away, **about)


def _forecasts(query: Mapping[str, str]) -> JSON:
    first = datetime.fromisoformat(query["start_date"]).replace(tzinfo=UTC).timestamp()
    last = datetime.fromisoformat(query["end_date"]).replace(tzinfo=UTC).timestamp() + DAY
    hours = [int(first + number * HOUR) for number in range(int((last - first) // HOUR))]
    one = {"utc_offset_seconds": 0, "hourly": {"time": hours, "temperature_2m": [50.0] * len(hours)}}
    places = query["latitude"].split(",")
    return [one] * len(places) if len(places) > 1 else one


def no_key() -> Secret:
    """What stands for the key where there is none."""
    raise MissingKeyError("no API key", provider="odds", hint="set ODDS_API_KEY")


def prefetching(**rules: object) -> Settings:
    """The settings of someone who prefetches so; boards only, unless told otherwise."""
    return replace(Settings(), prefetch=replace(PrefetchSettings(fetch=ONLY_ODDS), **rules))  # type: ignore[arg-type]


@dataclass
class Town:
    """Someone's oddsctl over days: its state, what was said, and a clock that goes from run to run."""

    directory: Path
    matches: Iterable[Match]
    now: float
    settings: Settings = field(default_factory=prefetching)
    left: int = 500
    used: int = 0
    key: Callable[[], Secret] = lambda: Secret("k")
    sports: tuple[str, ...] = ("nfl",)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.time = FakeClock(self.now)
        self.wire = Providers(self.time, self.matches, self.left, self.used)
        self.store, self.locks = MemoryStore(), MemoryLocks()
        self.records = RecordsDatabase(self.directory, self.time, self.said.append)
        self.costs, self.log = CostTracker(self.records, self.time), WindowResults(self.records)

    @cached_property
    def state(self) -> SharedState:
        return SharedState(self.directory, self.store, self.locks, self.time, self.settings)

    @cached_property
    def orchestrator(self) -> RequestOrchestrator:
        return RequestOrchestrator(
            self.state,
            transport=self.wire,
            providers=build(self.settings, self.key, USER_AGENT),
            tell=self._hear,
            roll=lambda: 0.5,
        )

    @cached_property
    def prefetcher(self) -> PredictivePrefetcher:
        notebook, accounts = self.state.prefetch_notes, self.state.accounts
        return PredictivePrefetcher(
            orchestrator=self.orchestrator,
            prospects=PrefetchPlanner(self.orchestrator, accounts, self.costs, self.log, self.settings),
            notebook=notebook,
            reckoning=WindowTracker(self.log, notebook),
            locks=self.locks,
            clock=self.time,
            settings=self.settings,
            tell=self._hear,
        )

    def turn_to(self, moment: float) -> None:
        self.time.sleep(moment - self.time.now())

    def run(self, moment: float | None = None, *, every: float = CRON) -> PrefetchRun:
        """One run of cron."""
        if moment is not None:
            self.turn_to(moment)
        run = self.prefetcher.run(self._sports, DAY, 50.0, every)
        assert run is not None
        return run

    def plan(self, horizon: float = DAY) -> PrefetchRun:
        """What `--dry-run` tells."""
        return self.prefetcher.dry_run(self._sports, horizon)

    def cron(self, start: float, end: float, every: float = CRON) -> list[PrefetchRun]:
        """Runs as cron makes them, from one moment to another."""
        return [
            self.run(start + number * every, every=every) for number in range(int((end - start) // every) + 1)
        ]

    def fetch(self, job: Job | None = None, **terms: object) -> Outcome:
        """The user's own command."""
        sport = find(self.sports[0])
        job = job or OddsJob(sport.odds_key or "", self.settings.odds.markets, self.settings.odds.regions)
        own = RequestOptions(command="fetch", **terms)  # type: ignore[arg-type]
        return self.orchestrator.run([PriorityRequest(job, Priority.HIGH)], own)[0]

    @property
    def ends(self) -> dict[str, str]:
        """How windows have ended: `captured`, or in one word why not."""
        return {f"{end.game} {end.window}": end.reason or end.fate for end in self.log.since(0.0).values()}

    def end(self, game: str, window: str) -> WindowResult:
        return self.log.since(0.0)[game, window]

    def bought(self, zone: str = EASTERN) -> list[str]:
        """When boards were paid for, on the clocks of a zone."""
        return [clock(moment, zone) for moment, _ in self.wire.asked("/odds")]

    @property
    def optimum(self) -> int:
        """The fewest boards that capture every window of the games that are played, by someone who knew it
        all from the start.
        """
        rules = self.settings.prefetch
        windows = Windows(rules.windows_of("odds"), rules.early, rules.late)
        played = [
            Fixture(match.id, match.sport, match.start, match.status)
            for match in self.wire.matches.values()
            if match.status in ("scheduled", "delayed") and match.confirmed
        ]
        return len(plan(targets(played, windows, (), self.now, 400 * DAY)[0]))

    @property
    def _sports(self) -> tuple[Sport, ...]:
        return tuple(find(name) for name in self.sports)

    def _hear(self, notice: Notice) -> None:
        self.costs.hear(notice)
        if isinstance(notice, Warned):
            self.said.append(notice.text)


def windows_of(game: str, **ends: str) -> dict[str, str]:
    """The three windows of a game, as `Town.ends` tells them: all captured but those named (`h2`, `h1`,
    `m30`).
    """
    names = {
        "2h": ends.get("h2", "captured"),
        "1h": ends.get("h1", "captured"),
        "30m": ends.get("m30", "captured"),
    }
    return {f"{game} {window}": end for window, end in names.items()}
