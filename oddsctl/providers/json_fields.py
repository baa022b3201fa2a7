"""Typed values out of providers' JSON.

What cannot be read costs itself alone: a `EntryFilter` leaves it out and counts it. Pure.

No provider may enter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from oddsctl.domain.http import HttpResponse
from oddsctl.domain.models import LeftOut
from oddsctl.domain.ports import JSON
from oddsctl.domain.provider_errors import BrokenAnswerError
from oddsctl.providers.json_values import MOST_DIGITS, instant, number, quote, text

T = TypeVar("T")


class EntryFilter:
    """Counts the entries of one answer that are left out."""

    def __init__(self, api: str) -> None:
        self.api = api
        self._counts: dict[str, int] = {}
        self._first = ""

    def leave_out(self, kind: str, why: str, count: int = 1) -> None:
        """Count entries of this kind as left out."""
        self._counts[kind] = self._counts.get(kind, 0) + count
        self._first = self._first or why.removeprefix(f"{self.api}: ")

    @property
    def left_out(self) -> LeftOut:
        """What was left out so far."""
        return LeftOut(tuple(self._counts.items()), self._first)

    def each(
        self,
        place: str,
        value: JSON,
        called: str,
        read: Callable[[JsonObject], T | None],
        kind: str | None = None,
    ) -> list[T]:
        """What `read` makes of the objects of a list, but for those that it refuses, counted as `kind`; None
        is not counted.

        `called` names an entry by its number: `event {}`. Raises `BrokenAnswerError` where `value` is no
        list.
        """
        if not isinstance(value, list):
            raise BrokenAnswerError(f"{self.api}: {place} is not a list", provider=self.api)
        found = []
        for count, one in enumerate(value, 1):
            try:
                made = read(JsonObject(self, called.format(count), one))
            except BrokenAnswerError as error:
                self.leave_out(kind or called.partition(" ")[0], error.message)
            else:
                if made is not None:
                    found.append(made)
        return found


class JsonObject:
    """One JSON object of an answer and the place where it stood, for errors: `Entry(sieve, "event 3",
    {...})`.
    """

    __slots__ = ("place", "sieve", "value")

    def __init__(self, sieve: EntryFilter, place: str, value: JSON) -> None:
        self.sieve = sieve
        self.place = place
        if not isinstance(value, dict):
            raise self.broken("is not an object")
        self.value = value

    def broken(self, what: str) -> BrokenAnswerError:
        return BrokenAnswerError(f"{self.sieve.api}: {self.place} {what}", provider=self.sieve.api)

    def text(self, name: str) -> str:
        """A text that must be there, such as a name; whole numbers will do (ids come as either)."""
        found = text(self.value.get(name))
        if found is None:
            raise self.broken(
                f"has no {name}" if self.value.get(name) is None else f"has a {name} that is not a name"
            )
        return found

    def number(self, name: str) -> float:
        """A finite number that must be there."""
        found = number(self.value.get(name))
        if found is None:
            raise self.broken(
                f"has no {name}" if self.value.get(name) is None else f"has a {name} that is not a number"
            )
        return found

    def instant(self, name: str) -> float:
        """Epoch seconds of a time that must be there, in any form that `instant` reads."""
        found = instant(self.value.get(name))
        if found is None:
            raise self.broken(
                f"has no {name}" if self.value.get(name) is None else f"has a {name} that is not a time"
            )
        return found

    def first(self, name: str, called: str) -> JsonObject:
        """The first object of a list that must be there and hold one."""
        listed = self.value.get(name)
        if not isinstance(listed, list) or not listed:
            raise self.broken(f"has no {called}")
        return JsonObject(self.sieve, f"{called} 1 of {self.place}", listed[0])

    def each(
        self, name: str, called: str, read: Callable[[JsonObject], T | None], kind: str | None = None
    ) -> list[T]:
        """What `read` makes of the objects of a list that must be there; the first is `called 1`.

        What it refuses is left out.
        """
        return self.sieve.each(
            f"{name} of {self.place}",
            self.value.get(name),
            f"{called} {{}} of {self.place}",
            read,
            kind or called,
        )


def once(entries: Iterable[T], key: Callable[[T], object], sieve: EntryFilter, kind: str) -> list[T]:
    """The entries without those whose key an earlier one has."""
    found: dict[object, T] = {}
    for entry in entries:
        if found.setdefault(key(entry), entry) is not entry:
            sieve.leave_out(kind, f"{kind} {key(entry)} is there twice")
    return list(found.values())


def body(api: str, response: HttpResponse) -> JSON:
    """The answer as JSON.

    Raises `BrokenAnswerError` where it is none: a stream that broke off, a gateway's page.

    Bytes that are no UTF-8 become `\ufffd`, bare `nan` and its like become null, and a number of thousands of
    digits becomes infinite. Of a list that broke off the whole entries stay, and null for the rest.
    """
    try:
        return json.loads(response.body)  # NaN, which it takes, is no number to `number`
    except (ValueError, RecursionError):
        pass
    text = _BARE_WORDS.sub(
        lambda found: found[0] if found[0][0] == '"' else "null", response.body.decode("utf-8-sig", "replace")
    )
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        if whole := _whole_entries(text):
            return [*whole, None]  # what follows them can't be read, and is counted as one
        near = quote(error.doc[error.pos : error.pos + 40])
        what = f"is not valid JSON from character {error.pos} on ({near})" if near else "ends too soon"
    except (ValueError, RecursionError):
        what = "is not valid JSON"
    raise BrokenAnswerError(
        f"{api}: the answer {what}" if response.body.strip() else f"{api}: the answer is empty", provider=api
    )


def _whole_entries(text: str) -> list[JSON]:
    """The entries of a list that broke off, up to where it did."""
    entries: list[JSON] = []
    at = len(text) - len(text.lstrip()) + 1 if text.lstrip().startswith("[") else len(text)
    while gap := _GAP.match(text, at):
        try:
            entry, at = _DECODER.raw_decode(text, gap.end())
        except (ValueError, RecursionError):
            break
        entries.append(entry)
    return entries


_GAP = re.compile(r"[\s,]*(?=[^\s,])")
_DECODER = json.JSONDecoder(
    parse_int=lambda digits: int(digits) if len(digits) < MOST_DIGITS else float("inf")
)
_BARE_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"|[-+]?\b(?:nan|inf(?:inity)?)\b', re.IGNORECASE | re.DOTALL)
"""Texts, which stay as they are, and spellings of numbers that are none."""


def fields(value: JSON) -> dict[str, JSON]:
    """The object, or an empty one where there is none: for parts that may be missing."""
    return value if isinstance(value, dict) else {}
