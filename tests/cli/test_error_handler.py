"""What the command line does before and after a command, whatever machine it is on."""

from __future__ import annotations

import io
import json

import pytest

from oddsctl.cli import error_handler

NAMES = {"home": "Estadio Ramón Sánchez-Pizjuán — Sevilla", "away": "Beşiktaş 🏟"}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@pytest.mark.parametrize(
    "argv", [["fetch", "nfl", "--json"], ["--format", "jsonl", "fetch", "nfl"], ["batch", "-"]], ids=" ".join
)
def test_json_loses_no_letter_where_stdout_has_no_code_for_it(argv: list[str], encoding: str) -> None:
    page = io.BytesIO()
    stream = io.TextIOWrapper(page, encoding=encoding)
    stream.reconfigure(errors=error_handler._errors(argv))
    stream.write(json.dumps(NAMES, ensure_ascii=False))
    stream.flush()
    assert json.loads(page.getvalue().decode(encoding)) == NAMES


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_table_shows_a_question_mark_there(encoding: str) -> None:
    page = io.BytesIO()
    stream = io.TextIOWrapper(page, encoding=encoding)
    stream.reconfigure(errors=error_handler._errors(["fetch", "nfl"]))
    stream.write("50°F: ok 🏟")
    stream.flush()
    assert page.getvalue().decode(encoding).endswith("F: ok ?")
