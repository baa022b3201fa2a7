"""What providers without credits have in common."""

from __future__ import annotations

from oddsctl.domain.http import HttpResponse, Quota
from oddsctl.domain.jobs import Job


class FreeProvider:
    """Base of a provider whose calls cost nothing and whose answers report no balance."""

    def price(self, job: Job) -> int:  # noqa: ARG002 - the port asks it of every provider
        """Return 0."""
        return 0

    def quota(self, response: HttpResponse) -> Quota:  # noqa: ARG002
        """Return nothing."""
        return Quota()
