"""ESPN's site API: the scoreboard (FACTS 2).

Unofficial: what may be missing is, what must be there is told when it is not. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from oddsctl.domain.answers import Answer, Schedule
from oddsctl.domain.http import HttpRequest, HttpResponse
from oddsctl.domain.jobs import Job, ScheduleJob
from oddsctl.domain.models import ScheduledGame, Status, VenueRef
from oddsctl.domain.plausible import HIGHEST_SCORE
from oddsctl.domain.ports import JSON
from oddsctl.domain.provider_errors import (
    BrokenAnswerError,
    ForbiddenError,
    ProviderError,
    RateLimitedError,
    RejectedError,
    ServerError,
    UnknownSportError,
    UnusableAnswerError,
)
from oddsctl.providers import json_fields, json_values
from oddsctl.providers.espn_line import line
from oddsctl.providers.free import FreeProvider
from oddsctl.providers.json_fields import EntryFilter, JsonObject

API = "espn"
LIMIT = 500
"""The most that behaves; 600 and more silently return 25 (FACTS 2.2)."""
CUT_OFF_AT = 25
"""What ESPN silently cuts to when it dislikes the limit: so many may be all there are, or not."""
DOUBT = f"espn: answered exactly {CUT_OFF_AT} events, to which it cuts in silence: games may be missing"
FAR_FROM_ASKED = 200 * 86400.0
"""Seconds between the date asked for and a game in the answer that no postponement explains."""
NO_GAME = False
"""Stands for an event that is no game of two teams."""
NO_SUCH_DATES = "Failed to get events endpoint."
"""What a range is answered since September 2026, and whatever else is neither day nor month."""


class EspnProvider(FreeProvider):
    """The provider. It has no key, but it looks at the User-Agent (FACTS 2.3)."""

    name = API

    def __init__(self, base_url: str, user_agent: str) -> None:
        self._base_url = base_url
        self._user_agent = user_agent

    def account(self) -> str:
        """One for all."""
        return "public"

    def request(self, job: Job) -> HttpRequest:
        """The scoreboard of a day or a month."""
        if not isinstance(job, ScheduleJob):
            raise TypeError(f"no job for ESPN: {type(job).__name__}")
        groups = (("groups", job.groups),) if job.groups else ()
        params = (("dates", job.dates), *groups, ("limit", str(LIMIT)))
        headers = (("Accept", "application/json"), ("User-Agent", self._user_agent))
        return HttpRequest(
            API, f"{self._base_url}/apis/site/v2/sports/{quote(job.league)}/scoreboard", params, headers
        )

    def parse(self, job: Job, response: HttpResponse) -> Answer:
        """The games of two teams; what is none (a fight card, a golf field) is counted and left out."""
        if response.status != 200:
            raise _error(job, response)
        sieve = EntryFilter(API)
        body = JsonObject(sieve, "the answer", json_fields.body(API, response))
        if "events" not in body.value:
            raise BrokenAnswerError(
                "espn: answered without events: the scoreboard has changed its shape", provider=API
            )
        _check_league(job, body)
        listed = body.value["events"]
        read: list[ScheduledGame | bool] = sieve.each(
            "events", listed, "event {}", lambda event: _game(job, event) or NO_GAME
        )
        if len(listed) >= LIMIT:
            raise BrokenAnswerError(
                f"espn: {len(listed)} events reach its limit, some may be cut off", provider=API
            )
        if sieve.left_out and not read:
            raise UnusableAnswerError(f"espn: {sieve.left_out}", provider=API)
        games = json_fields.once(
            [game for game in read if isinstance(game, ScheduledGame)], lambda game: game.id, sieve, "event"
        )
        doubt = DOUBT if len(listed) == CUT_OFF_AT else None
        return Schedule(tuple(games), read.count(NO_GAME), doubt, sieve.left_out)


# ── games ──


def _check_league(job: Job, body: JsonObject) -> None:
    """Refuses the scoreboard of another league, where it says whose it is (that of all of soccer does
    not).
    """
    leagues = body.value.get("leagues")
    first = json_fields.fields(leagues[0]) if isinstance(leagues, list) and leagues else {}
    slug = json_values.text(first.get("slug"))
    if slug and isinstance(job, ScheduleJob) and slug.casefold() != job.league.rpartition("/")[2].casefold():
        raise body.broken(f"is of the league {slug}, not of {job.league}")


def _game(job: Job, event: JsonObject) -> ScheduledGame | None:
    """The game; None where the event has no two teams at home and away, as in golf, tennis and fights."""
    if not event.value.get("competitions"):
        return None
    competition = event.first("competitions", "competition")
    sides = {side.value["homeAway"]: side for side in _competitors(competition)}
    home, away = (_team(sides.get(side)) for side in ("home", "away"))
    if home is None or away is None:
        return None
    status, begun = _status(competition if json_fields.fields(competition.value.get("status")) else event)
    home_score, away_score = (_score(sides[side]) if begun else None for side in ("home", "away"))
    return ScheduledGame(
        id=event.text("id"),
        start=_start(job, event),
        time_confirmed=competition.value.get("timeValid") is not False,
        home=home,
        away=away,
        status=status,
        home_score=home_score,
        away_score=away_score,
        neutral=competition.value.get("neutralSite") is True,
        venue=_venue(json_fields.fields(competition.value.get("venue"))),
        line=line(competition.value.get("odds"), home, away),
    )


def _competitors(competition: JsonObject) -> Iterator[JsonObject]:
    """Those who say where they play: the order of the list is not to be trusted."""
    listed = competition.value.get("competitors") or []
    if not isinstance(listed, list):
        raise competition.broken("has competitors that are not a list")
    for count, side in enumerate(listed, 1):
        entry = JsonObject(competition.sieve, f"competitor {count} of {competition.place}", side)
        if isinstance(entry.value.get("homeAway"), str):
            yield entry


def _team(side: JsonObject | None) -> str | None:
    """The team's name; None for an athlete."""
    if side is None or not isinstance(side.value.get("team"), dict):
        return None
    team = JsonObject(side.sieve, f"team of {side.place}", side.value["team"])
    return None if team.value.get("displayName") is None else team.text("displayName")


