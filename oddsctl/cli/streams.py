"""What stdout and stderr are given to write, made safe for a terminal: the last door, whoever writes and whatever was typed or sent."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, TextIO, cast

from oddsctl import characters


class SafeStream:
    """A stream that writes unsafe characters as escapes. `styled` is the stream beneath, for who draws with escape sequences."""

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


def make_safe() -> None:
    """Let all that this process writes to stdout and stderr go through a `SafeStream`."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, SafeStream):
            setattr(sys, name, cast("TextIO", SafeStream(stream)))
