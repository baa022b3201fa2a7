"""A row of the store that cannot be read as what it should be: it is kept under another key, told, and
replaced; never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from oddsctl.domain.errors import StateError, StateUnwritableError
from oddsctl.domain.ports import JSON, Store
from oddsctl.store import codec
from oddsctl.store.codec import to_text

T = TypeVar("T")
FRESH = "started fresh; scheduled calls are paused until the provider reports the balance"
"""What happens to an account whose books were lost."""
ASIDE = "damaged/"
"""How the keys begin under which unreadable rows are kept."""


class RowDamagedError(StateError):
    """The row under `key` holds `value`, which cannot be read; `instead` is to take its place (None:
    nothing).

    Raised by a change, it leaves the row as it is. The store then keeps the row under another key, and tries
    again.
    """

    code = "STATE_DAMAGED"

    def __init__(self, what: str, why: str, key: str, value: JSON, instead: JSON, then: str) -> None:
        super().__init__(f"{what} cannot be read ({why})", hint="`oddsctl doctor --repair` puts it aside")
        self.what, self.why, self.key, self.value, self.instead, self.then = (
            what,
            why,
            key,
            value,
            instead,
            then,
        )

    @property
    def aside(self) -> str:
        """The key under which the row is kept: the same for all who meet it."""
        return f"{ASIDE}{self.key}/{sha256(to_text(self.value).encode()).hexdigest()[:12]}"


def read(store: Store, key: str, decode: Callable[[JSON], T]) -> T:
    """What `decode` makes of the row; a row that it cannot read is replaced first, as by a change."""
    try:
        return decode(store.read(key))
    except RowDamagedError as damage:
        try:
            return store.update(key, lambda old: (old, decode(old)))
        except StateUnwritableError:
            return decode(damage.instead)


def keep_aside(store: Store, damage: RowDamagedError) -> bool:
    """Keep the row under another key, then put in its place what is to replace it.

    Whether we are the first to do so.
    """
    is_first = store.update(damage.aside, lambda old: (damage.value, old is None))
    store.update(damage.key, lambda old: (damage.instead if old == damage.value else old, None))
    return is_first


def salvaged(key: str, kind: type[T], value: JSON, what: str) -> T:
    """The row as a `kind` that can be made of nothing.

    What is unreadable in it costs itself alone: RowDamagedError has the rest.
    """
    if value is None:
        return kind()
    try:
        found: T = codec.decode(kind, value)
    except codec.DecodeError as error:
        rest = codec.encode(codec.salvage(kind, value))
        raise RowDamagedError(
            what, str(error), key, value, rest, "went on with what is readable in it"
        ) from error
    return found
