"""Single-flight: of all processes that wish the same only one calls, the others wait for its answer.

Decides nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from oddsctl.domain.errors import ProviderError
from oddsctl.domain.jobs import Job, OddsJob
from oddsctl.domain.ports import Clock, Locks, Store
from oddsctl.state.responses import CachedRefusal
from oddsctl.store import codec
from oddsctl.store.codec import decode_or_none


@dataclass(frozen=True, slots=True)
class FlightRecord:
    """What the last flight of a name left behind: the call it was on when its owner died, or how it
    failed.
    """

    job_key: str
    at: float
    account: str = ""
    call_id: str | None = None
    failure: CachedRefusal | None = None


class InFlightSlot:
    """Being alone with a wish. `waited` is how long others had it first, in seconds."""

    def __init__(
        self, store: Store, clock: Clock, name: str, job: Job, asked_at: float, waited: float
    ) -> None:
        self._store, self._clock, self._key, self._job = store, clock, f"flights/{name}", job
        self._asked_at = asked_at
        self._account: str | None = None
        self.waited = waited

    def orphan(self) -> FlightRecord | None:
        """The call of an owner that died under way; it may have been charged."""
        trace = self._trace()
        return trace if trace and trace.call_id else None

    def leader_failure(self, account: str | None) -> ProviderError | None:
        """How the flight that was waited for failed, if it was after the same, on the same account, and
        failed meanwhile.
        """
        trace = self._trace()
        if trace is None or trace.failure is None or not self._asked_at <= trace.at <= self._clock.now():
            return None
        return (
            trace.failure.error(self._job.api)
            if (trace.job_key, trace.account) == (self._job.key, account)
            else None
        )

    def mark_sent(self, account: str, call_id: str) -> None:
        """Leave a trace for whoever comes after us, should we die."""
        self._account = account
        self._leave(FlightRecord(self._job.key, self._clock.now(), account, call_id))

    def finish(self, failure: ProviderError | None) -> None:
        """The call is settled; how it failed is for all who waited.

        What was never sent is nobody else's failure.
        """
        if failure is None or self._account is None:
            self._store.delete(self._key)
        else:
            now = self._clock.now()
            self._leave(
                FlightRecord(self._job.key, now, self._account, failure=CachedRefusal.of(failure, now, now))
            )

    def _leave(self, trace: FlightRecord) -> None:
        self._store.update(self._key, lambda _: (codec.encode(trace), None))

    def _trace(self) -> FlightRecord | None:
        return decode_or_none(FlightRecord, self._store.read(self._key))


class RequestCoalescer:
    """Hands out flights, one at a time for equal wishes."""

    def __init__(self, store: Store, locks: Locks, clock: Clock) -> None:
        self._store = store
        self._locks = locks
        self._clock = clock

    @contextmanager
    def acquire(self, job: Job, patience: float) -> Iterator[InFlightSlot]:
        """Be the only one after this wish.

        Raises `LockTimeoutError` when others keep at it for longer than `patience`.
        """
        asked_at, began = self._clock.now(), self._clock.monotonic()
        name = _name(job)
        with self._locks.hold(name, patience):
            yield InFlightSlot(self._store, self._clock, name, job, asked_at, self._clock.monotonic() - began)


def _name(job: Job) -> str:
    """Boards of a sport fly one after the other: the next may find its answer in the last.

    So does all weather: Open-Meteo allows one request at a time per address (FACTS 3.3).
    """
    if job.api == "weather":
        return "weather"
    return job.prefix if isinstance(job, OddsJob) else job.key
