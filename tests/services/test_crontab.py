"""What `prefetch --cron` prints is what cron, systemd and the shell make of it."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.config import check, resolve_key
from oddsctl.domain.errors import UsageError
from oddsctl.services.prefetch import crontab
from oddsctl.services.prefetch.crontab import (
    STEPS,
    CronInterval,
    CronSetup,
    lines,
    rhythm,
    variables_cron_lacks,
)

SETUP = CronSetup(
    executable="/opt/oddsctl/bin/oddsctl",
    sports=("nfl",),
    every=300.0,
    deadline=50.0,
    host="alpha",
    config_file=None,
    key_place="file:~/.config/oddsctl/key",
    unseen=(),
    is_mac=False,
)
DAY = 24 * 60
HOSTS = [f"host-{number}" for number in range(40)]
ODD_PLACES = [
    "plain",
    "a blank",
    "100% sure",
    "%",
    "it's %d",
    'a "b" c',
    "$HOME",
    "back\\slash %",
    "ünï cödé",
]
"""Names of directories that some shell, cron or systemd takes for something else."""


# ── a tiny cron ──


def expand(field: str, size: int) -> list[int]:
    """What one field of numbers stands for, as crontab(5) tells."""
    span, _, step = field.partition("/")
    first, _, last = ("0-" + str(size - 1) if span == "*" else span).partition("-")
    found = list(range(int(first), int(last or first) + 1, int(step or 1)))
    assert found
    assert set(found) <= set(range(size))
    assert not step or "-" in span or span == "*", "some crons refuse a step without a range"
    return found


def calls_of_a_day(fields: str) -> list[int]:
    minutes, hours, *days = fields.split()
    assert days == ["*", "*", "*"]
    return sorted(60 * hour + minute for hour in expand(hours, 24) for minute in expand(minutes, 60))


def gaps(calls: list[int]) -> set[int]:
    return {after - before for before, after in zip(calls, [*calls[1:], calls[0] + DAY], strict=True)}


def crontab_line(page: str) -> str:
    (line,) = [line for line in page.splitlines() if re.match(r"[\d*]\S* [\d*]\S* \* \* \* /?", line)]
    return line


def command_of(line: str) -> str:
    """What stands behind the five fields."""
    return line.split(" ", 5)[5]


def cut_by_cron(command: str, *, strips: bool) -> str:
    r"""What cron hands to the shell: all up to a bare `%`.

    Most crons take the backslash of a `\%` away, the oldest do not.
    """
    handed = re.match(r"(?:\\.|[^\\%])*", command)
    assert handed
    return handed[0].replace(r"\%", "%") if strips else handed[0]


# ── when it runs ──


@pytest.mark.parametrize(
    ("every", "fields", "calendar"),
    [
        (300.0, "3-59/5 * * * *", "*-*-* *:03/5:00"),
        (60.0, "* * * * *", "*-*-* *:*:00"),
        (20.0, "* * * * *", "*-*-* *:*:00"),
        (3600.0, "10 * * * *", "*-*-* *:10:00"),
    ],
)
def test_a_rhythm_is_spelled_for_cron_and_for_systemd(every: float, fields: str, calendar: str) -> None:
    found = rhythm(every, "alpha")
    assert (found.crontab, found.calendar) == (fields, calendar)


def test_hours_have_their_own_first_one() -> None:
    assert (CronInterval(360, 2, 17).crontab, CronInterval(360, 2, 17).calendar) == (
        "17 2-23/6 * * *",
        "*-*-* 02/6:17:00",
    )
    assert (CronInterval(1440, 2, 17).crontab, CronInterval(1440, 2, 17).calendar) == (
        "17 2 * * *",
        "*-*-* 02:17:00",
    )


@given(st.floats(60, 40 * 86400), st.text(max_size=20))
def test_no_two_calls_are_further_apart_than_every_and_all_equally_far(every: float, host: str) -> None:
    (gap,) = gaps(calls_of_a_day(rhythm(every, host).crontab))
    assert gap * 60 <= every


@given(st.floats(0.001, 59.9))
def test_what_is_shorter_than_a_minute_is_a_minute(every: float) -> None:
    assert gaps(calls_of_a_day(rhythm(every, "alpha").crontab)) == {1}


@pytest.mark.parametrize(
    ("every", "step"), [(61, 1), (7 * 60, 6), (29 * 60, 20), (59 * 60, 30), (5 * 3600, 240), (9e9, 1440)]
)
def test_of_the_even_rhythms_it_is_the_longest_that_is_not_too_long(every: float, step: int) -> None:
    assert rhythm(every, "alpha").step == step
    assert {DAY % step for step in STEPS} == {0}


def test_hosts_call_at_different_minutes_and_each_always_at_its_own() -> None:
    assert {rhythm(300, host).minute for host in HOSTS} == {1, 2, 3, 4}
    assert len({rhythm(3600, host).minute for host in HOSTS}) > 15
    assert rhythm(300, "alpha") == rhythm(300, "alpha")


@given(st.sampled_from(STEPS[1:]), st.text(max_size=20))
def test_nobody_calls_on_the_minute_of_everybody(step: int, host: str) -> None:
    assert rhythm(60 * step, host).minute % min(step, 60) != 0


def test_a_rhythm_that_is_not_the_one_wanted_is_told() -> None:
    assert "7m" in (page := lines(replace(SETUP, every=420.0)))
    assert "shorter one, 6m" in page
    assert 'prefetch.every = "1m"' in lines(replace(SETUP, every=30.0))
    assert lines(SETUP).startswith("# For cron")


# ── what it runs ──


def test_the_line_for_cron_is_this_one() -> None:
    line = "3-59/5 * * * * /opt/oddsctl/bin/oddsctl prefetch nfl --deadline 50s"
    assert crontab_line(lines(SETUP)) == line
    assert line.replace("nfl ", "") in lines(replace(SETUP, sports=())).splitlines()
    assert "prefetch nfl nba --deadline 1m30s" in lines(replace(SETUP, sports=("nfl", "nba"), deadline=90.0))


def an_executable(path: Path) -> str:
    """It prints its own path and its arguments, a line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@"\n', encoding="utf-8")
    path.chmod(0o700)
    return str(path)


