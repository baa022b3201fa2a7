"""What a season costs: 18 weeks of the NFL with cron every five minutes and random gaps, beside the naive
ways and the optimum.

Run it in the checkout: `.venv/bin/python -m benchmarks.season [--weeks 18] [--sport nfl] [--markets 3]`. It
plays in the simulated world with a clock that is moved from run to run; nothing is waited for. Gaps: cron
fails to call now and then, for an hour or a night.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from oddsctl.app import USER_AGENT
from oddsctl.catalog.sports import find
from oddsctl.domain.http import HttpRequest, HttpResponse, Secret
from oddsctl.domain.models import Sport
from oddsctl.domain.notices import Notice
from oddsctl.domain.settings import PrefetchSettings, Settings, WindowFetch
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.policy.prefetch_plan import Fixture, Windows, captures, plan, targets
from oddsctl.providers.registry import build
from oddsctl.records.calls import CostTracker
from oddsctl.records.database import RecordsDatabase
from oddsctl.records.windows import WindowResults
from oddsctl.sandbox.leagues import BY_NAME
from oddsctl.sandbox.schedule import games_between
from oddsctl.sandbox.transport import DemoTransport
from oddsctl.sandbox.world import World
from oddsctl.services.prefetch.planner import PrefetchPlanner
from oddsctl.services.prefetch.prefetcher import PredictivePrefetcher
from oddsctl.services.prefetch.window_results import WindowTracker
from oddsctl.state.shared import SharedState
from oddsctl.store.memory import MemoryLocks, MemoryStore

OPENING = datetime(2026, 9, 8, 4, tzinfo=UTC).timestamp()
"""The Tuesday of the first week."""
WEEK, MINUTE = 7 * 86400.0, 60.0
GAPS = ((0.001, 60 * MINUTE), (0.0002, 9 * 60 * MINUTE))
"""How likely a run is the first of a gap, and how long it lasts."""
TAKES = 0.2


class Calendar:
    """A clock that goes only when it is told to."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += max(0.0, seconds)

    def turn_to(self, moment: float) -> None:
        """It is that moment, unless it is later already."""
        self._now = max(self._now, moment)


class Wire:
    """The simulated providers; an answer takes a while."""

    def __init__(self, clock: Calendar, store: MemoryStore) -> None:
        self._clock = clock
        self._inside = DemoTransport(World(credits=100_000), clock, store)
        self.calls: Counter[str] = Counter()

    def send(self, request: HttpRequest) -> HttpResponse:
        self.calls[request.api] += 1
        self._clock.sleep(TAKES)
        return self._inside.send(request)

    def close(self) -> None:
        self._inside.close()


@dataclass
class House:
    """All that a run needs, on a state that outlives it."""

    clock: Calendar
    wire: Wire
    costs: CostTracker
    log: WindowResults
    prefetcher: PredictivePrefetcher
    settings: Settings


def house(directory: Path, settings: Settings, start: float) -> House:
    """A house on an empty state."""
    clock, store = Calendar(start), MemoryStore()
    wire, locks = Wire(clock, store), MemoryLocks()
    records = RecordsDatabase(directory, clock, print)
    costs, log = CostTracker(records, clock), WindowResults(records)
    state = SharedState(directory, store, locks, clock, settings)
    orchestrator = RequestOrchestrator(
        state,
        transport=wire,
        providers=build(settings, lambda: Secret("demo"), USER_AGENT),
        tell=costs.hear,
        roll=lambda: 0.5,
    )
    prefetcher = PredictivePrefetcher(
        orchestrator=orchestrator,
        prospects=PrefetchPlanner(orchestrator, state.accounts, costs, log, settings),
        notebook=state.prefetch_notes,
        reckoning=WindowTracker(log, state.prefetch_notes),
        locks=locks,
        clock=clock,
        settings=settings,
        tell=_say,
    )
    return House(clock, wire, costs, log, prefetcher, settings)


def _say(notice: Notice) -> None:
    pass


def cron(start: float, end: float, every: float, *, seed: int, gaps: bool) -> Iterator[float]:
    """When cron calls; with gaps now and then."""
    dice, moment, silent_until = random.Random(seed), start, start
    while moment < end:
        if gaps and moment >= silent_until:
            for likelihood, length in GAPS:
                if dice.random() < likelihood:
                    silent_until = moment + length
        if moment >= silent_until:
            yield moment + dice.random() * 2
        moment += every


def fixtures(sport: Sport, start: float, end: float) -> list[Fixture]:
    """The season as it is played, with what is called off left out."""
    world = World()
    games = games_between(world.seed, BY_NAME[sport.name], start, end)
    return [
        Fixture(game.id, sport.name, game.start) for game in games if not world.is_postponed(game, game.start)
    ]


