"""What the global options say, and what every command needs of them: settings, zone, the app, a voice on
stderr.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from oddsctl.domain.errors import (
    ConfigError,
    InterruptedRunError,
    LockTimeoutError,
    OddsctlError,
    StateError,
    UsageError,
)
from oddsctl.domain.notices import AlertableNotice, Notice, Warned
from oddsctl.domain.settings import NO_FILE
from oddsctl.observability import redaction

if TYPE_CHECKING:
    from oddsctl.app import App
    from oddsctl.config import Known, Loaded
    from oddsctl.domain.vocabulary import ShownNames

DEFAULT_WAIT = 30.0
OddsFormat = Literal["american", "decimal"]


@dataclass(frozen=True)
class CliContext:
    """One invocation. `format` is table, json, jsonl or csv; in CSV `raw` leaves formulas as they are.

    `odds_format` None means each league's custom.

    `variables` are the names of those that stand for options.
    """

    format: str = "table"
    quiet: bool = False
    verbose: int = 0
    raw: bool = False
    demo: bool = False
    config_file: Path | None = None
    tz: str | None = None
    odds_format: OddsFormat | None = None
    command: str = ""
    variables: frozenset[str] = frozenset()
    warnings: list[str] = field(default_factory=list)
    listeners: list[Callable[[Notice], None]] = field(default_factory=list)

    @cached_property
    def loaded(self) -> Loaded:
        """The configuration. Raises `ConfigError`."""
        return self.load({})

    def load(self, overrides: Mapping[str, object], *, force: bool = False) -> Loaded:
        """The configuration with a command's own flags over it.

        `force` accepts names of The Odds API that nobody knows.
        """
        from oddsctl import config

        loaded = config.load(
            file=self.config_file, env=os.environ, overrides=overrides, known=self.known(force=force)
        )
        redaction.add_secrets_of_places((loaded.settings.odds.key, *loaded.settings.notify.urls), os.environ)
        return loaded

    def known(self, *, force: bool = False) -> Known:
        """What the configuration's names are compared with."""
        from oddsctl.app import shown_names
        from oddsctl.catalog.sports import SPORTS
        from oddsctl.config import Known

        return Known(
            [sport.name for sport in SPORTS],
            lambda state_dir: shown_names(state_dir, demo=self.demo),
            force,
            self.variables,
        )

    def shown(self, loaded: Loaded) -> ShownNames:
        """The names of The Odds API that answers have shown."""
        from oddsctl.app import shown_names

        return shown_names(loaded.settings.store.state_dir, demo=self.demo)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The user's time zone: `--tz`, `TZ`, the machine's, UTC.

        Raises `UsageError`, or `ConfigError` for a `TZ` that is none.
        """
        from oddsctl.config import time_zone

        try:
            return (
                time_zone.of_machine(os.environ) if self.tz is None else time_zone.named(self.tz, os.environ)
            )
        except time_zone.UnknownZoneError as error:
            if self.tz is None:
                raise ConfigError(f"environment TZ: {error}", hint=error.remedy) from None
            raise UsageError(f"--tz: {error}", hint=error.remedy) from None

    @property
    def demo_field(self) -> dict[str, bool]:
        """Return the field that marks a document of the simulated world."""
        return {"demo": True} if self.demo else {}

    @property
    def caveats(self) -> dict[str, list[str]]:
        """What a document carries when something about it was warned of."""
        return {"warnings": self.warnings} if self.warnings else {}

    def show_caveats(self) -> None:
        """The same below a page that is read without its stderr."""
        if not (sys.stdout.isatty() and sys.stderr.isatty()):
            sys.stdout.writelines(f"warning: {text}\n" for text in self.warnings)

    @contextmanager
    def app(
        self,
        loaded: Loaded | None = None,
        *,
        wait: float | None = None,
        shutdown: float | None = None,
        deadline: float | None = None,
    ) -> Iterator[App]:
        """The app on disk state, closed at the end.

        `wait` is the whole patience for the state's locks; without it each may take 30 s.

        Meanwhile a first SIGINT or SIGTERM lets calls under way finish within `shutdown` seconds, a second
        ends it at once; so does the `deadline`, seconds from now.
        """
        from oddsctl.app import open_app
        from oddsctl.cli.signals import graceful_shutdown

        loaded = loaded or self.loaded
        _ = self.zone  # one that is none is refused before anything is bought
        patience = loaded.settings.shutdown.timeout if shutdown is None else shutdown
        app = open_app(
            loaded,
            demo=self.demo,
            tell=self.tell,
            lock_wait=DEFAULT_WAIT if wait is None else wait,
            is_total_wait=wait is not None,
            command=self.command,
        )
        try:
            with self._logged(loaded), graceful_shutdown(app.clock.stop, patience, self.say, deadline):
                yield app
        finally:
            app.close()

    @contextmanager
    def _logged(self, loaded: Loaded) -> Iterator[None]:
        """Meanwhile what happens is logged: to stderr under `-v`, to the file that the configuration
        names.
        """
        settings, verbosity = loaded.settings, 0 if self.quiet else self.verbose
        if not verbosity and settings.log.file == NO_FILE:
            yield
            return
        from oddsctl.observability import log

        about = log.RunInfo(self.command, self.demo)
        with log.logging_to(
            settings.log, settings.store.state_dir, about, verbosity, lambda text: self.tell(Warned(text))
        ) as hear:
            self.listeners.append(hear)
            try:
                yield
            finally:
                self.listeners.remove(hear)

    @contextmanager
    def alerts(self, app: App, *, offline: bool = False) -> Iterator[None]:
        """After the block's work, also after its failure: tell the user's channels what changed, news told
        meanwhile included.

        Nothing is loaded where no channel is configured; an interrupted run, an `offline` one and the
        simulated world tell nobody.
        """
        if not app.settings.notify.urls or app.demo or offline:
            yield
            return
        news: list[AlertableNotice] = []

        def hear(notice: Notice) -> None:
            if isinstance(notice, AlertableNotice):
                news.append(notice)

        self.listeners.append(hear)
        try:
            yield
        except OddsctlError as error:
            if not isinstance(error, InterruptedRunError):
                self._deliver(app, news)
            raise
        finally:
            self.listeners.remove(hear)
        sys.stdout.flush()  # nobody waits for the channels to see the answer
        try:
            self._deliver(app, news)
        except (StateError, LockTimeoutError) as error:
            self.warn(f"alerts could not be sent: {error.message}")

    def _deliver(self, app: App, news: list[AlertableNotice]) -> None:
        from oddsctl.domain.notices import HealthChecked
        from oddsctl.render.alerts import words
        from oddsctl.services.alerts import AlertService, sender_within

        looks = [
            HealthChecked(api, one.status.value, one.reason)
            for api, one in app.monitor.look().items()
            if one.status.is_known
        ]
        app.flush()  # the run's work is done, whatever comes of this
        left = signal.getitimer(signal.ITIMER_REAL)[0]  # of a run with a deadline; 0 without one
        if send := sender_within(left or None):
            service = AlertService(app.state, self.zone, words, self.warn, send)
            service.deliver([*news, *looks])

    def tell(self, notice: Notice) -> None:
        """Tell the listeners, such as the log or a progress bar; warnings also the user."""
        for listener in self.listeners:
            listener(notice)
        if isinstance(notice, Warned) and notice.text not in self.warnings:
            self.warnings.append(notice.text)
            self.say(f"warning: {notice.text}")

    def write(self, document: dict[str, Any]) -> None:
        """The one answer of a command, as JSON; as JSON lines on one.

        It has no rows: raises `UsageError` for CSV.
        """
        from oddsctl.render.documents import dump

        if self.format == "csv":
            raise UsageError(f"{self.command} has no rows for CSV", hint="ask for --json")
        text = json.dumps(document, ensure_ascii=False) if self.format == "jsonl" else dump(document)
        sys.stdout.write(text + "\n")

    def warn(self, text: str) -> None:
        """One line on stderr, once, and in the log."""
        self.tell(Warned(text))

    def say(self, text: str) -> None:
        """One line on stderr, unless `-q`."""
        if not self.quiet:
            print(text, file=sys.stderr)  # noqa: T201 - talk goes to stderr
