"""Examines an installation: key, files, disk, databases, locks, clock and versions.

Only `repair` changes anything.
"""

from oddsctl.doctor.examination import document, examine, is_usable, worst
from oddsctl.doctor.findings import Finding, Severity, Subject

__all__ = ["Finding", "Severity", "Subject", "document", "examine", "is_usable", "worst"]
