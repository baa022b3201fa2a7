"""One public name, one meaning."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "oddsctl"


def test_no_public_class_name_stands_for_two_things() -> None:
    """The simulated world is apart: its games and prices are what the real ones are made from."""
    places = defaultdict(list)
    for file in PACKAGE.rglob("*.py"):
        place = file.relative_to(PACKAGE)
        if place.parts[0] != "sandbox":
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(str(place))
    assert len(places) > 100
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
