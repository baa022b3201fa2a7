"""The dashboard's drawings: what matters is there at each size, nothing is wider or higher than the
terminal.
"""

from __future__ import annotations

import io
import os
import pty
import signal
import termios
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from oddsctl.cli.commands.dashboard import QUIT
from oddsctl.cli.keyboard import KEY, NOTED, keyboard
from oddsctl.domain.reports import QueueItem
from oddsctl.domain.requests import Priority
from oddsctl.policy.circuit_breaker import State
from oddsctl.policy.health_status import BreakerSummary, Health, Status
from oddsctl.records.call_report import RecentCall
from oddsctl.render.dashboard import Panel, View, heights, page, turned, views
from oddsctl.render.text import UNKNOWN
from oddsctl.services.dashboard import DashboardSnapshot
from oddsctl.services.health import HealthReport
from oddsctl.services.stats import (
    AccountStats,
    ApiStats,
    BucketStats,
    CacheStats,
    CallNumbers,
    DaySpend,
    PrefetchStats,
    Stats,
)

NOON = 1_767_528_000.0  # 2026-01-04T12:00:00Z, a Sunday
UTC = ZoneInfo("UTC")
BUCKET, CALLS = BucketStats(4.0, 5, 5.0, 5.0), CallNumbers(1123, 2, 1, 142.2, 1380.0)
CREDITS = AccountStats(
    used=123,
    remaining=377,
    limit=500,
    reserved=3,
    maybe_charged=0,
    foreign=12,
    reset_at=NOON + 27.5 * 86400,
    reset_inferred=True,
    spend_per_day=4.12,
    projected_remaining_at_reset=250.4,
    even_per_day=16.13,
)
STATS = Stats(
    apis={
        "odds": ApiStats(BUCKET, CALLS, CREDITS),
        "espn": ApiStats(BUCKET, CALLS),
        "weather": ApiStats(BUCKET, replace(CALLS, calls=0, latency_p50_ms=None)),
    },
    cache=CacheStats(hits=120, misses=40, stale=0, joined=0, bytes=1_258_291, entries=14),
    saved_calls=123,
    saved_credits=369,
    prefetch=PrefetchStats(None, {}),
    days=tuple(DaySpend(f"2026-01-{day:02}", 3 * day, 0) for day in range(1, 5)),
)
WELL = Health(
    Status.HEALTHY, "the last 20 calls were answered", NOON - 2520, NOON - 60, 142.0, 0.0,
    BreakerSummary(State.CLOSED, 0, None),
)  # fmt: skip
DOWN = replace(
    WELL, status=Status.UNHEALTHY, reason="HTTP 503", breaker=BreakerSummary(State.HALF_OPEN, 5, None)
)
DARK = replace(
    WELL,
    status=Status.UNKNOWN,
    reason="never asked",
    since=None,
    checked_at=None,
    latency_ms=None,
    error_rate=None,
)
HEALTH = HealthReport({"odds": WELL, "espn": DOWN, "weather": DARK})


def planned(number: int) -> QueueItem:
    at = NOON + 1800 * (number + 1)
    return QueueItem(
        f"planned/odds/nfl@{number}", at, "odds", "nfl", f"board for {number + 2} games", "30m",
        Priority.PREFETCH, Priority.HIGH, "game in 30 min then", 3, 0, "planned",
    )  # fmt: skip


OVERVIEW = DashboardSnapshot(
    at=NOON,
    stats=STATS,
    health=HEALTH,
    items=tuple(planned(number) for number in range(12)),
    calls=(
        RecentCall(NOON - 1, "odds", "nfl", "fetch", "IN_FLIGHT", 3, None, None),
        RecentCall(NOON - 62, "espn", "nfl", "prefetch", "SERVER_ERROR", 0, 0, 1.5),
        *(
            RecentCall(NOON - 3600 * hour, "weather", None, "fetch", "FETCHED", 0, 0, 0.142)
            for hour in range(1, 30)
        ),
    ),
)
NOTHING = DashboardSnapshot(NOON, STATS, None, (), ())


