"""The job classes: stored by class name, so whoever decodes one must know them all."""

from __future__ import annotations

import subprocess
import sys

import pytest

from oddsctl.domain.job import BaseJob
from oddsctl.domain.jobs import JOB_CLASSES


@pytest.mark.parametrize(
    "module", ["oddsctl.policy.health_rules", "oddsctl.state.queue", "oddsctl.state.responses"]
)
def test_whoever_decodes_or_judges_jobs_knows_every_class(module: str) -> None:
    code = (
        f"import {module}\n"
        "from oddsctl.domain.job import BaseJob\n"
        "print(*sorted(job.__name__ for job in BaseJob.__subclasses__()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == sorted(job.__name__ for job in JOB_CLASSES)


def test_the_list_of_job_classes_lacks_none() -> None:
    known = {job for job in BaseJob.__subclasses__() if job.__module__.startswith("oddsctl.")}
    assert known == set(JOB_CLASSES)
