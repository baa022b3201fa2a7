"""Which variables named `ODDSCTL_…` are meant for us. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_OF_A_CONTAINER = re.compile(
    r"ODDSCTL(?:_\w+)?_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)"
)
_LINK = re.compile(r"(?:tcp|udp|sctp)://\S+")


def is_of_a_container(variable: str, text: str) -> bool:
    """Whether Kubernetes or Docker has set it, in each container beside a service called `oddsctl` or
    `oddsctl-…`.
    """
    return _OF_A_CONTAINER.fullmatch(variable) is not None or (
        variable.endswith("_PORT") and _LINK.fullmatch(text) is not None
    )


def meant(variable: str, known: Iterable[str]) -> str | None:
    """The known variable that this is a slip of the finger away from: a letter too many, too few, another, or
    two swapped.
    """
    from rapidfuzz.distance import OSA

    return next((name for name in known if OSA.distance(variable, name, score_cutoff=1) <= 1), None)
