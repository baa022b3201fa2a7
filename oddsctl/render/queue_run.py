"""What became of the requests that waited, as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from oddsctl.domain.models import Usage
from oddsctl.domain.queued import Worked
from oddsctl.render import text
from oddsctl.render.layout import Column, banner, cell, show_lines, side_by_side

STYLES = {"answered": "green", "postponed": "yellow", "dropped": "red"}


def show_queue_run(
    console: Console, worked: Sequence[Worked], usage: Usage, now: float, *, demo: bool = False
) -> None:
    """Print a line for each, and what it cost altogether."""
    rows = side_by_side(
        [
            Column([cell("sport", "dim"), *(cell(one.sport or one.api) for one in worked)]),
            Column([cell("what", "dim"), *(cell(one.what) for one in worked)]),
            Column(
                [
                    cell("credits", "dim"),
                    *(cell(str(one.credits), "" if one.credits else "dim") for one in worked),
                ],
                right=True,
            ),
            Column([cell("state", "dim"), *(cell(one.state, STYLES[one.state]) for one in worked)]),
            Column([cell("reason", "dim"), *(cell(_reason(one, now)) for one in worked)]),
        ]
    )
    counts = [f"{count} {state}" for state in STYLES if (count := sum(one.state == state for one in worked))]
    total = (
        f"{', '.join(counts)}; {text.counted(usage.calls, 'call')}, {text.counted(usage.credits, 'credit')}"
    )
    mark = banner(demo=demo)
    with console:  # written at once
        show_lines(console, [*mark, *rows, Text(), Text(total), *mark])


def _reason(one: Worked, now: float) -> str:
    detail = f" ({one.detail})" if one.detail and one.detail not in one.reason else ""
    wait = one.due - now if one.due is not None else 0
    return f"{one.reason}{detail}" + (f", again in {text.age(wait)}" if wait > 0 else "")
