"""What the parts of the house say to each other: jobs, requests, responses, reasons. Frozen values; no I/O, no policy."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from oddsctl.errors import OddsctlError
from oddsctl.models import Forecast, GeocodedPlace, OddsEvent, Place, ScheduledGame, Units


class Reason(StrEnum):
    """Why a result is what it is. A closed set: scripts match on it."""

    FETCHED = "FETCHED"
    FRESH_CACHE = "FRESH_CACHE"
    JOINED_INFLIGHT = "JOINED_INFLIGHT"
    SUPERSET_CACHE = "SUPERSET_CACHE"
    PREFETCHED = "PREFETCHED"
    STALE_BUDGET = "STALE_BUDGET"
    STALE_RESERVE = "STALE_RESERVE"
    STALE_BREAKER = "STALE_BREAKER"
    STALE_RATE = "STALE_RATE"
    STALE_ERROR = "STALE_ERROR"
    STALE_OFFLINE = "STALE_OFFLINE"
    FALLBACK = "FALLBACK"
    NEGATIVE_CACHE = "NEGATIVE_CACHE"
    REFUSED_BUDGET = "REFUSED_BUDGET"
    REFUSED_MAX_CREDITS = "REFUSED_MAX_CREDITS"
    REFUSED_BREAKER = "REFUSED_BREAKER"
    REFUSED_RATE = "REFUSED_RATE"
    SKIPPED_EXPIRED = "SKIPPED_EXPIRED"
    SKIPPED_POSTPONED = "SKIPPED_POSTPONED"
    NO_KEY = "NO_KEY"
    NONE = "NONE"

    @property
    def fails_strict(self) -> bool:
        """Whether `--strict` counts this as a failure."""
        return self.startswith(("STALE_", "REFUSED_")) or self in (Reason.FALLBACK, Reason.NO_KEY, Reason.NONE)


class Priority(IntEnum):
    """The order in which calls are made; a lower value goes first."""

    CRITICAL = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3
    PREFETCH = 4


class Purpose(StrEnum):
    """What credits are spent for. The user's own commands go before planned calls, planned ones by nearness to kick-off."""

    OWN = "own"
    WINDOW_30M = "30m"
    WINDOW_1H = "1h"
    WINDOW_2H = "2h"
    REST = "rest"


def canonical(words: Iterable[str]) -> tuple[str, ...]:
    """One spelling for equal lists: case folded, blanks dropped, sorted, each once."""
    return tuple(sorted({word.strip().casefold() for word in words} - {""}))


# ── jobs: what may be asked of a provider; each has one canonical spelling, and its key is its identity ──


@dataclass(frozen=True)
class OddsJob:
    """The whole board of a sport, or of one `event` of it. `bookmakers`, when given, stand in for `regions`, as at the provider."""

    sport: str
    markets: tuple[str, ...]
    regions: tuple[str, ...] = ()
    bookmakers: tuple[str, ...] = ()
    event: str | None = None
    api = "odds"
    endpoint = "odds"

    def __post_init__(self) -> None:
        object.__setattr__(self, "markets", canonical(self.markets))
        object.__setattr__(self, "bookmakers", canonical(self.bookmakers))
        object.__setattr__(self, "regions", () if self.bookmakers else canonical(self.regions))

    @property
    def region_count(self) -> int:
        """What the price is multiplied by: each region, or each begun ten of named books."""
        return math.ceil(len(self.bookmakers) / 10) if self.bookmakers else len(self.regions)

    @property
    def shelf(self) -> str:
        return f"odds/event/{self.sport}/{self.event}/" if self.event else f"odds/board/{self.sport}/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{_list(self.markets)}/{_list(self.regions)}/{_list(self.bookmakers)}"


@dataclass(frozen=True)
class EventsJob:
    """The Odds API's own schedule of a sport; free."""

    sport: str
    api = "odds"
    endpoint = "events"

    @property
    def shelf(self) -> str:
        return "odds/events/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{self.sport}"


