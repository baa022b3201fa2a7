"""Findings as a page for people, from the `oddsctl.doctor/1` document.

Nothing is cut: lines that are too long are wrapped.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from oddsctl.render import text
from oddsctl.render.layout import GAP, banner, cell, show_lines

STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}
NARROWEST = 12
"""Cells for the words of a finding, however narrow the terminal is."""


def show_doctor(console: Console, document: Mapping[str, Any], *, demo: bool = False) -> None:
    """Print each finding, what to do about it below, and a last line that sums up."""
    findings: Sequence[Mapping[str, Any]] = document["findings"]
    wide = max(len(finding["check"]) for finding in findings)
    mark = banner(demo=demo)
    with console:  # written at once
        show_lines(console, mark)
        for finding in findings:
            for line in _lines(finding, wide, console.width):
                console.print(line, soft_wrap=True)
        show_lines(console, [Text(), _sum(findings), *mark])


def _lines(finding: Mapping[str, Any], wide: int, width: int) -> list[Text]:
    state = finding["state"]
    margin = len("problem") + wide + 2 * GAP
    room = max(NARROWEST, width - margin)
    words = _wrapped(finding["message"], room)
    head = Text.assemble(
        (f"{state:<{len('problem') + GAP}}", STYLES[state]),
        (f"{finding['check']:<{wide + GAP}}", "bold"),
        words[0],
    )
    remedy = _wrapped(finding["remedy"], room - GAP) if finding["remedy"] else []
    return [
        head,
        *(cell(" " * margin + line) for line in words[1:]),
        *(
            cell(" " * margin + ("> " if not number else "  ") + line, "dim")
            for number, line in enumerate(remedy)
        ),
    ]


def _wrapped(words: str, room: int) -> list[str]:
    return textwrap.wrap(text.printable(words), room, break_long_words=False, break_on_hyphens=False) or [""]


def _sum(findings: Sequence[Mapping[str, Any]]) -> Text:
    counts = {state: sum(finding["state"] == state for finding in findings) for state in STYLES}
    told = [text.counted(counts[state], state) for state in ("problem", "warning") if counts[state]]
    return Text(", ".join(told) or "all is well", "bold")
