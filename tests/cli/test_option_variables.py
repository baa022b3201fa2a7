"""Variables for options: the documented ones exist and are obeyed or refused by name, no other one changes
what a command does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from oddsctl import config
from oddsctl.cli import error_handler
from oddsctl.cli.main import app
from oddsctl.cli.option_variables import WITHOUT, give_variables, options_by_variable
from oddsctl.domain.errors import ConfigError

OPTIONS = (Path(__file__).parents[2] / "docs" / "options.md").read_text(encoding="utf-8")
VALUES = {"integer": "x", "float": "x", "boolean": "perhaps", "choice": "none of them"}
"""A value that each type of option refuses."""


def tree(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from tree(inner, (*words, name))


ROOT = typer.main.get_command(app)
COMMANDS = dict(tree(ROOT))
VARIABLES = options_by_variable(ROOT)
LEAVES = [words for words, command in COMMANDS.items() if words and not hasattr(command, "commands")]


def parsed(words: tuple[str, ...], *arguments: str) -> Any:
    """The context of a command, its options read and nothing run."""
    command: Any = typer.main.get_command(app)
    give_variables(command)
    context = command.make_context("oddsctl", [*words, "--"])
    for at, word in enumerate(words):
        command = command.commands[word]
        rest = [*words[at + 1 :], *arguments]
        context = command.make_context(word, rest or [], parent=context)
    return context


def arguments_of(words: tuple[str, ...]) -> list[str]:
    return [
        "x"
        for parameter in COMMANDS[words].params
        if parameter.param_type_name == "argument" and parameter.required
    ]


def test_each_option_has_the_variable_that_its_name_tells_or_is_on_the_list_of_those_without() -> None:
    for words, command in COMMANDS.items():
        for parameter in command.params:
            for option in parameter.opts:
                name = "_".join(["ODDSCTL", *words, option.lstrip("-")]).replace("-", "_").upper()
                if option.startswith("--"):
                    assert (name in VARIABLES) is (option not in WITHOUT), name
    assert all(f"`{option}`" in OPTIONS for option in WITHOUT), "the OPTIONS tells which options have none"


@pytest.mark.parametrize("value", ["1", "0.1.0", "true", "yes please"])
@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_a_variable_of_no_option_changes_nothing(
    words: tuple[str, ...], value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = arguments_of(words)
    before = parsed(words, *arguments).params
    for prefix in ("ODDSCTL", "_".join(["ODDSCTL", *words]).upper()):
        for name in (
            "VERSION",
            "HELP",
            "H",
            "CRON",
            "INSTALL_COMPLETION",
            "SHOW_COMPLETION",
            "COMPLETE",
            "IMAGE",
            "SERVICE_HOST",
        ):
            monkeypatch.setenv(f"{prefix}_{name}", value)
    assert parsed(words, *arguments).params == before
    assert (
        config.check(
            file=None,
            env={f"ODDSCTL_{words[0]}_HELP".upper(): value, "ODDSCTL_VERSION": value},
            known=config.Known(options=VARIABLES),
        )
        == ()
    )


@pytest.mark.parametrize(
    "variable", sorted(name for name, option in VARIABLES.items() if option.type.name in VALUES)
)
def test_a_value_that_cannot_be_is_told_by_its_variable(
    variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = next(words for words in COMMANDS if VARIABLES[variable] in COMMANDS[words].params)
    monkeypatch.setenv(variable, VALUES[VARIABLES[variable].type.name])
    assert error_handler.run_cli([*words, *arguments_of(words)] or ["stats"]) == 2
    assert re.match(rf"oddsctl: environment {variable}: ", capsys.readouterr().err.splitlines()[0])


def test_a_variable_with_a_slip_in_its_name_is_named_and_the_meant_one_too() -> None:
    slips = {
        "ODDSCTL_FETCH_MARKTES": "ODDSCTL_FETCH_MARKETS",
        "ODDSCTL_PREFETCH_WINDOW": "ODDSCTL_PREFETCH_WINDOWS",
        "ODDSCTL_FORMATS": "ODDSCTL_FORMAT",
    }
    for wrong, meant in slips.items():
        with pytest.raises(
            ConfigError, match=f"^environment {wrong}: matches no key and no option; did you mean {meant}"
        ) as caught:
            config.load(file=None, env={wrong: "h2h"}, known=config.Known(options=VARIABLES))
        assert caught.value.exit_code == 78


@pytest.mark.parametrize("service", ["", "_STORE", "_ODDS", "_SANDBOX", "_PREFETCH", "_HTTP"])
def test_what_kubernetes_sets_for_a_service_of_that_name_is_nobodys_setting(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "tcp://10.0.171.239:8080"
    links = {
        "_SERVICE_HOST": "10.0.171.239",
        "_SERVICE_PORT": "8080",
        "_SERVICE_PORT_HTTP": "8080",
        "_PORT": address,
        "_PORT_8080_TCP": address,
        "_PORT_8080_TCP_PROTO": "tcp",
        "_PORT_8080_TCP_ADDR": "10.0.171.239",
    }
    env = {f"ODDSCTL{service}{name}": value for name, value in links.items()}
    assert config.check(file=None, env=env, known=config.Known(options=VARIABLES)) == ()
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert parsed(("sandbox",)).params["port"] == 0
