"""What commands share: options read from text (bad ones are a usage error that says how to write them), and
`--dry-run`.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable
from datetime import date
from typing import Annotated

import typer

from oddsctl.cli.context import CliContext
from oddsctl.domain.errors import ConfigError, UsageError
from oddsctl.domain.http import HttpRequest
from oddsctl.domain.models import Sport
from oddsctl.domain.requests import DryRunEntry


def duration(text: str | float) -> float:
    """Seconds in `90s`, `10m`, `1h30m`."""
    from oddsctl.domain.units import BadValueError, parse_duration

    if not isinstance(text, str):
        return text  # typer hands the default through here too
    try:
        return parse_duration(text)
    except BadValueError as error:
        raise typer.BadParameter(f"{error.what}; {error.remedy}") from None


def since(text: str | float) -> float:
    """Seconds in `24h`, or infinitely many in `all`."""
    return math.inf if text == "all" else duration(text)


def day(text: str) -> date:
    """A date as `2026-11-26`."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not 2000 <= found.year < 2100:
        raise typer.BadParameter(f"{text!r} is not a date of this century; write it like 2026-11-26")
    return found


DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the planned calls and their cost; send nothing.")
]
MaxCredits = Annotated[int | None, typer.Option(min=0, help="Spend at most this many credits.")]
Wait = Annotated[
    float,
    typer.Option(
        parser=duration,
        metavar="TIME",
        show_default="30s",
        help="How long to wait for rate limits and locks.",
    ),
]
ShutdownTimeout = Annotated[
    float | None,
    typer.Option(
        parser=duration,
        metavar="TIME",
        help="How long calls in flight may finish after Ctrl-C. [default: 30s]",
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Ignore budget limits (never exceeds the account's credits); accept unknown names.",
    ),
]
A_DAY = 86400.0
Horizon = Annotated[
    float, typer.Option(parser=duration, metavar="TIME", show_default="24h", help="How far to plan ahead.")
]
Since = Annotated[
    float | None,
    typer.Option(parser=since, metavar="TIME", help="Only calls of the last 24h, 7d and so on, or all."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 3 if anything is stale, partial or a fallback.")]
STRICTLY_INCOMPLETE = 3
"""The exit code of `--strict`."""


def prefetch_sports(session: CliContext, chosen: Iterable[str] | None) -> tuple[Sport, ...]:
    """The sports of a planned command: those named, else `prefetch.sports`.

    Raises `UsageError`, or `ConfigError` for the latter.
    """
    from oddsctl.catalog.sports import find

    settings = session.loaded.settings
    try:
        names = dict.fromkeys(chosen or settings.prefetch.sports)
        sports = {sport.name: sport for sport in (find(name, settings.sports) for name in names)}
    except UsageError as error:
        if chosen:
            raise
        raise ConfigError(f"prefetch.sports: {error.message}", hint=error.hint) from None
    if not sports:
        raise UsageError("no sport to prefetch", hint="name one, or set prefetch.sports")
    return tuple(sports.values())


def show_plan(session: CliContext, previews: Iterable[tuple[str, DryRunEntry]]) -> int:
    """Show what would be asked: for each preview, named by a sport or an API, its request, price and
    decision.
    """
    from oddsctl.render import documents, documents_requests

    planned = [
        documents_requests.DryRunRow(
            preview.job.api,
            name,
            _in_short(preview.request) if preview.request else None,
            preview.price,
            preview.decision,
        )
        for name, preview in previews
    ]
    rows = list(dict.fromkeys(planned))  # each place of a forecast is a request of its own: shown once
    if session.format == "table":
        from oddsctl.render.console import console
        from oddsctl.render.dry_run import show_dry_run

        show_dry_run(console(sys.stdout, os.environ), rows, demo=session.demo)
    else:
        sys.stdout.write(
            documents.dump(documents_requests.dry_run_document(rows) | session.demo_field) + "\n"
        )
    return 0


def _in_short(request: HttpRequest) -> str:
    """The request as people read it: no host, no secret."""
    path = request.url.partition("://")[2].partition("/")[2]
    query = "&".join(f"{name}={value}" for name, value in request.params)
    return f"GET /{path}" + (f"?{query}" if query else "")
