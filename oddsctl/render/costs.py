"""What groups of calls cost: as a table for people, as CSV and JSON lines for scripts.

Nothing that may have been charged is shown as 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from oddsctl.domain.units import iso
from oddsctl.records.call_report import CallRow
from oddsctl.render import spreadsheet, text
from oddsctl.render.layout import Column, banner, cell, show_lines, side_by_side, width

Facts = Mapping[str, Any]
COLUMNS = [field.name for field in fields(CallRow)]


def show_costs(console: Console, document: Facts, *, zone: ZoneInfo, demo: bool = False) -> None:
    """Print the groups that cost anything, and the sum. Free calls are only counted."""
    by: Sequence[str] = document["by"]
    dear = [group for group in document["groups"] if group["credits"] or group["maybe_charged"]]
    mark = banner(demo=demo)
    with console:  # written at once
        show_lines(console, mark)
        if dear:
            rows = [([group[field] for field in by], group) for group in dear]
            show_lines(console, [*group_lines(console, by, rows), Text()])
        for line in _sums(document, dear, zone):
            console.print(line)
        show_lines(console, mark)


def group_lines(
    console: Console, heads: Sequence[str], rows: Sequence[tuple[Sequence[str | None], Facts]]
) -> list[Text]:
    """A line a group, under a head.

    Errors are left out where the terminal has no room for them, what never happened everywhere.
    """
    names = [
        Column([cell(head, "dim"), *(cell(values[number] or "none") for values, _ in rows)])
        for number, head in enumerate(heads)
    ]
    numbers = {
        "calls": [text.number(sums["calls"]) for _, sums in rows],
        "errors": [text.number(sums["errors"]) for _, sums in rows],
        "credits": [_credits(sums) for _, sums in rows],
        "maybe charged": [text.number(sums["maybe_charged"]) for _, sums in rows],
    }
    if not any(sums["maybe_charged"] for _, sums in rows):
        del numbers["maybe charged"]
    lines = _table(names, numbers)
    if width(lines) > console.width:
        del numbers["errors"]
        lines = _table(names, numbers)
    return lines


def calls_jsonl(calls: Iterable[CallRow], mark: Mapping[str, bool]) -> str:
    """One call a line."""
    return "".join(
        json.dumps({**asdict(call), "at": iso(call.at), **mark}, ensure_ascii=False) + "\n" for call in calls
    )


def calls_csv(calls: Iterable[CallRow], *, demo: bool, raw: bool = False) -> str:
    """One call a row, after a header. What is not known is empty."""
    listed = ({**asdict(call), "at": iso(call.at), "demo": json.dumps(demo)} for call in calls)
    return spreadsheet.written([*COLUMNS, "demo"], listed, raw=raw)


def groups_csv(document: Facts, *, demo: bool, raw: bool = False) -> str:
    """One group a row, after a header."""
    columns = [*document["by"], "calls", "errors", "credits", "maybe_charged", "demo"]
    return spreadsheet.written(
        columns, ({**group, "demo": json.dumps(demo)} for group in document["groups"]), raw=raw
    )


def groups_jsonl(document: Facts, mark: Mapping[str, bool]) -> str:
    """One group a line."""
    return "".join(json.dumps({**group, **mark}, ensure_ascii=False) + "\n" for group in document["groups"])


def _table(names: Sequence[Column], numbers: Mapping[str, Sequence[str]]) -> list[Text]:
    counted = [
        Column([cell(head, "dim"), *map(cell, values)], right=True) for head, values in numbers.items()
    ]
    return side_by_side([*names, *counted])


def _credits(sums: Facts) -> str:
    return text.UNKNOWN if sums["maybe_charged"] and not sums["credits"] else text.number(sums["credits"])


def _sums(document: Facts, dear: Sequence[Facts], zone: ZoneInfo) -> list[str]:
    total = document["total"]
    doubt = f"; {text.number(total['maybe_charged'])} more maybe charged" if total["maybe_charged"] else ""
    beginning = f"since {text.moment(document['since'], zone)}" if document["since"] else "on record"
    lines = [
        (
            f"{text.counted(total['credits'], 'credit')} in {text.counted(total['calls'], 'call')} "
            f"{beginning}{doubt}"
        )
    ]
    if hidden := total["calls"] - sum(group["calls"] for group in dear):
        lines.append(f"not listed: {text.counted(hidden, 'call')} in groups that cost nothing")
    return lines
