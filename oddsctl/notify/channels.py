"""Send messages to notification channels, through a worker process (`apprise_worker.py`).

Decides nothing and shows no address. A process can be ended in time whatever a service does, and prints
nothing that we do not pass on: an address is a secret.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from oddsctl.domain.http import Secret

PATIENCE = 10.0
"""Seconds for all channels together (they run side by side), including the start of Apprise."""
NOT_INSTALLED = "Apprise is not installed: pip install 'oddsctl[notify]'"
MESSENGER = Path(__file__).with_name("apprise_worker.py")
PASSED_ON = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TZDIR|TMPDIR|XDG_\w+|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|DBUS_SESSION_BUS_ADDRESS"
    r"|(?:https?|all|no)_proxy|(?:REQUESTS|CURL)_CA_BUNDLE|SSL_CERT_(?:FILE|DIR)"
    r"|PYTHON(?:PATH|HOME|USERBASE|NOUSERSITE|UTF8|IOENCODING)|VIRTUAL_ENV|(?:DY)?LD_LIBRARY_PATH|NIX_SSL_CERT_FILE|NIX_LD\w*",
    re.IGNORECASE,
)
"""Variables passed to the worker: to find itself, the network and the desktop.

No others, because any may hold a secret.
"""
RESULTS = {
    "delivered": None,
    "no address": "Apprise knows no such address, or lacks a package for it",
    "not taken": "it was not reached, or did not take the message",
    "broken": "Apprise failed at it",
}
"""The worker's RESULTs, and why a channel got no message."""


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text: a title of one line, and a body."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One entry of `notify.urls`.

    `id` is a fingerprint, `label` may be shown, `address` is None when its variable is not set.
    """

    id: str
    label: str
    address: Secret | None = field(repr=False)


def channels(urls: Iterable[str], env: Mapping[str, str]) -> tuple[Channel, ...]:
    """Return the configured channels, with variables resolved."""
    return tuple(_channel(url, env) for url in urls)


def send(messages: Mapping[Channel, Message], patience: float = PATIENCE) -> dict[Channel, str | None]:
    """Send each channel its message; for each return None if it was delivered, else the reason.

    Reasons hold no address. A channel that answers after `patience` seconds may still have got its message.
    """
    from importlib.util import find_spec

    if find_spec("apprise") is None:
        return dict.fromkeys(messages, NOT_INSTALLED)
    results: dict[Channel, str | None] = {
        channel: f"the variable {channel.label.removeprefix('env:')} is not set" for channel in messages
    }
    known = [channel for channel in messages if channel.address is not None]
    letters = [[str(channel.address), messages[channel].title, messages[channel].body] for channel in known]
    said = _hand_over(letters, patience) if letters else {}
    late = f"no answer within {patience:g} s"
    return results | {channel: RESULTS.get(said.get(index, ""), late) for index, channel in enumerate(known)}


def _channel(url: str, env: Mapping[str, str]) -> Channel:
    fingerprint = sha256(b"oddsctl channel " + url.encode()).hexdigest()[:12]
    variable = url.removeprefix("env:")
    address = url if variable == url else env.get(variable, "").strip()
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)", address)
    hidden = "?" if variable == url else url
    return Channel(
        fingerprint, f"{scheme[0].lower()}://…" if scheme else hidden, Secret(address) if address else None
    )


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the worker's environment.

    It never holds the key of The Odds API, whatever its variable is called.
    """
    return {name: value for name, value in environ.items() if PASSED_ON.fullmatch(name)}


def _hand_over(letters: list[list[str]], patience: float) -> dict[int, str]:
    """Run the worker; return its RESULT for each message by position, without those it did not reach."""
    import subprocess
    import sys

    order = json.dumps({"seconds": patience, "letters": letters})
    # -P: import nothing from the directory where the user happens to be.
    command = [
        sys.executable,
        "-P",
        str(MESSENGER),
    ]
    try:
        messenger = subprocess.Popen(  # noqa: S603 - ours
            command,
            env=environment(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
        )
    except OSError:
        return dict.fromkeys(range(len(letters)), "broken")
    with messenger:
        try:
            text, _ = messenger.communicate(order, patience)
            said = dict.fromkeys(range(len(letters)), "broken")
        except subprocess.TimeoutExpired:
            messenger.kill()
            text, _ = messenger.communicate()
            said = {}
        except BaseException:
            messenger.kill()
            raise
    return said | dict(json.loads(line) for line in text.splitlines() if line.endswith("]"))
