"""Chance that can be repeated: numbers hashed from names.

No generator, no state, no salt of the process may enter.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=1 << 15, typed=True)  # a board asks for the same few thousand again and again
def roll(*names: object) -> float:
    """A number in [0, 1) that is the same for the same names in every process, on every platform."""
    text = ":".join(map(str, names))
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big") / (1 << 56)


def wander(*names: object, now: float, span: float) -> float:
    """A number in [-1, 1] that moves steadily with time and changes its direction every `span` seconds."""
    knot, beyond = divmod(now, span)
    here, there = roll(*names, int(knot)), roll(*names, int(knot) + 1)
    return 2 * (here + (there - here) * beyond / span) - 1


def label(*names: object) -> str:
    """32 hexadecimal digits, as The Odds API names its events."""
    return blake2b(":".join(map(str, names)).encode(), digest_size=16).hexdigest()
