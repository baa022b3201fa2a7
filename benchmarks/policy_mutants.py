"""Which changes of `oddsctl/policy` no test of `tests/policy` notices.

`pip install mutmut`, then `python benchmarks/policy_mutants.py` (30 minutes on two cores), or with names of
modules: `python benchmarks/policy_mutants.py budget token_bucket`. mutmut changes one operator, number or
argument at a time in a copy of the tree and runs the tests that reach it. What survives is printed as a diff:
a missing test, or a change that makes no difference.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# What survives and makes no difference (by module; every other survivor asks for a test):
#
# - everywhere: `strict=` of a zip of equal lengths; a last `case _` that returns None or `assert_never`s; the
#   words of a message, which tests/e2e read; which of two equals comes first
# - token_bucket: no time passed (`elapsed > 0`) takes the other branch to the same bucket
# - admission: a rest of 0 s (`0 <= rest`) is none
# - budget: a time that is just now is replaced by itself (`_not_ahead`, `_sent_by`); a gap of 0 moves
#   the base by 0 (`_match`); two answers at the very same instant (`apply_balance`)
# - freshness: what a half is narrowed by, where all its jobs differ in one part only
# - request_queue: the default `now` of `lease` and `postpone`, which no caller leaves out; a lease that ended
#   one second after 1970; an eleventh doubling, far above the longest rest
# - prefetch_plan: where the credits suffice exactly the knapsack finds the plan too; a weight of 1 for having
#   bought nothing; one more call never covers less; a run at the very end of a window
# - budget_pacing: no unknown days cost nothing, whatever a day costs; a game that is over may have any status
#   that is neither skipped nor over; days are known up to a midnight (`day <= first`);
#   a game that starts at the very reset
# - health_rules: `found = None` after a day without calls, which no status equals either
# - alert_outbox: a claim from a clock that was ahead ends later than any claim can; `datetime.fromtimestamp`
#   without a zone before `astimezone`; quiet hours of no length
# - alert_rules: a share that is no share (101), a tenth digit of a probability, a game that starts just now
# - cost_projection: a share of a day that is paid whole; days after the end of what is known, at that end
# - priority: a division that is rounded down at once; the first second of waiting
#
# mutmut leaves properties alone: change those of `Credits`, `Attempt` and `CostProjection` by hand.

ROOT = Path(__file__).parent.parent
POLICY = "oddsctl/policy"
LONGEST = 3600
"""Seconds after which the run of one module is given up."""

CONFIG = f"""
[tool.mutmut]
source_paths = ["oddsctl/"]
only_mutate = ["{POLICY}/*.py"]
pytest_add_cli_args_test_selection = ["tests/policy"]
also_copy = ["oddsctl", "tests"]
"""

# Found examples need not be made small, and each mutant meets the same ones.
PROFILE = """
from hypothesis import Phase, settings

settings.register_profile(
    "mutants", phases=[Phase.explicit, Phase.generate], database=None, derandomize=True, deadline=None
)
settings.load_profile("mutants")
"""


def _copy(target: Path) -> None:
    for name in ("oddsctl", "tests"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "e2e"))
    (target / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + CONFIG)
    (target / "tests/policy/conftest.py").write_text(PROFILE)


def _mutmut(where: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=LONGEST, check=False)
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
    return done.stdout


def _survivors(where: Path, module: str) -> list[str]:
    """Names of the module's mutants that no test killed."""
    _mutmut(where, "run", "--max-children", "2", f"oddsctl.policy.{module}.*")
    lines = (line.strip().partition(": ") for line in _mutmut(where, "results").splitlines())
    found = [name for name, _, result in lines if result in ("survived", "no tests")]
    return [name for name in found if name.startswith(f"oddsctl.policy.{module}.")]


def main(modules: list[str]) -> None:
    """Print the survivors of each module, or of all modules."""
    os.nice(15)
    known = sorted(path.stem for path in (ROOT / POLICY).glob("[!_]*.py"))
    with tempfile.TemporaryDirectory() as directory:
        where = Path(directory)
        _copy(where)
        for module in modules or known:
            survivors = _survivors(where, module)
            print(f"# {module}: {len(survivors)} survive", flush=True)
            for name in survivors:
                print(_mutmut(where, "show", name), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
