"""Coalescing: of all processes that want the same answer one makes the call, the others wait for its result.

How it works
1. `RequestCoalescer.acquire` takes a lock named after the call. Locks are released when their owner dies.
2. The first owner, the leader, leaves a record once its call is sent (`mark_sent`).
3. When the call is settled the record goes, or says how the call failed (`finish`).
4. Whoever waited looks into the cache first; then takes over the leader's failure (`leader_failure`).
5. A record of a sent call without an end means that its process died: `orphan`. It may have been charged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from oddsctl.domain.jobs import Job
from oddsctl.domain.ports import Clock, Store
from oddsctl.domain.provider_errors import ProviderError
from oddsctl.state.refusals import CachedRefusal
from oddsctl.state.shared import SharedState
from oddsctl.store import codec
from oddsctl.store.codec import decode_or_none


@dataclass(frozen=True, slots=True)
class FlightRecord:
    """What the last owner of a name left behind: the call it had sent when it died, or how it failed."""

    job_key: str
    at: float
    account: str = ""
    call_id: str | None = None
    failure: CachedRefusal | None = None


class InFlightSlot:
    """The sole right to make a call. `waited` is how long others held it first (seconds)."""

    def __init__(
        self, store: Store, clock: Clock, name: str, job: Job, asked_at: float, waited: float
    ) -> None:
        self._store, self._clock, self._key, self._job = store, clock, f"flights/{name}", job
        self._asked_at = asked_at
        self._account: str | None = None
        self.waited = waited

    def orphan(self) -> FlightRecord | None:
        """Return the call of an owner that died after sending it; it may have been charged."""
        record = self._record()
        return record if record and record.call_id else None

    def leader_failure(self, account: str | None) -> ProviderError | None:
        """Return how the call that was waited for failed.

        None unless it was for the same job, on the same account, and failed while this one waited.
        """
        record = self._record()
        if record is None or record.failure is None or not self._asked_at <= record.at <= self._clock.now():
            return None
        return (
            record.failure.error(self._job.api)
            if (record.job_key, record.account) == (self._job.key, account)
            else None
        )

    def mark_sent(self, account: str, call_id: str) -> None:
        """Leave a record for the next owner, in case this process dies."""
        self._account = account
        self._leave(FlightRecord(self._job.key, self._clock.now(), account, call_id))

    def finish(self, failure: ProviderError | None) -> None:
        """Record that the call is settled, and how it failed, for those who waited.

        A call that was never sent leaves no failure.
        """
        if failure is None or self._account is None:
            self._store.delete(self._key)
        else:
            now = self._clock.now()
            self._leave(
                FlightRecord(self._job.key, now, self._account, failure=CachedRefusal.of(failure, now, now))
            )

    def _leave(self, record: FlightRecord) -> None:
        self._store.update(self._key, lambda _: (codec.encode(record), None))

    def _record(self) -> FlightRecord | None:
        return decode_or_none(FlightRecord, self._store.read(self._key))


class RequestCoalescer:
    """Lets one process at a time make a call, and hands its result to those who want the same.

    Inside the block, look for the answer first: whoever had the slot before may have brought it.

        coalescer = RequestCoalescer(state)
        with coalescer.acquire(job, patience=30.0) as slot:
            if failure := slot.leader_failure(account):
                raise failure
            slot.mark_sent(account, call_id)
            ...  # make the call, store the answer
            slot.finish(None)

    It works across threads and processes that share the state.
    """

    def __init__(self, state: SharedState) -> None:
        self._state = state

    @contextmanager
    def acquire(self, job: Job, patience: float) -> Iterator[InFlightSlot]:
        """Hold the only slot for this job.

        Raises `LockTimeoutError` when others hold it for longer than `patience` (seconds).
        """
        store, clock = self._state.store, self._state.clock
        asked_at, began = clock.now(), clock.monotonic()
        name = job.flight
        with self._state.locks.hold(name, patience):
            yield InFlightSlot(store, clock, name, job, asked_at, clock.monotonic() - began)
