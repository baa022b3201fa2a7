"""What to paste so that cron or systemd runs `prefetch`: lines for them, and what they lack that the shell
has.

Pure: no file, variable or clock is looked at, and no key enters, only where it is found.
"""

from __future__ import annotations

import re
import shlex
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import fill

from oddsctl.domain.errors import UsageError
from oddsctl.domain.units import format_duration

STEPS = tuple(step for step in range(1, 61) if 60 % step == 0) + tuple(
    60 * step for step in range(2, 25) if 24 % step == 0
)
"""The even rhythms that cron knows, in minutes: others would jump at the full hour or at midnight."""
UNITS = "~/.config/systemd/user"
KEY_FILE = "~/.config/oddsctl/key"
WIDTH = 96
"""Columns of a comment."""
SPARE = 10
"""Seconds beyond the deadline after which systemd ends a run that has not ended itself."""

_READ = re.compile(
    r"ODDSCTL_\w+|XDG_(?:CONFIG|STATE)_HOME|(?:https?|all|no)_proxy|(?:REQUESTS|CURL)_CA_BUNDLE|SSL_CERT_(?:FILE|DIR)|TZ|TZDIR",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[\w@%+=:,./~-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class CronSetup:
    """What the lines depend on.

    Paths are absolute, times seconds; `key_place` is `odds.key`, never the key; `variables_cron_lacks` are
    names.

    `has_config` tells whether there is a configuration file already.
    """

    executable: str
    sports: tuple[str, ...]
    every: float
    deadline: float
    host: str
    config_file: str | None
    key_place: str
    unseen: tuple[str, ...]
    is_mac: bool
    has_config: bool = True


def variables_cron_lacks(names: Iterable[str]) -> tuple[str, ...]:
    """Of the variables set in a shell, those that `oddsctl` heeds and cron does not pass on, by name."""
    return tuple(sorted(name for name in names if _READ.fullmatch(name)))


def lines(setup: CronSetup) -> str:
    """The crontab line, the systemd units (not on a Mac), and notes as comments; raises `UsageError` for a
    path over several lines.
    """
    for path in (setup.executable, setup.config_file or "/"):
        if path.splitlines() != [path]:
            raise UsageError("a path with a line break fits in no crontab", hint="rename it, or link to it")
    return "\n".join([_crontab(setup), *_systemd(setup), *_notes(setup)])


# ── when ──


@dataclass(frozen=True, slots=True)
class CronInterval:
    """Every `step` minutes, one of `STEPS`; `hour` and `minute` are those of a day's first call."""

    step: int
    hour: int
    minute: int

    @property
    def crontab(self) -> str:
        """The five fields, `3-59/5 * * * *`."""
        return f"{self._field('{0}-{2}/{1}', '{0}')} * * *"

    @property
    def calendar(self) -> str:
        """The same for systemd, `*-*-* *:03/5:00`."""
        hour, minute = reversed(self._field("{0:02}/{1}", "{0:02}").split())
        return f"*-*-* {hour}:{minute}:00"

    def _field(self, often: str, once: str) -> str:
        """Minutes and hours, spelled from first, step and last."""
        fields = []
        for first, step, size in (
            (self.minute, min(self.step, 60), 60),
            (self.hour, max(self.step // 60, 1), 24),
        ):
            fields.append(
                "*" if step == 1 else (once if step == size else often).format(first, step, size - 1)
            )
        return " ".join(fields)


def rhythm(every: float, host: str) -> CronInterval:
    """The longest rhythm that is not longer than `every` seconds, a minute at least.

    Each host has its own minute, never that of a full hour or a full step, when the rest of the world calls.
    """
    step = max((step for step in STEPS if 60 * step <= every), default=1)
    dice = zlib.crc32(host.encode(errors="surrogateescape"))
    minutes, hours = min(step, 60), max(step // 60, 1)
    return CronInterval(step, hour=dice // 60 % hours, minute=1 + dice % (minutes - 1) if minutes > 1 else 0)


# ── what ──


def _called(setup: CronSetup) -> list[str]:
    return [setup.executable, *(["--config", setup.config_file] if setup.config_file else [])]


def _command(setup: CronSetup, *options: str) -> list[str]:
    return [*_called(setup), "prefetch", *setup.sports, *options]


def _bounded(setup: CronSetup) -> list[str]:
    return _command(setup, "--deadline", format_duration(setup.deadline))


def _for_cron(words: Iterable[str]) -> str:
    r"""The words for cron's shell.

    A `\%` stands outside of quotes: some crons take its backslash away, others leave that to the shell.
    """
    return " ".join(
        r"\%".join(shlex.quote(piece) if piece else "" for piece in word.split("%")) for word in words
    )


def _for_systemd(words: Iterable[str]) -> str:
    """The words for `ExecStart=`; a colon in front has it leave `$` alone."""
    line = " ".join(
        word if _PLAIN.fullmatch(word) else '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for word in words
    )
    return (":" if "$" in line else "") + line.replace("%", "%%")


# ── the parts of the page ──


def _crontab(setup: CronSetup) -> str:
    beat = rhythm(setup.every, setup.host)
    wanted, done = format_duration(setup.every), format_duration(60 * beat.step)
    told = "# For cron: `crontab -e`, and add\n"
    if 60 * beat.step < setup.every:
        told = (
            _comment(
                f"No even rhythm is as long as prefetch.every, {wanted}: this is the next shorter one, "
                f"{done}."
            )
            + told
        )
    if 60 * beat.step > setup.every:
        told = (
            _comment(
                f'Cron calls once a minute at most: write prefetch.every = "{done}", or windows may be '
                "missed."
            )
            + told
        )
    return f"{told}{beat.crontab} {_for_cron(_bounded(setup))}\n"


def _systemd(setup: CronSetup) -> list[str]:
    if setup.is_mac:
        return []
    if set(setup.executable) & set("\"'\\"):
        return [
            _comment(
                "No systemd units: systemd starts nothing with a quote or a backslash in its path. Link to "
                "it from elsewhere."
            )
        ]
    return [_service(setup), _timer(setup), _loop(setup)]


def _service(setup: CronSetup) -> str:
    return f"""\
# Or for systemd, {UNITS}/oddsctl-prefetch.service:
[Unit]
Description=oddsctl prefetch, one run

[Service]
Type=oneshot
ExecStart={_for_systemd(_bounded(setup))}
TimeoutStartSec={setup.deadline + SPARE:.0f}s
"""


def _timer(setup: CronSetup) -> str:
    return f"""\
# and {UNITS}/oddsctl-prefetch.timer:
[Unit]
Description=oddsctl prefetch, when it runs

[Timer]
OnCalendar={rhythm(setup.every, setup.host).calendar}
AccuracySec=1s
Persistent=false

[Install]
WantedBy=timers.target

# then: systemctl --user enable --now oddsctl-prefetch.timer
# and, so that it runs while you are logged out: loginctl enable-linger
"""


def _loop(setup: CronSetup) -> str:
    return f"""\
# Or, without a timer, one that stays: {UNITS}/oddsctl-prefetch-loop.service
# [Unit]
# Description=oddsctl prefetch, all the time
# [Service]
# ExecStart={_for_systemd(_command(setup, "--loop"))}
# Restart=on-failure
# RestartSec=60s
# SuccessExitStatus=143
# [Install]
# WantedBy=default.target
# then: systemctl --user enable --now oddsctl-prefetch-loop.service; loginctl enable-linger
"""


def _notes(setup: CronSetup) -> list[str]:
    """What works in the shell and would not there."""
    who = "Cron has" if setup.is_mac else "Cron and systemd have"
    where, _, rest = setup.key_place.partition(":")
    notes = []
    if where == "env":
        notes.append(_key_in_a_file(rest, who, setup))
    if where == "command" and not rest.lstrip(" \"'").startswith("/"):
        notes.append(
            _comment(
                f"odds.key is a command. {who} a short PATH and nobody who types a passphrase: give its "
                "absolute path."
            )
        )
    given = {"ODDSCTL_PREFETCH_DEADLINE", "ODDSCTL_CONFIG" if setup.config_file else ""}
    if names := [name for name in setup.unseen if name not in given]:
        unit = "" if setup.is_mac else ", or Environment=NAME=value below [Service]"
        notes.append(
            _comment(
                f"{who} nothing of what is set in this shell: {', '.join(names)}. Put settings into the "
                "configuration,"
                f" {_configuration(setup)}, and write the others as NAME=value above the crontab line{unit}."
            )
        )
    return notes


def _key_in_a_file(variable: str, who: str, setup: CronSetup) -> str:
    told = (
        f"{who} none of your shell's variables, so no {variable}. Give the key in a file: run these lines "
        "but the last,"
        f" then replace the line of `key` below [odds] in {_configuration(setup)}, be it a comment or not, "
        "by the last one."
    )
    make = [] if setup.has_config else [shlex.join([*_called(setup), "config", "init"])]
    save = f"(umask 077; printf '%s\\n' \"${variable}\" > {KEY_FILE})"
    shown = [*make, f"mkdir -p {KEY_FILE.rpartition('/')[0]}", save, f'key = "file:{KEY_FILE}"']
    return _comment(told) + "".join(f"#   {line}\n" for line in shown)


def _configuration(setup: CronSetup) -> str:
    return setup.config_file or "the file that `oddsctl config path` names"


def _comment(text: str) -> str:
    return (
        fill(
            text,
            WIDTH,
            initial_indent="# ",
            subsequent_indent="# ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        + "\n"
    )
