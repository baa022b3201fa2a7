"""What cron runs, day by day in a moved clock: what is bought when, what never is, and how every window
ends.
"""

from __future__ import annotations

import csv
import itertools
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks import season
from oddsctl.catalog.sports import find
from oddsctl.domain.models import Listed, Status
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob
from oddsctl.domain.requests import Reason, RequestOptions
from oddsctl.domain.settings import WindowFetch
from oddsctl.policy.prefetch_plan import Fixture, Why, Windows, captures, plan, targets
from oddsctl.render import prefetch
from oddsctl.services.prefetch import listed_games
from oddsctl.services.prefetch.listed_games import GameListing
from oddsctl.services.prefetch.schedule import ScheduleQuery
from tests.league import (
    CRON,
    DAY,
    HOUR,
    LAMBEAU,
    MINUTE,
    SOLDIER,
    Match,
    Town,
    at,
    clock,
    no_key,
    prefetching,
    windows_of,
)

SUNDAY = "2026-11-29"
NEW_YORK = ZoneInfo("America/New_York")
NFL_BOARD = OddsJob("americanfootball_nfl", ("h2h", "spreads", "totals"), ("us",))
BOTH = (WindowFetch("odds"), WindowFetch("weather"))


def matches(*starts: str, sport: str = "nfl") -> list[Match]:
    """Games of one day or several, named by their starts."""
    return [Match(f"{number}", at(start), sport) for number, start in enumerate(starts, 1)]


def one_o_clock(**changes: object) -> Match:
    return replace(Match("1", at(f"{SUNDAY} 13:00")), **changes)  # type: ignore[arg-type]


def town(tmp_path: Path, *games: Match, now: str = f"{SUNDAY} 06:00", **about: object) -> Town:
    return Town(tmp_path, games, at(now), **about)  # type: ignore[arg-type]


def from_six_to_one(house: Town) -> None:
    house.cron(at(f"{SUNDAY} 06:00"), at(f"{SUNDAY} 13:10"))


# ── days of the calendar ──

DAYS = {
    "a Sunday with its three slots": (
        matches(
            *[f"{SUNDAY} 13:00"] * 9, *[f"{SUNDAY} 16:05"] * 2, *[f"{SUNDAY} 16:25"] * 2, f"{SUNDAY} 20:20"
        ),
        "11:00 12:00 12:30 14:05 14:25 15:05 15:30 15:55 18:20 19:20 19:50",
    ),
    "London at half past nine": (matches("2026-10-11 09:30"), "07:30 08:30 09:00"),
    "Brazil on a Friday night": (matches("2026-09-04 20:15"), "18:15 19:15 19:45"),
    "Monday night across midnight in UTC": (matches("2026-11-30 20:15"), "18:15 19:15 19:45"),
    "two games on a Monday night": (
        matches("2026-11-30 19:15", "2026-11-30 20:15"),
        "17:15 18:15 18:45 19:15 19:45",
    ),
    "a doubleheader": (
        matches("2026-06-20 13:05", "2026-06-20 19:05", sport="mlb"),
        "11:05 12:05 12:35 17:05 18:05 18:35",
    ),
    "the hour that is left out in spring": (matches("2026-03-08 03:30", sport="mlb"), "00:30 01:30 03:00"),
    "the hour that comes twice in autumn": (matches("2026-11-01 03:00", sport="nba"), "01:00 02:00 02:30"),
    "the Sunday on which clocks go back": (
        matches("2026-11-01 09:30", "2026-11-01 13:00"),
        "07:30 08:30 09:00 11:00 12:00 12:30",
    ),
    "a late game in the west": (matches("2026-10-31 01:30", sport="nba"), "23:30 00:30 01:00"),
}


@pytest.mark.parametrize("day", DAYS)
def test_each_window_of_a_day_is_captured_at_its_minute_by_the_fewest_calls(day: str, tmp_path: Path) -> None:
    games, bought = DAYS[day]
    first, last = games[0].start, games[-1].start
    house = Town(tmp_path, games, first - 10 * HOUR, sports=(games[0].sport,))
    house.cron(first - 10 * HOUR, last + HOUR)
    assert house.bought() == bought.split()
    assert set(house.ends.values()) == {"captured"}
    assert len(house.ends) == 3 * len(games)
    assert house.wire.used == 3 * house.optimum == 3 * len(house.bought())


def test_the_board_is_one_paid_call_whatever_the_number_of_games(tmp_path: Path) -> None:
    house = Town(tmp_path, matches(*[f"{SUNDAY} 13:00"] * 12), at(f"{SUNDAY} 11:00"))
    run = house.run()
    (call,) = run.calls
    assert (call.credits, len(call.covers), call.outcome) == (3, 12, "FETCHED")
    assert len(house.wire.asked("/odds")) == 1
    assert not {"eventIds", "commenceTimeFrom"} & house.wire.asked("/odds")[0][1].keys()


def test_a_week_without_games_costs_nothing(tmp_path: Path) -> None:
    house = town(tmp_path, now="2026-07-06 00:00")
    for run in house.cron(house.now, house.now + 7 * DAY, HOUR):
        assert (run.calls, run.skipped, run.errors) == ((), (), ())
    assert {request.api for _, request in house.wire.sent} == {"espn"}
    assert house.ends == {}


