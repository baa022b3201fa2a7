"""Cells in aligned columns, as rich text.

Blocks of one table share their widths, which separate rich tables would not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from oddsctl.render import text

GAP = 2
BAR_CELLS = 20
LEAST_ROOM = 20
"""No sentence is folded into fewer cells: what is narrower cuts it."""
DEMO_BANNER = "DEMO DATA: simulated providers, nothing here is real"


@dataclass(frozen=True, slots=True)
class Column:
    """One cell a line; all columns of a table are equally long. `right` sets the cells to the right edge."""

    cells: Sequence[Text]
    right: bool = False


def cell(value: str, style: str = "") -> Text:
    """One cell, fit for one line whatever a provider sent."""
    return Text(text.printable(value), style)


def side_by_side(columns: Sequence[Column], gap: int = GAP) -> list[Text]:
    """The lines of a table, each column as wide as its widest cell, empty columns left out, no blanks at the
    end of a line.
    """
    padded = [_padded(column) for column in columns if any(column.cells)] or [list(columns[0].cells)]
    lines = [Text(" " * gap).join(cells) for cells in zip(*padded, strict=True)]
    for line in lines:
        line.rstrip()
    return lines


def width(lines: Iterable[Text]) -> int:
    """Of the widest line."""
    return max((line.cell_len for line in lines), default=0)


def show_lines(console: Console, lines: Iterable[Text]) -> None:
    """Lines of a table, cut and never wrapped where the terminal is too narrow for them."""
    for line in lines:
        console.print(line, no_wrap=True, overflow="ellipsis")


def banner(*, demo: bool) -> list[Text]:
    """The line above and below whatever shows demo data; no line otherwise."""
    return [Text(DEMO_BANNER, "bold black on yellow")] if demo else []


def bar(console: Console, share: float | None, style: str, cells: int = BAR_CELLS) -> Text:
    """How much of the whole, 0 to 1; nothing where it is not known.

    In ASCII where the terminal knows no other.
    """
    if share is None:
        return Text()
    full, empty = "#-" if console.options.ascii_only else "█░"
    filled = round(min(1.0, max(0.0, share)) * cells)
    return Text.assemble((full * filled, style), (empty * (cells - filled), "dim"))


def named(console: Console, names: Sequence[str], lines: Iterable[Text]) -> list[Text]:
    """Lines with names in front of the first of them; a line that is too long for the terminal goes on below
    itself.
    """
    indent = max(map(len, names)) + GAP
    room = max(LEAST_ROOM, console.width - indent)
    folded = [
        part for line in lines for part in (line.wrap(console, room) if line.cell_len > room else [line])
    ]
    titles = [cell(name, "" if number else "bold") for number, name in enumerate(names)]
    blanks = [Text()] * max(len(titles), len(folded))
    return side_by_side(
        [Column([*titles, *blanks][: len(blanks)]), Column([*folded, *blanks][: len(blanks)])]
    )


def _padded(column: Column) -> list[Text]:
    wide = width(column.cells)
    cells = []
    for one in column.cells:
        blanks = " " * (wide - one.cell_len)
        cells.append(Text.assemble(blanks, one) if column.right else Text.assemble(one, blanks))
    return cells
