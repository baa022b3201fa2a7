"""Promises of the configuration: which value holds, what is refused and how it is said, and that no secret is
ever shown.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from dataclasses import fields, replace
from itertools import combinations
from pathlib import Path

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl import config
from oddsctl.config.bounded_read import read_file
from oddsctl.config.keys import SECTIONS, SPORT_TABLE, TABLE, Key
from oddsctl.config.toml_file import lines_of
from oddsctl.domain import units
from oddsctl.domain.errors import ConfigError, OddsctlError, UsageError
from oddsctl.domain.http import Secret
from oddsctl.domain.models import Sport
from oddsctl.domain.provider_errors import MissingKeyError
from oddsctl.domain.settings import Settings
from oddsctl.domain.units import format_rate, format_size, parse_rate, parse_size
from oddsctl.domain.vocabulary import ShownNames
from tests.fakes import homeless

KEY = "test-key-DO-NOT-LEAK"
HEX_KEY = "abcdef0123456789abcdef0123456789"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without any configuration."""
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "my.toml"


def faults_of(toml: Path, text: str) -> list[tuple[int | None, str, str]]:
    toml.write_text(text)
    return [
        (fault.line, fault.key, f"{fault.what}; {fault.remedy}") for fault in config.check(file=toml, env={})
    ]


# ── which value holds ──


def test_without_anything_the_defaults_hold_and_state_lives_in_the_platform_s_directory(home: Path) -> None:
    loaded = config.load(file=None, env={})
    state_dir = loaded.settings.store.state_dir
    assert loaded.settings == replace(Settings(), store=replace(Settings().store, state_dir=state_dir))
    assert state_dir == platformdirs.user_state_path("oddsctl")
    assert state_dir.is_relative_to(home)
    assert loaded.path is None
    assert set(loaded.origins.values()) == {"default"}


def test_the_default_file_is_read_where_there_is_one() -> None:
    config.default_path().parent.mkdir(parents=True)
    config.default_path().write_text("[retry]\nattempts = 7\n")
    loaded = config.load(file=None, env={})
    assert loaded.settings.retry.attempts == 7
    assert loaded.path == config.default_path()


SOURCES = ["file", "environment", "flag"]


@pytest.mark.parametrize("given", [given for count in range(4) for given in combinations(SOURCES, count)])
def test_flags_win_over_the_environment_which_wins_over_the_file_which_wins_over_defaults(
    toml: Path, given: tuple[str, ...]
) -> None:
    toml.write_text('# mine\n[odds]\nregions = ["uk"]\n' if "file" in given else "")
    env = {"ODDSCTL_ODDS_REGIONS": "eu, au"} if "environment" in given else {}
    overrides = {"odds.regions": ["us2"]} if "flag" in given else {}
    loaded = config.load(file=toml, env=env, overrides=overrides)
    expected = {
        "default": (("us",), "default"),
        "file": (("uk",), f"file {toml}:3"),
        "environment": (("eu", "au"), "environment ODDSCTL_ODDS_REGIONS"),
        "flag": (("us2",), "flag"),
    }[(["default", *given])[-1]]
    assert (loaded.settings.odds.regions, loaded.origins["odds.regions"]) == expected


def test_a_flag_may_be_text_as_well_as_a_list() -> None:
    loaded = config.load(
        file=None,
        env={},
        overrides={"odds.markets": "h2h,totals", "http.read_timeout": "1m", "retry.attempts": "2"},
    )
    assert loaded.settings.odds.markets == ("h2h", "totals")
    assert loaded.settings.http.read_timeout == 60.0
    assert loaded.settings.retry.attempts == 2


def test_every_kind_of_value_can_be_given_in_the_file(toml: Path, home: Path) -> None:
    toml.write_text(
        '[odds]\nkey = "command:pass show odds"\nrate = "30/m"\nbase_url = "http://127.0.0.1:8080/v/"\n'
        '[http]\nconnect_timeout = "500ms"\nmax_body = "500KiB"\n[weather]\nunits = '
        '"metric"\n[budget]\nreserve = 0\n'
        '[prefetch]\nwindows = ["1h30m", "1d"]\nearly = "0s"\n[store]\nstate_dir = "state"\n[notify]\nurls '
        '= ["env:NTFY"]\non = []\n'
    )
    settings = config.load(file=toml, env={}).settings
    assert settings.odds.key == "command:pass show odds"
    assert settings.odds.rate == 0.5
    assert settings.odds.base_url == "http://127.0.0.1:8080/v"
    assert settings.http.connect_timeout == 0.5
    assert settings.http.max_body == 512_000
    assert settings.weather.units == "metric"
    assert settings.budget.reserve == 0.0
    assert settings.prefetch.windows == (5400.0, 86400.0)
    assert settings.prefetch.early == 0.0
    assert settings.store.state_dir == home / "state"
    assert settings.notify.urls == ("env:NTFY",)
    assert settings.notify.on == ()


def test_every_key_has_a_variable_and_empty_ones_count_as_unset() -> None:
    variables = {
        "ODDSCTL_BUDGET_RESERVE": "0.25",
        "ODDSCTL_BUDGET_WARN_BELOW": "80",
        "ODDSCTL_STORE_STATE_DIR": "~/kept",
        "ODDSCTL_PREFETCH_WINDOWS": "3h,45m",
        "ODDSCTL_ODDS_RATE": "  ",
        "ODDSCTL_RETRY_ATTEMPTS": "",
    }
    loaded = config.load(file=None, env=variables)
    assert loaded.settings.budget.reserve == 0.25
    assert loaded.settings.budget.warn_below == 80
    assert loaded.settings.store.state_dir == Path.home() / "kept"
    assert loaded.settings.prefetch.windows == (10800.0, 2700.0)
    assert loaded.origins["odds.rate"] == loaded.origins["retry.attempts"] == "default"


