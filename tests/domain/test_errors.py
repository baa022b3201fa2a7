"""The tree of errors: each class says how it counts; codes that stand as strings are codes of the tree."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from oddsctl.domain import errors, provider_errors
from oddsctl.domain.errors import AttemptKind, OddsctlError, Remember, family, one_line
from oddsctl.domain.provider_errors import OutOfCreditsError, ProviderError, named
from oddsctl.domain.requests import Reason, Refusal
from oddsctl.policy import prefetch_plan, reasons

PACKAGE = Path(errors.__file__).parents[1]
TREE = tuple(kind for kind in family() if kind.__module__ in (errors.__name__, provider_errors.__name__))
ROOMS = ("domain", "policy", "services", "orchestration", "state", "records", "render")
"""Where codes are ours: providers and the sandbox speak as providers do."""
OTHER_WORDS = frozenset(
    (
        *("IN_FLIGHT", "NO_RUN", "UNFINISHED"),
        *("COLUMNS", "FORCE_COLOR", "NO_COLOR", "ODDS_API_KEY", "YYYYMM"),
    )
)
"""What else stands in capitals: a call that has not ended, why no run knew of a window, variables, a date."""


@pytest.mark.parametrize("kind", TREE)
def test_every_class_has_each_attribute(kind: type[OddsctlError]) -> None:
    flags = (kind.retryable, kind.trips_breaker, kind.is_unreadable, kind.is_from_call)
    assert {type(flag) for flag in flags} == {bool}
    assert isinstance(kind.health, AttemptKind)
    assert isinstance(kind.remember, Remember)
    assert Reason(kind.reason_when_stale).startswith("STALE_")
    assert Reason(kind.reason_when_nothing) in (Reason.NONE, Reason.NO_KEY) or Reason(
        kind.reason_when_nothing
    ).startswith("REFUSED_")


@pytest.mark.parametrize("kind", [kind for kind in TREE if not issubclass(kind, ProviderError)])
def test_only_an_error_from_a_provider_speaks_of_the_provider(kind: type[OddsctlError]) -> None:
    flags = (kind.retryable, kind.trips_breaker, kind.is_unreadable, kind.is_from_call)
    assert flags == (False,) * 4
    assert kind.remember is Remember.NEVER


REMEMBERED = {
    Remember.UNTIL_KEY_CHANGES: "key",
    Remember.UNTIL_GAME: "game",
    Remember.A_DAY: "day",
    Remember.NEVER: "never",
}


def cells(kind: type[OddsctlError]) -> tuple[str, ...]:
    """The row of the table that the class should have."""
    remembered = "if paid" if kind.is_unreadable else REMEMBERED[kind.remember]
    return (
        kind.code,
        "yes" if kind.retryable else "no",
        kind.health.value.replace("_", " "),
        "yes" if kind.trips_breaker else "no",
        remembered,
        f"{kind.reason_when_stale}/{kind.reason_when_nothing}".replace("STALE_", "").replace("REFUSED_", ""),
    )


def test_the_table_at_the_top_of_the_module_is_the_tree() -> None:
    lines = (errors.__doc__ or "").splitlines()
    head = next(line for line in lines if line.split()[:2] == ["class", "code"])
    starts = [match.start() for match in re.finditer(r"\S+", head)]
    ends = [*starts[1:], None]
    rows = [
        [line[a:b].strip() for a, b in zip(starts, ends, strict=True)]
        for line in lines[lines.index(head) + 1 :]
        if line.startswith("    ")
    ]
    root = rows[0]
    assert len(rows) == len(TREE)
    for kind, row in zip(TREE, rows, strict=True):
        filled = [mine if mine != "." else of_root for mine, of_root in zip(row, root, strict=True)]
        assert kind.__name__.startswith(filled[0].removesuffix("."))
        assert tuple(filled[1:]) == cells(kind)


def test_every_code_that_stands_as_a_string_is_a_code_of_ours() -> None:
    known = {kind.code for kind in TREE} | OTHER_WORDS
    known |= {word.value for words in (Reason, Refusal, prefetch_plan.Why) for word in words}
    strangers = {
        (str(file.relative_to(PACKAGE)), node.value)
        for room in ROOMS
        for file in (PACKAGE / room).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"[A-Z]+(_[A-Z]+)+|[A-Z]{6,}", node.value)
        if node.value not in known and not node.value.startswith("ODDSCTL_")
    }
    assert strangers == set()


def test_a_code_names_its_class() -> None:
    assert named("OUT_OF_CREDITS") is OutOfCreditsError
    assert named("EVENT_GONE") is provider_errors.EventGoneError
    assert named("TIMEOUT") is named("NO_SUCH_CODE") is ProviderError


def test_an_account_without_credits_is_a_lack_of_credits_as_the_budget_is() -> None:
    assert {"BUDGET", "RESERVE", "MAX_CREDITS", "OUT_OF_CREDITS"} < reasons.UNBOUGHT
    assert not reasons.UNBOUGHT & {"RATE", "BREAKER", "RATE_LIMITED", "NO_KEY", "OUT_OF_USAGE_CREDITS"}


def test_one_line_is_the_message_and_what_to_do() -> None:
    assert one_line(OddsctlError("espn: broken")) == "espn: broken"
    assert one_line(OddsctlError("no key", hint="set odds.key")) == "no key (set odds.key)"