@dataclass(frozen=True)
class SportsJob:
    """The sports The Odds API offers now; free, and a free way to read the balance."""

    api = "odds"
    endpoint = "sports"

    @property
    def shelf(self) -> str:
        return "odds/sports/"

    @property
    def key(self) -> str:
        return f"{self.shelf}all"


@dataclass(frozen=True)
class ScoresJob:
    """Scores of live and upcoming games; `days_from` 1 to 3 adds finished ones."""

    sport: str
    days_from: int | None = None
    api = "odds"
    endpoint = "scores"

    @property
    def shelf(self) -> str:
        return f"odds/scores/{self.sport}/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{self.days_from or 0}"


@dataclass(frozen=True)
class ScheduleJob:
    """ESPN's scoreboard of a league for one US Eastern day (`dates` = YYYYMMDD) or one month (YYYYMM)."""

    league: str
    dates: str
    groups: str | None = None
    api = "espn"
    endpoint = "scoreboard"

    @property
    def shelf(self) -> str:
        return f"espn/schedule/{self.league}/{self.groups or '-'}/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{self.dates}"


@dataclass(frozen=True)
class ForecastJob:
    """Hourly weather for places, from the start of UTC day `first_day` to the end of `last_day` (epoch days, inclusive)."""

    places: tuple[Place, ...]
    first_day: int
    last_day: int
    units: Units = "imperial"
    api = "weather"
    endpoint = "forecast"

    def __post_init__(self) -> None:
        ordered = sorted(set(self.places), key=lambda place: (place.latitude, place.longitude))
        object.__setattr__(self, "places", tuple(ordered))

    @property
    def shelf(self) -> str:
        places = ";".join(f"{place.latitude:.2f},{place.longitude:.2f}" for place in self.places)
        return f"weather/forecast/{self.units}/{places}/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{self.first_day}-{self.last_day}"


@dataclass(frozen=True)
class GeocodeJob:
    """Where a town is."""

    town: str
    api = "weather"
    endpoint = "geocode"

    @property
    def shelf(self) -> str:
        return "weather/geocode/"

    @property
    def key(self) -> str:
        return f"{self.shelf}{self.town.strip().casefold()}"


Job = OddsJob | EventsJob | SportsJob | ScoresJob | ScheduleJob | ForecastJob | GeocodeJob


def _list(words: tuple[str, ...]) -> str:
    return ",".join(words) or "-"


# ── answers: what a job brings home ──


@dataclass(frozen=True, slots=True)
class SportEntry:
    """One line of `/v4/sports`."""

    key: str
    title: str
    active: bool
    has_outrights: bool


@dataclass(frozen=True, slots=True)
class Score:
    """One line of `/scores`."""

    id: str
    commence_time: float
    completed: bool
    home: str
    away: str
    home_score: int | None
    away_score: int | None


@dataclass(frozen=True, slots=True)
class Events:
    """Answer to `OddsJob` (one event where it names one) and `EventsJob` (no prices)."""

    events: tuple[OddsEvent, ...]


