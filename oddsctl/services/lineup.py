"""What waits and what is planned as one list, and how each is called in a few words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from oddsctl.catalog.sports import by_provider
from oddsctl.domain.jobs import (
    EventsJob,
    ForecastJob,
    GeocodeJob,
    Job,
    OddsJob,
    ScheduleJob,
    ScoresJob,
    SportsJob,
)
from oddsctl.domain.models import Sport
from oddsctl.domain.prefetched import PrefetchCall
from oddsctl.domain.queued import Item
from oddsctl.domain.requests import Priority
from oddsctl.domain.times import iso
from oddsctl.policy import request_queue as queue
from oddsctl.policy.priority import standing
from oddsctl.policy.request_queue import Waiting

ID_BEGINNING = 8
"""So many characters tell the events of a sport apart."""
PLANNED_WHAT = {"odds": "board", "espn": "schedule", "weather": "weather"}


def items(
    waiting: Iterable[Waiting],
    planned: Iterable[PrefetchCall],
    now: float,
    price: Callable[[Job], int] = lambda _: 0,
    added: Sequence[Sport] = (),
) -> tuple[Item, ...]:
    """The rows of `queue`: what is due first, and of that the most pressing.

    `price` is in credits, `added` are sports of the settings.
    """
    rows = [
        *(_waiting(wish, now, price, added) for wish in waiting),
        *(_planned(call, now) for call in planned),
    ]
    return tuple(sorted(rows, key=lambda row: (max(row.due, now), row.effective_priority, row.due, row.id)))


def what(job: Job) -> str:
    """The job in a few words."""
    match job:
        case OddsJob(_, markets, regions, bookmakers, event):
            part = f"event {event[:ID_BEGINNING]}" if event else "board"
            return f"{part} {','.join(markets)} {','.join(bookmakers or regions)}"
        case EventsJob():
            return "events"
        case SportsJob():
            return "sports"
        case ScoresJob():
            return "scores"
        case ScheduleJob(_, dates):
            return f"schedule {'-'.join(filter(None, (dates[:4], dates[4:6], dates[6:])))}"
        case ForecastJob((place,)):
            return f"weather {place.latitude:.2f},{place.longitude:.2f}"
        case ForecastJob(places):
            return f"weather {len(places)} places"
        case GeocodeJob(town):
            return f"place {town}"


def sport_of(job: Job, added: Sequence[Sport] = ()) -> str | None:
    """Our name of the job's sport; the provider's where we have none, None where it is of no sport."""
    match job:
        case OddsJob(sport=word) | EventsJob(sport=word) | ScoresJob(sport=word) | ScheduleJob(league=word):
            sport = by_provider(added).get(word)
            return sport.name if sport else word
        case _:
            return None


def _waiting(wish: Waiting, now: float, price: Callable[[Job], int], added: Sequence[Sport]) -> Item:
    rank, state = queue.standing(wish, now), queue.state(wish, now)
    return Item(
        id=wish.id,
        due=wish.not_before if state == "not_before" else min(wish.asked_at, now),
        api=wish.job.api,
        sport=sport_of(wish.job, added),
        what=what(wish.job),
        window=None,
        priority=wish.priority,
        effective_priority=rank.priority,
        why=rank.why,
        credits=price(wish.job),
        attempts=wish.attempts,
        state=state,
    )


def _planned(call: PrefetchCall, now: float) -> Item:
    games = len({game for game, _ in call.covers})
    then = max(call.at, now)
    rank = standing(Priority.PREFETCH, call.game_time, then, then)
    return Item(
        id=f"planned/{call.api}/{call.sport or '-'}@{iso(call.at)}",
        due=call.at,
        api=call.api,
        sport=call.sport or None,
        what=PLANNED_WHAT.get(call.api, call.api)
        + (f" for {games} game{'' if games == 1 else 's'}" if games else ""),
        window=",".join(dict.fromkeys(window for _, window in call.covers)) or None,
        priority=Priority.PREFETCH,
        effective_priority=rank.priority,
        why=rank.why if rank.priority is Priority.PREFETCH else f"{rank.why} then",
        credits=call.credits,
        attempts=0,
        state="planned",
    )