def test_a_state_directory_of_a_dot_is_the_current_one(home: Path) -> None:
    assert config.load(file=None, env={"ODDSCTL_STORE_STATE_DIR": "."}).settings.store.state_dir == home


def test_the_table_has_each_field_of_the_settings_once() -> None:
    expected = [
        f"{section}.{field.name}" for section in SECTIONS for field in fields(getattr(Settings(), section))
    ]
    assert [key.dotted for key in TABLE] == expected
    assert [*SECTIONS, "sports"] == [field.name for field in fields(Settings)]


def test_a_sport_can_be_added_from_what_providers_call_it(toml: Path) -> None:
    toml.write_text(
        '[sports.eredivisie]\nodds_key = "soccer_netherlands_eredivisie"\nespn = "soccer/ned.1"\ntitle = '
        '"Eredivisie"\ndays = 7\n'
        '[sports.ncaaw]\nespn = "basketball/womens-college-basketball"\ngroups = "50"\namerican = '
        "true\nindoor = true\n"
    )
    loaded = config.load(file=toml, env={})
    assert loaded.settings.sports == (
        Sport("eredivisie", "Eredivisie", "soccer_netherlands_eredivisie", "soccer/ned.1", default_days=7),
        replace(
            Sport(
                "ncaaw",
                "ncaaw",
                None,
                "basketball/womens-college-basketball",
                espn_groups="50",
                american=True,
                indoor=True,
            ),
            folds_months=False,  # as many games as the men's
        ),
    )
    assert config.Row("sports.ncaaw.groups", '"50"', f"file {toml}:8") in config.show(loaded)


# ── what is refused ──

REFUSED = {
    "unknown section": ("[odd]\n", 1, "odd", "did you mean [odds]?"),
    "unknown section like nothing": ("\n[zzz]\n", 2, "zzz", "known here: [odds], [espn]"),
    "key outside a section": ("reserve = 0.2\n", 1, "reserve", "put it under [budget]"),
    "unknown key": ('[odds]\n\nregion = ["us"]\n', 3, "odds.region", "did you mean regions?"),
    "unknown key like nothing": ("[retry]\nzzz = 1\n", 2, "retry.zzz", "known here: attempts, base, cap"),
    "key of another section": ("[odds]\nreserve = 0.2\n", 2, "odds.reserve", "it belongs under [budget]"),
    "no section": ("odds = 3\n", 1, "odds", "write [odds] on a line of its own"),
    "array of sections": ("[[odds]]\nburst = 1\n", 1, "odds", "must be a section"),
    "number for text": ("[odds]\nrate = 5\n", 2, "odds.rate", 'must be text; write it like "5/s"'),
    "text for number": (
        '[odds]\nburst = "5"\n',
        2,
        "odds.burst",
        "must be a whole number of at least 1; write it without quotes",
    ),
    "true for number": ("[odds]\nburst = true\n", 2, "odds.burst", "must be a whole number"),
    "fraction for number": ("[odds]\nburst = 1.5\n", 2, "odds.burst", "must be a whole number"),
    "text for list": ('[odds]\nregions = "us"\n', 2, "odds.regions", "must be a list; put it in brackets"),
    "numbers in list": ("[odds]\nregions = [1]\n", 2, "odds.regions", "must be text; put it in quotes"),
    "list of no words": ('[odds]\nregions = ["us,uk"]\n', 2, "odds.regions", "letters, digits"),
    "empty list": ("[odds]\nmarkets = []\n", 2, "odds.markets", "must not be empty; name at least one"),
    "no duration": (
        '[http]\nread_timeout = "10"\n',
        2,
        "http.read_timeout",
        'is not a valid duration; write it like "10s"',
    ),
    "negative duration": ('[retry]\nbase = "-1s"\n', 2, "retry.base", "is not a valid duration"),
    "zero connect timeout": (
        '[http]\nconnect_timeout = "0s"\n',
        2,
        "http.connect_timeout",
        "must be longer than 0",
    ),
    "zero freshness": ('[freshness]\nin_play = "0s"\n', 2, "freshness.in_play", "must be longer than 0"),
    "zero window": ('[prefetch]\nwindows = ["2h", "0m"]\n', 2, "prefetch.windows", "must be longer than 0"),
    "no windows": ("[prefetch]\nwindows = []\n", 2, "prefetch.windows", "must not be empty"),
    "endless duration": ('[shutdown]\ntimeout = "3651d"\n', 2, "shutdown.timeout", "longer than ten years"),
    "no rate": ('[espn]\nrate = "1/d"\n', 2, "espn.rate", 'is not a valid rate; write it like "5/s"'),
    "zero rate": ('[espn]\nrate = "0/s"\n', 2, "espn.rate", "must be more than 0"),
    "no size": (
        '[http]\nmax_body = "32MB"\n',
        2,
        "http.max_body",
        'is not a valid size; write it like "32MiB"',
    ),
    "zero size": ('[http]\nmax_body = "0"\n', 2, "http.max_body", "must be more than 0"),
    "reserve below 0": ("[budget]\nreserve = -0.1\n", 2, "budget.reserve", "must be 0 to 1; write a share"),
    "reserve above 1": ("[budget]\nreserve = 10\n", 2, "budget.reserve", "must be 0 to 1"),
    "reserve nan": ("[budget]\nreserve = nan\n", 2, "budget.reserve", "must be 0 to 1"),
    "negative credits": (
        "[budget]\nwarn_below = -1\n",
        2,
        "budget.warn_below",
        "must be a number of at least 0",
    ),
    "reset day 0": ("[odds]\nreset_day = 0\n", 2, "odds.reset_day", "must be a number from 1 to 28"),
    "reset day 29": ("[odds]\nreset_day = 29\n", 2, "odds.reset_day", "write 28 for the end of the month"),
    "reset day 31": ("[odds]\nreset_day = 31\n", 2, "odds.reset_day", "write 28 for the end of the month"),
    "burst 0": ("[odds]\nburst = 0\n", 2, "odds.burst", "must be a number of at least 1"),
    "attempts 0": ("[retry]\nattempts = 0\n", 2, "retry.attempts", "must be a number of at least 1"),
    "units": ('[weather]\nunits = "kelvin"\n', 2, "weather.units", 'write "imperial" or "metric"'),
    "redis": (
        '[store]\nurl = "redis://host:6379/0"\n',
        2,
        "store.url",
        'is not in this release; write "disk:"',
    ),
    "another store": ('[store]\nurl = "mysql:"\n', 2, "store.url", 'write "disk:"'),
    "home of nobody": (
        '[store]\nstate_dir = "~no-such-user/x"\n',
        2,
        "store.state_dir",
        "write the whole path",
    ),
    "notice of nothing": (
        '[notify]\non = ["quotas"]\n',
        2,
        "notify.on",
        '"quota" or "health" or "picks" or "window" or "line"',
    ),
    "notice to nowhere": ('[notify]\nurls = ["me"]\n', 2, "notify.urls", 'write each like "env:NAME"'),
    "line break in text": ('[espn]\nuser_agent = "a\\r\\nX-B: c"\n', 2, "espn.user_agent", "take it out"),
    "key in the file": (f'[odds]\nkey = "{KEY}"\n', 2, "odds.key", "not the key itself"),
    "sport without provider": ('[sports.x]\ntitle = "X"\n', 1, "sports.x", "give it odds_key"),
    "sport with odd name": ('[sports."X Y"]\nespn = "a/b"\n', 1, "sports.X Y", "use a-z"),
    "sport that is text": ('[sports]\nx = "soccer/x"\n', 2, "sports.x", "write [sports.x]"),
    "unknown key of a sport": (
        '[sports.x]\nespn = "a/b"\nday = 2\n',
        3,
        "sports.x.day",
        "did you mean days?",
    ),
    "sport's path": ('[sports.x]\nespn = "../b"\n', 2, "sports.x.espn", 'write it like "soccer/ned.1"'),
    "sport's flag": (
        '[sports.x]\nespn = "a/b"\nindoor = "yes"\n',
        3,
        "sports.x.indoor",
        "write true or false, without quotes",
    ),
    "syntax": ("[odds]\nburst = 5\nrate = 5/s\n", 3, "", "is not valid TOML"),
    "key given twice": (
        "[odds]\nburst = 5\nburst = 6\n",
        3,
        "",
        "has the same key twice; keep one of the two lines",
    ),
    "file cut off": ('[odds]\nregions = ["us",\n', 2, "", "is not valid TOML"),
    "depth without end": (f"x = {'[' * 5000}\n", None, "", "is not valid TOML"),
    "digits without end": (f"x = {'9' * 5000}\n", None, "", "is not valid TOML"),
}


