"""The effective settings as frozen values; the `config` package reads them.

Durations are seconds, rates are requests a second, sizes are bytes, shares are fractions of 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from oddsctl.domain.models import Sport, Units

Part = Literal["odds", "weather", "schedule"]


@dataclass(frozen=True, slots=True)
class OddsSettings:
    """The Odds API.

    `key` says where to find the key (`env:`, `file:`, `command:`); it is never the key itself. `bookmakers`
    replace `regions` when given.
    """

    key: str = "env:ODDS_API_KEY"
    base_url: str = "https://api.the-odds-api.com"
    regions: tuple[str, ...] = ("us",)
    bookmakers: tuple[str, ...] = ()
    markets: tuple[str, ...] = ("h2h", "spreads", "totals")
    monthly_credits: int = 500
    reset_day: int = 1
    rate: float = 5.0
    burst: int = 5


@dataclass(frozen=True, slots=True)
class EspnSettings:
    """ESPN's site API. An empty `user_agent` means the default one."""

    base_url: str = "https://site.api.espn.com"
    rate: float = 1.0
    burst: int = 5
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class WeatherSettings:
    """Open-Meteo."""

    base_url: str = "https://api.open-meteo.com"
    geocoding_url: str = "https://geocoding-api.open-meteo.com"
    units: Units = "imperial"
    rate: float = 5.0
    burst: int = 5


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Limits of one HTTP exchange."""

    connect_timeout: float = 3.0
    read_timeout: float = 10.0
    max_body: int = 32 * 1024 * 1024

    @property
    def longest_exchange(self) -> float:
        """Seconds after which a call is aborted, even if its response is still arriving."""
        return self.connect_timeout + 3 * self.read_timeout

    @property
    def call_lease(self) -> float:
        """Seconds after which a call without a result has lost its process; 5 are for writing the result."""
        return self.longest_exchange + 5


@dataclass(frozen=True, slots=True)
class BudgetSettings:
    """How many credits are kept, and for whom."""

    reserve: float = 0.10
    warn_below: int = 50
    stop_below: int = 10


@dataclass(frozen=True, slots=True)
class FreshnessSettings:
    """The age up to which a cached board is fresh, by the time to its next start."""

    over_24h: float = 3600.0
    over_6h: float = 1800.0
    over_1h: float = 900.0
    under_1h: float = 120.0
    in_play: float = 60.0


@dataclass(frozen=True, slots=True)
class WindowFetch:
    """A part that windows fetch: at every window, or only at the one `window` seconds before the start."""

    part: Part
    window: float | None = None


@dataclass(frozen=True, slots=True)
class PrefetchSettings:
    """What prefetch buys, and when."""

    sports: tuple[str, ...] = ("nfl",)
    windows: tuple[float, ...] = (7200.0, 3600.0, 1800.0)
    fetch: tuple[WindowFetch, ...] = (WindowFetch("odds"), WindowFetch("weather"))
    early: float = 600.0
    late: float = 360.0
    every: float = 300.0

    def windows_of(self, part: Part) -> tuple[float, ...]:
        """Return the windows at which this part is fetched."""
        wanted = {one.window for one in self.fetch if one.part == part}
        return (
            self.windows if None in wanted else tuple(window for window in self.windows if window in wanted)
        )


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """How often a failed call is retried, and with what delays."""

    attempts: int = 3
    base: float = 1.0
    cap: float = 20.0


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """How many failures open a circuit breaker, and for how long at first."""

    failures: int = 5
    open_for: float = 30.0


@dataclass(frozen=True, slots=True)
class ShutdownSettings:
    """How long calls in flight may take to finish after the first signal."""

    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where state is kept. `state_dir` is an absolute path."""

    url: str = "disk:"
    state_dir: Path = Path()


NO_FILE = Path()
"""Stands for no file."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """The log file, none for `NO_FILE`. `keep` is how many rotated files are kept beside it."""

    file: Path = NO_FILE
    level: Literal["debug", "info", "warning", "error"] = "info"
    max_size: int = 5 * 1024 * 1024
    keep: int = 3


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Which channels get which alerts.

    `quiet` is the start and end of the quiet hours, in minutes of the day in the user's zone.
    `line_threshold` is a change of implied probability.
    """

    urls: tuple[str, ...] = ()
    on: tuple[str, ...] = ("quota", "health", "picks")
    quiet: tuple[int, int] | None = None
    line_threshold: float = 0.03


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings.

    Sections and keys are named as in the TOML file. `sports` are those added by `[sports.NAME]`.
    """

    odds: OddsSettings = field(default_factory=OddsSettings)
    espn: EspnSettings = field(default_factory=EspnSettings)
    weather: WeatherSettings = field(default_factory=WeatherSettings)
    http: HttpSettings = field(default_factory=HttpSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    freshness: FreshnessSettings = field(default_factory=FreshnessSettings)
    prefetch: PrefetchSettings = field(default_factory=PrefetchSettings)
    retry: RetrySettings = field(default_factory=RetrySettings)
    breaker: BreakerSettings = field(default_factory=BreakerSettings)
    shutdown: ShutdownSettings = field(default_factory=ShutdownSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    log: LogSettings = field(default_factory=LogSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    sports: tuple[Sport, ...] = ()
