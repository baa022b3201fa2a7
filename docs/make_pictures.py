"""Draws the pictures of the README from the simulated world at one fixed moment. No clock, network or state of this machine may enter.

Run it in the checkout when the output has changed on purpose: `.venv/bin/python -m docs.make_pictures`. The bytes are the same each time.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.bootstrap import USER_AGENT
from oddsctl.fetch import Fetch, Wanted
from oddsctl.messages.wire import HttpRequest, HttpResponse, Secret
from oddsctl.messages.wishes import Terms
from oddsctl.orchestrator import RequestOrchestrator
from oddsctl.providers.registry import build
from oddsctl.providers.sports import find
from oddsctl.render.board import show_board
from oddsctl.sandbox.transport import DemoTransport
from oddsctl.sandbox.world import World
from oddsctl.settings import Settings
from oddsctl.store.memory import MemoryLocks, MemoryStore

FOLDER = Path(__file__).parent / "pictures"
COLUMNS = 119
"""The fewest that hold every column of this board."""
SPORTS = ("nfl", "epl", "nhl")
DAYS = 1
COMMAND = f"oddsctl --demo fetch {' '.join(SPORTS)} --days {DAYS}"
ZONE = ZoneInfo("America/New_York")
MOMENT = datetime(2026, 11, 30, 15, 20, tzinfo=ZONE)
"""A Monday with a game under way, one under a roof that may be open, and ice rinks."""

FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }}
.{unique_id}-title {{ font: bold 18px sans-serif }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
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


class SlowClock:
    """Moves only when told to."""

    def __init__(self) -> None:
        self._now = MOMENT.timestamp()

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        assert seconds <= 0, f"a picture does not wait {seconds} s"  # noqa: S101

    def tick(self) -> None:
        """Too little to show, enough to tell which call was sent first."""
        self._now += 1e-5


class Turnstile:
    """The simulated providers, one call after the other: side by side, the last word on the balance would be a matter of luck."""

    def __init__(self, clock: SlowClock, store: MemoryStore) -> None:
        self._clock = clock
        self._inside = DemoTransport(World(), clock, store)
        self._alone = threading.Lock()

    def send(self, request: HttpRequest) -> HttpResponse:
        with self._alone:
            self._clock.tick()
            return self._inside.send(request)

    def close(self) -> None:
        self._inside.close()


def pictures() -> Mapping[str, str]:
    """Each picture's file name and SVG."""
    return {"fetch.svg": _fetch()}


def _fetch() -> str:
    settings, clock, store = Settings(), SlowClock(), MemoryStore()
    orchestrator = RequestOrchestrator(
        store=store,
        transport=Turnstile(clock, store),
        clock=clock,
        providers=build(settings, lambda: Secret("demo"), USER_AGENT),
        settings=settings,
        tell=lambda _: None,
        locks=MemoryLocks(),
        roll=lambda: 0.5,
    )
    sports = tuple(find(name, ()) for name in SPORTS)
    wanted = Wanted(sports, settings.odds.markets, settings.odds.regions, days=DAYS, zone=ZONE)
    board = Fetch(orchestrator, clock, settings).run(wanted, Terms()).board
    shown = io.StringIO()
    show_board(_terminal(shown), board, zone=ZONE, sports=sports)
    return _drawn(f"$ {COMMAND}\n{shown.getvalue()}", "fetch")


def _terminal(file: io.StringIO, *, record: bool = False) -> Console:
    """A terminal of `COLUMNS` columns with colour, whatever this machine's environment says."""
    return Console(file=file, record=record, width=COLUMNS, force_terminal=True, color_system="standard", highlight=False, _environ={})


def _drawn(shown: str, name: str) -> str:
    """What a terminal shows, as SVG. It is recorded as a whole: rich 13.7 records the lines of a buffered console again and again."""
    recorder = _terminal(io.StringIO(), record=True)
    recorder.print(Text.from_ansi(shown.rstrip("\n")))
    return recorder.export_svg(title="oddsctl", unique_id=name, code_format=FORMAT)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, svg in pictures().items():
        (FOLDER / name).write_text(svg, encoding="utf-8")