def _start(job: Job, event: JsonObject) -> float:
    """When the game begins: near the day or month that was asked for, also where it was moved."""
    start = event.instant("date")
    dates = job.dates if isinstance(job, ScheduleJob) else ""
    asked = json_values.instant(f"{dates[:4]}-{dates[4:6]}-{dates[6:] or '15'}")
    if asked is not None and abs(start - asked) > FAR_FROM_ASKED:
        raise event.broken(f"is of {json_values.quote(event.value['date'])}, not of {dates}")
    return start


def _score(side: JsonObject) -> int | None:
    """The side's points; None where there are none yet."""
    told = side.value.get("score")
    score = json_values.whole_within(told, 0, HIGHEST_SCORE)
    if score is None and told is not None and not isinstance(told, str):  # texts are cricket's, or empty
        side.sieve.leave_out("score", f"{side.place} has an invalid score")
    return score


def _status(of: JsonObject) -> tuple[Status, bool]:
    """What has become of the game, and whether it has a score (ESPN shows 0 before the start too).

    By `state` and `completed`; names only tell apart what these leave open, since their list is not closed
    (FACTS 2.4). A game that is over without being completed is postponed, or canceled where the name says so:
    it has no result.
    """
    kind = json_fields.fields(json_fields.fields(of.value.get("status")).get("type"))
    name = (json_values.text(kind.get("name")) or "").upper()
    state = kind.get("state")
    if state == "in":
        return "delayed" if "DELAY" in name or "SUSPEND" in name else "live", True
    if "CANCEL" in name:
        return "canceled", False
    if state == "post":
        played = kind.get("completed") is True and "POSTPONE" not in name
        return "final" if played else "postponed", played
    if state == "pre":
        return "postponed" if "POSTPONE" in name else "delayed" if "DELAY" in name else "scheduled", False
    raise of.broken("has no status" if state is None else "has a status that is neither pre, in nor post")


def _venue(venue: dict[str, JSON]) -> VenueRef | None:
    """The venue; None where it has no name (a tennis court)."""
    name = json_values.text(venue.get("fullName"))
    if name is None:
        return None
    address, indoor = json_fields.fields(venue.get("address")), venue.get("indoor")
    city, state, country = (json_values.text(address.get(part)) for part in ("city", "state", "country"))
    return VenueRef(
        json_values.text(venue.get("id")),
        name,
        city,
        state,
        country,
        indoor if isinstance(indoor, bool) else None,
    )


# ── refusals ──


def _error(job: Job, response: HttpResponse) -> ProviderError:
    message = _message(response)
    said = (
        f"espn: {json_values.quote(message)} (HTTP {response.status})"
        if message
        else f"espn: HTTP {response.status}"
    )
    match response.status:
        case 403:
            return ForbiddenError(
                "espn: refuses us as a client (HTTP 403): it filters by User-Agent",
                provider=API,
                hint="set espn.user_agent to NAME/VERSION (+https://your.page)",
            )
        case 429:
            return RateLimitedError(said, provider=API, retry_at=json_values.retry_after(response))
        case 400 if message == NO_SUCH_DATES:
            dates = job.dates if isinstance(job, ScheduleJob) else "?"
            return RejectedError(f"espn: has no scoreboard for dates={dates}: {message}", provider=API)
        case 400 if "invalid" in message.casefold():
            return _unknown_sport(said)
        case 404:
            league = job.league if isinstance(job, ScheduleJob) else "?"
            return _unknown_sport(f"espn: knows no {league} (HTTP 404)")
        case status if status >= 500 or status == 408:
            return ServerError(said, provider=API, retry_at=json_values.retry_after(response))
        case status if 400 <= status < 500:
            return RejectedError(said, provider=API)
    return BrokenAnswerError(said, provider=API)


def _unknown_sport(said: str) -> UnknownSportError:
    error = UnknownSportError(said, provider=API)
    error.about = "sport"
    return error


def _message(response: HttpResponse) -> str:
    try:
        body = json_fields.body(API, response)
    except BrokenAnswerError:
        return ""
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) else ""
