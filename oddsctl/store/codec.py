"""Encode frozen dataclasses as JSON and decode them, driven by their annotations.

How it works:

1. `encode` and `decode` compile each annotation once into a pair of closures (`CodecPair`) and cache it. A
   board holds about 1,500 prices, so interpreting annotations for each value would be too slow.
2. Decoding is strict about types: a bool is no int, text is no number, NaN is refused. A wrong type raises
   DecodeError with the path and the type found, never the value, because the value may be a secret.
3. Decoding is lenient about fields, because stored JSON outlives the program that wrote it: an unknown field
   is ignored, a missing field takes its default.
4. A field equal to its default is not written. Changing a default therefore changes stored data: never do it.
5. A union of several dataclasses stores the class name under `type`. These class names are part of the stored
   format and cannot be renamed. A single dataclass carries no tag and can be.
6. Only `str` itself and `StrEnum` are written as text. Any other subclass of str may be a secret and raises
   TypeError.
7. `decode(annotation, encode(value, annotation)) == value` for every supported annotation: scalars, enums,
   Literal, tuples, mappings with str keys, unions and dataclasses.
8. `salvage` keeps what is readable in a damaged value: unreadable fields take defaults, unreadable items are
   dropped. Use it only where a partial value is better than none.

Imports no store, no provider and no pickle.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from oddsctl.domain.ports import JSON
from oddsctl.store.codec_scalars import DecodeError
from oddsctl.store.codec_types import T, codec_for


def encode(value: object, annotation: Any = None) -> JSON:
    """Encode `value` as JSON. Pass `annotation` where it is wider than the value's class, such as a union.

    Raises TypeError for a value or annotation without a JSON form, ValueError for a number that is not
    finite.
    """
    wanted: Any = type(value) if annotation is None else annotation
    return codec_for(wanted).write(value)


def decode(annotation: Any, value: JSON) -> Any:
    """Decode a value encoded with the same annotation. Raises DecodeError."""
    return codec_for(annotation).read(value)


def salvage(annotation: Any, value: JSON) -> Any:
    """Decode what is readable: an unreadable field takes its default, an unreadable item is dropped.

    Raises DecodeError when nothing can be read.
    """
    try:
        return decode(annotation, value)
    except DecodeError:
        if isinstance(annotation, type) and is_dataclass(annotation):
            return _salvage_fields(annotation, value)
        if get_origin(annotation) is tuple and get_args(annotation)[1:] == (...,) and type(value) is list:
            return tuple(_readable(get_args(annotation)[0], value))
        if get_origin(annotation) in (dict, Mapping) and type(value) is dict:
            kept = ((key, list(_readable(get_args(annotation)[1], [item]))) for key, item in value.items())
            return {key: items[0] for key, items in kept if items}
        raise


def _salvage_fields(cls: Any, value: JSON) -> Any:
    known, hints = value if type(value) is dict else {}, get_type_hints(cls)
    found = {
        each.name: list(_readable(hints[each.name], [known[each.name]]))
        for each in fields(cls)
        if each.name in known
    }
    try:
        return cls(**{name: items[0] for name, items in found.items() if items})
    # A field without a default could not be read.
    except (TypeError, ValueError) as error:
        raise DecodeError(f"{cls.__name__}: {error}") from error


def _readable(annotation: Any, values: list[JSON]) -> Iterator[Any]:
    for value in values:
        with suppress(DecodeError):
            yield salvage(annotation, value)


def to_text(value: JSON) -> str:
    """Serialize JSON as one line of ASCII.

    Raises TypeError or ValueError for anything that is not JSON, including NaN and infinity.
    """
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def from_text(text: str) -> JSON:
    """Parse a JSON text. Raises DecodeError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DecodeError("not valid JSON") from error


def decode_or_none(kind: type[T], value: JSON) -> T | None:
    """Decode the value; None when it is missing or unreadable, because the caller can fetch it again."""
    try:
        return None if value is None else decode(kind, value)
    except DecodeError:
        return None
