"""`oddsctl plan`: what the coming days or the month will cost."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from oddsctl.cli import options
from oddsctl.cli.context import DEFAULT_WAIT, CliContext


def plan(
    context: typer.Context,
    sports: Annotated[
        list[str] | None, typer.Argument(metavar="[SPORT...]", help="Default: prefetch.sports.")
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=62, help="How many days ahead. Default: until the credits reset."),
    ] = None,
    wait: options.Wait = DEFAULT_WAIT,
) -> None:
    """Show what prefetch will cost by day, sport and window, when the credits run out, and what each cut
    would save.
    """
    from oddsctl.services.prefetch.cost_forecast import forecast_costs

    session: CliContext = context.obj
    chosen = options.prefetch_sports(session, sports)
    with session.app(wait=wait) as app:
        ahead = forecast_costs(
            app.planner, app.costs, app.clock, app.settings, chosen, days, wait, session.zone
        )
        no_key = app.orchestrator.missing_key()
    if session.format == "table":
        from oddsctl.render.console import console
        from oddsctl.render.plan import show_plan

        show_plan(console(sys.stdout, os.environ), ahead, zone=session.zone, demo=session.demo)
    else:
        from oddsctl.render.plan import written

        sys.stdout.write(written(ahead, session.format, session.demo_field, raw=session.raw))
    if no_key:
        session.warn(f"{no_key.message}: no board can be bought")
    for error in ahead.errors:
        session.warn(f"{error.message}; planned from cached data")
