"""The doctor sees what is wrong, names what to do, and changes nothing."""

from __future__ import annotations

import fcntl
import io
import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from oddsctl import config, doctor
from oddsctl.doctor import (
    DoctorReport,
    Severity,
    Subject,
    api_key,
    bundle,
    clock,
    databases,
    files,
    leases,
    storage,
    versions,
)
from oddsctl.doctor.findings import Finding, ok, problem, warning
from oddsctl.domain.errors import UsageError
from oddsctl.domain.notices import ClockCompared, Notice
from oddsctl.domain.odds_api_jobs import SportsJob
from oddsctl.domain.provider_errors import InvalidKeyError, TimedOutError
from oddsctl.domain.requests import Outcome, PriorityRequest, Reason, RequestOptions
from oddsctl.policy.request_queue import Queue, QueuedRequest
from oddsctl.render.console import console
from oddsctl.render.doctor import show_doctor
from oddsctl.render.documents_usage import doctor_document
from oddsctl.state.queue import KEY as QUEUE_KEY
from oddsctl.store import codec
from oddsctl.store.disk import DiskStore
from oddsctl.store.read_only import damage
from tests.fakes import FakeClock, homeless
from tests.lock_holder import holding

KEY = "planted-key-1a2b3c4d5e6f"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory as a run leaves it."""
    directory = tmp_path / "state"
    before = os.umask(0o077)
    store = DiskStore(directory, FakeClock())
    store.update("answers/x", lambda _: ({"some": "answer"}, None))
    store.close()
    os.umask(before)
    return directory


def subject(state: Path, toml: str = "", *, demo: bool = False, **environ: str) -> Subject:
    file = state.parent / "config.toml"
    file.write_text(toml)
    file.chmod(0o600)
    variables = {"ODDS_API_KEY": KEY, "PATH": "/nonexistent", "ODDSCTL_STORE_STATE_DIR": str(state)} | environ
    return Subject(config.load(file=file, env=variables), state, variables, demo)


def states(findings: Iterator[Finding] | Sequence[Finding]) -> list[tuple[str, str]]:
    return [(finding.check, finding.state.value) for finding in findings]


def traces(directory: Path) -> list[tuple[str, int, int, bytes]]:
    """Everything that a change would change."""
    return sorted(
        (
            str(path),
            path.stat().st_mode,
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in (directory, *directory.rglob("*"))
    )


# ── the whole ──


def test_a_sound_installation_has_no_problem_and_is_left_as_it_was(state: Path) -> None:
    before = traces(state)
    findings = doctor.examine(subject(state), FakeClock())
    assert traces(state) == before
    assert doctor.worst(findings) is not Severity.PROBLEM
    assert {
        "key",
        "cron",
        "permissions",
        "file system",
        "disk",
        "database",
        "leases",
        "versions",
        "secrets",
    } == {finding.check for finding in findings}
    assert doctor.is_usable(findings)


def test_every_finding_that_is_not_ok_has_a_remedy(state: Path) -> None:
    (state / "cache.db").write_bytes(b"garbage" * 1000)
    state.chmod(0o755)
    findings = doctor.examine(subject(state, '[odds]\nkey = "file:/nowhere/key"\n'), FakeClock())
    assert doctor.worst(findings) is Severity.PROBLEM
    assert not doctor.is_usable(findings)
    assert all(finding.remedy for finding in findings if finding.state is not Severity.OK)


def test_the_document_names_check_state_message_and_remedy(state: Path) -> None:
    report = DoctorReport([problem("disk", "full", "free some")], state, 1_767_528_000.0)
    told = doctor_document(report)
    assert told == {
        "schema": "oddsctl.doctor/1",
        "generated_at": "2026-01-04T12:00:00Z",
        "state_dir": str(state),
        "findings": [{"check": "disk", "state": "problem", "message": "full", "remedy": "free some"}],
    }


# ── the key ──


def test_a_key_in_the_environment_is_told_by_its_place_and_that_cron_will_not_see_it(state: Path) -> None:
    found = list(api_key.examine(subject(state)))
    assert states(found) == [("key", "ok"), ("cron", "warning")]
    assert "env:ODDS_API_KEY" in found[0].message
    assert "file:" in (found[1].remedy or "")
    assert not any(KEY in finding.message for finding in found)


def test_a_variable_that_the_crontab_sets_is_seen_by_cron(state: Path, tmp_path: Path) -> None:
    crontab = tmp_path / "bin" / "crontab"
    crontab.parent.mkdir()
    crontab.write_text("#!/bin/sh\necho 'ODDS_API_KEY=whatever'\necho '*/5 * * * * oddsctl fetch nfl'\n")
    crontab.chmod(0o700)
    assert states(api_key.examine(subject(state, PATH=str(crontab.parent)))) == [
        ("key", "ok"),
        ("cron", "ok"),
    ]


def test_no_key_is_a_warning_and_a_place_that_is_broken_a_problem(state: Path, tmp_path: Path) -> None:
    assert states(api_key.examine(subject(state, ODDS_API_KEY=""))) == [("key", "warning")]
    open_file = tmp_path / "key"
    open_file.write_text(KEY)
    open_file.chmod(0o644)
    assert states(api_key.examine(subject(state, f'[odds]\nkey = "file:{open_file}"\n'))) == [
        ("key", "problem")
    ]
    open_file.chmod(0o600)
    assert states(api_key.examine(subject(state, f'[odds]\nkey = "file:{open_file}"\n'))) == [("key", "ok")]


# ── files ──


def test_what_others_may_read_is_a_problem_and_stays_as_it_is(state: Path) -> None:
    (state / "cache.db").chmod(0o644)
    (found,) = files.permissions(subject(state))
    assert (found.state, "chmod -R go=" in (found.remedy or "")) == (Severity.PROBLEM, True)
    assert (state / "cache.db").stat().st_mode & 0o777 == 0o644


def test_a_state_directory_that_is_not_made_yet_is_fine(tmp_path: Path) -> None:
    assert states(files.permissions(subject(tmp_path / "state"))) == [("permissions", "ok")]
    assert not (tmp_path / "state").exists()


def test_a_state_directory_that_is_a_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    assert states(files.permissions(subject(tmp_path / "state"))) == [("permissions", "problem")]


@pytest.mark.parametrize("spelled", [KEY, KEY.upper(), f"https://h/?apiKey={KEY}&x=1"])
def test_the_key_in_a_file_of_ours_is_found_wherever_it_stands(state: Path, spelled: str) -> None:
    (state / "notes.txt").write_bytes(b"." * (files.CHUNK - 10) + spelled.encode())  # across two pieces
    (found,) = files.leaks(subject(state))
    assert found.state is Severity.PROBLEM
    assert "notes.txt" in found.message
    assert KEY not in found.message


def test_the_key_in_configuration_and_log_is_found(state: Path) -> None:
    log = state.parent / "log" / "oddsctl.jsonl.1"
    log.parent.mkdir()
    log.write_text(f"x{KEY}")
    (found,) = files.leaks(subject(state, f'# {KEY}\n[log]\nfile = "{log.with_suffix("")}"\n'))
    assert "config.toml" in found.message
    assert "oddsctl.jsonl.1" in found.message


def test_a_key_that_sqlite_has_split_over_two_pages_is_found(state: Path) -> None:
    database = state / "records.db"
    keys = [f"planted-key-{number:012d}" for number in range(1000)]
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (?)", ("".join(keys),))
    connection.close()
    database.chmod(0o600)
    split = next(key for key in keys if not files.holds(database, {key.encode()}))
    assert states(files.leaks(subject(state, ODDS_API_KEY=split))) == [("secrets", "problem")]


def test_the_file_that_is_there_to_hold_the_key_is_no_leak(state: Path) -> None:
    place_of_key = state / "key"
    place_of_key.write_text(KEY)
    place_of_key.chmod(0o600)
    assert states(files.leaks(subject(state, f'[odds]\nkey = "file:{place_of_key}"\n'))) == [
        ("secrets", "ok")
    ]


# ── the disk ──

LINUX = """\
/dev/sda1 / ext4 rw,relatime 0 0
server:/home /home nfs4 rw 0 0
/dev/sdb1 /home/me/local xfs rw 0 0
//nas/x /mnt/with\\040blank cifs rw 0 0
tmpfs /mnt/over tmpfs rw 0 0
me@host:/ /mnt/over fuse.sshfs rw 0 0
"""
MAC = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
//me@nas._smb._tcp.local/share on /Volumes/share (smbfs, nodev, nosuid, mounted by me)
"""


