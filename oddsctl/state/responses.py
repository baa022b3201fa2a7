"""The stored answers: what is kept of each call, and which kept answer covers a wish.

Does not judge freshness.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from oddsctl.domain.answers import Answer
from oddsctl.domain.errors import (
    OddsctlError,
    ProviderError,
    RejectedError,
    family,
    named,
)
from oddsctl.domain.jobs import GeocodeJob, Job, OddsJob, board_of
from oddsctl.domain.plausible import sound
from oddsctl.domain.ports import JSON, Store
from oddsctl.domain.requests import Purpose
from oddsctl.domain.vocabulary import ShownNames, shown_by
from oddsctl.policy import coverage, freshness
from oddsctl.store import codec
from oddsctl.store.codec import decode_or_none

T = TypeVar("T")
ROOT = "answers/1/"
"""The number is the version of what is kept: answers of another one are not read."""
REFUSALS = "refusals/1/"
SHOWN = "names/1"
UNREADABLE = frozenset(kind.code for kind in family(ProviderError) if kind.is_unreadable)
"""Of these only what was paid for is remembered."""
KEEP_COVERED_FOR = 2 * 86400.0
"""Answers this much older than a new one on the same shelf are cleared away."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """An answer as it is stored.

    `sent_at` is when it was asked for, `fetched_at` when it came; `demo`: of the simulated world.
    """

    job: Job
    sent_at: float
    fetched_at: float
    credits: int
    purpose: Purpose
    answer: Answer
    demo: bool = False


@dataclass(frozen=True, slots=True)
class CachedRefusal:
    """A definite refusal as it is remembered: what the provider said at `at`, and until when it holds (epoch
    seconds).
    """

    at: float
    until: float
    code: str
    message: str
    retry_at: float | None = None
    hint: str | None = None
    about: str | None = None

    @property
    def is_of_a_paid_answer(self) -> bool:
        """Whether the answer came, was charged, and can't be read."""
        return self.code in UNREADABLE

    def holds(self, now: float) -> bool:
        """Whether it is still believed; not where it is from the future, written under a clock that was
        ahead.
        """
        return self.at <= now < self.until

    @classmethod
    def of(cls, error: OddsctlError, at: float, until: float) -> CachedRefusal:
        """What is remembered of this error."""
        about = error.about if isinstance(error, RejectedError) else None
        return cls(at, until, error.code, error.message, error.retry_at, error.hint, about)

    def error(self, provider: str) -> ProviderError:
        """The error again, as it was told."""
        error = named(self.code)(self.message, provider=provider, retry_at=self.retry_at, hint=self.hint)
        error.code = self.code
        if isinstance(error, RejectedError):
            error.about = self.about
        return error


@dataclass(frozen=True, slots=True)
class CacheHit:
    """A kept answer that covers a wish, and the part of it that answers the wish."""

    kept: CacheEntry
    answer: Answer

    @property
    def whole(self) -> bool:
        """Whether it is the answer to this very wish, not cut from a larger one."""
        return self.answer is self.kept.answer


