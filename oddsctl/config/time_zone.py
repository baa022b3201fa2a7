"""Find the user's time zone in every form that the C library accepts.

Names, files, and rules such as `CET-1CEST,M3.5.0,M10.5.0/3`.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from oddsctl.config.bounded_read import read_file
from oddsctl.domain import suggest

LOCALTIME = Path("/etc/localtime")
LARGEST = 1 << 20
"""Most bytes of a time zone file; the largest real one has 4 KiB."""
HOW = "write it like Europe/Berlin or America/New_York"

_NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)"
_OFFSET = r"[+-]?\d{1,2}(?::\d\d){0,2}"
_RULE = re.compile(rf"{_NAME}{_OFFSET}(?P<summer>{_NAME}(?:{_OFFSET})?)?(?P<dates>,.+)?", re.ASCII)
_USUAL_DATES = ",M3.2.0,M11.1.0"
"""Start and end of summer time when a rule omits them: those of the United States, as in the C library."""


class UnknownZoneError(ValueError):
    """No time zone has this name. `remedy` suggests one."""

    def __init__(self, text: str) -> None:
        near = (
            suggest.did_you_mean(text, sorted(available_timezones()))
            if text.isascii() and text.isprintable()
            else ""
        )
        self.remedy = "; ".join(filter(None, (near, HOW)))
        super().__init__(f"no time zone is called {text!r}")


def of_machine(environ: Mapping[str, str], localtime: Path = LOCALTIME) -> ZoneInfo:
    """Return the zone that `TZ` names (UTC when empty), else the machine's. Raises `UnknownZoneError`."""
    if "TZ" in environ:
        text = environ["TZ"].removeprefix(":")
        return named(text, environ) if text else ZoneInfo("UTC")
    try:
        return _from_file(localtime)
    except (ValueError, OSError):
        # An empty TZ means UTC, as in the C library.
        return ZoneInfo("UTC")


def named(text: str, environ: Mapping[str, str]) -> ZoneInfo:
    """Return a zone by its name, file or rule, as `TZ` may hold it. Raises `UnknownZoneError`."""
    plain = text.removeprefix(":")
    for find in (_by_name, _by_rule):
        try:
            if zone := find(plain, environ):
                return zone
        # A directory, a file that holds no zone, or a rule with a month 13.
        except (
            KeyError,
            ValueError,
            OSError,
        ):
            continue
    raise UnknownZoneError(text)


def _by_name(text: str, environ: Mapping[str, str]) -> ZoneInfo | None:
    if text.startswith("/"):
        return _from_file(Path(text))
    name = _without_kind(text)
    own = Path(environ.get("TZDIR") or "/nowhere") / text
    return _from_file(own) if ".." not in own.parts and own.is_file() else ZoneInfo(name) if name else None


def _without_kind(name: str) -> str:
    """Remove `posix/` or `right/`: both hold the same zones.

    `right/` is for clocks that count leap seconds, which no current computer uses.
    """
    return re.sub(r"^(?:posix|right)/", "", name)


def _from_file(path: Path) -> ZoneInfo:
    """Load a zone from a file, under its usual name if the path shows it."""
    real = path.resolve(strict=True)
    name = _without_kind(real.as_posix().partition("zoneinfo/")[2])
    content = read_file(real, LARGEST).content
    return ZoneInfo.from_file(io.BytesIO(content), key=name or path.name)


def _by_rule(text: str, _environ: Mapping[str, str]) -> ZoneInfo | None:
    """Build a zone from a rule, as a zone file that contains nothing but this rule as its footer."""
    found = _RULE.fullmatch(text)
    if not found or (found["dates"] and not found["summer"]):
        return None
    rule = text + (_USUAL_DATES if found["summer"] and not found["dates"] else "")
    head = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    utc = struct.pack(">lbb4s", 0, 0, 0, b"UTC\0")
    return ZoneInfo.from_file(io.BytesIO(2 * (head + utc) + f"\n{rule}\n".encode()), key=text)
