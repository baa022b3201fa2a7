"""Match team names across providers: a canonical spelling for each team, and a similarity score.

Pure, but for reading its table. `aliases.csv` holds, for each kind of league, ESPN's name of a team and its
other names, separated by `|`; national teams are those of `countries.csv`. Names that differ only in what
`canonical` removes (case, accents, punctuation, "FC") need no line.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from oddsctl.catalog.spelling import plain
from oddsctl.catalog.sports import SPORTS
from oddsctl.domain.models import Sport

ALIKE = 85.0
"""Lowest `similarity` at which two spellings may mean one team."""

SOCCER, WOMENS_SOCCER, COLLEGE = "soccer", "womens soccer", "college"
_SOCCER = ("mls", "epl", "ucl", "laliga", "bundesliga", "seriea", "ligue1")
_KINDS = dict.fromkeys(_SOCCER, SOCCER) | {"ncaaf": COLLEGE, "ncaab": COLLEGE}
"""Sports whose teams share one list of aliases. Any other sport is a kind of its own."""
_CLUB = re.compile(
    r"\b(?:1 "
    r")?(?:fc|afc|cf|cfc|sc|ac|as|bc|sv|fk|sk|bk|if|us|ss|ssc|ud|cd|ca|rc|rcd|sd|aj|ogc|vfl|vfb|tsg|fsv|calcio"
    r"|0\d|9\d|1[89]\d\d)\b"
)
"""Club designators that some providers write and others omit: AFC Bournemouth, 1. FC Köln, Mainz 05."""
_OF_WOMEN = frozenset(
    (
        *(
            "women",
            "womens",
            "w",
            "wfc",
            "ladies",
            "feminin",
            "feminine",
            "feminines",
            "femenina",
            "femenino",
            "femeni",
            "femminile",
        ),
        *("frauen", "vrouwen", "dames", "kvinner"),
    )
)
"""What follows the name of a women's team."""
_SECOND = {"ii": "b", "2": "b", "b": "b", "iii": "c", "3": "c", "reserve": "b", "reserves": "b"}
_UNDER = re.compile(r"\b(?:u|under) ?(1[5-9]|2[0-3])\b")
_NO_SECOND_TEAM = frozenset(("willem ii",))
_WOMENS_LEAGUE = re.compile(
    r"(?:^|[/._])(?:w|nwsl|wsl|wwc|w[1-9]|wchampions\w*|weuro\w*|wworld\w*|wnations\w*)(?:[._]|$)|wom[ae]n|femen|femin|frauen"
)


@cache
def kind_of(sport: Sport) -> str:
    """Return the kind of league whose rules compare a sport's names: by ESPN's path, else by the odds key.

    A sport from the configuration follows those we know: soccer, college, or its parent league (NFL
    preseason).

    >>> kind_of(Sport("eredivisie", "Eredivisie", "soccer_netherlands_eredivisie", "soccer/ned.1"))
    'soccer'
    """
    path, key = sport.espn_path or "", sport.odds_key or ""
    known = next((one for one in SPORTS if path and one.espn_path == path), None)
    known = known or next((one for one in SPORTS if one.odds_key and key.startswith(one.odds_key)), None)
    if known:
        return _KINDS.get(known.name, known.name)
    if "college" in path or "ncaa" in path or "ncaa" in key:
        return COLLEGE
    if path.startswith("soccer/") or key.startswith("soccer_"):
        return WOMENS_SOCCER if _WOMENS_LEAGUE.search(path) or _WOMENS_LEAGUE.search(key) else SOCCER
    return sport.name


def canonical(kind: str, name: str) -> str:
    """Return the canonical spelling of a team's name, for a `kind` of league or a built-in sport.

    Idempotent. No two teams of a league share one. Lower case, no accents, no punctuation; "Saint" is "st";
    in college "St" after a school's name is "state"; in soccer "FC" and the like are gone. Women's, second
    and youth teams keep what tells them from the first.

    >>> canonical("epl", "AFC Bournemouth"), canonical("mlb", "St. Louis Cardinals")
    ('bournemouth', 'st louis cardinals')
    >>> canonical("nba", "Los Angeles Clippers")
    'la clippers'
    """
    return _canonical(_KINDS.get(kind, kind), name)


def spellings(kind: str, name: str) -> frozenset[str]:
    """Return every plain spelling of a team: its canonical one and its aliases.

    >>> "oakland athletics" in spellings("mlb", "Athletics")
    True
    """
    kind, meant = _KINDS.get(kind, kind), canonical(kind, name)
    return frozenset({meant, _short(kind, name), *_also().get((kind, meant), ())})