def drawn(
    width: int,
    height: int,
    view: View = None,
    overview: DashboardSnapshot = OVERVIEW,
    *,
    encoding: str = "utf-8",
    **more: Any,
) -> list[str]:
    lines = [line.plain for line in page(terminal(width, height, encoding), overview, view, zone=UTC, **more)]
    assert len(lines) <= height
    assert all(
        line.cell_len <= width
        for line in page(terminal(width, height, encoding), overview, view, zone=UTC, **more)
    )
    return lines


def terminal(width: int, height: int, encoding: str = "utf-8") -> Console:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(
        file=file,
        width=width,
        height=height,
        force_terminal=True,
        legacy_windows=False,
        _environ={"TERM": "xterm"},
    )


def titles(lines: list[str]) -> list[Panel]:
    """The panels in the order in which their titles are met, from left to right and from above."""
    return [panel for line in lines for panel in Panel if f"── {panel.value} {panel.name.lower()} ─" in line]


def test_120x40_holds_every_panel_in_two_columns() -> None:
    lines = drawn(120, 40)
    assert sorted(titles(lines)) == list(Panel)
    assert lines[0].startswith("[0 all] 1 limits ")
    assert lines[0].endswith("12:00:00 UTC")
    assert "1 limits" in lines[1]
    assert "3 queue" in lines[1]
    assert lines[-1].startswith("1-5, Tab, arrows")
    page = "\n".join(lines)
    for word in (
        "377 of 500 left",
        "healthy",
        "unhealthy",
        "HTTP 503",
        "12 planned calls: 36 credits",
        "in flight",
        "SERVER_ERROR",
        "75% of 160",
    ):
        assert word in page
    assert len(lines) == 40


def test_80x24_holds_limits_health_and_the_last_calls() -> None:
    lines = drawn(80, 24)
    assert titles(lines) == [Panel.LIMITS, Panel.HEALTH, Panel.CALLS]
    page = "\n".join(lines)
    for word in ("4 of 5", "377 of 500 left", "unhealthy", "half open", "SERVER_ERROR", "more"):
        assert word in page
    assert titles(drawn(80, 24, demo=True)) == [Panel.LIMITS, Panel.HEALTH, Panel.CALLS]


def test_60x20_holds_one_panel_below_its_tab() -> None:
    lines = drawn(60, 20)
    assert lines[0].startswith("[1 limits] 2 health  3 queue  4 calls  5 performance")
    assert titles(lines) == [Panel.LIMITS]
    assert "377 of 500 left" in "\n".join(lines)
    for panel in Panel:
        assert titles(drawn(60, 20, panel)) == [panel]


def test_30x8_still_says_what_matters() -> None:
    assert drawn(30, 8, Panel.HEALTH)[0].split() == ["1", "[2", "health]", "3", "4", "5"]
    assert "unhealthy" in "\n".join(drawn(30, 8, Panel.HEALTH))
    assert "in flight" in "\n".join(drawn(30, 8, Panel.CALLS))
    assert "12 planned calls: 36 credits" in "\n".join(drawn(30, 8, Panel.QUEUE))
    assert any(line.startswith("odds") and "4 of 5" in line for line in drawn(30, 8, Panel.LIMITS))


@given(
    st.integers(1, 250),
    st.integers(1, 80),
    st.sampled_from([None, *Panel]),
    st.sampled_from([OVERVIEW, NOTHING]),
    st.booleans(),
)
def test_whatever_the_size_nothing_is_wider_or_higher(
    width: int, height: int, view: View, overview: DashboardSnapshot, demo: bool
) -> None:
    drawn(width, height, view, overview, demo=demo, trouble="not updated: the state is locked")


@given(st.lists(st.integers(1, 40), min_size=5, max_size=5), st.integers(0, 60))
def test_panels_get_no_more_lines_than_there_are_and_none_is_wasted_while_one_lacks_some(
    natural: list[int], room: int
) -> None:
    wanted = dict(zip(Panel, natural, strict=True))
    given = heights(wanted, room)
    assert sum(given.values()) <= room
    assert all(lines <= wanted[panel] for panel, lines in given.items())
    assert sum(given.values()) == room or all(lines == wanted[panel] for panel, lines in given.items())
    assert all(
        lines == wanted[panel] for panel, lines in given.items() if panel not in (Panel.QUEUE, Panel.CALLS)
    )


