"""The interfaces to the outside: clock, store, locks, transport, provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from oddsctl.domain.answers import Answer
    from oddsctl.domain.http import HttpRequest, HttpResponse, Quota
    from oddsctl.domain.jobs import Job

JSON = Any
"""What `json.loads` returns. Values handed out must not be changed in place."""

T = TypeVar("T")


class Clock(Protocol):
    """Tells the time, and sleeps."""

    def now(self) -> float:
        """Return epoch seconds in UTC. May jump either way."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Sleep; 0 or less returns at once."""


class Store(Protocol):
    """State shared by all processes: JSON values under text keys, changed in transactions by `update`.

    Each method raises `StateError` when the state cannot be read or written, and `LockTimeoutError` when
    another process keeps it locked.
    """

    def read(self, key: str) -> JSON:
        """Return the last committed value, or None. Never waits for a writer."""

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        """Run `change(old) -> (new, answer)` in a transaction, store `new` and return `answer`.

        `old` is None when nothing is stored. A `new` of None deletes; a `new` that is `old` writes nothing.
        `change` must be pure, since it may run more than once. When it raises, nothing changes. A committed
        write survives the death of this process.
        """

    def scan(self, prefix: str) -> Iterator[str]:
        """Return the keys that start with `prefix`, sorted."""

    def delete(self, key: str) -> None:
        """Delete the key, if it is there."""

    def close(self) -> None:
        """Close files and connections."""


class Locks(Protocol):
    """Locks by name, shared by all processes on the same state."""

    def hold(self, name: str, patience: float) -> AbstractContextManager[None]:
        """Hold the lock `name`; it is freed when its holder is killed.

        Raises `LockTimeoutError` after `patience` seconds.
        """


class Transport(Protocol):
    """Sends one request and returns the complete response, whatever its status."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send. Raises `TransportError` when no complete response came; its text has no query string."""

    def close(self) -> None:
        """Close connections."""


class Provider(Protocol):
    """Turns a job into a request and a response into models. Pure, no I/O."""

    name: str

    def account(self) -> str:
        """Whose limits count: a fingerprint of the key, or one fixed word.

        Raises `MissingKeyError` where a key is needed.
        """

    def price(self, job: Job) -> int:
        """Credits the job costs at the most; 0 for free endpoints and free providers."""

    def request(self, job: Job) -> HttpRequest:
        """The one request that does the job.

        Raises `MissingKeyError` where a key is needed and there is none.
        """

    def parse(self, job: Job, response: HttpResponse) -> Answer:
        """The models in the answer. Raises the `ProviderError` that names what is wrong; never anything
        else.
        """

    def quota(self, response: HttpResponse) -> Quota:
        """Return the account's balance as the answer reports it; empty when it reports none to be trusted."""
