"""`oddsctl stats`: rate limits and usage, as a page, a document, a page drawn anew, or metrics for
Prometheus.
"""

from __future__ import annotations

import math
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oddsctl.cli import options
from oddsctl.cli.context import CliContext
from oddsctl.domain.errors import InterruptedRunError, UsageError

if TYPE_CHECKING:
    from oddsctl.app import App

EVERY = 2.0
"""Seconds from one drawing of `--watch` to the next."""


class By(StrEnum):
    """What calls can be grouped by."""

    API = "api"
    SPORT = "sport"
    COMMAND = "command"
    DAY = "day"


def stats(
    context: typer.Context,
    since: options.Since = None,
    by: Annotated[By | None, typer.Option("--by", help="Also show the cost of calls, by this field.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh the page every 2 s until Ctrl-C.")] = False,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="Print everything as metrics in the Prometheus text format.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="With --prometheus: write this file atomically, for node_exporter.",
        ),
    ] = None,
) -> int:
    """Show rate limits, credits, cache and calls, as all processes together have left them."""
    session: CliContext = context.obj
    if output and not prometheus:
        raise UsageError("--output is the file for --prometheus", hint="add --prometheus, or write > FILE")
    if prometheus:
        if since or by or watch:
            raise UsageError(
                "--prometheus reports all-time totals, once", hint="leave out --since, --by and --watch"
            )
        return _metrics(session, output)
    if watch:
        return _watch(session, since, by)
    with session.app() as app:
        document = _document(session, app, since, by)
    if session.format == "table":
        from oddsctl.render.console import console
        from oddsctl.render.stats import show_stats

        show_stats(console(sys.stdout, os.environ), document, zone=session.zone, demo=session.demo)
        session.show_caveats()
    else:
        session.write(document | session.demo_field | session.caveats)
    return 0


def _document(session: CliContext, app: App, since: float | None, by: By | None) -> dict[str, Any]:
    from oddsctl.render.documents_usage import stats_document
    from oddsctl.services.costs import month_began
    from oddsctl.services.stats import collect

    begin = None if since in (None, math.inf) else app.clock.now() - since
    app.records.is_needed = since is not None or by is not None
    for gap in app.records.gaps(month_began(app.state) if begin is None else begin):
        session.warn(gap)
    found = collect(
        app.state,
        app.ledger,
        since=begin,
        by=by.value if by else None,
        zone=session.zone,
    )
    return stats_document(found)


def _metrics(session: CliContext, output: Path | None) -> int:
    from oddsctl.services import metrics

    try:
        from oddsctl.render import prometheus
    except ModuleNotFoundError:
        raise UsageError(
            "--prometheus needs prometheus_client", hint="install it with: pip install 'oddsctl[metrics]'"
        ) from None
    with session.app() as app:
        health = {api: one.status.value for api, one in app.monitor.look().items()}
        found = metrics.gather(app.state, app.ledger, health)
    caveats = "".join(f"# WARNING: {' '.join(warning.split())}\n" for warning in session.warnings)
    text = caveats + prometheus.exposition(found, demo=session.demo)
    if output:
        prometheus.write_whole(output, text)
    else:
        sys.stdout.write(text)
    return 0


def _watch(session: CliContext, since: float | None, by: By | None) -> int:
    """Draw until Ctrl-C.

    Between two drawings nothing is held open: others may prune, move or repair the state.
    """
    from oddsctl.render.console import console, screen
    from oddsctl.render.stats import fitting_page

    terminal = console(sys.stdout, os.environ, animated=True)
    if session.format != "table" or not terminal.is_interactive:
        raise UsageError(
            "--watch needs a terminal", hint="leave it out, or run `oddsctl stats --json` repeatedly"
        )
    try:
        with screen(terminal) as draw:
            while True:
                with session.app() as app:
                    document = _document(session, app, since, by)
                draw(fitting_page(terminal, document, zone=session.zone, demo=session.demo))
                app.clock.sleep(EVERY)
    except KeyboardInterrupt:
        return 0
    except InterruptedRunError as interruption:
        if interruption.exit_code == 130:
            return 0
        raise
