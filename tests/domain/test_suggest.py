"""One mechanism finds the nearest name, wherever a name can be misspelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from oddsctl.cli import error_handler
from oddsctl.cli.error_handler import move_global_options_first
from oddsctl.domain import suggest
from oddsctl.domain.errors import OddsctlError


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("nlf", ["nhl", "nfl", "mls"], "nfl"),
        ("mbl", ["mls", "nba", "mlb"], "mlb"),
        ("nabaa", ["nba"], None),
        ("draft_kings", ["fanduel", "draftkings"], "draftkings"),
        ("hardrock", ["hardrockbet_az", "hardrockbet"], "hardrockbet"),
        ("ha", ["hardrockbet"], None),
        ("e", ["eu", "uk"], None),
        ("usa", ["us", "us2", "eu"], "us"),
        ("Cowbys", {"cowboys": "Dallas Cowboys"}, "Dallas Cowboys"),
        ("", ["nfl"], None),
        ("??", ["nfl"], None),
    ],
)
def test_the_nearest_name_is_that_with_the_fewest_slips_of_few(
    word: str, known: list[str], found: str | None
) -> None:
    assert suggest.nearest(word, known) == found


MISSPELT = {
    "command": (["fetc", "nfl"], "did you mean fetch?"),
    "command of a group": (["config", "chek"], "did you mean check?"),
    "option": (["fetch", "nfl", "--markts", "h2h"], "did you mean --markets?"),
    "global option": (["--forat", "json", "stats"], "did you mean --format?"),
    "choice": (["stats", "--by", "sprt"], "did you mean sport?"),
    "choice of a global option": (["--format", "jsn", "stats"], "did you mean json?"),
    "zone": (["fetch", "nfl", "--tz", "Europe/Berln"], "did you mean Europe/Berlin?"),
    "sport": (["fetch", "nlf"], "did you mean nfl?"),
    "sport by its title": (["fetch", "premier-leage"], "did you mean epl?"),
    "sport to prefetch": (["prefetch", "mbl"], "did you mean mlb?"),
    "sport to plan": (["plan", "mbl"], "did you mean mlb?"),
    "market": (["fetch", "nfl", "--markets", "h2h,moneylin"], "did you mean h2h?"),
    "region": (["fetch", "nfl", "--regions", "us_dsf"], "did you mean us_dfs?"),
    "book": (["fetch", "nfl", "--bookmakers", "draftkngs"], "did you mean draftkings?"),
    "book shown alone": (["fetch", "nfl", "--book", "Fan Duell"], "did you mean fanduel?"),
}


@pytest.mark.parametrize(("words", "says"), MISSPELT.values(), ids=MISSPELT)
def test_each_kind_of_name_is_refused_with_the_nearest_one(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODDSCTL_STORE_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(OddsctlError) as caught:
        error_handler._invoke(move_global_options_first(words))
    assert caught.value.exit_code == 2
    assert says in f"{caught.value.message} {caught.value.hint}"


SETTINGS = {
    "ODDSCTL_ODDS_MARKETS": ("h2h,totls", "did you mean totals?"),
    "ODDSCTL_ODDS_REGIONS": ("usa2", "did you mean us2?"),
    "ODDSCTL_ODDS_BOOKMAKERS": ("betmgn", "did you mean betmgm?"),
    "ODDSCTL_PREFETCH_SPORTS": ("nfl,nlh", "did you mean nhl?"),
}


@pytest.mark.parametrize(
    "command", [["config", "check"], ["fetch", "nfl"], ["prefetch"], ["plan"]], ids=" ".join
)
@pytest.mark.parametrize(
    ("variable", "value", "says"), [(name, *told) for name, told in SETTINGS.items()], ids=SETTINGS
)
def test_a_setting_is_refused_likewise_by_every_command(
    command: list[str],
    variable: str,
    value: str,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ODDSCTL_STORE_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv(variable, value)
    try:
        code, told = error_handler._invoke(command), ""
    except OddsctlError as error:
        code, told = error.exit_code, error.message
    assert code == 78
    assert says in told + capsys.readouterr().err