@dataclass(frozen=True)
class Season:
    """One way through the season."""

    way: str
    calls: int
    credits: int
    note: str = ""


def played(
    sport: Sport, settings: Settings, end: float, *, gaps: bool
) -> tuple[Season, dict[str, int], House]:
    """Cron's season: what it cost, by month, and how the windows ended."""
    with tempfile.TemporaryDirectory() as directory:
        home = house(Path(directory), settings, OPENING)
        for moment in cron(OPENING, end, settings.prefetch.every, seed=7, gaps=gaps):
            home.clock.turn_to(moment)
            home.prefetcher.run((sport,), 86400.0, 50.0, settings.prefetch.every)
        costs = list(home.costs.costs())
        months = Counter[str]()
        for cost in costs:
            months[datetime.fromtimestamp(cost.at, UTC).strftime("%B")] += cost.spent or 0
        ends = Counter[str]()
        for (_, fate), count in home.log.totals().items():
            ends[fate] += count
        _check_accounts(home, sport, end)
        paid = [cost for cost in costs if cost.spent]
        told = ", ".join(f"{count} {fate}" for fate, count in sorted(ends.items()))
        way = "oddsctl prefetch, cron with gaps" if gaps else "oddsctl prefetch, cron without gaps"
        return Season(way, len(paid), sum(cost.spent or 0 for cost in paid), told), dict(months), home


def _check_accounts(home: House, sport: Sport, end: float) -> None:
    """Each window of each game that was played has ended in one way, and what is called captured was."""
    rules = home.settings.prefetch
    windows = Windows(rules.windows_of("odds"), rules.early, rules.late)
    ends = home.log.since(0.0)
    for fixture in fixtures(sport, OPENING + 3 * 3600, end - 3600):
        told = [end for (game, _), end in ends.items() if game == fixture.id]
        assert len(told) == len(windows.before), f"{fixture} is not accounted for: {told}"
        for one in told:
            if one.fate == "captured":
                assert one.at is not None
                assert captures(fixture, windows, one.at), f"{one} was not captured"


def naive(sport: Sport, settings: Settings, end: float) -> list[Season]:
    """What people do: each game for itself at each window; the whole board every quarter of an hour, always
    or in the 2 h before games.
    """
    season, price = fixtures(sport, OPENING, end), len(settings.odds.markets)
    windows = settings.prefetch.windows
    quarters = int((end - OPENING) / (15 * MINUTE))
    near = {
        int(moment // (15 * MINUTE))
        for one in season
        for moment in range(int(one.start - max(windows)), int(one.start), 900)
    }
    return [
        Season(
            "each game for itself, at each window",
            len(season) * len(windows),
            len(season) * len(windows) * price,
        ),
        Season("the board every 15 min, all week", quarters, quarters * price),
        Season("the board every 15 min, the 2 h before games", len(near), len(near) * price),
    ]


def optimum(sport: Sport, settings: Settings, end: float) -> Season:
    """The fewest boards that catch every window of the season as it was played, by someone who knew it
    all.
    """
    rules = settings.prefetch
    windows = Windows(rules.windows_of("odds"), rules.early, rules.late)
    calls = plan(targets(fixtures(sport, OPENING, end), windows, (), OPENING, end - OPENING)[0])
    return Season("the optimum", len(calls), len(calls) * len(settings.odds.markets))


def main() -> None:
    """Play it, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weeks", type=int, default=18)
    parser.add_argument("--sport", default="nfl")
    asked = parser.parse_args()
    sport, end = find(asked.sport), OPENING + asked.weeks * WEEK
    settings = replace(Settings(), prefetch=replace(PrefetchSettings(), fetch=(WindowFetch("odds"),)))
    best = optimum(sport, settings, end)
    without, months, _ = played(sport, settings, end, gaps=False)
    with_gaps, _, _ = played(sport, settings, end, gaps=True)
    print(f"{sport.title}, {asked.weeks} weeks, {len(fixtures(sport, OPENING, end))} games\n")
    print("| way | calls | credits | a week | of the optimum | windows |")
    print("|---|--:|--:|--:|--:|---|")
    for season in (best, without, with_gaps, *naive(sport, settings, end)):
        share = f"{season.credits / best.credits:.2f} x"
        print(
            f"| {season.way} | {season.calls:,} | {season.credits:,} | {season.credits / asked.weeks:.0f} "
            f"| {share} | {season.note} |"
        )
    print(
        "\ncredits by month, without gaps:",
        ", ".join(f"{month} {credits}" for month, credits in months.items()),
    )


if __name__ == "__main__":
    main()
