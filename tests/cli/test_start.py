"""The program's first moments and its last words: a signal at any time is quiet, libraries are silent, an
error keeps its cause.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oddsctl.cli import error_handler
from tests.e2e.harness import PATIENCE, ROOT, Ran

STARTS = {
    "the script": "import sys; sys.argv = ['/usr/bin/oddsctl', *{words}]; {early}; from oddsctl.cli import "
    "run; sys.exit(run())",
    "the module": (
        "import runpy, sys; sys.argv = ['-m', *{words}]; {early}; runpy.run_module('oddsctl', "
        "run_name='__main__', alter_sys=True)"
    ),
}
AT_EACH_IMPORT = """
class Sender:
    seen = 0
    def find_spec(self, name, path=None, target=None):
        if 'oddsctl' in sys.modules and hasattr(sys.modules['oddsctl'], '__version__'):
            Sender.seen += 1
            if Sender.seen == {number}:
                os.kill(os.getpid(), {signal})
sys.meta_path.insert(0, Sender())
"""


def started(code: str, home: Path, **env: str) -> Ran:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "ODDSCTL_STORE_STATE_DIR": str(home / "state"),
    } | env
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env=environment, cwd=home, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("imports", [1, 2, 3, 5, 8, 13, 30, 60, 100])
def test_a_signal_during_the_start_ends_it_quietly(
    imports: int, start: str, number: int, tmp_path: Path
) -> None:
    """At an import, which is what the start consists of."""
    early = "import os; exec(" + repr(AT_EACH_IMPORT.format(number=imports, signal=int(number))) + ")"
    ran = started(STARTS[start].format(words=["config", "path"], early=early), tmp_path)
    assert (ran.code, ran.out, ran.err) == (128 + number, "", "")


NOISE = """
import logging, warnings
warnings.warn("a library's warning", DeprecationWarning)
warnings.simplefilter("always")
warnings.warn("another", UserWarning)
logging.getLogger("lib").error("nobody handles this")
logging.getLogger("lib").addHandler(logging.StreamHandler(open("/dev/full", "w")))
logging.getLogger("lib").error("%d", "no number")
open("/dev/null")
"""


@pytest.mark.parametrize("wanted", ["", "error", "always", "default::ResourceWarning"])
def test_what_libraries_say_to_developers_is_not_shown(wanted: str, tmp_path: Path) -> None:
    package = tmp_path / "noisy" / "platformdirs"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        NOISE + "def user_config_path(*_a, **_k): import pathlib; return pathlib.Path('/nowhere')\n"
    )
    path = f"{package.parent}{os.pathsep}{ROOT}"
    code = STARTS["the script"].format(words=["config", "path"], early="pass")
    ran = started(code, tmp_path, PYTHONPATH=path, PYTHONWARNINGS=wanted)
    assert (ran.code, ran.err) == (0, "")


# ── errors keep their cause ──


def broken(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    def fail(_argv: object) -> int:
        raise error

    monkeypatch.setattr(error_handler, "_invoke", fail)


@pytest.mark.parametrize(
    "kind", [PermissionError, ConnectionResetError, BrokenPipeError, TimeoutError, OSError]
)
def test_a_failure_elsewhere_is_no_answer_that_cannot_be_written(
    kind: type[OSError], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    broken(monkeypatch, kind(errno.EIO, "Input/output error", "/somewhere/file"))
    code = error_handler.run_cli(["--debug", "stats"])
    told = capsys.readouterr().err
    assert code == 1
    assert "answer" not in told.splitlines()[-1]
    assert "/somewhere/file" in told.splitlines()[-1]
    assert "in fail" in told, "--debug shows the place"


@pytest.mark.parametrize("debug", [False, True])
def test_an_answer_without_room_says_so_and_debug_shows_the_place(debug: bool, tmp_path: Path) -> None:
    words = ["--demo", "stats", *(["--debug"] if debug else [])]
    code = "import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 1); " + STARTS["the script"].format(
        words=words, early="pass"
    )
    ran = started(code, tmp_path)
    assert (ran.code, "the answer cannot be written" in ran.err.splitlines()[-1]) == (74, True)
    assert ("Traceback" in ran.err and "No space left" in ran.err) is debug or not debug
    assert ("Traceback" in ran.err) is debug


def test_a_stderr_without_room_spoils_no_answer(tmp_path: Path) -> None:
    code = "import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 2); " + STARTS["the script"].format(
        words=["--demo", "stats", "-vv"], early="pass"
    )
    ran = started(code, tmp_path)
    assert (ran.code, bool(ran.out)) == (0, True)