@pytest.mark.parametrize(("text", "line", "key", "says"), REFUSED.values(), ids=REFUSED)
def test_each_fault_is_named_with_its_line_key_and_remedy_and_exits_with_78(
    toml: Path, text: str, line: int | None, key: str, says: str
) -> None:
    [(found_line, found_key, told)] = faults_of(toml, text)
    assert (found_line, found_key) == (line, key)
    assert says in told
    with pytest.raises(ConfigError) as caught:
        config.load(file=toml, env={})
    assert caught.value.exit_code == 78
    assert caught.value.message.startswith(f"{toml}:{line}: {key}" if line else f"{toml}: ")
    assert says in caught.value.message
    assert "\n" not in caught.value.message


URLS = {
    "ftp://host": 'write it like "https://host"',
    "host": 'write it like "https://host"',
    "": 'write it like "https://host"',
    "https://": "is not a valid URL",
    "https://ho st": "is not a valid URL",
    "https://host:http": "is not a valid URL",
    "https://[::1": "is not a valid URL",
    "https://a\\b": "is not a valid URL",
    f"https://me:{KEY}@host": "must not hold a user name",
    f"https://host/?apiKey={KEY}": "must not hold a query",
    "https://host/#x": "must not hold a query or a fragment",
    "http://example.com": 'write "https://"; plain http is for 127.0.0.1, ::1 and localhost',
    "http://127.0.0.1.example.com": "plain http is for",
    "http://localhost.example.com": "plain http is for",
    "http://0.0.0.0": "plain http is for",
}


@pytest.mark.parametrize("section", ["odds", "espn", "weather"])
@pytest.mark.parametrize("url", URLS)
def test_an_address_that_is_unsafe_or_none_is_refused_with_its_remedy(
    toml: Path, section: str, url: str
) -> None:
    toml.write_text(f"[{section}]\nbase_url = '{url}'\n")
    [fault] = config.check(file=toml, env={})
    assert (fault.line, fault.key) == (2, f"{section}.base_url")
    assert URLS[url] in str(fault)
    assert KEY not in str(fault)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "http://localhost:1",
        "http://127.8.9.1",
        "http://[::1]:80",
        "https://a.example:8443/x/y",
        "HTTPS://a.example",
    ],
)
def test_a_safe_address_is_taken_without_its_last_slash(url: str) -> None:
    assert (
        config.load(
            file=None, env={"ODDSCTL_WEATHER_GEOCODING_URL": url + "/"}
        ).settings.weather.geocoding_url
        == url
    )


