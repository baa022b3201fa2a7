"""The subject of an examination, and its findings. Frozen values; checks nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from glob import escape
from pathlib import Path

from oddsctl import config
from oddsctl.config import Loaded
from oddsctl.domain.errors import ConfigError
from oddsctl.domain.http import Secret
from oddsctl.domain.provider_errors import MissingKeyError
from oddsctl.domain.settings import NO_FILE
from oddsctl.observability import redaction
from oddsctl.records.database import FILE
from oddsctl.store.database import DATABASE
from oddsctl.store.state_dir import HTTP_CACHE


class Severity(StrEnum):
    """How bad it is: a problem costs answers, money or secrets; a warning may do so one day."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was checked, its state in words, and the remedy. Holds no secret."""

    check: str
    state: Severity
    message: str
    remedy: str | None = None


@dataclass(frozen=True)
class Subject:
    """The installation to examine."""

    loaded: Loaded
    state_dir: Path
    environ: Mapping[str, str]
    demo: bool

    @cached_property
    def key(self) -> Secret | MissingKeyError | ConfigError:
        """Return the key, or why there is none. From now on it is redacted from every text."""
        try:
            key = config.resolve_key(self.loaded.settings.odds.key, self.environ)
        except (MissingKeyError, ConfigError) as error:
            return error
        redaction.add_secret(key)
        return key

    @property
    def databases(self) -> tuple[Path, ...]:
        return tuple(self.state_dir / name for name in (DATABASE, FILE, HTTP_CACHE))

    @property
    def logs(self) -> list[Path]:
        """Return the log file and its rotated files."""
        file = self.loaded.settings.log.file
        return (
            []
            if file == NO_FILE
            else sorted(path for path in file.parent.glob(f"{escape(file.name)}*") if path.is_file())
        )


def ok(check: str, message: str) -> Finding:
    """Build a finding without a remedy."""
    return Finding(check, Severity.OK, message)


def warning(check: str, message: str, remedy: str) -> Finding:
    """Build a finding to look into."""
    return Finding(check, Severity.WARNING, message, remedy)


def problem(check: str, message: str, remedy: str) -> Finding:
    """Build a finding to fix now."""
    return Finding(check, Severity.PROBLEM, message, remedy)
