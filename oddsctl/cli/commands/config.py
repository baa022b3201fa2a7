"""`oddsctl config`: where the settings are, what they are, and what is wrong with them."""

from __future__ import annotations

import json
import os

import typer

from oddsctl.cli.context import CliContext
from oddsctl.domain.errors import ConfigError

app = typer.Typer(help="Create, show and check the configuration.", rich_markup_mode=None)


@app.command()
def init(context: typer.Context) -> None:
    """Write a configuration file with every key, its default and what it does."""
    from oddsctl import config

    session: CliContext = context.obj
    path = session.config_file or config.default_path()
    config.write_example(path)
    typer.echo(path)


@app.command()
def path(context: typer.Context) -> None:
    """Print the path of the configuration file."""
    from oddsctl import config

    session: CliContext = context.obj
    typer.echo(session.config_file or config.default_path())


@app.command()
def show(context: typer.Context) -> None:
    """Show every setting in force and where it comes from; never a secret."""
    from oddsctl import config

    session: CliContext = context.obj
    rows = config.show(session.loaded)
    if session.format in ("json", "jsonl"):
        from oddsctl.render.documents_admin import config_document

        typer.echo(json.dumps(config_document(rows), ensure_ascii=False))
        return
    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for row in rows:
        typer.echo(f"{row.key:<{wide[0]}}  {row.value:<{wide[1]}}  {row.origin}")


@app.command()
def check(context: typer.Context) -> int:
    """Name every fault of the configuration at once: where, which key, what to do."""
    from oddsctl import config

    session: CliContext = context.obj
    faults = config.check(file=session.config_file, env=os.environ, known=session.known())
    if not faults:
        session.say("the configuration is valid")
        return 0
    for fault in faults:
        typer.echo(str(fault), err=True)
    return ConfigError.exit_code
