"""What prefetch will cost, as documents for scripts and as a page for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from oddsctl.domain.units import EASTERN, format_duration, iso
from oddsctl.policy.cost_projection import DayCost, Saving
from oddsctl.render import spreadsheet, text
from oddsctl.render.documents import dump

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from oddsctl.services.prefetch.cost_forecast import CostForecast


def document(ahead: CostForecast) -> dict[str, Any]:
    """`oddsctl.plan/1`. Days are those of the user's zone."""
    planned, means = ahead.outlay, ahead.means
    return {
        "schema": "oddsctl.plan/1",
        "from": iso(ahead.since),
        "until": iso(ahead.until),
        "sports": list(ahead.sports),
        "calls": _whole(planned.calls),
        "credits": _whole(planned.credits),
        "wanted": {"calls": _whole(planned.wanted_calls), "credits": _whole(planned.wanted_credits)},
        "spendable": means.spendable,
        "reserve": ahead.reserve,
        "own_per_day": round(means.own_per_day, 1),
        "reset_at": iso(means.reset_at),
        "runs_out": planned.runs_out.isoformat() if planned.runs_out else None,
        "days": [_day(day) for day in planned.days],
        "cuts": [
            {
                "kind": cut.kind,
                "without": _named(cut),
                "credits": _whole(cut.credits),
                "saves": _whole(cut.saves),
            }
            for cut in planned.cuts
        ],
    }


def written(ahead: CostForecast, form: str, mark: dict[str, bool], *, raw: bool = False) -> str:
    """The plan as JSON, or its days as JSON lines or CSV."""
    days = [_day(day) for day in ahead.outlay.days]
    match form:
        case "jsonl":
            return "".join(json.dumps(day | mark) + "\n" for day in days)
        case "csv":
            columns = ("day", "games", "calls", "credits", "sports", "windows", "estimated", *mark)
            return spreadsheet.written(
                columns,
                (day | {name: _pairs(day[name]) for name in ("sports", "windows")} | mark for day in days),
                raw=raw,
            )
        case _:
            return dump(document(ahead) | mark) + "\n"


def show_plan(console: Console, ahead: CostForecast, *, zone: ZoneInfo, demo: bool = False) -> None:
    """The sum and whether it can be paid, the days, and what could be spared."""
    from rich.text import Text

    from oddsctl.render.layout import banner, show_lines

    folded = [part for line in _summary(ahead, zone) for part in line.wrap(console, console.width)]
    parts = [folded, _days(ahead), _cuts(ahead)]
    with console:
        show_lines(console, banner(demo=demo))
        for number, part in enumerate(part for part in parts if part):
            show_lines(console, [Text(), *part] if number else part)
        show_lines(console, banner(demo=demo))


def _summary(ahead: CostForecast, zone: ZoneInfo) -> list[Text]:
    from oddsctl.render.layout import cell

    planned, means = ahead.outlay, ahead.means
    year = datetime.fromtimestamp(ahead.since, EASTERN).year
    until = datetime.fromtimestamp(ahead.until, zone)
    cost = (
        f"{text.counted(_whole(planned.credits), 'credit')} in {text.counted(_whole(planned.calls), 'call')}"
    )
    own = f", {text.number(means.own_per_day)} a day by your own commands" if means.own_per_day else ""
    lines = [
        cell(f"{' '.join(ahead.sports)} until {text.day(until.date(), this_year=year)}: {cost}", "bold"),
        cell(
            f"{text.counted(means.spendable, 'credit')} to spend, {text.number(ahead.reserve)} kept in "
            f"reserve{own}"
        ),
    ]
    if (missing := _whole(planned.wanted_credits) - _whole(planned.credits)) > 0:
        calls = text.counted(_whole(planned.wanted_calls), "call")
        lines.append(
            cell(
                f"every window would take {calls}: {text.counted(missing, 'credit')} more than can be spent",
                "yellow",
            )
        )
    if planned.runs_out:
        lines.append(
            cell(
                f"they run out on {text.day(planned.runs_out, this_year=year)}: the farthest windows are "
                "cut first",
                "yellow",
            )
        )
    elif planned.days:
        lines.append(cell("enough for every window", "green"))
    return lines


def _days(ahead: CostForecast) -> list[Text]:
    from oddsctl.render.layout import Column, cell, side_by_side

    days = ahead.outlay.days
    if not days and ahead.outlay.wanted_calls:
        return [cell("no board can be bought with the credits there are to spend")]
    if not days:
        return [cell("no game in this time, so no paid call")]
    windows = sorted({window for day in days for window in day.by_window}, reverse=True)
    year = datetime.fromtimestamp(ahead.since, EASTERN).year

    def column(title: str, cells: list[str], *, right: bool = True) -> Column:
        return Column([cell(title, "dim"), *map(cell, cells)], right=right)

    sports = (
        [column(name, [_amount(day.by_sport.get(name)) for day in days]) for name in ahead.sports]
        if len(ahead.sports) > 1
        else []
    )
    guessed = [cell("~ in part like the days before it", "dim")] if any(day.estimated for day in days) else []
    table = side_by_side(
        [
            column(
                "day",
                [text.day(day.day, this_year=year) + (" ~" if day.estimated else "") for day in days],
                right=False,
            ),
            column("games", [_amount(day.games) for day in days]),
            column("calls", [_amount(day.calls) for day in days]),
            column("credits", [_amount(day.credits) for day in days]),
            *sports,
            *(
                column(format_duration(window), [_amount(day.by_window.get(window)) for day in days])
                for window in windows
            ),
        ]
    )
    return [*table, *guessed]


def _cuts(ahead: CostForecast) -> list[Text]:
    from oddsctl.render.layout import Column, cell, side_by_side

    cuts = [cut for cut in ahead.outlay.cuts if _whole(cut.saves)]
    if not cuts:
        return []
    return side_by_side(
        [
            Column([cell("without", "dim"), *(cell(f"{cut.kind} {_named(cut)}") for cut in cuts)]),
            Column([cell("credits", "dim"), *(cell(_amount(cut.credits)) for cut in cuts)], right=True),
            Column([cell("saves", "dim"), *(cell(_amount(cut.saves)) for cut in cuts)], right=True),
        ]
    )


def _day(day: DayCost) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "games": _whole(day.games),
        "calls": _whole(day.calls),
        "credits": _whole(day.credits),
        "sports": {name: _whole(amount) for name, amount in day.by_sport.items()},
        "windows": {
            format_duration(window): _whole(amount)
            for window, amount in sorted(day.by_window.items(), reverse=True)
        },
        "estimated": day.estimated,
    }


def _named(cut: Saving) -> str:
    return cut.without if isinstance(cut.without, str) else format_duration(cut.without)


def _amount(value: float | None) -> str:
    return text.number(_whole(value)) if value else ""


def _whole(value: float) -> int:
    return round(value)


def _pairs(amounts: Mapping[str, int]) -> str:
    return " ".join(f"{name}:{amount}" for name, amount in amounts.items())
