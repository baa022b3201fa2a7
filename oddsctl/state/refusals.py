"""Remembered refusals: what a provider would say no to again, so it is not asked again.

How long each one is remembered is decided in `policy/freshness`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oddsctl.domain.errors import OddsctlError, family
from oddsctl.domain.jobs import Job
from oddsctl.domain.odds_api_jobs import OddsJob, board_of
from oddsctl.domain.ports import Clock, Store
from oddsctl.domain.provider_errors import InvalidKeyError, ProviderError, RejectedError, named
from oddsctl.domain.settings import FreshnessSettings
from oddsctl.policy import freshness
from oddsctl.policy.backoff import is_paid_for
from oddsctl.store import codec
from oddsctl.store.codec import decode_or_none

ROOT = "refusals/1/"
"""The number is the version of the stored form; refusals of another version are not read."""
UNREADABLE = frozenset(kind.code for kind in family(ProviderError) if kind.is_unreadable)
"""Codes that are remembered only if the answer was paid for."""


@dataclass(frozen=True, slots=True)
class CachedRefusal:
    """A definite refusal as stored: what the provider said at `at`, valid until `until` (epoch seconds)."""

    at: float
    until: float
    code: str
    message: str
    retry_at: float | None = None
    hint: str | None = None
    about: str | None = None

    @property
    def is_of_a_paid_answer(self) -> bool:
        """True when the answer came and was charged, but can't be read."""
        return self.code in UNREADABLE

    def holds(self, now: float) -> bool:
        """True while it is valid. One from the future, stored by a clock that was ahead, is not."""
        return self.at <= now < self.until

    @classmethod
    def of(cls, error: OddsctlError, at: float, until: float) -> CachedRefusal:
        """Make the stored form of an error."""
        about = error.about if isinstance(error, RejectedError) else None
        return cls(at, until, error.code, error.message, error.retry_at, error.hint, about)

    def error(self, provider: str) -> ProviderError:
        """Return the error as it was."""
        error = named(self.code)(self.message, provider=provider, retry_at=self.retry_at, hint=self.hint)
        error.code = self.code
        if isinstance(error, RejectedError):
            error.about = self.about
        return error

    def remembered_error(self, provider: str) -> ProviderError:
        """Return the error with a hint that it comes from the cache."""
        error = self.error(provider)
        error.hint = "; ".join(filter(None, (error.hint, "remembered: --fresh asks again")))
        return error


class RefusalCache:
    """The refusals that all processes share, by job key or by account."""

    def __init__(self, store: Store, clock: Clock, rules: FreshnessSettings) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules

    def put(
        self,
        error: ProviderError,
        job: Job,
        account: str,
        game_time: float | None,
        served: Sequence[Job] = (),
    ) -> None:
        """Store a definite refusal under what it is about; other errors are not stored.

        A paid answer that can't be read is stored too, for all jobs that the call `served`.
        """
        now = self._clock.now()
        fresh_for = freshness.board_lifetime(() if game_time is None else (game_time,), now, self._rules)
        until = freshness.refusal_expires_at(error, game_time, now, fresh_for)
        if until is None:
            return
        keys = {_account_key(account)} if isinstance(error, InvalidKeyError) else {job.key}
        if isinstance(error, RejectedError):
            keys = {freshness.part(job, error.about)}
        elif is_paid_for(error):
            keys |= {other.key for other in served}
        value = codec.encode(CachedRefusal.of(error, now, until))
        for key in keys:
            self._store.update(ROOT + key, lambda _: (value, None))

    def of_account(self, account: str) -> CachedRefusal | None:
        """Return the refusal of this API key while it is valid."""
        refused = self._read(_account_key(account))
        return refused if refused and refused.holds(self._clock.now()) else None

    def of_job(self, job: Job) -> CachedRefusal | None:
        """Return the valid refusal of the job or a part of it, or of a larger paid one that can't be read."""
        now = self._clock.now()
        for key in freshness.parts(job):
            if (refused := self._read(key)) and refused.holds(now):
                return refused
        for key in self._store.scan(ROOT + job.board_prefix) if isinstance(job, OddsJob) else ():
            larger, refused = board_of(key.removeprefix(ROOT)), self._read(key.removeprefix(ROOT))
            if (
                larger
                and refused
                and refused.holds(now)
                and refused.is_of_a_paid_answer
                and larger.covers(job)
            ):
                return refused
        return None

    def _read(self, key: str) -> CachedRefusal | None:
        return decode_or_none(CachedRefusal, self._store.read(ROOT + key))


def _account_key(account: str) -> str:
    return f"account/{account}"
