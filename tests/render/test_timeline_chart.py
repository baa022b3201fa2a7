"""What people and scripts see of the queue: exact small drawings, rows that fit, nothing lost when piped."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from oddsctl.domain.board_models import Usage
from oddsctl.domain.reports import QueueItem, QueueResult
from oddsctl.domain.requests import Priority, Reason
from oddsctl.render import documents_requests
from oddsctl.render.console import console
from oddsctl.render.queue import show_queue_run, show_timeline
from oddsctl.render.timeline_chart import ticks

NOON = 1_767_528_000.0  # 2026-01-04T12:00:00Z, a Sunday
HOUR = 3600.0
EASTERN, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def printed(show: Callable[[Console], None], width: int | None = None, **environ: str) -> str:
    """The page as a pipe gets it, or as a terminal of `width` columns does."""
    stream = io.StringIO() if width is None else Terminal()
    show(console(stream, {"TERM": "xterm", "COLUMNS": str(width or ""), "LINES": "50"} | environ))
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())


def planned(
    hours: float,
    sport: str | None,
    priority: Priority,
    window: str | None = "30m",
    *,
    credits: int = 3,
    api: str = "odds",
) -> QueueItem:
    return QueueItem(
        f"planned/{api}/{sport}@{hours}", NOON + hours * HOUR, api, sport, "board for 2 games", window,
        Priority.PREFETCH, priority, "game in 30 min then", credits, 0, "planned",
    )  # fmt: skip


WAITS = QueueItem(
    "odds/board/icehockey_nhl/h2h/us/-", NOON - HOUR, "odds", "nhl", "board h2h us", None,
    Priority.LOW, Priority.NORMAL, "waited 60 min", 1, 2, "waiting",
)  # fmt: skip
RESTS = replace(
    WAITS,
    id="espn",
    due=NOON + 600,
    api="espn",
    sport="epl",
    what="schedule 2026-01-05",
    credits=0,
    state="not_before",
)
ITEMS = (
    WAITS,
    RESTS,
    planned(4.5, "nfl", Priority.HIGH),
    planned(5.5, "nfl", Priority.CRITICAL),
    planned(5.5, "nfl", Priority.PREFETCH, "2h"),
    planned(6, None, Priority.PREFETCH, credits=0, api="weather"),
    planned(14, "nba", Priority.CRITICAL),
)


def timeline(
    items: tuple[QueueItem, ...], width: int | None, zone: ZoneInfo = EASTERN, now: float = NOON
) -> list[str]:
    return printed(lambda target: show_timeline(target, items, now, zone), width).splitlines()


def test_a_timeline_has_a_lane_for_what_waits_and_each_sport_and_a_row_for_each_request() -> None:
    assert timeline(ITEMS, 80) == [
        "Sun 4 Jan 07:00 EST",
        "",
        "waiting  ●●                                                                 1 cr",
        "nfl      │                   ▲   ◆2                                         9 cr",
        "weather  │                         ◇",
        "nba      │                                                             ◆    3 cr",
        "         │───┬────────┬────────┬────────┬────────┬───────┬────────┬───────",
        "         now        10:00    12:00    14:00    16:00   18:00    20:00",
        "",
        "◆ critical  ▲ high  ● normal  ◇ prefetch  │ now",
        "",
        "due    sport    what                 window  priority    credits  state",
        "now    nhl      board h2h us                 ● normal          1  waiting",
        "07:10  epl      schedule 2026-01-05          ● normal          0  not before",
        "11:30  nfl      board for 2 games    30m     ▲ high            3  planned",
        "12:30  nfl      board for 2 games    30m     ◆ critical        3  planned",
        "12:30  nfl      board for 2 games    2h      ◇ prefetch        3  planned",
        "13:00  weather  board for 2 games    30m     ◇ prefetch        0  planned",
        "21:00  nba      board for 2 games    30m     ◆ critical        3  planned",
        "",
        "2 waiting, 5 planned calls: 13 credits",
    ]


def test_a_wide_terminal_tells_why_and_how_often() -> None:
    assert timeline(ITEMS[:3], 120)[-5:-2] == [
        (
            "now    nhl    board h2h us                 ● normal  low, waited 60 min                   1   "
            "   2  waiting"
        ),
        (
            "07:10  epl    schedule 2026-01-05          ● normal  low, waited 60 min                   0   "
            "   2  not before"
        ),
        (
            "11:30  nfl    board for 2 games    30m     ▲ high    prefetch, game in 30 min then        3   "
            "      planned"
        ),
    ]


def test_a_narrow_terminal_gets_the_drawing_and_what_matters_most_of_the_rows() -> None:
    assert timeline((WAITS, ITEMS[3], ITEMS[6]), 44)[2:] == [
        "waiting  ●                              1 cr",
        "nfl      │          ◆                   3 cr",
        "nba      │                          ◆   3 cr",
        "         │─┬───────┬──────┬───────┬───",
        "         now     12:00  16:00   20:00",
        "",
        "◆ critical  ● normal  │ now",
        "",
        "due       sport  what               credits",
        "now    ●  nhl    board h2h us             1",
        "12:30  ◆  nfl    board for 2 games        3",
        "21:00  ◆  nba    board for 2 games        3",
        "",
        "1 waiting, 2 planned calls: 7 credits",
    ]


def test_a_terminal_without_other_letters_gets_the_same_in_ascii() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    stream.isatty = lambda: True  # type: ignore[method-assign]
    show_timeline(
        console(stream, {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "60", "LINES": "50"}),
        ITEMS,
        NOON,
        EASTERN,
    )
    stream.seek(0)
    assert stream.read().splitlines()[2:13] == [
        "waiting  NN                                             1 cr",
        "nfl      |             H  C2                            9 cr",
        "weather  |                 P",
        "nba      |                                         C    3 cr",
        "         |-----+--------+--------+--------+--------+--",
        "         now 09:00    12:00    15:00    18:00    21:00",
        "",
        "C critical  H high  N normal  P prefetch  | now",
        "",
        "due       sport    what                 window  credits",
        "now    N  nhl      board h2h us                       1",
    ]


def test_what_is_too_long_is_cut_in_a_terminal_but_never_where_it_is_piped() -> None:
    words = "board h2h,spreads,totals eu,uk,us,us2"
    long = (replace(WAITS, what=words), ITEMS[3])
    assert "board h2h,spreads…  " in "\n".join(timeline(long, 70))
    assert words in timeline(long, None)[1]


def test_effective_priority_has_a_colour_of_its_own() -> None:
    stream = Terminal()
    show_timeline(console(stream, {"TERM": "xterm", "COLUMNS": "80", "LINES": "50"}), ITEMS, NOON, EASTERN)
    assert {mark: re.findall(rf"\x1b\[([0-9;]+)m{mark}", stream.getvalue())[0] for mark in "◆▲●◇"} == {
        "◆": "1;31",
        "▲": "33",
        "●": "36",
        "◇": "32",
    }


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_a_timeline_fits_its_terminal(width: int) -> None:
    lines = timeline(ITEMS, width)
    assert max(map(len, lines)) <= width
    assert sum("board" in line or "schedule" in line for line in lines) == len(ITEMS)


def test_a_piped_timeline_is_whole_rows_only() -> None:
    assert timeline(ITEMS[:3], None) == [
        (
            "due                   sport  what                 window  priority  why                       "
            "     credits  tries  state"
        ),
        (
            "2026-01-04 06:00 EST  nhl    board h2h us                 normal    low, waited 60 min        "
            "           1      2  waiting"
        ),
        (
            "2026-01-04 07:10 EST  epl    schedule 2026-01-05          normal    low, waited 60 min        "
            "           0      2  not before"
        ),
        (
            "2026-01-04 11:30 EST  nfl    board for 2 games    30m     high      prefetch, game in 30 min "
            "then        3         planned"
        ),
    ]
    assert timeline((), None) == ["Nothing is waiting or planned."]


def test_an_empty_timeline_says_so() -> None:
    assert timeline((), 80) == ["Nothing is waiting or planned."]


def test_a_demo_timeline_is_marked() -> None:
    lines = printed(lambda target: show_timeline(target, ITEMS, NOON, EASTERN, demo=True), 80).splitlines()
    assert lines[0] == lines[-1]
    assert "DEMO DATA" in lines[0]


def test_days_begin_in_the_readers_zone_and_times_of_other_days_name_them() -> None:
    late = (planned(20, "nba", Priority.HIGH), planned(24 * 8, "nba", Priority.HIGH))
    lines = timeline(late[:1], 60)
    assert "Mon 5" in lines[4]
    assert lines[-3].startswith("Mon 03:00")
    assert timeline(late, 80)[-3].startswith("12 Jan 07:00")


@pytest.mark.parametrize(
    ("begin", "hours", "most", "expected"),
    [
        (datetime(2026, 1, 4, 17, 50, tzinfo=BERLIN), 1, 6,
         ["17:50", "18:00", "18:10", "18:20", "18:30", "18:40", "18:50"]),
        (datetime(2026, 1, 4, 17, 50, tzinfo=BERLIN), 9, 5, ["18:00", "20:00", "22:00", "Mon 5", "02:00"]),
        (datetime(2026, 1, 4, 17, 50, tzinfo=BERLIN), 72, 5, ["Mon 5", "Tue 6", "Wed 7"]),
        # forward
        (datetime(2026, 3, 28, 23, 30, tzinfo=BERLIN), 6, 6,
         ["Sun 29", "01:00", "03:00", "04:00", "05:00", "06:00"]),
        (datetime(2026, 3, 28, 20, 0, tzinfo=BERLIN), 12, 4, ["21:00", "Sun 29", "03:00", "06:00", "09:00"]),
        # and back
        (datetime(2026, 10, 24, 23, 30, tzinfo=BERLIN), 6, 6,
         ["Sun 25", "01:00", "02:00", "02:00", "03:00", "04:00"]),
        (datetime(2026, 10, 24, 20, 0, tzinfo=BERLIN), 13, 4, ["20:00", "Sun 25", "04:00", "08:00"]),
    ],
)  # fmt: skip
def test_ticks_are_at_round_times_of_the_readers_clock(
    begin: datetime, hours: float, most: int, expected: list[str]
) -> None:
    assert [
        tick.label for tick in ticks(begin.timestamp(), begin.timestamp() + hours * HOUR, BERLIN, most)
    ] == expected


@given(
    st.floats(NOON, NOON + 400 * 86400),
    st.floats(3600, 30 * 86400),
    st.sampled_from([BERLIN, EASTERN, ZoneInfo("Asia/Kathmandu")]),
)
def test_ticks_lie_in_the_time_shown_in_order_and_are_not_too_many(
    begin: float, span: float, zone: ZoneInfo
) -> None:
    found = [tick.at for tick in ticks(begin, begin + span, zone, 8)]
    assert found == sorted(set(found))
    assert all(begin <= at <= begin + span for at in found)
    assert len(found) <= 8 + 2


def test_a_timeline_names_both_zones_where_the_clock_is_changed_meanwhile() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=BERLIN).timestamp()
    lines = timeline((replace(WAITS, due=before + 20 * HOUR, state="not_before"),), 80, BERLIN, before)
    assert lines[0] == "Sat 24 Oct 12:00 CEST/CET"
    assert lines[-3].startswith("Sun 07:00")


def test_a_queue_document_is_exactly_the_promised_json() -> None:
    assert documents_requests.queue_document((WAITS, ITEMS[3])) == {
        "schema": "oddsctl.queue/1",
        "items": [
            {
                "id": "odds/board/icehockey_nhl/h2h/us/-", "due": "2026-01-04T11:00:00Z", "api": "odds",
                "sport": "nhl",
                "what": "board h2h us", "priority": "LOW", "effective_priority": "NORMAL",
                "why": "waited 60 min",
                "credits": 1, "attempts": 2, "state": "waiting",
            },
            {
                "id": "planned/odds/nfl@5.5", "due": "2026-01-04T17:30:00Z", "api": "odds", "sport": "nfl",
                "what": "board for 2 games",
                "window": "30m", "priority": "PREFETCH", "effective_priority": "CRITICAL",
                "why": "game in 30 min then",
                "credits": 3, "attempts": 0, "state": "planned",
            },
        ],
    }  # fmt: skip


def test_a_run_of_the_queue_tells_what_became_of_each() -> None:
    worked = (
        QueueResult("a", "odds", "nfl", "board h2h us", Reason.FETCHED, 1, "answered"),
        QueueResult(
            "b", "weather", None, "weather 1.00,2.00", Reason.NONE, 0, "postponed", NOON + 60, "TIMEOUT"
        ),
        QueueResult(
            "c", "odds", "nba", "board h2h us", Reason.REFUSED_BUDGET, 0, "postponed", NOON, "BUDGET"
        ),
        QueueResult("d", "espn", "epl", "schedule 2026-01", Reason.SKIPPED_EXPIRED, 0, "dropped"),
    )
    assert printed(lambda target: show_queue_run(target, worked, Usage(2, 1, 499), NOON)).splitlines() == [
        "sport    what               credits  state      reason",
        "nfl      board h2h us             1  answered   FETCHED",
        "weather  weather 1.00,2.00        0  postponed  NONE (TIMEOUT), again in 1 min",
        "nba      board h2h us             0  postponed  REFUSED_BUDGET",
        "epl      schedule 2026-01         0  dropped    SKIPPED_EXPIRED",
        "",
        "1 answered, 2 postponed, 1 dropped; 2 calls, 1 credit",
    ]
    document = documents_requests.queue_run_document(worked[1:2], Usage(2, 1, 499))
    assert document == {
        "schema": "oddsctl.queue_run/1",
        "items": [
            {
                "id": "b", "api": "weather", "sport": None, "what": "weather 1.00,2.00", "reason": "NONE",
                "detail": "TIMEOUT",
                "credits": 0, "state": "postponed", "due": "2026-01-04T12:01:00Z",
            }
        ],
        "usage": {"calls": 2, "credits": 1, "credits_remaining": 499},
    }  # fmt: skip
