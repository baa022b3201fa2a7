"""Kinds of settings: each `ValueKind` reads one value and writes it as TOML.

No message repeats the value it rejects. Knows no file, no environment and no name of a setting.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oddsctl.domain import vocabulary
from oddsctl.domain.jobs import canonical
from oddsctl.domain.settings import WindowFetch
from oddsctl.domain.units import (
    HOW_DURATION,
    HOW_RATE,
    HOW_SIZE,
    BadValueError,
    format_duration,
    format_rate,
    format_size,
    parse_duration,
    parse_rate,
    parse_size,
)
from oddsctl.domain.vocabulary import UnknownName

_MOST = 1_000_000_000
_KEY = re.compile(r"env:(?![0-9A-Fa-f]{32}$)[A-Za-z_][A-Za-z0-9_]*|file:[/~].*|command:.*\S.*")
"""A key of The Odds API has 32 hex digits; nobody names a variable like that."""
_NOTICE_URL = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|[A-Za-z][A-Za-z0-9+.-]*://\S+")
_QUIET = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


class UnknownNamesError(BadValueError):
    """The value holds names that are in none of our lists. It may still be right."""

    def __init__(self, value: tuple[str, ...], unknown: tuple[UnknownName, ...]) -> None:
        super().__init__(unknown_name(unknown[0].word, unknown[0].kind), unknown[0].remedy)
        self.value = value
        self.unknown = unknown


def unknown_name(word: str, kind: str) -> str:
    """Describe the unknown name; show it only if it is too short to be a key in the wrong place."""
    return (
        f"has {word!r}, which is not a known {kind}" if len(word) <= 18 else f"has a {kind} that is not known"
    )


@dataclass(frozen=True, slots=True)
class ValueKind:
    """One kind of value.

    `read` turns a TOML value into a setting or raises `BadValueError`. `spell` writes a setting as TOML,
    masked where it may be secret. `from_text` turns a variable's text into a TOML value.
    """

    read: Callable[[object], Any]
    spell: Callable[[Any], str]
    from_text: Callable[[str], object] = str.strip


def quote(text: str) -> str:
    """Quote printable text as a TOML string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(value: object, remedy: str = "put it in quotes") -> str:
    if not isinstance(value, str):
        raise BadValueError("must be text", remedy)
    if not value.isprintable():
        raise BadValueError("holds a line break or another character that cannot be printed", "take it out")
    return value.strip()


def _spelled(parse: Callable[[str], float], form: Callable[[Any], str], remedy: str) -> ValueKind:
    return ValueKind(lambda value: parse(_text(value, remedy)), lambda value: quote(form(value)))


def _positive_duration(text: str) -> float:
    seconds = parse_duration(text)
    if seconds == 0:
        raise BadValueError("must be longer than 0", HOW_DURATION)
    return seconds


TEXT = ValueKind(_text, quote)
DURATION = _spelled(_positive_duration, format_duration, HOW_DURATION)
DURATION_OR_0 = _spelled(parse_duration, format_duration, HOW_DURATION)
RATE = _spelled(parse_rate, format_rate, HOW_RATE)
SIZE = _spelled(parse_size, format_size, HOW_SIZE)


def _number_from(make: Callable[[str], object]) -> Callable[[str], object]:
    def from_text(text: str) -> object:
        try:
            return make(text)
        except ValueError:
            # `read` reports what is wrong with it.
            return text

    return from_text


def count(least: int, most: int = _MOST, remedy: str = "") -> ValueKind:
    """Build the kind for a whole number within bounds."""
    span = f"from {least} to {most}" if most < _MOST else f"of at least {least}"

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadValueError(f"must be a whole number {span}", "write it without quotes")
        if not least <= value <= most:
            raise BadValueError(
                f"must be a number {span}", remedy or "change it, or leave the key out for the default"
            )
        return value

    return ValueKind(read, str, _number_from(int))