@pytest.mark.parametrize(
    ("mounts", "path", "kind"),
    [
        (LINUX, "/var/x", "ext4"),
        (LINUX, "/home/me/state", "nfs4"),
        (LINUX, "/home/me/local/state", "xfs"),
        (LINUX, "/homeless", "ext4"),
        (LINUX, "/mnt/with blank/x", "cifs"),
        (LINUX, "/mnt/over/x", "fuse.sshfs"),
        (MAC, "/Users/me", "apfs"),
        (MAC, "/Volumes/share/state", "smbfs"),
        ("", "/x", None),
    ],
)
def test_the_file_system_is_that_of_the_deepest_and_last_mount(
    mounts: str, path: str, kind: str | None
) -> None:
    assert storage.file_system(Path(path), mounts) == kind


def test_file_systems_of_other_machines_are_known() -> None:
    assert {"nfs", "nfs4", "cifs", "smbfs", "fuse.sshfs", "9p"} <= storage.NETWORK
    assert not {"ext4", "apfs", "xfs", "btrfs", "zfs", "tmpfs", "overlay"} & storage.NETWORK


# ── databases ──


@pytest.mark.parametrize("name", ["cache.db", "records.db", "http.sqlite"])
def test_a_damaged_database_is_a_problem_and_is_left_where_it_is(state: Path, name: str) -> None:
    (state / name).write_bytes(b"SQLite format 3\x00" + b"garbage" * 2000)
    before = traces(state)
    (found,) = databases.examine(subject(state))
    assert (found.state, name in found.message) == (Severity.PROBLEM, True)
    assert traces(state) == before


