"""How an instant is spelled for machines. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(epoch: float) -> str:
    """ISO 8601 in UTC to the second, `2026-11-26T18:00:00Z`."""
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
