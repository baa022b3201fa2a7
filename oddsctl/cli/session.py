"""What the global options say, and what every command needs of them: settings, zone, the app, a voice on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from oddsctl.errors import InterruptedRunError, OddsctlError, UsageError
from oddsctl.messages.notices import (
    Booked,
    Decided,
    Failed,
    HealthChecked,
    Joined,
    Landed,
    News,
    Notice,
    PickFound,
    Planned,
    Retried,
    Served,
    Settled,
    Waited,
    Warned,
    WindowMissed,
)

if TYPE_CHECKING:
    from oddsctl.bootstrap import App
    from oddsctl.config import Loaded

DEFAULT_WAIT = 30.0
LEAST_LOCK_WAIT = 2.0
"""Seconds to wait for the state's lock whatever the patience: a run's own threads hold it for milliseconds."""
OddsFormat = Literal["american", "decimal"]


@dataclass(frozen=True)
class Session:
    """One invocation. `format` is table, json, jsonl or csv; `odds_format` None means each league's custom."""

    format: str = "table"
    quiet: bool = False
    verbose: int = 0
    demo: bool = False
    config_file: Path | None = None
    tz: str | None = None
    odds_format: OddsFormat | None = None
    command: str = ""
    warnings: list[str] = field(default_factory=list)
    listeners: list[Callable[[Notice], None]] = field(default_factory=list)

    @cached_property
    def loaded(self) -> Loaded:
        """The configuration. Raises `ConfigError`."""
        return self.load({})

    def load(self, overrides: Mapping[str, object]) -> Loaded:
        """The configuration with a command's own flags over it."""
        from oddsctl import config

        return config.load(file=self.config_file, env=os.environ, overrides=overrides)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The user's time zone: `--tz`, `TZ`, the machine's, UTC."""
        if self.tz:
            return _zone(self.tz)
        try:
            return ZoneInfo(os.environ["TZ"].removeprefix(":"))
        except (KeyError, ValueError, OSError):  # not set, or in one of the forms that only the C library reads
            return _machine_zone()

    @property
    def mark(self) -> dict[str, bool]:
        """What a document carries when it tells of the simulated world."""
        return {"demo": True} if self.demo else {}

    @contextmanager
    def app(self, loaded: Loaded | None = None, *, wait: float = DEFAULT_WAIT, shutdown: float | None = None) -> Iterator[App]:
        """The app on disk state, closed at the end. `wait` is the patience for the state's lock.

        Meanwhile a first SIGINT or SIGTERM lets calls under way finish within `shutdown` seconds, a second ends it at once.
        """
        from oddsctl.bootstrap import open_app
        from oddsctl.cli.interruptions import graceful

        loaded = loaded or self.loaded
        app = open_app(loaded, demo=self.demo, tell=self.tell, lock_wait=max(wait, LEAST_LOCK_WAIT), command=self.command)
        try:
            with graceful(app.clock.stop, loaded.settings.shutdown.timeout if shutdown is None else shutdown, self.say):
                yield app
        finally:
            app.close()

    @contextmanager
    def alerts(self, app: App, *, offline: bool = False) -> Iterator[None]:
        """After the block's work, also after its failure: tell the user's channels what changed, news told meanwhile included.

        Nothing is loaded where no channel is configured; an interrupted run, an `offline` one and the simulated world tell nobody.
        """
        if not app.settings.notify.urls or app.demo or offline:
            yield
            return
        news: list[News] = []
        self.listeners.append(lambda notice: news.append(notice) if isinstance(notice, News) else None)
        try:
            yield
        except OddsctlError as error:
            if not isinstance(error, InterruptedRunError):
                self._deliver(app, news)
            raise
        sys.stdout.flush()  # nobody waits for the channels to see the answer
        self._deliver(app, news)

    def _deliver(self, app: App, news: list[News]) -> None:
        from oddsctl.notifications import deliver

        deliver(app.store, app.clock, app.settings, self.zone, news=news, warn=self.warn)

    def tell(self, notice: Notice) -> None:
        """Say on stderr what the user asked to hear; warnings always, unless `-q`. Tell other listeners, such as a progress bar."""
        for listener in self.listeners:
            listener(notice)
        if isinstance(notice, Warned):
            self.warn(notice.text)
        elif self.verbose:
            self.say(_in_words(notice, self.zone))

    def warn(self, text: str) -> None:
        """One line on stderr, once."""
        if text not in self.warnings:
            self.warnings.append(text)
            self.say(f"warning: {text}")

    def say(self, text: str) -> None:
        """One line on stderr, unless `-q`."""
        if not self.quiet:
            print(text, file=sys.stderr)  # noqa: T201 - talk goes to stderr


def _in_words(notice: Notice, zone: ZoneInfo) -> str:  # noqa: C901, PLR0911 - a case a notice
    match notice:
        case Served(job, reason, age):
            return f"{job.key}: {reason}, {age:.0f} s old"
        case Waited(api, seconds):
            return f"{api}: waiting {seconds:.1f} s for the rate limit"
        case Booked(_, job, price, purpose):
            return f"{job.key}: asking ({price} credits, {purpose})"
        case Settled(_, job, status, spent, seconds):
            cost = "perhaps charged" if spent is None else f"{spent} credits"
            return f"{job.key}: {status or 'no answer'} after {seconds * 1000:.0f} ms, {cost}"
        case Retried(job, error, seconds):
            return f"{job.key}: {error.code}, again after {seconds:.1f} s"
        case Joined(job, seconds):
            return f"{job.key}: another process was asking the same, waited {seconds:.1f} s"
        case Decided(_, outcome):
            return f"{outcome.job.key}: {outcome.reason}"
        case Planned(wishes, missing):
            return f"{wishes} wishes, {wishes - missing} answered by the store"
        case Landed(job, wants):
            return f"{job.key}: done, for {wants} wishes"
        case Failed(job, error):
            return f"{job.key}: {error.message}"
        case Warned(text):
            return text
        case HealthChecked() | WindowMissed() | PickFound():
            from oddsctl.render.alerts import in_words

            return in_words(notice, zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UsageError(f"--tz: no time zone is called {name!r}", hint="write it like Europe/Berlin or America/New_York") from None


def _machine_zone() -> ZoneInfo:
    """The zone that /etc/localtime links to; UTC where it does not tell."""
    try:
        path = Path("/etc/localtime").resolve(strict=True).as_posix()
        return ZoneInfo(path.partition("zoneinfo/")[2] or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