def test_nothing_is_asked_while_the_schedule_is_young_and_no_window_is_open(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.run()
    asked = len(house.wire.sent)
    house.cron(at(f"{SUNDAY} 06:05"), at(f"{SUNDAY} 10:55"))
    assert len(house.wire.sent) == asked


# ── games that are not played as scheduled ──


@pytest.mark.parametrize("status", ["postponed", "canceled"])
@pytest.mark.parametrize("since", ["05:00", "10:30", "10:59"])
def test_a_game_that_is_called_off_is_never_bought_for(status: str, since: str, tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(), now=f"{SUNDAY} 04:00")
    house.cron(house.now, at(f"{SUNDAY} {since}"))
    house.wire.change("1", status=status)
    house.cron(at(f"{SUNDAY} {since}") + CRON, at(f"{SUNDAY} 14:00"))
    assert house.bought() == []
    called_off = status.upper()
    assert house.ends == windows_of("1", h2=called_off, h1=called_off, m30=called_off)
    assert house.end("1", "30m").fate == "skipped"


def test_a_game_called_off_after_its_first_window_keeps_what_was_captured(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.cron(house.now, at(f"{SUNDAY} 11:30"))
    house.wire.change("1", status="postponed")
    house.cron(at(f"{SUNDAY} 11:35"), at(f"{SUNDAY} 14:00"))
    assert house.bought() == ["11:00"]
    assert house.ends == windows_of("1", h1="POSTPONED", m30="POSTPONED")


def test_called_off_among_others_it_costs_them_nothing(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(), Match("2", at(f"{SUNDAY} 13:00"), status="postponed"))
    from_six_to_one(house)
    assert house.bought() == ["11:00", "12:00", "12:30"]
    assert house.ends == windows_of("1") | windows_of("2", h2="POSTPONED", h1="POSTPONED", m30="POSTPONED")


@pytest.mark.parametrize("told", ["08:00", "10:58"])
def test_a_game_that_moves_to_later_is_bought_for_at_its_new_time_only(told: str, tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.cron(house.now, at(f"{SUNDAY} {told}"))
    house.wire.change("1", start=at(f"{SUNDAY} 16:25"))
    house.cron(house.time.now() + CRON, at(f"{SUNDAY} 17:00"))
    assert house.bought() == ["14:25", "15:25", "15:55"]
    assert house.ends == windows_of("1")
    assert {house.end("1", window).start for window in ("2h", "1h", "30m")} == {at(f"{SUNDAY} 16:25")}


def test_a_game_that_moves_between_its_windows_gets_all_of_its_new_ones(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.cron(house.now, at(f"{SUNDAY} 11:10"))
    house.wire.change("1", start=at(f"{SUNDAY} 16:25"))
    house.cron(at(f"{SUNDAY} 11:15"), at(f"{SUNDAY} 17:00"))
    assert house.bought() == ["11:00", "14:25", "15:25", "15:55"]
    assert {house.end("1", window).start for window in ("2h", "1h", "30m")} == {at(f"{SUNDAY} 16:25")}
    assert house.ends == windows_of("1")


def test_a_game_that_moves_to_another_day_is_bought_for_there(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.cron(house.now, at(f"{SUNDAY} 10:00"))
    house.wire.change("1", start=at("2026-11-30 19:00"))
    house.cron(at(f"{SUNDAY} 10:05"), at("2026-11-30 20:00"))
    assert house.bought() == ["17:00", "18:00", "18:30"]
    assert house.ends == windows_of("1")


def test_a_game_that_moves_to_a_sooner_day_is_bought_for_there(tmp_path: Path) -> None:
    """The sooner day's schedule is the younger word: the later day's, stored, still has the game."""
    house = town(tmp_path, one_o_clock(), Match("2", at("2026-11-30 19:00")), now=f"{SUNDAY} 10:00")
    house.run()
    house.wire.change("2", start=at(f"{SUNDAY} 14:45"))
    house.cron(at(f"{SUNDAY} 10:05"), at(f"{SUNDAY} 15:00"))
    assert house.bought() == ["11:00", "12:00", "12:35", "13:45", "14:15"], "one at 12:35 serves both"
    assert house.ends == windows_of("1") | windows_of("2")


@pytest.mark.parametrize("by", [-4, 5, 20])
def test_a_game_that_moves_a_little_as_its_call_is_confirmed_is_captured_all_the_same(
    by: int, tmp_path: Path
) -> None:
    house = town(tmp_path, one_o_clock())
    house.cron(house.now, at(f"{SUNDAY} 10:55"))
    house.wire.change("1", start=at(f"{SUNDAY} 13:00") + by * MINUTE)
    house.cron(at(f"{SUNDAY} 11:00"), at(f"{SUNDAY} 13:40"))
    assert house.ends == windows_of("1")
    assert len(house.bought()) == 3


def test_a_game_that_moves_to_so_soon_that_windows_are_over_has_them_accounted_for(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(start=at(f"{SUNDAY} 16:25")))
    house.cron(house.now, at(f"{SUNDAY} 08:00"))
    house.wire.change("1", start=at(f"{SUNDAY} 12:53"))
    house.cron(at(f"{SUNDAY} 08:05"), at(f"{SUNDAY} 13:10"))
    assert house.bought() == ["12:25"]
    assert house.ends == windows_of("1", h2="MOVED", h1="MOVED")
    assert house.end("1", "2h").fate == "missed"


def test_a_time_that_is_not_fixed_is_not_chased_until_it_is(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(start=at(f"{SUNDAY} 00:00"), confirmed=False), now="2026-11-28 18:00")
    house.cron(house.now, at(f"{SUNDAY} 04:00"))
    assert house.bought() == []
    assert set(house.ends.values()) == {"TIME_TBD"}
    house.wire.change("1", start=at(f"{SUNDAY} 13:00"), confirmed=True)
    house.cron(at(f"{SUNDAY} 04:05"), at(f"{SUNDAY} 14:00"))
    assert house.bought() == ["11:00", "12:00", "12:30"]
    assert house.ends == windows_of("1")


def test_a_game_that_began_early_is_not_bought_for_any_more(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.cron(house.now, at(f"{SUNDAY} 12:05"))
    house.wire.change("1", status="live")
    house.cron(at(f"{SUNDAY} 12:10"), at(f"{SUNDAY} 14:00"))
    assert house.bought() == ["11:00", "12:00"]
    assert house.ends == windows_of("1", m30="STARTED")


# ── games without prices ──

NO_PRICES = dict.fromkeys(("h2", "h1", "m30"), "NO_PRICES")


@pytest.mark.parametrize(
    ("without", "boards"),
    [({"listed": False}, 1), ({"market": ""}, 3), ({"market": "alternate_totals"}, 3)],
    ids=["not listed", "listed without books", "listed with other markets only"],
)
def test_a_window_without_a_price_is_not_captured_and_is_told_once(
    without: dict[str, object], boards: int, tmp_path: Path
) -> None:
    """A game that is not listed is bought for once, to find out; one that is listed once a window, as its
    books may open.
    """
    house = town(tmp_path, one_o_clock(**without), Match("2", at("2026-12-06 13:00")))
    runs = house.cron(house.now, at(f"{SUNDAY} 13:10"))
    assert house.ends == windows_of("1", **NO_PRICES)
    assert {end.fate for end in house.log.since(0.0).values()} == {"skipped"}
    assert len(house.bought()) == boards
    assert [call.outcome for run in runs for call in run.calls if call.api == "odds"] == [
        "NO_PRICES"
    ] * boards
    assert {(skip.game, skip.window, skip.reason) for run in runs for skip in run.skipped} == {
        ("1", window, Why.NO_PRICES) for window in ("2h", "1h", "30m")
    }
    assert [(end.game, end.window) for run in runs for end in run.unpriced] == [("1", "2h")]
    assert house.log.totals() == {(window, "no_prices"): 1 for window in ("2h", "1h", "30m")}


def test_nothing_is_bought_for_games_that_no_list_holds_however_many_days(tmp_path: Path) -> None:
    games = [Match(str(day), at(f"2026-11-{day} 13:00"), listed=False) for day in range(23, 30)]
    house = town(tmp_path, *games, Match("far", at("2026-12-24 13:00")), now="2026-11-23 06:00")
    for day in range(23, 30):
        house.cron(at(f"2026-11-{day} 10:00"), at(f"2026-11-{day} 13:10"))
    assert len(house.bought()) == 1
    assert set(house.ends.values()) == {"NO_PRICES"}
    assert len(house.wire.asked("/events")) <= 4 * 3 * len(games), "free, and once a run at the most"


def test_a_preseason_game_is_bought_for_under_the_preseasons_key(tmp_path: Path) -> None:
    games = [Match("1", at("2026-08-13 19:00")), Match("2", at("2026-09-13 13:00"))]
    house = town(tmp_path, *games, now="2026-08-13 12:00")
    house.cron(house.now, at("2026-08-13 19:10"))
    boards = [request.url.split("/")[-2] for _, request in house.wire.sent if request.url.endswith("/odds")]
    assert boards == ["americanfootball_nfl_preseason"] * 3
    assert house.ends == windows_of("1")


def test_a_sport_that_the_odds_api_does_not_have_has_no_prices_and_costs_nothing(tmp_path: Path) -> None:
    house = town(tmp_path, Match("1", at("2026-08-13 19:00")), now="2026-08-13 12:00")
    house.wire.unknown = {"americanfootball_nfl_preseason"}
    runs = house.cron(house.now, at("2026-08-13 19:10"))
    assert house.ends == windows_of("1", **NO_PRICES)
    assert {end.fate for end in house.log.since(0.0).values()} == {"skipped"}
    assert [(end.game, end.window) for run in runs for end in run.unpriced] == [("1", "2h")]
    assert house.wire.used == 0


def test_an_empty_board_captures_nothing(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(listed=False))
    from_six_to_one(house)
    assert house.ends == windows_of("1", **NO_PRICES)
    assert house.wire.used == 0


@pytest.mark.parametrize(
    "change", [{"listed": True}, {"market": "h2h"}], ids=["listed late", "books open late"]
)
@pytest.mark.parametrize(
    ("since", "ends"),
    [
        ("11:30", {"h2": "NO_PRICES"}),
        ("12:20", {"h2": "NO_PRICES", "h1": "NO_PRICES"}),
        ("12:29", {"h2": "NO_PRICES", "h1": "NO_PRICES"}),
    ],
)
def test_a_game_whose_prices_come_late_is_captured_from_then_on(
    since: str, ends: dict[str, str], change: dict[str, object], tmp_path: Path
) -> None:
    before = {"listed": False} if "listed" in change else {"market": ""}
    house = town(tmp_path, one_o_clock(**before), Match("2", at("2026-12-06 13:00")))
    house.cron(house.now, at(f"{SUNDAY} {since}"))
    house.wire.change("1", **change)
    house.cron(at(f"{SUNDAY} {since}") + MINUTE, at(f"{SUNDAY} 13:10"))
    assert house.ends == windows_of("1", **ends)


def test_a_board_that_is_bought_for_another_game_shows_the_price_that_was_missing(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(market=""), Match("2", at(f"{SUNDAY} 13:03")))
    house.cron(house.now, at(f"{SUNDAY} 10:50"), every=MINUTE)
    house.fetch(fresh=True)
    house.run(at(f"{SUNDAY} 10:51"))
    assert house.ends == {"1 2h": "NO_PRICES"}
    house.wire.change("1", market="h2h")
    house.cron(at(f"{SUNDAY} 10:52"), at(f"{SUNDAY} 13:30"), every=MINUTE)
    assert house.ends == windows_of("1") | windows_of("2")


def test_among_priced_games_the_one_without_ends_without_and_costs_nothing_more(tmp_path: Path) -> None:
    house = town(
        tmp_path,
        one_o_clock(),
        Match("2", at(f"{SUNDAY} 13:00"), market=""),
        Match("3", at(f"{SUNDAY} 13:00"), listed=False),
    )
    runs = house.cron(house.now, at(f"{SUNDAY} 13:10"))
    assert house.bought() == ["11:00", "12:00", "12:30"]
    assert house.ends == windows_of("1") | windows_of("2", **NO_PRICES) | windows_of("3", **NO_PRICES)
    assert {call.outcome for run in runs for call in run.calls if call.api == "odds"} == {"FETCHED"}


def test_a_game_under_another_spelling_of_one_team_is_the_same_game(tmp_path: Path) -> None:
    """Nobody plays two games at once."""
    house = town(tmp_path, one_o_clock(teams=("Detroit Lions", "Green Bay Packers")))
    listed = Listed("event", at(f"{SUNDAY} 13:00"), "Detroit Lions", "GB Cheeseheads", ("h2h",))
    (table,) = house.prefetcher._planner.tables(
        [find("nfl")], ScheduleQuery(house.now, house.now + DAY, 900.0), RequestOptions(), house.now
    )
    seen = listed_games.gather(find("nfl"), table.games, [GameListing(1.0, (listed,))], None, ("h2h",))
    assert seen.priced == {"1": (1.0,)}


def test_boards_of_an_older_version_which_kept_no_list_of_games_still_count(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.turn_to(at(f"{SUNDAY} 10:55"))
    house.fetch()
    house.records.write("DELETE FROM boards", ())
    assert [call for call in house.run(at(f"{SUNDAY} 11:00")).calls if call.api == "odds"] == []


def test_the_plan_has_no_call_for_a_game_that_was_not_listed_today(tmp_path: Path) -> None:
    house = town(
        tmp_path, one_o_clock(listed=False), Match("2", at("2026-12-06 13:00")), now=f"{SUNDAY} 10:00"
    )
    assert len(house.plan().calls) == 3
    house.run(at(f"{SUNDAY} 11:00"))
    planned = house.plan()
    assert planned.calls == ()
    assert {(skip.window, skip.detail) for skip in planned.skipped} == {
        (window, "NO_PRICES") for window in ("2h", "1h", "30m")
    }


# ── cron comes late, twice, or not at all ──


@pytest.mark.parametrize(
    ("back", "ends", "bought"),
    [
        ("11:04", {}, "11:04 12:04 12:34"),
        ("11:06", {"h2": "NO_RUN"}, "12:01 12:31"),
        ("11:55", {"h2": "NO_RUN"}, "12:00 12:30"),
        ("12:20", {"h2": "NO_RUN", "h1": "NO_RUN"}, "12:30"),
        ("12:34", {"h2": "NO_RUN", "h1": "NO_RUN"}, "12:34"),
        ("12:50", {"h2": "NO_RUN", "h1": "NO_RUN", "m30": "NO_RUN"}, ""),
        ("15:00", {"h2": "NO_RUN", "h1": "NO_RUN", "m30": "NO_RUN"}, ""),
        ("23:30", {"h2": "NO_RUN", "h1": "NO_RUN", "m30": "NO_RUN"}, ""),
    ],
)
def test_after_a_gap_what_is_past_its_end_is_missed_and_never_bought(
    back: str, ends: dict[str, str], bought: str, tmp_path: Path
) -> None:
    house = town(tmp_path, one_o_clock(), now=f"{SUNDAY} 10:00")
    house.run()
    house.cron(at(f"{SUNDAY} {back}"), at(f"{SUNDAY} {back}") + 3 * HOUR)
    assert house.bought() == bought.split()
    assert house.ends == windows_of("1", **ends)
    assert {end.fate for end in house.log.since(0.0).values() if end.reason == "NO_RUN"} <= {"missed"}


def test_a_gap_of_days_is_accounted_for_game_by_game(tmp_path: Path) -> None:
    games = [
        Match("thursday", at("2026-11-26 20:20")),
        one_o_clock(),
        Match("monday", at("2026-11-30 20:15")),
    ]
    house = town(tmp_path, *games, now="2026-11-26 12:00")
    house.run()
    run = house.run(at("2026-11-30 17:00"))
    missed = {"h2": "NO_RUN", "h1": "NO_RUN", "m30": "NO_RUN"}
    assert house.ends == windows_of("thursday", **missed) | windows_of("1", **missed)
    assert len(run.missed) == 6
    assert house.run(at("2026-11-30 17:05")).missed == ()


def test_windows_that_were_over_before_the_first_run_are_not_accounted_for(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.cron(at(f"{SUNDAY} 12:06"), at(f"{SUNDAY} 13:10"))
    assert house.ends == {"1 30m": "captured"}


@pytest.mark.parametrize(("minute", "lag"), [(0, 0), (1, 60), (3, 180), (4, 240)])
def test_a_captured_window_keeps_its_lag(minute: int, lag: float, tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.cron(at(f"{SUNDAY} 10:00") + minute * MINUTE, at(f"{SUNDAY} 13:10"))
    assert [house.end("1", window).lag for window in ("2h", "1h", "30m")] == pytest.approx([lag] * 3, abs=2)


def test_who_comes_rarely_buys_what_the_next_run_would_miss(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.cron(at(f"{SUNDAY} 09:53"), at(f"{SUNDAY} 13:30"), every=15 * MINUTE)
    assert house.bought() == ["10:53", "11:53", "12:23"]
    assert house.ends == windows_of("1")


def test_a_run_after_a_gap_buys_once_and_the_next_ones_nothing(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(), now=f"{SUNDAY} 06:00")
    house.run()
    assert [call.credits for call in house.run(at(f"{SUNDAY} 12:32")).calls] == [3]
    assert [house.run(at(f"{SUNDAY} {minute}")).calls for minute in ("12:33", "12:34", "12:37")] == [
        (),
        (),
        (),
    ]
    assert house.wire.used == 3


def test_a_second_run_in_the_same_minute_buys_nothing(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    first, second = house.run(at(f"{SUNDAY} 11:00")), house.run(at(f"{SUNDAY} 11:00") + 20)
    assert (first.credits, second.calls) == (3, ())
    asked = len(house.wire.sent)
    house.run(at(f"{SUNDAY} 11:00") + 40)
    assert len(house.wire.sent) == asked


def test_windows_that_close_together_are_not_bought_a_minute_apart(tmp_path: Path) -> None:
    """Just after one game's last call another's window opens: the feed itself has nothing newer for a
    minute.
    """
    house = town(tmp_path, one_o_clock(), Match("2", at(f"{SUNDAY} 12:41")), now=f"{SUNDAY} 10:00")
    house.cron(house.now, at(f"{SUNDAY} 13:10"), every=MINUTE)
    moments = [moment for moment, _ in house.wire.asked("/odds")]
    assert all(later - earlier >= 60 for earlier, later in itertools.pairwise(moments))
    assert house.ends == windows_of("1") | windows_of("2")


def test_windows_that_share_a_minute_are_bought_together_by_cron(tmp_path: Path) -> None:
    """By default a window ends a minute later than the one a quarter of an hour after it opens: a run at :05
    serves both.
    """
    house = Town(tmp_path, matches(f"{SUNDAY} 13:00", f"{SUNDAY} 13:15"), at(f"{SUNDAY} 10:00"))
    house.cron(house.now, at(f"{SUNDAY} 13:20"))
    assert (len(house.bought()), house.optimum) == (3, 3)
    assert house.ends == windows_of("1") | windows_of("2")


def test_a_run_that_finds_another_at_work_leaves_at_once(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(), now=f"{SUNDAY} 11:00")
    with house.locks.hold("prefetch/nfl", 0):
        assert house.prefetcher.run((find("nfl"),), DAY, 50.0, CRON) is None
        half = house.prefetcher.run((find("nfl"), find("nba")), DAY, 50.0, CRON)
    assert half is not None
    assert house.wire.asked("/odds") == []
    assert len(house.run().calls) == 1


def test_a_call_planned_for_the_very_end_of_its_windows_is_made_before_it(tmp_path: Path) -> None:
    """16:25's hour is open until 15:30, 16:05's half hour from 15:25 on: their best minute is the last.

    An answer takes a while.
    """
    until_half_past = prefetching(late=5 * MINUTE)
    house = Town(
        tmp_path, matches(f"{SUNDAY} 16:05", f"{SUNDAY} 16:25"), at(f"{SUNDAY} 15:00"), until_half_past
    )
    house.run()
    while house.time.now() < at(f"{SUNDAY} 16:30"):
        house.run(max(house.run(every=MINUTE).wake_at, house.time.now() + 1), every=MINUTE)
    assert [house.end("1", "30m").fate, house.end("2", "1h").fate] == ["captured", "captured"]
    assert [clock(moment) for moment, _ in house.wire.asked("/odds") if moment < at(f"{SUNDAY} 15:40")][
        -1
    ] == "15:29"


# ── a user's own fetches ──


def test_a_users_own_board_counts_as_coverage(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.run(at(f"{SUNDAY} 10:45"))
    house.turn_to(at(f"{SUNDAY} 10:55"))
    house.fetch()
    house.cron(at(f"{SUNDAY} 11:00"), at(f"{SUNDAY} 13:10"))
    assert house.bought() == ["10:55", "12:00", "12:30"]
    assert house.ends == windows_of("1")
    assert house.end("1", "2h").lag == pytest.approx(-300, abs=1)


def test_a_users_board_counts_also_when_a_later_one_has_taken_its_place(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.run(at(f"{SUNDAY} 10:45"))
    for minute in ("10:58", "11:20"):
        house.turn_to(at(f"{SUNDAY} {minute}"))
        house.fetch(fresh=True)
    house.run(at(f"{SUNDAY} 11:25"))
    assert house.ends == {"1 2h": "captured"}
    assert clock(house.end("1", "2h").at or 0) == "10:58"


@pytest.mark.parametrize(
    "job",
    [
        replace(NFL_BOARD, markets=("h2h",)),
        replace(NFL_BOARD, event="event-1"),
        replace(NFL_BOARD, regions=("eu",)),
        EventsJob(NFL_BOARD.sport),
    ],
    ids=["fewer markets", "one event", "another region", "the free list"],
)
def test_what_holds_less_than_the_board_is_no_coverage(job: OddsJob, tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.run(at(f"{SUNDAY} 10:45"))
    house.turn_to(at(f"{SUNDAY} 10:55"))
    if not (isinstance(job, OddsJob) and job.event):
        house.fetch(job)
    run = house.run(at(f"{SUNDAY} 11:00"))
    assert [call.credits for call in run.calls] == [3]


def test_a_larger_board_of_the_users_is_coverage(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.turn_to(at(f"{SUNDAY} 10:55"))
    house.fetch(replace(NFL_BOARD, regions=("us", "us2")))
    assert house.run(at(f"{SUNDAY} 11:00")).calls == ()
    assert house.ends == {"1 2h": "captured"}


def test_after_prefetch_the_users_fetch_is_answered_by_what_it_bought(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(), now=f"{SUNDAY} 11:00")
    house.run()
    house.turn_to(at(f"{SUNDAY} 11:01"))
    outcome = house.fetch()
    assert (outcome.reason, outcome.credits) == (Reason.PREFETCHED, 0)
    assert house.wire.used == 3


# ── providers that are down, and no key ──


def test_when_espn_is_down_the_free_list_of_the_odds_api_steers_and_ids_stay_espns(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.run()
    house.wire.down = {"espn"}
    house.cron(at(f"{SUNDAY} 10:00"), at(f"{SUNDAY} 13:10"))
    assert house.bought() == ["11:00", "12:00", "12:30"]
    assert house.ends == windows_of("1")
    assert house.said == []


def test_a_doubleheader_keeps_its_ids_without_espn(tmp_path: Path) -> None:
    pair = [replace(match, teams=("New York Mets", "Atlanta Braves")) for match in DAYS["a doubleheader"][0]]
    house = Town(tmp_path, pair, at("2026-06-20 06:00"), sports=("mlb",))
    house.run()
    house.wire.down = {"espn"}
    house.cron(at("2026-06-20 10:00"), at("2026-06-20 19:30"))
    assert len(house.bought()) == 6
    assert house.ends == windows_of("1") | windows_of("2")


def test_without_espn_from_the_start_games_are_known_by_the_odds_apis_ids(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(), now=f"{SUNDAY} 10:00")
    house.wire.down = {"espn"}
    run = house.plan()
    assert {game for call in run.calls for game, _ in call.covers} == {"odds:event-1"}
    house.cron(at(f"{SUNDAY} 10:05"), at(f"{SUNDAY} 13:10"))
    assert house.bought() == ["11:00", "12:00", "12:30"]
    assert house.ends == windows_of("odds:event-1")


def test_what_espn_called_off_is_not_bought_for_when_only_the_odds_api_still_lists_it(tmp_path: Path) -> None:
    """The Odds API learns of it later: its list still has the game at its old time."""
    house = town(tmp_path, one_o_clock(status="postponed"), now=f"{SUNDAY} 03:00")
    house.run()
    house.wire.down = {"espn"}
    house.wire.change("1", status="scheduled")
    house.cron(at(f"{SUNDAY} 10:30"), at(f"{SUNDAY} 13:10"))
    assert house.bought() == []


def test_without_any_schedule_nothing_is_bought_and_it_is_said_once(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.run()
    house.wire.down = {"espn", "odds"}
    runs = house.cron(at(f"{SUNDAY} 12:20"), at(f"{SUNDAY} 13:10"))
    assert all(call.api != "odds" for run in runs for call in run.calls)
    assert {error.exit_code for run in runs for error in run.errors} == {6}
    assert len(house.said) == 1
    assert house.wire.used == 0
    house.wire.down = set()
    house.run(at(f"{SUNDAY} 13:40"))
    assert house.end("1", "30m").fate == "missed"
    assert house.end("1", "30m").reason not in (None, "NO_RUN", "FETCHED")
    house.wire.down = {"espn", "odds"}
    house.run(at("2026-11-30 13:00"))
    assert len(house.said) == 2


def test_without_any_schedule_windows_are_accounted_for_when_it_is_back(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(), now=f"{SUNDAY} 10:00")
    house.wire.down = {"espn", "odds"}
    house.cron(house.now, at(f"{SUNDAY} 12:00"))
    house.wire.down = set()
    house.cron(at(f"{SUNDAY} 12:15"), at(f"{SUNDAY} 13:10"))
    assert house.ends == windows_of("1", h2=house.ends["1 2h"], h1=house.ends["1 1h"])
    assert {house.end("1", window).fate for window in ("2h", "1h")} == {"missed"}


def test_a_board_that_does_not_come_is_tried_again_while_its_window_is_open(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.run()
    house.run(at(f"{SUNDAY} 10:50"))
    house.wire.down = {"odds"}
    (call,) = house.run(at(f"{SUNDAY} 11:00")).calls
    assert (call.credits, call.outcome) == (0, "TRANSPORT")
    house.wire.down = set()
    house.run(at(f"{SUNDAY} 11:04"))
    assert house.ends == {"1 2h": "captured"}


def test_a_window_whose_board_never_came_is_missed_and_says_why(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock())
    house.run(at(f"{SUNDAY} 10:50"))
    house.wire.down = {"odds"}
    house.cron(at(f"{SUNDAY} 11:00"), at(f"{SUNDAY} 11:30"))
    assert (house.end("1", "2h").fate, house.end("1", "2h").reason) == ("missed", "TRANSPORT")


def test_a_window_for_which_the_account_had_no_credits_is_skipped_as_one_that_the_budget_refused(
    tmp_path: Path,
) -> None:
    house = town(tmp_path, one_o_clock())
    house.run(at(f"{SUNDAY} 10:50"))
    house.wire.used_up = True
    (call,) = house.run(at(f"{SUNDAY} 11:00")).calls
    assert (call.credits, call.outcome) == (0, "OUT_OF_CREDITS")
    skips = house.run(at(f"{SUNDAY} 11:30")).skipped
    assert (house.end("1", "2h").fate, house.end("1", "2h").reason) == ("skipped", "OUT_OF_CREDITS")
    assert [(skip.reason, skip.detail) for skip in skips if skip.window == "2h"] == [
        (Reason.REFUSED_BUDGET, "OUT_OF_CREDITS")
    ]


def test_without_a_key_it_is_said_once_and_weather_is_fetched_all_the_same(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(venue=LAMBEAU), settings=prefetching(fetch=BOTH), key=no_key)
    runs = house.cron(at(f"{SUNDAY} 10:00"), at(f"{SUNDAY} 13:10"))
    assert {run.no_key.exit_code if run.no_key else None for run in runs} == {4}
    assert len(house.said) == 1
    assert "key" in house.said[0]
    assert len(house.wire.asked("/forecast")) == 3
    assert house.wire.asked("/odds") == []
    assert house.ends == windows_of("1", h2="NO_KEY", h1="NO_KEY", m30="NO_KEY")


# ── credits ──


def learnt(house: Town) -> Town:
    """The balance is known: a free call has told it."""
    house.fetch(EventsJob(NFL_BOARD.sport))
    return house


def two_days(tmp_path: Path, spendable: int) -> Town:
    """A game on each of the last two days before the month ends, and so many credits beyond the reserve of 50
    for six boards of 3.
    """
    games = [one_o_clock(), Match("2", at("2026-11-30 13:00"))]
    return learnt(town(tmp_path, *games, left=50 + spendable, used=450 - spendable))


def two_days_of_cron(house: Town) -> None:
    house.cron(at(f"{SUNDAY} 06:00"), at(f"{SUNDAY} 13:30"))
    house.cron(at("2026-11-30 06:00"), at("2026-11-30 13:30"))


@pytest.mark.parametrize(
    ("spendable", "bought", "cut"),
    [
        (18, ["11:00", "12:00", "12:30"], {}),
        (12, ["12:00", "12:30"], {"h2": "BUDGET"}),
        (6, ["12:30"], {"h2": "BUDGET", "h1": "BUDGET"}),
    ],
)
def test_where_credits_are_short_two_hours_are_cut_first_then_one_hour(
    spendable: int, bought: list[str], cut: dict[str, str], tmp_path: Path
) -> None:
    house = two_days(tmp_path, spendable)
    two_days_of_cron(house)
    assert house.bought() == bought * 2
    assert house.ends == windows_of("1", **cut) | windows_of("2", **cut)
    assert (house.wire.left, ["left out" in said for said in house.said]) == (
        50,
        [True] * bool(cut),
    )  # once for both days
    assert {query["markets"] for _, query in house.wire.asked("/odds")} == {"h2h,spreads,totals"}


@pytest.mark.parametrize("spendable", [17, 14, 13, 11, 8, 7])
def test_credits_that_are_left_over_are_not_left_unused_and_the_nearest_windows_never_starve(
    spendable: int, tmp_path: Path
) -> None:
    house = two_days(tmp_path, spendable)
    two_days_of_cron(house)
    assert house.wire.left >= 50
    assert (house.ends["1 30m"], house.ends["2 30m"]) == ("captured", "captured")
    assert house.wire.used - (450 - spendable) >= 6


@pytest.mark.parametrize(
    ("spendable", "markets"),
    [
        (5, ["h2h", "h2h,spreads,totals"]),  # 4 are left for a board of 3: a quarter to spare ends it
        (4, ["h2h", "h2h"]),  # 3 are not
    ],
)
def test_in_an_emergency_only_the_nearest_windows_are_bought_moneylines_only_and_it_is_told_once(
    spendable: int, markets: list[str], tmp_path: Path
) -> None:
    house = two_days(tmp_path, spendable)
    two_days_of_cron(house)
    assert house.bought() == ["12:30", "12:30"]
    assert [query["markets"] for _, query in house.wire.asked("/odds")] == markets
    assert house.ends == windows_of("1", h2="BUDGET", h1="BUDGET") | windows_of("2", h2="BUDGET", h1="BUDGET")
    assert ["run short" in said for said in house.said].count(True) == 1
    assert "run short" in house.said[0]


def test_an_emergency_ends_when_there_is_plenty_again_and_is_told_once_a_month_however_often_it_comes_back(
    tmp_path: Path,
) -> None:
    house = two_days(tmp_path, 5)
    house.cron(at(f"{SUNDAY} 06:00"), at(f"{SUNDAY} 13:30"))
    house.wire.left = 400
    learnt(house)
    house.cron(at("2026-11-30 06:00"), at("2026-11-30 11:10"))
    assert [query["markets"] for _, query in house.wire.asked("/odds")] == ["h2h", "h2h,spreads,totals"]
    house.wire.left, house.wire.used = 51, 800
    learnt(house)
    house.cron(at("2026-11-30 11:15"), at("2026-11-30 13:10"))
    assert ["run short" in said for said in house.said].count(True) == 1
    house.wire.change("2", start=at("2026-12-05 13:00"))
    house.wire.left, house.wire.used = 51, 449
    house.turn_to(at("2026-12-05 06:00"))
    learnt(house)
    house.cron(at("2026-12-05 11:15"), at("2026-12-05 13:10"))
    assert ["run short" in said for said in house.said].count(True) == 2, "another month, and said again"


# ── a league whose months do not fit one answer ──


def ballpark(tmp_path: Path, days: range, month: str = "2026-06") -> Town:
    """Six games a day at four times, from the first of a month on, and 500 credits."""
    starts = ("13:10", "16:05", "19:05", "19:05", "19:10", "22:10")
    games = [
        Match(f"{day}/{number}", at(f"{month}-{day:02} {start}"), "mlb")
        for day in days
        for number, start in enumerate(starts)
    ]
    house = Town(tmp_path, games, at(f"{month}-01 00:05"), sports=("mlb",))
    house.wire.listed_ahead = 2 * DAY
    return learnt(house)


def through(house: Town, first: float, last: float) -> None:
    """Runs at the middle of each window, and every six hours, when schedules are read anew."""
    windows = {
        match.start - before
        for match in house.wire.matches.values()
        for before in house.settings.prefetch.windows
    }
    rounds = {first + number * 6 * HOUR for number in range(int((last - first) // (6 * HOUR)))}
    for moment in sorted(moment for moment in windows | rounds if first <= moment < last):
        house.run(moment, every=15 * MINUTE)


def test_the_next_eight_days_are_read_once_a_day_where_a_month_does_not_fit_one_answer(
    tmp_path: Path,
) -> None:
    house = ballpark(tmp_path, range(1, 31))
    house.cron(at("2026-06-02 04:00"), at("2026-06-02 10:00"), every=HOUR)
    days = [query["dates"] for _, query in house.wire.asked("/scoreboard")]
    assert set(days) == {f"202606{day:02}" for day in range(2, 10)}
    assert [days.count(f"202606{day:02}") for day in range(4, 10)] == [1] * 6, (
        "those of the next day are read anew after six hours"
    )


def test_a_month_that_is_known_a_week_ahead_is_paced_evenly_and_told_once(tmp_path: Path) -> None:
    """All windows would cost 1,200 credits: the nearest ones fit, whatever the hour and whatever is captured
    already.
    """
    house = ballpark(tmp_path, range(1, 12))
    through(house, at("2026-06-01 00:10"), at("2026-06-04 00:00"))
    assert len(house.said) == 1
    nearest = [
        end
        for (_, window), end in house.log.since(0.0).items()
        if window == "30m" and end.start < at("2026-06-04 00:00")
    ]
    assert {end.reason or end.fate for end in nearest} == {"captured"}
    assert len(nearest) == 6 * 3


SCHEDULES = Path(__file__).parents[3] / "shared" / "schedules"


def test_a_week_of_a_real_month_of_baseball_on_500_credits_is_told_of_once_and_keeps_its_nearest_windows(
    tmp_path: Path,
) -> None:
    """The whole month at a run every 15 min: two messages, 407 of 408."""
    if not SCHEDULES.exists():
        pytest.skip("the recorded schedules are not beside this checkout")
    with (SCHEDULES / "mlb-2021-08.csv").open(encoding="utf-8") as file:
        games = [
            Match(row["game"], datetime.fromisoformat(row["start"]).timestamp(), "mlb")
            for row in csv.DictReader(file)
        ]
    first, last = at("2021-08-01 04:00", "UTC"), at("2021-08-06 04:00", "UTC")
    house = Town(tmp_path, games, first, sports=("mlb",))
    house.wire.listed_ahead = 2 * DAY
    through(learnt(house), first + MINUTE, last)
    ends = [end for (_, window), end in house.log.since(0.0).items() if window == "30m" and end.start < last]
    assert len(house.said) == 1
    assert {end.reason or end.fate for end in ends} == {"captured"}
    assert len(ends) > 60


def test_below_stop_below_nothing_is_planned_that_would_be_refused(tmp_path: Path) -> None:
    """A small account: its reserve is 3, but below 10 only the user's own commands go through."""
    house = town(tmp_path, Match("1", at(f"{SUNDAY} 13:00")), now=f"{SUNDAY} 06:00", left=16, used=8)
    learnt(house)
    house.cron(at(f"{SUNDAY} 06:00"), at(f"{SUNDAY} 13:30"))
    assert house.bought() == ["12:00", "12:30"]
    assert house.wire.left == 10
    assert house.ends == windows_of("1", h2="BUDGET")


def test_the_reserve_is_never_touched_by_planned_calls(tmp_path: Path) -> None:
    games = [Match(str(day), at(f"2026-11-{day} 13:00")) for day in range(22, 31)]
    house = town(tmp_path, *games, now="2026-11-22 06:00", left=64, used=436)
    for day in range(22, 31):
        house.cron(at(f"2026-11-{day} 11:50"), at(f"2026-11-{day} 13:10"))
    assert 50 <= house.wire.left < 53
    assert {house.ends[f"{day} 30m"] for day in range(22, 31)} == {"captured"}


@pytest.mark.parametrize("left", [51, 50, 3])
def test_a_new_month_is_noticed_without_paying_for_it(left: int, tmp_path: Path) -> None:
    """The balance is old news after a month: before anything is left out for it a free call asks anew."""
    house = learnt(
        town(tmp_path, Match("1", at("2026-12-05 13:00")), now="2026-11-20 06:00", left=left, used=500 - left)
    )
    house.wire.left, house.wire.used = 500, 0
    house.cron(at("2026-12-05 06:00"), at("2026-12-05 13:30"))
    assert house.ends == windows_of("1")
    assert house.said == []


def test_the_first_hour_of_a_new_month_is_not_judged_by_the_old_balance(tmp_path: Path) -> None:
    """It was told five minutes before midnight UTC, and nearly nothing was left of it."""
    house = learnt(
        town(tmp_path, Match("1", at("2026-11-30 20:15")), now="2026-11-30 18:55", left=51, used=449)
    )
    house.wire.left, house.wire.used = 500, 0
    house.cron(at("2026-11-30 19:05"), at("2026-11-30 20:10"))
    assert house.bought() == ["19:15", "19:45"]
    assert house.said == []


def test_two_lines_of_cron_share_one_account(tmp_path: Path) -> None:
    """Each alone could pay all its windows; both together cannot pay those of two hours, and that is said
    once.
    """
    house = learnt(
        town(tmp_path, one_o_clock(), Match("b", at(f"{SUNDAY} 18:00"), sport="nba"), left=62, used=438)
    )
    for number in range(12 * 12):
        house.sports = ("nfl", "nba")[number % 2 : number % 2 + 1]
        house.run(at(f"{SUNDAY} 06:00") + number * 300.0, every=600.0)
    assert len(house.bought()) == 4
    assert house.wire.left == 50
    assert ["left out" in said for said in house.said] == [True]


def test_a_sport_that_is_prefetched_by_hand_now_and_then_owes_no_account_of_the_days_between(
    tmp_path: Path,
) -> None:
    games = [Match(str(day), at(f"2026-11-{day} 18:00"), sport="nba") for day in range(22, 30)]
    house = town(tmp_path, *games, now="2026-11-22 12:00", sports=("nba",))
    house.run(at("2026-11-22 12:00"))
    house.run(at("2026-11-29 12:00"))
    assert house.ends == {}


def test_while_credits_are_short_the_balance_is_asked_for_once_an_hour(tmp_path: Path) -> None:
    house = learnt(town(tmp_path, one_o_clock(), now="2026-11-29 04:00", left=50, used=450))
    house.cron(at(f"{SUNDAY} 06:00"), at(f"{SUNDAY} 11:55"))
    assert [clock(moment)[:2] for moment, _ in house.wire.asked("/sports")] == [
        "06",
        "07",
        "08",
        "09",
        "10",
        "11",
    ]


def test_two_sports_share_what_there_is_by_what_it_captures(tmp_path: Path) -> None:
    games = [one_o_clock(), Match("2", at(f"{SUNDAY} 13:00")), Match("nba", at(f"{SUNDAY} 13:00"), "nba")]
    house = learnt(town(tmp_path, *games, left=51, used=449, sports=("nba", "nfl"), now="2026-11-30 06:00"))
    for _number, match in enumerate(games):
        house.wire.matches[match.id] = replace(match, start=at("2026-11-30 13:00"))
    house.cron(at("2026-11-30 10:00"), at("2026-11-30 13:10"))
    assert (house.ends["1 30m"], house.ends["2 30m"], house.ends["nba 30m"]) == (
        "captured",
        "captured",
        "BUDGET",
    )


# ── weather, and what else a window fetches ──


def test_weather_is_asked_for_open_air_games_only_all_places_in_one_call(tmp_path: Path) -> None:
    games = [
        one_o_clock(venue=LAMBEAU),
        Match("2", at(f"{SUNDAY} 13:00"), venue=SOLDIER),
        Match("3", at(f"{SUNDAY} 13:00")),
    ]
    house = town(tmp_path, *games, settings=prefetching(fetch=BOTH))
    from_six_to_one(house)
    asked = house.wire.asked("/forecast")
    assert [clock(moment) for moment, _ in asked] == ["11:00", "12:00", "12:30"]
    assert {query["latitude"] for _, query in asked} == {"41.86,44.50"}


def test_weather_of_two_sports_is_one_call(tmp_path: Path) -> None:
    games = [one_o_clock(venue=LAMBEAU), Match("2", at(f"{SUNDAY} 13:00"), "ncaaf", venue=SOLDIER)]
    house = town(
        tmp_path, *games, settings=prefetching(fetch=(WindowFetch("weather"),)), sports=("nfl", "ncaaf")
    )
    from_six_to_one(house)
    assert [len(query["latitude"].split(",")) for _, query in house.wire.asked("/forecast")] == [2, 2, 2]
    assert house.wire.used == 0


def test_no_weather_is_asked_for_a_game_that_is_called_off(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(venue=LAMBEAU, status="postponed"), settings=prefetching(fetch=BOTH))
    from_six_to_one(house)
    assert house.wire.asked("/forecast") == []


def test_a_place_that_nobody_knows_keeps_no_run_busy(tmp_path: Path) -> None:
    nowhere = ("", "New Ground", "Smallville", "KS", False)
    house = town(tmp_path, one_o_clock(venue=nowhere), settings=prefetching(fetch=BOTH))
    from_six_to_one(house)
    assert [query["count"] for _, query in house.wire.asked("/search")] == [
        "20",
        "100",
    ]  # and once more, in its country
    assert house.wire.asked("/forecast") == []
    assert house.ends == windows_of("1")


@pytest.mark.parametrize(
    ("fetch", "odds", "weather"),
    [
        ((WindowFetch("odds", 1800.0),), "12:30", ""),
        ((WindowFetch("odds"), WindowFetch("weather", 1800.0)), "11:00 12:00 12:30", "12:30"),
        (
            (WindowFetch("odds", 3600.0), WindowFetch("odds", 1800.0), WindowFetch("weather", 7200.0)),
            "12:00 12:30",
            "11:00",
        ),
        ((WindowFetch("weather"),), "", "11:00 12:00 12:30"),
    ],
)
def test_each_window_fetches_what_it_is_told_to(
    fetch: tuple[WindowFetch, ...], odds: str, weather: str, tmp_path: Path
) -> None:
    house = town(tmp_path, one_o_clock(venue=LAMBEAU), settings=prefetching(fetch=fetch))
    from_six_to_one(house)
    assert house.bought() == odds.split()
    assert [clock(moment) for moment, _ in house.wire.asked("/forecast")] == weather.split()


def test_a_window_that_fetches_the_schedule_asks_for_it_once(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(), settings=prefetching(fetch=(WindowFetch("schedule", 3600.0),)))
    runs = house.cron(at(f"{SUNDAY} 10:00"), at(f"{SUNDAY} 13:10"))
    made = [(clock(call.at), call.api, call.outcome) for run in runs for call in run.calls]
    assert made == [("12:00", "espn", "FETCHED")]
    assert "12:00" in [clock(moment) for moment, _ in house.wire.asked("/scoreboard")]
    assert house.wire.used == 0


def test_a_schedule_that_is_minutes_old_is_asked_for_anew_by_its_window(tmp_path: Path) -> None:
    house = town(
        tmp_path,
        one_o_clock(),
        settings=prefetching(fetch=(WindowFetch("schedule", 3600.0),)),
        now=f"{SUNDAY} 11:48",
    )
    house.run()
    house.cron(at(f"{SUNDAY} 11:55"), at(f"{SUNDAY} 12:20"))
    assert "12:00" in [clock(moment) for moment, _ in house.wire.asked("/scoreboard")]


# ── the plan ──


def test_the_plan_is_what_the_runs_then_do(tmp_path: Path) -> None:
    house = Town(tmp_path, DAYS["a Sunday with its three slots"][0], at(f"{SUNDAY} 06:00"))
    planned = house.plan()
    assert [call.outcome for call in planned.calls] == ["planned"] * house.optimum
    assert planned.credits == 3 * house.optimum
    assert house.wire.asked("/odds") == []
    house.cron(at(f"{SUNDAY} 06:00"), at(f"{SUNDAY} 20:30"))
    assert len(house.bought()) == house.optimum
    assert house.plan().calls == ()


def test_the_plan_names_what_gets_no_call_and_why(tmp_path: Path) -> None:
    called_off, no_time = (
        Match("2", at(f"{SUNDAY} 13:00"), status="postponed"),
        Match("3", at(f"{SUNDAY} 13:00"), confirmed=False),
    )
    skipped = town(tmp_path, one_o_clock(), called_off, no_time).plan().skipped
    assert {(skip.game, skip.reason, skip.detail) for skip in skipped} == {
        ("2", Reason.SKIPPED_POSTPONED, "POSTPONED"),
        ("3", Reason.SKIPPED_POSTPONED, "TIME_TBD"),
    }
    assert len(skipped) == 6


@pytest.mark.parametrize("left", [2, 10, 50, 52])
@pytest.mark.parametrize(
    "now", [f"{SUNDAY} 06:00", "2026-11-28 14:00"], ids=["today's games", "tomorrow's games"]
)
def test_the_plan_has_no_board_that_the_reserve_forbids_and_says_why(
    left: int, now: str, tmp_path: Path
) -> None:
    lean = prefetching()
    house = learnt(
        town(
            tmp_path,
            one_o_clock(),
            now=now,
            left=left,
            used=500 - left,
            settings=replace(lean, odds=replace(lean.odds, regions=("us", "eu", "uk"))),
        )
    )
    planned = house.plan()
    assert (planned.calls, planned.credits, planned.next_at) == ((), 0, None)
    assert {(skip.game, skip.window, skip.reason) for skip in planned.skipped} == {
        ("1", window, Reason.REFUSED_BUDGET) for window in ("2h", "1h", "30m")
    }
    lines = list(prefetch.skipped_lines(planned))
    assert "no call: 1 2h window, not enough credits" in lines
    assert lines[-1] == f"{left} credits left, 50 kept for your own commands (budget.reserve)"
    assert "not enough credits" in prefetch.nothing_planned(planned, DAY, now=house.time.now(), zone=NEW_YORK)


def test_of_tomorrows_boards_the_plan_has_those_that_can_be_paid(tmp_path: Path) -> None:
    house = learnt(town(tmp_path, one_o_clock(), now="2026-11-28 14:00", left=57, used=443))
    planned = house.plan()
    assert [(clock(call.at), call.credits) for call in planned.calls] == [("12:00", 3), ("12:30", 3)]
    assert [skip.window for skip in planned.skipped] == ["2h"]


def test_boards_after_the_reset_are_paid_by_the_next_months_credits(tmp_path: Path) -> None:
    house = learnt(
        town(tmp_path, Match("1", at("2026-12-01 13:00")), now="2026-11-30 14:00", left=2, used=498)
    )
    assert len(house.plan().calls) == 3


def test_where_nothing_is_due_it_is_said_when_the_next_board_is(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(), now="2026-11-27 08:00")
    planned = house.plan()
    assert (planned.calls, planned.next_at) == ((), at(f"{SUNDAY} 11:00"))
    said = prefetch.nothing_planned(planned, DAY, now=house.now, zone=NEW_YORK)
    assert said == "Nothing is due in the next 1d. Next board: on Sun 29 Nov at 11:00."


def test_where_no_game_is_known_that_is_said(tmp_path: Path) -> None:
    planned = town(tmp_path, now="2026-07-06 00:00").plan()
    assert "No game after that is known" in prefetch.nothing_planned(
        planned, DAY, now=at("2026-07-06 00:00"), zone=NEW_YORK
    )


def test_a_plan_leaves_no_trace(tmp_path: Path) -> None:
    house = town(tmp_path, one_o_clock(status="postponed"))
    house.plan()
    assert house.ends == {}
    assert house.store.read("prefetch/1") is None


# ── laws ──

starts = st.lists(
    st.integers(0, 48).map(lambda step: at(f"{SUNDAY} 11:00") + step * CRON), min_size=1, max_size=5
)
statuses = st.sampled_from(["scheduled", "scheduled", "scheduled", "postponed"])
WINDOWS = Windows((2 * HOUR, HOUR, 30 * MINUTE), 10 * MINUTE, 6 * MINUTE)
FIRST = at(f"{SUNDAY} 08:00")


def schedule(times: list[float], told: list[Status]) -> list[Match]:
    return [
        Match(str(number), start, status=status)
        for number, (start, status) in enumerate(zip(times, told, strict=False))
    ]


def each_window_has_ended_in_one_way(house: Town) -> None:
    """And what is called captured was: a board came at that moment, within the window."""
    boards = [moment for moment, _ in house.wire.asked("/odds")]
    for match in house.wire.matches.values():
        for before in WINDOWS.before:
            end = house.end(match.id, {7200.0: "2h", 3600.0: "1h", 1800.0: "30m"}[before])
            assert end.start == match.start
            if end.fate == "captured":
                assert end.at is not None
                assert any(0 <= end.at - board < 1 for board in boards)
                assert before in [
                    target.window for target in captures(Fixture("", "nfl", match.start), WINDOWS, end.at)
                ]
                assert match.status == "scheduled"


@settings(max_examples=25)
@given(starts, st.lists(statuses, min_size=5, max_size=5))
@example([at(f"{SUNDAY} 13:00"), at(f"{SUNDAY} 13:15")], ["scheduled"] * 5)
def test_without_gaps_every_window_of_a_played_game_is_captured_by_no_more_than_the_optimum(
    tmp_path_factory: pytest.TempPathFactory, times: list[float], told: list[Status]
) -> None:
    house = Town(tmp_path_factory.mktemp("town"), schedule(times, told), FIRST)
    house.cron(FIRST, max(times) + 10 * MINUTE)
    each_window_has_ended_in_one_way(house)
    played = [
        Fixture(match.id, "nfl", match.start)
        for match in house.wire.matches.values()
        if match.status == "scheduled"
    ]
    assert sum(end == "captured" for end in house.ends.values()) == 3 * len(played)
    swift = replace(
        WINDOWS, late=WINDOWS.late - 30
    )  # nobody hits the second in which one window closes and another opens
    assert len(house.bought()) <= len(plan(targets(played, swift, (), FIRST, DAY)[0]))
    assert house.wire.used == 3 * len(house.bought())


@settings(max_examples=25)
@given(
    starts, st.lists(statuses, min_size=5, max_size=5), st.lists(st.integers(1, 90), min_size=1, max_size=40)
)
def test_with_runs_at_any_times_every_window_ends_in_one_way_and_what_is_captured_stays_so(
    tmp_path_factory: pytest.TempPathFactory, times: list[float], told: list[Status], gaps: list[int]
) -> None:
    house = Town(tmp_path_factory.mktemp("town"), schedule(times, told), FIRST)
    captured: set[str] = set()
    house.run()
    for gap in gaps:
        house.run(house.time.now() + gap * MINUTE)
        now_captured = {window for window, end in house.ends.items() if end == "captured"}
        assert captured <= now_captured
        captured = now_captured
    house.run(max(house.time.now(), *times) + HOUR)
    each_window_has_ended_in_one_way(house)
    assert house.run().missed == ()


def test_the_first_days_of_the_simulated_season_are_accounted_for_at_the_optimum() -> None:
    """The whole of it, with gaps and beside the naive ways, is `benchmarks.season`."""
    nfl, end = find("nfl"), season.OPENING + 3 * DAY
    rules = prefetching()
    best = season.optimum(nfl, rules, end)
    days, _, _ = season.played(nfl, rules, end, gaps=False)
    assert days.credits == best.credits > 0
