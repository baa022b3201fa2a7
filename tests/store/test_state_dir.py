"""A state directory is one of our own: an empty one is made ours, one of somebody else's is refused and left
as it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oddsctl.domain.errors import StateError, StateUnwritableError
from oddsctl.store.read_only import ReadOnlyStore
from oddsctl.store.state_dir import make_private, strangers

MINE = [
    "store.lock",
    "store.lock.turn",
    "cache.db",
    "cache.db-wal",
    "records.db",
    "http.sqlite",
    "locks",
    "demo",
]
AFTER_A_CRASH = [
    ["locks"],
    ["demo"],
    ["cache.db"],
    ["0123456789abcdef.lock"],
    ["cache.db.damaged-20260104T120000.000000Z"],
]


def traces(directory: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.lstat().st_mode) for path in (directory, *directory.rglob("*")))


def filled(directory: Path, names: list[str]) -> Path:
    directory.mkdir(mode=0o755)
    for name in names:
        (directory / name).touch()
    directory.chmod(0o755)
    return directory


@pytest.mark.parametrize(
    "names",
    [
        ["Documents", "Pictures", ".bashrc"],
        ["config.toml"],
        ["cache.db", "thumbnails"],
        ["demo", "main.py"],
        [".git"],
        ["data.csv", "lost+found"],
    ],
    ids=", ".join,
)
def test_a_directory_with_other_things_in_it_is_refused_by_name_and_left_as_it_was(
    names: list[str], tmp_path: Path
) -> None:
    directory = filled(tmp_path / "theirs", names)
    before = traces(tmp_path)
    with pytest.raises(
        StateError, match=r"theirs contains other files .* and is not an oddsctl state directory"
    ) as caught:
        make_private(directory)
    assert str(directory / "oddsctl") in (caught.value.hint or "")
    assert caught.value.exit_code == 74
    assert traces(tmp_path) == before


@pytest.mark.parametrize(
    "names", [[], ["lost+found"], [".gitkeep"], MINE, [*MINE, "notes.txt"], *AFTER_A_CRASH], ids=", ".join
)
def test_an_empty_directory_and_one_of_ours_are_closed_to_others(names: list[str], tmp_path: Path) -> None:
    directory = filled(tmp_path / "mine", names)
    make_private(directory)
    assert directory.stat().st_mode & 0o777 == 0o700


def test_a_link_to_a_directory_is_as_good_as_the_directory(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(filled(tmp_path / "real", []))
    make_private(tmp_path / "link")
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o700
    (tmp_path / "real" / "letters").touch()
    with pytest.raises(StateError, match="contains other files"):
        make_private(tmp_path / "link")


def test_a_link_that_leads_nowhere_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "unplugged")
    with pytest.raises(StateError, match=r"link, a link to .*unplugged, which is not there"):
        make_private(tmp_path / "link")


@pytest.mark.parametrize(("me", "remedy"), [(4711, "sudo chown -R 4711"), (0, "without sudo")])
def test_a_directory_of_another_user_is_theirs_whatever_is_in_it(
    me: int, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = filled(tmp_path / "theirs", MINE)
    if directory.stat().st_uid == me:
        os.chown(directory, 4712, -1)
    monkeypatch.setattr(os, "geteuid", lambda: me)
    before = traces(tmp_path)
    with pytest.raises(StateError, match="belongs to another user") as caught:
        make_private(directory)
    assert remedy in (caught.value.hint or "")
    assert traces(tmp_path) == before


def test_what_else_is_in_a_directory_counts_only_without_a_sign_of_ours() -> None:
    assert strangers(["cache.db", "letters"]) == ["letters"]
    assert strangers(["records.lock", "letters"]) == []


def link_to_itself(parent: Path) -> Path:
    (parent / "loop").symlink_to("loop")
    return parent / "loop"


def below_a_file(parent: Path) -> Path:
    (parent / "file").touch()
    return parent / "file" / "state"


@pytest.mark.parametrize(
    "place",
    [
        lambda parent: parent / ("a" * 300),
        lambda parent: parent / ("a/" * 3000),
        link_to_itself,
        below_a_file,
    ],
    ids=["a long name", "a long path", "a link to itself", "below a file"],
)
def test_a_path_that_the_system_refuses_is_told_with_its_cause_and_not_as_a_bug(
    place: Callable[[Path], Path], tmp_path: Path
) -> None:
    directory = place(tmp_path)
    with pytest.raises(StateUnwritableError, match="cannot use") as refused:
        make_private(directory)
    assert refused.value.hint
    with pytest.raises(StateUnwritableError, match="cannot use"):
        ReadOnlyStore(directory, refused.value)
