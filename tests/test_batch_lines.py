"""Lines of a batch are checked before anything is asked."""

from __future__ import annotations

import json

import pytest

from oddsctl import batch
from oddsctl.errors import UsageError
from oddsctl.messages.jobs import Events, OddsJob
from oddsctl.messages.wishes import Purpose
from oddsctl.models import OddsEvent, Price
from oddsctl.policy.vocabulary import Shown
from oddsctl.settings import Odds, Settings
from oddsctl.shelves import Kept, Shelves
from oddsctl.store.memory import MemoryStore


def line(**wish: object) -> list[str]:
    return [json.dumps({"api": "odds", "sport": "nfl", **wish})]


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"markets": ["h2h", "moneylin"]}, "did you mean h2h?"),
        ({"markets": "player_pass_tds"}, "market of single games"),
        ({"event": "e1", "markets": ["totls"]}, "did you mean totals?"),
        ({"regions": ["us", "us_dsf"]}, "did you mean us_dfs?"),
        ({"bookmakers": ["draftkngs"]}, "did you mean draftkings?"),
        ({"sport": "nlf"}, "did you mean nfl?"),
        ({"market": ["h2h"]}, "did you mean markets?"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest(wish: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=r"line 1: ") as caught:
        batch.read(line(**wish), Settings())
    assert says in caught.value.message


def test_names_are_cleaned_and_aliases_resolved() -> None:
    (one,) = batch.read(line(markets=["Moneyline", "h2h, over/under"], regions="US"), Settings())
    assert one.request.job == OddsJob("americanfootball_nfl", ("h2h", "totals"), ("us",))


def test_names_that_answers_have_shown_are_known_and_force_sends_any() -> None:
    text = line(bookmakers=["brandnew"], event="e1", markets=["player_pass_tds"])
    assert batch.read(text, Settings(), lambda: Shown(books=("brandnew",)))
    assert batch.read(text, Settings(), None)
    with pytest.raises(UsageError, match="'brandnew' is not a known book"):
        batch.read(text, Settings())


def test_regions_of_a_line_push_aside_the_books_of_the_configuration() -> None:
    settings = Settings(odds=Odds(bookmakers=("pinnacle",)))
    plain, regional = batch.read([*line(), *line(regions=["eu"])], settings)
    assert plain.request.job == OddsJob("americanfootball_nfl", settings.odds.markets, (), ("pinnacle",))
    assert regional.request.job == OddsJob("americanfootball_nfl", settings.odds.markets, ("eu",))


def test_what_an_answer_shows_is_remembered() -> None:
    store = MemoryStore()
    shelves = Shelves(store)
    for book in ("fanduel", "brandnew", "newer"):
        answer = Events((OddsEvent("e", 0.0, "A", "B", (Price(book, "h2h", "A", 1.5),)),))
        shelves.keep(Kept(OddsJob("x", ("h2h",), ("us",)), 1.0, 2.0, 1, Purpose.OWN, answer))
    assert shelves.shown() == Shown(books=("brandnew", "newer"))
