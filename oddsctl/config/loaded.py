"""Results of reading a configuration: the settings, the origin of each value, and the faults."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from oddsctl.domain.settings import Settings
from oddsctl.domain.vocabulary import ShownNames, UnknownName


@dataclass(frozen=True, slots=True)
class Known:
    """Names known outside this room: built-in sports, names seen in answers, variables of options.

    No sports: sports are not checked. `force` accepts unknown markets, regions and bookmakers.
    """

    sports: Collection[str] = ()
    shown: Callable[[Path], ShownNames] = lambda _: ShownNames()
    force: bool = False
    options: Collection[str] = ()


class SettingSource(NamedTuple):
    """Where a value was given: a file and line, or a variable; neither means a flag."""

    file: Path | None = None
    line: int | None = None
    variable: str | None = None

    def __str__(self) -> str:
        if self.file:
            return f"file {self.file}:{self.line}" if self.line else f"file {self.file}"
        return f"environment {self.variable}" if self.variable else "flag"


@dataclass(frozen=True, slots=True)
class SettingFault:
    """One fault. Holds nothing of the value.

    `key` is dotted, and empty when the fault concerns the whole file. `name` is the unknown name, when that
    is the only fault.
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
    """Effective settings, the origin of each key, and the file that was read (None without one).

    Origins by dotted key: "default", "file PATH:LINE", "environment VARIABLE" or "flag".
    """

    settings: Settings
    origins: Mapping[str, str]
    path: Path | None


class Row(NamedTuple):
    """One line of `config show`: `value` is written as in TOML, masked where it may be secret."""

    key: str
    value: str
    origin: str
