"""How an instant is spelled for machines, and a length of time for people. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(epoch: float) -> str:
    """ISO 8601 in UTC to the second, `2026-11-26T18:00:00Z`."""
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(seconds: float) -> str:
    """`45 s`, `3 min`, `2 h`, `3 d`, to the nearest."""
    for size, unit, most in ((1, "s", 60), (60, "min", 60), (3600, "h", 24)):
        count = int(max(0.0, seconds) / size + 0.5)
        if count < most:
            return f"{count} {unit}"
    return f"{int(seconds / 86400 + 0.5)} d"
