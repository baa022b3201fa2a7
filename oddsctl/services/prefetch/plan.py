"""What a run of prefetch has to do: the windows, the boards to buy and the calls, as things stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oddsctl.domain.models import Sport
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.settings import OddsSettings, Part, PrefetchSettings
from oddsctl.policy import prefetch_agenda
from oddsctl.policy.budget_pacing import PacingDecision
from oddsctl.policy.prefetch_agenda import WindowCalls
from oddsctl.policy.prefetch_plan import Fixture, Why, Windows
from oddsctl.services.prefetch.schedule import LeagueSchedule

LOOK_AGAIN = 240.0
"""Seconds after which the free list is asked again for games that it did not have: at each run of cron, as
long as a window is open.
"""


@dataclass(frozen=True, slots=True)
class PrefetchPlan:
    """What is to be done up to the horizon, as things stand.

    `boards` are the moments of the boards of each sport, `jobs` and `prices` what would be bought now.

    `unlisted` are the windows of games that The Odds API did not list when it was asked last, at `looked_at`
    by sport.
    """

    tables: tuple[LeagueSchedule, ...]
    windows: Windows
    weather_windows: Windows
    schedule_windows: Windows
    course: PacingDecision
    boards: Mapping[str, Sequence[float]]
    jobs: Mapping[str, OddsJob]
    prices: Mapping[str, int]
    unlisted: frozenset[tuple[str, float]]
    looked_at: Mapping[str, float]
    odds: WindowCalls
    weather: WindowCalls
    schedule: WindowCalls

    @property
    def is_short(self) -> bool:
        """Whether something is left out for want of credits."""
        return self.course.emergency or any(one.why is Why.BUDGET for one in self.odds.skipped)

    def to_look_for(self, now: float) -> tuple[str, ...]:
        """The sports with an unlisted game whose window is open, and whose free list was not looked at for a
        while.
        """
        skipped = (one.target for one in self.odds.skipped if one.why is Why.NO_PRICES)
        doubtful = {
            target.sport
            for target in skipped
            if target.contains(now) and (target.fixture_id, target.window) in self.unlisted
        }
        return tuple(
            sorted(sport for sport in doubtful if now - self.looked_at.get(sport, 0.0) >= LOOK_AGAIN)
        )

    def wake_at(self, now: float, longest: float) -> float:
        """When there is something to do again."""
        return prefetch_agenda.next_wake(
            (*self.odds.calls, *self.weather.calls, *self.schedule.calls), now, longest
        )

    def next_paid(self, now: float) -> float | None:
        """When the next board is bought; None when none is planned."""
        return min((call.at for call in self.odds.calls if call.at > now), default=None)


def windows_of(rules: PrefetchSettings, part: Part) -> Windows:
    """Return the windows at which this part is fetched."""
    return Windows(rules.windows_of(part), rules.early, rules.late)


def board_to_buy(odds: OddsSettings, sport: Sport, *, lean: bool = False) -> OddsJob:
    """Return the board that is bought; `lean`: with one market only, moneylines where they are wanted."""
    leanest = ("h2h",) if "h2h" in odds.markets else odds.markets[:1]
    return OddsJob(sport.odds_key or "", leanest if lean else odds.markets, odds.regions, odds.bookmakers)


def fixtures_of(tables: Sequence[LeagueSchedule]) -> list[Fixture]:
    """Return the games of all these schedules."""
    return [fixture for table in tables for fixture in table.fixtures]
