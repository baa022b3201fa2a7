"""Faults of a simulated provider as plain values: injected errors and broken connections. Pure.

As JSON: `{API: FAULT}` with FAULT null (end it), `{"status": 503}` or `{"mode": "drop"}`, each with `count`
(-1: for ever), `delay` (seconds), and for a status `headers` and `body`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from oddsctl.domain.ports import JSON
from oddsctl.sandbox.answers import APIS

Mode = Literal["drop", "truncate", "garbage", "slow"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one API, for the next `count` calls.

    With `status` the provider answers that, does nothing and charges nothing. With `mode` the call is done
    and charged, but the answer is dropped, cut in half, replaced by a proxy's page, or only late. `delay`
    seconds pass before either.
    """

    api: str
    status: int | None = None
    mode: Mode | None = None
    count: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    body: JSON = None
    delay: float = 0.0


def read(told: JSON) -> dict[str, Fault | None]:
    """Parse the faults in a control message; None ends one. Raises `ValueError` that names the problem."""
    if not isinstance(told, dict) or not set(APIS).issuperset(told):
        raise ValueError(f"expected an object with keys of: {', '.join(APIS)}")
    return {api: None if fault is None else _fault(api, fault) for api, fault in told.items()}


def take(faults: Mapping[str, Fault], api: str) -> tuple[dict[str, Fault], Fault | None]:
    """Return the faults left after a call to `api`, and the one it meets."""
    left = dict(faults)
    fault = left.pop(api, None)
    if fault is not None and fault.count != 1:
        left[api] = fault if fault.count < 0 else replace(fault, count=fault.count - 1)
    return left, fault


def _fault(api: str, told: JSON) -> Fault:
    known = ("status", "mode", "count", "headers", "body", "delay")
    if not isinstance(told, dict) or not set(known).issuperset(told):
        raise ValueError(f"{api}: a fault is null or an object with keys of: {', '.join(known)}")
    if told.get("mode") not in (None, *get_args(Mode)):
        raise ValueError(f"{api}: mode is one of {', '.join(get_args(Mode))}")
    fault = Fault(api, **told)
    numbers = (
        isinstance(fault.count, int)
        and isinstance(fault.delay, int | float)
        and isinstance(fault.status, int | None)
    )
    if not numbers or fault.count == 0 or fault.delay < 0 or not isinstance(fault.headers, dict):
        raise ValueError(
            f"{api}: status and count are whole numbers (count not 0), delay is seconds, headers an object"
        )
    return fault
