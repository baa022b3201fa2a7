"""The whole terminal as a page that is drawn anew, and left as it was found.

What is on the page may not enter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text


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
