"""The one door of the command line: runs a command, shows every error as one line, and gives the exit code."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from oddsctl.errors import OddsctlError, UsageError
from oddsctl.times import iso

GLOBAL_FLAGS = ("--json", "-q", "--quiet", "-v", "-vv", "-vvv", "--verbose", "--debug", "--demo")
GLOBAL_OPTIONS = ("--format", "--config", "--tz", "--odds-format")


class Terminated(BaseException):
    """SIGTERM came."""


def run(argv: Sequence[str]) -> int:
    """Run the command; the exit code."""
    if os.name != "posix":
        print("oddsctl runs on Linux and macOS only", file=sys.stderr)  # noqa: T201
        return 1
    signal.signal(signal.SIGTERM, _terminate)
    argv = hoist(argv)
    as_json, debug = _wants_json(argv), "--debug" in argv
    try:
        code = _invoke(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()  # the reader has seen enough
        return 0
    except OddsctlError as error:
        if debug:
            raise
        return _show(error, as_json=as_json)
    except KeyboardInterrupt:
        return 130
    except Terminated:
        return 143
    except Exception as error:
        if debug:
            raise
        bug = OddsctlError(f"a bug: {type(error).__name__}", hint="run again with --debug and report what it prints")
        return _show(bug, as_json=as_json)
    return code


def hoist(argv: Sequence[str]) -> list[str]:
    """The same command line with global options before the command, so that they may be typed anywhere."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in GLOBAL_FLAGS or word.startswith(tuple(f"{option}=" for option in GLOBAL_OPTIONS)):
            front.append(word)
        elif word in GLOBAL_OPTIONS:
            front += [word, *([value] if (value := next(words, None)) is not None else [])]
        else:
            rest.append(word)
    return front + rest


def _invoke(argv: Sequence[str]) -> int:
    import click

    from oddsctl.cli.app import command

    try:
        code = command().main(list(argv), prog_name="oddsctl", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)  # noqa: T201
        return 2
    except click.ClickException as error:
        raise UsageError(error.format_message(), hint=_usage_hint(error)) from None
    except click.Abort:
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else 0


def _usage_hint(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"see `{context.command_path} --help`" if context else "see `oddsctl --help`"


def _show(error: OddsctlError, *, as_json: bool) -> int:
    line = " ".join(error.message.split())
    hint = f" ({error.hint})" if error.hint and error.hint not in line else ""
    print(f"oddsctl: {line}{hint}", file=sys.stderr)  # noqa: T201
    if as_json:
        print(json.dumps(_document(error), ensure_ascii=False), file=sys.stderr)  # noqa: T201
    return error.exit_code


def _document(error: OddsctlError) -> dict[str, object]:
    document: dict[str, object] = {"error": error.code, "message": error.message, "exit_code": error.exit_code}
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
    return text in ("json", "jsonl") or os.environ.get("ODDSCTL_JSON", "").lower() in ("1", "true", "yes")


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _forget_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of complaining."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