def test_all_faults_are_collected_in_the_order_of_the_file_then_the_environment_then_flags(
    toml: Path,
) -> None:
    toml.write_text("[retry]\nattempts = 0\n[odds]\nburst = 0\n[retri]\n")
    env, overrides = {"ODDSCTL_ODDS_RATE": "fast"}, {"odds.regions": ""}
    found = config.check(file=toml, env=env, overrides=overrides)
    assert [(str(fault.place), fault.key) for fault in found] == [
        (f"file {toml}:2", "retry.attempts"),
        (f"file {toml}:4", "odds.burst"),
        (f"file {toml}:5", "retri"),
        ("environment ODDSCTL_ODDS_RATE", "odds.rate"),
        ("flag", "odds.regions"),
    ]
    with pytest.raises(ConfigError) as caught:
        config.load(file=toml, env=env, overrides=overrides)
    assert caught.value.message.startswith(f"{toml}:2: retry.attempts must be")
    assert caught.value.message.endswith("(and 4 more)")
    assert "oddsctl config check" in (caught.value.hint or "")


def test_a_fault_of_the_file_counts_even_where_a_flag_would_win(toml: Path) -> None:
    toml.write_text("[retry]\nattempts = 0\n")
    assert len(config.check(file=toml, env={}, overrides={"retry.attempts": "2"})) == 1


def test_a_wrong_flag_alone_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"--regions must not be empty") as caught:
        config.load(file=None, env={}, overrides={"odds.regions": []})
    assert caught.value.exit_code == 2


def test_a_file_asked_for_by_name_must_exist(toml: Path) -> None:
    with pytest.raises(ConfigError, match=r"my\.toml: does not exist; .*oddsctl config init") as caught:
        config.load(file=toml, env={})
    assert caught.value.exit_code == 78


def test_a_file_that_is_no_text_or_no_file_is_refused(toml: Path, tmp_path: Path) -> None:
    toml.write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8 text; save it as UTF-8" in str(config.check(file=toml, env={})[0])
    assert "cannot be read (Is a directory)" in str(config.check(file=tmp_path, env={})[0])


