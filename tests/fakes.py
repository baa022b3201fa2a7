"""Stand-ins for the outside world, written by hand. Each keeps the promises of its port."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from oddsctl.domain.http import HttpRequest, HttpResponse


class FakeClock:
    """A clock that stands still until someone sleeps or the test moves it.

    `now` may jump, `monotonic` may not.
    """

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self._now = now
        self._monotonic = 0.0

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self._now += seconds
            self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an administrator or NTP would."""
        self._now += seconds


class ScriptedTransport:
    """A wire without a world: gives what the test laid out, in order, and remembers what was asked.

    Each step is a response, an error to raise, or a function of the request; the last one repeats.
    """

    def __init__(self, clock: FakeClock, *steps: Step, takes: float = 0.2) -> None:
        self.clock = clock
        self.steps = list(steps)
        self.takes = takes
        self.sent: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        sent_at = self.clock.now()
        self.clock.sleep(self.takes)
        if isinstance(step, Exception):
            raise step
        response = step(request) if callable(step) else step
        return replace(response, sent_at=sent_at, received_at=self.clock.now())

    def close(self) -> None:
        pass


Step = HttpResponse | Exception | Callable[[HttpRequest], HttpResponse]


def answer(body: object, status: int = 200, **headers: str | int) -> HttpResponse:
    """A JSON answer; header names are written with underscores."""
    return HttpResponse(
        status,
        {name.replace("_", "-"): str(value) for name, value in headers.items()},
        json.dumps(body).encode(),
    )


def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the user has no home directory: no HOME, and a user id without an account."""

    def no_account(_user_id: int) -> None:
        raise KeyError("no such account")

    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", no_account)
