"""Repeatable randomness: numbers hashed from names. No generator, no state, no salt of the process."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b


# A board asks for the same few thousand again and again.
@lru_cache(maxsize=1 << 15, typed=True)
def roll(*names: object) -> float:
    """Return a number in [0, 1) that is the same for the same names in every process, on every platform."""
    text = ":".join(map(str, names))
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big") / (1 << 56)


def wander(*names: object, now: float, span: float) -> float:
    """Return a number in [-1, 1] that drifts with time and changes its direction every `span` seconds."""
    knot, beyond = divmod(now, span)
    here, there = roll(*names, int(knot)), roll(*names, int(knot) + 1)
    return 2 * (here + (there - here) * beyond / span) - 1


def label(*names: object) -> str:
    """Return 32 hexadecimal digits, as The Odds API names its events."""
    return blake2b(":".join(map(str, names)).encode(), digest_size=16).hexdigest()
