"""Examine an installation: key, files, disk, databases, locks, clock and versions.

Only `repair` changes anything.
"""

from oddsctl.doctor.examination import DoctorReport, examine, is_usable, worst
from oddsctl.doctor.findings import Finding, Severity, Subject

__all__ = ["DoctorReport", "Finding", "Severity", "Subject", "examine", "is_usable", "worst"]
