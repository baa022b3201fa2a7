"""Read values from file, environment and flags, from the weakest source to the strongest."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from oddsctl.config.directories import NO_HOME, own_directory
from oddsctl.config.environment import is_of_a_container, meant
from oddsctl.config.keys import (
    SECTIONS,
    SPORT_TABLE,
    TABLE,
    key_remedy,
    section_remedy,
    sport_from,
    sport_key_remedy,
    variable_remedy,
)
from oddsctl.config.loaded import Known, Loaded, SettingFault, SettingSource
from oddsctl.config.toml_file import BrokenFileError, TomlFile, read_toml
from oddsctl.config.values import UnknownNamesError, ValueKind, unknown_name
from oddsctl.domain import suggest
from oddsctl.domain.settings import Settings
from oddsctl.domain.units import BadValueError
from oddsctl.domain.vocabulary import FETCH_FORCE, FORCE, ShownNames

_BY_NAME = {key.dotted: key for key in TABLE}
_BY_VARIABLE = {key.variable: key for key in TABLE}
_SPORT_KEYS = {key.name: key for key in SPORT_TABLE}
_COMMANDS = {"prefetch", "notify"}
"""Sections that are commands too: a variable with such a name may belong to an option, or to another program.
"""


class SettingsReader:
    """Values and faults read so far. Sources are read from weakest to strongest, so the last value wins."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.origins = dict.fromkeys(_BY_NAME, "default")
        self.places: dict[str, SettingSource] = {}
        self.faults: list[SettingFault] = []
        self.sports: list[str] = []
        self.path: Path | None = None

    def loaded(self) -> Loaded:
        sections: dict[str, Any] = {}
        for section in SECTIONS:
            given = {
                key.name: self.values[key.dotted]
                for key in TABLE
                if key.section == section and key.dotted in self.values
            }
            sections[section] = replace(getattr(Settings(), section), **given)
        sections["store"] = replace(sections["store"], state_dir=self._state_dir() or Path())
        sports = tuple(sport_from(name, self._sport_values(name)) for name in self.sports)
        return Loaded(Settings(**sections, sports=sports), self.origins, self.path)

    def _sport_values(self, name: str) -> dict[str, Any]:
        dotted = {key: f"sports.{name}.{key}" for key in _SPORT_KEYS}
        return {key: self.values[where] for key, where in dotted.items() if where in self.values}

    def _take(self, dotted: str, kind: ValueKind, raw: object, place: SettingSource) -> None:
        try:
            value = kind.read(raw)
        except UnknownNamesError as error:
            value = error.value
            force = FORCE if place == SettingSource() else FETCH_FORCE
            self.faults += [
                SettingFault(
                    place, dotted, UnknownNamesError(value, (name,)).what, f"{name.remedy}{force}", name
                )
                for name in error.unknown
            ]
        except BadValueError as error:
            self._fault(place, dotted, error.what, error.remedy)
            return
        self.values[dotted], self.origins[dotted], self.places[dotted] = value, str(place), place

    def _fault(self, place: SettingSource, key: str, what: str, remedy: str) -> None:
        self.faults.append(SettingFault(place, key if key.isprintable() else ascii(key), what, remedy))

    def compare(self, known: Known) -> None:
        """Drop faults about names that answers have shown or that `force` accepts; add unknown sports."""
        if any(fault.name for fault in self.faults):
            state_dir = self._state_dir()
            shown = ShownNames() if known.force or state_dir is None else known.shown(state_dir)
            self.faults = [
                fault
                for fault in self.faults
                if fault.name is None or not (known.force or fault.name.word in shown.of(fault.name.kind))
            ]
        sports = [*known.sports, *self.sports]
        for name in self.values.get("prefetch.sports", ()) if known.sports else ():
            if name not in sports:
                remedy = suggest.did_you_mean(name, sports, f"known here: {' '.join(sports)}")
                self._fault(
                    self.places["prefetch.sports"], "prefetch.sports", unknown_name(name, "sport"), remedy
                )

    def see_to_state_dir(self) -> None:
        """Report a fault when the state has no directory: none is named and there is no home directory."""
        if self._state_dir() is None:
            remedy = "set HOME, or ODDSCTL_STORE_STATE_DIR to an empty directory of your own"
            self._fault(SettingSource(variable="HOME"), "", f"no place to keep state: {NO_HOME}", remedy)

    def _state_dir(self) -> Path | None:
        named: Path = self.values.get("store.state_dir", Path())
        return own_directory("state") if named == Path() else named

    # ── the file ──

    def take_file(self, path: Path, *, must_exist: bool) -> None:
        try:
            toml = read_toml(path)
        except BrokenFileError as error:
            self._fault(SettingSource(path, error.line), "", error.what, error.remedy)
            return
        if toml is None:
            if must_exist:
                self._fault(
                    SettingSource(path),
                    "",
                    "does not exist",
                    "see to its name, or make one with `oddsctl config init`",
                )
            return
        self.path = path
        for section, content in toml.tables.items():
            place = SettingSource(path, toml.line_of(section))
            if section != "sports" and section not in SECTIONS:
                self._fault(place, section, "is not a known section", section_remedy(section))
            elif not isinstance(content, dict):
                self._fault(
                    place,
                    section,
                    "must be a section",
                    f"write [{section}] on a line of its own, its keys below",
                )
            elif section == "sports":
                self._take_sports(content, toml, path)
            else:
                self._take_section(section, content, toml, path)
        self.faults.sort(key=lambda fault: fault.line or 0)

    def _take_section(self, section: str, content: dict[str, Any], toml: TomlFile, path: Path) -> None:
        for name, raw in content.items():
            place = SettingSource(path, toml.line_of(section, name))
            dotted = f"{section}.{name}"
            if key := _BY_NAME.get(dotted):
                self._take(dotted, key.kind, raw, place)
            else:
                self._fault(place, dotted, "is not a known key", key_remedy(section, name))

    def _take_sports(self, sports: dict[str, Any], toml: TomlFile, path: Path) -> None:
        for sport, content in sports.items():
            place, dotted = SettingSource(path, toml.line_of("sports", sport)), f"sports.{sport}"
            if not isinstance(content, dict):
                self._fault(
                    place,
                    dotted,
                    "must be a section",
                    f"write [{dotted}] on a line of its own, its keys below",
                )
            elif not re.fullmatch(r"[a-z0-9_-]+", sport):
                self._fault(place, dotted, "is not a valid sport name", "use a-z, 0-9, _ and - only")
            else:
                self.sports.append(sport)
                self._take_sport(dotted, content, toml, path)
                if not {"odds_key", "espn"} & content.keys():
                    self._fault(
                        place, dotted, "has no provider", 'give it odds_key = "..." or espn = "sport/league"'
                    )

    def _take_sport(self, sport: str, content: dict[str, Any], toml: TomlFile, path: Path) -> None:
        for name, raw in content.items():
            place, dotted = SettingSource(path, toml.line_of(*sport.split("."), name)), f"{sport}.{name}"
            if key := _SPORT_KEYS.get(name):
                self._take(dotted, key.kind, raw, place)
            else:
                self._fault(place, dotted, "is not a known key", sport_key_remedy(name))

    # ── the environment and the flags ──

    def take_environment(self, env: Mapping[str, str], options: Collection[str]) -> None:
        for variable in sorted(name for name in env if name.startswith("ODDSCTL_")):
            text, place = env[variable].strip(), SettingSource(variable=variable)
            section, _, name = variable.removeprefix("ODDSCTL_").lower().partition("_")
            if not text or variable in options or is_of_a_container(variable, text):
                continue
            if key := _BY_VARIABLE.get(variable):
                self._take(key.dotted, key.kind, key.kind.from_text(text), place)
            elif section == "sports":
                self._fault(place, "", "adds no sport", "add it to the configuration file, as [sports.NAME]")
            elif section in SECTIONS and section not in _COMMANDS:
                self._fault(place, "", "matches no key", variable_remedy(section, name))
            elif near := meant(variable, [*_BY_VARIABLE, *options]):
                self._fault(place, "", "matches no key and no option", f"did you mean {near}?")

    def take_flags(self, overrides: Mapping[str, object]) -> None:
        for dotted, raw in overrides.items():
            kind = _BY_NAME[dotted].kind
            self._take(dotted, kind, kind.from_text(raw) if isinstance(raw, str) else raw, SettingSource())
