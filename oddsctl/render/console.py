"""The console that tables are written to: whether it has colour, and how wide it is.

The environment decides, nothing else may.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.segment import Segment
from rich.text import Text

from oddsctl.domain import characters
from oddsctl.domain.notices import CallFinished, Notice, Planned

NATURAL_WIDTH = 10_000
"""What is piped is as wide as it is, and as long: no line is wrapped or cut, nothing left out."""
COLUMNS, LINES = 80, 25
"""The size of a terminal that does not tell its own."""
_LEAST = {"COLUMNS": 20, "LINES": 5}
"""What these variables must say to be believed."""
Terminal = Console
"""The type of what tables are written to, for those who only pass it on."""


class _Console(Console):
    """A console that leaves a closed pipe to the caller; rich would end the process with exit code 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The segments to write, without unsafe characters; sequences that steer the terminal are rich's own
        alone.
        """
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(characters.escaped(segment.text), segment.style)


def console(file: IO[str], environ: Mapping[str, str], *, animated: bool = False) -> Console:
    """A console on `file`; `animated` lets it redraw what it wrote, on a terminal that can.

    Colour on a terminal that has it, or where FORCE_COLOR is set; never where NO_COLOR is, then without any
    escape sequence but those that redraw. Both count when they are not empty; FORCE_COLOR=0 forces nothing.
    What is piped is as wide as it is, whatever TERM and COLUMNS say.
    """
    file = getattr(file, "styled", file)
    on_terminal = file.isatty()
    dumb = environ.get("TERM", "") in ("dumb", "unknown")
    forced = environ.get("FORCE_COLOR", "") not in ("", "0")
    colourful = not environ.get("NO_COLOR") and (forced or (on_terminal and not dumb))
    redrawn = animated and on_terminal and not dumb
    width, height = (
        (None, None) if on_terminal and not dumb else _size(file, environ, on_terminal=on_terminal)
    )
    return _Console(
        file=file,
        force_terminal=colourful or redrawn,
        force_interactive=redrawn,
        force_jupyter=False,
        color_system=("standard" if dumb else "auto") if colourful else None,
        width=width,
        height=height,
        _environ=_believable(environ),
        emoji=False,
        markup=False,
        highlight=False,
    )


def _believable(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without a size that no terminal has: rich would take it, and leave out all that does
    not fit.
    """
    return {
        name: value
        for name, value in environ.items()
        if name not in _LEAST or (re.fullmatch("[0-9]{1,4}", value) and int(value) >= _LEAST[name])
    }


def _size(file: IO[str], environ: Mapping[str, str], *, on_terminal: bool) -> tuple[int, int]:
    """Columns and lines where rich would not look: it takes any terminal that is dumb for 80 columns wide, a
    pipe as well.
    """
    if not on_terminal:
        return NATURAL_WIDTH, NATURAL_WIDTH
    told: dict[str, str] = _believable(environ)
    try:
        columns, lines = os.get_terminal_size(file.fileno())
    except (OSError, ValueError):
        columns, lines = 0, 0
    return int(told.get("COLUMNS", columns)) or COLUMNS, int(told.get("LINES", lines)) or LINES


def is_piped(console: Console) -> bool:
    """Whether the output is not read on a terminal."""
    return console.width >= NATURAL_WIDTH


@contextmanager
def screen(console: Console) -> Iterator[Callable[[Sequence[Text]], None]]:
    """Gives what draws lines, cut where the terminal ends.

    The terminal is as before when the block ends, however it ends.
    """
    with Live(console=console, screen=True, auto_refresh=False) as live:

        def draw(lines: Sequence[Text]) -> None:
            for line in lines:
                line.no_wrap, line.overflow = True, "ellipsis"
            live.update(Group(*lines), refresh=True)

        yield draw


@contextmanager
def bar(console: Console, noun: str) -> Iterator[Callable[[Notice], None]]:
    """A bar that follows the notices given to it, and is gone when the block ends."""
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(noun), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(noun, total=None)

        def hear(notice: Notice) -> None:
            match notice:
                case Planned(wishes, missing):
                    progress.update(task, total=wishes, completed=wishes - missing)
                case CallFinished(_, wants):
                    progress.advance(task, wants)

        yield hear
