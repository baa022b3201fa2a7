"""The names of The Odds API: markets (with their aliases), regions, bookmakers.

Names are checked before anything is sent, since a misspelt bookmaker would be charged and a misspelt market
would cost a call. Names seen in answers count as known too (`ShownNames`), and `--force` sends any name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from oddsctl.domain import suggest
from oddsctl.domain.answers import Answer, Events
from oddsctl.domain.bookmakers import TITLES
from oddsctl.domain.jobs import Job
from oddsctl.domain.odds_api_jobs import OddsJob, canonical
from oddsctl.domain.suggest import squeezed

OUTRIGHTS = frozenset(("outrights", "outrights_lay"))
DEFAULT_OUTRIGHTS = ("outrights",)
"""What a sport without games is asked for, unless markets are named."""
BOARD_MARKETS = ("h2h", "spreads", "totals", "outrights", "h2h_lay", "outrights_lay")
"""The markets that a whole board may be asked for (FACTS 1.3); all others are asked by event."""
REGIONS = ("us", "us2", "us_dfs", "us_ex", "uk", "eu", "au", "fr", "se")
MARKETS_SHOWN = "h2h (moneyline), spreads, totals, outrights"

FORCE = " (--force sends it as it is)"
FETCH_FORCE = " (`oddsctl fetch --force` sends it as it is; once an answer has shown it, it is known)"
"""What to do about an unknown name, besides: on the command line or in a line of a batch, and in the
configuration.
"""

_ALIASES = {
    "h2h": "moneyline moneylines money ml head2head headtohead win winner matchwinner 1x2 12",
    "spreads": "spread pointspread pointspreads line lines handicap handicaps ats runline runlines "
    "puckline pucklines asianhandicap",
    "totals": "total overunder overunders over under ou pointstotal totalpoints totalruns totalgoals "
    "gametotal gametotals",
    "outrights": "outright future futures winneroutright tournamentwinner champion",
    "h2h_lay": "h2hlay moneylinelay lay",
    "outrights_lay": "outrightslay outrightlay",
}
MARKET_ALIASES = {
    spelling: market for market, spellings in _ALIASES.items() for spelling in spellings.split()
}
"""What people call the markets of a board, without blanks and signs: `over/under` stands here as
`overunder`.
"""

_BOOK_ALIASES = {squeezed(name): key for key, name in reversed(TITLES.items())} | {
    squeezed(key): key for key in TITLES
}
"""Books by their titles and by keys without their signs: `Draft Kings`, `Caesars`."""

_PERIOD = r"(_(q[1-4]|h[12]|p[1-3]|1st_(1|3|5|7)_innings))?"
_EVENT_MARKET = re.compile(
    rf"(h2h|h2h_3_way|spreads|totals|team_totals|alternate_(h2h|spreads|totals|team_totals|\w+)){_PERIOD}"
    r"|(player|batter|pitcher)_\w+|btts(_\w+)?|draw_no_bet|double_chance|to_qualify|correct_score\w*|\w*corners\w*|\w*cards\w*|halftime_fulltime"
)
"""Markets of single games; there are hundreds, and new ones each season."""


class NameKind(StrEnum):
    """What a name names."""

    MARKET = "market"
    REGION = "region"
    BOOK = "book"


@dataclass(frozen=True, slots=True)
class ShownNames:
    """Names that answers of the provider have shown, beyond our own lists."""

    markets: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    books: tuple[str, ...] = ()

    def of(self, kind: NameKind) -> tuple[str, ...]:
        """Those of one kind."""
        return {NameKind.MARKET: self.markets, NameKind.REGION: self.regions, NameKind.BOOK: self.books}[kind]

    def __or__(self, other: ShownNames) -> ShownNames:
        return ShownNames(*(tuple(sorted({*self.of(kind), *other.of(kind)})) for kind in NameKind))


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name that is in none of our lists, and what to do about it."""

    kind: NameKind
    word: str
    remedy: str


@dataclass(frozen=True, slots=True)
class OddsNames:
    """A list as it is sent: each name once, in the order given. `malformed` words can be no name at all."""

    names: tuple[str, ...]
    unknown: tuple[UnknownName, ...] = ()
    malformed: tuple[str, ...] = ()


