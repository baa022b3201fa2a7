"""Kinds of settings: each `ValueKind` reads one value and writes it as TOML.

No message repeats the value it rejects. Knows no file, no environment and no name of a setting.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oddsctl.domain import vocabulary
from oddsctl.domain.odds_api_jobs import canonical
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


def text_of(value: object, remedy: str = "put it in quotes") -> str:
    """Return the value if it is text. Raises `BadValueError`."""
    if not isinstance(value, str):
        raise BadValueError("must be text", remedy)
    if not value.isprintable():
        raise BadValueError("holds a line break or another character that cannot be printed", "take it out")
    return value.strip()


def _spelled(parse: Callable[[str], float], form: Callable[[Any], str], remedy: str) -> ValueKind:
    return ValueKind(lambda value: parse(text_of(value, remedy)), lambda value: quote(form(value)))


def _positive_duration(text: str) -> float:
    seconds = parse_duration(text)
    if seconds == 0:
        raise BadValueError("must be longer than 0", HOW_DURATION)
    return seconds


TEXT = ValueKind(text_of, quote)
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
        word = text_of(value).lower()
        if word not in words:
            raise BadValueError("is not one of the allowed values", "write " + " or ".join(map(quote, words)))
        return word

    return ValueKind(read, quote)


def pattern(regex: str, example: str) -> ValueKind:
    """Build the kind for text that matches a regular expression."""

    def read(value: object) -> str:
        text = text_of(value)
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
    part, at, window = text_of(value, remedy).lower().partition("@")
    match part:
        case "odds" | "weather" | "schedule":
            return WindowFetch(part, _positive_duration(window) if at else None)
        case _:
            raise BadValueError("is nothing that a window can fetch", remedy)


FETCHING = ValueKind(
    _fetching, lambda one: quote(one.part + (f"@{format_duration(one.window)}" if one.window else ""))
)


# ── locations: key, providers, state directory, notification channels ──


def _word(value: object) -> str:
    words = canonical([text_of(value)])
    if not words or not re.fullmatch(r"[a-z0-9_-]+", words[0]):
        raise BadValueError("contains an invalid name", "use letters, digits, _ and - only")
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
            raise BadValueError("contains an invalid name", "use letters, digits and _ only")
        if found.unknown:
            raise UnknownNamesError(found.names, found.unknown)
        return found.names

    return ValueKind(read, words.spell, lambda text: vocabulary.split(text, kind))


MARKETS = names_of(vocabulary.NameKind.MARKET)
REGIONS = names_of(vocabulary.NameKind.REGION)
BOOKS = names_of(vocabulary.NameKind.BOOK, filled=False)
