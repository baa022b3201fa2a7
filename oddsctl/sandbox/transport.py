"""The simulated world inside the process, for `--demo`: a Transport without a network."""

from __future__ import annotations

from urllib.parse import urlsplit

from oddsctl.domain.http import HttpRequest, HttpResponse
from oddsctl.domain.ports import JSON, Clock, Store
from oddsctl.sandbox.answers import answer
from oddsctl.sandbox.odds_api import Account
from oddsctl.sandbox.wire import Ask
from oddsctl.sandbox.world import World

ACCOUNT_KEY = "demo/account"
_ROUTES = (
    ("odds", "/v4/"),
    ("espn", "/apis/site/v2/"),
    ("weather", "/v1/forecast"),
    ("geocoding", "/v1/search"),
)


class DemoTransport:
    """Transport that answers from the simulated world.

    Keeps the account in the store, so that credits go down from run to run.
    """

    def __init__(self, world: World, clock: Clock, store: Store) -> None:
        self._world = world
        self._clock = clock
        self._store = store

    def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer, immediately and complete.

        The path decides which API is meant, whatever the host.
        """
        ask, now = _ask(request), self._clock.now()
        if ask.api == "odds":
            found = self._store.update(ACCOUNT_KEY, lambda kept: self._charged(kept, ask, now))
        else:
            _, found = answer(self._world, Account(), ask, now)
        return HttpResponse(
            found.status, found.headers, found.body, sent_at=now, received_at=self._clock.now()
        )

    def close(self) -> None:
        """Do nothing: nothing is held."""

    def _charged(self, kept: JSON, ask: Ask, now: float) -> tuple[JSON, HttpResponse]:
        account, found = answer(self._world, _read(kept), ask, now)
        return {"month": account.month, "used": account.used, "recent": list(account.recent)}, found


def _read(kept: JSON) -> Account:
    return Account(kept["month"], kept["used"], tuple(kept["recent"])) if kept else Account()


def _ask(request: HttpRequest) -> Ask:
    path = urlsplit(request.url).path
    headers = {name.lower(): value for name, value in request.headers}
    # What the real transport adds by itself.
    agent = headers.get("user-agent", "python-requests/2")
    for api, mark in _ROUTES:
        if mark in f"{path}/":
            below = path[path.index(mark.rstrip("/")) :]
            return Ask(api, below, {**dict(request.params), **dict(request.secret)}, agent)
    return Ask("", path)
