"""Load settings from TOML, environment variables and flags; report every fault by place, key and remedy.

No message holds a value. `keys` defines the keys, `values` their formats, `toml_file` finds the line of each.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from oddsctl.config.directories import NO_HOME, own_directory
from oddsctl.config.keys import (
    SPORT_TABLE,
    TABLE,
    example_text,
    sport_value,
)
from oddsctl.config.loaded import Known, Loaded, Row, SettingFault, SettingSource
from oddsctl.config.reader import SettingsReader
from oddsctl.domain.errors import ConfigError, UsageError

_NO_FLAGS: Mapping[str, object] = {}
_NOTHING_KNOWN = Known()


def default_path() -> Path:
    """Return the path of the configuration file unless `--config` names another.

    Raises `ConfigError` for a user without a home directory.
    """
    if path := own_directory("config"):
        return path / "config.toml"
    raise ConfigError(
        f"no configuration file: {NO_HOME}", hint="name one with --config or ODDSCTL_CONFIG, or set HOME"
    )


def load(
    *,
    file: Path | None,
    env: Mapping[str, str],
    overrides: Mapping[str, object] = _NO_FLAGS,
    known: Known = _NOTHING_KNOWN,
) -> Loaded:
    """Load the settings: flags win over environment variables, then the file, then defaults.

    `overrides` holds the flags by dotted key (text or list). Without `file` the default one is read if it
    exists. Raises `ConfigError` for any fault, `UsageError` when only flags are wrong, `KeyError` for an
    override that is no key (a bug of the caller).
    """
    reading = _read(file, env, overrides, known)
    if reading.faults:
        raise _error(reading.faults)
    return reading.loaded()


def check(
    *,
    file: Path | None,
    env: Mapping[str, str],
    overrides: Mapping[str, object] = _NO_FLAGS,
    known: Known = _NOTHING_KNOWN,
) -> tuple[SettingFault, ...]:
    """List every fault, in the order file, environment, flags; empty when `load` would succeed."""
    return tuple(_read(file, env, overrides, known).faults)


def show(loaded: Loaded) -> list[Row]:
    """List every key with its effective value and origin, then those of added sports that are set."""
    settings, origins = loaded.settings, loaded.origins
    rows = [Row(key.dotted, key.kind.spell(key.value(settings)), origins[key.dotted]) for key in TABLE]
    for sport in settings.sports:
        for key in SPORT_TABLE:
            dotted = f"sports.{sport.name}.{key.name}"
            if dotted in origins:
                rows.append(Row(dotted, key.kind.spell(sport_value(sport, key.name)), origins[dotted]))
    return rows


def write_example(path: Path) -> None:
    """Write the example configuration (0600), creating missing directories (0700).

    Raises `UsageError` rather than overwrite a file.
    """
    try:
        for folder in reversed(path.parents):
            folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(example_text())
    except FileExistsError as error:
        raise UsageError(
            f"{error.filename} is there already and stays as it is",
            hint="move it away, or name another place with --config",
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written ({error.strerror})", hint="name another place with --config"
        ) from None


def _error(faults: list[SettingFault]) -> ConfigError | UsageError:
    kind = UsageError if all(fault.place == SettingSource() for fault in faults) else ConfigError
    if len(faults) == 1:
        return kind(str(faults[0]))
    return kind(f"{faults[0]} (and {len(faults) - 1} more)", hint="`oddsctl config check` lists them all")


def _read(
    file: Path | None, env: Mapping[str, str], overrides: Mapping[str, object], known: Known
) -> SettingsReader:
    reading = SettingsReader()
    if path := file or own_directory("config"):
        reading.take_file(path if file else path / "config.toml", must_exist=file is not None)
    reading.take_environment(env, known.options)
    reading.take_flags(overrides)
    reading.see_to_state_dir()
    reading.compare(known)
    return reading
