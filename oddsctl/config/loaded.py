"""What reading a configuration gives: the settings, where each value is from, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from oddsctl.domain.settings import Settings
from oddsctl.domain.vocabulary import ShownNames, UnknownName


@dataclass(frozen=True, slots=True)
class Known:
    """What the outside knows of names: the sports that need no `[sports.NAME]` (none given: sports are not
    checked), and what answers kept below a state directory have shown. `force` accepts markets, regions and
    books that nobody knows. `options` are the variables that stand for options.
    """

    sports: Collection[str] = ()
    shown: Callable[[Path], ShownNames] = lambda _: ShownNames()
    force: bool = False
    options: Collection[str] = ()


class SettingSource(NamedTuple):
    """Where a value was given: a file and line, or a variable, or, with neither, a flag."""

    file: Path | None = None
    line: int | None = None
    variable: str | None = None

    def __str__(self) -> str:
        if self.file:
            return f"file {self.file}:{self.line}" if self.line else f"file {self.file}"
        return f"environment {self.variable}" if self.variable else "flag"


@dataclass(frozen=True, slots=True)
class SettingFault:
    """One thing that is wrong.

    `key` is dotted, empty where the file as a whole is meant; nothing of the value is in here.

    `name` is the name that is in none of our lists, where that is all that is wrong.
    """

    place: SettingSource
    key: str
    what: str
    remedy: str
    name: UnknownName | None = None

    @property
    def file(self) -> Path | None:
        return self.place.file

    @property
    def line(self) -> int | None:
        return self.place.line

    def __str__(self) -> str:
        if self.place == SettingSource():
            return f"--{self.key.rpartition('.')[2].replace('_', '-')} {self.what}; {self.remedy}"
        return (
            f"{str(self.place).removeprefix('file ')}: {' '.join(filter(None, (self.key, self.what)))}; "
            f"{self.remedy}"
        )


@dataclass(frozen=True, slots=True)
class Loaded:
    """The effective settings, whence each key has its value, and the file that was read (None without one).

    Origins: "default", "file PATH:LINE", "environment VARIABLE" or "flag", by dotted key.
    """

    settings: Settings
    origins: Mapping[str, str]
    path: Path | None


class Row(NamedTuple):
    """One line of `config show`: `value` is spelled as in TOML, and masked where it may be secret."""

    key: str
    value: str
    origin: str
