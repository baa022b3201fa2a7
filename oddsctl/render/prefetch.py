"""What prefetch did or will do: as documents for scripts, and as a page for people."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from io import StringIO
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from oddsctl.messages.prefetched import PrefetchCall
from oddsctl.render import text
from oddsctl.render.documents import dump
from oddsctl.times import iso

if TYPE_CHECKING:
    from rich.console import Console

    from oddsctl.prefetch import Run

COLUMNS = ("at", "api", "sport", "credits", "covers", "outcome")


def document(run: Run) -> dict[str, Any]:
    """`oddsctl.prefetch/1`."""
    return {
        "schema": "oddsctl.prefetch/1",
        "calls": [_call(call) for call in run.calls],
        "skipped": [{"game": skip.game, "window": skip.window, "reason": skip.reason.value, "detail": skip.detail} for skip in run.skipped],
        "credits": run.credits,
    }


def written(run: Run, form: str, mark: dict[str, bool]) -> str:
    """The run as JSON, or its calls as JSON lines or CSV."""
    match form:
        case "jsonl":
            return "".join(json.dumps(_call(call) | mark, ensure_ascii=False) + "\n" for call in run.calls)
        case "csv":
            out = StringIO(newline="")
            writer = csv.DictWriter(out, (*COLUMNS, *mark), lineterminator="\n")
            writer.writeheader()
            writer.writerows(_call(call) | {"covers": _pairs(call)} | mark for call in run.calls)
            return out.getvalue()
        case _:
            return dump(document(run) | mark) + "\n"


def missed_lines(run: Run) -> Iterable[str]:
    """A line for the windows that this run found missed, with the causes."""
    if run.missed:
        causes = Counter(end.reason for end in run.missed)
        named = ", ".join(f"{run.games.get(end.game, end.game)} {end.window}" for end in run.missed[:3])
        more = f" and {len(run.missed) - 3} more" if len(run.missed) > 3 else ""
        yield f"missed {text.counted(len(run.missed), 'window')} ({', '.join(map(str, causes))}): {named}{more}"


def unpriced_lines(run: Run) -> Iterable[str]:
    """A line for the games of which this run found no price."""
    if run.unpriced:
        named = ", ".join(f"{run.games.get(end.game, end.game)} {end.window}" for end in run.unpriced[:3])
        more = f" and {len(run.unpriced) - 3} more" if len(run.unpriced) > 3 else ""
        yield f"no prices for {text.counted(len(run.unpriced), 'game')}: {named}{more}; see oddsctl why"


def skipped_lines(run: Run) -> Iterable[str]:
    """A line for each window and cause: how many get no call."""
    skips = Counter((skip.window, skip.detail) for skip in run.skipped)
    return (f"no call: {text.counted(count, window + ' window')}, {why}" for (window, why), count in skips.items())


def show_run(console: Console, run: Run, *, now: float, zone: ZoneInfo, demo: bool = False) -> None:
    """What was fetched, and what was left out."""
    from oddsctl.render.layout import Column, banner, cell, show_lines, side_by_side

    calls = [
        Column([cell(call.api, "bold") for call in run.calls]),
        Column([cell(call.sport) for call in run.calls]),
        Column([cell(call.outcome) for call in run.calls]),
        Column([cell(text.counted(call.credits, "credit"), "yellow" if call.credits else "dim") for call in run.calls], right=True),
        Column([cell(_windows(call, run.games)) for call in run.calls]),
    ]
    told = [cell(line, "dim") for line in skipped_lines(run)]
    coming = "no board to buy within the horizon" if run.next_at is None else f"next board {_clock(run.next_at, zone, now)}"
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
    return f"{windows} for {games.get(next(iter(covered)), 'a game') if len(covered) == 1 else f'{len(covered)} games'}"


def _clock(at: float, zone: ZoneInfo, now: float) -> str:
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone).date()
    return f"at {then:%H:%M}" if then.date() == today else f"on {text.day(then.date(), this_year=today.year)} at {then:%H:%M}"
