"""The dashboard as a user sees it: a real process on a real terminal, drawn by a terminal emulator, while
other processes work.
"""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyte
import pytest

from tests.e2e.harness import PATIENCE, Server, User

SIZES = [(80, 24), (120, 40), (60, 20)]
TAKEN = b"\x1b[?1049h"
GIVEN_BACK = b"\x1b[?1049l"
TOLD = ("--tz", "UTC", "dashboard")


@dataclass
class Terminal:
    """A terminal on which a process runs: what it shows, and all that came."""

    ours: int
    its: int
    process: subprocess.Popen[bytes]
    screen: pyte.Screen
    stream: pyte.ByteStream
    raw: bytes = b""
    before: list[Any] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def until(self, wanted: Callable[[str], object] | str) -> str:
        """Read until the screen has it; the screen then."""
        is_there = (lambda shown: wanted in shown) if isinstance(wanted, str) else wanted
        end = time.monotonic() + PATIENCE
        while not is_there(self.shown):
            assert time.monotonic() < end, f"{wanted} is not there:\n{self.shown}"
            self.read(0.1)
        return self.shown

    def read(self, seconds: float) -> None:
        if select.select([self.ours], [], [], seconds)[0]:
            data = os.read(self.ours, 65536)
            self.raw += data
            self.stream.feed(data)

    def press(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        termios.tcsetwinsize(self.its, (lines, columns))
        self.process.send_signal(signal.SIGWINCH)  # as the kernel does to who is in the foreground

    def ended(self) -> int:
        """The exit code, once all that it wrote is read."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, self.shown
            self.read(0.05)
        while select.select([self.ours], [], [], 0)[0]:
            self.read(0)
        return self.process.returncode

    def assert_left_as_found(self) -> None:
        assert termios.tcgetattr(self.its) == self.before
        assert self.raw.count(TAKEN) == self.raw.count(GIVEN_BACK) >= 1
        assert self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")
        assert b"Traceback" not in self.raw


@contextmanager
def on_terminal(
    user: User, columns: int, lines: int, *arguments: str, starter: str = "", **env: str
) -> Iterator[Terminal]:
    """`oddsctl dashboard` on a terminal of its own, which it controls, or a `starter` does."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (lines, columns))
    before = termios.tcgetattr(its)
    environment = (
        user.environment()
        | {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLUMNS": "33", "LINES": "7"}
        | env
    )
    command = [sys.executable, "-c", starter or CONTROLLED, *arguments]
    process = subprocess.Popen(
        command, env=environment, cwd=user.home, stdin=its, stdout=its, stderr=its, start_new_session=True
    )
    screen = pyte.Screen(columns, lines)
    terminal = Terminal(ours, its, process, screen, pyte.ByteStream(screen), before=before)
    try:
        yield terminal
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(its)
        user.printed.append(terminal.raw.decode(errors="replace"))


CONTROLLED = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from oddsctl.cli import run
sys.exit(run())
"""
"""Takes the terminal as its own, so that Ctrl-C typed there is a signal; then runs the command."""
SHELL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if not job:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-m", "oddsctl", *sys.argv[1:]])
while os.WIFSTOPPED(status := os.waitpid(job, os.WUNTRACED)[1]):
    os.tcsetpgrp(0, os.getpgrp())
    input("STOPPED, continue? ")
    os.tcsetpgrp(0, job)
    os.kill(job, signal.SIGCONT)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A shell that runs one job, and continues it at each Enter when it was stopped."""


@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_it_shows_what_there_is_switches_by_key_and_quits(columns: int, lines: int, user: User) -> None:
    assert user.run("--demo", "fetch", "nfl").code == 0
    with on_terminal(user, columns, lines, "--demo", *TOLD) as terminal:
        shown = terminal.until("quit")
        assert shown.startswith("DEMO DATA")
        assert "497 of 500 left" in shown
        assert ("── 4 calls" in shown) == (columns > 60)
        for key, tab in (
            ("4", "[4 calls]"),
            ("\t", "[5 performance]"),
            ("\x1b[D", "[4 calls]"),
            ("\x1bOB", "[5 performance]"),
            ("3", "[3 queue]"),
        ):
            terminal.press(key)
            terminal.until(tab)
        terminal.press("4")
        terminal.until(re.compile(r"odds +nfl +(fetch +)?FETCHED +3 ").search)
        terminal.press("0")
        terminal.until("[0 all]" if columns > 60 else "[1 limits]")
        terminal.press("q")
        assert terminal.ended() == 0
        terminal.assert_left_as_found()


def test_the_call_of_another_process_shows_while_it_looks_and_nobody_is_asked(
    user: User, sandbox: Server
) -> None:
    with on_terminal(user, 80, 24, *TOLD) as terminal:
        terminal.until("No call is on record.")
        assert sandbox.log == []
        sandbox.fault(odds={"delay": 3, "mode": "slow", "count": 1})
        other = user.start("fetch", "nfl", "--no-weather")
        terminal.until(re.compile(r"odds +nfl +fetch +in flight +3\?").search)
        terminal.until(
            lambda shown: (
                re.search(r"odds +nfl +fetch +FETCHED +3 +\d+\.\d s", shown) and "497 of 500 left" in shown
            )
        )
        assert user.finish(other).code == 0
        calls = len(sandbox.log)
        terminal.press("q")
        assert (terminal.ended(), len(sandbox.log)) == (0, calls)


def test_a_resize_is_drawn_at_once_down_to_nothing_and_back(user: User) -> None:
    with on_terminal(user, 120, 40, "--demo", *TOLD) as terminal:
        terminal.until("── 5 performance")
        terminal.resize(60, 20)
        terminal.until("[1 limits] 2 health")
        for columns, lines in ((30, 8), (9, 2), (1, 1)):
            terminal.resize(columns, lines)
            terminal.read(0.5)
            assert terminal.process.poll() is None
        terminal.resize(80, 24)
        terminal.until(lambda shown: "── 2 health" in shown and "[0 all]" in shown)
        terminal.press("\x1b")
        assert terminal.ended() == 0
        terminal.assert_left_as_found()


@pytest.mark.parametrize(("end", "code"), [("\x03", 0), (signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_leave_the_terminal_as_it_was(end: str | int, code: int, user: User) -> None:
    with on_terminal(user, 80, 24, "--demo", *TOLD) as terminal:
        terminal.until("quit")
        assert termios.tcgetattr(terminal.its) != terminal.before
        if isinstance(end, str):
            terminal.press(end)
        else:
            terminal.process.send_signal(end)
        assert terminal.ended() == code
        terminal.assert_left_as_found()


def test_stopped_and_continued_it_takes_the_terminal_again(user: User) -> None:
    with on_terminal(user, 80, 24, "--demo", *TOLD) as terminal:
        terminal.until("quit")
        terminal.process.send_signal(signal.SIGSTOP)
        termios.tcsetattr(terminal.its, termios.TCSANOW, terminal.before)  # as a shell does
        terminal.raw, seen = b"", terminal.raw
        terminal.process.send_signal(signal.SIGCONT)
        terminal.until(lambda _: TAKEN in terminal.raw)
        terminal.raw = seen + terminal.raw
        terminal.press("2")
        terminal.until("[2 health]")
        terminal.press("q")
        assert terminal.ended() == 0
        terminal.assert_left_as_found()


def test_suspended_it_gives_the_terminal_back_until_it_is_continued(user: User) -> None:
    with on_terminal(user, 80, 24, "--demo", *TOLD, starter=SHELL) as terminal:
        terminal.until("quit")
        for times in (1, 2):
            terminal.press("\x1a")
            terminal.until("STOPPED")
            assert termios.tcgetattr(terminal.its) == terminal.before
            assert terminal.raw.count(TAKEN) == terminal.raw.count(GIVEN_BACK) == times
            terminal.press("\n")
            terminal.until(lambda shown: "quit" in shown and "STOPPED" not in shown)
        terminal.press("q")
        assert terminal.ended() == 0
        terminal.assert_left_as_found()


def test_while_the_state_cannot_be_read_it_says_so_and_goes_on(user: User) -> None:
    state = user.state_dir / "demo"
    with on_terminal(user, 80, 24, "--demo", *TOLD) as terminal:
        terminal.until("quit")
        state.rename(user.home / "away")
        state.write_text("no directory")
        terminal.until("not updated:")
        assert "── 1 limits" in terminal.shown
        state.unlink()
        (user.home / "away").rename(state)
        terminal.until(lambda shown: "not updated:" not in shown)
        terminal.press("q")
        assert terminal.ended() == 0
        terminal.assert_left_as_found()


def test_without_colour_and_in_ascii_it_can_be_read(user: User) -> None:
    with on_terminal(user, 80, 24, "--demo", *TOLD, NO_COLOR="1", PYTHONIOENCODING="ascii") as terminal:
        shown = terminal.until("quit")
        assert "-- 1 limits --" in shown
        assert "#####" in shown
        terminal.press("q")
        assert terminal.ended() == 0
    assert terminal.raw.isascii()
    assert not re.search(rb"\x1b\[[0-9;]*[1-9][0-9;]*m", terminal.raw)


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_without_a_terminal_one_line_says_what_scripts_take(arguments: tuple[str, ...], user: User) -> None:
    ran = user.run("dashboard", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "oddsctl stats --json" in ran.err.splitlines()[0]
    assert not user.state_dir.exists()
