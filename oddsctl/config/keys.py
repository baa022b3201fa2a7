"""Define every configuration key, one line each: its kind, help and example.

Defaults are those of `domain/settings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from oddsctl.config.address_values import KEY_PLACE, NOTICE_URL, PATH, QUIET, STORE_URL, URL
from oddsctl.config.values import (
    BOOKS,
    DURATION,
    DURATION_OR_0,
    FETCHING,
    FLAG,
    MARKETS,
    RATE,
    REGIONS,
    SHARE,
    SIZE,
    TEXT,
    WORD,
    ValueKind,
    choice,
    count,
    pattern,
    several,
)
from oddsctl.domain import suggest
from oddsctl.domain.models import Sport, month_fits
from oddsctl.domain.settings import Settings


class Key(NamedTuple):
    """One key of one section: its kind of value, and what it means."""

    section: str
    name: str
    kind: ValueKind
    doc: str

    @property
    def dotted(self) -> str:
        return f"{self.section}.{self.name}"

    @property
    def variable(self) -> str:
        return f"ODDSCTL_{self.section}_{self.name}".upper()

    def value(self, settings: Settings) -> Any:
        return getattr(getattr(settings, self.section), self.name)


SECTIONS = {
    "odds": "The Odds API",
    "espn": "ESPN's site API: schedules, scores, its own line",
    "weather": "Open-Meteo",
    "http": "limits of one call",
    "budget": "who may touch which credits",
    "freshness": "age up to which a stored board is fresh, by time to its soonest game not yet started",
    "prefetch": "what cron buys ahead of games, and when",
    "retry": "failed calls",
    "breaker": "leaving a broken provider alone",
    "shutdown": "the first SIGINT or SIGTERM",
    "store": "where state is kept",
    "log": "what happens, as JSON lines in a file, never with a secret; `-v` tells it on stderr",
    "notify": "whom to tell of what",
}

_RESET_DAY = count(1, 28, remedy="not every month has a later day: write 28 for the end of the month")

TABLE = (
    Key(
        "odds",
        "key",
        KEY_PLACE,
        'where the key is: "env:NAME", "file:/path" or "command:pass show odds"; never the key itself',
    ),
    Key("odds", "base_url", URL, "https; plain http only to this machine"),
    Key("odds", "regions", REGIONS, "whose books: us us2 uk eu au ...; each one multiplies the price"),
    Key(
        "odds",
        "bookmakers",
        BOOKS,
        "these bookmakers instead of regions; ten cost as much as one region",
    ),
    Key("odds", "markets", MARKETS, "each one multiplies the price"),
    Key("odds", "monthly_credits", count(1), "what the plan gives, until the provider reports it"),
    Key(
        "odds",
        "reset_day",
        _RESET_DAY,
        "day of the month (1 to 28) on which credits reset; only until a reset has been observed",
    ),
    Key("odds", "rate", RATE, 'token bucket: how fast it refills; "5/s", "30/m" or "600/h"'),
    Key("odds", "burst", count(1), "token bucket: capacity; 8 calls at once were refused with 429"),
    Key("espn", "base_url", URL, "https; plain http only to this machine"),
    Key("espn", "rate", RATE, "refill; ESPN documents no limit, this one is polite"),
    Key("espn", "burst", count(1), "capacity"),
    Key("espn", "user_agent", TEXT, "empty: oddsctl and its version"),
    Key("weather", "base_url", URL, "https; plain http only to this machine"),
    Key("weather", "geocoding_url", URL, "where towns are looked up"),
    Key("weather", "units", choice("imperial", "metric"), '"imperial" or "metric"'),
    Key("weather", "rate", RATE, "refill"),
    Key("weather", "burst", count(1), "capacity"),
    Key("http", "connect_timeout", DURATION, 'durations: "500ms", "10s", "10m", "2h", "1d", "1h30m"'),
    Key("http", "read_timeout", DURATION, "longest silence within an answer"),
    Key("http", "max_body", SIZE, 'an answer larger than this is refused; "500KiB", "32MiB", "1GiB"'),
    Key(
        "budget",
        "reserve",
        SHARE,
        "share of the account's credits kept for your own commands; planned calls don't touch it",
    ),
    Key(
        "budget",
        "warn_below",
        count(0),
        "credits: warn, and accept boards up to 1 h old, except with --fresh",
    ),
    Key(
        "budget",
        "stop_below",
        count(0),
        "credits: only your own commands for a game within the hour, or --force",
    ),
    Key("freshness", "over_24h", DURATION, "more than a day ahead"),
    Key("freshness", "over_6h", DURATION, "more than 6 h ahead"),
    Key("freshness", "over_1h", DURATION, "more than an hour ahead"),
    Key("freshness", "under_1h", DURATION, "within the hour"),
    Key("freshness", "in_play", DURATION, "when every game of the board has begun"),
    Key("prefetch", "sports", several(WORD), "`oddsctl prefetch` without a sport takes these"),
    Key("prefetch", "windows", several(DURATION, filled=True), "how long before a game to fetch"),
    Key(
        "prefetch",
        "fetch",
        several(FETCHING, filled=True),
        'what: "odds", "weather", "schedule"; only at one window: "weather@30m"',
    ),
    Key("prefetch", "early", DURATION_OR_0, "a call up to this early still counts for a window"),
    Key(
        "prefetch",
        "late",
        DURATION_OR_0,
        "and up to this late; more than every, so that a run hits the overlap of two windows",
    ),
    Key(
        "prefetch",
        "every",
        DURATION,
        "how often cron runs; what would be too late by the next run is fetched now",
    ),
    Key("retry", "attempts", count(1), "the first one included"),
    Key("retry", "base", DURATION_OR_0, "wait before the second; doubles"),
    Key("retry", "cap", DURATION_OR_0, "longest wait"),
    Key("breaker", "failures", count(1), "in a row; half of at least 10 calls in 10 min also trip it"),
    Key("breaker", "open_for", DURATION, "doubles while it stays broken, to 15 min"),
    Key("shutdown", "timeout", DURATION_OR_0, "how long calls in flight may finish"),
    Key("store", "url", STORE_URL, "a database in state_dir"),
    Key("store", "state_dir", PATH, "empty: the platform's directory for state"),
    Key("log", "file", PATH, "empty: none"),
    Key("log", "level", choice("debug", "info", "warning", "error"), '"debug", "info", "warning" or "error"'),
    Key("log", "max_size", SIZE, "rotate the file at this size"),
    Key("log", "keep", count(0, 99), "how many rotated files to keep, as FILE.1 and so on"),
    Key("notify", "urls", several(NOTICE_URL), 'Apprise addresses; "env:NAME" keeps one out of this file'),
    Key(
        "notify",
        "on",
        several(choice("quota", "health", "picks", "window", "line")),
        "any of quota health picks window line",
    ),
    Key(
        "notify",
        "quiet",
        QUIET,
        'no notifications in these hours, "23:00-07:00" in your zone; sent as one message later',
    ),
    Key(
        "notify",
        "line_threshold",
        SHARE,
        "how far a line must move: implied probability, 0.03 is three points",
    ),
)

SPORT_TABLE = (
    Key(
        "sports",
        "odds_key",
        pattern(r"[a-z0-9_]+", "soccer_netherlands_eredivisie"),
        "what The Odds API calls it",
    ),
    Key("sports", "espn", pattern(r"[a-z0-9-]+/[a-z0-9._-]*[a-z0-9]", "soccer/ned.1"), "what ESPN calls it"),
    Key("sports", "groups", pattern(r"[0-9]+", "50"), "ESPN's group, for college leagues"),
    Key("sports", "title", TEXT, "displayed name"),
    Key("sports", "days", count(1, 31), "how many days `fetch` shows"),
    Key("sports", "american", FLAG, "show American prices"),
    Key("sports", "indoor", FLAG, "played indoors: weather never matters"),
)
"""Keys of a `[sports.NAME]`. At least one of `odds_key` and `espn` is required."""

_SPORT_FIELDS = {"espn": "espn_path", "groups": "espn_groups", "days": "default_days"}
"""Keys whose field of `Sport` has another name."""

_EXAMPLE_SPORT = Sport(
    "eredivisie", "Eredivisie", "soccer_netherlands_eredivisie", "soccer/ned.1", default_days=7
)

_EXAMPLE_HEAD = """\
# oddsctl's configuration. Each default stands here as a comment: to change one, remove the # in front of it.
# Flags win over the environment, which wins over this file. Each key has a variable: [odds] rate is
# ODDSCTL_ODDS_RATE.
# `oddsctl config show` tells what holds and why, `oddsctl config check` what is wrong with it.
"""


def sport_from(name: str, values: dict[str, Any]) -> Sport:
    """Build the sport that `[sports.NAME]` adds, from values already read."""
    known: dict[str, Any] = {
        "title": name,
        "odds_key": None,
        "espn_path": None,
        "folds_months": month_fits(values.get("espn")),
    }
    return Sport(name=name, **known | {_SPORT_FIELDS.get(key, key): value for key, value in values.items()})


def sport_value(sport: Sport, key: str) -> Any:
    """Return the sport's value for a key of `[sports.NAME]`; None when it has none."""
    return getattr(sport, _SPORT_FIELDS.get(key, key))