def test_a_byte_order_mark_does_no_harm(toml: Path) -> None:
    toml.write_bytes(b"\xef\xbb\xbf[retry]\r\nattempts = 2\r\n")
    loaded = config.load(file=toml, env={})
    assert (loaded.settings.retry.attempts, loaded.origins["retry.attempts"]) == (2, f"file {toml}:2")


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("ODDSCTL_ODDS_REGION", "did you mean ODDSCTL_ODDS_REGIONS?"),
        ("ODDSCTL_STORE_STATEDIR", "did you mean ODDSCTL_STORE_STATE_DIR?"),
        ("ODDSCTL_SHUTDOWN_XYZ", "known here: ODDSCTL_SHUTDOWN_TIMEOUT"),
        ("ODDSCTL_SPORTS_X_ESPN", "[sports.NAME]"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_nearest_one(variable: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(file=None, env={variable: KEY})
    assert caught.value.message.startswith(f"environment {variable}: ")
    assert says in caught.value.message
    assert KEY not in caught.value.message


@pytest.mark.parametrize(
    "variable",
    [
        "ODDSCTL_ODDS_FORMAT",
        "ODDSCTL_PREFETCH_HORIZON",
        "ODDSCTL_NOTIFY_X",
        "ODDSCTL_FETCH_MARKETS",
        "ODDSCTL_TZ",
        "ODDS_API_KEY",
    ],
)
def test_variables_of_options_and_of_others_are_left_alone(variable: str) -> None:
    assert (
        config.check(
            file=None,
            env={variable: "anything"},
            known=config.Known(options={"ODDSCTL_ODDS_FORMAT", "ODDSCTL_PREFETCH_HORIZON"}),
        )
        == ()
    )


def test_a_wrong_number_in_the_environment_is_told_by_the_variable_s_name() -> None:
    with pytest.raises(
        ConfigError, match=r"^environment ODDSCTL_ODDS_BURST: odds\.burst must be a whole number"
    ):
        config.load(file=None, env={"ODDSCTL_ODDS_BURST": "many"})


# ── a user without a home directory ──


def test_without_a_home_directory_the_state_needs_a_place_and_the_remedy_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    homeless(monkeypatch)
    with pytest.raises(ConfigError, match="no home directory") as caught:
        config.load(file=None, env={})
    assert "ODDSCTL_STORE_STATE_DIR" in caught.value.message
    assert len(config.check(file=None, env={})) == 1
    with pytest.raises(ConfigError, match="no configuration file: you have no home directory") as caught:
        config.default_path()
    assert "--config" in (caught.value.hint or "")


@pytest.mark.parametrize("given", ["variable", "file"])
def test_without_a_home_directory_a_named_place_is_enough(
    given: str, toml: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homeless(monkeypatch)
    toml.write_text('[store]\nstate_dir = "/srv/odds"\n')
    loaded = (
        config.load(file=None, env={"ODDSCTL_STORE_STATE_DIR": "/srv/odds"})
        if given == "variable"
        else config.load(file=toml, env={})
    )
    assert loaded.settings.store.state_dir == Path("/srv/odds")


def test_without_a_home_directory_no_path_may_begin_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    homeless(monkeypatch)
    with pytest.raises(
        ConfigError, match=r"store\.state_dir begins with the home directory of a user who has none"
    ):
        config.load(file=None, env={"ODDSCTL_STORE_STATE_DIR": "~/odds"})


# ── lines ──


def test_lines_are_found_through_strings_arrays_quoted_names_and_comments() -> None:
    text = (
        "top = 1 # [odds]\n"
        "[ odds ]  # key = 2\n"
        'x = """\n[espn]\nrate = "no"\\""""\n'
        "regions = [\n  \"a]\", # burst = ]\n  'b',\n]\n"
        '"burst"=5\n'
        "[sports . 'abc']\n"
        "espn = '''\n[x]'''\n"
        'a . b = {c = "]", d = [1, 2]}\n'
        "[[many]]\n[[many]]\nlast = 1"
    )
    assert lines_of(text) == {
        ("top",): 1,
        ("odds",): 2,
        ("odds", "x"): 3,
        ("odds", "regions"): 6,
        ("odds", "burst"): 10,
        ("sports", "abc"): 11,
        ("sports", "abc", "espn"): 12,
        ("sports", "abc", "a", "b"): 14,
        ("many",): 15,
        ("many", "last"): 17,
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\nodds.burst = 0\n", 2),
        ("\n\nodds = { rate = '1/s', burst = 0 }\n", 3),
        ("[odds]\nregions = [\n'us',\n]\nburst = 0\n", 5),
    ],
)
def test_a_fault_has_its_line_however_the_key_is_written(toml: Path, text: str, line: int) -> None:
    assert [(found, key) for found, key, _ in faults_of(toml, text)] == [(line, "odds.burst")]


# ── secrets ──


@pytest.mark.parametrize(
    "secret",
    [KEY, HEX_KEY, f"env:{HEX_KEY}", f"env:{KEY}", f"ENV:{KEY}", f"file:{KEY}", "env:", "command: ", ""],
)
def test_a_key_instead_of_a_place_is_refused_without_being_shown(toml: Path, secret: str) -> None:
    toml.write_text(f'[odds]\nkey = "{secret}"\n')
    for env in ({}, {"ODDSCTL_ODDS_KEY": secret}):
        with pytest.raises(
            ConfigError, match=r"odds\.key must say where .* write \"env:ODDS_API_KEY\""
        ) as caught:
            config.load(file=toml, env=env)
        shown = repr(caught.value) + str(caught.value) + repr(config.check(file=toml, env=env))
        assert KEY not in shown
        assert HEX_KEY not in shown


@pytest.mark.parametrize("dotted", [key.dotted for key in TABLE])
@pytest.mark.parametrize(
    "shape",
    [
        "'{}'",
        "['{}']",
        "{{ x = '{}' }}",
        "'redis://:{}@host'",
        "'http://{}@host'",
        "'{}\\u0007'",
        "[[ '{}' ]]",
    ],
)
def test_no_fault_shows_the_value_it_refuses(toml: Path, dotted: str, shape: str) -> None:
    toml.write_text(f"{dotted} = {shape.format(KEY)}\n")
    assert KEY not in repr(config.check(file=toml, env={}))


@pytest.mark.parametrize(
    "text", [f"[odds]\nkey = {KEY}\n", f'[odds]\nkey = "{KEY}\n', f"{KEY}\n", f"[odds]\nkey = '''{KEY}"]
)
def test_a_syntax_error_does_not_show_the_line(toml: Path, text: str) -> None:
    [(_, _, told)] = faults_of(toml, text)
    assert KEY not in told


def test_show_spells_each_key_as_in_toml_says_whence_it_came_and_masks_addresses(toml: Path) -> None:
    toml.write_text(f'[notify]\nurls = ["ntfy://{KEY}@host", "env:NTFY"]\n')
    rows = {
        row.key: row for row in config.show(config.load(file=toml, env={"ODDSCTL_FRESHNESS_OVER_24H": "90m"}))
    }
    assert list(rows) == [key.dotted for key in TABLE]
    assert rows["odds.key"] == ("odds.key", '"env:ODDS_API_KEY"', "default")
    assert rows["odds.markets"].value == '["h2h", "spreads", "totals"]'
    assert rows["odds.rate"].value == '"5/s"'
    assert rows["http.read_timeout"].value == '"10s"'
    assert rows["http.max_body"].value == '"32MiB"'
    assert rows["freshness.over_24h"] == (
        "freshness.over_24h",
        '"1h30m"',
        "environment ODDSCTL_FRESHNESS_OVER_24H",
    )
    assert rows["notify.urls"] == ("notify.urls", '["***", "env:NTFY"]', f"file {toml}:2")
    assert KEY not in repr(rows)


def test_what_show_spells_loads_as_the_same_settings(toml: Path) -> None:
    env = {
        "ODDSCTL_ESPN_USER_AGENT": 'me "and" \\you',
        "ODDSCTL_ESPN_RATE": "1.5/h",
        "ODDSCTL_STORE_STATE_DIR": "~/a b",
    }
    first = config.load(file=None, env=env)
    toml.write_text("".join(f"{row.key} = {row.value}\n" for row in config.show(first)))
    assert config.load(file=toml, env={}).settings == first.settings


# ── the key ──


def test_the_key_is_read_from_a_variable() -> None:
    key = config.resolve_key("env:MY_KEY", {"MY_KEY": f" {KEY}\n"})
    assert key == KEY
    assert isinstance(key, Secret)
    assert KEY not in repr(key)


@pytest.mark.parametrize("env", [{}, {"MY_KEY": ""}, {"MY_KEY": " \n"}])
def test_a_variable_that_is_not_set_is_a_missing_key_whose_hint_names_it(env: dict[str, str]) -> None:
    with pytest.raises(MissingKeyError) as caught:
        config.resolve_key("env:MY_KEY", env)
    assert caught.value.exit_code == 4
    assert "MY_KEY" in (caught.value.hint or "")


def key_file(home: Path, text: str, mode: int = 0o600) -> Path:
    file = home / "key"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_the_key_is_the_first_line_of_a_file_of_one_s_own(home: Path) -> None:
    key_file(home, f"{KEY} \nand a comment\n", 0o400)
    assert config.resolve_key(f"file:{home}/key", {}) == KEY
    assert config.resolve_key("file:~/key", {}) == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_file_others_can_read_is_refused_with_its_remedy(home: Path, mode: int) -> None:
    file = key_file(home, KEY, mode)
    with pytest.raises(ConfigError, match="open to group or others") as caught:
        config.resolve_key(f"file:{file}", {})
    assert caught.value.hint == f"run: chmod 600 {file}"
    assert KEY not in str(caught.value)


def test_a_key_file_that_is_absent_or_empty_is_a_missing_key(home: Path) -> None:
    with pytest.raises(MissingKeyError, match="does not exist"):
        config.resolve_key(f"file:{home}/none", {})
    with pytest.raises(MissingKeyError, match="is empty"):
        config.resolve_key(f"file:{key_file(home, ' ')}", {})


def test_a_key_file_that_cannot_be_read_is_refused(home: Path) -> None:
    file = key_file(home, "")
    file.write_bytes(b"\xff\xff")
    with pytest.raises(ConfigError, match="does not hold text"):
        config.resolve_key(f"file:{file}", {})
    with pytest.raises(ConfigError, match="cannot be read"):
        config.resolve_key(f"file:{home}", {})
    with pytest.raises(ConfigError, match="cannot be read"):
        config.resolve_key("file:~no-such-user/key", {})


def python(code: str) -> str:
    return f'command:"{sys.executable}" -S -c "{code}"'


def test_the_key_is_the_first_line_a_command_prints() -> None:
    assert config.resolve_key(python(f"print('{KEY}'); print('second')"), {}) == KEY


def test_a_command_sees_the_environment_but_no_shell_and_none_of_our_input() -> None:
    assert (
        config.resolve_key(python("import os; print(os.environ['WHERE'])"), {"WHERE": "a-$HOME;x"})
        == "a-$HOME;x"
    )
    assert (
        config.resolve_key(python("import sys; print('got', sys.stdin.read(), 'all', sep='-')"), {})
        == "got--all"
    )


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (
            python(f"import sys; print('{KEY}'); print('{KEY}', file=sys.stderr); sys.exit(3)"),
            "failed with exit code 3",
        ),
        ("command:/no/such/program", "cannot be run: No such file or directory"),
        ("command:pass 'show", "cannot be run: it is not a command"),
        (KEY, "must say where the key is"),
    ],
)
def test_a_command_that_fails_is_refused_without_its_output(
    spec: str, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        config.resolve_key(spec, {})
    assert caught.value.hint
    assert KEY not in str(caught.value) + str(caught.value.hint) + "".join(capfd.readouterr())


def test_a_command_that_prints_nothing_is_a_missing_key() -> None:
    with pytest.raises(MissingKeyError, match="printed nothing"):
        config.resolve_key(python("pass"), {})


ENDLESS = {
    "a line that never ends": "import os\nwhile True: os.write(1, b'x' * 65536)",
    "lines that never end": "import os\nwhile True: os.write(1, b'y\\n' * 9999)",
}


@pytest.mark.parametrize("what", ENDLESS)
def test_a_command_that_prints_without_end_is_ended(what: str, home: Path) -> None:
    (home / "endless.py").write_text(ENDLESS[what])
    with pytest.raises(ConfigError, match="printed more than 64 KiB"):
        config.resolve_key(f'command:"{sys.executable}" -S {home}/endless.py', {})


def test_a_command_whose_child_keeps_the_pipe_open_is_not_waited_for(home: Path) -> None:
    """The child ends by itself, in case nobody ends it."""
    (home / "parent.py").write_text(
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(5)'])\n"
        f"print('{KEY}', flush=True)\n"
    )
    with pytest.raises(ConfigError, match="took longer than"):
        config.resolve_key(f'command:"{sys.executable}" -S {home}/parent.py', {}, patience=0.3)


def test_a_pipe_as_key_file_gives_the_key_or_is_given_up(home: Path) -> None:
    pipe = home / "pipe"
    os.mkfifo(pipe, 0o600)
    writer = threading.Thread(target=lambda: pipe.write_text(KEY))
    writer.start()
    assert config.resolve_key(f"file:{pipe}", {}) == KEY
    writer.join(5)
    with pytest.raises(TimeoutError, match="nothing came within"):
        read_file(pipe, 100, patience=0.05)
    pipe.write_text("")  # lets the reader go that was left behind


@pytest.mark.parametrize("place", ["/dev/zero", "a file"])
def test_a_key_file_without_end_is_refused(place: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if place == "a file":
        place = str(key_file(home, "x" * 70_000))
    with pytest.raises(ConfigError, match=r"larger than 64 KiB|open to group or others"):
        config.resolve_key(f"file:{place}", {})


@pytest.mark.parametrize(
    ("place", "says"), [("/dev/zero", "is larger than 1 MiB"), ("a directory", "Is a directory")]
)
def test_a_configuration_without_end_is_refused(place: str, says: str, home: Path) -> None:
    (fault,) = config.check(file=home if place == "a directory" else Path(place), env={})
    assert says in fault.what


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("env:MY_KEY", "the variable MY_KEY is not set"),
        ("env:EMPTY", "the variable EMPTY is empty"),
        ("env:PLACEHOLDER", "the variable PLACEHOLDER holds a placeholder"),
        ("file:{home}/none", "the key file {home}/none does not exist"),
        ("file:{home}/empty", "the key file {home}/empty is empty"),
        ("file:{home}/open", "the key file {home}/open is open to group or others"),
        ("file:{home}", "the key file {home} cannot be read (Is a directory)"),
        ("command:false", "the command of odds.key failed with exit code 1"),
        ("command:true", "the command of odds.key printed nothing"),
        ("command:echo '<key>'", "the command of odds.key holds a reference"),
    ],
)
def test_a_missing_key_is_told_by_the_place_that_was_configured(spec: str, says: str, home: Path) -> None:
    for name, mode in (("empty", 0o600), ("open", 0o644)):
        (home / name).touch()
        (home / name).chmod(mode)
    with pytest.raises((MissingKeyError, ConfigError)) as caught:
        config.resolve_key(
            spec.format(home=home), {"EMPTY": "", "PLACEHOLDER": "your-key-here", "PATH": os.environ["PATH"]}
        )
    assert says.format(home=home) in caught.value.message
    assert caught.value.hint
    assert "ODDS_API_KEY" not in caught.value.message + caught.value.hint


