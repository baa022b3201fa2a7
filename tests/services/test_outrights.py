"""Sports that have no games: their outrights are asked for, kept, shown, and never bought twice."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from oddsctl.cli import error_handler
from oddsctl.cli.error_handler import move_global_options_first
from oddsctl.domain import board
from oddsctl.domain.answers import Events
from oddsctl.domain.board_models import Board, Outright, Usage
from oddsctl.domain.errors import OddsctlError, UsageError
from oddsctl.domain.jobs import Job
from oddsctl.domain.models import OddsEvent, Price, Sport
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob
from oddsctl.domain.provider_errors import InvalidMarketError
from oddsctl.domain.requests import Outcome, Reason, RequestOptions
from oddsctl.domain.settings import FreshnessSettings, Settings
from oddsctl.policy import batching
from oddsctl.policy.freshness import lifetime
from oddsctl.render import documents
from oddsctl.render.board import show_board
from oddsctl.render.console import console
from oddsctl.services import batch, batch_file
from oddsctl.services.board_query import BoardQuery
from oddsctl.services.fetch import FetchBoard
from oddsctl.store import codec
from tests.fakes import FakeClock
from tests.services.test_fetch_board import NOW, ScriptedDoor

BOWL = Sport("sb", "Super Bowl", "americanfootball_nfl_super_bowl_winner", None, american=True)
MASTERS = Sport("masters", "Masters", "golf_masters_tournament", None)
"""Its key does not tell that it has no games."""
START = NOW + 70 * 86400.0
PRICES = (
    Price("fanduel", "outrights", "Kansas City Chiefs", 4.5, None, NOW - 600),
    Price("draftkings", "outrights", "Kansas City Chiefs", 4.8, None, NOW - 60),
    Price("fanduel", "outrights", "Detroit Lions", 3.75, None, NOW - 60),
    Price("smarkets", "outrights_lay", "Detroit Lions", 3.9, None, NOW - 60),
)
EVENT = OddsEvent("e", START, "", "", PRICES, title="NFL Super Bowl Winner")
SHOWN = board.outright(BOWL, EVENT, PRICES)


def fetched(door_: ScriptedDoor, sport: Sport = BOWL, **wanted: object) -> Board:
    question = BoardQuery((sport,), **{"markets": ("h2h", "spreads"), "regions": ("us",), **wanted})  # type: ignore[arg-type]
    return FetchBoard(door_, FakeClock(), Settings()).run(question, RequestOptions()).board  # type: ignore[arg-type]


def test_the_best_of_each_competitor_stands_favourites_first_and_lay_prices_never() -> None:
    assert [(one.outcome, one.price, one.bookmaker) for one in SHOWN.best] == [
        ("Detroit Lions", 3.75, "fanduel"),
        ("Kansas City Chiefs", 4.8, "draftkings"),
    ]
    assert (SHOWN.id, SHOWN.sport, SHOWN.title, len(SHOWN.odds)) == (
        "odds:e",
        "sb",
        "NFL Super Bowl Winner",
        4,
    )


@pytest.mark.parametrize("wanted", [{}, {"days": 1}, {"team": "chiefs"}])
def test_a_sport_without_games_is_asked_for_outrights_whatever_the_days(wanted: dict[str, object]) -> None:
    door_ = ScriptedDoor(odds=Events((EVENT,)))
    made = fetched(door_, BOWL, **wanted)
    assert door_.asked == [[OddsJob(BOWL.odds_key or "", ("outrights",), ("us",))]]
    assert [one.title for one in made.outrights] == ["NFL Super Bowl Winner"]
    assert (made.games, made.notes, made.sources[0].reason) == ((), (), Reason.FETCHED)


@pytest.mark.parametrize(
    ("markets", "asked"), [(("outrights", "h2h"), ("outrights",)), (("outrights_lay",), ("outrights_lay",))]
)
def test_outrights_of_the_configuration_are_kept(markets: tuple[str, ...], asked: tuple[str, ...]) -> None:
    assert BoardQuery((BOWL,), markets, ("us",)).markets_of(BOWL) == asked
    assert BoardQuery((BOWL,), ("h2h",), ("us",), markets_named=True).markets_of(BOWL) == ("h2h",)


def test_a_competitor_and_a_book_can_be_chosen_and_a_slip_is_told() -> None:
    (one,) = fetched(ScriptedDoor(odds=Events((EVENT,))), team="Chiefs", book="FanDuel").outrights
    assert [(price.outcome, price.bookmaker) for price in one.odds] == [("Kansas City Chiefs", "fanduel")]
    slip = fetched(ScriptedDoor(odds=Events((EVENT,))), team="Cheifs")
    assert slip.warnings == ("sb: no competitor is called 'Cheifs'; did you mean Kansas City Chiefs?",)


class Refusing(ScriptedDoor):
    """A provider that has only outrights, which its key does not tell."""

    def _outcome(self, job: Job) -> Outcome:
        if isinstance(job, OddsJob) and "h2h" in job.markets:
            return Outcome(job, Reason.NONE, error=InvalidMarketError("no"))
        return super()._outcome(job)


def test_a_sport_that_turns_out_to_have_no_games_is_asked_for_outrights() -> None:
    door_ = Refusing(odds=Events((EVENT,)))
    assert len(fetched(door_, MASTERS).outrights) == 1
    assert [job.markets for jobs in door_.asked for job in jobs if isinstance(job, OddsJob)] == [
        ("h2h", "spreads"),
        ("outrights",),
    ]
    named = Refusing(odds=Events((EVENT,)), events=Events(()))
    assert fetched(named, MASTERS, markets_named=True).outrights == ()
    assert len([job for jobs in named.asked for job in jobs if isinstance(job, OddsJob)]) == 1


def test_outrights_and_games_never_share_a_call() -> None:
    games, outrights = OddsJob("x", ("h2h",), ("us",)), OddsJob("x", ("outrights",), ("us",))
    assert len(batching.plan_calls([games, outrights])) == 2
    assert len(batching.plan_calls([outrights, OddsJob("x", ("outrights", "outrights_lay"), ("us",))])) == 1


def test_a_stored_outright_answers_one_book_and_is_fresh_by_its_start() -> None:
    have, want = OddsJob("x", ("outrights",), ("us",)), OddsJob("x", ("outrights",), (), ("fanduel",))
    cut = have.extract(Events((EVENT,)), want)
    assert isinstance(cut, Events)
    assert {price.bookmaker for price in cut.outrights[0].prices} == {"fanduel"}
    assert lifetime(have, Events((EVENT,)), NOW, FreshnessSettings()) == FreshnessSettings().over_24h


def test_what_was_stored_before_there_were_outrights_is_read() -> None:
    old = {"events": [{"id": "e", "commence_time": 1.0, "home": "A", "away": "B"}]}
    assert codec.decode(Events, old) == Events((OddsEvent("e", 1.0, "A", "B"),))
    assert codec.decode(Events, codec.encode(Events((EVENT,)))) == Events((EVENT,))


# ── markets that cannot be ──


@pytest.mark.parametrize("markets", ["h2h", "outrights,h2h"])
def test_markets_of_games_are_refused_before_anything_is_sent(markets: str, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text(f'[store]\nstate_dir = "{tmp_path}/state"\n[sports.sb]\nodds_key = "{BOWL.odds_key}"\n')
    with pytest.raises(OddsctlError, match="sb has no games, only outrights"):
        error_handler._invoke(
            move_global_options_first(["--config", str(config), "fetch", "sb", "--markets", markets])
        )


def test_a_line_of_a_batch_goes_by_the_same_rules() -> None:
    settings = Settings(sports=(BOWL,))
    (line,) = batch_file.read(['{"api": "odds", "sport": "sb"}'], settings)
    assert line.request.job == OddsJob(BOWL.odds_key or "", ("outrights",), ("us",))
    with pytest.raises(UsageError, match="sb has no games"):
        batch_file.read(['{"api": "odds", "sport": "sb", "markets": ["h2h"]}'], settings)
    assert batch_file.read(['{"api": "odds", "sport": "sb", "markets": ["h2h"]}'], settings, None)
    answered = batch.answer(line, Outcome(line.request.job, Reason.FETCHED, Events((EVENT,)), NOW), NOW)
    assert json.loads(documents.batch_line(answered, NOW))["data"][0]["best"][0]["outcome"] == "Detroit Lions"


# ── how they are shown ──

MADE = Board(NOW, demo=False, games=(), sources=(), usage=Usage(1, 1, 499), outrights=(SHOWN,))


def test_json_has_a_list_of_outrights_only_where_there_are_some() -> None:
    document = documents.board_document(MADE)
    assert document["outrights"][0].keys() == {"id", "sport", "title", "commence_time", "odds", "best"}
    assert "outrights" not in documents.board_document(replace(MADE, outrights=()))
    (line,) = documents.jsonl(MADE).splitlines()
    assert json.loads(line)["title"] == "NFL Super Bowl Winner"


def test_csv_has_a_row_a_price_without_teams() -> None:
    rows = list(csv.DictReader(io.StringIO(documents.csv(MADE))))
    assert [rows[0][name] for name in ("sport", "home", "market", "outcome")] == [
        "sb",
        "",
        "outrights",
        "Kansas City Chiefs",
    ]
    assert len(rows) == 4


def test_the_table_has_competitor_best_price_and_book() -> None:
    stream = io.StringIO()
    show_board(console(stream, {}), MADE, zone=BoardQuery((), (), ()).zone, sports=(BOWL,))
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("NFL Super Bowl Winner  outright, Wed 27 Jan 2027")
    assert lines[1].split() == ["Detroit", "Lions", "+275", "FanDuel"]
    assert lines[2].split() == ["Kansas", "City", "Chiefs", "+380", "DraftKings"]
    assert "No games." not in stream.getvalue()


def test_an_outright_without_prices_says_so() -> None:
    stream = io.StringIO()
    bare = Outright("odds:e", "sb", "Winner", START)
    show_board(
        console(stream, {}),
        replace(MADE, outrights=(bare,)),
        zone=BoardQuery((), (), ()).zone,
        sports=(BOWL,),
    )
    assert "No prices." in stream.getvalue()


def test_no_free_list_is_asked_for_where_nothing_came() -> None:
    door_ = ScriptedDoor(odds=Outcome(OddsJob("x", ()), Reason.NONE, error=OddsctlError("down")))
    fetched(door_)
    assert not [job for jobs in door_.asked for job in jobs if isinstance(job, EventsJob)]
    assert [type(request) for request in door_.asked[0]] == [OddsJob]
