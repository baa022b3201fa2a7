"""The key, planted wherever it could come from, is nowhere: not printed, logged, stored, or packed for
others.
"""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.harness import KEY, PATIENCE, Ran, Server, User, shifted
from tests.lock_holder import holding

LOUD = ("-vv", "--debug")


@pytest.fixture
def log(user: User) -> Path:
    """The user keeps a log of everything."""
    user.env |= {
        "ODDSCTL_LOG_FILE": str(user.home / "log" / "oddsctl.jsonl"),
        "ODDSCTL_LOG_LEVEL": "debug",
        "SOME_TOKEN": KEY,
    }
    return user.home / "log" / "oddsctl.jsonl"


def loudly(user: User, *arguments: str) -> Ran:
    """A run with all that can be told; its traceback is looked through here, as the user may have none
    otherwise.
    """
    process = user.start(*arguments, *LOUD)
    out, err = process.communicate(timeout=PATIENCE)
    for text in (out, err):
        assert KEY.lower() not in text.lower()
        assert quote(KEY, safe="").lower() not in text.lower()
    return Ran(process.returncode, out, err)


def assert_nowhere(user: User) -> None:
    """Neither in any file below the home, nor in what a bundle packs."""
    bundle = user.home / "bundle.tar.gz"
    bundle.unlink(missing_ok=True)
    loudly(user, "doctor", "--offline", "--bundle", str(bundle))
    with tarfile.open(bundle) as archive:
        for member in archive:
            content = archive.extractfile(member)
            assert content is not None
            assert KEY.encode() not in content.read(), member.name
    user.assert_no_leak()


BAD_KEY = {
    "message": f"API key {KEY} is not valid",
    "error_code": "INVALID_KEY",
    "details_url": f"https://h/?apiKey={KEY}",
}
FAULTS = {
    "body of a refusal": {"status": 401, "count": -1, "body": BAD_KEY},
    "body that is no answer": {"status": 200, "count": -1, "body": {"apiKey": KEY, "text": KEY.upper()}},
    "body of a server's error": {
        "status": 500,
        "count": -1,
        "body": {"message": f"at /v4/odds?apiKey={KEY}"},
    },
    "words of a server's error": {
        "status": 500,
        "count": -1,
        "body": {"message": f"no user {KEY}, nor {KEY.upper()}"},
    },
    "header": {"status": 429, "count": -1, "headers": {"X-Echo": KEY, "Retry-After": "1", "ETag": KEY}},
    "redirect": {
        "status": 302,
        "count": -1,
        "headers": {"Location": f"https://elsewhere.invalid/?apiKey={KEY}"},
    },
    "broken connection": {"mode": "drop", "count": -1},
}


@pytest.mark.parametrize("planted", FAULTS)
def test_what_a_provider_echoes_reaches_nobody(planted: str, user: User, sandbox: Server, log: Path) -> None:
    sandbox.fault(odds=FAULTS[planted])
    loudly(user, "fetch", "nfl", "--explain", "--json", "--wait", "2s")
    assert "oddsctl" in log.read_text()
    assert_nowhere(user)


def test_an_address_in_an_exception_reaches_nobody(user: User, log: Path) -> None:
    user.env["ODDSCTL_ODDS_BASE_URL"] = "http://127.0.0.1:9"
    user.env |= {"ODDSCTL_ESPN_BASE_URL": "http://127.0.0.1:9", "HTTPS_PROXY": f"http://me:{KEY}@127.0.0.1:9"}
    ran = loudly(user, "fetch", "nfl", "--wait", "1s")
    assert ran.code == 6
    assert "Traceback" in ran.err
    assert_nowhere(user)


@pytest.fixture
def broken_library(user: User, tmp_path: Path) -> None:
    """A library that fails, and tells the key in its exceptions: in the main thread, in another, and when it
    is destroyed.
    """
    package = tmp_path / "broken" / "rich"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import logging, os, threading\n"
        "from urllib.parse import quote\n"
        "key = os.environ['MY_OWN_PLACE']\n"
        "def fail(): raise LookupError(f'/v4/odds?apiKey={key}&x=1', {'Authorization': f'Bearer {key}'})\n"
        "class Dying:\n"
        "    def __del__(self): fail()\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join()\n"
        "dying = Dying(); del dying\n"
        "logging.getLogger('rich').error('%s and %d', quote(key.upper(), safe=''), key)\n"
        "try: fail()\n"
        "except LookupError as error: raise RuntimeError(f'no luck with {key}') from error\n"
    )
    user.env |= {"MY_OWN_PLACE": KEY, "ODDSCTL_ODDS_KEY": "env:MY_OWN_PLACE", "ODDS_API_KEY": ""}
    user.env["PYTHONPATH"] = f"{package.parent}:{user.environment()['PYTHONPATH']}"


@pytest.mark.usefixtures("broken_library")
def test_a_key_in_a_librarys_exception_is_not_in_the_traceback_that_debug_shows(
    user: User, log: Path
) -> None:
    ran = loudly(user, "stats")
    assert ran.code == 1
    assert ran.err.count("Traceback") >= 4
    assert "RuntimeError: no luck with ***" in ran.err
    assert "apiKey=***" in ran.err


