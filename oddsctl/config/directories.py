"""Where the platform keeps a user's configuration and state.

A user may have no such place: one without a home directory.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

NO_HOME = "you have no home directory (HOME is not set, and there is no account for this user id)"


def own_directory(kind: Literal["config", "state"]) -> Path | None:
    """The directory for our files of that kind; None where there is no home directory that it could be in."""
    import platformdirs

    try:
        path = (
            platformdirs.user_config_path("oddsctl")
            if kind == "config"
            else platformdirs.user_state_path("oddsctl")
        )
    except RuntimeError:
        return None
    return path if path.is_absolute() else None  # some versions leave the ~ where it is