class ResponseCache:
    """The answers of all processes, by what was asked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def candidates(self, job: Job) -> Iterator[CacheHit]:
        """Kept answers that cover the wish: the one to this very wish first, then those larger."""
        exact = ROOT + job.key
        if found := self._open(exact, job):
            yield found
        shelves = {job.prefix, job.board_prefix} if isinstance(job, OddsJob) else {job.prefix}
        for key in [key for shelf in sorted(shelves) for key in self._store.scan(ROOT + shelf)]:
            if key != exact and (found := self._open(key, job)):
                yield found

    def put(self, kept: CacheEntry) -> None:
        """Store the answer, in the pieces that later wishes will ask for, unless a younger one is there."""
        for job, answer in coverage.split_for_cache(kept.job, kept.answer):
            piece = CacheEntry(
                job, kept.sent_at, kept.fetched_at, kept.credits, kept.purpose, answer, kept.demo
            )
            self._store.update(ROOT + job.key, partial(_keep_newer, piece))
            self._clear_away(piece)
        if (new := shown_by(kept.job, kept.answer)) != ShownNames():
            self._store.update(
                SHOWN,
                lambda old: (codec.encode((decode_or_none(ShownNames, old) or ShownNames()) | new), None),
            )

    def shown(self) -> ShownNames:
        """The markets, regions and books of all answers so far that are in none of our lists."""
        return decode_or_none(ShownNames, self._store.read(SHOWN)) or ShownNames()

    def put_refusal(self, key: str, error: OddsctlError, at: float, until: float) -> None:
        """Remember a refusal under a job's key, or an account's."""
        self._store.update(REFUSALS + key, lambda _: (codec.encode(CachedRefusal.of(error, at, until)), None))

    def refusal(self, key: str) -> CachedRefusal | None:
        """The refusal remembered under that key."""
        return decode_or_none(CachedRefusal, self._store.read(REFUSALS + key))

    def answers(self, shelf: str) -> Iterator[Answer]:
        """All that is kept on a shelf, of any age."""
        for key in self._store.scan(ROOT + shelf):
            if kept := cached_entry(self._store.read(key)):
                yield kept.answer

    def standing_refusal(self, job: Job, now: float) -> CachedRefusal | None:
        """The refusal that still holds of the job or a part of it, or of a larger one whose answer was paid
        for and can't be read.
        """
        for key in freshness.parts(job):
            if (refused := self.refusal(key)) and refused.holds(now):
                return refused
        for key in self._store.scan(REFUSALS + job.board_prefix) if isinstance(job, OddsJob) else ():
            larger, refused = board_of(key.removeprefix(REFUSALS)), self.refusal(key.removeprefix(REFUSALS))
            if (
                larger
                and refused
                and refused.holds(now)
                and refused.is_of_a_paid_answer
                and coverage.covers(larger, job)
            ):
                return refused
        return None

    def all(self) -> Iterator[tuple[str, float]]:
        """The key of each kept answer and when it came (0 where that cannot be read)."""
        for key in self._store.scan(ROOT):
            kept = cached_entry(self._store.read(key))
            yield key, kept.fetched_at if kept else 0.0

    def jobs(self) -> Iterator[tuple[Job, float]]:
        """What each kept answer is the answer to, and when it came; without those that cannot be read."""
        for key in self._store.scan(ROOT):
            if kept := cached_entry(self._store.read(key)):
                yield kept.job, kept.fetched_at

    def _open(self, key: str, job: Job) -> CacheHit | None:
        kept = cached_entry(self._store.read(key))
        answer = coverage.extract(kept.job, kept.answer, job) if kept else None
        return CacheHit(kept, answer) if kept and answer is not None else None

    def _clear_away(self, newest: CacheEntry) -> None:
        if isinstance(newest.job, OddsJob | GeocodeJob):
            return  # few, dear or long to last, and each the last word for its wish
        for key in list(self._store.scan(ROOT + newest.job.prefix)):
            if key == ROOT + newest.job.key:
                continue
            old = cached_entry(self._store.read(key))
            if old is None or newest.fetched_at - old.fetched_at > KEEP_COVERED_FOR:
                self._store.delete(key)


def _keep_newer(new: CacheEntry, old: JSON) -> tuple[JSON, None]:
    kept = cached_entry(old)
    overtaken = (
        kept is not None and new.sent_at < kept.sent_at <= new.fetched_at
    )  # one from the future had a wrong clock
    return (old if overtaken else codec.encode(new)), None


def cached_entry(value: JSON) -> CacheEntry | None:
    """The kept answer, without what no provider can mean; None for what cannot be read."""
    kept = decode_or_none(CacheEntry, value)
    return kept and replace(kept, answer=sound(kept.answer))
