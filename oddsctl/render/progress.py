"""A progress bar for many calls, on a terminal's stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from oddsctl.domain.notices import Landed, Notice, Planned


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
                case Landed(_, wants):
                    progress.advance(task, wants)

        yield hear
