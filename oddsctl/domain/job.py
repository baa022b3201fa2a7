"""What every job says of itself: the base class of all jobs.

A new provider derives its job classes from this one. Whatever caches, merges, queues or shows a job asks
the job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from oddsctl.domain.answers import Answer

Freshness = Literal["board", "schedule", "forecast", "in_play", "sports", "geocoding"]
"""A rule of `policy/freshness`."""


class BaseJob:
    """A request to a provider, hashable. Its class name is stored, so it cannot be renamed.

    Each class states `api`, `endpoint`, `freshness`, `league`, `prefix`, `key` and `label()`. The
    other defaults are right for a job that shares no call and no answer with another.
    """

    is_stored_by_class_name: ClassVar[bool] = True
    """Tells the codec that a value of this annotation is of any derived dataclass."""
    api: ClassVar[str]
    """Name of the provider."""
    endpoint: ClassVar[str]
    """What the breaker and the records count calls under."""
    freshness: ClassVar[Freshness | float]
    """How long an answer is fresh: a rule, or seconds."""
    is_main_call: ClassVar[bool] = False
    """Whether this is what the provider is there for. That others are answered proves nothing for these."""
    keeps_older_answers: ClassVar[bool] = False
    """Whether older answers under the same prefix stay: few, dear or long to last."""
    ignores_max_age: ClassVar[bool] = False
    """Whether the answer never changes within its lifetime, so that a shorter one is not worth a call."""

    # Not there at run time: a dataclass would take an inherited property for the default of its field.
    if TYPE_CHECKING:

        @property
        def league(self) -> str | None:
            """The provider's name of the league; None for a job of no league."""

    @property
    def prefix(self) -> str:
        """How the keys begin of the answers that may answer it."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """Its identity; begins with `prefix`."""
        raise NotImplementedError

    @property
    def prefixes(self) -> tuple[str, ...]:
        """All prefixes under which an answer to it may be stored."""
        return (self.prefix,)

    @property
    def flight(self) -> str:
        """Name of the lock under which one process at a time makes the call."""
        return self.key

    @property
    def lane(self) -> str:
        """Calls of one run in the same lane are made one after the other, others side by side."""
        return self.flight

    def label(self) -> str:
        """Describe the job in a few words."""
        raise NotImplementedError

    def covers(self, other: BaseJob) -> bool:
        """Return whether the answer may hold the answer to `other`; `extract` has the last word."""
        return self == other

    def surely_covers(self, other: BaseJob) -> bool:
        """Return whether the answer, not seen yet, will hold the answer to `other`."""
        return self.covers(other)

    def merge(self, other: BaseJob) -> BaseJob | None:
        """Return one job that surely answers both and costs no more than the two, or None."""
        if self.surely_covers(other):
            return self
        if other.surely_covers(self):
            return other
        return self._merged(other)

    def extract(self, answer: Answer, other: BaseJob) -> Answer | None:
        """Return the part of `answer` (to this job) that answers `other`; None where it does not hold it."""
        if self == other:
            return answer
        return self._extracted(answer, other) if self.covers(other) else None

    def _merged(self, other: BaseJob) -> BaseJob | None:  # noqa: ARG002
        """Merge two jobs of which neither surely covers the other."""
        return None

    def _extracted(self, answer: Answer, other: BaseJob) -> Answer | None:  # noqa: ARG002
        """Extract the answer to another job that this one covers."""
        return None

    def split(self, answer: Answer) -> tuple[tuple[BaseJob, Answer], ...]:
        """Return the answer in the parts in which it is cached."""
        return ((self, answer),)

    def part(self, about: str | None) -> str | None:  # noqa: ARG002
        """Return the name of the part that a refusal is about; None for the whole job.

        Jobs that share the part are refused alike.
        """
        return None
