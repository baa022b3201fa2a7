"""How values of each annotated type are written as JSON and read back."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import IntEnum, StrEnum
from functools import cache
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from oddsctl.domain.ports import JSON

T = TypeVar("T")
TAG = "type"


class DecodeError(ValueError):
    """Stored JSON does not match the annotation.

    The text names the path and the type found, never the value.
    """


class _Pair(NamedTuple):
    """Writer and reader of one annotation; they raise TypeError or ValueError, and DecodeError."""

    write: Callable[[Any], JSON]
    read: Callable[[JSON], Any]


@cache
def codec_for(annotation: Hashable) -> _Pair:
    """Return the writer and reader of an annotation. Raises TypeError for one without a JSON form."""
    origin = get_origin(annotation)
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    if origin is Literal:
        return _constants([(value, value) for value in get_args(annotation)])
    if origin in (Union, types.UnionType):
        return _union(get_args(annotation))
    if origin is tuple:
        return _tuple(get_args(annotation))
    if origin in (dict, Mapping) and get_args(annotation)[0] is str:
        return _mapping(codec_for(get_args(annotation)[1]))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum | IntEnum):
        return _constants([(member.value, member) for member in annotation])
    if isinstance(annotation, type) and is_dataclass(annotation):
        return _dataclass(annotation)
    if isinstance(annotation, type) and getattr(annotation, "is_stored_by_class_name", False):
        return _family(annotation)
    raise TypeError(f"no JSON for {annotation!r}")


def _met(wanted: str, value: object) -> str:
    return f"{wanted} wanted, {type(value).__name__} met"


def _exactly(kind: type, wanted: str) -> _Pair:
    def write(value: Any) -> JSON:
        if type(value) is not kind:
            raise TypeError(_met(wanted, value))
        return value

    def read(value: JSON) -> Any:
        if type(value) is not kind:
            raise DecodeError(_met(wanted, value))
        return value

    return _Pair(write, read)


def _write_text(value: Any) -> JSON:
    if type(value) is str:
        return value
    if isinstance(value, StrEnum):
        return value.value
    # Any other subclass of str may be a secret, and a secret is never stored.
    raise TypeError(_met("text", value))


def _write_float(value: Any) -> JSON:
    if type(value) is not float and type(value) is not int:
        raise TypeError(_met("a number", value))
    if not math.isfinite(value):
        raise ValueError("a finite number wanted")
    return value


def _read_float(value: JSON) -> float:
    if type(value) is not float and type(value) is not int:
        raise DecodeError(_met("a number", value))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise DecodeError("a finite number wanted")
    return number


_SCALARS: dict[Any, _Pair] = {
    str: _Pair(_write_text, _exactly(str, "text").read),
    int: _exactly(int, "a whole number"),
    float: _Pair(_write_float, _read_float),
    bool: _exactly(bool, "true or false"),
    type(None): _exactly(type(None), "null"),
}


def _constants(members: list[tuple[Any, Any]]) -> _Pair:
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
            raise DecodeError(_met("one of the known constants", value)) from None

    return _Pair(write, read)


def _tuple(args: tuple[Any, ...]) -> _Pair:
    if len(args) == 2 and args[1] is ...:
        return _series(codec_for(args[0]))
    pairs = [codec_for(arg) for arg in args]

    def write(value: Any) -> JSON:
        if type(value) is not tuple or len(value) != len(pairs):
            raise TypeError(_met(f"a tuple of {len(pairs)}", value))
        return [pair.write(item) for pair, item in zip(pairs, value, strict=True)]

    def read(value: JSON) -> Any:
        if type(value) is not list or len(value) != len(pairs):
            raise DecodeError(_met(f"a list of {len(pairs)}", value))
        return tuple(pair.read(item) for pair, item in zip(pairs, value, strict=True))

    return _Pair(write, read)


def _series(item: _Pair) -> _Pair:
    write_item, read_item = item

    def write(value: Any) -> JSON:
        if type(value) is not tuple:
            raise TypeError(_met("a tuple", value))
        return [write_item(each) for each in value]

    def read(value: JSON) -> Any:
        if type(value) is not list:
            raise DecodeError(_met("a list", value))
        return tuple([read_item(each) for each in value])

    return _Pair(write, read)


def _mapping(item: _Pair) -> _Pair:
    def write(value: Any) -> JSON:
        if not isinstance(value, Mapping):
            raise TypeError(_met("a mapping", value))
        return {_write_text(key): item.write(each) for key, each in value.items()}

    def read(value: JSON) -> Any:
        if type(value) is not dict:
            raise DecodeError(_met("an object", value))
        return {key: item.read(each) for key, each in value.items()}

    return _Pair(write, read)


def _union(members: tuple[Any, ...]) -> _Pair:
    classes: list[Any] = [member for member in members if is_dataclass(member)]
    others = [member for member in members if member not in classes and member is not type(None)]
    if classes and any(get_origin(member) in (dict, Mapping) for member in others):
        raise TypeError(f"no JSON for a union of a mapping and {classes[0]!r}: both are objects")
    pairs = [codec_for(member) for member in others]
    pairs += [_tagged(classes)] if len(classes) > 1 else [codec_for(cls) for cls in classes]
    pair = pairs[0] if len(pairs) == 1 else _either(pairs)
    return _optional(pair) if type(None) in members else pair


def _either(pairs: list[_Pair]) -> _Pair:
    writes, reads = [pair.write for pair in pairs], [pair.read for pair in pairs]
    return _Pair(
        lambda value: _first(value, writes, TypeError), lambda value: _first(value, reads, DecodeError)
    )


def _optional(pair: _Pair) -> _Pair:
    write, read = pair
    return _Pair(
        lambda value: None if value is None else write(value),
        lambda value: None if value is None else read(value),
    )


def _first(value: Any, ways: list[Callable[[Any], Any]], refusal: type[Exception]) -> Any:
    """Return the result of the first converter that accepts the value; raise the last one's error."""
    for way in ways[:-1]:
        try:
            return way(value)
        except refusal:
            continue
    return ways[-1](value)


