"""`oddsctl notify`: whether the channels that alerts go to can be reached."""

from __future__ import annotations

import os

import typer

from oddsctl.cli.context import CliContext

app = typer.Typer(help="Test the channels that receive alerts.", rich_markup_mode=None)
FAILED = 6


@app.callback()
def notify() -> None:
    """Test the channels that receive alerts."""


@app.command()
def test(context: typer.Context) -> int:
    """Send a test message through each configured channel. Exit 6 when one did not take it."""
    from oddsctl.services import alerts

    session: CliContext = context.obj
    results = alerts.send_test(session.loaded.settings, os.environ)
    if session.format == "table":
        for number, (channel, why) in enumerate(results, 1):
            typer.echo(f"{number}  {channel.label:<12}  {'delivered' if why is None else f'failed: {why}'}")
    else:
        from oddsctl.render.documents_admin import notify_document

        session.write(notify_document(results) | session.demo_field)
    return FAILED if any(why for _, why in results) else 0
