"""The command tree: global options, and a module a command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from oddsctl import __version__
from oddsctl.cli.commands import (
    batch,
    cache,
    config,
    costs,
    dashboard,
    doctor,
    fetch,
    health,
    notify,
    plan,
    prefetch,
    queue,
    sandbox,
    stats,
    why,
)
from oddsctl.cli.context import CliContext
from oddsctl.cli.option_variables import options_by_variable

DEBUG_VERBOSITY = 2
EPILOG = "Global options also work after the command: oddsctl fetch nfl --json"


class Format(StrEnum):
    """How answers are written to stdout."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class OddsFormat(StrEnum):
    """How prices are shown in tables."""

    AMERICAN = "american"
    DECIMAL = "decimal"


app = typer.Typer(
    name="oddsctl",
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, and a key may be one
    rich_markup_mode=None,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},  # no auto_envvar_prefix: see `variables`
)
app.command("fetch")(fetch.fetch)
app.command("batch")(batch.batch)
app.command("prefetch")(prefetch.prefetch)
app.command("plan")(plan.plan)
app.command("stats")(stats.stats)
app.command("costs")(costs.costs)
app.command("health")(health.health)
app.command("dashboard")(dashboard.dashboard)
app.command("why")(why.why)
app.command("doctor")(doctor.doctor)
app.command("sandbox")(sandbox.sandbox)
app.add_typer(queue.app, name="queue")
app.add_typer(cache.app, name="cache")
app.add_typer(config.app, name="config")
app.add_typer(notify.app, name="notify")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"oddsctl {__version__}")
        raise typer.Exit


@app.callback()
def session(
    context: typer.Context,
    config_file: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Configuration file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Same as --format json.")] = False,
    form: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.TABLE,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="In CSV, write text that looks like a formula without an apostrophe."),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors to stderr.")] = False,
    verbose: Annotated[
        int,
        typer.Option("--verbose", "-v", count=True, help="Log progress to stderr; repeat for details."),
    ] = 0,
    debug: Annotated[
        bool, typer.Option("--debug", help="Like -vv, and show the traceback of an error.")
    ] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Use simulated providers: no key, no network, separate state.")
    ] = False,
    tz: Annotated[
        str | None,
        typer.Option("--tz", metavar="ZONE", help="Time zone of displayed times, such as Europe/Berlin."),
    ] = None,
    odds_format: Annotated[
        OddsFormat | None,
        typer.Option("--odds-format", help="Format of prices; default depends on the league."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Odds, schedules and weather for a sport, without spending a credit it need not."""
    del version  # the callback has seen to it
    context.obj = CliContext(
        format="json" if as_json else form.value,
        raw=raw,
        quiet=quiet,
        verbose=max(verbose, DEBUG_VERBOSITY if debug else 0),
        demo=demo,
        config_file=config_file,
        tz=tz,
        odds_format=odds_format.value if odds_format else None,
        command=context.invoked_subcommand or "",
        variables=frozenset(options_by_variable(context.command)),
    )
