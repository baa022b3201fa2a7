"""Rows as CSV that a spreadsheet reads as data: one line a row, no control characters, and no text taken for
a formula.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO

from oddsctl.domain import characters

_FORMULA = re.compile(r"[=+\-@\uff1d\uff0b\uff0d\uff20]")
"""What a formula begins with, in its wide forms too."""
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def written(columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, raw: bool = False) -> str:
    """A header and the rows.

    What is not known is empty. `raw` leaves texts that look like formulas as they are.
    """
    out = StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value, raw=raw) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _cell(value: object, *, raw: bool) -> object:
    """Numbers are as they are.

    A text that a spreadsheet would run gets an apostrophe in front, as one typed there would.
    """
    if not isinstance(value, str):
        return value
    text = (value if characters.is_safe(value) else characters.printable_line(value)).strip()
    if raw or not _FORMULA.match(text) or _NUMBER.fullmatch(text):
        return text
    return f"'{text}"
