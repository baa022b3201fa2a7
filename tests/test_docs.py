"""The docs cannot lie: what README, changelog and pictures say is what the program is and does."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from docs import make_pictures
from oddsctl import config
from oddsctl.cli.main import app
from oddsctl.cli.options import STRICTLY_INCOMPLETE
from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.requests import Priority, Reason
from oddsctl.policy.circuit_breaker import TRANSITIONS, BreakerState
from oddsctl.policy.prefetch_plan import Why
from oddsctl.services import batch_file
from oddsctl.services.board_sources import NO_PRICES
from oddsctl.services.prefetch.window_results import NO_RUN
from tests.e2e.harness import NOW, PATIENCE, PYTHON, in_days, shifted

ROOT = Path(__file__).parents[1]
PAGES = {
    page: page.read_text(encoding="utf-8")
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
README = "\n".join(PAGES.values())
"""The README and the pages below `docs/`, as one."""
PROSE = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)

NOT_RUN = {
    "python3 -m venv": "CI runs it, on a machine that has a network",
    "export": "sets a variable of the reader's shell",
}
"""How lines of `sh` blocks begin that no test runs, and why."""


def commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command and group, by the words that call it."""

    def below(words: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        yield words, command
        for name, inner in getattr(command, "commands", {}).items():
            yield from below((*words, name), inner)

    return below(("oddsctl",), typer.main.get_command(app))


def long_options(command: Any) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


def errors(kind: type[OddsctlError] = OddsctlError) -> Iterator[type[OddsctlError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from errors(narrower)


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def lines(language: str) -> list[str]:
    return [line for block in blocks(language) for line in block.splitlines() if line]


def table(heading: str) -> list[str]:
    """The first cells of the README's table that begins with this cell."""
    (rows,) = re.findall(
        rf"^\| {re.escape(heading)} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", README, flags=re.MULTILINE
    )
    return [re.split(r"(?<!\\)\|", row)[1].strip() for row in rows.splitlines()]


COMMANDS = dict(commands())
CALLS = {" ".join(words): command for words, command in COMMANDS.items() if not hasattr(command, "commands")}
OPTIONS_NAMED = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", README))
SHOWN = [line for line in lines("sh") if line.startswith("oddsctl ")]


# ── commands and options ──


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_says_what_it_does(words: tuple[str, ...]) -> None:
    assert (COMMANDS[words].help or "").strip()


@pytest.mark.parametrize("call", CALLS)
def test_each_command_has_its_place_in_the_readme(call: str) -> None:
    assert any(set(call.split()) <= set(re.findall(r"\w+", cell)) for cell in table("command")), (
        "no row of the table names it"
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_long_option_is_named_in_the_readme(words: tuple[str, ...]) -> None:
    assert long_options(COMMANDS[words]) - OPTIONS_NAMED == set()


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    called = re.findall(r"oddsctl((?: -[\w-]+)* [a-z]+(?: [a-z]+)?)", README)
    promised = {tuple(word for word in words.split() if not word.startswith("-")) for words in called}
    for first, *rest in promised:
        group = COMMANDS.get(("oddsctl", first))
        assert group is not None, f"oddsctl {first}"
        if rest and hasattr(group, "commands"):
            assert ("oddsctl", first, *rest) in COMMANDS, f"oddsctl {first} {rest[0]}"


def test_the_readme_names_no_option_that_does_not_exist() -> None:
    known = {option for command in COMMANDS.values() for option in long_options(command)} | {"--help"}
    assert OPTIONS_NAMED - known == set()


# ── codes ──


def test_the_table_of_reasons_is_the_closed_set() -> None:
    assert sorted(code for cell in table("reason") for code in re.findall(r"`(\w+)`", cell)) == sorted(Reason)


def test_the_table_of_exit_codes_is_what_the_program_exits_with() -> None:
    told = {int(code) for cell in table("exit code") for code in re.findall(r"\d+", cell)}
    assert told == {kind.exit_code for kind in errors()} | {0, STRICTLY_INCOMPLETE, 130, 143}


def test_no_code_in_the_readme_is_made_up() -> None:
    known = {*Reason, *Why, NO_RUN, NO_PRICES, *(kind.code for kind in errors())}
    codes = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", PROSE))
    variables = {code for code in codes if code.startswith("ODDS") or code.endswith("_COLOR")}
    assert codes - variables - known == set()


# ── what it draws and lists ──


def test_the_diagram_of_the_breaker_is_the_table_it_follows() -> None:
    """Events that change nothing are left out of the drawing."""
    (diagram,) = blocks("mermaid")
    (beginning,) = re.findall(r"^ *\[\*\] --> (\w+)$", diagram, flags=re.MULTILINE)
    arrows = re.findall(r"^ *(\w+) --> (\w+): (.+)$", diagram, flags=re.MULTILINE)
    assert len(arrows) + 2 == len(diagram.splitlines()), "a line that is neither"
    drawn = [(before, event, after) for before, after, events in arrows for event in events.split(", ")]
    assert beginning == BreakerState().state
    assert sorted(drawn) == sorted(
        (before, event, after) for (before, event), after in TRANSITIONS.items() if before != after
    )


def test_the_fields_and_priorities_of_a_batch_are_all_told() -> None:
    told = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")
    words = {word for quoted in re.findall(r"`([a-z ]+)`", told) for word in quoted.split()}
    assert {
        *batch_file.FIELDS,
        *(field for fields in batch_file.FIELDS.values() for field in fields),
    } - words == set()
    assert f"`{' '.join(Priority.__members__).lower()}`" in told


def test_the_architecture_names_what_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    files = set(re.findall(r"(?<![\w./])(?!tests)(?:[a-z_]+/)*[a-z_]+(?:\.py|/(?=\s))", text)) - {"oddsctl/"}
    assert len(files) > 30
    assert [name for name in sorted(files) if not any(ROOT.glob(f"oddsctl/**/{name.rstrip('/')}"))] == []
    source = "".join(file.read_text(encoding="utf-8") for file in ROOT.glob("oddsctl/**/*.py"))
    names = set(re.findall(r"`([A-Z]\w+)", text)) - {"App"}
    assert len(names) > 15
    assert [name for name in sorted(names) if f"class {name}" not in source] == []


def test_the_rooms_of_the_architecture_are_those_of_the_package() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in ROOT.glob("oddsctl/*/__init__.py")}
    assert set(re.findall(r"^  ([a-z_]+)/ ", text, flags=re.MULTILINE)) == rooms


# ── what it shows runs ──


def test_each_line_of_a_shell_block_is_run_or_has_a_reason_not_to() -> None:
    assert [line for line in lines("sh") if line not in SHOWN and not line.startswith(tuple(NOT_RUN))] == []


def run(words: str, home: Path) -> subprocess.CompletedProcess[str]:
    """An `oddsctl` line in an empty home, with `--demo` put in."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home)} | PYTHON | shifted(NOW)
    command = [sys.executable, "-m", "oddsctl", "--demo", *shlex.split(words)[1:]]
    return subprocess.run(
        command,
        env=env,
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def write_wishes(home: Path) -> None:
    """The README's requests for `batch`, for the day after the test's instead of the one they name: no
    forecast covers every day.
    """
    (wishes,) = blocks("jsonl")
    (home / "wishes.jsonl").write_text(
        re.sub(r"\d{4}-\d\d-\d\d", in_days(1).date().isoformat(), wishes), encoding="utf-8"
    )


@pytest.mark.parametrize("line", SHOWN)
def test_each_command_shown_runs(line: str, tmp_path: Path) -> None:
    write_wishes(tmp_path)
    words, _, sift = line.partition(" | ")
    done = run(words, tmp_path)
    assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr
    if sift and shutil.which(
        "jq"
    ):  # the developer's own tool: what it gives is looked at where it is installed
        sifted = subprocess.run(
            shlex.split(sift),
            input=done.stdout,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert (sifted.returncode, bool(sifted.stdout.strip())) == (0, True), sifted.stderr


def test_the_batch_shown_costs_what_the_readme_says_and_why_tells_of_it(tmp_path: Path) -> None:
    write_wishes(tmp_path)
    done = run("oddsctl batch wishes.jsonl", tmp_path)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["a", "b", "c", "d"]
    assert all("data" in answer for answer in answers)
    assert f"`{done.stderr.splitlines()[-1]}`" in README
    assert "FETCHED, 3 credits" in run("oddsctl why", tmp_path).stdout


def test_the_line_for_cron_says_nothing(tmp_path: Path) -> None:
    (line,) = lines("crontab")
    words = line[line.index("oddsctl ") : line.index(" > ")]
    done = run(words, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("setting", [line.removeprefix("# ") for line in lines("toml") if " = " in line])
def test_each_setting_shown_is_sound(setting: str, tmp_path: Path) -> None:
    """Those in comments, which stand for another choice, as well. All are of one section."""
    (section,) = [line for line in lines("toml") if line.startswith("[")]
    file = tmp_path / "config.toml"
    file.write_text(f"{section}\n{setting}\n", encoding="utf-8")
    assert not config.check(file=file, env={})


@pytest.mark.parametrize("sign", [r"fetch nfl", r"bin/pytest"])
def test_the_two_commands_for_a_fresh_machine_stand_once_each_in_a_block_of_their_own(sign: str) -> None:
    """CI takes them from here."""
    (line,) = re.findall(rf"^python3 -m venv .*{sign}.*$", README, flags=re.MULTILINE)
    assert f"{line}\n" in blocks("sh")


# ── pictures, links, changelog ──


def test_the_pictures_show_what_the_program_shows_now() -> None:
    """When the change is meant: `python -m docs.make_pictures`."""
    kept = {file.name: file.read_text(encoding="utf-8") for file in make_pictures.FOLDER.iterdir()}
    assert kept == make_pictures.pictures()


def test_each_picture_is_shown() -> None:
    for name in make_pictures.pictures():
        assert f"pictures/{name})" in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_in_the_checkout_is_there(page: Path) -> None:
    anchors = {
        f"#{heading.lower().replace(' ', '-')}"
        for heading in re.findall(r"^#+ ([\w ]+)$", PAGES[page], flags=re.MULTILINE)
    }
    targets = re.findall(r"\]\((?!https://)([^)]+)\)", PAGES[page])
    assert [
        target for target in targets if target not in anchors and not (page.parent / target).is_file()
    ] == []


def test_the_readme_links_to_every_other_page() -> None:
    page, *others = PAGES
    assert [other.name for other in others if f"](docs/{other.name})" not in PAGES[page]] == []


def test_the_changelog_has_a_place_for_what_is_not_released_yet() -> None:
    headings = re.findall(
        r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert headings[0] == "Unreleased"
