"""The log: notices and libraries' records in one place, without secrets, in a file that many processes
share.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from oddsctl.domain import settings
from oddsctl.domain.errors import ConfigError
from oddsctl.domain.notices import CallFinished, ClockCompared, Warned
from oddsctl.domain.odds_api_jobs import SportsJob
from oddsctl.observability import log, redaction

KEY = "planted-key-9f8e7d6c5b4a"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def known_key() -> None:
    redaction.add_secret(KEY)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "oddsctl.jsonl"


@pytest.fixture
def warnings() -> list[str]:
    return []


def kept(file: Path, warnings: list[str], *, verbosity: int = 0, **options: Any) -> Any:
    return log.logging_to(
        settings.LogSettings(file, **options),
        file.parent.parent,
        log.RunInfo("fetch", demo=False),
        verbosity,
        warnings.append,
    )


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def all_files(file: Path) -> Iterator[Path]:
    return file.parent.glob(f"{file.name}*")


def test_a_notice_is_a_json_line_that_tells_when_who_and_what(file: Path, warnings: list[str]) -> None:
    with kept(file, warnings) as hear:
        hear(CallFinished(SportsJob(), 1))
        hear(Warned("look out"))
        hear(ClockCompared("odds", 3.0))  # of DEBUG: not at this level
    told = lines(file)
    assert [(line["level"], line["message"]) for line in told] == [
        ("info", "odds/sports/all: done, for 1 wishes"),
        ("warning", "look out"),
    ]
    assert set(told[0]) == {"time", "level", "logger", "pid", "command", "message"}
    assert told[0]["time"].endswith("Z")
    assert file.stat().st_mode & 0o777 == 0o600
    assert warnings == []


def test_without_a_file_stderr_gets_the_words_alone_and_warnings_only_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with log.logging_to(settings.LogSettings(), Path(), log.RunInfo("fetch", demo=False), 1, print) as hear:
        hear(CallFinished(SportsJob(), 1))
        hear(Warned("look out"))  # the session has said it
        hear(ClockCompared("odds", 3.0))
    assert capsys.readouterr().err == "odds/sports/all: done, for 1 wishes\n"


def test_twice_verbose_tells_details_with_time_and_logger(capsys: pytest.CaptureFixture[str]) -> None:
    with log.logging_to(settings.LogSettings(), Path(), log.RunInfo("fetch", demo=False), 2, print):
        logging.getLogger("some.library").debug("asked %s", f"/v4/sports?apiKey={KEY}")
    told = capsys.readouterr().err
    assert " DEBUG some.library: asked /v4/sports?apiKey=***\n" in told
    assert KEY not in told


def test_afterwards_the_root_logger_is_as_it_was(file: Path, warnings: list[str]) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.raiseExceptions)
    with kept(file, warnings, verbosity=2):
        assert root.handlers != before[1]
    assert (root.level, list(root.handlers), logging.raiseExceptions) == before


def plant(logger: logging.Logger) -> None:
    """The key in every part of a record."""
    logger.warning("text %s", KEY)
    logger.warning("url %s", f"https://h/?x=1&apiKey={quote(KEY, safe='')}&y=2")
    logger.warning("mapping %(secret)r", {"secret": KEY})
    logger.warning("headers %s", {"Authorization": "Bearer other-secret-123", "x": KEY.upper()})
    logger.warning("wrong %d", KEY)
    logger.warning("long " + "x" * (log.LONGEST_TEXT - 10) + KEY)  # noqa: G003 - the cut goes through the key
    logger.warning("stack", stack_info=True, extra={"note": KEY})
    try:
        try:
            raise ValueError(f"cannot open https://h/?apiKey={KEY}")
        except ValueError as error:
            raise RuntimeError("after", {"key": KEY}) from error
    except RuntimeError:
        logger.exception("failed")


def test_the_key_is_in_no_part_of_a_record_of_any_logger(
    file: Path, warnings: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with kept(file, warnings, verbosity=2, level="debug"):
        for name in ("oddsctl", "urllib3.connectionpool", "any.other"):
            plant(logging.getLogger(name))
    text = file.read_text(encoding="utf-8") + capsys.readouterr().err
    assert text.lower().count("***") > 40
    assert KEY[:12].lower() not in text.lower()
    assert "other-secret" not in text
    assert "RuntimeError" in text


def test_an_error_that_ends_the_run_is_told_and_a_bug_with_its_traceback(
    file: Path, warnings: list[str]
) -> None:
    with pytest.raises(ConfigError), kept(file, warnings):
        raise ConfigError("no such place")
    with pytest.raises(ZeroDivisionError), kept(file, warnings):
        raise ZeroDivisionError(KEY)
    told = lines(file)
    assert [(line["level"], line["message"]) for line in told] == [
        ("error", "CONFIG: no such place"),
        ("error", "a bug"),
    ]
    assert "exception" not in told[0]
    assert "ZeroDivisionError: ***" in told[1]["exception"]


def test_a_file_that_cannot_be_written_is_told_once_and_costs_nothing(
    tmp_path: Path, warnings: list[str]
) -> None:
    (tmp_path / "logs").write_text("a file")
    with kept(tmp_path / "logs" / "x.jsonl", warnings) as hear:
        hear(CallFinished(SportsJob(), 1))
        hear(CallFinished(SportsJob(), 1))
    assert len(warnings) == 1
    assert "no log is kept" in warnings[0]


def test_a_full_file_gives_way_and_no_more_than_asked_for_are_kept(file: Path, warnings: list[str]) -> None:
    with kept(file, warnings, max_size=400, keep=2) as hear:
        for _ in range(40):
            hear(CallFinished(SportsJob(), 1))
    assert sorted(path.name for path in all_files(file)) == [
        "oddsctl.jsonl",
        "oddsctl.jsonl.1",
        "oddsctl.jsonl.2",
    ]
    assert all(0 < path.stat().st_size <= 400 for path in all_files(file))
    assert {path.stat().st_mode & 0o777 for path in all_files(file)} == {0o600}


def test_nothing_but_the_file_is_kept_where_none_is_asked_for(file: Path, warnings: list[str]) -> None:
    with kept(file, warnings, max_size=400, keep=0) as hear:
        for _ in range(10):
            hear(CallFinished(SportsJob(), 1))
    assert [path.name for path in all_files(file)] == ["oddsctl.jsonl"]


WRITER = """
import sys
from pathlib import Path
from oddsctl.domain import settings
from oddsctl.observability import log
from oddsctl.domain.notices import Warned
file = Path(sys.argv[1])
wanted = settings.LogSettings(file, max_size=20_000, keep=40)
with log.logging_to(wanted, file.parent.parent, log.RunInfo("t", False), 0, print) as hear:
    for number in range(300):
        hear(Warned(f"{sys.argv[2]}/{number}"))
"""


def test_four_processes_lose_no_line_and_tear_none_while_the_file_rotates(file: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file), str(number)], cwd=ROOT)
        for number in range(4)
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 4
    told = [line["message"] for path in all_files(file) for line in lines(path)]
    assert sorted(told) == sorted(f"{writer}/{number}" for writer in range(4) for number in range(300))
    assert len(list(all_files(file))) > 3
