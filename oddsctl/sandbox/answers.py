"""Answer a request with one of the four simulated APIs.

Pure: world, account, request and `now` in; account and answer out.
"""

from __future__ import annotations

from oddsctl.domain.http import HttpResponse
from oddsctl.sandbox import espn_api, odds_api, open_meteo
from oddsctl.sandbox.odds_api import Account
from oddsctl.sandbox.wire import Ask, reply
from oddsctl.sandbox.world import World

APIS = ("odds", "espn", "weather", "geocoding")


def answer(
    world: World, account: Account, ask: Ask, now: float, key: str | None = None
) -> tuple[Account, HttpResponse]:
    """Return the account after the call, and the answer.

    With `key`, The Odds API accepts only that key; else any that is not empty.
    """
    match ask.api:
        case "odds":
            return odds_api.answer(world, account, ask, now, key)
        case "espn":
            return account, espn_api.answer(world, ask, now)
        case "weather":
            return account, open_meteo.forecast(world, ask, now)
        case "geocoding":
            return account, open_meteo.geocoding(ask)
    return account, reply(404, {"message": "Not Found"})
