"""`oddsctl sandbox`: the simulated providers as an HTTP server on loopback."""

from __future__ import annotations

from typing import Annotated

import typer

from oddsctl.cli.context import CliContext


def sandbox(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 picks a free one.")] = 0,
    seed: Annotated[
        int, typer.Option(help="Seed of the world; the same seed gives the same games and prices.")
    ] = 1,
    credits: Annotated[int, typer.Option(min=0, help="Monthly credits of the simulated account.")] = 500,
) -> None:
    """Serve simulated providers on loopback until Ctrl-C, for trying out scripts.

    Everything it says is demo data.
    """
    from oddsctl.clock import SystemClock
    from oddsctl.sandbox.server import environment, serve
    from oddsctl.sandbox.world import World

    session: CliContext = context.obj

    def announce(url: str) -> None:
        typer.echo(url)
        session.say("demo data; point oddsctl at it with")
        for name, value in environment(url).items():
            session.say(f"  export {name}={value}")
        session.say("  export ODDS_API_KEY=sandbox ODDSCTL_STORE_STATE_DIR=/tmp/oddsctl-sandbox")

    serve(World(seed=seed, credits=credits), SystemClock(), port=port, announce=announce)
