"""What can be asked of The Odds API."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from oddsctl.domain import sharing
from oddsctl.domain.answers import Answer, Events
from oddsctl.domain.job import BaseJob


def canonical(words: Iterable[str]) -> tuple[str, ...]:
    """One spelling for equal lists: case folded, blanks dropped, sorted, each once."""
    return tuple(sorted({word.strip().casefold() for word in words} - {""}))


ID_BEGINNING = 8
"""Characters of an event id that are enough to distinguish the events of a sport."""


@dataclass(frozen=True)
class OddsJob(BaseJob):
    """The whole board of a sport, or of one `event` of it.

    `bookmakers`, when given, stand in for `regions`, as at the provider.
    """

    sport: str
    markets: tuple[str, ...]
    regions: tuple[str, ...] = ()
    bookmakers: tuple[str, ...] = ()
    event: str | None = None
    api = "odds"
    endpoint = "odds"
    freshness = "board"
    is_main_call = True
    keeps_older_answers = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "markets", canonical(self.markets))
        object.__setattr__(self, "bookmakers", canonical(self.bookmakers))
        object.__setattr__(self, "regions", () if self.bookmakers else canonical(self.regions))

    @property
    def region_count(self) -> int:
        """What the price is multiplied by: the regions, or the named books in tens, rounded up."""
        return math.ceil(len(self.bookmakers) / 10) if self.bookmakers else len(self.regions)

    @property
    def prefix(self) -> str:
        return f"odds/event/{self.sport}/{self.event}/" if self.event else self.board_prefix

    @property
    def board_prefix(self) -> str:
        """Where the boards are that may answer it too."""
        return f"odds/board/{self.sport}/"

    @property
    def key(self) -> str:
        markets, regions, books = map(comma_list, (self.markets, self.regions, self.bookmakers))
        return f"{self.prefix}{markets}/{regions}/{books}"

    @property
    def league(self) -> str:
        return self.sport

    @property
    def price(self) -> int:
        """Credits of a board or of an event's odds, by the markets and regions asked for (FACTS 1.2)."""
        return len(self.markets) * self.region_count

    @property
    def prefixes(self) -> tuple[str, ...]:
        return tuple(sorted({self.prefix, self.board_prefix}))

    @property
    def flight(self) -> str:
        """One for all boards of a sport: the next may find its answer in the last."""
        return self.prefix

    @property
    def lane(self) -> str:
        """One for all odds of a sport: where the first call is refused, the others need not be made."""
        return self.board_prefix

    def label(self) -> str:
        part = f"event {self.event[:ID_BEGINNING]}" if self.event else "board"
        return f"{part} {','.join(self.markets)} {','.join(self.bookmakers or self.regions)}"

    def covers(self, other: BaseJob) -> bool:
        return isinstance(other, OddsJob) and sharing.covers_odds(self, other)

    def surely_covers(self, other: BaseJob) -> bool:
        return isinstance(other, OddsJob) and sharing.surely_covers_odds(self, other)

    def _merged(self, other: BaseJob) -> OddsJob | None:
        return sharing.merge_odds(self, other) if isinstance(other, OddsJob) else None

    def _extracted(self, answer: Answer, other: BaseJob) -> Answer | None:
        if isinstance(other, OddsJob) and isinstance(answer, Events):
            return sharing.extract_odds(self, answer, other)
        return None

    def part(self, about: str | None) -> str | None:
        match about:
            case "sport":
                return _sport_part(self.sport)
            case "markets":
                kind = "event" if self.event else "board"
                return f"part/odds/markets/{self.sport}/{kind}/{','.join(self.markets)}"
            case "regions" if self.regions:
                return f"part/odds/regions/{','.join(self.regions)}"
            case "bookmakers" if self.bookmakers:
                return f"part/odds/bookmakers/{','.join(self.bookmakers)}"
            case "event" if self.event:
                return f"part/odds/event/{self.sport}/{self.event}"
            case _:
                return None


def board_of(key: str) -> OddsJob | None:
    """The job for a whole board whose `key` this is; None for any other key."""
    match key.split("/"):
        case ["odds", "board", sport, *lists] if len(lists) == 3:
            markets, regions, bookmakers = (
                () if names == "-" else tuple(names.split(",")) for names in lists
            )
            return OddsJob(sport, markets, regions, bookmakers)
        case _:
            return None


@dataclass(frozen=True)
class EventsJob(BaseJob):
    """The Odds API's own schedule of a sport; free."""

    sport: str
    api = "odds"
    endpoint = "events"
    freshness = "schedule"

    @property
    def prefix(self) -> str:
        return "odds/events/"

    @property
    def key(self) -> str:
        return f"{self.prefix}{self.sport}"

    @property
    def league(self) -> str:
        return self.sport

    def label(self) -> str:
        return "events"

    def part(self, about: str | None) -> str | None:
        return _sport_part(self.sport) if about == "sport" else None


@dataclass(frozen=True)
class SportsJob(BaseJob):
    """The sports The Odds API offers now; free, and a free way to read the balance."""

    api = "odds"
    endpoint = "sports"
    freshness = "sports"
    league = None

    @property
    def prefix(self) -> str:
        return "odds/sports/"

    @property
    def key(self) -> str:
        return f"{self.prefix}all"

    def label(self) -> str:
        return "sports"


@dataclass(frozen=True)
class ScoresJob(BaseJob):
    """Scores of live and upcoming games; `days_from` 1 to 3 adds finished ones."""

    sport: str
    days_from: int | None = None
    api = "odds"
    endpoint = "scores"
    freshness = "in_play"

    @property
    def prefix(self) -> str:
        return f"odds/scores/{self.sport}/"

    @property
    def key(self) -> str:
        return f"{self.prefix}{self.days_from or 0}"

    @property
    def league(self) -> str:
        return self.sport

    def label(self) -> str:
        return "scores"

    def part(self, about: str | None) -> str | None:
        return _sport_part(self.sport) if about == "sport" else None


def comma_list(words: tuple[str, ...]) -> str:
    """Join names as they stand in a key; `-` for none."""
    return ",".join(words) or "-"


def _sport_part(sport: str) -> str:
    return f"part/odds/sport/{sport}"
