"""How values of each annotated type are written as JSON and read back."""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import IntEnum, StrEnum
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from oddsctl.domain.ports import JSON
from oddsctl.store.codec_scalars import SCALARS, CodecPair, DecodeError, constants, type_error, write_text

T = TypeVar("T")
TAG = "type"


@cache
def codec_for(annotation: Hashable) -> CodecPair:
    """Return the writer and reader of an annotation. Raises TypeError for one without a JSON form."""
    origin = get_origin(annotation)
    if annotation in SCALARS:
        return SCALARS[annotation]
    if origin is Literal:
        return constants([(value, value) for value in get_args(annotation)])
    if origin in (Union, types.UnionType):
        return _union(get_args(annotation))
    if origin is tuple:
        return _tuple(get_args(annotation))
    if origin in (dict, Mapping) and get_args(annotation)[0] is str:
        return _mapping(codec_for(get_args(annotation)[1]))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum | IntEnum):
        return constants([(member.value, member) for member in annotation])
    if isinstance(annotation, type) and is_dataclass(annotation):
        return _dataclass(annotation)
    if isinstance(annotation, type) and getattr(annotation, "is_stored_by_class_name", False):
        return _family(annotation)
    raise TypeError(f"no JSON for {annotation!r}")


def _tuple(args: tuple[Any, ...]) -> CodecPair:
    if len(args) == 2 and args[1] is ...:
        return _series(codec_for(args[0]))
    pairs = [codec_for(arg) for arg in args]

    def write(value: Any) -> JSON:
        if type(value) is not tuple or len(value) != len(pairs):
            raise TypeError(type_error(f"a tuple of {len(pairs)}", value))
        return [pair.write(item) for pair, item in zip(pairs, value, strict=True)]

    def read(value: JSON) -> Any:
        if type(value) is not list or len(value) != len(pairs):
            raise DecodeError(type_error(f"a list of {len(pairs)}", value))
        return tuple(pair.read(item) for pair, item in zip(pairs, value, strict=True))

    return CodecPair(write, read)


def _series(item: CodecPair) -> CodecPair:
    write_item, read_item = item

    def write(value: Any) -> JSON:
        if type(value) is not tuple:
            raise TypeError(type_error("a tuple", value))
        return [write_item(each) for each in value]

    def read(value: JSON) -> Any:
        if type(value) is not list:
            raise DecodeError(type_error("a list", value))
        return tuple([read_item(each) for each in value])

    return CodecPair(write, read)


def _mapping(item: CodecPair) -> CodecPair:
    def write(value: Any) -> JSON:
        if not isinstance(value, Mapping):
            raise TypeError(type_error("a mapping", value))
        return {write_text(key): item.write(each) for key, each in value.items()}

    def read(value: JSON) -> Any:
        if type(value) is not dict:
            raise DecodeError(type_error("an object", value))
        return {key: item.read(each) for key, each in value.items()}

    return CodecPair(write, read)


def _union(members: tuple[Any, ...]) -> CodecPair:
    classes: list[Any] = [member for member in members if is_dataclass(member)]
    others = [member for member in members if member not in classes and member is not type(None)]
    if classes and any(get_origin(member) in (dict, Mapping) for member in others):
        raise TypeError(f"no JSON for a union of a mapping and {classes[0]!r}: both are objects")
    pairs = [codec_for(member) for member in others]
    pairs += [_tagged(classes)] if len(classes) > 1 else [codec_for(cls) for cls in classes]
    pair = pairs[0] if len(pairs) == 1 else _either(pairs)
    return _optional(pair) if type(None) in members else pair


def _either(pairs: list[CodecPair]) -> CodecPair:
    writes, reads = [pair.write for pair in pairs], [pair.read for pair in pairs]
    return CodecPair(
        lambda value: _first(value, writes, TypeError), lambda value: _first(value, reads, DecodeError)
    )


def _optional(pair: CodecPair) -> CodecPair:
    write, read = pair
    return CodecPair(
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


def _tagged(classes: list[Any]) -> CodecPair:
    writers = {cls: codec_for(cls).write for cls in classes}
    readers = {cls.__name__: codec_for(cls).read for cls in classes}
    if len(readers) < len(classes) or any(each.name == TAG for cls in classes for each in fields(cls)):
        raise TypeError(f"no JSON for this union: two classes of one name, or a field named {TAG!r}")

    def write(value: Any) -> JSON:
        if type(value) not in writers:
            raise TypeError(type_error(f"one of {sorted(readers)}", value))
        return {TAG: type(value).__name__, **writers[type(value)](value)}

    def read(value: JSON) -> Any:
        tag = value.get(TAG) if type(value) is dict else None
        if type(tag) is not str or tag not in readers:
            raise DecodeError(f"one of {sorted(readers)} wanted under {TAG!r}")
        return readers[tag](value)

    return CodecPair(write, read)


def _family(base: type) -> CodecPair:
    """Pair for a base class: as for the union of the dataclasses derived from it, those defined later too."""

    def members() -> CodecPair:
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

    return CodecPair(write, read)


def _dataclass(cls: Any) -> CodecPair:
    hints = get_type_hints(cls)
    pairs = {each.name: codec_for(hints[each.name]) for each in fields(cls)}
    defaults = {each.name: _default(each) for each in fields(cls)}
    required = {name for name, default in defaults.items() if default is MISSING}
    writers = [(name, pair.write, defaults[name]) for name, pair in pairs.items()]
    readers = [(name, pair.read) for name, pair in pairs.items()]

    def write(value: Any) -> JSON:
        if type(value) is not cls:
            raise TypeError(type_error(cls.__name__, value))
        plain = {}
        for name, write_field, default in writers:
            each = getattr(value, name)
            if each is not default and each != default:
                plain[name] = write_field(each)
        return plain

    def read(value: JSON) -> Any:
        if type(value) is not dict:
            raise DecodeError(type_error(cls.__name__, value))
        if not required <= value.keys():
            raise DecodeError(f"{cls.__name__} lacks {sorted(required - value.keys())}")
        arguments = _read_fields(cls.__name__, readers, value)
        try:
            return cls(**arguments)
        # The class rejects this combination of values.
        except ValueError as error:
            raise DecodeError(f"{cls.__name__}: {error}") from error

    return CodecPair(write, read)


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
