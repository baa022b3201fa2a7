"""Which providers there are: a line each. Pure; nothing is asked of them here, not even the key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oddsctl.domain.http import Secret
from oddsctl.domain.ports import Provider
from oddsctl.domain.settings import Settings
from oddsctl.providers.espn import EspnProvider
from oddsctl.providers.open_meteo import OpenMeteoProvider
from oddsctl.providers.the_odds_api import TheOddsApiProvider


def build(settings: Settings, key: Callable[[], Secret], user_agent: str) -> Mapping[str, Provider]:
    """The providers by name.

    `key` is called for each request that needs it; `user_agent` is used where none is configured.
    """
    providers: tuple[Provider, ...] = (
        TheOddsApiProvider(settings.odds.base_url, key),
        EspnProvider(settings.espn.base_url, settings.espn.user_agent or user_agent),
        OpenMeteoProvider(settings.weather.base_url, settings.weather.geocoding_url),
    )
    return {provider.name: provider for provider in providers}
