"""Variables for options: `ODDSCTL_COMMAND_OPTION`, `ODDSCTL_OPTION` for a global one.

No other variable may change what a command does.

typer would give one to every option, `--version` and `--help` included: a container that has
`ODDSCTL_VERSION` set would do nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from typer.core import TyperOption

from oddsctl.config.environment import is_of_a_container

WITHOUT = {"--version", "--help", "--cron"}
"""Options that print something and stop. Who wants that, types it: no variable has a command do nothing."""


def options_by_variable(command: Any) -> dict[str, TyperOption]:
    """Each option that has a variable, by its name. `command` is the root of the tree."""
    return dict(_below(command, "ODDSCTL"))


def give_variables(command: Any, environ: Mapping[str, str] = os.environ) -> None:
    """Have each option of the tree read its variable."""
    for name, option in options_by_variable(command).items():
        option.envvar = None if is_of_a_container(name, environ.get(name, "")) else name


def _below(command: Any, prefix: str) -> Iterator[tuple[str, TyperOption]]:
    for option in command.params:
        long = next((word for word in option.opts if word.startswith("--")), None)
        if isinstance(option, TyperOption) and long and long not in WITHOUT:
            yield f"{prefix}_{_as_variable(long[2:])}", option
    for name, inner in getattr(command, "commands", {}).items():
        yield from _below(inner, f"{prefix}_{_as_variable(name)}")


def _as_variable(word: str) -> str:
    return word.replace("-", "_").upper()
