"""Stored answers and remembered refusals as outcomes: what is fresh, what is old, and what to say when
nothing newer came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from oddsctl.domain.answers import Answer
from oddsctl.domain.errors import (
    InvalidKeyError,
    LockTimeoutError,
    OddsctlError,
    ProviderError,
    RejectedError,
    StateError,
)
from oddsctl.domain.jobs import GeocodeJob, Job
from oddsctl.domain.notices import Notice, Served
from oddsctl.domain.ports import Clock, Store
from oddsctl.domain.requests import (
    Outcome,
    Purpose,
    Reason,
    Refused,
    RequestOptions,
)
from oddsctl.domain.settings import Settings
from oddsctl.domain.units import iso
from oddsctl.orchestration.call import AdmittedCall, CallContext
from oddsctl.policy import coverage, freshness
from oddsctl.policy.backoff import is_paid_for
from oddsctl.policy.reasons import _not_asked, _why
from oddsctl.state.responses import CachedRefusal, CacheEntry, CacheHit, ResponseCache


class Library:
    """What can be said without asking a provider."""

    def __init__(
        self, store: Store, clock: Clock, settings: Settings, tell: Callable[[Notice], None]
    ) -> None:
        self._shelves = ResponseCache(store)
        self._clock = clock
        self._settings = settings
        self._tell = tell

    def look_up(
        self, job: Job, terms: RequestOptions, started: float, *, thrifty: bool, joining: bool = False
    ) -> Outcome | None:
        """The outcome, where a stored answer is fresh enough or a refusal is remembered; None where somebody
        must be asked.

        `joining` names an answer for what it then is: another's call, made while this run went on.
        """
        now = self._clock.now()
        for found in self._shelves.candidates(job):
            kept = found.kept
            life = freshness.lifetime(job, kept.answer, now, self._settings.freshness, thrifty=thrifty)
            if terms.max_age is not None and not isinstance(job, GeocodeJob):
                life = terms.max_age
            young = freshness.is_fresh(kept.fetched_at, now, life) and (
                not terms.fresh or started <= kept.sent_at <= now
            )
            if young:
                reason = Reason.JOINED_INFLIGHT if joining else _fresh_reason(found)
                return self._show(
                    job, found, reason, steps=(f"stored {_ago(kept, now)}, fresh for {life:.0f} s: {reason}",)
                )
        refused = self._shelves.standing_refusal(job, now)
        if refused is None or (terms.fresh and refused.at < started):
            return None
        error = _remembered(refused, job.api)
        step = (
            f"refused {iso(refused.at)} ({refused.code}), remembered until {iso(refused.until)}; "
            "--fresh asks again"
        )
        if old := self._newest(job):
            return self._show(job, old, Reason.STALE_ERROR, refused.code, error, (step,))
        return Outcome(job, Reason.NEGATIVE_CACHE, detail=refused.code, error=error, steps=(step,))

    def offline(self, job: Job, *, quietly: bool = False) -> Outcome:
        """The newest stored answer, whatever its age; `quietly`: to look at, not to be shown."""
        step = ("--offline: no request is sent",)
        if not (found := self._newest(job)):
            return Outcome(job, Reason.NONE, detail="OFFLINE", steps=step)
        if quietly:
            return Outcome(
                job, Reason.STALE_OFFLINE, found.answer, found.kept.fetched_at, demo=found.kept.demo
            )
        return self._show(job, found, Reason.STALE_OFFLINE, steps=step)

    def answers(self, shelf: str) -> Iterator[Answer]:
        """All that is stored on a shelf, of any age."""
        return self._shelves.answers(shelf)

    def refused_key(self, account: str, terms: RequestOptions) -> ProviderError | None:
        """The refusal of this very key, where one is remembered."""
        refused = None if terms.fresh else self._shelves.refusal(f"account/{account}")
        return _remembered(refused, "odds") if refused and refused.holds(self._clock.now()) else None

    def remember(self, ticket: AdmittedCall, trip: CallContext, error: ProviderError) -> None:
        """Keep a definite refusal under what it is about, or that an answer can't be read which was paid for:
        it is not asked for again.
        """
        now, game_time = self._clock.now(), trip.most_urgent.game_time
        fresh_for = freshness.board_lifetime(
            () if game_time is None else (game_time,), now, self._settings.freshness
        )
        until = freshness.refusal_expires_at(error, game_time, now, fresh_for)
        if until is None:
            return
        keys = {f"account/{ticket.account}"} if isinstance(error, InvalidKeyError) else {ticket.job.key}
        if isinstance(error, RejectedError):
            keys = {freshness.part(ticket.job, error.about)}
        elif is_paid_for(error) and ticket.job == trip.job:
            keys |= {want.key for want in trip.call.requests}
        for key in keys:
            self._shelves.put_refusal(key, error, now, until)

    def keep(self, kept: CacheEntry) -> None:
        """Store an answer."""
        self._shelves.put(kept)

    def conclude(self, job: Job, trip: CallContext, result: CacheEntry | Refused | OddsctlError) -> Outcome:
        """The outcome of a wish whose call came to this: the answer, or what is stored instead, and why."""
        spent = trip.spent if job == trip.call.requests[0] else 0  # a shared call is paid once
        if isinstance(result, CacheEntry):
            answer = coverage.extract(result.job, result.answer, job)
            return Outcome(
                job,
                Reason.FETCHED,
                answer,
                result.fetched_at,
                spent,
                demo=result.demo,
                steps=tuple(trip.steps),
            )
        stale, nothing, detail = _why(result)
        error = _not_asked(result, job) if isinstance(result, Refused) else result
        trip.log_step_once(f"{detail}: {error.message}")
        try:
            found = self._newest(job)
        except (StateError, LockTimeoutError):
            found = None  # it must not cost the answers of other calls
        if found:
            return replace(self._show(job, found, stale, detail, error, tuple(trip.steps)), credits=spent)
        return Outcome(job, nothing, credits=spent, detail=detail, error=error, steps=tuple(trip.steps))

    def _newest(self, job: Job) -> CacheHit | None:
        """The youngest stored answer; one from the future, stored under a clock that was ahead, only where
        there is no other.
        """
        now = self._clock.now()
        return max(
            self._shelves.candidates(job),
            key=lambda found: (found.kept.fetched_at <= now + freshness.CLOCK_SLACK, found.kept.fetched_at),
            default=None,
        )

    def _show(
        self,
        job: Job,
        found: CacheHit,
        reason: Reason,
        detail: str | None = None,
        error: OddsctlError | None = None,
        steps: tuple[str, ...] = (),
    ) -> Outcome:
        kept = found.kept
        self._tell(Served(job, reason, freshness.age(kept.fetched_at, self._clock.now())))
        return Outcome(job, reason, found.answer, kept.fetched_at, 0, detail, error, kept.demo, steps)


def _remembered(refused: CachedRefusal, api: str) -> ProviderError:
    error = refused.error(api)
    error.hint = "; ".join(filter(None, (error.hint, "remembered: --fresh asks again")))
    return error


def _ago(kept: CacheEntry, now: float) -> str:
    return f"{freshness.age(kept.fetched_at, now):.0f} s ago"


def _fresh_reason(found: CacheHit) -> Reason:
    if found.kept.purpose is not Purpose.OWN:
        return Reason.PREFETCHED
    return Reason.FRESH_CACHE if found.whole else Reason.SUPERSET_CACHE
