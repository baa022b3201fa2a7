"""Examines an installation: key, files, disk, databases, locks, clock and versions.

Only `repair` changes anything.
"""

from oddsctl.doctor.examination import document, examine, is_usable, worst
from oddsctl.doctor.findings import Finding, State, Subject

__all__ = ["Finding", "State", "Subject", "document", "examine", "is_usable", "worst"]
