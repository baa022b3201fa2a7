"""Tell which `ODDSCTL_…` variables are meant for oddsctl. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_OF_A_CONTAINER = re.compile(
    r"ODDSCTL(?:_\w+)?_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)"
)
_LINK = re.compile(r"(?:tcp|udp|sctp)://\S+")


def is_of_a_container(variable: str, text: str) -> bool:
    """Return True if Kubernetes or Docker set the variable, for a service called `oddsctl` or `oddsctl-…`."""
    return _OF_A_CONTAINER.fullmatch(variable) is not None or (
        variable.endswith("_PORT") and _LINK.fullmatch(text) is not None
    )


def meant(variable: str, known: Iterable[str]) -> str | None:
    """Return the known variable that this is a typo of: one letter added, missing, changed or swapped."""
    from rapidfuzz.distance import OSA

    return next((name for name in known if OSA.distance(variable, name, score_cutoff=1) <= 1), None)