WRAPPED = {
    "a mark in front": KEY.encode("utf-8-sig"),
    "UTF-16 of PowerShell": (KEY + "\r\n").encode("utf-16"),
    "big-endian": b"\xfe\xff" + KEY.encode("utf-16-be"),
    "CR LF": f"{KEY}\r\n".encode(),
    "quotes and a name": f'export ODDS_API_KEY="{KEY}"\n'.encode(),
    "a file of settings": f"# mine\nTZ=UTC\nODDS_API_KEY={KEY}\nOTHER=1\n".encode(),
}


@pytest.mark.parametrize("how", WRAPPED)
@pytest.mark.parametrize("place", ["file", "command"])
def test_a_key_is_found_however_it_was_saved(how: str, place: str, home: Path) -> None:
    file = key_file(home, "")
    file.write_bytes(WRAPPED[how] if place == "file" or b"\0" not in WRAPPED[how] else WRAPPED["CR LF"])
    assert (
        config.resolve_key(f"file:{file}" if place == "file" else f"command:cat {file}", dict(os.environ))
        == KEY
    )


def test_a_command_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(ConfigError, match=r"took longer than 0\.02 s"):
        config.resolve_key(python("import sys, time; time.sleep(60)"), {}, patience=0.02)


# ── the example ──

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def test_the_example_in_the_repository_is_the_one_the_program_writes() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == config.example_text()