@pytest.mark.parametrize("strips", [True, False])
@pytest.mark.parametrize("place", ODD_PLACES)
def test_cron_starts_this_very_executable_with_these_arguments(
    place: str, strips: bool, tmp_path: Path
) -> None:
    executable, config = an_executable(tmp_path / place / "odds ctl%"), str(tmp_path / place / "oddsctl.toml")
    line = crontab_line(lines(replace(SETUP, executable=executable, config_file=config)))
    shell = subprocess.run(
        ["/bin/sh", "-c", cut_by_cron(command_of(line), strips=strips)],
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    started = [executable, "--config", config, "prefetch", "nfl", "--deadline", "50s"]
    assert (shell.returncode, shell.stderr, shell.stdout.splitlines()) == (0, "", started)


def test_a_path_over_two_lines_is_refused() -> None:
    with pytest.raises(UsageError, match="line break"):
        lines(replace(SETUP, executable="/opt/a\nb"))
    with pytest.raises(UsageError, match="line break"):
        lines(replace(SETUP, config_file="/etc/a\nb.toml"))


# ── systemd ──


def units(page: str) -> dict[str, str]:
    """The units on the page by file name; the one in comments as if they were taken away."""
    marks = list(re.finditer(r"^# .*~/\.config/systemd/user/([\w.-]+?):?$", page, flags=re.MULTILINE))
    ends = [mark.start() for mark in marks[1:]] + [len(page)]
    found = {}
    for mark, end in zip(marks, ends, strict=True):
        body = page[mark.end() : end]
        if "loop" in mark[1]:
            body = body.partition("# then")[0].replace("\n# ", "\n")
        found[mark[1]] = body
    return found


def parsed(text: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # case counts in units
    unit.read_string(text)
    return unit


def test_the_units_say_what_they_promise() -> None:
    found = {name: parsed(text) for name, text in units(lines(SETUP)).items()}
    assert sorted(found) == [
        "oddsctl-prefetch-loop.service",
        "oddsctl-prefetch.service",
        "oddsctl-prefetch.timer",
    ]
    once, timer, loop = (found[f"oddsctl-prefetch{name}"] for name in (".service", ".timer", "-loop.service"))
    assert dict(once["Service"]) == {
        "Type": "oneshot",
        "ExecStart": "/opt/oddsctl/bin/oddsctl prefetch nfl --deadline 50s",
        "TimeoutStartSec": "60s",
    }
    assert dict(timer["Timer"]) == {
        "OnCalendar": "*-*-* *:03/5:00",
        "AccuracySec": "1s",
        "Persistent": "false",
    }
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert dict(loop["Service"]) == {
        "ExecStart": "/opt/oddsctl/bin/oddsctl prefetch nfl --loop",
        "Restart": "on-failure",
        "RestartSec": "60s",
        "SuccessExitStatus": "143",
    }
    assert loop["Install"]["WantedBy"] == "default.target"


def test_what_systemd_would_take_for_its_own_is_escaped() -> None:
    service = units(lines(replace(SETUP, executable="/a b/100%/$x", config_file='/"$y\\z')))[
        "oddsctl-prefetch.service"
    ]
    assert 'ExecStart=:"/a b/100%%/$x" --config "/\\"$y\\\\z" prefetch nfl --deadline 50s\n' in service


@pytest.mark.parametrize("path", ["/it's/oddsctl", '/a"b/oddsctl', "/a\\b/oddsctl"])
def test_what_systemd_cannot_start_gets_no_units_but_the_reason(path: str) -> None:
    page = lines(replace(SETUP, executable=path))
    assert "No systemd units" in page
    assert "[Service]" not in page


def analyze(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed: only systemd itself can judge its units")
    home.mkdir(mode=0o700, exist_ok=True)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }
    return subprocess.run([tool, *words], env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("place", ODD_PLACES)
def test_systemd_finds_no_fault_in_the_units_and_finds_the_executable(place: str, tmp_path: Path) -> None:
    executable = an_executable(tmp_path / re.sub(r"[\"'\\]", "", place) / "odds ctl%")
    files = []
    for name, text in units(
        lines(replace(SETUP, executable=executable, config_file=str(tmp_path / place)))
    ).items():
        files.append(tmp_path / name)
        files[-1].write_text(text, encoding="utf-8")
    verified = analyze("verify", "--user", "--man=no", *map(str, files), home=tmp_path / "home")
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


@pytest.mark.parametrize("step", STEPS)
def test_systemd_runs_it_at_the_minutes_at_which_cron_would(step: int, tmp_path: Path) -> None:
    beat = rhythm(60 * step, "alpha")
    calls = calls_of_a_day(beat.crontab)
    told = analyze("calendar", f"--iterations={len(calls)}", beat.calendar, home=tmp_path / "home")
    if "unrecognized option" in told.stderr:
        pytest.skip("this systemd-analyze is too old to tell several times")
    times = re.findall(r"(?:elapse|#\d+): \w+ \S+ (\d\d):(\d\d):00 UTC", told.stdout)
    assert sorted(60 * int(hour) + int(minute) for hour, minute in times) == calls


def test_a_mac_has_no_systemd() -> None:
    page = lines(replace(SETUP, is_mac=True, key_place="env:ODDS_API_KEY", unseen=("ODDSCTL_ODDS_RATE",)))
    assert crontab_line(page) == crontab_line(lines(SETUP))
    assert "systemd" not in page
    assert "[Service]" not in page


# ── what cron does not have ──


def test_a_key_in_a_variable_is_moved_to_a_file_by_the_lines_shown(tmp_path: Path) -> None:
    page = lines(replace(SETUP, key_place="env:MY_KEY"))
    *commands, setting = [line.removeprefix("#   ") for line in page.splitlines() if line.startswith("#   ")]
    assert len(commands) == 2
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "MY_KEY": "k%e\\y"}
    subprocess.run(["/bin/sh", "-euc", "umask 022\n" + "\n".join(commands)], env=env, check=True)
    file = tmp_path / ".config" / "oddsctl" / "key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert resolve_key(f"file:{file}", {}) == "k%e\\y"

    config = tmp_path / "config.toml"
    config.write_text(f"[odds]\n{setting}\n", encoding="utf-8")
    assert not check(file=config, env={})
    assert str(config) in lines(replace(SETUP, key_place="env:MY_KEY", config_file=str(config)))


def test_who_has_no_configuration_yet_makes_one_first() -> None:
    page = lines(replace(SETUP, key_place="env:MY_KEY", has_config=False, executable="/opt/a b/oddsctl"))
    first = next(line for line in page.splitlines() if line.startswith("#   "))
    assert first == "#   '/opt/a b/oddsctl' config init"
    assert "replace" in page


def test_what_cron_has_as_well_is_no_word_worth() -> None:
    assert not [line for line in lines(SETUP).splitlines() if "your shell" in line or "PATH" in line]
    assert lines(replace(SETUP, key_place="command:/usr/bin/pass show odds")) == lines(SETUP)


def test_a_command_that_is_sought_in_the_path_is_told_of_but_not_shown() -> None:
    page = lines(replace(SETUP, key_place="command:pass show secret-name"))
    assert "absolute path" in page
    assert "secret-name" not in page


def test_variables_of_this_shell_are_named_unless_the_line_has_them() -> None:
    others = ["HOME", "ODDS_API_KEY", "XDG_RUNTIME_DIR"]
    names = variables_cron_lacks(
        [
            "ODDSCTL_ODDS_RATE",
            "ODDSCTL_CONFIG",
            "ODDSCTL_PREFETCH_DEADLINE",
            "https_proxy",
            "XDG_STATE_HOME",
            *others,
        ]
    )
    assert names == (
        "ODDSCTL_CONFIG",
        "ODDSCTL_ODDS_RATE",
        "ODDSCTL_PREFETCH_DEADLINE",
        "XDG_STATE_HOME",
        "https_proxy",
    )
    named = replace(SETUP, unseen=names)
    assert "ODDSCTL_CONFIG, ODDSCTL_ODDS_RATE, XDG_STATE_HOME, https_proxy." in lines(named).replace(
        "\n# ", " "
    )
    assert "ODDSCTL_CONFIG" not in lines(replace(named, config_file="/etc/oddsctl.toml"))
    assert lines(replace(SETUP, unseen=("ODDSCTL_PREFETCH_DEADLINE",))) == lines(SETUP)


def test_all_but_the_line_and_the_units_are_comments() -> None:
    page = lines(
        replace(SETUP, key_place="env:ODDS_API_KEY", unseen=("ODDSCTL_ODDS_RATE",), every=420.0, is_mac=True)
    )
    assert [line for line in page.splitlines() if line and not line.startswith("#")] == [crontab_line(page)]
    assert max(len(line) for line in page.splitlines() if line.startswith("# ")) <= crontab.WIDTH
