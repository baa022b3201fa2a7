"""What stdout and stderr are given to write, made safe for a terminal: the last door, whoever writes and
whatever was typed or sent.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TextIO, TypeVar, cast

from oddsctl.domain import characters

P = ParamSpec("P")
T = TypeVar("T")


class SafeStream:
    """A stream that writes unsafe characters as escapes.

    `styled` is the stream beneath, for who draws with escape sequences.
    """

    def __init__(self, stream: TextIO) -> None:
        self.styled = stream

    def write(self, text: str) -> int:
        self.styled.write(characters.escaped(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # click would write past us where stdout speaks ASCII only
            raise AttributeError(name)
        return getattr(self.styled, name)


class _Answer:
    """Stdout: remembers each failure of writing to it, so that no other is taken for one."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failures: list[OSError] = []

    def write(self, text: str) -> int:
        return self._kept(self._stream.write, text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self._kept(self._stream.flush)

    def _kept(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        try:
            return work(*arguments, **named)
        except OSError as error:
            self.failures.append(error)
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def make_safe() -> None:
    """Let all that this process writes to stdout and stderr go through a `SafeStream`."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, SafeStream):
            beneath = cast("TextIO", _Answer(stream)) if name == "stdout" else stream
            setattr(sys, name, cast("TextIO", SafeStream(beneath)))


def is_of_the_answer(error: OSError) -> bool:
    """Whether the error came from writing to stdout."""
    answer = sys.stdout.styled if isinstance(sys.stdout, SafeStream) else sys.stdout
    return isinstance(answer, _Answer) and any(
        failure in (error, error.__context__) for failure in answer.failures
    )
