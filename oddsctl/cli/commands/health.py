"""`oddsctl health`: how the three APIs are."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from oddsctl.cli.context import CliContext

UNHEALTHY = 6
"""The exit code when any API is; the answer is written all the same."""


def health(
    context: typer.Context,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Check each API with a free call, at most once every five minutes."),
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="With --probe: check now, even if it was checked recently.")
    ] = False,
) -> int:
    """Show how each API is, why, and since when. Exit 6 when any is unhealthy."""
    from oddsctl.render.documents_usage import health_document

    session: CliContext = context.obj
    if fresh and not probe:
        raise typer.BadParameter("--fresh needs --probe: without it no request is sent")
    with session.app() as app, session.alerts(app):
        if probe:
            for text in app.monitor.probe(app.orchestrator, fresh=fresh):
                session.say(text)
        report, now = app.monitor.report(), app.clock.now()
    document = health_document(report)
    if session.format == "table":
        from oddsctl.render.console import console
        from oddsctl.render.health import show_health

        show_health(console(sys.stdout, os.environ), document, now=now, zone=session.zone, demo=session.demo)
        session.show_caveats()
    else:
        session.write(document | session.demo_field | session.caveats)
    return UNHEALTHY if report.status.value == "unhealthy" else 0
