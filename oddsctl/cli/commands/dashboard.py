"""`oddsctl dashboard`: all of it on one screen, redrawn every second and at each key.

Nothing is held open between two drawings.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import typer

from oddsctl.cli import options
from oddsctl.cli.context import CliContext
from oddsctl.domain.errors import OddsctlError, UsageError
from oddsctl.domain.notices import Notice, Warned

if TYPE_CHECKING:
    from oddsctl.cli.keyboard import Keyboard
    from oddsctl.domain.models import Sport
    from oddsctl.render.console import Terminal
    from oddsctl.render.dashboard import View
    from oddsctl.services.dashboard import DashboardSnapshot

EVERY = 1.0
"""Seconds from one drawing to the next, at most."""
LOCK_WAIT = 1.0
"""Seconds to wait for the state: keys do nothing meanwhile, and the next drawing tries again."""
QUIT = ("q", "Q", "\x1b", "\x03", "\x04")
STEPS = {"\t": 1, "C": 1, "B": 1, "\x1b[Z": -1, "D": -1, "A": -1}
"""Tabs further by each key; arrows by the letter at their end, as terminals begin them in two ways."""
TERMINATED = 128 + signal.SIGTERM
AGAIN = (signal.SIGTSTP, signal.SIGCONT)
"""After these the terminal is not as we left it."""


def dashboard(context: typer.Context, horizon: options.Horizon = options.A_DAY) -> int:
    """Watch limits, health, queue, last calls and performance on the whole screen; keys 1-5, 0 for all, q to
    quit. Asks nobody.
    """
    from oddsctl.cli.keyboard import keyboard
    from oddsctl.render.console import console

    session: CliContext = context.obj
    environ = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")
    }  # they know of no resize
    terminal = console(sys.stdout, environ, animated=True)
    if session.format != "table" or not terminal.is_interactive or not sys.stdin.isatty():
        raise UsageError(
            "dashboard needs a terminal",
            hint="for scripts use `oddsctl stats --json`",
        )
    watch = DashboardLoop(
        session,
        terminal,
        options.prefetch_sports(session, None) if session.loaded.settings.prefetch.sports else (),
        horizon,
    )
    with keyboard(sys.stdin.fileno()) as events:
        return watch.run(events)


@dataclass(frozen=True, slots=True)
class PanelState:
    """What is on the screen: the newest state that could be read, and why none is newer, if so."""

    overview: DashboardSnapshot
    view: View = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class DashboardLoop:
    """The loop: look, draw, wait."""

    session: CliContext
    terminal: Terminal
    sports: tuple[Sport, ...]
    horizon: float

    def run(self, events: Keyboard) -> int:
        """Draw until told to end; the exit code.

        The terminal is ours in between only, also when we are suspended.
        """
        from oddsctl.render.console import screen

        seen = PanelState(self._look(None, []))  # report what cannot be read before taking the screen
        while True:
            with events.by_key(), screen(self.terminal) as draw:
                seen, end = self._shown(seen, events, draw)
            if end == signal.SIGTSTP:
                events.suspend()
            elif end != signal.SIGCONT:
                return TERMINATED if end == signal.SIGTERM else 0

    def _shown(self, seen: PanelState, events: Keyboard, draw: Any) -> tuple[PanelState, int]:
        """Until a signal or a key ends it: what was shown last, and the signal (a key to quit counts as
        SIGINT).
        """
        from oddsctl.render.dashboard import page

        while True:
            shown = page(
                self.terminal,
                seen.overview,
                seen.view,
                zone=self.session.zone,
                demo=self.session.demo,
                trouble=seen.trouble,
            )
            draw(shown)
            signals, keys = events.wait(EVERY)
            if ends := [number for number in signals if number != signal.SIGWINCH]:
                return seen, next((number for number in ends if number not in AGAIN), ends[0])
            for key in keys:
                if key in QUIT:
                    return seen, signal.SIGINT
                seen = replace(seen, view=self._chosen(seen.view, key))
            seen = self._newer(seen)

    def _newer(self, seen: PanelState) -> PanelState:
        troubles: list[str] = []
        try:
            overview = self._look(seen.overview, troubles)
        except OddsctlError as error:
            return replace(seen, trouble=f"not updated: {error.message}")
        return replace(seen, overview=overview, trouble=troubles[-1] if troubles else "")

    def _look(self, before: DashboardSnapshot | None, troubles: list[str]) -> DashboardSnapshot:
        """How things are now; what must be told about it goes to `troubles`."""
        from oddsctl.app import open_app
        from oddsctl.services.dashboard import gather

        def hear(notice: Notice) -> None:
            if isinstance(notice, Warned):
                troubles.append(notice.text)

        loaded, demo = self.session.loaded, self.session.demo
        with closing(
            open_app(loaded, demo=demo, tell=hear, lock_wait=LOCK_WAIT, command=self.session.command)
        ) as app:
            return gather(
                app.state,
                ledger=app.ledger,
                prefetcher=app.prefetcher,
                price=app.orchestrator.price,
                sports=self.sports,
                horizon=self.horizon,
                health=app.monitor.report(),
                before=before,
            )

    def _chosen(self, view: View, key: str) -> View:
        """The view after that key; one that means nothing changes nothing."""
        from oddsctl.render.dashboard import Panel, turned

        if key in ("0", "a", "A"):
            return None
        if key in "12345" and len(key) == 1:
            return Panel(int(key))
        name = key[-1] if key.startswith(("\x1b[", "\x1bO")) and key != "\x1b[Z" else key
        is_arrow = len(key) > 1 and name in "ABCD"
        return turned(self.terminal, view, STEPS[name]) if is_arrow or key in ("\t", "\x1b[Z") else view
