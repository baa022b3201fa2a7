"""Messages to people's channels through Apprise, of which it is the only user. Decides nothing; no address is ever shown or logged.

An address is a secret. Apprise and the libraries below it name addresses in their logs, so all logging is off while they work.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from hashlib import sha256
from types import TracebackType
from typing import TYPE_CHECKING

from oddsctl.messages.wire import Secret

if TYPE_CHECKING:
    from apprise import Apprise

PATIENCE = 6.0
"""Seconds for all channels together: they are told side by side."""
NOT_INSTALLED = "Apprise is not installed: pip install 'oddsctl[notify]'"
NOT_TAKEN = "it was not reached, or did not take the message"
NO_ADDRESS = "Apprise knows no such address, or lacks a package for it"
BROKEN = "Apprise failed at it"


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text: a title of one line, and a body."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Channel:
    """One entry of `notify.urls`. `id` is a fingerprint, `label` fit to be shown, `address` None where its variable is not set."""

    id: str
    label: str
    address: Secret | None = field(repr=False)


def channels(urls: Iterable[str], env: Mapping[str, str]) -> tuple[Channel, ...]:
    """The channels that the configuration names, variables resolved."""
    return tuple(_channel(url, env) for url in urls)


def send(messages: Mapping[Channel, Message], patience: float = PATIENCE) -> dict[Channel, str | None]:
    """Tell each channel its message; for each None when it took it, else why not, in words that hold no address.

    Never raises. A channel that takes longer than `patience` may still get its message.
    """
    with _SILENCE:
        try:
            import apprise  # noqa: F401 - whether it is there
        except ImportError:
            return dict.fromkeys(messages, NOT_INSTALLED)
        opened = {channel: _open(channel) for channel in messages}
        sent = {channel: _begin(to, messages[channel]) for channel, to in opened.items() if not isinstance(to, str)}
        wait(sent.values(), patience)
    slow = f"no answer within {patience:g} s"
    return {
        channel: to if isinstance(to, str) else sent[channel].result() if sent[channel].done() else slow for channel, to in opened.items()
    }


def _channel(url: str, env: Mapping[str, str]) -> Channel:
    fingerprint = sha256(b"oddsctl channel " + url.encode()).hexdigest()[:12]
    variable = url.removeprefix("env:")
    address = url if variable == url else env.get(variable, "").strip()
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*(?=://)", address)
    hidden = "?" if variable == url else url
    return Channel(fingerprint, f"{scheme[0].lower()}://…" if scheme else hidden, Secret(address) if address else None)


def _open(channel: Channel) -> Apprise | str:
    """Apprise with this one address, or why it cannot be had."""
    import apprise

    if channel.address is None:
        return f"the variable {channel.label.removeprefix('env:')} is not set"
    asset = apprise.AppriseAsset(app_id="oddsctl", app_desc="oddsctl", async_mode=False, storage_mode="memory")
    try:
        opened = apprise.Apprise(asset=asset)
        return opened if opened.add(str(channel.address)) else NO_ADDRESS
    except Exception:  # noqa: BLE001 - a hundred services of others; what it says may hold the address
        return BROKEN


def _begin(to: Apprise, message: Message) -> Future[str | None]:
    """Sending, in a thread that outlives nobody."""
    future: Future[str | None] = Future()

    def work() -> None:
        with _SILENCE:
            try:
                took = to.notify(body=message.body, title=message.title, body_format="text")
                future.set_result(None if took else NOT_TAKEN)
            except Exception:  # noqa: BLE001 - as above
                future.set_result(BROKEN)

    threading.Thread(target=work, daemon=True).start()
    return future


class _Silence:
    """No logging and no warnings while anyone sends, also one that was given up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._level = logging.NOTSET
        self._filters: list[tuple[object, ...]] = []

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._level, self._filters = logging.root.manager.disable, warnings.filters[:]  # type: ignore[assignment]
                logging.disable(logging.CRITICAL)
                warnings.simplefilter("ignore")
            self._inside += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                logging.disable(self._level)
                warnings.filters[:] = self._filters  # type: ignore[index]


_SILENCE = _Silence()
