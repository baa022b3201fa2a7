"""`oddsctl cache`: what is stored, and how to be rid of it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from oddsctl.cli import options
from oddsctl.cli.context import CliContext

app = typer.Typer(
    help="Show, prune and clear cached answers. Never changes credits or limits.", rich_markup_mode=None
)
OLD = 7 * 86400.0


@app.command()
def info(context: typer.Context) -> None:
    """Show where state is kept, how much of it there is, and how old."""
    from oddsctl.render.text import age, size
    from oddsctl.services.cache_admin import inventory

    session: CliContext = context.obj
    with session.app() as app:
        found = inventory(app.state)
        now = app.clock.now()
    if session.format in ("json", "jsonl"):
        from oddsctl.render.documents_admin import cache_document

        typer.echo(json.dumps(cache_document(found)))
        return
    typer.echo(f"state      {found.state_dir}")
    typer.echo(f"answers    {found.entries}")
    typer.echo(f"on disk    {size(found.bytes)}")
    for name, at in (("oldest", found.oldest), ("newest", found.newest)):
        if at is not None:
            typer.echo(f"{name:<10} {age(now - at)}")


@app.command()
def prune(
    context: typer.Context,
    older_than: Annotated[
        float,
        typer.Option(
            parser=options.duration, metavar="AGE", show_default="7d", help="Drop answers older than this."
        ),
    ] = OLD,
) -> None:
    """Drop old stored answers."""
    from oddsctl.services import cache_admin

    session: CliContext = context.obj
    with session.app() as app:
        typer.echo(f"{cache_admin.prune(app.state, older_than)} answers dropped")


@app.command()
def clear(context: typer.Context) -> None:
    """Drop all stored answers, so that everything is asked anew. Credits, limits and history stay."""
    from oddsctl.services import cache_admin

    session: CliContext = context.obj
    with session.app() as app:
        typer.echo(f"{cache_admin.prune(app.state, None)} answers dropped")
