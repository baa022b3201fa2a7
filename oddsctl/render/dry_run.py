"""What a command would ask and what it would cost, as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from oddsctl.render import text
from oddsctl.render.documents_requests import DryRunRow
from oddsctl.render.layout import Column, banner, cell, show_lines, side_by_side

INDENT = 2


def show_dry_run(console: Console, rows: Sequence[DryRunRow], *, demo: bool = False) -> None:
    """Print two lines a request: who is asked, for what price, and why; below it the request, whole, to be
    copied.
    """
    facts = side_by_side(
        [
            Column([cell("api", "dim"), *(cell(row.api, "bold") for row in rows)]),
            Column([cell("sport", "dim"), *(cell(row.sport) for row in rows)]),
            Column(
                [
                    cell("credits", "dim"),
                    *(cell(str(row.credits), "yellow" if row.credits else "dim") for row in rows),
                ],
                right=True,
            ),
            Column([cell("decision", "dim"), *(cell(row.decision) for row in rows)]),
        ]
    )
    requests = sum(row.request is not None for row in rows)
    total = (
        f"{text.counted(requests, 'request')}, "
        f"{text.counted(sum(row.credits for row in rows), 'credit')}; nothing was sent"
    )
    mark = banner(demo=demo)
    with console:  # written at once
        show_lines(console, [*mark, facts[0]])
        for fact, row in zip(facts[1:], rows, strict=True):
            console.print(fact)
            if row.request:
                console.print(cell(" " * INDENT + row.request, "dim"), soft_wrap=True)
        show_lines(console, [Text(), Text(total), *mark])
