"""What a `fetch` asks about: which games it means, whether one of them still needs a price, which team a name
means. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from oddsctl.catalog import teams
from oddsctl.catalog.sports import seasons
from oddsctl.domain import suggest, vocabulary
from oddsctl.domain.answers import Events, Schedule
from oddsctl.domain.game_matching import TeamMatcher
from oddsctl.domain.models import Sport, Status
from oddsctl.domain.requests import Outcome

LONGEST_GAME = 6 * 3600.0
"""A game that started so long ago may still be played: it belongs on a board from today on."""
OVER: tuple[Status, ...] = ("final", "canceled", "postponed")
NARROW_DAYS = 2
"""Up to so many days may well be without a game."""
TRUSTED_FOR = 6 * 3600.0
"""A stored schedule as old as this still tells whether there is a game."""
FEW_NAMES = 12
"""From so many names on, one that is like none of them is no team of the league."""


@dataclass(frozen=True, slots=True)
class BoardQuery:
    """What the command line asks for.

    `days` None means each sport's own; `zone` is the user's, it bounds the days.
    """

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
    markets_named: bool = False
    """Whether the user named markets for this question; else they are those of the configuration."""

    def markets_of(self, sport: Sport) -> tuple[str, ...]:
        """The markets to ask a sport for: outrights are all that a sport without games has."""
        outrights = tuple(market for market in self.markets if market in vocabulary.OUTRIGHTS)
        return (
            (outrights or vocabulary.DEFAULT_OUTRIGHTS)
            if sport.has_only_outrights and not self.markets_named
            else self.markets
        )

    @property
    def is_narrow(self) -> bool:
        """Whether there may well be no such game."""
        return bool(self.team or self.day) or (self.days is not None and self.days <= NARROW_DAYS)


@dataclass(frozen=True, slots=True)
class QuerySpan:
    """From when to before when the games of one sport are wanted (epoch seconds)."""

    sport: Sport
    start: float
    end: float
    is_one_day: bool = False


def spans(wanted: BoardQuery, now: float) -> list[QuerySpan]:
    """The span of each sport: whole days of the user's zone, from today on or the one day; two where its
    preseason ends within them.
    """
    first = wanted.day or datetime.fromtimestamp(now, wanted.zone).date()
    found = []
    for sport in wanted.sports:
        days = 1 if wanted.day else wanted.days or sport.default_days
        start, end = (
            datetime.combine(day, time(), wanted.zone).timestamp()
            for day in (first, first + timedelta(days=days))
        )
        found += [QuerySpan(*season, wanted.day is not None) for season in seasons(sport, start, end)]
    return found


def holds(span: QuerySpan, team: str | None, start: float, status: Status, names: Sequence[str]) -> bool:
    """Whether the game is in question: within the span, or still on from before it; of the team that is
    wanted.
    """
    still_on = status == "live" and not span.is_one_day and start < span.start
    return (span.start <= start < span.end or still_on) and (team is None or is_team(span.sport, team, names))


def names_of(sport: Sport) -> TeamMatcher:
    """How the team names of a sport are compared."""
    kind = teams.kind_of(sport)
    return TeamMatcher(partial(teams.canonical, kind), partial(teams.similarity, kind), teams.ALIKE)


def is_team(sport: Sport, text: str, names: Iterable[str]) -> bool:
    """Whether the text is part of one of the names, as written, in its plain spelling, or in one of its
    aliases.
    """
    kind = teams.kind_of(sport)
    plain, written = teams.canonical(kind, text), text.casefold().strip()
    spelled = {spelling for name in names for spelling in (name.casefold(), *teams.spellings(kind, name))}
    return any(written in spelling or (plain and plain in spelling) for spelling in spelled)


def is_empty(span: QuerySpan, team: str | None, outcomes: Sequence[Outcome], now: float) -> bool | None:
    """Whether these schedules hold no game in question that is not over; None where they can't tell."""
    if not outcomes or not all(_can_tell(outcome, now) for outcome in outcomes):
        return None
    return not any(status not in OVER for _, status in _in_question(span, team, outcomes, now))


def surely_ahead(span: QuerySpan, team: str | None, outcomes: Sequence[Outcome], now: float) -> bool:
    """Whether a schedule young enough holds a game in question that has not begun."""
    young = [
        outcome
        for outcome in outcomes
        if outcome.fetched_at is not None and now - outcome.fetched_at <= TRUSTED_FOR
    ]
    return any(status not in OVER and start > now for start, status in _in_question(span, team, young, now))


def _can_tell(outcome: Outcome, now: float) -> bool:
    young = outcome.fetched_at is not None and now - outcome.fetched_at <= TRUSTED_FOR
    match outcome.answer:
        case Schedule(_, skipped, doubt):
            return young and not skipped and doubt is None and not getattr(outcome.answer, "left_out", None)
        case Events():
            return young
        case _:
            return False


def _in_question(
    span: QuerySpan, team: str | None, outcomes: Sequence[Outcome], now: float
) -> list[tuple[float, Status]]:
    games: list[tuple[float, Status, str, str]] = []
    for outcome in outcomes:
        match outcome.answer:
            case Schedule(listed):
                games += [(game.start, game.status, game.home, game.away) for game in listed]
            case Events() as answer:
                live: Status = "live"
                games += [
                    (one.commence_time, "scheduled" if one.commence_time > now else live, one.home, one.away)
                    for one in answer.games
                ]
    return [
        (start, status)
        for start, status, home, away in games
        if holds(span, team, start, status, (home, away))
    ]


def nearest_team(text: str, names: Iterable[str]) -> str | None:
    """The team that a misspelt name means, by its whole name or by words of it."""
    runs: dict[str, str] = {}
    for name in sorted(set(names)):
        words = name.split()
        spans_of_words = [
            " ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)
        ]
        runs |= {run: name for run in spans_of_words if run not in runs}
    return suggest.nearest(text, runs)
