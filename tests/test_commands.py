"""Commands are thin, and the names of documents stand in one place."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "oddsctl"
SCHEMA = re.compile(r'"oddsctl\.\w+/\d+"')
STORED = {"records/decisions.py"}
"""The reasons of a run are kept as the document that `why` shows."""


def test_schema_names_stand_in_render_only() -> None:
    places = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if SCHEMA.search(file.read_text(encoding="utf-8"))
    }
    assert len(places) > 3
    assert {place for place in places if not place.startswith("render/")} - STORED == set()
