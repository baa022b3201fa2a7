"""Handle store rows that cannot be decoded: keep them under another key, report and replace them.

An unreadable row is never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

from oddsctl.domain.errors import StateError, StateUnwritableError
from oddsctl.domain.ports import JSON, Store
from oddsctl.store import codec, codec_scalars
from oddsctl.store.codec import to_text

T = TypeVar("T")
FRESH = "started fresh; scheduled calls are paused until the provider reports the balance"
"""What happens to an account whose data was lost."""
ASIDE = "damaged/"
"""Key prefix under which unreadable rows are kept."""


class RowDamagedError(StateError):
    """The row `key` holds an unreadable `value`, to be replaced by `instead` (None: delete).

    Raised inside a change, it leaves the row as it is. The store then keeps the row under another key and
    runs the change again.
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
        """Return the key under which the row is kept: the same for every process that meets it."""
        return f"{ASIDE}{self.key}/{sha256(to_text(self.value).encode()).hexdigest()[:12]}"


def read(store: Store, key: str, decode: Callable[[JSON], T]) -> T:
    """Read and decode the row; replace it first if it cannot be decoded."""
    try:
        return decode(store.read(key))
    except RowDamagedError as damage:
        try:
            return store.update(key, lambda old: (old, decode(old)))
        except StateUnwritableError:
            return decode(damage.instead)


def keep_aside(store: Store, damage: RowDamagedError) -> bool:
    """Keep the row under another key and put its replacement in its place.

    Returns True if this process was the first to do so.
    """
    is_first = store.update(damage.aside, lambda old: (damage.value, old is None))
    store.update(damage.key, lambda old: (damage.instead if old == damage.value else old, None))
    return is_first


def salvaged(key: str, kind: type[T], value: JSON, what: str) -> T:
    """Decode the row as `kind`, which must be constructible without arguments.

    Raises RowDamagedError with the readable fields if some cannot be read.
    """
    if value is None:
        return kind()
    try:
        found: T = codec.decode(kind, value)
    except codec_scalars.DecodeError as error:
        rest = codec.encode(codec.salvage(kind, value))
        raise RowDamagedError(
            what, str(error), key, value, rest, "went on with what is readable in it"
        ) from error
    return found
