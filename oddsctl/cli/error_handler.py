"""The one door of the command line: runs a command, shows every error as one line, and gives the exit
code.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from oddsctl import leave_at_a_signal
from oddsctl.cli import streams
from oddsctl.domain import suggest
from oddsctl.domain.errors import OddsctlError, StateError, UsageError
from oddsctl.domain.units import iso
from oddsctl.observability import library_warnings, redaction

GLOBAL_FLAGS = ("--json", "--raw", "--quiet", "--verbose", "--debug", "--demo")
GLOBAL_OPTIONS = ("--format", "--config", "--tz", "--odds-format")


class Terminated(BaseException):
    """SIGTERM came."""

    ends_with = 143


def run_cli(argv: Sequence[str]) -> int:
    """Run the command; the exit code."""
    if os.name != "posix":
        print("oddsctl runs on Linux and macOS only", file=sys.stderr)  # noqa: T201
        return 1
    library_warnings.silence_libraries()
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - closed by the caller (>&-)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors=_errors(argv)
            )  # a terminal that has no degree sign still gets its table
    if not os.environ.get("HOME", "/").startswith("/"):
        del os.environ[
            "HOME"
        ]  # empty or relative: else each library would have its own idea of what it means
    redaction.add_secrets_of_environment(os.environ)
    redaction.guard_stderr()
    streams.make_safe()
    argv = move_global_options_first(argv)
    try:
        return _quietly(argv)
    except Exception as error:  # noqa: BLE001 - the one place that shows them
        if "--debug" in argv or _is_on("ODDSCTL_DEBUG"):
            sys.stderr.write(redaction.traceback_of(error))
        return _show(error, as_json=_wants_json(argv))


def _quietly(argv: Sequence[str]) -> int:
    """Run the command; interruptions and a reader that has seen enough are no errors."""
    try:
        code = _invoke(argv)
        sys.stdout.flush()
    except OSError as error:
        if not streams.is_of_the_answer(error):
            raise
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # or the interpreter's last flush would complain
        if isinstance(error, BrokenPipeError):
            return 0
        raise StateError(f"the answer cannot be written: {error.strerror}") from error
    except KeyboardInterrupt:
        return 130
    except Terminated:
        return 143
    finally:
        leave_at_a_signal()
    return code


def move_global_options_first(argv: Sequence[str]) -> list[str]:
    """The same command line with global options before the command, so that they may be typed anywhere."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif (
            word in GLOBAL_FLAGS
            or re.fullmatch(r"-[qv]+", word)
            or word.startswith(tuple(f"{option}=" for option in GLOBAL_OPTIONS))
        ):
            front.append(word)
        elif word in GLOBAL_OPTIONS:
            value = next(words, None)
            front, rest = (front, [*rest, word]) if value is None else ([*front, word, value], rest)
        else:
            rest.append(word)
    return front + rest


def _invoke(argv: Sequence[str]) -> int:
    import typer

    from oddsctl.cli.main import app
    from oddsctl.cli.option_variables import give_variables

    command = typer.main.get_command(app)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _terminate)
    give_variables(command)
    try:
        with command.make_context(
            "oddsctl", list(argv) or ["--help"]
        ) as context:  # its own main() would hide a closed pipe
            code = command.invoke(context)
    except typer.Exit as leave:
        return leave.exit_code
    except typer.TyperException as error:
        raise _misused(error, getattr(error, "ctx", None)) from None
    except typer.Abort:
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else 0


def _misused(error: Any, context: Any) -> UsageError:
    """The usage error, with the nearest command, option or word to the one that was typed."""
    message, known = error.format_message(), list[str]()
    if typed := re.match(r"No such command '(.*?)'\.", message):
        message, known = typed[0], list(context.command.commands)
    elif typed := re.match(r"No such option: (\S+)", message):
        options = [
            option
            for parameter in context.command.params
            for option in parameter.opts
            if option.startswith("--")
        ]
        message, known = typed[0], [*options, *GLOBAL_FLAGS, *GLOBAL_OPTIONS]
    elif (typed := re.search(r"'([^']*)' is not one of ", message)) and (
        choices := re.findall(r"'(.*?)'", message[typed.end() :])
    ):
        known = choices
    guess = suggest.did_you_mean(typed[1], known) if typed else ""
    where = f"see `{context.command_path if context else 'oddsctl'} --help`"
    if variable := _variable_of(getattr(error, "param", None), context):
        message = f"environment {variable}: {error.message}"
    return UsageError(message, hint="; ".join(filter(None, (guess, where))))


def _variable_of(parameter: Any, context: Any) -> str | None:
    """The variable that gave the parameter its value, if one did: it is told by that, not by an option nobody
    typed.
    """
    variable: str | None = getattr(parameter, "envvar", None)
    given = variable and context and str(context.get_parameter_source(parameter.name)).endswith("ENVIRONMENT")
    return variable if given else None


def _show(error: Exception, *, as_json: bool) -> int:
    if not isinstance(error, OddsctlError):
        about = (
            f": {error.strerror}: {error.filename}"
            if isinstance(error, OSError) and error.filename and error.strerror
            else ""
        )
        error = OddsctlError(
            f"a bug: {type(error).__name__}{about}", hint="run again with --debug and report what it prints"
        )
    line = " ".join(error.message.split())
    hint = f" ({' '.join(error.hint.split())})" if error.hint and error.hint not in line else ""
    print(f"oddsctl: {line}{hint}", file=sys.stderr)  # noqa: T201
    if as_json:
        print(json.dumps(_document(error), ensure_ascii=False), file=sys.stderr)  # noqa: T201
    return error.exit_code


def _document(error: OddsctlError) -> dict[str, object]:
    document: dict[str, object] = {
        "error": error.code,
        "message": error.message,
        "exit_code": error.exit_code,
    }
    if error.provider:
        document["provider"] = error.provider
    if error.retry_at is not None:
        document["retry_at"] = iso(error.retry_at)
    if error.hint:
        document["hint"] = error.hint
    return document


def _wants_json(argv: Sequence[str]) -> bool:
    text = os.environ.get("ODDSCTL_FORMAT", "")
    for before, word in zip(["", *argv], argv, strict=False):
        if word == "--json":
            text = "json"
        elif word.startswith("--format="):
            text = word.partition("=")[2]
        elif before == "--format":
            text = word
    return text in ("json", "jsonl") or _is_on("ODDSCTL_JSON")


def _errors(argv: Sequence[str]) -> str:
    """What becomes of a letter that stdout has no code for: in JSON an escape of JSON, so that nothing is
    lost, elsewhere a `?`.
    """
    if not (_wants_json(argv) or "batch" in argv):
        return "replace"
    codecs.register_error("json", _as_json_escape)
    return "json"


def _as_json_escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() in ("1", "true", "t", "yes", "y", "on")


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated
