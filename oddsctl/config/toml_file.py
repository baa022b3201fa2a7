"""Read a TOML file with the line number of each key, which `tomllib` does not report."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from oddsctl.config.bounded_read import read_file

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')"""
_PLACE = re.compile(rf"\s*(\[{{0,2}})\s*({_PART}(?:\s*\.\s*{_PART})*)\s*[]=]")
_PIECE = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'|#[^\n]*|.''',
    re.DOTALL,
)

MOST = 1 << 20
"""Most bytes of a configuration file."""

_SECTION_TWICE = (
    "has the same section twice",
    "put its keys below the first one, and take the second heading out",
)
_TWICE = {"Cannot overwrite a value": ("has the same key twice", "keep one of the two lines")}
"""Messages of `tomllib` and what they mean to a person."""

Names = tuple[str, ...]


class BrokenFileError(Exception):
    """The file cannot be read as TOML. `what` and `remedy` hold nothing of its text."""

    def __init__(self, what: str, remedy: str, line: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.line = line


class TomlFile(NamedTuple):
    """Tables of a file, and the line (from 1) on which each section and key begins."""

    tables: dict[str, Any]
    lines: dict[Names, int]

    def line_of(self, *path: str) -> int | None:
        """Return the line of the key, or of the nearest section around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def read_toml(path: Path) -> TomlFile | None:
    """Read the file; None when it does not exist. Raises `BrokenFileError`."""
    try:
        content = read_file(path, MOST).content
        # Some editors write a byte order mark first.
        text = content.decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except TimeoutError:
        raise BrokenFileError("is not a regular file and returned no data", "name a file") from None
    except OSError as error:
        raise BrokenFileError(f"cannot be read ({error.strerror})", "see to its permissions") from None
    except UnicodeDecodeError:
        raise BrokenFileError("is not UTF-8 text", "save it as UTF-8") from None
    if len(content) > MOST:
        raise BrokenFileError(f"is larger than {MOST >> 20} MiB", "name a configuration file")
    return TomlFile(_parsed(text), lines_of(text))


def _parsed(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    # A number of 5000 digits raises a plain ValueError.
    except (ValueError, RecursionError) as error:
        what, _, place = str(error).partition(" (at ")
        found = re.search(r"line (\d+)", place)
        line = int(found[1]) if found else text.rstrip().count("\n") + 1 if place else None
        if what in _TWICE or what.endswith(" twice"):
            raise BrokenFileError(*_TWICE.get(what, _SECTION_TWICE), line) from None
        raise BrokenFileError(
            f"is not valid TOML: {what[:1].lower()}{what[1:]}", 'text needs quotes, as in rate = "5/s"', line
        ) from None


def lines_of(text: str) -> dict[Names, int]:
    """Find the line on which each section and key begins. Strings and brackets may span lines."""
    lines: dict[Names, int] = {}
    section: Names = ()
    statement, depth, line, start = "", 0, 1, 1
    for piece in _PIECE.findall(text + "\n"):
        line += piece.count("\n")
        if piece == "\n" and depth == 0:
            if place := _PLACE.match(statement):
                name = tuple(part.strip("\"'") for part in re.findall(_PART, place[2]))
                section, path = (name, name) if place[1] else (section, section + name)
                lines.setdefault(path, start)
            statement, start = "", line
        elif not piece.startswith("#"):
            statement += piece
            depth += (piece in ("[", "{")) - (piece in ("]", "}"))
    return lines
