"""Turn TOML, environment variables and flags into frozen `Settings`, and report what is wrong with them.

No message holds a value.
"""

from oddsctl.config.api_key import resolve_key
from oddsctl.config.keys import example_text
from oddsctl.config.loaded import Known, Loaded, Row, SettingFault, SettingSource
from oddsctl.config.loader import check, default_path, load, show, write_example

__all__ = [
    "Known",
    "Loaded",
    "Row",
    "SettingFault",
    "SettingSource",
    "check",
    "default_path",
    "example_text",
    "load",
    "resolve_key",
    "show",
    "write_example",
]