@pytest.mark.usefixtures("broken_library")
def test_without_debug_the_bug_is_one_line_and_names_no_value(user: User) -> None:
    process = user.start("stats")
    out, err = process.communicate(timeout=PATIENCE)
    assert err.splitlines()[-1].startswith("oddsctl: a bug: RuntimeError")
    assert KEY not in out + err


def test_a_bug_is_in_the_log_with_its_traceback_and_without_the_key(
    user: User, log: Path, tmp_path: Path
) -> None:
    package = tmp_path / "broken" / "diskcache"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"raise RuntimeError('{KEY}')\n")
    whole = dict(user.env)
    loudly(user, "--demo", "stats")
    user.env["PYTHONPATH"] = f"{package.parent}:{user.environment()['PYTHONPATH']}"
    ran = loudly(user, "--demo", "fetch", "nfl")
    assert ran.code == 1
    told = [json.loads(line) for line in log.read_text().splitlines()]
    (bug,) = [line for line in told if line["message"] == "a bug"]
    assert "RuntimeError: ***" in bug["exception"]
    user.env = whole
    assert_nowhere(user)


@pytest.mark.parametrize("how", ["file", "command"])
def test_a_key_from_elsewhere_is_kept_as_secret(
    how: str, user: User, sandbox: Server, log: Path, tmp_path: Path
) -> None:
    place = tmp_path / "key"  # not below the home, where nothing may hold it
    place.write_text(KEY)
    place.chmod(0o600)
    spec = (
        f"file:{place}" if how == "file" else f"command:{sys.executable} -c \"print(open('{place}').read())\""
    )
    user.env |= {"ODDS_API_KEY": "", "SOME_TOKEN": "", "ODDSCTL_ODDS_KEY": spec}
    sandbox.fault(odds=FAULTS["body of a refusal"])
    loudly(user, "fetch", "nfl")
    assert_nowhere(user)


def test_the_doctor_finds_a_key_that_was_planted_and_does_not_show_it(
    user: User, sandbox: Server, log: Path
) -> None:
    user.fetch("nfl")
    planted = user.state_dir / "notes.txt"
    planted.write_text(f"https://h/?apiKey={KEY}")
    planted.chmod(0o600)
    bundle = user.home / "b.tar.gz"
    ran = loudly(user, "doctor", "--json", "--bundle", str(bundle))
    assert ran.code == 3
    assert [finding["check"] for finding in ran.document["findings"] if finding["state"] == "problem"] == [
        "secrets"
    ]
    planted.unlink()
    assert user.run("doctor", "--json").code == 0


def test_the_doctor_asks_for_free_and_offline_asks_nobody(user: User, sandbox: Server) -> None:
    ran = user.run("doctor", "--json")
    assert ran.code == 0, ran.err
    found = {finding["check"]: finding for finding in ran.document["findings"]}
    assert found["clock"]["message"] == "agrees with the provider's"
    assert found["account"]["state"] == "ok"
    assert (sandbox.used, len(sandbox.log)) == (0, 1)
    assert user.run("doctor", "--offline").code == 0
    assert len(sandbox.log) == 1


def test_without_a_key_espn_tells_the_time_and_without_a_net_nobody_does(user: User, sandbox: Server) -> None:
    user.env["ODDS_API_KEY"] = ""
    found = {finding["check"]: finding for finding in user.run("doctor", "--json").document["findings"]}
    assert found["clock"]["state"] == "ok"
    assert (sandbox.calls("espn"), sandbox.calls("odds")) == (1, 0)
    user.env["ODDSCTL_ESPN_BASE_URL"] = "http://127.0.0.1:9"
    ran = user.run("doctor", "--json")
    found = {finding["check"]: finding for finding in ran.document["findings"]}
    assert (ran.code, found["clock"]["state"]) == (0, "warning")
    assert "no connection" in found["clock"]["message"]


def test_a_wrong_clock_is_a_problem(user: User, sandbox: Server) -> None:
    user.clock = shifted("2025-01-04T18:00:00Z")
    ran = user.run("doctor", "--json")
    found = {finding["check"]: finding for finding in ran.document["findings"]}
    assert (ran.code, found["clock"]["state"]) == (3, "problem")
    assert "behind the provider's" in found["clock"]["message"]


def test_a_stopped_process_that_keeps_the_state_locked_is_named_and_not_waited_for(
    user: User, sandbox: Server
) -> None:
    user.fetch("nfl")
    with holding(user.state_dir / "store.lock", stopped=True) as pid:
        ran = user.run("doctor")
    assert ran.code == 3
    assert f"kill -CONT {pid}" in ran.out


def test_the_doctor_leaves_damaged_state_where_it_is_and_asks_nobody_then(
    user: User, sandbox: Server
) -> None:
    user.fetch("nfl")
    asked = len(sandbox.log)
    (user.state_dir / "cache.db").write_bytes(b"garbage" * 5000)
    ran = user.run("doctor", "--json")
    assert ran.code == 3
    assert (user.state_dir / "cache.db").read_bytes() == b"garbage" * 5000
    assert len(sandbox.log) == asked