def test_a_list_that_is_cut_says_how_many_more_there_are() -> None:
    lines = [line for line in drawn(80, 24, Panel.CALLS) if line]
    assert lines[-2] == "12 more"
    assert len(
        [line for line in lines if "FETCHED" in line or "SERVER_ERROR" in line or "in flight" in line]
    ) + 12 == len(OVERVIEW.calls)


def test_what_is_not_known_is_no_zero() -> None:
    (under_way,) = [line for line in drawn(80, 24, Panel.CALLS) if "in flight" in line]
    assert under_way.split() == ["11:59:59", "odds", "nfl", "fetch", "in", "flight", "3?", UNKNOWN]
    assert "not known" in "\n".join(drawn(80, 24, Panel.HEALTH, NOTHING))
    assert "No call is on record." in "\n".join(drawn(80, 24, Panel.CALLS, NOTHING))
    assert "Nothing waits, and nothing is planned." in "\n".join(drawn(80, 24, Panel.QUEUE, NOTHING))
    nothing = replace(STATS, cache=CacheStats(0, 0, 0, 0, 0, 0))
    assert f"hits   {UNKNOWN}" in "\n".join(
        drawn(80, 24, Panel.PERFORMANCE, replace(OVERVIEW, stats=nothing))
    )


def test_demo_and_trouble_are_told() -> None:
    assert drawn(80, 24, demo=True)[0].startswith("DEMO DATA")
    assert drawn(80, 24, trouble="not updated: locked")[-1] == "not updated: locked"
    assert drawn(80, 5, trouble="locked")[-1] == "locked"


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (30, 8)])
def test_a_terminal_that_knows_ascii_only_gets_no_other(size: tuple[int, int]) -> None:
    for view in (None, *Panel):
        for line in drawn(*size, view, encoding="ascii"):
            line.encode("ascii")


def test_what_a_provider_sends_cannot_steer_the_terminal() -> None:
    evil = replace(WELL, reason="\x1b[2J\nHTTP 500")
    overview = replace(
        OVERVIEW,
        health=HealthReport({"odds": evil}),
        calls=(RecentCall(NOON, "odds", "\x1b[31mnfl", "fetch", "\x07", 0, 0, None),),
    )
    for view in (None, *Panel):
        assert not any(char in line for line in drawn(120, 40, view, overview) for char in "\x1b\x07\n")


def test_tabs_go_round_and_overview_is_one_of_them_where_it_fits() -> None:
    large, small = terminal(80, 24), terminal(60, 20)
    view: View = None
    seen = [view := turned(large, view, 1) for _ in range(6)]
    assert seen == [*Panel, None]
    assert turned(large, None, -1) is Panel.PERFORMANCE
    assert views(small) == tuple(Panel)
    assert turned(small, None, 1) is Panel.HEALTH
    assert turned(small, Panel.LIMITS, -1) is Panel.PERFORMANCE


def test_keys_are_told_apart_however_many_come_at_once() -> None:
    assert KEY.findall("1\x1b[A\x1bOB\x1b[Z\x1b[15~\x1bxq\t\x1b") == [
        "1",
        "\x1b[A",
        "\x1bOB",
        "\x1b[Z",
        "\x1b[15~",
        "\x1bx",
        "q",
        "\t",
        "\x1b",
    ]


def test_the_terminal_and_the_signals_are_as_found_also_after_an_exception() -> None:
    ours, its = pty.openpty()
    before, handlers = termios.tcgetattr(its), [signal.getsignal(number) for number in NOTED]

    def fail() -> None:
        with keyboard(its) as events, events.by_key():
            assert termios.tcgetattr(its) != before
            signal.raise_signal(signal.SIGTERM)
            assert events.wait(60) == ([signal.SIGTERM], [])
            os.write(ours, b"3")
            assert events.wait(60) == ([], ["3"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert termios.tcgetattr(its) == before
    assert [signal.getsignal(number) for number in NOTED] == handlers
    os.close(ours)
    os.close(its)


def test_a_second_signal_ends_even_what_does_not_look() -> None:
    ours, its = pty.openpty()
    with keyboard(its):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    os.close(ours)
    os.close(its)


def test_a_terminal_that_is_gone_quits() -> None:
    ours, its = pty.openpty()
    os.close(ours)
    with keyboard(its) as events:
        assert events.wait(60)[1][0] in QUIT
    os.close(its)
