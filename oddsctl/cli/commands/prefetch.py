"""`oddsctl prefetch`: what cron runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from oddsctl.cli import options
from oddsctl.cli.context import CliContext
from oddsctl.domain.errors import UsageError

if TYPE_CHECKING:
    from oddsctl.app import App
    from oddsctl.services.prefetch.prefetcher import PrefetchRun

LOOP_EVERY = 60.0
"""Seconds after which `--loop` can look again: it makes a call at its own minute, not before."""
NAP = 30.0
"""Seconds of one nap of `--loop`: a computer that slept meanwhile is noticed."""


def prefetch(
    context: typer.Context,
    sports: Annotated[
        list[str] | None, typer.Argument(metavar="[SPORT...]", help="Default: prefetch.sports.")
    ] = None,
    deadline: Annotated[
        float,
        typer.Option(
            parser=options.duration,
            metavar="TIME",
            show_default="50s",
            help="Time limit for the whole run.",
        ),
    ] = 50.0,
    horizon: options.Horizon = options.A_DAY,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan up to the horizon; free calls only.")
    ] = False,
    loop: Annotated[
        bool, typer.Option("--loop", help="Keep running until SIGTERM, for systems without cron.")
    ] = False,
    cron: Annotated[
        bool, typer.Option("--cron", help="Print a crontab line and a systemd timer; run nothing.")
    ] = False,
    shutdown_timeout: options.ShutdownTimeout = None,
) -> int:
    """Fetch what is due at the windows before games, and stop: what cron runs every few minutes."""
    session: CliContext = context.obj
    if dry_run + loop + cron > 1:
        raise typer.BadParameter("--dry-run shows, --loop runs and --cron prints: choose one")
    chosen = options.prefetch_sports(session, sports)
    if cron:
        return _print_cron(session, sports or [], deadline)
    with session.app(shutdown=shutdown_timeout, deadline=None if loop or dry_run else deadline) as app:
        app.records.may_renew = not dry_run
        if dry_run:
            return _show(session, app.prefetcher.dry_run(chosen, horizon), app, planned=horizon)
        if not loop:
            with session.alerts(app):
                return _show(
                    session, app.prefetcher.run(chosen, horizon, deadline, app.settings.prefetch.every), app
                )
        while True:
            with session.alerts(app):
                run = app.prefetcher.run(chosen, horizon, deadline, LOOP_EVERY)
                _show(session, run if run and (run.calls or run.skipped) else None, app)
            app.flush()
            wake_at = run.wake_at if run else app.clock.now() + LOOP_EVERY
            while (left := wake_at - app.clock.now()) > 0:
                app.clock.sleep(min(left, NAP))


def _show(session: CliContext, run: PrefetchRun | None, app: App, *, planned: float | None = None) -> int:
    """Show a run, or one that is `planned` up to a horizon.

    A run says nothing without a terminal, as cron mails what is printed.

    The exit code.
    """
    from oddsctl.render import prefetch as render

    if run is None:
        return 0
    if session.format != "table":
        sys.stdout.write(render.written(run, session.format, session.demo_field, raw=session.raw))
        sys.stdout.flush()
    elif planned is not None:
        _draw(session, run, app, planned)
    elif sys.stdout.isatty():
        from oddsctl.render.console import console

        render.show_run(
            console(sys.stdout, os.environ), run, now=app.clock.now(), zone=session.zone, demo=session.demo
        )
    for line in (*render.missed_lines(run), *render.unpriced_lines(run)):
        session.warn(line)
    if planned is not None:
        return _warn(session, run)
    return run.no_key.exit_code if run.no_key else max((error.exit_code for error in run.errors), default=0)


def _warn(session: CliContext, run: PrefetchRun) -> int:
    """What the plan lacks; to who asks for it that is said each time.

    The exit code: only a plan by nothing at all is a failure.
    """
    if run.no_key:
        session.warn(f"{run.no_key.message}: no board can be bought")
    for error in run.errors:
        session.warn(error.message)
    return run.errors[0].exit_code if run.errors and not run.games else 0


def _draw(session: CliContext, run: PrefetchRun, app: App, horizon: float) -> None:
    """The plan as a timeline, and what gets no call."""
    from oddsctl.render.console import console
    from oddsctl.render.prefetch import nothing_planned, skipped_lines
    from oddsctl.render.queue import show_timeline
    from oddsctl.services.queue import queue_items

    now = app.clock.now()
    rows = queue_items((), run.calls, now, app.orchestrator.price, app.settings.sports)
    nothing = nothing_planned(run, horizon, now=now, zone=session.zone)
    show_timeline(
        console(sys.stdout, os.environ), rows, now, session.zone, demo=session.demo, nothing=nothing
    )
    for line in skipped_lines(run):
        session.say(line)


def _print_cron(session: CliContext, sports: list[str], deadline: float) -> int:
    import socket

    from oddsctl.services.prefetch.crontab import CronSetup, lines, variables_cron_lacks

    settings, file = session.loaded.settings, session.config_file
    setup = CronSetup(
        executable=_executable(),
        sports=tuple(sports),
        every=settings.prefetch.every,
        deadline=deadline,
        host=socket.gethostname(),
        config_file=str(file.absolute()) if file else None,
        key_place=settings.odds.key,
        unseen=variables_cron_lacks(os.environ),
        is_mac=sys.platform == "darwin",
        has_config=session.loaded.path is not None,
    )
    sys.stdout.write(lines(setup))
    return 0


def _executable() -> str:
    """Where `oddsctl` is, as cron has to call it: as it was called, else beside the interpreter, else on the
    path.
    """
    import shutil

    called, beside = Path(sys.argv[0]), Path(sys.executable).with_name("oddsctl")
    found = (
        called.absolute()
        if called.name == "oddsctl" and called.exists()
        else beside
        if beside.exists()
        else shutil.which("oddsctl")
    )
    if not found:
        raise UsageError(
            "no executable named oddsctl is installed",
            hint="install it: pipx install, or pip install in a virtual environment",
        )
    return str(found)
