"""Check that there is a key, where it comes from, and whether cron will find it.

The key itself is passed to the redaction only.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator

from oddsctl.doctor.findings import Finding, Subject, ok, problem, warning
from oddsctl.domain.errors import ConfigError
from oddsctl.domain.provider_errors import MissingKeyError

PATIENCE = 5.0
"""Seconds for `crontab -l`."""


def examine(subject: Subject) -> Iterator[Finding]:
    """Yield findings on the key's source, and on what cron sees of it."""
    if subject.demo:
        yield ok("key", "the simulated providers need none")
        return
    spec = subject.loaded.settings.odds.key
    origin = subject.loaded.origins["odds.key"]
    match subject.key:
        case MissingKeyError() as error:
            yield warning(
                "key",
                f"{error.message} (odds.key: {origin}); until then you see ESPN's line",
                error.hint or "set odds.key",
            )
            return
        case ConfigError() as error:
            yield problem("key", error.message, error.hint or "change odds.key")
            return
    yield ok("key", f"found by {spec!r} (odds.key: {origin})")
    kind, _, name = spec.partition(":")
    if kind == "env":
        yield _cron(name, subject)


def _cron(variable: str, subject: Subject) -> Finding:
    """Check the variable against cron, which passes on only variables set in the crontab itself."""
    if re.search(rf"^\s*{re.escape(variable)}\s*=", _crontab(subject), re.MULTILINE):
        return ok("cron", f"your crontab sets {variable}")
    return warning(
        "cron",
        f"the key is in the variable {variable}, which cron does not see",
        'put the key into a file of mode 0600 and set odds.key = "file:PATH", or never mind if nothing '
        "runs from cron",
    )


def _crontab(subject: Subject) -> str:
    """Return the user's crontab; empty when there is none or it cannot be read."""
    environ = {
        name: subject.environ[name] for name in ("PATH", "HOME", "USER", "LOGNAME") if name in subject.environ
    }
    try:
        done = subprocess.run(
            ["crontab", "-l"],  # noqa: S607 - wherever the system keeps it
            env={"PATH": os.defpath, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""
