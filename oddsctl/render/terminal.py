"""The console that tables are written to: whether it has colour, and how wide it is. The environment decides, nothing else may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from rich.console import Console

NATURAL_WIDTH = 10_000
"""What is piped is as wide as it is: no line is wrapped or cut."""


Terminal = Console
"""The type of what tables are written to, for those who only pass it on."""


class _Console(Console):
    """A console that leaves a closed pipe to the caller; rich would end the process with exit code 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(file: IO[str], environ: Mapping[str, str], *, animated: bool = False) -> Console:
    """A console on `file`; `animated` lets it redraw what it wrote, on a terminal that can.

    Colour on a terminal that has it, or where FORCE_COLOR is set; never where NO_COLOR is, then without any escape sequence but those
    that redraw.
    Both count when they are not empty; FORCE_COLOR=0 forces nothing.
    """
    on_terminal = file.isatty()
    dumb = environ.get("TERM", "") in ("dumb", "unknown")
    forced = environ.get("FORCE_COLOR", "") not in ("", "0")
    colourful = not environ.get("NO_COLOR") and (forced or (on_terminal and not dumb))
    redrawn = animated and on_terminal and not dumb
    return _Console(
        file=file,
        force_terminal=colourful or redrawn,
        force_interactive=redrawn,
        color_system=("standard" if dumb else "auto") if colourful else None,
        width=None if on_terminal else NATURAL_WIDTH,
        _environ=environ,
        emoji=False,
        markup=False,
        highlight=False,
    )


def is_piped(console: Console) -> bool:
    """Whether the output is not read on a terminal."""
    return console.width >= NATURAL_WIDTH
