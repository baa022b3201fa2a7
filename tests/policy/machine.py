"""A machine in another time zone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def machine_in(monkeypatch: pytest.MonkeyPatch, zone: str) -> Iterator[None]:
    """The local time of this process is that of `zone` meanwhile."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()
