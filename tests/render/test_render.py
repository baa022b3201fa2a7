"""What people and scripts see of a board: exact documents, tables that fit, nothing old that looks new."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from oddsctl.domain.board_models import Board, Game, Source, Usage, Venue, Weather
from oddsctl.domain.models import Price, Roof, Sport
from oddsctl.domain.requests import Reason
from oddsctl.records.call_report import CallRow
from oddsctl.render import documents, documents_requests, reasons, text
from oddsctl.render.board import show_board
from oddsctl.render.console import console
from oddsctl.render.costs import calls_csv, calls_jsonl, show_costs
from oddsctl.render.documents_requests import DryRunRow
from oddsctl.render.dry_run import show_dry_run
from oddsctl.render.health import show_health
from oddsctl.render.stats import fitting_page, show_stats
from oddsctl.render.text import OddsFormat

NOON = 1_767_528_000.0  # 2026-01-04T12:00:00Z, a Sunday
HOUR = 3600.0
EASTERN = ZoneInfo("America/New_York")
ESCAPE = "\x1b"

LIONS, PACKERS = "Detroit Lions", "Green Bay Packers"
NFL = Sport("nfl", "NFL", "americanfootball_nfl", "football/nfl", american=True)
EPL = Sport("epl", "Premier League", "soccer_epl", "soccer/eng.1")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def prices(home: str, away: str) -> tuple[Price, ...]:
    at = NOON - 180
    return (
        Price("draftkings", "h2h", home, 1.6667, None, at),
        Price("fanduel", "h2h", away, 2.5, None, at),
        Price("fanduel", "spreads", home, 1.91, -3.5, at),
        Price("draftkings", "spreads", away, 2.0, 3.5, at),
        Price("betmgm", "totals", "Over", 1.91, 44.5, at),
        Price("my_corner_shop", "totals", "Under", 1.95, 44.5, at),
    )


def game(number: int, home: str, away: str, start: float, **more: Any) -> Game:
    known = prices(home, away)
    return replace(
        Game(str(number), "nfl", start, True, home, away, "scheduled", odds=known, best=known), **more
    )


def venue(roof: Roof) -> Venue:
    return Venue("Somewhere", "Town", roof, 42.34, -83.05, neutral=False)


COLD = Weather(NOON + 6 * HOUR, 34.2, 27.0, 12.4, 20.1, 10, 0.0, 3, "imperial")
GAMES = (
    game(1, LIONS, PACKERS, NOON + 6 * HOUR, venue=venue("fixed")),
    game(
        2, "Washington Commanders", "Philadelphia Eagles", NOON + 6 * HOUR, venue=venue("open"), weather=COLD
    ),
    game(
        3, "Houston Texans", "Jacksonville Jaguars", NOON + 9 * HOUR, venue=venue("retractable"), weather=COLD
    ),
    game(
        4,
        "New England Patriots",
        "Tampa Bay Buccaneers",
        NOON - HOUR,
        status="live",
        home_score=24,
        away_score=17,
    ),
    game(5, "Los Angeles Rams", "San Francisco 49ers", NOON + 17 * HOUR, time_confirmed=False),
    game(6, "Chicago Bears", "Minnesota Vikings", NOON + 30 * HOUR, status="postponed"),
)
FRESH = Source("odds", "nfl", Reason.FETCHED, NOON, 0.4, 3)
BOARD = Board(NOON, demo=False, games=GAMES, sources=(FRESH,), usage=Usage(3, 3, 497))


def shown(
    board: Board,
    width: int | None = None,
    odds_format: OddsFormat | None = None,
    environ: dict[str, str] | None = None,
) -> str:
    """The table as a pipe gets it, or as a terminal of `width` columns does."""
    stream = io.StringIO() if width is None else Terminal()
    columns = {} if width is None else {"COLUMNS": str(width), "LINES": "50"}
    show_board(
        console(stream, {"TERM": "xterm"} | columns | (environ or {})),
        board,
        zone=EASTERN,
        odds_format=odds_format,
        sports=(NFL, EPL),
    )
    return stream.getvalue()


def plain(output: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", output)


# ── JSON, JSON lines, CSV ──


def test_a_board_is_exactly_the_promised_json() -> None:
    full = Game(
        "401772", "nfl", 1_795_716_000.0, True, LIONS, PACKERS, "scheduled", None, None,
        Venue("Ford Field", "Detroit", "fixed", 42.34, -83.05, neutral=False),
        (Price("draftkings", "h2h", LIONS, 1.62, None, 1_795_447_171.9),
         Price("espn:DraftKings", "totals", "Over", 1.91, 44.5)),
        (Price("fanduel", "h2h", LIONS, 1.65, None, 1_795_447_171.0),),
        Weather(1_795_716_000.0, 34.2, 27.0, 12.4, 20.1, 10, 0.0, 3, "imperial"),
    )  # fmt: skip
    bare = Game("odds:ab", "nfl", 1_795_716_000.0, False, "Oilers", "Flames", "final", 3, 0)
    sources = (
        Source("odds", "nfl", Reason.FETCHED, 1_795_447_260.0, 0.6, 3, None),
        Source("espn", "nfl", Reason.NONE, None, None, 0, "TIMEOUT"),
    )
    board = Board(
        1_795_447_260.7,
        demo=False,
        games=(full, bare),
        sources=sources,
        usage=Usage(3, 3, None),
        warnings=("careful",),
    )
    expected = {
        "schema": "oddsctl.board/1",
        "generated_at": "2026-11-23T15:21:00Z",
        "demo": False,
        "games": [
            {
                "id": "401772", "sport": "nfl", "commence_time": "2026-11-26T18:00:00Z",
                "time_confirmed": True,
                "home": LIONS, "away": PACKERS, "status": "scheduled",
                "score": {"home": None, "away": None},
                "venue": {
                    "name": "Ford Field", "city": "Detroit", "roof": "fixed",
                    "latitude": 42.34, "longitude": -83.05, "neutral": False, "located_by": None,
                },
                "odds": [
                    {
                        "bookmaker": "draftkings", "market": "h2h", "outcome": LIONS,
                        "price": 1.62, "point": None, "last_update": "2026-11-23T15:19:31Z",
                    },
                    {
                        "bookmaker": "espn:DraftKings", "market": "totals", "outcome": "Over",
                        "price": 1.91, "point": 44.5, "last_update": None,
                    },
                ],
                "best": [
                    {"market": "h2h", "outcome": LIONS, "price": 1.65, "point": None, "bookmaker": "fanduel"}
                ],
                "weather": {
                    "time": "2026-11-26T18:00:00Z", "temperature": 34.2, "apparent_temperature": 27.0,
                    "wind_speed": 12.4, "wind_gusts": 20.1,
                    "precipitation_probability": 10, "precipitation": 0.0, "code": 3, "units": "imperial",
                },
            },
            {
                "id": "odds:ab", "sport": "nfl", "commence_time": "2026-11-26T18:00:00Z",
                "time_confirmed": False,
                "home": "Oilers", "away": "Flames", "status": "final",
                "score": {"home": 3, "away": 0}, "venue": None, "odds": [], "best": [], "weather": None,
            },
        ],
        "sources": [
            {
                "api": "odds", "sport": "nfl", "reason": "FETCHED", "fetched_at": "2026-11-23T15:21:00Z",
                "age_seconds": 1, "credits": 3, "detail": None,
            },
            {"api": "espn", "sport": "nfl", "reason": "NONE", "fetched_at": None, "age_seconds": None,
             "credits": 0, "detail": "TIMEOUT"},
        ],
        "usage": {"calls": 3, "credits": 3, "credits_remaining": None},
        "warnings": ["careful"],
    }  # fmt: skip
    document = documents.board_document(board)
    assert json.dumps(document) == json.dumps(expected)  # the order of the fields too


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_dumping_a_document_loses_nothing(document: dict[str, object]) -> None:
    assert json.loads(documents.dump(document)) == document


def test_a_dumped_board_has_each_game_on_a_line_of_its_own() -> None:
    lines = [line.strip(" ,]") for line in documents.dump(documents.board_document(BOARD)).splitlines()]
    games = [json.loads(line) for line in lines if line.startswith('{"id"')]
    assert [one["id"] for one in games] == ["1", "2", "3", "4", "5", "6"]


def test_json_lines_are_the_games_of_the_board_with_what_keeps_them_honest() -> None:
    stale = replace(
        BOARD, demo=True, sources=(replace(FRESH, reason=Reason.STALE_ERROR), replace(FRESH, sport="nba"))
    )
    lines = [json.loads(line) for line in documents.jsonl(stale).splitlines()]
    assert [
        {key: value for key, value in line.items() if key not in ("sources", "demo")} for line in lines
    ] == documents.board_document(stale)["games"]
    assert all(line["demo"] is True for line in lines)
    assert all([source["reason"] for source in line["sources"]] == ["STALE_ERROR"] for line in lines)


def test_csv_has_a_row_a_price_and_one_for_a_game_without() -> None:
    bare = Game("9", "nfl", NOON, False, 'The "A", Team', "B", "scheduled")
    stale = replace(FRESH, reason=Reason.STALE_BUDGET, age_seconds=7200.0)
    rows = list(
        csv.DictReader(io.StringIO(documents.csv(replace(BOARD, games=(GAMES[1], bare), sources=(stale,)))))
    )
    assert len(rows) == 6 + 1
    assert rows[2] == {
        "id": "2", "sport": "nfl", "commence_time": "2026-01-04T18:00:00Z", "time_confirmed": "true",
        "home": "Washington Commanders", "away": "Philadelphia Eagles", "status": "scheduled",
        "venue": "Somewhere", "roof": "open",
        "bookmaker": "fanduel", "market": "spreads", "outcome": "Washington Commanders", "price": "1.91",
        "point": "-3.5",
        "last_update": "2026-01-04T11:57:00Z",
        "temperature": "34.2", "wind_speed": "12.4", "wind_gusts": "20.1",
        "precipitation_probability": "10", "units": "imperial",
        "espn_reason": "", "espn_age_seconds": "", "odds_reason": "STALE_BUDGET", "odds_age_seconds": "7200",
        "weather_reason": "", "weather_age_seconds": "", "demo": "false",
    }  # fmt: skip
    assert rows[6]["home"] == 'The "A", Team'
    assert {
        rows[6][column] for column in (*documents.PRICE_COLUMNS, *documents.WEATHER_COLUMNS, "venue", "roof")
    } == {""}


def test_csv_of_no_game_is_its_header() -> None:
    assert documents.csv(replace(BOARD, games=())) == ",".join(documents.CSV_COLUMNS) + "\n"


def test_a_dry_run_document_adds_up_the_credits() -> None:
    rows = [
        DryRunRow("odds", "nfl", "GET /v4/x?markets=h2h", 3, "would be sent"),
        DryRunRow("espn", "nfl", None, 0, "stored"),
    ]
    assert documents_requests.dry_run_document(rows) == {
        "schema": "oddsctl.dry_run/1",
        "requests": [
            {
                "api": "odds",
                "sport": "nfl",
                "request": "GET /v4/x?markets=h2h",
                "credits": 3,
                "decision": "would be sent",
            },
            {"api": "espn", "sport": "nfl", "request": None, "credits": 0, "decision": "stored"},
        ],
        "credits": 3,
    }


def test_documents_are_made_without_rich() -> None:
    code = (
        "import sys; from oddsctl.render import documents, reasons; sys.exit('rich' in "
        "{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False, timeout=60
    )
    assert done.returncode == 0


# ── single values ──


@pytest.mark.parametrize(
    ("decimal", "american"),
    [
        (1.91, "-110"),
        (2.5, "+150"),
        (2.0, "+100"),
        (1.6667, "-150"),
        (1.9999, "+100"),
        (1.01, "-10000"),
        (16.0, "+1500"),
        (1.0, "–"),  # noqa: RUF001
    ],
)
def test_decimal_odds_in_american(decimal: float, american: str) -> None:
    assert text.american(decimal) == american
    assert text.price(decimal, "american") == american
    assert text.price(decimal, "decimal") == f"{decimal:.2f}"


@given(st.floats(min_value=1.001, max_value=1000))
def test_american_odds_win_what_the_decimal_odds_win(decimal: float) -> None:
    odds = int(text.american(decimal))
    assert abs(odds) >= 100
    won = odds / 100 if odds > 0 else 100 / -odds
    assert won == pytest.approx(decimal - 1, abs=0.0051)


@pytest.mark.parametrize(
    ("market", "outcome", "value", "spelled"),
    [
        ("spreads", LIONS, 3.5, "+3.5"), ("spreads", LIONS, -3.0, "-3"), ("spreads", LIONS, 0.0, "PK"),
        ("spreads", LIONS, -0.25, "-0.25"),
        ("totals", "Over", 44.5, "o 44.5"), ("totals", "Under", 228.0, "u 228"), ("h2h", LIONS, None, ""),
    ],
)  # fmt: skip
def test_points(market: str, outcome: str, value: float | None, spelled: str) -> None:
    assert text.point(market, outcome, value) == spelled


@pytest.mark.parametrize(
    ("seconds", "spelled"),
    [
        (-5.0, "0 s"),
        (45.2, "45 s"),
        (59.6, "1 min"),
        (180.0, "3 min"),
        (3590.0, "1 h"),
        (7200.0, "2 h"),
        (86000.0, "1 d"),
        (259200.0, "3 d"),
    ],
)
def test_ages(seconds: float, spelled: str) -> None:
    assert text.age(seconds) == spelled


@pytest.mark.parametrize(
    ("count", "spelled"),
    [(0, "0 B"), (812, "812 B"), (2048, "2 KiB"), (1_258_291, "1.2 MiB"), (1_048_575, "1 MiB"), (None, "–")],  # noqa: RUF001
)
def test_sizes(count: int | None, spelled: str) -> None:
    assert text.size(count) == spelled


# ── the table ──


def test_a_piped_table_is_whole_and_bare() -> None:
    output = shown(BOARD)
    assert ESCAPE not in output
    assert "…" not in output
    assert all(line == line.rstrip() for line in output.splitlines())
    for name in (name for one in GAMES for name in (one.home, one.away)):
        assert output.count(name) == 1
    assert max(map(len, output.splitlines())) > 80  # no terminal's width was assumed
    assert output == shown(BOARD)


def test_a_game_is_two_lines_away_above_home() -> None:
    lines = shown(replace(BOARD, games=GAMES[:2])).splitlines()
    assert lines[:5] == [
        (
            "NFL  Sun 4 Jan EST              moneyline        spread                total                  "
            "     weather      age"
        ),
        (
            "13:00  Green Bay Packers        +150 FanDuel     +3.5 +100 DraftKings  o 44.5 -110 BetMGM     "
            "     dome         3 min"
        ),
        "       @ Detroit Lions          -150 DraftKings  -3.5 -110 FanDuel     u 44.5 -105 my_corner_shop",
        (
            "13:00  Philadelphia Eagles      +150 FanDuel     +3.5 +100 DraftKings  o 44.5 -110 BetMGM     "
            "     34°F 10%     3 min"
        ),
        (
            "       @ Washington Commanders  -150 DraftKings  -3.5 -110 FanDuel     u 44.5 -105 "
            "my_corner_shop  wind 12 mph"
        ),
    ]


def test_prices_are_shown_by_the_custom_of_the_league_or_as_asked() -> None:
    english = replace(GAMES[0], sport="epl")
    assert "1.67" in shown(replace(BOARD, games=(english,)))
    assert "-150" in shown(replace(BOARD, games=(english,)), odds_format="american")
    assert "-150" in shown(replace(BOARD, games=GAMES[:1]))
    assert "1.67" in shown(replace(BOARD, games=GAMES[:1]), odds_format="decimal")


def test_a_draw_has_a_line_of_its_own() -> None:
    draw = Price("skybet", "h2h", "Draw", 3.6)
    lines = shown(
        replace(BOARD, games=(replace(GAMES[1], sport="epl", best=(*GAMES[1].best, draw)),))
    ).splitlines()
    assert lines[0].startswith("Premier League  Sun 4 Jan")
    assert lines[3].split() == ["draw", "3.60", "Sky", "Bet"]


def test_days_are_those_of_the_zone_and_a_game_without_hour_stands_last_on_its_eastern_day() -> None:
    midnight_eastern = 1_767_589_200.0  # 2026-01-05T05:00Z, in Los Angeles still the 4th
    late = game(7, "Seattle Seahawks", "Arizona Cardinals", NOON + 15 * HOUR)  # 03:00Z on the 5th
    open_hour = game(5, "Los Angeles Rams", "San Francisco 49ers", midnight_eastern, time_confirmed=False)
    next_day = game(8, "Chicago Bears", "Minnesota Vikings", NOON + 30 * HOUR)
    by_odds = replace(game(9, "New York Jets", "Miami Dolphins", NOON + 31 * HOUR), time_confirmed=False)
    stream = io.StringIO()
    show_board(
        console(stream, {}),
        replace(BOARD, games=(late, open_hour, next_day, by_odds)),
        zone=ZoneInfo("America/Los_Angeles"),
        sports=(NFL,),
    )
    firsts = [
        [part.strip() for part in line.split("  ")[:2]]
        for line in stream.getvalue().splitlines()
        if line and line[0] != " "
    ]
    assert firsts[:6] == [
        ["NFL", "Sun 4 Jan PST"],
        ["19:00", "Arizona Cardinals"],
        ["NFL", "Mon 5 Jan PST"],
        ["10:00", "Minnesota Vikings"],
        ["11:00?", "Miami Dolphins"],
        ["TBD", ""],
    ]


def test_another_year_is_named_and_a_zone_without_letters_too() -> None:
    stream = io.StringIO()
    show_board(
        console(stream, {}),
        replace(BOARD, generated_at=NOON - 30 * 86400),
        zone=ZoneInfo("America/Sao_Paulo"),
        sports=(NFL,),
    )
    assert "Sun 4 Jan 2026 UTC-03" in stream.getvalue()


def test_games_not_to_come_say_so_and_show_their_score() -> None:
    lines = shown(replace(BOARD, games=GAMES[3:])).splitlines()
    assert lines[1].startswith("06:00  Tampa Bay Buccaneers    17  +150")
    assert lines[2].startswith("live   @ New England Patriots  24  -150")
    assert [line[:5] for line in lines if "Rams" in line or "49ers" in line] == ["TBD  ", "     "]
    assert [line[:5] for line in lines if "Bears" in line] == ["ppd  "]


def test_weather_is_none_under_a_dome_and_doubtful_under_a_roof_that_opens() -> None:
    output = shown(replace(BOARD, games=GAMES[:3]))
    assert output.count("dome") == 1
    assert output.count("roof? 34°F 10%") == 1
    metric = replace(COLD, temperature=-0.4, wind_speed=19.9, precipitation_probability=None, units="metric")
    assert re.search(
        r" 0°C +3 min\n.* wind 20 km/h\n", shown(replace(BOARD, games=(replace(GAMES[1], weather=metric),)))
    )


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_a_table_fits_its_terminal_and_shows_every_game_once(width: int) -> None:
    lines = plain(shown(BOARD, width)).splitlines()
    assert max(map(len, lines)) <= width
    for name in (name for one in GAMES for name in (one.home, one.away)):
        assert sum(name in line for line in lines) == 1
    assert not any("…" in line for line in lines)


def test_narrow_terminals_lose_weather_first_then_age_then_the_books() -> None:
    def has(width: int) -> list[str]:
        output = plain(shown(replace(BOARD, games=GAMES[:3]), width))
        return [word for word in ("weather", "age", "DraftKings", "+3.5", "+150") if word in output]

    assert has(200) == ["weather", "age", "DraftKings", "+3.5", "+150"]
    assert has(110) == ["age", "DraftKings", "+3.5", "+150"]
    assert has(100) == ["DraftKings", "+3.5", "+150"]
    assert has(90) == ["weather", "age", "+3.5", "+150"]  # without the books there is room again
    assert has(75) == ["age", "+3.5", "+150"]
    assert has(62) == ["+3.5", "+150"]
    assert has(40) == ["+150"]


def test_columns_that_say_nothing_are_left_out() -> None:
    bare = tuple(replace(one, odds=(), best=(), weather=None, venue=None) for one in GAMES[:3])
    output = shown(replace(BOARD, games=bare, sources=()))
    assert not [word for word in ("moneyline", "spread", "total", "weather", "age") if word in output]
    assert LIONS in output


def test_an_empty_board_says_so() -> None:
    assert shown(replace(BOARD, games=())).startswith("No games.\n")


def test_stale_odds_are_marked_in_the_table_and_below_it() -> None:
    stale = replace(
        BOARD, sources=(replace(FRESH, reason=Reason.STALE_BUDGET, age_seconds=7200.0, credits=0),)
    )
    output = shown(stale)
    assert output.count(" 2 h\n") == len(GAMES)  # not the 3 min that the prices themselves told
    assert output.count(" stale\n") == len(GAMES)
    assert "odds: 2 h old, STALE_BUDGET\n" in output
    assert "odds: 2 h old, STALE_BUDGET" in plain(shown(stale, 60))
    assert "old, " not in shown(BOARD)


def test_espn_s_line_stands_in_by_name_or_by_a_mark() -> None:
    line = (
        Price("espn:DraftKings", "h2h", LIONS, 1.5),
        Price("espn:DraftKings", "totals", "Over", 1.91, 47.0),
    )
    board = replace(
        BOARD,
        games=(replace(GAMES[0], odds=line, best=()),),
        sources=(Source("odds", "nfl", "FALLBACK", None, None, 0, "espn: NO_KEY"),),
    )
    assert "-200 espn:DraftKings" in shown(board)
    assert "odds: ESPN's line (NO_KEY)\n" in shown(board)
    narrow = plain(shown(board, 60))
    assert "-200 *" in narrow
    assert "* ESPN's own line\n" in narrow


def test_what_was_spent_and_what_is_left_stands_below() -> None:
    assert "\n3 credits spent, 497 left, 3 calls\n" in shown(BOARD)
    assert "\n0 credits spent, balance not known yet, 1 call\n" in shown(
        replace(BOARD, usage=Usage(1, 0, None))
    )


def test_demo_data_is_marked_above_and_below_the_table() -> None:
    lines = shown(replace(BOARD, demo=True)).splitlines()
    assert lines[0] == lines[-1]
    assert "DEMO DATA" in lines[0]
    assert "DEMO" not in shown(BOARD)


def test_what_a_provider_sends_cannot_steer_the_terminal() -> None:
    nasty = replace(GAMES[0], home="Lions\x1b[2J\nGotcha [red]", odds=(), best=())
    output = shown(replace(BOARD, games=(nasty,)))
    assert "Lions[2J Gotcha [red]" in output
    assert ESCAPE not in output


# ── the terminal ──


@pytest.mark.parametrize(
    ("terminal", "environ", "colourful"),
    [
        (True, {}, True), (True, {"NO_COLOR": "1"}, False), (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (False, {}, False), (False, {"FORCE_COLOR": "1"}, True), (False, {"FORCE_COLOR": "0"}, False),
        (False, {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
    ],
)  # fmt: skip
def test_colour_is_for_terminals_unless_the_environment_says_otherwise(
    terminal: bool, environ: dict[str, str], colourful: bool
) -> None:
    assert (ESCAPE in shown(BOARD, 120 if terminal else None, environ=environ)) is colourful


def test_a_pipe_with_colour_is_as_wide_as_without() -> None:
    assert plain(shown(BOARD, environ={"FORCE_COLOR": "1"})) == shown(BOARD)


ODD_SIZES = ["", "0", "1", "19", "-5", "eighty", "²", "1e3", " 40 ", "99999999999"]
"""What COLUMNS and LINES say where nobody has measured a terminal."""


@pytest.mark.parametrize(
    "colour", [{}, {"FORCE_COLOR": "1"}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}]
)
@pytest.mark.parametrize(
    "term",
    [{}, {"TERM": ""}, {"TERM": "dumb"}, {"TERM": "unknown"}, {"TERM": "vt52"}, {"TERM": "no-such-terminal"}],
)
def test_a_pipe_is_whole_whatever_the_environment_says_of_the_terminal(
    term: dict[str, str], colour: dict[str, str]
) -> None:
    whole = shown(BOARD)
    for size in (*ODD_SIZES, "60"):
        stream = io.StringIO()
        show_board(
            console(stream, term | colour | {"COLUMNS": size, "LINES": size}),
            BOARD,
            zone=EASTERN,
            sports=(NFL, EPL),
        )
        assert plain(stream.getvalue()) == whole


@pytest.mark.parametrize("size", ODD_SIZES)
@pytest.mark.parametrize("term", ["xterm", "dumb", "unknown"])
def test_a_terminal_is_80_columns_wide_where_nothing_that_can_be_is_said(term: str, size: str) -> None:
    """The terminal of these tests has no size of its own; the one that they are run on has, so it is left out
    of rich's sight.
    """
    for target in (
        console(Terminal(), {"TERM": "dumb", "COLUMNS": size}),
        console(Terminal(), {"TERM": "dumb", "COLUMNS": "0"}),
    ):
        assert target.width == 80
    assert console(Terminal(), {"TERM": term, "COLUMNS": "132", "LINES": size}).width == 132


class ClosedPipe(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_closed_pipe_is_left_to_the_caller() -> None:
    with pytest.raises(BrokenPipeError):
        show_board(console(ClosedPipe(), {}), BOARD, zone=EASTERN)


class Writes(io.StringIO):
    count = 0

    def write(self, text: str) -> int:
        self.count += 1
        return super().write(text)


def test_a_table_is_written_at_once_so_that_those_of_two_processes_do_not_mix() -> None:
    stream = Writes()
    show_board(console(stream, {}), BOARD, zone=EASTERN)
    assert stream.count == 1


# ── why ──


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("api", ["odds", "espn", "weather"])
def test_every_reason_has_a_sentence_that_names_it(reason: Reason, api: str) -> None:
    (line,) = reasons.explain_lines(
        replace(BOARD, sources=(Source(api, "nfl", reason, None, 90.0, 0, "WHY"),))
    )
    assert line.endswith(f"(WHY) [{reason}]")
    assert "{" not in line


def test_sentences_tell_age_and_credits() -> None:
    sources = (
        Source("odds", "nfl", Reason.FETCHED, NOON, 0.0, 3),
        Source("espn", "nfl", Reason.FRESH_CACHE, NOON, 240.0, 0),
        Source("odds", "nba", Reason.FALLBACK, None, None, 0, "espn: INVALID_KEY"),
    )
    assert reasons.explain_lines(replace(BOARD, sources=sources)) == [
        "nfl odds: requested just now for 3 credits [FETCHED]",
        "nfl schedule: stored 4 min ago and still fresh, so no request was sent [FRESH_CACHE]",
        "nba odds: ESPN's line is shown instead (INVALID_KEY) [FALLBACK]",
    ]


def test_only_what_is_not_plainly_fresh_is_noted() -> None:
    plainly_fresh = {
        reason
        for reason in Reason
        if not reasons.notes(replace(BOARD, sources=(replace(FRESH, reason=reason),)))
    }
    assert plainly_fresh == {
        Reason.FETCHED,
        Reason.FRESH_CACHE,
        Reason.JOINED_INFLIGHT,
        Reason.SUPERSET_CACHE,
        Reason.PREFETCHED,
    }
    two = (
        replace(FRESH, reason=Reason.STALE_ERROR, age_seconds=60.0, detail="TIMEOUT"),
        replace(FRESH, sport="nba"),
    )
    assert reasons.notes(replace(BOARD, sources=two)) == ["nfl odds: 1 min old, STALE_ERROR (TIMEOUT)"]


# ── the dry run and the statistics ──


def printed(show: Callable[[Console], None], width: int | None = None) -> str:
    stream = io.StringIO() if width is None else Terminal()
    show(console(stream, {"TERM": "xterm", "COLUMNS": str(width or ""), "LINES": "50"}))
    return plain(stream.getvalue())


def test_a_dry_run_shows_price_decision_and_the_whole_request() -> None:
    request = "GET /v4/sports/americanfootball_nfl/odds?markets=h2h,spreads,totals&regions=us"
    rows = [
        DryRunRow("espn", "nfl", None, 0, "a stored answer does"),
        DryRunRow("odds", "nfl", request, 3, "would be sent"),
    ]
    for width in (None, 60):
        assert printed(lambda target: show_dry_run(target, rows), width).splitlines() == [
            "api   sport  credits  decision",
            "espn  nfl          0  a stored answer does",
            "odds  nfl          3  would be sent",
            f"  {request}",
            "",
            "1 request, 3 credits; nothing was sent",
        ]


def statistics(spent: Mapping[int, int] | None = None, **credits: object) -> dict[str, Any]:
    api = {
        "tokens": 4.237, "capacity": 5, "rate_per_second": 5.0, "configured_rate_per_second": 5.0,
        "calls": 1123, "errors": 2, "retries": 1, "latency_p50_ms": 142.2, "latency_p95_ms": 1380.0,
    }  # fmt: skip
    account = {
        "used": 123, "remaining": 377, "limit": 500, "reserved": 3, "maybe_charged": 0, "foreign": 12,
        "reset_at": "2026-02-01T00:00:00Z",
        "reset_inferred": True, "spend_per_day": 4.12, "projected_remaining_at_reset": 250.4,
        "even_per_day": 16.13,
    }  # fmt: skip
    return {
        "schema": "oddsctl.stats/1",
        "apis": {
            "odds": api | {"rate_per_second": 2.5, "credits": account | credits},
            "espn": api | {"calls": 0, "latency_p50_ms": None},
        },
        "cache": {"hits": 120, "misses": 4, "stale": 2, "joined": 1, "bytes": 1_258_291, "entries": 14},
        "saved": {"calls": 123, "credits": 369},
        "prefetch": {"emergency_since": None, "windows": {}},
        "days": [
            {"day": f"2026-01-{day:02}", "credits": (spent or {}).get(day, 0), "maybe_charged": 0}
            for day in range(1, 25)
        ],
    }


def test_statistics_at_a_glance() -> None:
    assert printed(lambda target: show_stats(target, statistics(), zone=EASTERN)).splitlines() == [
        "rate limits                          tokens  refill",
        "odds         █████████████████░░░  4.2 of 5  2.5/s, adapted from 5/s",
        "espn         █████████████████░░░  4.2 of 5  5/s",
        "",
        "credits  ███████████████░░░░░  377 of 500 left, 123 used",
        "odds     3 reserved, 0 maybe charged, 12 spent by others on this key",
        "         new month on Sat 31 Jan at 19:00 (as configured, none seen yet)",
        "         so far 4.1/day; about 250 credits left at the reset",
        "",
        "calls   sent  errors  retries     p50    p95",
        "odds   1,123       2        1  142 ms  1.4 s",
        "espn       0       2        1       –  1.4 s",  # noqa: RUF001
        "",
        "cache  120 hits, 4 misses, 2 stale, 1 joined; 14 cached answers in 1.2 MiB",
        "saved  123 calls, 369 credits",
        "       credits avoided by cache hits and shared requests",
    ]


def words(output: str) -> list[str]:
    return re.sub("[█░]", "", output).split()


@pytest.mark.parametrize("columns", [60, 66, 80])
def test_on_a_narrow_terminal_statistics_lose_nothing(columns: int) -> None:
    document = statistics({3: 9, 24: 33}, projected_remaining_at_reset=-40.2) | {
        "since": "2026-01-23T17:00:00Z",
        "by": [{"group": "bundesliga", "calls": 1200, "errors": 2, "credits": 1200, "maybe_charged": 12}],
    }
    wide, narrow = (
        printed(lambda target: show_stats(target, document, zone=EASTERN), width) for width in (200, columns)
    )
    assert max(map(len, narrow.splitlines())) <= columns
    assert words(narrow) == words(wide)


def test_the_month_is_drawn_against_the_even_pace() -> None:
    output = printed(lambda target: show_stats(target, statistics({1: 1, 3: 9, 24: 33}), zone=EASTERN))
    assert output.split("\n\n")[1].splitlines()[4:] == [
        "                                █",
        "         ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄█┄┄┄┄┄┄┄  even pace 16.1/day",
        "         ▁ ▇                    █",
        "         1 Jan                  ^         1 Feb",
        "         own credits a day (UTC), most on Sat 24 Jan: 33",
    ]


def test_the_month_is_drawn_in_ascii_where_the_terminal_knows_no_other() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="strict", write_through=True)
    document = statistics({1: 1, 3: 9, 24: 33}, spend_per_day=4)
    document["apis"]["espn"]["latency_p50_ms"] = 1.0
    show_stats(console(stream, {}), document, zone=EASTERN)
    assert isinstance(stream.buffer, io.BytesIO)
    assert "-----------------------#-------  even pace 16.1/day" in stream.buffer.getvalue().decode()


def test_a_month_in_which_nothing_was_spent_is_not_drawn() -> None:
    assert "even pace" not in printed(lambda target: show_stats(target, statistics(), zone=EASTERN))


def test_what_may_have_been_charged_is_drawn_and_told() -> None:
    document = statistics()
    document["days"][-1]["maybe_charged"] = 6
    output = printed(lambda target: show_stats(target, document, zone=EASTERN))
    assert "most on Sat 24 Jan: 6; maybe charged: 6" in output


def test_a_terminal_too_low_for_the_chart_shows_the_rest() -> None:
    for lines, drawn in ((30, True), (18, False)):
        target = console(Terminal(), {"TERM": "xterm", "COLUMNS": "80", "LINES": str(lines)}, animated=True)
        page = [line.plain for line in fitting_page(target, statistics({24: 33}), zone=EASTERN)]
        assert len(page) <= lines
        assert any("even pace" in line for line in page) is drawn
        assert any("credits avoided" in line for line in page)


def costs(*groups: dict[str, Any], since: str | None = "2026-01-01T00:00:00Z") -> dict[str, Any]:
    total = {
        name: sum(group[name] for group in groups) for name in ("calls", "errors", "credits", "maybe_charged")
    }
    return {
        "schema": "oddsctl.costs/1",
        "since": since,
        "zone": "UTC",
        "by": ["day", "sport"],
        "groups": list(groups),
        "total": total,
    }


def group(day: str, sport: str | None, calls: int, credits: int, maybe: int = 0) -> dict[str, Any]:
    return {
        "day": day,
        "sport": sport,
        "calls": calls,
        "errors": 0,
        "credits": credits,
        "maybe_charged": maybe,
    }


def test_costs_list_what_cost_anything_and_never_show_a_doubt_as_0() -> None:
    document = costs(
        group("2026-01-02", "nfl", 4, 6), group("2026-01-03", None, 2, 0), group("2026-01-04", "nba", 1, 0, 3)
    )
    assert printed(lambda target: show_costs(target, document, zone=EASTERN)).splitlines() == [
        "day         sport  calls  errors  credits  maybe charged",
        "2026-01-02  nfl        4       0        6              0",
        "2026-01-04  nba        1       0        –              3",  # noqa: RUF001
        "",
        "6 credits in 7 calls since Wed 31 Dec at 19:00; 3 more maybe charged",
        "not listed: 2 calls in groups that cost nothing",
    ]


def test_costs_of_nothing_are_one_line() -> None:
    assert (
        printed(lambda target: show_costs(target, costs(since=None), zone=EASTERN))
        == "0 credits in 0 calls on record\n"
    )


def test_single_calls_are_told_as_csv_and_json_lines() -> None:
    lost = CallRow(NOON, "odds", "nfl", "fetch", "own", "odds/board/nfl/h2h,totals/us/-", 2, None, 2, "LOST")
    assert calls_csv([lost], demo=False).splitlines() == [
        "at,api,sport,command,purpose,job,price,spent,maybe_charged,outcome,demo",
        '2026-01-04T12:00:00Z,odds,nfl,fetch,own,"odds/board/nfl/h2h,totals/us/-",2,,2,LOST,false',
    ]
    (line,) = calls_jsonl([lost], {"demo": True}).splitlines()
    told = json.loads(line)
    assert (told["at"], told["spent"], told["maybe_charged"], told["demo"]) == (
        "2026-01-04T12:00:00Z",
        None,
        2,
        True,
    )


def test_how_windows_ended_is_told_and_that_credits_run_short() -> None:
    document = statistics()
    document["prefetch"] = {
        "emergency_since": "2026-01-20T18:00:00Z",
        "windows": {
            "30m": {"captured": 12, "skipped": 0, "missed": 1},
            "2h": {"captured": 0, "skipped": 9, "missed": 0},
        },
    }
    output = printed(lambda target: show_stats(target, document, zone=EASTERN))
    assert "30m: 12 captured, 1 missed\n" in output
    assert "2h: 9 skipped\n" in output
    assert "credits run short since Tue 20 Jan" in output
    assert "windows" not in printed(lambda target: show_stats(target, statistics(), zone=EASTERN))


def test_demo_numbers_are_marked_too() -> None:
    for output in (
        printed(lambda target: show_stats(target, statistics(), zone=EASTERN, demo=True)),
        printed(
            lambda target: show_dry_run(target, [DryRunRow("espn", "nfl", None, 0, "stored")], demo=True)
        ),
    ):
        lines = output.splitlines()
        assert lines[0] == lines[-1]
        assert "DEMO DATA" in lines[0]


def test_a_balance_that_is_not_known_is_no_zero() -> None:
    unknown = dict.fromkeys(
        ("used", "remaining", "limit", "foreign", "spend_per_day", "projected_remaining_at_reset", "reset_at")
    )
    output = printed(lambda target: show_stats(target, statistics(**unknown), zone=EASTERN))
    credits = output.split("\n\n")[1].splitlines()
    assert credits == [
        "credits  not known yet: no answer has reported the balance",
        "odds     3 reserved, 0 maybe charged, – spent by others on this key",  # noqa: RUF001
        "         new month: not known yet",
        "         pace not known yet",
    ]


def test_a_pace_that_ends_before_the_month_says_by_how_much() -> None:
    output = printed(
        lambda target: show_stats(target, statistics(projected_remaining_at_reset=-40.2), zone=EASTERN), 80
    )
    assert "about 40 credits short at the reset" in output
    assert max(map(len, output.splitlines())) <= 80


# ── health ──


def healths() -> dict[str, Any]:
    closed = {"state": "closed", "failures": 0, "retry_at": None}
    well = {
        "status": "healthy", "reason": "the last 20 calls were answered", "since": "2026-01-02T09:00:00Z",
        "checked_at": "2026-01-04T11:58:00Z", "latency_ms": 142.2, "error_rate": 0.0, "breaker": closed,
    }  # fmt: skip
    down = {
        "status": "unhealthy",
        "reason": "TIMEOUT: site.api.espn.com did not answer within 10 s; 5 calls in a row failed, last "
                  "answer 14 min ago",
        "since": "2026-01-04T11:48:00Z", "latency_ms": 2140.0, "error_rate": 0.25,
        "breaker": {"state": "open", "failures": 5, "retry_at": "2026-01-04T12:00:20Z"},
    }  # fmt: skip
    never = {
        "status": "unknown",
        "reason": "never asked",
        "since": None,
        "checked_at": None,
        "latency_ms": None,
        "error_rate": None,
    }
    return {
        "schema": "oddsctl.health/1",
        "status": "unhealthy",
        "apis": {"odds": well, "espn": well | down, "weather": well | never},
    }


def test_health_at_a_glance_says_why_since_when_and_when_it_is_asked_again() -> None:
    assert printed(lambda target: show_health(target, healths(), now=NOON, zone=EASTERN)).splitlines() == [
        "health                since            latency  errors  breaker",
        "odds     ✓ healthy    2 d (Fri 2 Jan)   142 ms     0 %  closed",
        "         the last 20 calls were answered",
        "espn     ✗ unhealthy  12 min (06:48)     2.1 s    25 %  open",
        (
            "         TIMEOUT: site.api.espn.com did not answer within 10 s; 5 calls in a row failed, last "
            "answer 14 min ago"
        ),
        "         breaker open after 5 failures: asks again at 07:00:20, in 20 s",
        "weather  ? unknown    –                      –       –  closed",  # noqa: RUF001
        "         never asked",
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_health_fits_the_terminal_and_loses_no_word(width: int) -> None:
    wide, narrow = (
        printed(lambda target: show_health(target, healths(), now=NOON, zone=EASTERN), one)
        for one in (None, width)
    )
    assert max(map(len, narrow.splitlines())) <= width
    assert set(wide.split()) <= set(narrow.split())


def test_the_health_of_the_demo_is_marked_and_a_plain_terminal_has_its_own_signs() -> None:
    shown = printed(
        lambda target: show_health(target, healths(), now=NOON, zone=EASTERN, demo=True)
    ).splitlines()
    assert shown[0] == shown[-1]
    assert "DEMO DATA" in shown[0]
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace", write_through=True)
    show_health(console(file, {"TERM": "xterm"}), healths(), now=NOON, zone=EASTERN)
    file.seek(0)
    assert "x unhealthy" in file.read()