def similarity(kind: str, a: str, b: str) -> float:
    """Score how alike two names are, 0 to 100: 100 for one canonical spelling, at least `ALIKE` for a match.

    Symmetric. Use it only for games left over by canonical spellings, between games that start within hours
    of each other; both teams must be alike. The score is that of the whole names, but never above that of the
    worst pair of words: "Manchester City" is not "Manchester United", however long the word they share. Two
    known teams are never alike (Austria and Australia), nor is a club's second, youth or women's team like
    its first.
    """
    one, other = canonical(kind, a), canonical(kind, b)
    if one == other:
        return 100.0
    known = _known(_KINDS.get(kind, kind))
    if (one in known and other in known) or _parted(one)[1] != _parted(other)[1]:
        return 0.0
    from rapidfuzz import (
        # Importing rapidfuzz takes longer than everything else here; canonical spellings settle nearly every
        # game.
        fuzz,
    )

    def worst_word(name: str, counterpart: str) -> float:
        words = counterpart.split()
        return min(
            (max((fuzz.ratio(word, match) for match in words), default=0.0) for word in name.split()),
            default=0.0,
        )

    return min(fuzz.token_sort_ratio(one, other), max(worst_word(one, other), worst_word(other, one)))


@lru_cache(maxsize=4096)
def _canonical(kind: str, name: str) -> str:
    if kind not in (SOCCER, WOMENS_SOCCER):
        return _team(kind, _short(kind, name))
    short = _short(SOCCER, name)
    if (SOCCER, short) in _aliases():
        return _team(SOCCER, short)
    team, mark = _parted(short)
    team = _team(SOCCER, team)
    return team if not mark or (mark == "women" and kind == WOMENS_SOCCER) else f"{team} {mark}"


def _team(kind: str, short: str) -> str:
    return _aliases().get((kind, short)) or _nations().get(short, short)


def _parted(short: str) -> tuple[str, str]:
    """Split a soccer team's name from its marker: Arsenal Women, Real Madrid B, England U21."""
    words = _UNDER.sub(r"u\1", short).split()
    marks: list[str] = []
    if len(words) > 1 and words[0] == "jong":
        words, marks = words[1:], ["b"]
    while len(words) > 1 and " ".join(words) not in _NO_SECOND_TEAM and (mark := _mark(words[-1])):
        words, marks = words[:-1], [*marks, mark]
    return " ".join(words), " ".join(sorted(set(marks)))


def _mark(word: str) -> str | None:
    if word in _OF_WOMEN:
        return "women"
    return word if _UNDER.fullmatch(word) else _SECOND.get(word)


def _short(kind: str, name: str) -> str:
    """Return the plain spelling without what its kind of league omits.

    Empty only for a name without any letter or digit.
    """
    words = ["st" if word == "saint" else word for word in plain(name).split()]
    if kind == COLLEGE:
        words = [
            "state" if word == "st" and before not in ("", "mount", "mt") else word
            for before, word in pairwise(["", *words])
        ]
    if kind == SOCCER:
        words = _CLUB.sub(" ", " ".join(words)).split() or words
    return " ".join(words)


@cache
def _also() -> dict[tuple[str, str], tuple[str, ...]]:
    """Map kind of league and canonical spelling to the other spellings."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for (kind, spelling), meant in _aliases().items():
        found[kind, meant] = (*found.get((kind, meant), ()), spelling)
    return found


@cache
def _aliases() -> dict[tuple[str, str], str]:
    """Map kind of league and short spelling to the canonical spelling."""
    spellings: dict[tuple[str, str], str] = {}
    for line in _table("aliases.csv"):
        kind, name = line["kind"], _short(line["kind"], line["name"])
        spellings |= {(kind, _short(kind, other)): name for other in (line["name"], *line["also"].split("|"))}
    return spellings


@cache
def _nations() -> dict[str, str]:
    """Map short spelling to the canonical spelling of each national team, in every kind of league.

    No club has a country's name.
    """
    spellings: dict[str, str] = {}
    for line in _table("countries.csv"):
        name = _short(SOCCER, line["name"])
        spellings |= {
            _short(kind, other): name
            for kind in ("", SOCCER)
            for other in (line["name"], *line["also"].split("|"))
            if other
        }
    return spellings


@cache
def _known(kind: str) -> frozenset[str]:
    """Return the canonical spellings of the teams in our tables."""
    aliases = {
        name for (of, _), name in _aliases().items() if of == (SOCCER if kind == WOMENS_SOCCER else kind)
    }
    return frozenset(aliases | set(_nations().values()))


def _table(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