def test_a_database_that_others_have_open_is_looked_at_with_what_they_wrote(state: Path) -> None:
    store = DiskStore(state, FakeClock())
    store.update("answers/y", lambda _: (1, None))
    try:
        assert (state / "cache.db-wal").exists()
        assert damage(state / "cache.db") is None
        assert store.read("answers/y") == 1
    finally:
        store.close()


# ── locks and leases ──


def test_a_lock_of_a_stopped_process_is_a_problem_that_names_it(state: Path) -> None:
    with holding(state / "store.lock", stopped=True) as pid:
        (found,) = leases.examine(subject(state), 0.0)
    assert found.state is Severity.PROBLEM
    assert f"process {pid} is stopped" in found.message
    assert f"kill -CONT {pid}" in (found.remedy or "")


def test_a_lock_that_is_held_for_a_moment_is_fine_and_for_minutes_a_warning(state: Path) -> None:
    with holding(state / "store.lock"):
        since = (state / "store.lock").stat().st_mtime
        assert states(leases.examine(subject(state), since + 1)) == [("leases", "ok")]
        assert states(leases.examine(subject(state), since + 700)) == [("leases", "warning")]


def test_looking_at_a_lock_does_not_keep_it(state: Path) -> None:
    list(leases.examine(subject(state), 0.0))
    with (state / "store.lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_wish_whose_lease_ran_out_is_told(state: Path) -> None:
    moment = FakeClock().now()
    waiting = QueuedRequest(SportsJob(), *_usual(), asked_at=moment, leased_until=moment + 60)
    store = DiskStore(state, FakeClock())
    store.update(QUEUE_KEY, lambda _: (codec.encode(Queue((waiting,))), None))
    store.close()
    assert states(leases.examine(subject(state), moment)) == [("leases", "ok")]
    assert states(leases.examine(subject(state), moment + 61)) == [("leases", "warning")]


def _usual() -> tuple[Any, Any]:
    request = PriorityRequest(SportsJob())
    return request.priority, request.purpose


# ── versions ──


@pytest.mark.parametrize(
    ("name", "version", "faulty"),
    [
        ("sqlite", "3.40.1", True),
        ("sqlite", "3.44.6", False),
        ("sqlite", "3.45.0", True),
        ("sqlite", "3.50.7", False),
        ("sqlite", "3.51.2", True),
        ("sqlite", "3.51.3", False),
        ("sqlite", "3.53.1", False),
        ("requests", "2.32.1", True),
        ("requests", "2.32.2", False),
        ("typer", "0.28.0", False),
        ("typer", "0.29.0", True),
        ("typer", "missing", False),
    ],
)
def test_known_faults_are_told_for_the_versions_that_have_them(
    name: str, version: str, *, faulty: bool
) -> None:
    found = list(versions.examine({name: version}))
    assert states(found) == [("versions", "ok")] + [("versions", "warning")] * faulty


# ── the clock ──


def run(outcome: Outcome, heard: list[Notice], *notices: Notice) -> Any:
    def answer(requests: Sequence[PriorityRequest], terms: RequestOptions) -> list[Outcome]:
        assert len(requests) == 1
        assert terms.fresh
        heard.extend(notices)
        return [outcome]

    return answer


@pytest.mark.parametrize(
    ("ahead", "state"),
    [(0.0, "ok"), (4.0, "ok"), (-8.0, "warning"), (30.0, "warning"), (90.0, "problem"), (-7200.0, "problem")],
)
def test_a_clock_that_is_off_is_told_by_how_much(ahead: float, state: str) -> None:
    heard: list[Notice] = []
    asked = run(Outcome(SportsJob(), Reason.FETCHED), heard, ClockCompared("odds", ahead))
    found = list(clock.examine(asked, heard, FakeClock(), has_key=True, demo=False))
    assert states(found) == [("account", "ok"), ("clock", state)]


def test_no_connection_is_a_finding_with_its_reason() -> None:
    error = TimedOutError("odds: no connection to h within 3 s", maybe_sent=False)
    (found,) = clock.examine(
        run(Outcome(SportsJob(), Reason.NONE, error=error), []), [], FakeClock(), has_key=True, demo=False
    )
    assert (found.check, found.state) == ("clock", Severity.WARNING)
    assert error.message in found.message


def test_a_key_that_the_provider_does_not_know_is_a_problem_and_the_clock_is_compared_all_the_same() -> None:
    heard: list[Notice] = []
    outcome = Outcome(SportsJob(), Reason.NONE, error=InvalidKeyError("odds: API key is not valid"))
    found = list(
        clock.examine(
            run(outcome, heard, ClockCompared("odds", 0.0)), heard, FakeClock(), has_key=True, demo=False
        )
    )
    assert states(found) == [("account", "problem"), ("clock", "ok")]


# ── the bundle ──


def unpacked(file: Path) -> dict[str, str]:
    with tarfile.open(file) as archive:
        return {
            member.name: (archive.extractfile(member) or io.BytesIO()).read().decode() for member in archive
        }


def test_a_bundle_holds_what_helps_and_not_the_key(state: Path, tmp_path: Path) -> None:
    log = tmp_path / "x.jsonl"
    log.write_text(
        json.dumps({"message": f"asked /?apiKey={KEY}", "token": "tell-nobody"}) + f"\nno json {KEY}\n"
    )
    looked_at = subject(state, f'[log]\nfile = "{log}"\n[notify]\nurls = ["ntfy://secret-topic"]\n')
    assert looked_at.key == KEY
    target = tmp_path / "b.tar.gz"
    bundle.write(target, looked_at, {"doctor": {"findings": [f"seen: {KEY}"]}}, 0.0)
    parts = unpacked(target)
    assert set(parts) == {
        f"oddsctl-doctor/{name}"
        for name in (
            "versions.json",
            "config.json",
            "files.json",
            "decisions.json",
            "doctor.json",
            "log.jsonl",
        )
    }
    everything = "".join(parts.values())
    assert KEY not in everything
    assert "tell-nobody" not in everything
    assert "secret-topic" not in everything
    assert "env:ODDS_API_KEY" in everything
    assert json.loads(parts["oddsctl-doctor/log.jsonl"].splitlines()[0]) == {
        "message": "asked /?apiKey=***",
        "token": "***",
    }
    assert target.stat().st_mode & 0o777 == 0o600


def test_the_tail_of_a_log_begins_with_a_whole_line(state: Path, tmp_path: Path) -> None:
    log = tmp_path / "x.jsonl"
    log.write_text(KEY + "." * (bundle.TAIL - len(KEY) // 2) + "\nlast\n")
    target = tmp_path / "b.tar.gz"
    bundle.write(target, subject(state, f'[log]\nfile = "{log}"\n'), {}, 0.0)
    assert unpacked(target)["oddsctl-doctor/log.jsonl"] == "last\n"


def test_a_bundle_never_overwrites(state: Path, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        bundle.write(tmp_path / "b", subject(state), {}, 0.0)
    assert (tmp_path / "b").read_text() == "mine"


# ── the page ──


@pytest.mark.parametrize("width", [120, 80, 60])
def test_the_page_is_wrapped_to_the_terminal_and_piped_it_is_not(state: Path, width: int) -> None:
    findings = [
        ok("file system", "fine " * 30),
        warning("versions", "old " * 40, "take a new one " * 10),
        problem("disk", "full", "free some"),
    ]
    document = doctor_document(DoctorReport(findings, state, 0.0))

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out, piped = Terminal(), io.StringIO()
    show_doctor(console(out, {"COLUMNS": str(width), "TERM": "dumb"}), document)
    show_doctor(console(piped, {}), document)
    shown = out.getvalue().splitlines()
    assert max(map(len, shown)) <= width
    assert shown[-1] == "1 problem, 1 warning"
    assert len(piped.getvalue().splitlines()) == 3 + 2 + 2


# ── what cannot be looked at ──


def test_a_state_directory_of_another_user_is_found_and_the_rest_is_checked_all_the_same(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined = subject(state)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    findings = doctor.examine(examined, FakeClock())
    (found,) = [finding for finding in findings if finding.check == "permissions"]
    assert (found.state, "belongs to another user" in found.message) == (Severity.PROBLEM, True)
    assert {"key", "database", "versions"} <= {finding.check for finding in findings}
    assert not doctor.is_usable(findings)


def test_a_directory_with_other_things_in_it_is_a_problem_and_nobody_is_told_to_change_its_mode(
    tmp_path: Path,
) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    (tmp_path / "home" / "letters").touch()
    (found,) = files.permissions(subject(tmp_path / "home"))
    assert (found.state, "contains other files (letters)" in found.message, "chmod" in str(found.remedy)) == (
        Severity.PROBLEM,
        True,
        False,
    )


def test_a_check_that_the_system_forbids_is_a_finding(tmp_path: Path) -> None:
    """A link that leads to itself stands for a directory that may not be entered, which root may."""
    (tmp_path / "state").symlink_to(tmp_path / "state")
    findings = doctor.examine(subject(tmp_path / "state"), FakeClock())
    (found,) = [finding for finding in findings if finding.check == "permissions"]
    assert found.state is Severity.PROBLEM
    assert found.message.startswith("cannot look at ")
    assert "versions" in {finding.check for finding in findings}


def test_a_bundle_is_made_for_a_user_without_a_home_directory(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined = subject(state)
    homeless(monkeypatch)
    bundle.write(tmp_path / "bundle.tar.gz", examined, {}, 1_767_528_000.0)
    assert (tmp_path / "bundle.tar.gz").exists()
