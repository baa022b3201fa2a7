"""Which providers there are: a line each. Pure; nothing is asked of them here, not even the key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oddsctl.messages.wire import Secret
from oddsctl.ports import Provider
from oddsctl.providers.espn import ESPN
from oddsctl.providers.odds import TheOddsAPI
from oddsctl.providers.weather import OpenMeteo
from oddsctl.settings import Settings


def build(settings: Settings, key: Callable[[], Secret], user_agent: str) -> Mapping[str, Provider]:
    """The providers by name. `key` is called for each request that needs it; `user_agent` is used where none is configured."""
    providers: tuple[Provider, ...] = (
        TheOddsAPI(settings.odds.base_url, key),
        ESPN(settings.espn.base_url, settings.espn.user_agent or user_agent),
        OpenMeteo(settings.weather.base_url, settings.weather.geocoding_url),
    )
    return {provider.name: provider for provider in providers}
