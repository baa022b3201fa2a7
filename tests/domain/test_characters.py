"""Characters that steer a terminal or hide: gone from names, escaped at every door, whoever wrote them there;
and formulas in CSV.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from oddsctl.cli.streams import SafeStream
from oddsctl.domain import characters, settings
from oddsctl.domain.errors import StateError
from oddsctl.domain.notices import Warned
from oddsctl.observability import log
from oddsctl.providers import json_values
from oddsctl.render import spreadsheet, text
from oddsctl.render.console import console
from oddsctl.render.layout import cell

UNSAFE = [
    *map(chr, (*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0))),  # C0 but for tab and line end, DEL, C1
    *"\u2028\u2029",
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\xad\u034f\u115f\u1160\u180e\u200b\u200c\u200d\u2060\u2061\u3164\ufe0f\ufeff\uffa0\ufff9",
    *"\U000e0041\U000e007f\U000e0100\U0001d173",
]
HOSTILE = "Li" + "".join(UNSAFE) + "\tons\n"


def unsafe_in(written: str) -> set[str]:
    return set(written) & set(UNSAFE)


def test_names_are_cleaned_where_they_come_in_and_what_is_nothing_but_that_is_no_name() -> None:
    assert json_values.text(HOSTILE) == "Li ons"
    assert [json_values.text(char) for char in UNSAFE] == [None] * len(UNSAFE)
    assert json_values.text("Atl\u00e9tico\xa0 Madrid") == "Atl\u00e9tico Madrid"
    assert json_values.quote(f"no {HOSTILE} here") == "no Li ons here"


@given(st.text())
def test_one_line_is_printable_and_stays_as_it_is(words: str) -> None:
    line = characters.printable_line(words)
    assert line.isprintable()
    assert not unsafe_in(line)
    assert characters.printable_line(line) == line
    assert text.printable(words).isprintable()


@given(
    st.recursive(
        st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_escapes_change_nothing_that_json_says(value: Any) -> None:
    written = characters.escaped(json.dumps({"id": value, "name": HOSTILE}, ensure_ascii=False))
    assert not unsafe_in(written)
    assert json.loads(written) == {"id": value, "name": HOSTILE}


def test_whatever_is_written_to_stdout_or_stderr_is_escaped() -> None:
    page = io.StringIO()
    stream: Any = SafeStream(page)
    print(f"oddsctl: {HOSTILE}", file=stream)
    stream.writelines([HOSTILE, "a\tb\n"])
    assert not unsafe_in(page.getvalue())
    assert page.getvalue().endswith("a\tb\n")
    assert "\\u001b" in page.getvalue()
    assert not hasattr(stream, "buffer")


def test_what_tables_draw_is_safe_and_keeps_the_colours_of_its_own() -> None:
    page = io.StringIO()
    stream: Any = SafeStream(page)
    drawn = console(stream, {"FORCE_COLOR": "1", "TERM": "xterm"})
    drawn.print(Text(f"raw {HOSTILE}", "bold"), cell(HOSTILE), f"plain {HOSTILE}")
    assert unsafe_in(page.getvalue()) == {"\x1b"}
    colours = re.findall(r"\x1b\[[0-9;]*m", page.getvalue())
    assert set(colours) == {"\x1b[1m", "\x1b[0m"}
    assert page.getvalue().count("\x1b") == len(colours)


def test_a_notice_is_one_safe_line_in_the_log_on_stderr_and_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "log.jsonl"
    rules = settings.LogSettings(file=file)
    run = log.RunInfo("fetch", demo=False)

    def fail_after(*notices: Warned) -> None:
        with log.logging_to(rules, tmp_path, run, 2, lambda _: None) as hear:
            for notice in notices:
                hear(notice)
            logging.getLogger("other.library").warning("said %s", HOSTILE)
            raise StateError(HOSTILE)

    with pytest.raises(StateError):
        fail_after(Warned(HOSTILE))
    for written in (file.read_text(), capsys.readouterr().err):
        assert not unsafe_in(written)
    messages = [json.loads(line)["message"] for line in file.read_text().splitlines()]
    assert len(messages) == 3
    assert messages[0] == "Li ons"


@pytest.mark.parametrize(
    "first", ["=", "+", "-", "@", "\t=", "\r=", " =", "\u200b=", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_text_that_a_spreadsheet_would_run_is_quoted_in_csv_and_raw_leaves_it(first: str) -> None:
    name = f"{first}cmd|' /C calc'!A0"
    clean = characters.printable_line(name)
    assert cells([name]) == [f"'{clean}"]
    assert cells([name], raw=True) == [clean]


@pytest.mark.parametrize("number", [-3.5, 3, -110, True, None, "-110", "+150", "-3.5", "1e-5", "-1E+3"])
def test_numbers_stay_numbers_in_csv(number: Any) -> None:
    assert cells([number]) == ["" if number is None else str(number)]


def test_cells_are_one_line_each() -> None:
    assert cells([HOSTILE, 'a,b\n"c"', "Lions"]) == ["Li ons", 'a,b "c"', "Lions"]
    assert cells([HOSTILE], raw=True) == ["Li ons"]


def cells(values: list[Any], *, raw: bool = False) -> list[str]:
    names = [f"column{number}" for number in range(len(values))]
    written = spreadsheet.written(names, [dict(zip(names, values, strict=True))], raw=raw)
    head, row = csv.reader(io.StringIO(written))
    assert head == names
    return row
