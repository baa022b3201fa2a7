"""HTTP: the only user of requests and requests-cache.

Importing it loads both, so import it only where a request is sent.
"""

from __future__ import annotations

from oddsctl.transport.http import HttpTransport

__all__ = ["HttpTransport"]
