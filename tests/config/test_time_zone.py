"""Every form of `TZ` that the C library takes is honoured, what it would silently take for UTC is refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from oddsctl.cli.context import CliContext
from oddsctl.config import time_zone
from oddsctl.config.time_zone import UnknownZoneError
from oddsctl.domain.errors import ConfigError, UsageError

WINTER, SUMMER = 1_768_478_400.0, 1_784_116_800.0  # 15 January and 15 July 2026, 12:00 UTC
MOMENTS = [WINTER + 86_400.0 * day + 3600.0 * hour for day in range(0, 366, 5) for hour in (0, 7)]
RULES = {
    "CET-1CEST,M3.5.0,M10.5.0/3": (1, 2),
    "CET-1CEST": (1, 2),
    "EST5EDT": (-5, -4),
    "EST5EDT,M3.2.0,M11.1.0": (-5, -4),
    "EST5EDT4,J60/2,J300/2": (-5, -4),
    "EST5EDT4,59/2,299/2": (-5, -4),
    "<+03>-3": (3, 3),
    "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1": (-3, -2),
    "NZST-12NZDT,M9.5.0,M4.1.0/3": (13, 12),
    "AEST-10AEDT,M10.1.0,M4.1.0/3": (11, 10),
    "IST-5:30": (5.5, 5.5),
    "NPT-5:45:00": (5.75, 5.75),
    "UTC0": (0, 0),
    "UTC+3": (-3, -3),
    "GMT-1": (1, 1),
    "XYZ-14": (14, 14),
}


def offsets(zone: ZoneInfo) -> tuple[float, ...]:
    return tuple(
        (datetime.fromtimestamp(moment, zone).utcoffset() or timedelta()) / timedelta(hours=1)
        for moment in (WINTER, SUMMER)
    )


def found(text: str, **environ: str) -> ZoneInfo:
    return time_zone.of_machine({"TZ": text} | environ)


def zone_file(folder: Path, name: str) -> Path:
    """A file with that zone, as a system keeps it."""
    from importlib.resources import files

    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes())
    return path


@pytest.mark.parametrize("colon", ["", ":"])
@pytest.mark.parametrize("text", RULES)
def test_a_rule_is_the_zone(text: str, colon: str) -> None:
    assert offsets(found(colon + text)) == RULES[text]


@pytest.mark.parametrize(
    "text", [*RULES, "Europe/Berlin", ":America/New_York", "Pacific/Chatham", "posix/Asia/Tehran", "", ":"]
)
def test_the_time_is_that_of_the_c_library(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    zone = found(text)
    monkeypatch.setenv("TZ", text)
    time.tzset()
    try:
        theirs = [datetime.fromtimestamp(moment, UTC).astimezone() for moment in MOMENTS]
    finally:
        monkeypatch.undo()
        time.tzset()
    ours = [datetime.fromtimestamp(moment, zone) for moment in MOMENTS]
    assert [moment.isoformat() for moment in ours] == [moment.isoformat() for moment in theirs]
    assert {moment.tzname() for moment in ours} == {moment.tzname() for moment in theirs}


@pytest.mark.parametrize("prefix", ["", ":", "posix/", "right/", ":posix/"])
def test_a_name_is_the_zone(prefix: str) -> None:
    assert found(f"{prefix}Europe/Berlin").key == "Europe/Berlin"


@pytest.mark.parametrize("colon", ["", ":"])
def test_a_file_is_the_zone_it_holds(colon: str, tmp_path: Path) -> None:
    assert found(f"{colon}{zone_file(tmp_path / 'zoneinfo', 'Asia/Tokyo')}").key == "Asia/Tokyo"
    copy = zone_file(tmp_path / "zoneinfo", "America/Sao_Paulo").rename(tmp_path / "mine")
    assert offsets(found(f"{colon}{copy}")) == (-3, -3)


def test_a_directory_of_zones_of_ones_own_comes_first(tmp_path: Path) -> None:
    zone_file(tmp_path, "Asia/Tokyo").rename(tmp_path / "Office")
    assert offsets(found("Office", TZDIR=str(tmp_path))) == (9, 9)
    assert found("Europe/Berlin", TZDIR=str(tmp_path)).key == "Europe/Berlin"


@pytest.mark.parametrize("empty", ["", ":"])
def test_an_empty_one_is_utc(empty: str) -> None:
    assert found(empty).key == "UTC"


def test_without_one_the_machine_s_counts_be_it_a_link_or_a_copy(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(zone_file(tmp_path / "zoneinfo", "Europe/Berlin"))
    assert time_zone.of_machine({}, tmp_path / "link").key == "Europe/Berlin"
    copy = zone_file(tmp_path / "zoneinfo", "America/Denver").rename(tmp_path / "localtime")
    assert offsets(time_zone.of_machine({}, copy)) == (-7, -6)
    (tmp_path / "empty").touch()
    for nothing in (tmp_path / "none", tmp_path / "empty", tmp_path):
        assert time_zone.of_machine({}, nothing).key == "UTC"


NONE = [
    "Mars/Phobos",
    "europe/berlin ",
    "XXX",
    "Europe",
    "/etc",
    "/nowhere/zone",
    "../../etc/passwd",
    "EST5EDT,M13.1.0,M11.1.0",
    "EST-25",
    "1",
    "☃",
]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_zone_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownZoneError):
        found(text)
    monkeypatch.setenv("TZ", text)
    with pytest.raises(ConfigError, match=r"^environment TZ: no time zone is called") as caught:
        assert CliContext().zone
    assert caught.value.exit_code == 78
    with pytest.raises(UsageError, match=r"^--tz: no time zone is called") as flag:
        assert CliContext(tz=text).zone
    assert flag.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("America/NewYork", "America/New_York"),
        ("Asia/Tokio", "Asia/Tokyo"),
    ],
)
def test_the_nearest_name_is_told(text: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError) as caught:
        assert CliContext(tz=text).zone
    assert f"did you mean {meant}?" in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["CET-1CEST,M3.5.0,M10.5.0/3", ":Europe/Berlin", "Europe/Berlin"])
def test_the_option_takes_what_the_variable_takes_and_wins(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Mars/Phobos")
    assert offsets(CliContext(tz=text).zone) == (1, 2)
