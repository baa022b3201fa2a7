"""What this process takes for secret, and how its stderr is kept free of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oddsctl.observability import redaction


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(redaction, "_known", set())
    monkeypatch.setattr(redaction, "_hide", None)
    yield
    redaction._hide = None


def test_paths_below_the_working_directory_stay_readable(tmp_path: Path) -> None:
    redaction.add_secrets_of_environment(
        {"PWD": str(tmp_path), "OLDPWD": "/gone/for/good", "DEPLOY_TOKEN": str(tmp_path / "token")}
    )
    for line in (
        f"{tmp_path}/odds.toml:2: odds.regoins",
        f"{tmp_path}/token: empty",
        "/gone/for/good/odds.toml",
    ):
        assert redaction.redact_values(line) == line


def test_a_key_that_begins_like_a_path_is_a_secret() -> None:
    redaction.add_secrets_of_environment({"DEPLOY_TOKEN": "/K7MDENG/bPxRfiCY+E=="})
    assert redaction.redact_values("sent /K7MDENG/bPxRfiCY+E==") == "sent ***"


@pytest.mark.parametrize(
    "text", ["cannot use http://me:pw@proxy:3128", "no route to socks5h://me:pw@proxy:3128 now"]
)
def test_the_password_of_a_proxy_is_hidden_however_short_it_is(text: str) -> None:
    assert "pw" not in redaction.redact_values(text)


def test_what_a_configuration_points_to_is_known_before_it_is_asked_for() -> None:
    redaction.add_secrets_of_places(
        (
            "env:ALERTS",
            "env:KEY",
            "tgram://123456789:AAE4xample-Token1/77",
            "file:/run/key",
            "command:pass show odds",
        ),
        {"ALERTS": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV", "KEY": "weirdlynamed"},
    )
    shown = redaction.redact_values(
        "weirdlynamed JHMHI8qBe7bk2ZwO5U711o3dV AAE4xample-Token1 /run/key pass show odds"
    )
    assert shown == "*** *** *** /run/key pass show odds"