def uncommented() -> str:
    """The example with every default taken out of its comment, the sport apart."""
    text, _, sport = config.example_text().partition("# [sports.")
    return re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE) + "# [sports." + sport


def test_the_example_changes_nothing_and_uncommented_it_is_exactly_the_defaults(toml: Path) -> None:
    defaults = config.load(file=Path("/dev/null"), env={}).settings
    loaded = config.load(file=EXAMPLE, env={})
    assert (loaded.settings, set(loaded.origins.values())) == (defaults, {"default"})
    toml.write_text(uncommented())
    loaded = config.load(file=toml, env={})
    assert loaded.settings == defaults
    assert all(origin.startswith("file ") for origin in loaded.origins.values())


def test_the_example_has_each_key_once_on_the_line_it_is_found_at_with_a_comment() -> None:
    lines = uncommented().splitlines()
    found = {".".join(path): lines[line - 1] for path, line in lines_of(uncommented()).items()}
    assert list(found) == [
        name for section in SECTIONS for name in (section, *(k.dotted for k in TABLE if k.section == section))
    ]
    for name, line in found.items():
        assert line.startswith((f"[{name}]", f"{name.partition('.')[2]} = "))
        assert line.partition("  # ")[2].strip(), name


@pytest.mark.parametrize("key", TABLE, ids=lambda key: key.dotted)
def test_a_line_below_the_heading_beside_the_comment_or_instead_of_it_sets_the_key(
    key: Key, toml: Path
) -> None:
    """However somebody follows "below [odds]": no key stands twice."""
    line = f"{key.name} = {key.kind.spell(key.value(Settings()))}"
    heading = next(line for line in config.example_text().splitlines() if line.startswith(f"[{key.section}]"))
    comment = next(
        part
        for part in config.example_text().partition(heading)[2].splitlines()
        if part.startswith(f"# {key.name} = ")
    )
    for text in (
        config.example_text().replace(heading, f"{heading}\n{line}", 1),
        config.example_text().replace(comment, f"{comment}\n{line}", 1),
        config.example_text().replace(comment, line, 1),
    ):
        toml.write_text(text)
        loaded = config.load(file=toml, env={})
        assert [name for name, origin in loaded.origins.items() if origin != "default"] == [key.dotted]


def test_the_sport_in_the_example_can_be_uncommented(toml: Path) -> None:
    commented = config.example_text().partition("# [sports.")[2]
    toml.write_text("[sports." + commented.replace("\n# ", "\n"))
    [sport] = config.load(file=toml, env={}).settings.sports
    assert sport == Sport(
        "eredivisie", "Eredivisie", "soccer_netherlands_eredivisie", "soccer/ned.1", default_days=7
    )
    assert {key.name for key in SPORT_TABLE} - {"groups"} == {
        line.partition(" ")[0] for line in toml.read_text().splitlines()[1:]
    }


def test_the_example_is_written_for_its_owner_only_and_never_over_a_file(home: Path) -> None:
    path = home / "a" / "b" / "config.toml"
    config.write_example(path)
    assert path.read_text() == config.example_text()
    assert [file.stat().st_mode & 0o777 for file in (path, path.parent, path.parent.parent)] == [
        0o600,
        0o700,
        0o700,
    ]
    path.write_text("mine")
    with pytest.raises(UsageError, match=r"config\.toml is there already and stays as it is") as caught:
        config.write_example(path)
    assert caught.value.hint
    assert path.read_text() == "mine"


