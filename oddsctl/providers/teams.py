"""Which team a provider means: one canonical spelling for each team, and how alike two spellings are. Pure, but for reading its aliases.

`aliases.csv` holds, for each kind of league, ESPN's name of a team and others' names for it, parted by `|`. Names that differ only in what
`canonical` takes away anyway (case, accents, punctuation, "FC") need no line.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from oddsctl.providers.spelling import plain

ALIKE = 85.0
"""The `similarity` from which two spellings may mean one team."""

_SOCCER = ("mls", "epl", "ucl", "laliga", "bundesliga", "seriea", "ligue1")
_KINDS = dict.fromkeys(_SOCCER, "soccer") | {"ncaaf": "college", "ncaab": "college"}
"""Sports whose teams share one list of aliases; any other sport is a kind of its own."""
_CLUB = re.compile(
    r"\b(?:1 )?(?:fc|afc|cf|cfc|sc|ac|as|bc|sv|fk|sk|if|us|ss|ssc|ud|cd|ca|rc|rcd|sd|aj|ogc|vfl|vfb|tsg|fsv|calcio|0\d|9\d|1[89]\d\d)\b"
)
"""What some write before or after a club's name and some do not: AFC Bournemouth, 1. FC Köln, Mainz 05, TSG 1899 Hoffenheim."""


def canonical(sport: str, name: str) -> str:
    """The one spelling of a team's name in `sport` (as the command line names it). Idempotent; no two teams of a league share one.

    Lower case, no accents, no punctuation; "Saint" is "st"; in college "St" after a school's name is "state"; in soccer "FC" and the
    like are gone.

    >>> canonical("epl", "AFC Bournemouth"), canonical("mlb", "St. Louis Cardinals"), canonical("nba", "Los Angeles Clippers")
    ('bournemouth', 'st louis cardinals', 'la clippers')
    """
    return _canonical(_KINDS.get(sport, sport), name)


def similarity(sport: str, a: str, b: str) -> float:
    """How alike two names are, 0 to 100: 100 for one canonical spelling, else a score that `ALIKE` parts. Symmetric.

    It is for the games that canonical spellings left over, and only between games that start within hours of each other; both teams
    must be alike. The score is that of the whole names, but never above that of the worst pair of words: "Manchester City" is not
    "Manchester United", however long the word they share.
    """
    one, other = canonical(sport, a), canonical(sport, b)
    if one == other:
        return 100.0
    from rapidfuzz import fuzz  # takes longer to import than all of this; canonical spellings settle nearly every game

    def worst_word(name: str, counterpart: str) -> float:
        words = counterpart.split()
        return min((max((fuzz.ratio(word, match) for match in words), default=0.0) for word in name.split()), default=0.0)

    return min(fuzz.token_sort_ratio(one, other), max(worst_word(one, other), worst_word(other, one)))


@lru_cache(maxsize=4096)
def _canonical(kind: str, name: str) -> str:
    short = _short(kind, name)
    return _aliases().get((kind, short), short)


def _short(kind: str, name: str) -> str:
    """The plain spelling of `name`, less what its kind of league leaves out; never empty unless `name` has no letter or digit."""
    words = ["st" if word == "saint" else word for word in plain(name).split()]
    if kind == "college":
        words = ["state" if word == "st" and before not in ("", "mount", "mt") else word for before, word in pairwise(["", *words])]
    if kind == "soccer":
        words = _CLUB.sub(" ", " ".join(words)).split() or words
    return " ".join(words)


@cache
def _aliases() -> dict[tuple[str, str], str]:
    """Kind of league and short spelling -> canonical spelling."""
    spellings: dict[tuple[str, str], str] = {}
    with Path(__file__).with_name("aliases.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            kind, name = line["kind"], _short(line["kind"], line["name"])
            spellings |= {(kind, _short(kind, other)): name for other in line["also"].split("|")}
    return spellings
