"""`oddsctl queue`: what waits and what is planned; asking for it; dropping it."""

from __future__ import annotations

import os
import sys

import typer

from oddsctl.cli import options
from oddsctl.cli.context import DEFAULT_WAIT, CliContext

app = typer.Typer(help="Show, run and clear waiting and scheduled requests.", rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def show(
    context: typer.Context,
    horizon: options.Horizon = options.A_DAY,
) -> None:
    """Show what waits and what is planned: when, how pressing and why, and the price.

    On a terminal as a timeline.
    """
    if context.invoked_subcommand:
        return
    from oddsctl.services.queue import queue_items

    session: CliContext = context.obj
    sports = options.prefetch_sports(session, None)
    with session.app() as app:
        now, waiting = app.clock.now(), app.state.queue.waiting()
        planned = app.prefetcher.dry_run(sports, horizon, ask=False)
        rows = queue_items(waiting, planned.calls, now, app.orchestrator.price, app.settings.sports)
    if planned.errors:
        session.say("planned from the cached schedule; `oddsctl prefetch --dry-run` fetches a newer one")
    if session.format == "table":
        from oddsctl.render.console import console
        from oddsctl.render.prefetch import nothing_planned, skipped_lines
        from oddsctl.render.queue import show_timeline

        nothing = nothing_planned(planned, horizon, now=now, zone=session.zone)
        show_timeline(
            console(sys.stdout, os.environ), rows, now, session.zone, demo=session.demo, nothing=nothing
        )
        for line in skipped_lines(planned):
            session.say(line)
    else:
        from oddsctl.render.documents_requests import queue_document

        session.write(queue_document(rows) | session.demo_field)


@app.command()
def run(
    context: typer.Context,
    wait: options.Wait = DEFAULT_WAIT,
    max_credits: options.MaxCredits = None,
    shutdown_timeout: options.ShutdownTimeout = None,
) -> int:
    """Ask for what waits and is due, by the fewest calls. What gets no answer waits on."""
    from oddsctl.domain.requests import RequestOptions
    from oddsctl.services.queue import QueueWorker, exit_code

    session: CliContext = context.obj
    with session.app(wait=wait, shutdown=shutdown_timeout) as app:
        terms = RequestOptions(
            wait=wait, until=app.patience.until, max_credits=max_credits, command="queue run"
        )
        worker = QueueWorker(app.orchestrator, app.state, app.tell)
        worked = worker.run(terms)
        usage, now = app.orchestrator.usage(), app.clock.now()
    if session.format != "table":
        from oddsctl.render.documents_requests import queue_run_document

        session.write(queue_run_document(worked, usage) | session.demo_field)
    elif worked:
        from oddsctl.render.console import console
        from oddsctl.render.queue import show_queue_run

        show_queue_run(console(sys.stdout, os.environ), worked, usage, now, demo=session.demo)
    else:
        session.say("nothing is due")
    return exit_code(worked)


@app.command()
def clear(context: typer.Context) -> None:
    """Drop what waits. Planned calls come from the schedule and stay."""
    session: CliContext = context.obj
    with session.app() as app:
        dropped = app.state.queue.clear()
    if session.format == "table":
        typer.echo(f"{dropped} waiting requests dropped")
    else:
        from oddsctl.render.documents_admin import queue_clear_document

        session.write(queue_clear_document(dropped) | session.demo_field)
