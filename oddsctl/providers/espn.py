"""ESPN's site API: the scoreboard (FACTS 2). Unofficial: what may be missing is, what must be there is told when it is not. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from oddsctl.errors import (
    BrokenAnswerError,
    ForbiddenError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    ServerError,
    UnknownSportError,
)
from oddsctl.messages import Answer, HttpRequest, HttpResponse, Job, Quota, Schedule, ScheduleJob
from oddsctl.models import ScheduledGame, Sport, Status, VenueRef
from oddsctl.providers import shape
from oddsctl.providers.espn_line import line
from oddsctl.providers.shape import Entry

API = "espn"
LIMIT = 500
"""The most that behaves; 600 and more silently return 25 (FACTS 2.2)."""


class ESPN:
    """The provider. It has no key, but it looks at the User-Agent (FACTS 2.3)."""

    name = API

    def __init__(self, base_url: str, user_agent: str) -> None:
        self._base_url = base_url
        self._user_agent = user_agent

    def account(self) -> str:
        """One for all."""
        return "public"

    def price(self, job: Job) -> int:  # noqa: ARG002 - the port asks it of every provider
        """Free."""
        return 0

    def quota(self, response: HttpResponse) -> Quota:  # noqa: ARG002
        """None."""
        return Quota()

    def request(self, job: Job) -> HttpRequest:
        """The scoreboard of a day or a month."""
        if not isinstance(job, ScheduleJob):
            raise TypeError(f"no job for ESPN: {type(job).__name__}")
        groups = (("groups", job.groups),) if job.groups else ()
        params = (("dates", job.dates), *groups, ("limit", str(LIMIT)))
        headers = (("Accept", "application/json"), ("User-Agent", self._user_agent))
        return HttpRequest(API, f"{self._base_url}/apis/site/v2/sports/{job.league}/scoreboard", params, headers)

    def parse(self, job: Job, response: HttpResponse) -> Answer:
        """The games of two teams; what is none (a fight card, a golf field) is counted and left out."""
        if response.status != 200:
            raise _error(job, response)
        body = Entry(API, "the answer", shape.body(API, response))
        if "events" not in body.value:
            raise BrokenAnswerError("espn: answered without events: the scoreboard has changed its shape", provider=API)
        events = body.entries("events")
        if len(events) >= LIMIT:
            raise BrokenAnswerError(f"espn: {len(events)} events reach its limit, some may be cut off", provider=API)
        games = [game for event in events if (game := _game(event))]
        return Schedule(tuple(games), skipped=len(events) - len(games))


def schedule_jobs(sport: Sport, start: float, end: float) -> tuple[ScheduleJob, ...]:
    """The fewest scoreboards that hold every game from `start` to before `end` (epoch seconds).

    Days are US Eastern. Two days of one month or more are asked as the month, where the league's month fits an answer; ranges
    fail since September 2026. None for a sport that ESPN does not have.
    """
    if not sport.espn_path:
        return ()
    months: dict[str, list[str]] = {}
    for day in _eastern_days(start, end):
        months.setdefault(day[:6], []).append(day)
    dates = [date for month, days in months.items() for date in ([month] if len(days) > 1 and sport.folds_months else days)]
    return tuple(ScheduleJob(sport.espn_path, date, sport.espn_groups) for date in dates)


def _eastern_days(start: float, end: float) -> Iterator[str]:
    eastern = ZoneInfo("America/New_York")
    day = datetime.fromtimestamp(start, UTC).astimezone(eastern).date()
    last = datetime.fromtimestamp(max(start, end - 1), UTC).astimezone(eastern).date()
    while day <= last:
        yield day.strftime("%Y%m%d")
        day += timedelta(days=1)


def _game(event: Entry) -> ScheduledGame | None:
    """The game; None where the event has no two teams at home and away."""
    competitions = event.value.get("competitions")
    if not competitions:
        return None
    competition = event.entries("competitions")[0]
    sides = {side.value.get("homeAway"): side for side in competition.entries("competitors")} if "competitors" in competition.value else {}
    home, away = sides.get("home"), sides.get("away")
    if home is None or away is None or "team" not in home.value or "team" not in away.value:
        return None
    names = (home.inner("team").text("displayName"), away.inner("team").text("displayName"))
    status = _status(competition if "status" in competition.value else event)
    begun = status in ("live", "final", "delayed")
    return ScheduledGame(
        id=event.text("id"),
        start=event.time("date"),
        time_confirmed=competition.value.get("timeValid") is not False,
        home=names[0],
        away=names[1],
        status=status,
        home_score=shape.whole(home.value.get("score")) if begun else None,
        away_score=shape.whole(away.value.get("score")) if begun else None,
        neutral=competition.value.get("neutralSite") is True,
        venue=_venue(competition),
        line=line(competition, *names),
    )


def _status(of: Entry) -> Status:
    """By `state` and `completed`; names only tell apart what these leave open, since their list is not closed (FACTS 2.4).

    After play without completion the game is postponed, or canceled where the name says so: there is no result.
    """
    kind = of.inner("status").inner("type")
    name = (kind.text_or_none("name") or "").upper()
    state = kind.text_or_none("state")
    if state == "in":
        return "delayed" if "DELAY" in name or "SUSPEND" in name else "live"
    if "CANCEL" in name:
        return "canceled"
    if state == "post":
        return "final" if kind.value.get("completed") is True and "POSTPONE" not in name else "postponed"
    if state == "pre":
        return "postponed" if "POSTPONE" in name else "delayed" if "DELAY" in name else "scheduled"
    raise of.broken(f"has a status with state {state!r}")


def _venue(competition: Entry) -> VenueRef | None:
    venue = competition.inner("venue")
    name = venue.text_or_none("fullName")
    if name is None:
        return None
    address = venue.inner("address")
    indoor = venue.value.get("indoor")
    found = shape.whole(venue.value.get("id"))
    return VenueRef(
        id=None if found is None else str(found),
        name=name,
        city=address.text_or_none("city"),
        state=address.text_or_none("state"),
        country=address.text_or_none("country"),
        indoor=indoor if isinstance(indoor, bool) else None,
    )


def _error(job: Job, response: HttpResponse) -> ProviderError:
    message = _message(response)
    said = f"espn: {shape.quote(message) or f'HTTP {response.status}'}"
    match response.status:
        case 403:
            return ForbiddenError(
                "espn: refuses us as a client (HTTP 403): it filters by User-Agent",
                provider=API,
                hint="set espn.user_agent to NAME/VERSION (+https://your.page)",
            )
        case 429:
            return RateLimitedError(said, provider=API, retry_at=shape.retry_after(response))
        case 400 if "invalid" in message.casefold():
            return UnknownSportError(said, provider=API)
        case 404:
            league = job.league if isinstance(job, ScheduleJob) else "?"
            return UnknownSportError(f"espn: knows no {league} (HTTP 404)", provider=API)
        case status if status >= 500:
            return ServerError(said, provider=API, retry_at=shape.retry_after(response))
        case status if 400 <= status < 500:
            return RejectedError(said, provider=API)
    return BrokenAnswerError(said, provider=API)


def _message(response: HttpResponse) -> str:
    try:
        body = shape.body(API, response)
    except BrokenAnswerError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) else ""
