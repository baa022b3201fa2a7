"""Settings, stored answers and channels, as the documents that scripts read; no rich."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oddsctl.domain.units import iso_or_none

if TYPE_CHECKING:
    from oddsctl.config import Row
    from oddsctl.notify.channels import Channel
    from oddsctl.services.cache_admin import Inventory

JSON = dict[str, Any]


def config_document(rows: Sequence[Row]) -> JSON:
    """`oddsctl.config/1`."""
    settings = [{"key": row.key, "value": row.value, "origin": row.origin} for row in rows]
    return {"schema": "oddsctl.config/1", "settings": settings}


def cache_document(found: Inventory) -> JSON:
    """`oddsctl.cache/1`."""
    times = {"oldest": found.oldest, "newest": found.newest}
    return {
        "schema": "oddsctl.cache/1",
        "state_dir": str(found.state_dir),
        "entries": found.entries,
        "bytes": found.bytes,
        **{name: iso_or_none(at) for name, at in times.items()},
    }


def queue_clear_document(dropped: int) -> JSON:
    """`oddsctl.queue_clear/1`."""
    return {"schema": "oddsctl.queue_clear/1", "dropped": dropped}


def notify_document(results: Sequence[tuple[Channel, str | None]]) -> JSON:
    """`oddsctl.notify/1`."""
    channels = [
        {"channel": channel.label, "delivered": why is None, "detail": why} for channel, why in results
    ]
    return {"schema": "oddsctl.notify/1", "channels": channels}