@dataclass(frozen=True, slots=True)
class Sports:
    """Answer to `SportsJob`."""

    sports: tuple[SportEntry, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """Answer to `ScoresJob`."""

    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Answer to `ScheduleJob`. `skipped` counts entries that are no game of two teams (golf, fight cards)."""

    games: tuple[ScheduledGame, ...]
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Answer to `ForecastJob`: one per place of the job, in the job's order."""

    forecasts: tuple[Forecast, ...]


@dataclass(frozen=True, slots=True)
class Geocoded:
    """Answer to `GeocodeJob`; empty when the geocoder knows no such town."""

    places: tuple[GeocodedPlace, ...]


Answer = Events | Sports | Scores | Schedule | Forecasts | Geocoded


# ── the wire ──


class Secret(str):
    """A string that does not show itself in a repr, so that it cannot slip into a log or a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(***)"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One GET. `params` are sorted by the provider; `secret` holds parameters that must never be shown or kept."""

    api: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    secret: tuple[tuple[str, Secret], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One whole answer. Header names are lower case; `body` is decoded from any content encoding."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    sent_at: float = 0.0
    received_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Quota:
    """The account's balance as one answer told it; None where a header was missing. `remaining` may be negative."""

    used: int | None = None
    remaining: int | None = None
    last: int | None = None


# ── decisions ──


class Refusal(StrEnum):
    """Why a call was not let through."""

    BUDGET = "BUDGET"
    RESERVE = "RESERVE"
    RATE = "RATE"
    BREAKER = "BREAKER"
    MAX_CREDITS = "MAX_CREDITS"


@dataclass(frozen=True, slots=True)
class Go:
    """The call may be sent after `wait` seconds; its tokens and credits are booked. As a `probe` it decides for those after it."""

    wait: float
    probe: bool = False


@dataclass(frozen=True, slots=True)
class ProbeFirst:
    """The endpoint is recovering: a free call must go first, so that healing costs no credit. Nothing is booked."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The call may not be sent, nothing is booked. `retry_at` is when asking again makes sense, where known."""

    why: Refusal
    detail: str
    retry_at: float | None = None


Decision = Go | ProbeFirst | Refused


# ── what is asked of the orchestrator, and what it answers ──


@dataclass(frozen=True, slots=True)
class PriorityRequest:
    """A wish: what is wanted, for whom, and for which game. `game_time` and `deadline` are epoch seconds."""

    job: Job
    priority: Priority = Priority.NORMAL
    purpose: Purpose = Purpose.OWN
    game_time: float | None = None
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the caller of one run allows, and who is asking (`command`, for the ledger).

    `wait` is the patience in seconds for rate and locks, `max_age` replaces the configured freshness, `fresh` wants calls
    begun after the command, `force` lifts the budget (never the account), `max_credits` bounds what this run may spend.
    """

    wait: float = 30.0
    max_age: float | None = None
    fresh: bool = False
    offline: bool = False
    force: bool = False
    max_credits: int | None = None
    command: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a wish: the answer, where there is one, and always the reason.

    `credits` is what the call cost (0 for stored answers), `detail` names the cause in one word (`TIMEOUT`), `error` is the
    provider's failure where there was one, and `demo` marks an answer of the simulated world. `steps` tells in words how it
    came about.
    """

    job: Job
    reason: Reason
    answer: Answer | None = None
    fetched_at: float | None = None
    credits: int = 0
    detail: str | None = None
    error: OddsctlError | None = None
    demo: bool = False
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a wish would lead to now: `decision` in words, `request` None where a stored answer does."""

    job: Job
    price: int
    decision: str
    request: HttpRequest | None = None


# ── notices: what happened, for whoever listens; nothing is decided by a listener ──


@dataclass(frozen=True, slots=True)
class Planned:
    """A run begins: of so many wishes so many are not answered by the store."""

    wishes: int
    missing: int


@dataclass(frozen=True, slots=True)
class Landed:
    """A call for so many wishes came to an end, whatever it brought."""

    job: Job
    wants: int


@dataclass(frozen=True, slots=True)
class Served:
    """A wish was answered from the store."""

    job: Job
    reason: Reason
    age: float


@dataclass(frozen=True, slots=True)
class Waited:
    """A call was held back by the rate limit."""

    api: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Booked:
    """A call was let through: its price is reserved from now on."""

    call_id: str
    job: Job
    price: int
    purpose: Purpose
    command: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A call came back, or did not. `status` is None when no answer came, `spent` when nobody knows what it cost."""

    call_id: str
    job: Job
    status: int | None
    spent: int | None
    seconds: float
    outcome: str


@dataclass(frozen=True, slots=True)
class Retried:
    """A call failed and will be tried again after `seconds`."""

    job: Job
    error: OddsctlError
    seconds: float


@dataclass(frozen=True, slots=True)
class Joined:
    """A wish waited for another's call."""

    job: Job
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A call brought no answer that can be used."""

    job: Job
    error: OddsctlError


@dataclass(frozen=True, slots=True)
class Decided:
    """A wish came to an end: the outcome, with the steps that led to it."""

    request: PriorityRequest
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the user should know, in one line."""

    text: str


Notice = Planned | Landed | Served | Waited | Booked | Settled | Retried | Joined | Failed | Decided | Warned