def _tagged(classes: list[Any]) -> _Pair:
    writers = {cls: codec_for(cls).write for cls in classes}
    readers = {cls.__name__: codec_for(cls).read for cls in classes}
    if len(readers) < len(classes) or any(each.name == TAG for cls in classes for each in fields(cls)):
        raise TypeError(f"no JSON for this union: two classes of one name, or a field named {TAG!r}")

    def write(value: Any) -> JSON:
        if type(value) not in writers:
            raise TypeError(_met(f"one of {sorted(readers)}", value))
        return {TAG: type(value).__name__, **writers[type(value)](value)}

    def read(value: JSON) -> Any:
        tag = value.get(TAG) if type(value) is dict else None
        if type(tag) is not str or tag not in readers:
            raise DecodeError(f"one of {sorted(readers)} wanted under {TAG!r}")
        return readers[tag](value)

    return _Pair(write, read)


def _family(base: type) -> _Pair:
    """Pair for a base class: as for the union of the dataclasses derived from it, those defined later too."""

    def members() -> _Pair:
        derived: list[type] = base.__subclasses__()
        return _tagged([cls for cls in derived if is_dataclass(cls)])

    pair = members()

    def write(value: Any) -> JSON:
        nonlocal pair
        try:
            return pair.write(value)
        except TypeError:
            pair = members()
            return pair.write(value)

    def read(value: JSON) -> Any:
        nonlocal pair
        try:
            return pair.read(value)
        except DecodeError:
            pair = members()
            return pair.read(value)

    return _Pair(write, read)


def _dataclass(cls: Any) -> _Pair:
    hints = get_type_hints(cls)
    pairs = {each.name: codec_for(hints[each.name]) for each in fields(cls)}
    defaults = {each.name: _default(each) for each in fields(cls)}
    required = {name for name, default in defaults.items() if default is MISSING}
    writers = [(name, pair.write, defaults[name]) for name, pair in pairs.items()]
    readers = [(name, pair.read) for name, pair in pairs.items()]

    def write(value: Any) -> JSON:
        if type(value) is not cls:
            raise TypeError(_met(cls.__name__, value))
        plain = {}
        for name, write_field, default in writers:
            each = getattr(value, name)
            if each is not default and each != default:
                plain[name] = write_field(each)
        return plain

    def read(value: JSON) -> Any:
        if type(value) is not dict:
            raise DecodeError(_met(cls.__name__, value))
        if not required <= value.keys():
            raise DecodeError(f"{cls.__name__} lacks {sorted(required - value.keys())}")
        arguments = _read_fields(cls.__name__, readers, value)
        try:
            return cls(**arguments)
        # The class rejects this combination of values.
        except ValueError as error:
            raise DecodeError(f"{cls.__name__}: {error}") from error

    return _Pair(write, read)


def _read_fields(
    owner: str, readers: list[tuple[str, Callable[[JSON], Any]]], value: dict[str, JSON]
) -> dict[str, Any]:
    fields_read, name = {}, ""
    try:
        for name, read in readers:
            if name in value:
                fields_read[name] = read(value[name])
    except DecodeError as error:
        raise DecodeError(f"{owner}.{name}: {error}") from error
    return fields_read


def _default(of: Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()
