"""The outside world on one page: what the core and the shell ask of a clock, a store, a transport and a
provider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from oddsctl.domain.answers import Answer
    from oddsctl.domain.http import HttpRequest, HttpResponse, Quota
    from oddsctl.domain.jobs import Job

JSON = Any
"""What `json.loads` gives: None, bool, int, float, str, list or dict of the same.

Values handed out must not be changed in place.
"""

T = TypeVar("T")


class Clock(Protocol):
    """The time, and the only way to let it pass."""

    def now(self) -> float:
        """Epoch seconds, UTC. May jump either way."""

    def monotonic(self) -> float:
        """Seconds since some moment of this process; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass; 0 or less returns at once."""


class Store(Protocol):
    """State shared by all processes: text keys, JSON values, one verb that decides.

    Each method raises `StateError` when the state cannot be read or written, and `LockTimeoutError` when
    another process keeps it locked.
    """

    def read(self, key: str) -> JSON:
        """The value as last written whole, or None. Never waits for a writer."""

    def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
        """Run `change(old) -> (new, answer)` alone in the world, keep `new` and return `answer`.

        `old` is None where nothing is kept; a `new` of None deletes; a `new` that is `old` writes nothing.
        `change` must be pure: it may be run again. When it raises, nothing has changed. The write outlives
        the death of this process.
        """

    def scan(self, prefix: str) -> Iterator[str]:
        """The keys that start with `prefix`, ascending."""

    def delete(self, key: str) -> None:
        """Forget the key; it is no error if there is none."""

    def close(self) -> None:
        """Let go of files and connections."""


class Locks(Protocol):
    """One at a time, across all processes that share the state."""

    def hold(self, name: str, patience: float) -> AbstractContextManager[None]:
        """Be alone with `name`. A killed holder lets go. Raises `LockTimeoutError` after `patience`
        seconds.
        """


class Transport(Protocol):
    """The wire. Sends one request and brings back one whole answer, whatever its status."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Raises `TransportError` when no whole answer came; its text never holds a query string."""

    def close(self) -> None:
        """Let go of connections."""


class Provider(Protocol):
    """Sans-I/O: turns a job into a request and a response into models. Pure."""

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
        """What the answer told of the account's balance; nothing where there is none, or where it cannot be
        trusted.
        """
