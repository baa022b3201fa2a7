"""Store one `ProviderState` for each provider account, and change it in single transactions.

How it works:

1. All that limits calls to an account is one value: tokens, credits, breakers, reservations and rests.
   `policy.admission` decides what happens to it; this module only loads, encodes and stores.
2. `admit` and `settle` each run as one `store.update`. So two processes never book the same token or credit,
   and a process killed between them leaves a reservation that expires into "maybe charged".
3. The change is pure and may run again. It reads the clock inside the transaction, because getting the lock
   takes time.
4. A refusal leaves the stored value untouched, and waiting happens outside: no transaction ever sleeps.
5. Keys are `accounts/PROVIDER/ACCOUNT`; `accounts/last/PROVIDER` names the account that answered last, which
   `stats` and boards show. An account is a fingerprint of its key, never the key.
6. An unreadable row is never overwritten. It is kept under another key and replaced by an account marked
   `suspect`, whose scheduled calls wait until the provider reports the balance. A newer format raises
   StateTooNewError.
7. `accounts/damaged` marks that account data was lost: new accounts start as `suspect` until an answer
   reports the balance.
8. `preview` returns what `admit` would decide now, without booking; a dry run uses it.
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
from oddsctl.store import codec, codec_scalars, unreadable_rows
from oddsctl.store.state_errors import too_new
from oddsctl.store.unreadable_rows import FRESH, RowDamagedError

APIS = ("odds", "espn", "weather")
"""The providers; each has its accounts."""
DAMAGED = "accounts/damaged"
"""Set when account data was lost, until an answer reports the balance."""
ROOTS = tuple(f"accounts/{api}/" for api in APIS)
"""Key prefixes of the accounts."""
BOOKS = "accounts/odds/"
"""Key prefix of the accounts with credits."""
VERSION = 1
"""Version of the stored form, under `version`; accounts from before versions are read as version 1."""


def rules_for(api: str, settings: Settings) -> Rules:
    """Return the limits that the configuration grants a provider."""
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
        """Return the account's state as of now; without `account`, that of the one used last."""
        account = account or self._store.read(f"accounts/last/{api}")
        key, unused = f"accounts/{api}/{account}", self._unused()
        state = unreadable_rows.read(self._store, key, lambda value: _decoded(key, value, unused))
        return replace(state, credits=budget.expire(state.credits, self._clock.now()))

    def admit(self, api: str, account: str, ask: CallRequest) -> Decision:
        """Reserve tokens and credits for the call, or refuse it."""
        rules = rules_for(api, self._settings)
        if self._store.read(f"accounts/last/{api}") is None:
            self._store.update(f"accounts/last/{api}", lambda _: (account, None))
        key, unused = f"accounts/{api}/{account}", self._unused()

        def change(old: JSON) -> tuple[JSON, Decision]:
            before = _decoded(key, old, unused)
            # Read the clock under the lock: waiting for it took time.
            state, decision = admission.admit(before, ask, rules, self._clock.now())
            return (old if state is before else _encoded(state)), decision

        return self._store.update(key, change)

    def mark_orphaned(self, api: str, account: str, call_id: str) -> None:
        """Mark a call whose owner died: it may have been charged."""
        self._move(api, account, lambda state: admission.mark_orphaned(state, call_id))

    def release(self, api: str, account: str, endpoint: str, call_id: str) -> None:
        """Release an admitted call that was never sent."""
        self._move(api, account, lambda state: admission.release(state, endpoint, call_id))

    def preview(self, api: str, account: str, ask: CallRequest) -> Decision:
        """Return what `admit` would decide now; books nothing."""
        return admission.admit(
            self.state(api, account), ask, rules_for(api, self._settings), self._clock.now()
        )[1]

    def settle(self, api: str, account: str, receipt: Receipt) -> None:
        """Record how the call ended."""
        rules = rules_for(api, self._settings)
        self._move(api, account, lambda state: admission.settle(state, receipt, rules, self._clock.now()))
        # This account answers, so stats and boards show it.
        if receipt.quota.used is not None:
            if self._store.read(f"accounts/last/{api}") != account:
                self._store.update(f"accounts/last/{api}", lambda _: (account, None))
            if self._store.read(DAMAGED):
                self._store.delete(DAMAGED)

    def is_low(self) -> bool:
        """Return True when credits are low enough to accept older boards."""
        odds = self._settings.odds
        return budget.is_low(self.state("odds").credits, self._settings.budget, odds.monthly_credits)

    def _move(self, api: str, account: str, move: Callable[[ProviderState], ProviderState]) -> None:
        key, unused = f"accounts/{api}/{account}", self._unused()
        self._store.update(key, lambda old: (_encoded(move(_decoded(key, old, unused))), None))

    def _unused(self) -> ProviderState:
        """Return an account of which nothing is known."""
        return ProviderState(credits=Credits(suspect=bool(self._store.read(DAMAGED))))


def _encoded(state: ProviderState) -> JSON:
    return {"version": VERSION, **codec.encode(state)}


def decoded(key: str, value: JSON) -> ProviderState:
    """Decode the account under that key. Raises `StateError` when it cannot be read."""
    return _decoded(key, value, ProviderState())


def _decoded(key: str, value: JSON, unused: ProviderState) -> ProviderState:
    """Decode the account under that key.

    Raises RowDamagedError or StateTooNewError for one that cannot be read; it is never overwritten.
    """
    if value is None:
        return unused
    version = value.get("version", VERSION) if isinstance(value, dict) else VERSION
    if type(version) is int and version > VERSION:
        raise too_new(f"the account {key!r} in the state", version)
    try:
        state: ProviderState = codec.decode(ProviderState, value)
        if not budget.is_believable(state.credits):
            raise codec_scalars.DecodeError("credits of an account that cannot be")
    except codec_scalars.DecodeError as error:
        unknown = _encoded(ProviderState(credits=Credits(suspect=True)))
        raise RowDamagedError("the stored account", str(error), key, value, unknown, FRESH) from error
    return state
