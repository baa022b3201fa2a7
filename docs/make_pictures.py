"""Draws the pictures of the README from the simulated world at one fixed moment.

No clock, network or state of this machine may enter.

Run it in the checkout when the output has changed on purpose: `.venv/bin/python -m docs.make_pictures`. The
bytes are the same each time.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.app import USER_AGENT, App
from oddsctl.catalog.sports import find
from oddsctl.clock import StoppableClock
from oddsctl.domain.http import HttpRequest, HttpResponse, Secret
from oddsctl.domain.requests import RequestOptions
from oddsctl.domain.settings import Settings
from oddsctl.orchestration.orchestrator import RequestOrchestrator
from oddsctl.providers.registry import build
from oddsctl.records.calls import CostTracker
from oddsctl.records.database import RecordsDatabase
from oddsctl.records.decisions import DecisionLog
from oddsctl.render.board import show_board
from oddsctl.render.dashboard import page
from oddsctl.render.documents_usage import health_document, stats_document
from oddsctl.render.health import show_health
from oddsctl.render.layout import show_lines
from oddsctl.render.queue import show_timeline
from oddsctl.render.stats import show_stats
from oddsctl.sandbox.transport import DemoTransport
from oddsctl.sandbox.world import World
from oddsctl.services import stats
from oddsctl.services.board_query import BoardQuery
from oddsctl.services.dashboard import gather
from oddsctl.services.fetch import FetchBoard
from oddsctl.services.queue import queue_items
from oddsctl.state.shared import SharedState
from oddsctl.store.memory import MemoryLocks, MemoryStore
from oddsctl.store.wait_limit import LockWait

FOLDER = Path(__file__).parent / "pictures"
COLUMNS = 119
"""The fewest that hold every column of this board."""
SPORTS = ("nfl", "epl", "nhl")
DAYS = 1
COMMAND = f"oddsctl --demo fetch {' '.join(SPORTS)} --days {DAYS}"
ZONE = ZoneInfo("America/New_York")
PLANNED = ("nfl", "nba")
THURSDAY = datetime(2026, 11, 12, 9, 40, tzinfo=ZONE)
SUNDAY = datetime(2026, 11, 29, 9, 40, tzinfo=ZONE)
AT_ONCE: Mapping[str, float] = {}
LATENCY = {"odds": 0.142, "espn": 0.097, "weather": 0.061, "geocoding": 0.061}
"""Seconds that an answer takes in the pictures."""
LINES = 40
SIZE = 640_000
"""Bytes: the size of a database is not ours to promise."""
DAY, QUARTER = 86400.0, 900.0
MOMENT = datetime(2026, 11, 30, 15, 20, tzinfo=ZONE)
"""A Monday with a game under way, one under a roof that may be open, and ice rinks."""

FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px \
ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }}
.{unique_id}-title {{ font: bold 18px sans-serif }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">\
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""
"""Fonts of the reader's machine: a picture that loads one from elsewhere would tell that place who reads."""


class SlowClock(StoppableClock):
    """Moves only when told to."""

    def __init__(self, moment: datetime = MOMENT) -> None:
        super().__init__()
        self._now = moment.timestamp()

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        assert seconds <= 0, f"a picture does not wait {seconds} s"  # noqa: S101

    def tick(self, seconds: float = 1e-5) -> None:
        """By default too little to show, enough to tell which call was sent first."""
        self._now += seconds


class Turnstile:
    """The simulated providers, one call after the other: side by side, the last word on the balance would be
    a matter of luck.
    """

    def __init__(self, clock: SlowClock, store: MemoryStore, latency: Mapping[str, float]) -> None:
        self._clock = clock
        self._latency = latency
        self._inside = DemoTransport(World(), clock, store)
        self._alone = threading.Lock()

    def send(self, request: HttpRequest) -> HttpResponse:
        with self._alone:
            self._clock.tick()
            response = self._inside.send(request)
            return replace(response, received_at=response.sent_at + self._latency.get(request.api, 0.0))

    def close(self) -> None:
        self._inside.close()


def house(folder: Path, clock: SlowClock, latency: Mapping[str, float]) -> App:
    """An app in memory, but for its history, with the simulated providers."""
    settings, store, locks = (
        replace(Settings(), prefetch=replace(Settings().prefetch, sports=PLANNED)),
        MemoryStore(),
        MemoryLocks(),
    )
    records = RecordsDatabase(folder, clock, print)
    costs, decisions, wire = (
        CostTracker(records, clock),
        DecisionLog(records, clock, "prefetch"),
        Turnstile(clock, store, latency),
    )
    state = SharedState(folder, store, locks, clock, settings)
    orchestrator = RequestOrchestrator(
        state,
        transport=wire,
        providers=build(settings, lambda: Secret("demo"), USER_AGENT),
        tell=costs.hear,
        roll=lambda: 0.5,
    )
    patience = LockWait(clock, 30.0)
    return App(
        state,
        clock,
        orchestrator,
        wire,
        costs,
        decisions,
        records,
        patience,
        demo=True,
        tell=lambda _: None,
    )