def test_the_example_is_not_written_through_a_dangling_link_or_below_a_file(home: Path) -> None:
    (home / "link").symlink_to(home / "elsewhere")
    (home / "file").write_text("mine")
    for path in (home / "link", home / "file" / "config.toml"):
        with pytest.raises(OddsctlError, match="is there already"):
            config.write_example(path)
    assert not (home / "elsewhere").exists()


# ── text forms ──


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("10s", 10),
        ("10m", 600),
        ("2h", 7200),
        ("1d", 86400),
        ("1h30m", 5400),
        ("1d1ms", 86400.001),
        ("0s", 0),
        (" 10S ", 10),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert units.parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "10",
        "-1s",
        "1.5h",
        "30m1h",
        "1h1h",
        "1h 30m",
        "1w",
        "\uff11s",
        "9999999999s",
        "3651d",
        "1s\n1s",
    ],
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match='write it like "10s"'):
        units.parse_duration(text)


@given(st.integers(0, 3650 * 86_400_000))
def test_a_duration_survives_being_written_and_read(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert units.parse_duration(units.format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(3600, "1h"), (5400, "1h30m"), (0.5, "500ms"), (0, "0s"), (90000, "1d1h")]
)
def test_a_duration_is_written_as_people_would(seconds: float, text: str) -> None:
    assert units.format_duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "rate", "again"),
    [
        ("5/s", 5, "5/s"),
        ("30/m", 0.5, "30/m"),
        ("600/h", 1 / 6, "10/m"),
        ("1.5/h", 1.5 / 3600, "1.5/h"),
        ("90/m", 1.5, "1.5/s"),
    ],
)
def test_a_rate_is_read_a_second_and_written_in_the_nearest_unit(text: str, rate: float, again: str) -> None:
    assert parse_rate(text) == pytest.approx(rate)
    assert format_rate(parse_rate(text)) == again


@given(st.integers(1, 999_999_999), st.sampled_from("smh"))
def test_a_rate_survives_being_written_and_read(thousandths: int, unit: str) -> None:
    rate = parse_rate(f"{thousandths // 1000}.{thousandths % 1000:03}/{unit}")
    assert parse_rate(format_rate(rate)) == pytest.approx(rate, rel=1e-9)


@given(st.integers(1, 10**12 - 1))
def test_a_size_survives_being_written_and_read(size: int) -> None:
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize(
    ("text", "size"), [("1000", 1000), ("500KiB", 512_000), ("32mib", 33_554_432), ("1GiB", 1_073_741_824)]
)
def test_a_size_is_read_in_bytes(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_loading_without_a_file_imports_neither_the_parser_nor_the_network() -> None:
    code = "import sys, oddsctl.config as c; c.load(file=None, env={}); print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    loaded = set(done.stdout.split())
    assert not loaded & {
        "tomllib",
        "difflib",
        "subprocess",
        "shlex",
        "requests",
        "requests_cache",
        "rich",
        "diskcache",
        "sqlite3",
    }


# ── names of The Odds API ──


def test_names_are_cleaned_and_aliases_resolved_wherever_they_are_given(toml: Path) -> None:
    toml.write_text(
        '[odds]\nmarkets = ["Moneyline", "h2h", "over/under"]\nregions = [" US", "us"]\nbookmakers = '
        '["Draft Kings", "caesars"]\n'
    )
    odds = config.load(file=toml, env={}).settings.odds
    assert (odds.markets, odds.regions, odds.bookmakers) == (
        ("h2h", "totals"),
        ("us",),
        ("draftkings", "williamhill_us"),
    )
    by_variable = config.load(file=None, env={"ODDSCTL_ODDS_MARKETS": "ml, spread,ML"}).settings.odds
    by_flag = config.load(file=None, env={}, overrides={"odds.markets": "ml, spread,ML"}).settings.odds
    assert by_variable.markets == by_flag.markets == ("h2h", "spreads")


def test_a_name_that_answers_have_shown_is_no_fault_and_force_accepts_any(toml: Path, tmp_path: Path) -> None:
    toml.write_text(
        '[odds]\nregions = ["mars"]\nbookmakers = ["brandnew", "draftkngs"]\n[store]\nstate_dir = '
        f'"{tmp_path}"\n'
    )
    asked: list[Path] = []

    def shown(state_dir: Path) -> ShownNames:
        asked.append(state_dir)
        return ShownNames(regions=("mars",), books=("brandnew",))

    assert [fault.key for fault in config.check(file=toml, env={})] == [
        "odds.regions",
        "odds.bookmakers",
        "odds.bookmakers",
    ]
    (fault,) = config.check(file=toml, env={}, known=config.Known(shown=shown))
    assert fault.remedy.startswith("did you mean draftkings? (`oddsctl fetch --force`")
    assert asked == [tmp_path]
    odds = config.load(file=toml, env={}, known=config.Known(force=True)).settings.odds
    assert (odds.regions, odds.bookmakers) == (("mars",), ("brandnew", "draftkngs"))


def test_force_accepts_nothing_but_names(toml: Path) -> None:
    toml.write_text('[odds]\nregions = ["us us"]\n[prefetch]\nsports = ["nlf"]\n')
    faults = config.check(file=toml, env={}, known=config.Known(["nfl"], force=True))
    assert [(fault.key, fault.line) for fault in faults] == [("odds.regions", 2), ("prefetch.sports", 4)]
    assert faults[1].remedy == "did you mean nfl?"


def test_a_sport_of_the_same_file_is_known_to_prefetch(toml: Path) -> None:
    toml.write_text('[prefetch]\nsports = ["nfl", "xfl"]\n[sports.xfl]\nespn = "football/xfl"\n')
    assert config.check(file=toml, env={}, known=config.Known(["nfl"])) == ()
