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