def split(text: str, kind: NameKind) -> list[str]:
    """The names in a list as people type it: parted by commas or semicolons, or by blanks where that gives
    known names.
    """
    found: list[str] = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        words = part.split()
        apart = (
            len(words) > 1
            and not _is_known(kind, _meant(kind, part))
            and all(_is_known(kind, _meant(kind, word)) for word in words)
        )
        found += words if apart else [part]
    return found


def read(
    kind: NameKind, words: Iterable[str], shown: ShownNames | None = None, *, of_event: bool = False
) -> OddsNames:
    """The names that the words mean: letter case, blanks and duplicates gone, aliases resolved, what nobody
    knows set apart.

    >>> read(Kind.MARKET, ["Moneyline", "over/under", "h2h"]).names
    ('h2h', 'totals')
    """
    meant = dict.fromkeys(_meant(kind, word) for word in words if word.strip())
    names = [name for name in meant if re.fullmatch(r"[a-z0-9_]+", name)]
    known = (shown or ShownNames()).of(kind)
    unknown = [name for name in names if name not in known and not _is_known(kind, name, of_event=of_event)]
    malformed = tuple(name for name in meant if name not in names)
    return OddsNames(
        tuple(names),
        tuple(UnknownName(kind, name, _remedy(kind, name, known)) for name in unknown),
        malformed,
    )


def shown_by(job: Job, answer: Answer) -> ShownNames:
    """What an answer shows to be known to the provider and is in none of our lists.

    A region shows itself by not being refused.
    """
    if not (isinstance(job, OddsJob) and isinstance(answer, Events)):
        return ShownNames()
    prices = [price for event in answer.events for price in event.prices]
    return ShownNames(
        tuple(
            sorted(
                {
                    price.market
                    for price in prices
                    if not _is_known(NameKind.MARKET, price.market, of_event=True)
                }
            )
        ),
        tuple(sorted(region for region in job.regions if region not in REGIONS)),
        tuple(sorted({price.bookmaker for price in prices if price.bookmaker not in TITLES})),
    )


def book_remedy(word: str, shown: Iterable[str] = ()) -> str | None:
    """The nearest book to a name that is none, by key or title; None where the word is the name of a book."""
    wanted = squeezed(word)
    if any(wanted in (squeezed(key), squeezed(name)) for key, name in _books(shown).items()):
        return None
    return suggest.did_you_mean(
        word, _spellings(NameKind.BOOK, shown), "books are named as in draftkings, fanduel, betmgm"
    )


def _is_known(kind: NameKind, name: str, *, of_event: bool = False) -> bool:
    match kind:
        case NameKind.MARKET:
            return name in BOARD_MARKETS or (of_event and _EVENT_MARKET.fullmatch(name) is not None)
        case NameKind.REGION:
            return name in REGIONS
        case _:
            return name in TITLES


def _meant(kind: NameKind, word: str) -> str:
    """The name in the provider's spelling."""
    name = (canonical([word]) or ("",))[0]
    if _is_known(kind, name):
        return name
    aliases = {NameKind.MARKET: MARKET_ALIASES, NameKind.BOOK: _BOOK_ALIASES}.get(kind, {})
    return aliases.get(squeezed(name), name)


def _remedy(kind: NameKind, word: str, shown: Iterable[str]) -> str:
    if kind is NameKind.MARKET and _EVENT_MARKET.fullmatch(word):
        return f"it is a market of single games, which boards do not have; known here: {MARKETS_SHOWN}"
    if near := suggest.nearest(word, _spellings(kind, shown)):
        return f"did you mean {near}?"
    match kind:
        case NameKind.MARKET:
            return f"known here: {MARKETS_SHOWN}"
        case NameKind.REGION:
            return f"known here: {', '.join((*REGIONS, *shown))}"
        case _:
            return "books are named as in draftkings, fanduel, betmgm"


def _spellings(kind: NameKind, shown: Iterable[str]) -> Mapping[str, str]:
    """Every spelling that may have been meant, with the name it stands for."""
    match kind:
        case NameKind.MARKET:
            return {name: name for name in (*BOARD_MARKETS, *shown)} | MARKET_ALIASES
        case NameKind.REGION:
            return {name: name for name in (*REGIONS, *shown)}
        case _:
            titles = {name: key for key, name in reversed(_books(shown).items())}
            return {key: key for key in _books(shown)} | titles


def _books(shown: Iterable[str]) -> dict[str, str]:
    return TITLES | {book: book for book in shown}