def _share(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadValueError("must be a number", "write a share from 0 to 1 like 0.10, without quotes")
    if not 0 <= value <= 1:
        raise BadValueError("must be 0 to 1", "write a share like 0.10 for a tenth")
    return float(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValueError("must be true or false", "write true or false, without quotes")
    return value


SHARE = ValueKind(_share, str, _number_from(float))
FLAG = ValueKind(_flag, lambda value: str(value).lower())


def choice(*words: str) -> ValueKind:
    """Build the kind for one of a few words."""

    def read(value: object) -> str:
        word = _text(value).lower()
        if word not in words:
            raise BadValueError("is none of the words known here", "write " + " or ".join(map(quote, words)))
        return word

    return ValueKind(read, quote)


def pattern(regex: str, example: str) -> ValueKind:
    """Build the kind for text that matches a regular expression."""

    def read(value: object) -> str:
        text = _text(value)
        if not re.fullmatch(regex, text):
            raise BadValueError("has a form that cannot be", f"write it like {quote(example)}")
        return text

    return ValueKind(read, quote)


def several(item: ValueKind, *, filled: bool = False) -> ValueKind:
    """Build the kind for a list of distinct items in the given order; comma separated in a variable."""

    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise BadValueError("must be a list", "put it in brackets: [...]")
        items = tuple(dict.fromkeys(item.read(each) for each in value))
        if filled and not items:
            raise BadValueError(
                "must not be empty", "name at least one, or leave the key out for the default"
            )
        return items

    return ValueKind(
        read,
        lambda items: "[" + ", ".join(map(item.spell, items)) + "]",
        lambda text: [part.strip() for part in text.split(",") if part.strip()],
    )


def _fetching(value: object) -> WindowFetch:
    remedy = 'write "odds", "weather" or "schedule", or with a window: "weather@30m"'
    part, at, window = _text(value, remedy).lower().partition("@")
    match part:
        case "odds" | "weather" | "schedule":
            return WindowFetch(part, _positive_duration(window) if at else None)
        case _:
            raise BadValueError("is nothing that a window can fetch", remedy)


FETCHING = ValueKind(
    _fetching, lambda one: quote(one.part + (f"@{format_duration(one.window)}" if one.window else ""))
)


# ── locations: key, providers, state directory, notification channels ──


def _key_place(value: object) -> str:
    remedy = 'write "env:ODDS_API_KEY", "file:/path" or "command:pass show odds", and keep the key there'
    try:
        text = _text(value)
    except BadValueError as error:
        raise BadValueError(error.what, remedy) from None
    if not _KEY.fullmatch(text):
        raise BadValueError("must say where the key is to be found, not the key itself", remedy)
    return text


def _url(value: object) -> str:
    from urllib.parse import urlsplit

    text = _text(value)
    try:
        parts = urlsplit(text)
        host, scheme, _port = parts.hostname or "", parts.scheme, parts.port
    except ValueError:
        host, scheme = "", "https"
    if scheme not in ("https", "http"):
        raise BadValueError("must be an https address", 'write it like "https://host"')
    if "@" in text:
        raise BadValueError("must not hold a user name or password", 'write it like "https://host/path"')
    if "?" in text or "#" in text:
        raise BadValueError("must not hold a query or a fragment", "take out what begins at the ? or #")
    if not _HOST.fullmatch(host) or " " in text or "\\" in text:
        raise BadValueError("is no address", 'write it like "https://host" or "https://host:8443/path"')
    if scheme == "http" and not _is_loopback(host):
        raise BadValueError(
            "would send data over the net in the clear",
            'write "https://"; plain http is for 127.0.0.1, ::1 and localhost',
        )
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _store_url(value: object) -> str:
    text = _text(value)
    if text.lower().startswith(("redis:", "rediss:")):
        raise BadValueError("names Redis, which is not in this release", 'write "disk:"')
    if text != "disk:":
        raise BadValueError("names a store that does not exist", 'write "disk:"')
    return text


def _path(value: object) -> Path:
    text = _text(value)
    if not text:
        return Path()
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise BadValueError(
            "begins with the home directory of a user who has none", "write the whole path"
        ) from None


def _quiet(value: object) -> tuple[int, int] | None:
    text = _text(value)
    found = _QUIET.fullmatch(text)
    if text and not found:
        raise BadValueError("is no time of day", 'write it like "23:00-07:00", or "" for none')
    if not found:
        return None
    hour, minute, until_hour, until_minute = map(int, found.groups())
    begin, end = 60 * hour + minute, 60 * until_hour + until_minute
    if begin == end:
        raise BadValueError(
            "begins when it ends", 'write it like "23:00-07:00"; to be told nothing at all, empty notify.urls'
        )
    return begin, end


def _spell_quiet(quiet: tuple[int, int] | None) -> str:
    return quote("-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in quiet or ()))


def _notice_url(value: object) -> str:
    text = _text(value)
    if not _NOTICE_URL.fullmatch(text):
        raise BadValueError("must be Apprise addresses", 'write each like "env:NAME" or "ntfy://topic"')
    return text


KEY_PLACE = ValueKind(_key_place, quote)
URL = ValueKind(_url, quote)
STORE_URL = ValueKind(_store_url, quote)
PATH = ValueKind(_path, lambda path: quote("" if path == Path() else str(path)))
NOTICE_URL = ValueKind(_notice_url, lambda url: quote(url if url.startswith("env:") else "***"))

QUIET = ValueKind(_quiet, _spell_quiet)


def _word(value: object) -> str:
    words = canonical([_text(value)])
    if not words or not re.fullmatch(r"[a-z0-9_-]+", words[0]):
        raise BadValueError("holds something that is no simple word", "use letters, digits, _ and - only")
    return words[0]


WORD = ValueKind(_word, quote)


def names_of(kind: vocabulary.NameKind, *, filled: bool = True) -> ValueKind:
    """Build the kind for a list of markets, regions or bookmakers, as sent to the provider.

    Raises `UnknownNamesError` for names that are in none of our lists.
    """
    words = several(TEXT, filled=filled)

    def read(value: object) -> tuple[str, ...]:
        found = vocabulary.read(kind, entries) if all(entries := words.read(value)) else None
        if found is None or found.malformed:
            raise BadValueError("holds something that is no simple word", "use letters, digits and _ only")
        if found.unknown:
            raise UnknownNamesError(found.names, found.unknown)
        return found.names

    return ValueKind(read, words.spell, lambda text: vocabulary.split(text, kind))


MARKETS = names_of(vocabulary.NameKind.MARKET)
REGIONS = names_of(vocabulary.NameKind.REGION)
BOOKS = names_of(vocabulary.NameKind.BOOK, filled=False)
