"""The stored answers: what is kept of each call, and which kept answer covers a wish. Does not judge freshness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from oddsctl.messages import Answer, Job, OddsJob, Purpose
from oddsctl.policy import coalesce
from oddsctl.ports import JSON, Store
from oddsctl.store import codec

ROOT = "answers/1/"
"""The number is the version of what is kept: answers of another one are not read."""
KEEP_COVERED_FOR = 2 * 86400.0
"""Answers this much older than a new one on the same shelf are cleared away."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it is stored. `sent_at` is when it was asked for, `fetched_at` when it came; `demo`: of the simulated world."""

    job: Job
    sent_at: float
    fetched_at: float
    credits: int
    purpose: Purpose
    answer: Answer
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A kept answer that covers a wish, and the part of it that answers the wish."""

    kept: Kept
    answer: Answer

    @property
    def whole(self) -> bool:
        """Whether it is the answer to this very wish, not cut from a larger one."""
        return self.answer is self.kept.answer


class Shelves:
    """The answers of all processes, by what was asked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def covering(self, job: Job) -> Iterator[Found]:
        """Kept answers that cover the wish: the one to this very wish first, then those larger."""
        exact = ROOT + job.key
        if found := self._open(exact, job):
            yield found
        for key in self._store.scan(ROOT + job.shelf):
            if key != exact and (found := self._open(key, job)):
                yield found

    def keep(self, kept: Kept) -> None:
        """Store the answer, in the pieces that later wishes will ask for, unless a younger one is there."""
        for job, answer in coalesce.pieces(kept.job, kept.answer):
            piece = Kept(job, kept.sent_at, kept.fetched_at, kept.credits, kept.purpose, answer, kept.demo)
            self._store.update(ROOT + job.key, partial(_younger, piece))
            self._clear_away(piece)

    def all(self) -> Iterator[tuple[str, float]]:
        """The key of each kept answer and when it came (0 where that cannot be read)."""
        for key in self._store.scan(ROOT):
            kept = _decode(self._store.read(key))
            yield key, kept.fetched_at if kept else 0.0

    def _open(self, key: str, job: Job) -> Found | None:
        kept = _decode(self._store.read(key))
        answer = coalesce.cut(kept.job, kept.answer, job) if kept else None
        return Found(kept, answer) if kept and answer is not None else None

    def _clear_away(self, newest: Kept) -> None:
        if isinstance(newest.job, OddsJob):
            return  # few, dear, and each the last word for its wish
        for key in list(self._store.scan(ROOT + newest.job.shelf)):
            if key == ROOT + newest.job.key:
                continue
            old = _decode(self._store.read(key))
            if old is None or newest.fetched_at - old.fetched_at > KEEP_COVERED_FOR:
                self._store.delete(key)


def _younger(new: Kept, old: JSON) -> tuple[JSON, None]:
    kept = _decode(old)
    return (old if kept and kept.sent_at > new.sent_at else codec.encode(new)), None


def _decode(value: JSON) -> Kept | None:
    """None also for what cannot be read: an answer can be asked for again."""
    try:
        return None if value is None else codec.decode(Kept, value)
    except codec.DecodeError:
        return None
