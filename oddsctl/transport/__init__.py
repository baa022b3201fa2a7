"""The wire: the only user of requests and requests-cache.

Importing it loads both, so it is imported where something is to be sent.
"""

from __future__ import annotations

from oddsctl.transport.http import HttpTransport

__all__ = ["HttpTransport"]
