"""How a question reaches the simulated providers and how an answer leaves: plain values, marked as demo data.

No socket may enter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from oddsctl.domain.http import DEMO_HEADER, HttpResponse
from oddsctl.domain.ports import JSON


@dataclass(frozen=True, slots=True)
class Ask:
    """One GET: which API (odds, espn, weather, geocoding), the path below its base URL, the query, the
    User-Agent.
    """

    api: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    agent: str = ""

    def words(self, name: str, default: str = "") -> list[str]:
        """A comma separated parameter as a list without its empty parts."""
        return [word for word in self.query.get(name, default).split(",") if word]


def reply(status: int, body: JSON, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer with `body` as JSON; text is sent as it is."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    kind = "text/html" if isinstance(body, str) else "application/json; charset=utf-8"
    return HttpResponse(status, {"content-type": kind, DEMO_HEADER: "1", **(headers or {})}, text.encode())


def utc(seconds: float, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    """Epoch seconds as text."""
    return datetime.fromtimestamp(seconds, UTC).strftime(form)
