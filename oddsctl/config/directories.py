"""Locate the platform's directories for configuration and state.

A user without a home directory has none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

NO_HOME = "you have no home directory (HOME is not set, and there is no account for this user id)"


def own_directory(kind: Literal["config", "state"]) -> Path | None:
    """Return our directory of that kind; None for a user without a home directory."""
    import platformdirs

    try:
        path = (
            platformdirs.user_config_path("oddsctl")
            if kind == "config"
            else platformdirs.user_state_path("oddsctl")
        )
    except RuntimeError:
        return None
    # Some versions of platformdirs return the ~ unexpanded.
    return path if path.is_absolute() else None
