"""The Odds API v4: jobs to requests, responses to models (FACTS 1). Pure: no I/O."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import TypeVar
from urllib.parse import quote

from oddsctl.domain.answers import Answer, Scores, Sports
from oddsctl.domain.http import HttpRequest, HttpResponse, Quota, Secret
from oddsctl.domain.jobs import Job
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob, ScoresJob, SportsJob
from oddsctl.domain.plausible import (
    DEAREST,
    MOST_CREDITS,
)
from oddsctl.domain.ports import JSON
from oddsctl.providers import json_fields, json_values
from oddsctl.providers.json_fields import EntryFilter, JsonObject
from oddsctl.providers.the_odds_api_answers import (
    EXCHANGE_REGIONS,
    EXCHANGES,
    event_of,
    events_of,
    score_of,
    sport_of,
)
from oddsctl.providers.the_odds_api_errors import API, error_of_answer

T = TypeVar("T")


class TheOddsApiProvider:
    """The provider.

    `key` is asked for only when a request is made; it travels in the query, there is no other way (FACTS
    1.1).
    """

    name = API

    def __init__(self, base_url: str, key: Callable[[], Secret]) -> None:
        self._base_url = base_url
        self._key = key

    def account(self) -> str:
        """A fingerprint of the key: it tells accounts apart and cannot be turned back."""
        return sha256(b"oddsctl account " + self._key().encode()).hexdigest()[:16]

    def price(self, job: Job) -> int:
        """Credits at the most (FACTS 1.2): of one event's odds only markets that come back are charged."""
        match job:
            case OddsJob():
                return job.price + _unasked(job)
            case ScoresJob():
                return 1 if job.days_from is None else 2
            case _:
                return 0

    def request(self, job: Job) -> HttpRequest:
        """The request; lists sorted, no time or event filter in a paid one: they would not lower the
        price.
        """
        path, params = _question(job)
        ordered = tuple(sorted(params.items()))
        return HttpRequest(
            API,
            f"{self._base_url}/v4/{path}",
            ordered,
            (("Accept", "application/json"),),
            secret=(("apiKey", self._key()),),
        )

    def quota(self, response: HttpResponse) -> Quota:
        """The three `x-requests-*` headers.

        Not those of a 5xx: a gateway was seen to make them up (FACTS 1.4).
        """
        if response.status >= 500:
            return Quota()
        told = {name: response.headers.get(f"x-requests-{name}") for name in ("used", "remaining", "last")}
        return Quota(
            json_values.whole_within(told["used"], 0, MOST_CREDITS),
            json_values.whole_within(told["remaining"], -MOST_CREDITS, MOST_CREDITS),
            json_values.whole_within(told["last"], -DEAREST, DEAREST),
        )

    def parse(self, job: Job, response: HttpResponse) -> Answer:
        """The models; errors by `error_code` first, then by status."""
        if response.status != 200:
            raise error_of_answer(response)
        body = json_fields.body(API, response)
        if isinstance(body, dict) and "error_code" in body:
            raise error_of_answer(response)
        sieve, now = EntryFilter(API), response.received_at
        match job:
            case OddsJob(event=str()):
                event = JsonObject(sieve, "the event", body)
                return events_of(
                    job,
                    sieve.each(
                        "the answer", [event.value], "the event", partial(event_of, job, now), "event"
                    ),
                    sieve,
                )
            case OddsJob() | EventsJob():
                return events_of(job, _listed(sieve, body, "event", partial(event_of, job, now)), sieve)
            case ScoresJob():
                scores = _listed(sieve, body, "game", partial(score_of, job, now))
                return Scores(
                    tuple(json_fields.once(scores, lambda score: score.id, sieve, "game")), sieve.left_out
                )
            case SportsJob():
                return Sports(tuple(_listed(sieve, body, "sport", sport_of)), sieve.left_out)
            case _:
                raise _foreign(job)


def _unasked(job: OddsJob) -> int:
    """What `h2h_lay` may add to the price of one event's odds: exchanges send it unasked, and markets sent
    are charged.
    """
    if job.event is None or "h2h" not in job.markets or "h2h_lay" in job.markets:
        return 0
    exchange = EXCHANGE_REGIONS.intersection(job.regions) or EXCHANGES.intersection(job.bookmakers)
    return job.region_count if exchange else 0


def _question(job: Job) -> tuple[str, dict[str, str]]:
    """Path and parameters; of the key nothing."""
    match job:
        case OddsJob():
            event = "" if job.event is None else f"/events/{quote(job.event, safe='')}"
            books = (
                {"bookmakers": ",".join(job.bookmakers)}
                if job.bookmakers
                else {"regions": ",".join(job.regions)}
            )
            form = {"dateFormat": "iso", "oddsFormat": "decimal"}
            return f"{_sport_path(job.sport)}{event}/odds", {
                **form,
                **books,
                "markets": ",".join(job.markets),
            }
        case EventsJob():
            return f"{_sport_path(job.sport)}/events", {"dateFormat": "iso"}
        case ScoresJob():
            days = {} if job.days_from is None else {"daysFrom": str(job.days_from)}
            return f"{_sport_path(job.sport)}/scores", {"dateFormat": "iso", **days}
        case SportsJob():
            return "sports", {}
        case _:
            raise _foreign(job)


def _sport_path(sport: str) -> str:
    return f"sports/{quote(sport, safe='')}"


def _foreign(job: Job) -> TypeError:
    return TypeError(f"no job for The Odds API: {type(job).__name__}")


# ── answers ──


def _listed(sieve: EntryFilter, body: JSON, called: str, read: Callable[[JsonObject], T | None]) -> list[T]:
    return sieve.each("the answer", body, f"{called} {{}}", read)


# ── refusals ──
