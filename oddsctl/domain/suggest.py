"""Finds the known name nearest to a misspelt one: sports, teams, markets, books, zones, keys, options.

The distance is optimal string alignment: a letter too many, too few, wrong, or swapped with its neighbour
counts one, so `nlf` is near `nfl`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

LEAST_PREFIX = 3
"""Letters at the beginning of a name that are enough to stand for it."""


def nearest(word: str, known: Iterable[str] | Mapping[str, str]) -> str | None:
    """Return the known name that `word` most likely means, or None.

    In a mapping the keys are compared, and the value is the name.

    >>> nearest("nlf", ["nba", "nfl"]), nearest("draft kings", ["draftkings"]), nearest("moneylin",
    {"moneyline": "h2h"})
    ('nfl', 'draftkings', 'h2h')
    """
    from rapidfuzz.distance import (
        OSA,  # costs more than the rest of a warm run, and is needed only after a slip
    )

    names = known if isinstance(known, Mapping) else {name: name for name in known}
    wanted = squeezed(word)
    if not wanted:
        return None
    found: list[tuple[int, int, str]] = []
    for place, (spelling, name) in enumerate(names.items()):
        other = squeezed(spelling)
        apart = OSA.distance(wanted, other)
        if apart <= _slips(min(len(wanted), len(other))) or (wanted[:-1] == other and wanted[-1].isalpha()):
            found.append((apart, place, name))
        elif len(wanted) >= LEAST_PREFIX and other.startswith(wanted):
            found.append((len(other), place, name))
    return min(found)[2] if found else None


def did_you_mean(word: str, known: Iterable[str] | Mapping[str, str], otherwise: str = "") -> str:
    """Return `did you mean NAME?`, or `otherwise` when no name is near."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else otherwise


def _slips(length: int) -> int:
    """Return how many typos a name of this length may have and still be recognised."""
    if length <= 2:
        return 0
    return 1 if length <= 5 else 2 if length <= 9 else 3


def squeezed(word: str) -> str:
    """Return the word in lower case, without blanks and punctuation."""
    return re.sub(r"[\W_]+", "", word.casefold())
