"""What an examination is of, and what it finds. Frozen values; nothing is looked at here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from glob import escape
from pathlib import Path

from oddsctl import config
from oddsctl.config import Loaded
from oddsctl.domain.errors import ConfigError, MissingKeyError
from oddsctl.domain.http import Secret
from oddsctl.domain.settings import NO_FILE
from oddsctl.observability import redaction


class Severity(StrEnum):
    """How bad it is: a problem costs answers, money or secrets, a warning may do so one day."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was checked, how it is, in words, and what to do about it. Holds no secret."""

    check: str
    state: Severity
    message: str
    remedy: str | None = None


@dataclass(frozen=True)
class Subject:
    """The installation under examination."""

    loaded: Loaded
    state_dir: Path
    environ: Mapping[str, str]
    demo: bool

    @cached_property
    def key(self) -> Secret | MissingKeyError | ConfigError:
        """The key, or why there is none. From now on it is kept out of every text."""
        try:
            key = config.resolve_key(self.loaded.settings.odds.key, self.environ)
        except (MissingKeyError, ConfigError) as error:
            return error
        redaction.add_secret(key)
        return key

    @property
    def databases(self) -> tuple[Path, ...]:
        return tuple(self.state_dir / name for name in ("cache.db", "records.db", "http.sqlite"))

    @property
    def logs(self) -> list[Path]:
        """The log file and the full ones beside it, where there are any."""
        file = self.loaded.settings.log.file
        return (
            []
            if file == NO_FILE
            else sorted(path for path in file.parent.glob(f"{escape(file.name)}*") if path.is_file())
        )


def ok(check: str, message: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Severity.OK, message)


def warning(check: str, message: str, remedy: str) -> Finding:
    """Something to see to."""
    return Finding(check, Severity.WARNING, message, remedy)


def problem(check: str, message: str, remedy: str) -> Finding:
    """Something to see to now."""
    return Finding(check, Severity.PROBLEM, message, remedy)