# ── suggestions for typos ──


def section_remedy(section: str) -> str:
    """Suggest a remedy for an unknown section; it may be a key outside its section."""
    owners = [f"[{key.section}]" for key in TABLE if key.name == section]
    if owners:
        return f"it is a key: put it under {' or '.join(owners)}"
    return _nearest(section, {known: f"[{known}]" for known in SECTIONS} | {"sports": "[sports.NAME]"})


def key_remedy(section: str, name: str) -> str:
    """Suggest a remedy for an unknown key; it may belong to another section."""
    owners = [f"[{key.section}]" for key in TABLE if key.name == name]
    if owners:
        return f"it belongs under {' or '.join(owners)}"
    return _nearest(name, {key.name: key.name for key in TABLE if key.section == section})


def variable_remedy(section: str, name: str) -> str:
    """Suggest a remedy for a variable that names no key of its section."""
    return _nearest(name, {key.name: key.variable for key in TABLE if key.section == section})


def sport_key_remedy(name: str) -> str:
    """Suggest a remedy for an unknown key of `[sports.NAME]`."""
    return _nearest(name, {key.name: key.name for key in SPORT_TABLE})


def _nearest(word: str, known: Mapping[str, str]) -> str:
    return suggest.did_you_mean(word, known, f"known here: {', '.join(known.values())}")


# ── the example ──


def example_text() -> str:
    """Return the text of `config.example.toml`: each key with its help and, as a comment, its default."""
    blocks = [_EXAMPLE_HEAD]
    for section, doc in SECTIONS.items():
        keys = [key for key in TABLE if key.section == section]
        lines = [(f"# {key.name} = {key.kind.spell(key.value(Settings()))}", key.doc) for key in keys]
        blocks.append(_aligned([(f"[{section}]", doc), *lines]))
    lines = [
        (f"{key.name} = {key.kind.spell(sport_value(_EXAMPLE_SPORT, key.name))}", key.doc)
        for key in SPORT_TABLE
        if sport_value(_EXAMPLE_SPORT, key.name) is not None
    ]
    sport = _aligned(
        [(f"[sports.{_EXAMPLE_SPORT.name}]", "adds a sport; odds_key or espn is needed"), *lines]
    )
    blocks.append("".join(f"# {line}\n" for line in sport.splitlines()))
    return "\n".join(blocks)


def _aligned(lines: list[tuple[str, str]]) -> str:
    width = max(len(code) for code, _ in lines)
    return "".join(f"{code:<{width}}  # {doc}\n" for code, doc in lines)
