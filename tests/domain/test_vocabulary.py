"""Names of The Odds API: what people write is understood, what nobody knows is found before anything is
sent.
"""

from __future__ import annotations

import pytest

from oddsctl.domain.answers import Events
from oddsctl.domain.bookmakers import REGION_BOOKS, TITLES
from oddsctl.domain.jobs import ScheduleJob
from oddsctl.domain.models import OddsEvent, Price
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.vocabulary import (
    BOARD_MARKETS,
    NameKind,
    ShownNames,
    book_remedy,
    read,
    shown_by,
    split,
)


def meant(kind: NameKind, text: str) -> tuple[str, ...]:
    found = read(kind, split(text, kind))
    assert not found.unknown
    assert not found.malformed
    return found.names


@pytest.mark.parametrize(
    ("text", "market"),
    [(name, name) for name in BOARD_MARKETS]
    + [
        (word, "h2h")
        for word in ("moneyline", "Money Line", "money-line", "ML", "head-to-head", "H2H", "win", "1X2")
    ]
    + [
        (word, "spreads")
        for word in ("spread", "Point Spread", "handicap", "run line", "puckline", "SPREADS")
    ]
    + [(word, "totals") for word in ("total", "over/under", "Over-Under", "over under", "o/u", "OU")]
    + [(word, "outrights") for word in ("outright", "futures")],
)
def test_markets_go_by_the_names_people_have_for_them(text: str, market: str) -> None:
    assert meant(NameKind.MARKET, text) == (market,)


@pytest.mark.parametrize(
    ("kind", "text", "names"),
    [
        (NameKind.MARKET, " h2h , H2H,moneyline,, totals,", ("h2h", "totals")),
        (NameKind.MARKET, "h2h spreads totals", ("h2h", "spreads", "totals")),
        (NameKind.MARKET, "h2h;spreads", ("h2h", "spreads")),
        (NameKind.REGION, "US, us ,EU", ("us", "eu")),
        (NameKind.REGION, "us uk", ("us", "uk")),
        (
            NameKind.BOOK,
            "DraftKings, draft kings,Caesars, FANDUEL",
            ("draftkings", "williamhill_us", "fanduel"),
        ),
    ],
)
def test_a_list_is_cleaned(kind: NameKind, text: str, names: tuple[str, ...]) -> None:
    assert meant(kind, text) == names


@pytest.mark.parametrize(
    ("kind", "word", "remedy"),
    [
        (NameKind.MARKET, "moneylin", "did you mean h2h?"),
        (NameKind.MARKET, "spreds", "did you mean spreads?"),
        (NameKind.MARKET, "zzz", "known here: h2h"),
        (NameKind.MARKET, "player_pass_tds", "market of single games"),
        (NameKind.MARKET, "h2h_q1", "market of single games"),
        (NameKind.REGION, "us3", "did you mean us2?"),
        (NameKind.REGION, "mars", "known here: us, us2"),
        (NameKind.BOOK, "draftkngs", "did you mean draftkings?"),
        (NameKind.BOOK, "ceasars", "did you mean williamhill_us?"),
        (NameKind.BOOK, "zzz", "as in draftkings"),
    ],
)
def test_what_nobody_knows_is_told_with_the_nearest_name(kind: NameKind, word: str, remedy: str) -> None:
    (unknown,) = read(kind, [word]).unknown
    assert unknown.word == word
    assert remedy in unknown.remedy


@pytest.mark.parametrize(
    "market", ["h2h_q1", "player_pass_tds", "alternate_spreads", "team_totals_h1", "batter_home_runs", "btts"]
)
def test_markets_of_single_games_are_known_to_requests_for_one(market: str) -> None:
    assert read(NameKind.MARKET, [market], of_event=True).unknown == ()
    assert read(NameKind.MARKET, ["moneylin"], of_event=True).unknown


def test_every_book_of_a_region_has_a_title_and_is_known() -> None:
    assert set().union(*REGION_BOOKS.values()) <= TITLES.keys()
    assert read(NameKind.BOOK, TITLES).unknown == ()


def test_what_answers_have_shown_is_known_and_only_the_new_is_kept() -> None:
    prices = (
        Price("brandnew", "h2h", "A", 1.5),
        Price("fanduel", "h2h", "A", 1.5),
        Price("fanduel", "h2h_5_way", "A", 1.5),
    )
    job = OddsJob("x", ("h2h",), ("us", "mars"))
    shown = shown_by(job, Events((OddsEvent("e", 0.0, "A", "B", prices),)))
    assert shown == ShownNames(("h2h_5_way",), ("mars",), ("brandnew",))
    assert shown_by(ScheduleJob("football/nfl", "20261126"), Events(())) == ShownNames()
    for kind, word in (
        (NameKind.MARKET, "h2h_5_way"),
        (NameKind.REGION, "mars"),
        (NameKind.BOOK, "brandnew"),
    ):
        assert read(kind, [word]).unknown
        assert not read(kind, [word], shown).unknown
    assert shown | ShownNames(books=("other",)) == ShownNames(
        ("h2h_5_way",), ("mars",), ("brandnew", "other")
    )


@pytest.mark.parametrize("word", ["fanduel", "FanDuel", "draft kings", "Caesars", "William Hill"])
def test_a_book_to_be_shown_may_go_by_its_title(word: str) -> None:
    assert book_remedy(word) is None
    assert book_remedy("brandnew", ["brandnew"]) is None
