"""`oddsctl costs`: what was spent, on what, and when."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from oddsctl.cli import options
from oddsctl.cli.context import CliContext

BY = "Any of day, sport, command, api, purpose, comma separated. [default: the first three]"


def costs(
    context: typer.Context,
    since: options.Since = None,
    by: Annotated[str | None, typer.Option("--by", metavar="FIELDS", help=BY)] = None,
) -> None:
    """Show what was spent on what and when, this month unless --since says otherwise.

    CSV lists single calls, or groups --by.
    """
    from oddsctl.render.costs import calls_csv, calls_jsonl, groups_csv, groups_jsonl, show_costs
    from oddsctl.render.documents_usage import costs_document
    from oddsctl.services.costs import collect, fields, month_began

    session: CliContext = context.obj
    grouped_by = fields(by)
    with session.app() as app:
        ledger = app.ledger
        app.records.is_needed = True
        begin = month_began(app.state) if since is None else max(0.0, app.clock.now() - since)
        for gap in app.records.gaps(begin):
            session.warn(gap)
        if session.format in ("csv", "jsonl") and by is None:
            calls = ledger.calls(begin)
            if session.format == "csv":
                sys.stdout.write(calls_csv(calls, demo=session.demo, raw=session.raw))
            else:
                sys.stdout.write(calls_jsonl(calls, session.demo_field))
            return
        document = costs_document(collect(ledger, grouped_by, begin, session.zone))
    if session.format == "table":
        from oddsctl.render.console import console

        show_costs(console(sys.stdout, os.environ), document, zone=session.zone, demo=session.demo)
        session.show_caveats()
    elif session.format == "csv":
        sys.stdout.write(groups_csv(document, demo=session.demo, raw=session.raw))
    elif session.format == "jsonl":
        sys.stdout.write(groups_jsonl(document, session.demo_field))
    else:
        session.write(document | session.demo_field | session.caveats)
