"""The board as a table for people: a block for each sport and day, as many columns as the terminal holds, a
footer that hides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.domain.board_models import Board
from oddsctl.domain.models import Sport
from oddsctl.render import board_rows, reasons, text
from oddsctl.render.board_rows import CAUTION, DIM, BoardBlock, BoardLine, ShownPrice
from oddsctl.render.layout import Column, banner, cell, show_lines, side_by_side, width
from oddsctl.render.outrights import outright_lines
from oddsctl.render.text import OddsFormat

MARKETS = {"h2h": "moneyline", "spreads": "spread", "totals": "total"}
SHORT_MARKETS = MARKETS | {"h2h": "win"}
STANDS_IN_MARK = "*"
"""Stands beside ESPN's line where its name does not fit."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What of the table is shown. The first of `EXTENTS` that fits the terminal is taken."""

    markets: tuple[str, ...] = tuple(MARKETS)
    weather: bool = True
    age: bool = True
    books: bool = True


EXTENTS = (
    Extent(),
    Extent(weather=False),
    Extent(weather=False, age=False),
    Extent(books=False),
    Extent(books=False, weather=False),
    Extent(books=False, weather=False, age=False),
    Extent(books=False, weather=False, age=False, markets=("h2h", "spreads")),
    Extent(books=False, weather=False, age=False, markets=("h2h",)),
)


def show_board(
    console: Console,
    board: Board,
    *,
    zone: ZoneInfo,
    odds_format: OddsFormat | None = None,
    sports: Sequence[Sport] = (),
) -> None:
    """Print the board.

    `odds_format` None means each league's custom, which `sports` tell, as well as their titles.
    """
    known = {sport.name: sport for sport in sports}
    blocks = board_rows.blocks(board.games, zone)
    tables = [[*_block(board, block, zone, odds_format, known.get(block.sport))] for block in blocks]
    extent = _widest(tables, console.width)
    mark = banner(demo=board.demo)
    with console:  # written at once
        games = _table(tables, extent) if tables or not board.outrights else []
        outrights = [*outright_lines(board, known, zone, odds_format)]
        between = [Text()] if games and outrights else []
        show_lines(console, [*mark, *games, *between, *outrights, Text()])
        for line in (*_footer(board, marked=not extent.books and _has_stand_in(tables)), *mark):
            console.print(line)


@dataclass(frozen=True, slots=True)
class _Heading:
    """Stands above a block, beside the names of the columns."""

    title: Text


_Row = _Heading | BoardLine | None
"""None is an empty line."""


def _block(
    board: Board, block: BoardBlock, zone: ZoneInfo, odds_format: OddsFormat | None, sport: Sport | None
) -> Iterator[_Row]:
    this_year = datetime.fromtimestamp(board.generated_at, zone).year
    title = sport.title if sport else block.sport.upper()
    day = text.day(block.day, this_year=this_year)
    clock = text.zone_name(block.games[0].commence_time, zone)
    yield _Heading(Text.assemble((text.printable(title), "bold"), "  ", (day, "bold"), (f" {clock}", DIM)))
    custom: OddsFormat = "decimal" if sport and not sport.american else "american"
    for game in block.games:
        yield from board_rows.lines(board, game, zone, odds_format or custom)


def _widest(tables: Sequence[Sequence[_Row]], room: int) -> Extent:
    """The first extent that fits; the last one where none does."""
    return next((extent for extent in EXTENTS if width(_table(tables, extent)) <= room), EXTENTS[-1])


def _table(tables: Sequence[Sequence[_Row]], extent: Extent) -> list[Text]:
    """All blocks as lines, an empty line between two. A column that says nothing is left out, its name
    too.
    """
    if not tables:
        return [cell("No games.")]
    rows = [row for number, table in enumerate(tables) for row in ((None, *table) if number else table)]
    lines = [row for row in rows if isinstance(row, BoardLine)]
    columns = {
        "": side_by_side(
            [
                Column([line.time for line in lines]),
                Column([line.team for line in lines]),
                Column([line.score for line in lines], right=True),
            ]
        )
    }
    names = MARKETS if extent.books else SHORT_MARKETS
    columns |= {names[market]: _market(lines, market, books=extent.books) for market in extent.markets}
    columns["weather"] = [line.weather for line in lines if extent.weather]
    columns["age"] = [line.age for line in lines if extent.age]
    return side_by_side(
        [Column(_beside_headings(rows, name, cells)) for name, cells in columns.items() if any(cells)]
    )


def _market(lines: Sequence[BoardLine], market: str, *, books: bool) -> list[Text]:
    offers = [line.offers.get(market) for line in lines]
    points = [cell(offer.point) if offer else Text() for offer in offers]
    prices = [
        cell(offer.price, CAUTION if offer.stands_in else "bold") if offer else Text() for offer in offers
    ]
    names = [
        cell(_book(offer, books=books), CAUTION if offer.stands_in else DIM) if offer else Text()
        for offer in offers
    ]
    return side_by_side([Column(points, right=True), Column(prices, right=True), Column(names)], gap=1)


def _book(offer: ShownPrice, *, books: bool) -> str:
    if books:
        return offer.book
    return STANDS_IN_MARK if offer.stands_in else ""


def _beside_headings(rows: Sequence[_Row], name: str, cells: Sequence[Text]) -> list[Text]:
    """The cells of one column, one a line of a game; beside a heading stands the column's name, in the first
    column the title.
    """
    left = iter(cells)
    whole = []
    for row in rows:
        match row:
            case None:
                whole.append(Text())
            case _Heading(title):
                whole.append(cell(name, DIM) if name else title)
            case BoardLine():
                whole.append(next(left))
    return whole


def _has_stand_in(tables: Sequence[Sequence[_Row]]) -> bool:
    return any(
        offer.stands_in
        for table in tables
        for row in table
        if isinstance(row, BoardLine)
        for offer in row.offers.values()
    )


def _footer(board: Board, *, marked: bool) -> Iterator[Text]:
    if marked:
        yield cell(f"{STANDS_IN_MARK} ESPN's own line", CAUTION)
    for note in board.notes:
        yield cell(note)
    for note in reasons.notes(board):
        yield cell(note, CAUTION)
    usage = board.usage
    left = "balance not known yet" if usage.credits_remaining is None else f"{usage.credits_remaining:,} left"
    yield cell(
        f"{text.counted(usage.credits, 'credit')} spent, {left}, {text.counted(usage.calls, 'call')}", DIM
    )
