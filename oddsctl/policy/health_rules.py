"""Judge an API's health from the outcomes of its last calls and from its breakers.

How it works:

1. An attempt is a call that ended. `domain.errors` says how its outcome code counts: answered, refused, too
   fast, broken or failed.
2. Only the newest JUDGED attempts of the last day count; what is older says nothing about now.
3. UNHEALTHY: the last answer was broken (waiting does not fix that), the last DOWN_AFTER calls to its
   endpoint failed, or a breaker is open.
4. DEGRADED: fewer failures than that, a refusal of the account, rate limiting, doubtful answers, FLAKY_AFTER
   outages among the judged attempts, a median slower than SLOW seconds, or a half-open breaker.
5. A definite refusal of a single request is an answer and counts as one.
6. Only the main calls (`is_main_call` of a job) prove the API well: free lists and the geocoder may answer
   when boards or forecasts do not.
7. Leagues are judged separately: a sound answer for one does not mend a broken one for another.
8. Breakers can make the verdict worse, never better. A half-open one is ignored once a main call has
   answered.
9. `since` is the end of the call with which the status began. A day without calls starts it anew.
10. Without attempts the status is UNKNOWN, which is no worse than healthy.

Pure: makes no call and stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, takewhile

from oddsctl.domain.errors import AttemptKind
from oddsctl.domain.jobs import main_endpoints
from oddsctl.domain.units import DAY, age_text
from oddsctl.policy.circuit_breaker import BreakerState, State, as_of
from oddsctl.policy.health_status import OF_THE_KEY, Attempt, BreakerSummary, Health, Status

JUDGED = 20
"""How many of the newest calls count."""
DOWN_AFTER = 3
"""Failures in a row that make an outage: the attempts of one command."""
FLAKY_AFTER = 3
"""Number of times the API began to fail among the judged calls; an outage counts once, whatever its length.
"""
SLOW = 2.0
"""Seconds: median of the last answers above which an API is slow."""
TIMED = 5


DOWN = (AttemptKind.BROKEN, AttemptKind.FAILED)
ERRORS = (*DOWN, AttemptKind.TOO_FAST)


def judge(attempts: Sequence[Attempt], breakers: Mapping[str, BreakerState], now: float) -> Health:
    """Judge the health now. `attempts` are in the order they ended, `breakers` by endpoint."""
    recent = _recent(attempts, now)
    status, reason, since = _standing(attempts, breakers, now)
    seconds = _seconds(recent)
    return Health(
        status,
        reason,
        None if since is None else min(since, now),
        attempts[-1].at if attempts else None,
        None if seconds is None else round(seconds * 1000, 1),
        round(sum(one.kind in ERRORS for one in recent) / len(recent), 3) if recent else None,
        _gate(breakers.values(), now),
    )


def worst(statuses: Iterable[Status]) -> Status:
    """Return the worst status; unknown when there is none."""
    return max(statuses, key=list(Status).index, default=Status.UNKNOWN)


# ── status, reason, since ──

Verdict = tuple[Status, str]
NEVER: Verdict = Status.UNKNOWN, "never asked"
LONG_AGO: Verdict = Status.UNKNOWN, "not asked for a day"


def _standing(
    attempts: Sequence[Attempt], breakers: Mapping[str, BreakerState], now: float
) -> tuple[Status, str, float | None]:
    """Return the verdict of the calls, or of the breakers if that is worse."""
    recent = _recent(attempts, now)
    status, reason = _verdict(recent, now) if recent else LONG_AGO if attempts else NEVER
    since = _began(attempts, status) if recent else attempts[-1].at + DAY if attempts else None
    for name, breaker in breakers.items():
        if as_of(breaker, now).state is State.OPEN and status is not Status.UNHEALTHY:
            return Status.UNHEALTHY, _open_breaker_reason(name, recent), breaker.since
    for name, breaker in breakers.items():
        if (
            as_of(breaker, now).state is State.HALF_OPEN
            and status is Status.HEALTHY
            and not _outlived(name, breaker, recent)
        ):
            rested_at = breaker.since if breaker.state is State.HALF_OPEN else breaker.retry_at
            return Status.DEGRADED, f"recovering: {name} has failed, its next call decides", rested_at
    return status, reason, since


def _began(attempts: Sequence[Attempt], status: Status) -> float:
    """Find the call whose end began the current status.

    A day without any call starts it anew.
    """
    found, since, before = Status.UNKNOWN, attempts[-1].at, None
    for count, one in enumerate(attempts, 1):
        if before is not None and one.at - before > DAY:
            found = Status.UNKNOWN
        then, _ = _verdict(_recent(attempts[max(0, count - JUDGED) : count], one.at), one.at)
        since = since if then is found else one.at
        found, before = then, one.at
    # If it changed since, then only because older calls no longer count.
    return since if found is status else attempts[-1].at


def _verdict(recent: Sequence[Attempt], now: float) -> Verdict:
    """Judge the API from these calls (at least one)."""
    newest = recent[-1]
    if newest.kind in DOWN:
        return _failing(newest, recent, now)
    if newest.kind is not AttemptKind.ANSWERED:
        return Status.DEGRADED, newest.words
    if newest.endpoint not in main_endpoints() and (unproven := _last_failed_main_call(recent)):
        return (
            Status.DEGRADED,
            f"{unproven.words}; other calls are answered, {unproven.endpoint} has not been asked again",
        )
    if doubtful := _doubtful(recent):
        return (
            Status.DEGRADED,
            doubtful.words
            if doubtful.kind is AttemptKind.BROKEN
            else f"DOUBTFUL: {doubtful.words.partition(': ')[2]}",
        )
    if _outages(recent) >= FLAKY_AFTER:
        return (
            Status.DEGRADED,
            f"fails now and then: {sum(one.kind in DOWN for one in recent)} of the last {len(recent)} calls",
        )
    if (seconds := _seconds(recent)) is not None and seconds > SLOW:
        return Status.DEGRADED, f"slow: its last answers took {seconds:.1f} s (median)"
    answered = _in_a_row(recent, (AttemptKind.ANSWERED,))
    return (
        Status.HEALTHY,
        "the last call was answered" if answered == 1 else f"the last {answered} calls were answered",
    )


def _failing(newest: Attempt, recent: Sequence[Attempt], now: float) -> Verdict:
    """Describe an outage, a broken answer, or a first failure that may pass."""
    failed = _in_a_row([one for one in recent if one.endpoint == newest.endpoint], DOWN)
    if newest.kind is not AttemptKind.BROKEN and failed < DOWN_AFTER:
        return (
            Status.DEGRADED,
            f"{newest.words}; the last {'call' if failed == 1 else f'{failed} calls'} failed",
        )
    answers = [one.at for one in recent if one.kind is AttemptKind.ANSWERED]
    row = f"{failed} calls in a row failed, " if failed > 1 else ""
    last = f"last answer {age_text(now - answers[-1])} ago" if answers else "no answer in a day"
    return Status.UNHEALTHY, f"{newest.words}; {row}{last}"


def _last_failed_main_call(recent: Sequence[Attempt]) -> Attempt | None:
    """Return the last main call if it had trouble. Any call proves a key."""
    chief = next((one for one in reversed(recent) if one.endpoint in main_endpoints()), None)
    if (
        chief is None
        or chief.kind in (AttemptKind.ANSWERED, AttemptKind.TOO_FAST)
        or chief.code in OF_THE_KEY
    ):
        return None
    return chief


def _doubtful(recent: Sequence[Attempt]) -> Attempt | None:
    """Return the last call of a league whose answer was broken or doubtful.

    A sound answer for another league does not mend it.
    """
    last = {one.league: one for one in recent if one.endpoint in main_endpoints()}
    return next(
        (
            one
            for one in last.values()
            if one.kind is AttemptKind.BROKEN or (one.code == "FETCHED" and one.said)
        ),
        None,
    )


def _outages(recent: Sequence[Attempt]) -> int:
    first = recent[0].kind in DOWN
    return first + sum(one.kind in DOWN and before.kind not in DOWN for before, one in pairwise(recent))


def _open_breaker_reason(endpoint: str, recent: Sequence[Attempt]) -> str:
    """Explain an open breaker about which the newest calls say nothing."""
    failed = next((one for one in reversed(recent) if one.endpoint == endpoint and one.kind in DOWN), None)
    alone = f"{endpoint} keeps failing and is left alone"
    return f"{alone}: {failed.words}" if failed else alone


def _outlived(endpoint: str, breaker: BreakerState, recent: Sequence[Attempt]) -> bool:
    """Return True if the main call has answered since: other endpoints may never be called again."""
    if endpoint in main_endpoints():
        return False
    return any(
        one.endpoint in main_endpoints() and one.kind is AttemptKind.ANSWERED and one.at > breaker.since
        for one in recent
    )


# ── counting ──


def _recent(attempts: Sequence[Attempt], now: float) -> list[Attempt]:
    return [one for one in attempts[-JUDGED:] if 0 <= now - one.at <= DAY]


def _in_a_row(attempts: Sequence[Attempt], kinds: tuple[AttemptKind, ...]) -> int:
    """Count how many of the newest attempts are of these kinds."""
    return sum(1 for _ in takewhile(lambda one: one.kind in kinds, reversed(attempts)))


def _seconds(recent: Sequence[Attempt]) -> float | None:
    """Return the median latency of the last answers, in seconds."""
    # `statistics` would load six modules in each command
    times = sorted([one.seconds for one in recent if one.status is not None][-TIMED:])
    half = len(times) // 2
    return (times[half] + times[~half]) / 2 if times else None


def _gate(breakers: Iterable[BreakerState], now: float) -> BreakerSummary:
    """Return the worst breaker: open before half-open before closed."""
    order = (State.CLOSED, State.HALF_OPEN, State.OPEN)
    worst = max(
        (as_of(one, now) for one in breakers),
        key=lambda one: (order.index(one.state), one.failures),
        default=BreakerState(),
    )
    return BreakerSummary(worst.state, worst.failures, worst.retry_at if worst.state is State.OPEN else None)
