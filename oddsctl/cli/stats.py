"""`oddsctl stats`: rate limits and usage."""

from __future__ import annotations

import os
import sys

import typer

from oddsctl.cli.session import Session


def register(app: typer.Typer) -> None:
    """Hang the command into the tree."""
    app.command("stats")(stats)


def stats(context: typer.Context) -> None:
    """Show rate limits, credits, cache and calls, as all processes together have left them."""
    from oddsctl import statistics

    session: Session = context.obj
    with session.app() as app:
        document = statistics.document(app.store, app.clock, app.settings, app.state_dir)
    if session.format == "table":
        from oddsctl.render.stats import show_stats
        from oddsctl.render.terminal import console

        show_stats(console(sys.stdout, os.environ), document, zone=session.zone, demo=session.demo)
    else:
        from oddsctl.render.documents import dump

        sys.stdout.write(dump(document | session.mark) + "\n")
