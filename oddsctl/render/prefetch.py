"""What prefetch did or will do: as documents for scripts, and as a page for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from oddsctl.domain.reports import PrefetchCall
from oddsctl.domain.units import format_duration, iso
from oddsctl.render import spreadsheet, text
from oddsctl.render.documents import dump

if TYPE_CHECKING:
    from rich.console import Console

    from oddsctl.services.prefetch.prefetcher import PrefetchRun

CAUSES = {
    "BUDGET": "not enough credits",
    "NO_PRICES": "no prices",
    "POSTPONED": "postponed",
    "CANCELED": "canceled",
    "STARTED": "already started",
    "TIME_TBD": "start time not known yet",
    "NO_RUN": "prefetch did not run in time",
    "MOVED": "the game moved",
}
COLUMNS = ("at", "api", "sport", "credits", "covers", "outcome")


def document(run: PrefetchRun) -> dict[str, Any]:
    """`oddsctl.prefetch/1`."""
    return {
        "schema": "oddsctl.prefetch/1",
        "calls": [_call(call) for call in run.calls],
        "skipped": [
            {"game": skip.game, "window": skip.window, "reason": skip.reason.value, "detail": skip.detail}
            for skip in run.skipped
        ],
        "credits": run.credits,
    }


def written(run: PrefetchRun, form: str, mark: dict[str, bool], *, raw: bool = False) -> str:
    """The run as JSON, or its calls as JSON lines or CSV."""
    match form:
        case "jsonl":
            return "".join(json.dumps(_call(call) | mark, ensure_ascii=False) + "\n" for call in run.calls)
        case "csv":
            return spreadsheet.written(
                (*COLUMNS, *mark),
                (_call(call) | {"covers": _pairs(call)} | mark for call in run.calls),
                raw=raw,
            )
        case _:
            return dump(document(run) | mark) + "\n"


def missed_lines(run: PrefetchRun) -> Iterable[str]:
    """A line for the windows that this run found missed, with the causes."""
    if run.missed:
        causes = Counter(end.reason for end in run.missed)
        named = ", ".join(f"{run.games.get(end.game, end.game)} {end.window}" for end in run.missed[:3])
        more = f" and {len(run.missed) - 3} more" if len(run.missed) > 3 else ""
        yield (
            f"missed {text.counted(len(run.missed), 'window')} ({', '.join(map(str, causes))}): {named}{more}"
        )


def unpriced_lines(run: PrefetchRun) -> Iterable[str]:
    """A line for the games of which this run found no price."""
    if run.unpriced:
        named = ", ".join(f"{run.games.get(end.game, end.game)} {end.window}" for end in run.unpriced[:3])
        more = f" and {len(run.unpriced) - 3} more" if len(run.unpriced) > 3 else ""
        yield f"no prices for {text.counted(len(run.unpriced), 'game')}: {named}{more}; see oddsctl why"


def skipped_lines(run: PrefetchRun) -> Iterable[str]:
    """A line for each window and cause: how many get no call; and what the credits are that do not reach."""
    skips = Counter((skip.window, skip.detail) for skip in run.skipped)
    for (window, why), count in skips.items():
        yield f"no call: {text.counted(count, window + ' window')}, {CAUSES.get(why, why)}"
    if run.balance and any(skip.detail == "BUDGET" for skip in run.skipped):
        left, kept = text.counted(max(0, run.balance.left), "credit"), text.number(run.balance.kept)
        yield f"{left} left, {kept} kept for your own commands (budget.reserve)"


def nothing_planned(run: PrefetchRun, horizon: float, *, now: float, zone: ZoneInfo) -> str:
    """What is said in place of a plan that is empty: when the next call is due."""
    nothing = f"Nothing is due in the next {format_duration(horizon)}."
    if run.next_at is not None:
        return f"{nothing} Next board: {_clock(run.next_at, zone, now)}."
    if any(skip.detail == "BUDGET" for skip in run.skipped):
        return f"{nothing} There are not enough credits for a board."
    return f"{nothing} No game after that is known yet."


def show_run(console: Console, run: PrefetchRun, *, now: float, zone: ZoneInfo, demo: bool = False) -> None:
    """What was fetched, and what was left out."""
    from oddsctl.render.layout import Column, banner, cell, show_lines, side_by_side

    calls = [
        Column([cell(call.api, "bold") for call in run.calls]),
        Column([cell(call.sport) for call in run.calls]),
        Column([cell(call.outcome) for call in run.calls]),
        Column(
            [
                cell(text.counted(call.credits, "credit"), "yellow" if call.credits else "dim")
                for call in run.calls
            ],
            right=True,
        ),
        Column([cell(_windows(call, run.games)) for call in run.calls]),
    ]
    told = [cell(line, "dim") for line in skipped_lines(run)]
    coming = (
        "no board to buy within the horizon"
        if run.next_at is None
        else f"next board {_clock(run.next_at, zone, now)}"
    )
    first = side_by_side(calls) if run.calls else [cell("nothing was due")]
    with console:
        show_lines(console, [*banner(demo=demo), *first, *told, cell(coming, "dim"), *banner(demo=demo)])


def _call(call: PrefetchCall) -> dict[str, Any]:
    return {
        "at": iso(call.at),
        "api": call.api,
        "sport": call.sport or None,
        "credits": call.credits,
        "covers": [{"game": game, "window": window} for game, window in call.covers],
        "outcome": call.outcome,
    }


def _pairs(call: PrefetchCall) -> str:
    return " ".join(f"{game}@{window}" for game, window in call.covers)


def _windows(call: PrefetchCall, games: Mapping[str, str]) -> str:
    """`30m, 1h for 9 games`, or the game's name where it is one."""
    covered = dict.fromkeys(game for game, _ in call.covers)
    windows = ", ".join(dict.fromkeys(window for _, window in call.covers))
    return (
        f"{windows} for "
        f"{games.get(next(iter(covered)), 'a game') if len(covered) == 1 else f'{len(covered)} games'}"
    )


def _clock(at: float, zone: ZoneInfo, now: float) -> str:
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone).date()
    return (
        f"at {then:%H:%M}"
        if then.date() == today
        else f"on {text.day(then.date(), this_year=today.year)} at {then:%H:%M}"
    )
