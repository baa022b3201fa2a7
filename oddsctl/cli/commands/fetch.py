"""`oddsctl fetch`: the board."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oddsctl.cli import options
from oddsctl.cli.context import DEFAULT_WAIT, CliContext
from oddsctl.domain.errors import UsageError
from oddsctl.domain.requests import Reason, RequestOptions
from oddsctl.domain.vocabulary import FORCE, OUTRIGHTS

if TYPE_CHECKING:
    from oddsctl.config import Loaded
    from oddsctl.services.board_query import BoardQuery
    from oddsctl.services.fetch import FetchResult


def fetch(
    context: typer.Context,
    sports: Annotated[
        list[str],
        typer.Argument(metavar="SPORT...", help="nfl ncaaf nba ncaab wnba mlb nhl mls epl ucl laliga …"),
    ],
    markets: Annotated[
        str | None, typer.Option(help="Markets, comma separated. Default: odds.markets.")
    ] = None,
    regions: Annotated[
        str | None, typer.Option(help="Regions, comma separated. Default: odds.regions.")
    ] = None,
    bookmakers: Annotated[
        str | None, typer.Option(help="Bookmakers instead of regions; ten cost as much as one region.")
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            min=1, max=31, help="Number of days from today. Default: 7 for football leagues, else 2."
        ),
    ] = None,
    day: Annotated[
        date | None,
        typer.Option("--date", parser=options.day, metavar="DATE", help="One day, like 2026-11-26."),
    ] = None,
    team: Annotated[
        str | None, typer.Option(help="Only games of teams whose name contains this text.")
    ] = None,
    book: Annotated[str | None, typer.Option(help="Only this book's prices.")] = None,
    max_age: Annotated[
        float | None,
        typer.Option(parser=options.duration, metavar="AGE", help="Accept cached answers up to this age."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ignore the cache.")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Use only cached data; send no requests.")
    ] = False,
    no_odds: Annotated[bool, typer.Option("--no-odds", help="Without prices.")] = False,
    no_weather: Annotated[bool, typer.Option("--no-weather", help="Without weather.")] = False,
    dry_run: options.DryRun = False,
    max_credits: options.MaxCredits = None,
    wait: options.Wait = DEFAULT_WAIT,
    shutdown_timeout: options.ShutdownTimeout = None,
    force: options.Force = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Explain on stderr where each part comes from.")
    ] = False,
    strict: options.Strict = False,
) -> int:
    """Show the board: games, best prices, weather at kick-off, and where each part came from."""
    from oddsctl.services.fetch import FetchBoard

    session: CliContext = context.obj
    if fresh and offline:
        raise typer.BadParameter("--fresh ignores the cache and --offline uses only the cache: choose one")
    if days and day:
        raise typer.BadParameter("--days counts from today and --date names one day: choose one")
    loaded = session.load(_flags(markets, regions, bookmakers), force=force)
    if not force:
        _check_book(session, loaded, book)
    wanted = _wanted(
        session,
        loaded,
        sports,
        days=days,
        day=day,
        team=team,
        book=book,
        odds=not no_odds,
        weather=not no_weather,
        markets_named=markets is not None,
    )
    if not force:
        _check_outrights(wanted)
    terms = RequestOptions(
        wait=wait,
        max_age=max_age,
        fresh=fresh,
        offline=offline,
        force=force,
        max_credits=max_credits,
        command="fetch",
    )
    with session.app(loaded, wait=wait, shutdown=shutdown_timeout) as app:
        terms = replace(terms, until=app.patience.until)
        board = FetchBoard(
            app.orchestrator, app.clock, loaded.settings, lambda api: app.monitor.look()[api].reason
        )
        if dry_run:
            return options.show_plan(
                session, [(sport.name, preview) for sport, preview in board.preview(wanted, terms)]
            )
        with session.alerts(app, offline=offline):
            return _show(
                session, board.run(wanted, terms), wanted, app.decisions.id, explain=explain, strict=strict
            )


def _flags(markets: str | None, regions: str | None, bookmakers: str | None) -> dict[str, object]:
    """The flags over the configuration; regions that are named push aside the books of the file."""
    if bookmakers is not None and not bookmakers.strip(" ,;"):
        raise typer.BadParameter("--bookmakers must name at least one book")
    flags: dict[str, object] = {
        "odds.markets": markets,
        "odds.regions": regions,
        "odds.bookmakers": bookmakers,
    }
    flags = {key: value for key, value in flags.items() if value is not None}
    return flags if bookmakers is not None or regions is None else flags | {"odds.bookmakers": ()}


def _check_book(session: CliContext, loaded: Loaded, book: str | None) -> None:
    """Raise `UsageError` for a book that nobody knows: its prices would be paid for and none be shown."""
    from oddsctl.domain.vocabulary import book_remedy

    if book is None or book.casefold().startswith("espn") or book_remedy(book) is None:
        return
    if remedy := book_remedy(book, session.shown(loaded).books):
        raise UsageError(f"--book: no book is called {book!r}", hint=f"{remedy}{FORCE}")


def _check_outrights(wanted: BoardQuery) -> None:
    """Raise `UsageError` for markets of games of a sport that has none: the provider refuses them."""
    named = set(wanted.markets) if wanted.markets_named else OUTRIGHTS
    for sport in wanted.sports:
        if sport.has_only_outrights and not named <= OUTRIGHTS:
            raise UsageError(
                f"--markets: {sport.name} has no games, only outrights", hint=f"leave --markets out{FORCE}"
            )


def _wanted(session: CliContext, loaded: Loaded, sports: list[str], **asked: Any) -> BoardQuery:
    from oddsctl.catalog.sports import find
    from oddsctl.services.board_query import BoardQuery

    known = {sport.name: sport for sport in (find(name, loaded.settings.sports) for name in sports)}
    odds = loaded.settings.odds
    return BoardQuery(
        tuple(known.values()), odds.markets, odds.regions, odds.bookmakers, zone=session.zone, **asked
    )


def _show(
    session: CliContext,
    fetched: FetchResult,
    wanted: BoardQuery,
    decision_id: str,
    *,
    explain: bool,
    strict: bool,
) -> int:
    made = fetched.board
    if fetched.failures and not made.games and not made.outrights:
        raise max(fetched.failures, key=lambda error: error.exit_code)
    _write(session, fetched, wanted)
    for text in made.warnings:
        session.warn(text)
    if session.format != "table":  # which has them in its answer
        for text in made.notes:
            session.say(text)
    if explain:
        from oddsctl.render.reasons import explain_lines

        for line in explain_lines(made):
            session.say(line)
        session.say(f"step by step: oddsctl why {decision_id}")
    if fetched.failures:
        raise max(fetched.failures, key=lambda error: error.exit_code)
    return (
        options.STRICTLY_INCOMPLETE
        if strict and any(Reason(source.reason).fails_strict for source in made.sources)
        else 0
    )


def _write(session: CliContext, fetched: FetchResult, wanted: BoardQuery) -> None:
    from oddsctl.render import documents

    match session.format:
        case "json":
            sys.stdout.write(documents.dump(documents.board_document(fetched.board)) + "\n")
        case "jsonl":
            sys.stdout.write(documents.jsonl(fetched.board))
        case "csv":
            sys.stdout.write(documents.csv(fetched.board, raw=session.raw))
        case _:
            from oddsctl.render.board import show_board
            from oddsctl.render.console import console

            show_board(
                console(sys.stdout, os.environ),
                fetched.board,
                zone=session.zone,
                odds_format=session.odds_format,
                sports=wanted.sports,
            )
