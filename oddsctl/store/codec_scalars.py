"""How texts, numbers and constants are written as JSON and read back."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from oddsctl.domain.ports import JSON


class DecodeError(ValueError):
    """Stored JSON does not match the annotation.

    The text names the path and the type found, never the value.
    """


class CodecPair(NamedTuple):
    """Writer and reader of one annotation; they raise TypeError or ValueError, and DecodeError."""

    write: Callable[[Any], JSON]
    read: Callable[[JSON], Any]


def type_error(wanted: str, value: object) -> str:
    """Say what was wanted and which type was found; never the value."""
    return f"{wanted} wanted, {type(value).__name__} met"


def _exactly(kind: type, wanted: str) -> CodecPair:
    def write(value: Any) -> JSON:
        if type(value) is not kind:
            raise TypeError(type_error(wanted, value))
        return value

    def read(value: JSON) -> Any:
        if type(value) is not kind:
            raise DecodeError(type_error(wanted, value))
        return value

    return CodecPair(write, read)


def write_text(value: Any) -> JSON:
    """Write text. Raises TypeError for a subclass of str, which may be a secret."""
    if type(value) is str:
        return value
    if isinstance(value, StrEnum):
        return value.value
    # Any other subclass of str may be a secret, and a secret is never stored.
    raise TypeError(type_error("text", value))


def _write_float(value: Any) -> JSON:
    if type(value) is not float and type(value) is not int:
        raise TypeError(type_error("a number", value))
    if not math.isfinite(value):
        raise ValueError("a finite number wanted")
    return value


def _read_float(value: JSON) -> float:
    if type(value) is not float and type(value) is not int:
        raise DecodeError(type_error("a number", value))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise DecodeError("a finite number wanted")
    return number


SCALARS: dict[Any, CodecPair] = {
    str: CodecPair(write_text, _exactly(str, "text").read),
    int: _exactly(int, "a whole number"),
    float: CodecPair(_write_float, _read_float),
    bool: _exactly(bool, "true or false"),
    type(None): _exactly(type(None), "null"),
}


def constants(members: list[tuple[Any, Any]]) -> CodecPair:
    """Pair for literals and enum members. Matches the type as well: True is not 1."""
    values = {(type(plain), plain): member for plain, member in members}
    plains = {(type(member), member): plain for plain, member in members}

    def write(value: Any) -> JSON:
        try:
            return plains[type(value), value]
        except (KeyError, TypeError):
            raise TypeError(f"no such constant: {value!r}") from None

    def read(value: JSON) -> Any:
        try:
            return values[type(value), value]
        # TypeError: a list or an object cannot be a dictionary key.
        except (KeyError, TypeError):
            raise DecodeError(type_error("one of the known constants", value)) from None

    return CodecPair(write, read)
