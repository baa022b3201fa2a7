"""One JSON object of a user's own on a line: read strictly, and its values given back as they were written.

Pure.
"""

from __future__ import annotations

import json
from typing import Any

from oddsctl.domain.errors import UsageError

LONGEST_NUMBER = 400
"""Digits of a number that is to be used as one; a longer one is only given back."""


class Number(str):
    """A number as it was written: `1e999`, `-0` and forty digits stay what they are."""

    __slots__ = ()


def parse(text: str) -> dict[str, Any]:
    """The object.

    Its numbers are `Number`s, see `plain`. Raises `UsageError`: also for a name that stands twice, and for
    NaN.
    """
    try:
        value = json.loads(
            text.lstrip("\ufeff"),
            parse_float=Number,
            parse_int=Number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_each_once,
        )
        text_of(value)
    except (ValueError, RecursionError):
        raise UsageError("not valid JSON") from None
    if not isinstance(value, dict):
        raise UsageError('not an object; write {"id": "a", "api": "odds", "sport": "nfl"}')
    return value


def plain(value: Any) -> Any:
    """The value with numbers to reckon with; one that is too large for that is infinite."""
    match value:
        case Number():
            short = len(value) <= LONGEST_NUMBER
            return int(value) if short and value.lstrip("-").isdigit() else float(value)
        case list():
            return [plain(one) for one in value]
        case dict():
            return {name: plain(one) for name, one in value.items()}
        case _:
            return value


def text_of(value: Any) -> str:
    """The value as JSON again: numbers as they were written, text in ASCII, so that half a surrogate pair
    harms nobody.
    """
    match value:
        case Number():
            return str(value)
        case list():
            return f"[{', '.join(map(text_of, value))}]"
        case dict():
            return f"{{{', '.join(f'{json.dumps(name)}: {text_of(one)}' for name, one in value.items())}}}"
        case _:
            return json.dumps(value)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"{json.dumps(twice[:40])} stands twice")
    return found
