"""The command line: flags to one call to a table or a document to an exit code."""

from __future__ import annotations

import os
import sys

from oddsctl import __version__, leave_at_a_signal


def run() -> None:
    """Entry point of the `oddsctl` script. `--version` is answered before anything heavy is imported."""
    leave_at_a_signal()
    if sys.argv[1:] == ["--version"] and sys.stdout:
        try:
            print(f"oddsctl {__version__}", flush=True)  # noqa: T201 - this is the answer
        except OSError:  # nobody reads it, or there is no room for it
            os._exit(0)
        return
    from oddsctl.cli.error_handler import run_cli

    sys.exit(run_cli(sys.argv[1:]))
