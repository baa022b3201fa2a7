"""Cached answers: what is stored of each call, and which of it answers a request.

How long an answer is fresh is decided in `policy/freshness`, which answer covers which request in
the job classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from oddsctl.domain.answers import Answer
from oddsctl.domain.errors import OddsctlError
from oddsctl.domain.jobs import Job
from oddsctl.domain.plausible import sound
from oddsctl.domain.ports import JSON, Clock, Store
from oddsctl.domain.requests import Outcome, Purpose, Reason, RequestOptions
from oddsctl.domain.settings import FreshnessSettings
from oddsctl.domain.units import iso
from oddsctl.domain.vocabulary import ShownNames, shown_by
from oddsctl.policy import freshness
from oddsctl.state.refusals import RefusalCache
from oddsctl.store import codec
from oddsctl.store.codec import decode_or_none

ROOT = "answers/1/"
"""The number is the version of the stored form; answers of another version are not read."""
SHOWN = "names/1"
KEEP_COVERED_FOR = 2 * 86400.0
"""Answers this much older than a new one with the same prefix are deleted."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A stored answer.

    `sent_at` is when the request was sent, `fetched_at` when the answer came; `demo`: from the simulated
    world.
    """

    job: Job
    sent_at: float
    fetched_at: float
    credits: int
    purpose: Purpose
    answer: Answer
    demo: bool = False


@dataclass(frozen=True, slots=True)
class CacheHit:
    """A cached answer that covers a request, and the part of it that answers the request."""

    kept: CacheEntry
    answer: Answer

    @property
    def whole(self) -> bool:
        """True for the answer to exactly this request, not a part of a larger one."""
        return self.answer is self.kept.answer

    def outcome(
        self,
        job: Job,
        reason: Reason,
        detail: str | None = None,
        error: OddsctlError | None = None,
        steps: tuple[str, ...] = (),
    ) -> Outcome:
        """Make the outcome of a request that it answers, for that reason."""
        return Outcome(
            job, reason, self.answer, self.kept.fetched_at, 0, detail, error, self.kept.demo, steps
        )


class ResponseCache:
    """The answers that all processes share, and the refusals: `lookup` says all that needs no call."""

    def __init__(self, store: Store, clock: Clock, rules: FreshnessSettings) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self.refusals = RefusalCache(store, clock, rules)

    def lookup(
        self, job: Job, options: RequestOptions, started: float, *, is_low: bool, joining: bool = False
    ) -> Outcome | None:
        """Return a fresh answer or a remembered refusal; None when a call is needed.

        `started` is when the run began (epoch seconds); `is_low` accepts older boards. With `joining` an
        answer counts as that of another process's call, made while this run went on.
        """
        now = self._clock.now()
        for hit in self.candidates(job):
            kept = hit.kept
            life = freshness.lifetime(job, kept.answer, now, self._rules, thrifty=is_low)
            if options.max_age is not None and not job.ignores_max_age:
                life = options.max_age
            if freshness.is_fresh(kept.fetched_at, now, life) and (
                not options.fresh or started <= kept.sent_at <= now
            ):
                reason = Reason.JOINED_INFLIGHT if joining else _fresh_reason(hit)
                age = freshness.age(kept.fetched_at, now)
                return hit.outcome(
                    job, reason, steps=(f"stored {age:.0f} s ago, fresh for {life:.0f} s: {reason}",)
                )
        return self._refused(job, options, started)

    def offline(self, job: Job) -> Outcome:
        """Return the newest cached answer, whatever its age; reason NONE when there is none."""
        steps = ("--offline: no request is sent",)
        if hit := self.newest(job):
            return hit.outcome(job, Reason.STALE_OFFLINE, steps=steps)
        return Outcome(job, Reason.NONE, detail="OFFLINE", steps=steps)

    def newest(self, job: Job) -> CacheHit | None:
        """Return the youngest cached answer of any age.

        One from the future, stored by a clock that was ahead, counts only when there is no other.
        """
        now = self._clock.now()
        return max(
            self.candidates(job),
            key=lambda hit: (hit.kept.fetched_at <= now + freshness.CLOCK_SLACK, hit.kept.fetched_at),
            default=None,
        )

    def candidates(self, job: Job) -> Iterator[CacheHit]:
        """Return stored answers that cover the request: the one to exactly this request first, then larger
        ones.
        """
        exact = ROOT + job.key
        if found := self._open(exact, job):
            yield found
        for key in [key for shelf in job.prefixes for key in self._store.scan(ROOT + shelf)]:
            if key != exact and (found := self._open(key, job)):
                yield found

    def put(self, kept: CacheEntry) -> None:
        """Store the answer in the pieces that later requests will ask for, unless a younger one is there."""
        for job, answer in kept.job.split(kept.answer):
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

    def answers(self, shelf: str) -> Iterator[Answer]:
        """Return all stored answers under a prefix, of any age."""
        for key in self._store.scan(ROOT + shelf):
            if kept := cached_entry(self._store.read(key)):
                yield kept.answer

    def all(self) -> Iterator[tuple[str, float]]:
        """Return the key of each stored answer and when it came (0 when that cannot be read)."""
        for key in self._store.scan(ROOT):
            kept = cached_entry(self._store.read(key))
            yield key, kept.fetched_at if kept else 0.0

    def jobs(self) -> Iterator[tuple[Job, float]]:
        """Return the job of each readable stored answer and when it came."""
        for key in self._store.scan(ROOT):
            if kept := cached_entry(self._store.read(key)):
                yield kept.job, kept.fetched_at

    def _refused(self, job: Job, options: RequestOptions, started: float) -> Outcome | None:
        refused = self.refusals.of_job(job)
        if refused is None or (options.fresh and refused.at < started):
            return None
        error = refused.remembered_error(job.api)
        step = (
            f"refused {iso(refused.at)} ({refused.code}), remembered until {iso(refused.until)}; "
            "--fresh asks again"
        )
        if old := self.newest(job):
            return old.outcome(job, Reason.STALE_ERROR, refused.code, error, (step,))
        return Outcome(job, Reason.NEGATIVE_CACHE, detail=refused.code, error=error, steps=(step,))

    def _open(self, key: str, job: Job) -> CacheHit | None:
        kept = cached_entry(self._store.read(key))
        answer = kept.job.extract(kept.answer, job) if kept else None
        return CacheHit(kept, answer) if kept and answer is not None else None

    def _clear_away(self, newest: CacheEntry) -> None:
        if newest.job.keeps_older_answers:
            # These are few, expensive or long-lived, and each is the only answer to its request.
            return
        for key in list(self._store.scan(ROOT + newest.job.prefix)):
            if key == ROOT + newest.job.key:
                continue
            old = cached_entry(self._store.read(key))
            if old is None or newest.fetched_at - old.fetched_at > KEEP_COVERED_FOR:
                self._store.delete(key)


def _keep_newer(new: CacheEntry, old: JSON) -> tuple[JSON, None]:
    kept = cached_entry(old)
    # An answer from the future was stored by a wrong clock.
    overtaken = kept is not None and new.sent_at < kept.sent_at <= new.fetched_at
    return (old if overtaken else codec.encode(new)), None


def cached_entry(value: JSON) -> CacheEntry | None:
    """Decode the stored answer, without values that no provider can mean; None when it cannot be read."""
    kept = decode_or_none(CacheEntry, value)
    return kept and replace(kept, answer=sound(kept.answer))


def shown_names(store: Store) -> ShownNames:
    """Return the markets, regions and bookmakers of all answers so far that none of our lists has."""
    return decode_or_none(ShownNames, store.read(SHOWN)) or ShownNames()


def _fresh_reason(hit: CacheHit) -> Reason:
    if hit.kept.purpose is not Purpose.OWN:
        return Reason.PREFETCHED
    return Reason.FRESH_CACHE if hit.whole else Reason.SUPERSET_CACHE
