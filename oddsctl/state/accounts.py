"""The books of each provider account in the store: `admit` and `settle` as one transaction each.

Decides nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from oddsctl.domain.ports import JSON, Clock, Store
from oddsctl.domain.requests import Decision
from oddsctl.domain.settings import EspnSettings, OddsSettings, Settings, WeatherSettings
from oddsctl.policy import admission, budget
from oddsctl.policy.admission import CallRequest, ProviderState, Receipt, Rules
from oddsctl.policy.budget import Credits
from oddsctl.policy.token_bucket import RateLimit
from oddsctl.store import codec, codec_types, unreadable_rows
from oddsctl.store.state_errors import too_new
from oddsctl.store.unreadable_rows import FRESH, RowDamagedError

APIS = ("odds", "espn", "weather")
"""The providers, each with its books."""
DAMAGED = "accounts/damaged"
"""Set when the books were lost: until an answer tells the balance, credits stay on the safe side."""
ROOTS = tuple(f"accounts/{api}/" for api in APIS)
"""How the keys of the accounts begin."""
BOOKS = "accounts/odds/"
"""How the keys of the accounts begin that have credits."""
VERSION = 1
"""Of the form in which an account is kept, under `version`; those kept before there were versions are like
1.
"""


def rules_for(api: str, settings: Settings) -> Rules:
    """What the configuration grants a provider."""
    sections: dict[str, OddsSettings | EspnSettings | WeatherSettings] = {
        "odds": settings.odds,
        "espn": settings.espn,
        "weather": settings.weather,
    }
    section = sections[api]
    http = settings.http
    return Rules(
        limit=RateLimit(section.burst, section.rate),
        budget=settings.budget,
        breaker=settings.breaker,
        monthly=settings.odds.monthly_credits,
        grace=http.read_timeout,
        lease=http.call_lease,
        free_probe=api == "odds",
    )


class Accounts:
    """The `ProviderState` of each account, shared by all processes."""

    def __init__(self, store: Store, clock: Clock, settings: Settings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings

    def state(self, api: str, account: str | None = None) -> ProviderState:
        """The books as they stand now; those of the account used last where none is named."""
        account = account or self._store.read(f"accounts/last/{api}")
        key, unused = f"accounts/{api}/{account}", self._unused()
        state = unreadable_rows.read(self._store, key, lambda value: _decoded(key, value, unused))
        return replace(state, credits=budget.expire(state.credits, self._clock.now()))

    def admit(self, api: str, account: str, ask: CallRequest) -> Decision:
        """Book the call, or refuse it."""
        rules = rules_for(api, self._settings)
        if self._store.read(f"accounts/last/{api}") is None:
            self._store.update(f"accounts/last/{api}", lambda _: (account, None))
        key, unused = f"accounts/{api}/{account}", self._unused()

        def change(old: JSON) -> tuple[JSON, Decision]:
            before = _decoded(key, old, unused)
            state, decision = admission.admit(
                before, ask, rules, self._clock.now()
            )  # now that we are alone: waiting took time
            return (old if state is before else _encoded(state)), decision

        return self._store.update(key, change)

    def mark_orphaned(self, api: str, account: str, call_id: str) -> None:
        """The call's owner died while it was under way: it may have been charged."""
        self._move(api, account, lambda state: admission.mark_orphaned(state, call_id))

    def release(self, api: str, account: str, endpoint: str, call_id: str) -> None:
        """The call was let through and never sent."""
        self._move(api, account, lambda state: admission.release(state, endpoint, call_id))

    def preview(self, api: str, account: str, ask: CallRequest) -> Decision:
        """What `admit` would say now; books nothing."""
        return admission.admit(
            self.state(api, account), ask, rules_for(api, self._settings), self._clock.now()
        )[1]

    def settle(self, api: str, account: str, receipt: Receipt) -> None:
        """Book what became of the call."""
        rules = rules_for(api, self._settings)
        self._move(api, account, lambda state: admission.settle(state, receipt, rules, self._clock.now()))
        if (
            receipt.quota.used is not None
        ):  # an account that answers: it is the one that stats and boards speak of
            if self._store.read(f"accounts/last/{api}") != account:
                self._store.update(f"accounts/last/{api}", lambda _: (account, None))
            if self._store.read(DAMAGED):
                self._store.delete(DAMAGED)

    def is_low(self) -> bool:
        """Whether so few credits are left that older boards do."""
        odds = self._settings.odds
        return budget.is_low(self.state("odds").credits, self._settings.budget, odds.monthly_credits)

    def _move(self, api: str, account: str, move: Callable[[ProviderState], ProviderState]) -> None:
        key, unused = f"accounts/{api}/{account}", self._unused()
        self._store.update(key, lambda old: (_encoded(move(_decoded(key, old, unused))), None))

    def _unused(self) -> ProviderState:
        """An account of which nothing is known."""
        return ProviderState(credits=Credits(suspect=bool(self._store.read(DAMAGED))))


def _encoded(state: ProviderState) -> JSON:
    return {"version": VERSION, **codec.encode(state)}


def decoded(key: str, value: JSON) -> ProviderState:
    """The account under that key. Raises `StateError` where it cannot be read."""
    return _decoded(key, value, ProviderState())


def _decoded(key: str, value: JSON, unused: ProviderState) -> ProviderState:
    """The account under that key.

    One that cannot be read is never overwritten: RowDamagedError, StateTooNewError.
    """
    if value is None:
        return unused
    version = value.get("version", VERSION) if isinstance(value, dict) else VERSION
    if type(version) is int and version > VERSION:
        raise too_new(f"the account {key!r} in the state", version)
    try:
        state: ProviderState = codec.decode(ProviderState, value)
        if not budget.is_believable(state.credits):
            raise codec_types.DecodeError("credits of an account that cannot be")
    except codec_types.DecodeError as error:
        unknown = _encoded(ProviderState(credits=Credits(suspect=True)))
        raise RowDamagedError("the stored account", str(error), key, value, unknown, FRESH) from error
    return state