@cache
def pictures() -> Mapping[str, str]:
    """Each picture's file name and SVG."""
    with TemporaryDirectory() as folder, closing(house(Path(folder), SlowClock(), AT_ONCE)) as app:
        drawn = {"fetch.svg": _fetch(app)}
    with TemporaryDirectory() as folder, closing(house(Path(folder), SlowClock(SUNDAY), AT_ONCE)) as app:
        drawn |= {"timeline.svg": _timeline(app)}
    with TemporaryDirectory() as folder, closing(house(Path(folder), SlowClock(THURSDAY), LATENCY)) as app:
        return drawn | {
            "stats.svg": _stats(app),
            "health.svg": _health(app),
            "dashboard.svg": _dashboard(app),
        }


def _fetch(app: App) -> str:
    sports = tuple(find(name, ()) for name in SPORTS)
    wanted = BoardQuery(sports, app.settings.odds.markets, app.settings.odds.regions, days=DAYS, zone=ZONE)
    board = FetchBoard(app.orchestrator, app.clock, app.settings).run(wanted, RequestOptions()).board
    shown = io.StringIO()
    show_board(_terminal(shown), board, zone=ZONE, sports=sports)
    return _drawn(f"$ {COMMAND}\n{shown.getvalue()}", "fetch")


def _timeline(app: App) -> str:
    """What is planned for a Sunday."""
    sports = [find(name, ()) for name in PLANNED]
    run = app.prefetcher.dry_run(sports, DAY)
    rows, shown = queue_items((), run.calls, app.clock.now(), app.orchestrator.price), io.StringIO()
    show_timeline(_terminal(shown), rows, app.clock.now(), ZONE, demo=True)
    return _drawn(f"$ oddsctl --demo prefetch {' '.join(PLANNED)} --dry-run\n{shown.getvalue()}", "timeline")


def _stats(app: App) -> str:
    """After five days of cron."""
    sports = [find("nfl", ())]
    assert isinstance(app.clock, SlowClock)  # noqa: S101
    for _ in range(5 * 24 * 4):
        app.prefetcher.run(sports, DAY, 50.0, QUARTER)
        app.clock.tick(QUARTER)
    app.flush()
    document = stats_document(stats.collect(app.state, app.ledger))
    document["cache"]["bytes"] = SIZE
    shown = io.StringIO()
    show_stats(_terminal(shown), document, zone=ZONE, demo=True)
    return _drawn(f"$ oddsctl --demo stats\n{shown.getvalue()}", "stats")


def _health(app: App) -> str:
    shown = io.StringIO()
    report = health_document(app.monitor.report())
    show_health(_terminal(shown), report, now=app.clock.now(), zone=ZONE, demo=True)
    return _drawn(f"$ oddsctl --demo health\n{shown.getvalue()}", "health")


def _dashboard(app: App) -> str:
    overview = gather(
        app.state,
        ledger=app.ledger,
        prefetcher=app.prefetcher,
        price=app.orchestrator.price,
        sports=[find("nfl", ())],
        horizon=7 * DAY,
        health=app.monitor.report(),
        before=None,
    )
    overview = replace(
        overview, stats=replace(overview.stats, cache=replace(overview.stats.cache, bytes=SIZE))
    )
    shown = io.StringIO()
    terminal = _terminal(shown, height=LINES)
    show_lines(terminal, page(terminal, overview, None, zone=ZONE, demo=True))
    return _drawn(f"$ oddsctl --demo dashboard\n{shown.getvalue()}", "dashboard")


def _terminal(file: io.StringIO, *, record: bool = False, height: int | None = None) -> Console:
    """A terminal of `COLUMNS` columns with colour, whatever this machine's environment says."""
    return Console(
        file=file,
        record=record,
        width=COLUMNS,
        height=height,
        force_terminal=True,
        color_system="standard",
        highlight=False,
        _environ={},
    )


def _drawn(shown: str, name: str) -> str:
    """What a terminal shows, as SVG.

    It is recorded as a whole: rich 13.7 records the lines of a buffered console again and again.
    """
    recorder = _terminal(io.StringIO(), record=True)
    recorder.print(Text.from_ansi(shown.rstrip("\n")))
    return recorder.export_svg(title="oddsctl", unique_id=name, code_format=FORMAT)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, svg in pictures().items():
        (FOLDER / name).write_text(svg, encoding="utf-8")
