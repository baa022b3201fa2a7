"""From nothing to a running cron, as README and `prefetch --cron` tell it, to the letter."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.harness import KEY, PYTHON, ROOT, Server, User

README = (ROOT / "README.md").read_text(encoding="utf-8")


def shell(line: str, env: dict[str, str]) -> str:
    return subprocess.run(
        ["/bin/sh", "-euc", line], env=env, capture_output=True, text=True, timeout=60, check=True
    ).stdout


@pytest.mark.parametrize("edit", ["the comment", "a line of one's own"])
def test_what_is_written_there_works(edit: str, user: User, sandbox: Server, tmp_path: Path) -> None:
    """Before cron runs, the configuration is pointed at the simulated providers; the reader's would not
    be.
    """
    assert "export ODDS_API_KEY=...\noddsctl config init\n" in README
    (tmp_path / "bin").mkdir()
    oddsctl = tmp_path / "bin" / "oddsctl"
    world = " ".join(f"{name}={value}" for name, value in (PYTHON | user.clock).items())
    start = f"import sys; sys.argv[0] = '{oddsctl}'; from oddsctl.cli import run; run()"
    oddsctl.write_text(f'#!/bin/sh\n{world} exec {sys.executable} -c "{start}" "$@"\n')
    oddsctl.chmod(0o755)
    home = tmp_path / "newcomer"
    home.mkdir()
    bare = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    mine = bare | {"PATH": f"{oddsctl.parent}:{os.environ['PATH']}", "ODDS_API_KEY": KEY}

    config = Path(shell("oddsctl config init", mine).strip())
    text = config.read_text(encoding="utf-8")
    if edit == "a line of one's own":
        text = text.replace('# key = "env:ODDS_API_KEY"', 'key = "env:ODDS_API_KEY"')
    for variable, url in sandbox.variables.items():
        section, _, key = variable.removeprefix("ODDSCTL_").lower().partition("_")
        text = re.sub(
            rf"(^\[{section}\](?:.*\n)*?)# {key} = .*",
            rf'\1{key} = "{url}"',
            text,
            count=1,
            flags=re.MULTILINE,
        )
    config.write_text(text, encoding="utf-8")

    page = shell("oddsctl prefetch --cron nfl", mine)
    *commands, setting = [line.removeprefix("#   ") for line in page.splitlines() if line.startswith("#   ")]
    assert "replace the line of `key` below [odds]" in page.replace("\n# ", " ")
    shell("\n".join(commands), mine)
    config.write_text(
        re.sub(r"^(?:# )?key = .*", setting, text, count=1, flags=re.MULTILINE), encoding="utf-8"
    )

    (cron,) = [line for line in page.splitlines() if re.match(r"[\d*]\S* [\d*]\S* \* \* \* /", line)]
    assert shell(cron.split(" ", 5)[5].replace("\\%", "%"), bare) == ""
    assert sandbox.calls("espn") > 0
    found = {
        finding["check"]: finding
        for finding in json.loads(shell(f"{oddsctl} doctor --json", bare))["findings"]
    }
    assert (found["key"]["state"], found["account"]["state"]) == ("ok", "ok")
    assert not any(
        KEY in file.read_text(errors="replace")
        for file in home.rglob("*")
        if file.is_file() and file.name != "key"
    )
