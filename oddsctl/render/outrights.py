"""Competitions that one of many wins, as tables of their own: each competitor with the best price and the
book that has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.text import Text

from oddsctl.domain import bookmakers
from oddsctl.domain.board_models import Board, Outright
from oddsctl.domain.models import Sport
from oddsctl.render import text
from oddsctl.render.layout import Column, cell, side_by_side
from oddsctl.render.text import OddsFormat

DIM = "dim"


def outright_lines(
    board: Board, sports: Mapping[str, Sport], zone: ZoneInfo, odds_format: OddsFormat | None
) -> Iterator[Text]:
    """The tables, each below an empty line but the first."""
    for number, one in enumerate(board.outrights):
        sport = sports.get(one.sport)
        custom: OddsFormat = "decimal" if sport and not sport.american else "american"
        yield from [Text()] * (number > 0)
        yield _heading(board, one, zone)
        yield from _rows(one, odds_format or custom) if one.best else [cell("No prices.")]


def _heading(board: Board, one: Outright, zone: ZoneInfo) -> Text:
    begins = datetime.fromtimestamp(one.commence_time, zone)
    this_year = datetime.fromtimestamp(board.generated_at, zone).year
    ages = [board.generated_at - price.last_update for price in one.best if price.last_update is not None]
    told = [
        f"outright, {text.day(begins.date(), this_year=this_year)}",
        *([f"prices up to {text.age(max(ages))} old"] if ages else []),
    ]
    return Text.assemble((text.printable(one.title), "bold"), "  ", (", ".join(told), DIM))


def _rows(one: Outright, odds_format: OddsFormat) -> Iterable[Text]:
    return side_by_side(
        [
            Column([cell(price.outcome) for price in one.best]),
            Column([cell(text.price(price.price, odds_format), "bold") for price in one.best], right=True),
            Column([cell(bookmakers.title(price.bookmaker), DIM) for price in one.best]),
        ]
    )
