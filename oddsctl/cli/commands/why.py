"""`oddsctl why`: why a result was what it was."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from oddsctl.cli.context import CliContext
from oddsctl.domain.errors import UsageError


def why(
    context: typer.Context,
    decision_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="Id of a run. Default: the last one.")
    ] = None,
) -> None:
    """Show the inputs and the steps that led to the results of a past run."""
    session: CliContext = context.obj
    with session.app() as app:
        document = app.decision(decision_id)
    if document is None:
        raise UsageError(f"no run {decision_id!r} is on record" if decision_id else "no run is on record yet")
    if session.format == "table":

        def local(at: str) -> str:
            return f"{datetime.fromisoformat(at).astimezone(session.zone):%Y-%m-%d %H:%M:%S %Z}"

        typer.echo(f"{document['id']}  {local(document['at'])}  oddsctl {document['command']}")
        for wish in document["wishes"]:
            detail = f" ({wish['detail']})" if wish["detail"] else ""
            cost = f", {wish['credits']} credits" if wish["credits"] else ""
            game = f", game at {local(wish['game_time'])}" if wish["game_time"] else ""
            typer.echo(
                f"\n{wish['wish']}\n  {wish['reason']}{detail}{cost}: "
                f"priority {wish['priority'].lower()}, for {wish['purpose']}{game}"
            )
            for step in wish["steps"]:
                typer.echo(f"  - {step}")
        for window in document.get("windows", ()):
            typer.echo(
                f"\n{window['name']}, {window['window']} window\n  {window['reason']}: {window['detail']}"
            )
    else:
        session.write(document)
