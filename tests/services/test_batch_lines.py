"""Lines of a batch are checked before anything is asked."""

from __future__ import annotations

import json

import pytest

from oddsctl.domain.answers import Events
from oddsctl.domain.errors import UsageError
from oddsctl.domain.models import OddsEvent, Price
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.requests import Outcome, Purpose, Reason
from oddsctl.domain.settings import FreshnessSettings, OddsSettings, Settings
from oddsctl.domain.vocabulary import ShownNames
from oddsctl.render import documents
from oddsctl.services import batch, batch_file
from oddsctl.state.responses import CacheEntry, ResponseCache, shown_names
from oddsctl.store.memory import MemoryStore
from tests.fakes import FakeClock


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
        batch_file.read(line(**wish), Settings())
    assert says in caught.value.message


def test_names_are_cleaned_and_aliases_resolved() -> None:
    (one,) = batch_file.read(line(markets=["Moneyline", "h2h, over/under"], regions="US"), Settings())
    assert one.request.job == OddsJob("americanfootball_nfl", ("h2h", "totals"), ("us",))


def test_names_that_answers_have_shown_are_known_and_force_sends_any() -> None:
    text = line(bookmakers=["brandnew"], event="e1", markets=["player_pass_tds"])
    assert batch_file.read(text, Settings(), lambda: ShownNames(books=("brandnew",)))
    assert batch_file.read(text, Settings(), None)
    with pytest.raises(UsageError, match="'brandnew' is not a known book"):
        batch_file.read(text, Settings())


def test_regions_of_a_line_push_aside_the_books_of_the_configuration() -> None:
    settings = Settings(odds=OddsSettings(bookmakers=("pinnacle",)))
    plain, regional = batch_file.read([*line(), *line(regions=["eu"])], settings)
    assert plain.request.job == OddsJob("americanfootball_nfl", settings.odds.markets, (), ("pinnacle",))
    assert regional.request.job == OddsJob("americanfootball_nfl", settings.odds.markets, ("eu",))


def test_what_an_answer_shows_is_remembered() -> None:
    store = MemoryStore()
    shelves = ResponseCache(store, FakeClock(), FreshnessSettings())
    for book in ("fanduel", "brandnew", "newer"):
        answer = Events((OddsEvent("e", 0.0, "A", "B", (Price(book, "h2h", "A", 1.5),)),))
        shelves.put(CacheEntry(OddsJob("x", ("h2h",), ("us",)), 1.0, 2.0, 1, Purpose.OWN, answer))
    assert shown_names(store) == ShownNames(books=("brandnew", "newer"))


# ── ids, and lines that cannot be read ──

GOOD = {"api": "odds", "sport": "nfl"}
IDS = [
    *(
        "1e999",
        "-1e999",
        "-0",
        "0.1000000000000000055511151231257827",
        "123456789012345678901234567890",
        "9" * 5000,
        "1E5",
        "0.10",
    ),
    *("true", "false", "null", "[]", '[1, {"a": 1e999}]', "{}", '{"b": [null, -0.0]}'),
    *('""', r'"\ud800"', r'"\u2028\u0007"', f'"{"x" * 100_000}"'),
]
BAD = {
    '{"id": NaN, "api": "odds", "sport": "nfl"}': "not valid JSON",
    '{"id": [-Infinity], "api": "odds", "sport": "nfl"}': "not valid JSON",
    "{": "not valid JSON",
    "nfl": "not valid JSON",
    "[" * 100_000: "not valid JSON",
    '{"id": ' + "[" * 3000 + "]" * 3000 + ', "api": "odds", "sport": "nfl"}': "",
    "[]": "not an object",
    "7": "not an object",
    '{"id": 1, "id": 2, "api": "odds", "sport": "nfl"}': "stands twice",
    '{"id": {"a": 1, "a": 2}, "api": "odds", "sport": "nfl"}': "stands twice",
    '{"api": "odds", "sport": "nfl", "id": "\udcff"}': "not valid UTF-8",
    '{"api": "odds", "sport": 1e999}': "",
    '{"api": "weather", "latitude": 1e999, "longitude": 0, "time": "2026-11-26T18:00:00Z"}': "weather needs",
    '{"api": "weather", "latitude": 9'
    + "9" * 5000
    + ', "longitude": 0, "time": "2026-11-26T18:00:00Z"}': "weather needs",
}


def shown_line(text: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(
        text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON")
    )
    return found


@pytest.mark.parametrize("given", IDS, ids=lambda given: given[:20])
def test_an_id_is_given_back_as_it_was_written_in_valid_json(given: str) -> None:
    (one,) = batch_file.read([f'{{"id": {given}, "api": "odds", "sport": "nfl"}}'], Settings())
    text = documents.batch_line(
        batch.answer(one, Outcome(one.request.job, Reason.FETCHED, Events(())), 0.0), 0.0
    )
    assert text.isascii()
    if given.lstrip("-")[0].isdigit():
        assert text.startswith(f'{{"id": {given}, ')
    else:
        assert shown_line(text)["id"] == json.loads(given)


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:30])
def test_a_bad_line_costs_itself_alone_and_is_named_by_its_number(text: str) -> None:
    bad: list[batch_file.BadRequest] = []
    good = batch_file.read(
        [json.dumps(GOOD), "", text, json.dumps(GOOD | {"id": "b"})], Settings(), ShownNames, bad
    )
    if not bad:  # deep, but JSON that can be given back
        assert len(good) == 3
        return
    assert [one.id for one in good] == ["1", '"b"']
    (one,) = bad
    assert one.before == 1
    assert one.error.message.startswith("line 3: ")
    assert BAD[text] in one.error.message
    assert len(one.error.message) < 1000
    shown = shown_line(documents.bad_line(one))
    assert (shown["reason"], shown["credits"]) == ("NONE", 0)


def test_marks_of_other_systems_do_no_harm() -> None:
    lines = ["\ufeff" + json.dumps(GOOD), json.dumps(GOOD) + "\r", "\r", " \t", "\ufeff"]
    assert [one.id for one in batch_file.read(lines, Settings())] == ["1", "2"]


def test_where_no_line_is_good_nothing_is_asked() -> None:
    with pytest.raises(UsageError, match="1 more invalid lines"):
        batch_file.read(["{", "["], Settings(), ShownNames, [])
