"""Many wishes in, the fewest calls out, each answer with its reason: look up, admit, call, settle, keep. The only one who waits."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import uuid4

from oddsctl import served
from oddsctl.accounts import Accounts
from oddsctl.errors import (
    LockTimeoutError,
    MissingKeyError,
    OddsctlError,
    OutOfCreditsError,
    ProviderError,
    RateLimitedError,
    StateError,
    TransportError,
)
from oddsctl.messages import (
    Called,
    Failed,
    GeocodeJob,
    HttpResponse,
    Job,
    Notice,
    OddsJob,
    Outcome,
    Preview,
    PriorityRequest,
    Purpose,
    Reason,
    Refusal,
    Refused,
    Served,
    Terms,
    Waited,
    Warned,
)
from oddsctl.models import Usage
from oddsctl.policy import coalesce, freshness
from oddsctl.policy.admission import Ask, Receipt
from oddsctl.policy.budget import Purchase
from oddsctl.policy.coalesce import Call
from oddsctl.ports import Clock, Provider, Store, Transport
from oddsctl.served import Counts, add_counts
from oddsctl.settings import Settings
from oddsctl.shelves import Found, Kept, Shelves

URGENT = 3600.0
"""Seconds before a game within which the user's own commands may touch the last credits."""
GATEWAY_LOST_IT = (502, 504)
"""The provider's gateway did not get its backend's answer, which may have charged the call all the same."""
DEMO_HEADER = "x-oddsctl-demo"


@dataclass(frozen=True, slots=True)
class _Made:
    """What became of a call: an answer kept, or why there is none."""

    kept: Kept | None = None
    refused: Refused | None = None
    error: ProviderError | None = None


class RequestOrchestrator:
    """The one door to the providers. Usable from threads; `usage` counts what went through it."""

    def __init__(
        self,
        *,
        store: Store,
        transport: Transport,
        clock: Clock,
        providers: Mapping[str, Provider],
        settings: Settings,
        tell: Callable[[Notice], None],
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._providers = providers
        self._settings = settings
        self._tell = tell
        self._shelves = Shelves(store)
        self._accounts = Accounts(store, clock, settings)
        self._store = store
        self._counts = Counts()
        self._lock = threading.Lock()
        self._calls = self._spent = self._promised = 0

    def run(self, requests: Sequence[PriorityRequest], terms: Terms) -> list[Outcome]:
        """Answer each wish, in order, by the fewest calls. Never raises for a provider's failure: the outcome names it."""
        started = self._clock.now()
        thrifty = not terms.fresh and any(isinstance(request.job, OddsJob) for request in requests) and self._accounts.thrifty()
        shelved = {request.job: self._look_up(request.job, terms, started, thrifty=thrifty) for request in requests}
        missing = [request for request in requests if not _is_answer(shelved[request.job])]
        made = {} if terms.offline else self._make_all(missing, terms)
        outcomes = {job: self._conclude(job, found, made, terms) for job, found in shelved.items()}
        with self._lock:
            self._counts += served.count(outcomes.values(), lambda job: self._providers[job.api].price(job))
        return [outcomes[request.job] for request in requests]

    def preview(self, requests: Sequence[PriorityRequest], terms: Terms) -> list[Preview]:
        """What `run` would do now, sending and booking nothing."""
        started = self._clock.now()
        thrifty = not terms.fresh and self._accounts.thrifty()
        previews, missing = [], []
        for request in requests:
            found = self._look_up(request.job, terms, started, thrifty=thrifty)
            if isinstance(found, Outcome):
                previews.append(Preview(request.job, 0, f"{found.reason}: the stored answer does"))
            else:
                missing.append(request)
        return previews + [self._preview(call, _speaker(call, missing), terms) for call in coalesce.plan([one.job for one in missing])]

    def close(self) -> None:
        """Add this run's counts to those of all; losing them would change no answer, so a full disk is no error here."""
        counts, self._counts = self._counts, Counts()
        with contextlib.suppress(StateError, LockTimeoutError):
            add_counts(self._store, counts)

    def is_thrifty(self) -> bool:
        """Whether so few credits are left that older boards do."""
        return self._accounts.thrifty()

    def usage(self) -> Usage:
        """HTTP requests sent, credits spent, and the account's balance as last told."""
        return Usage(self._calls, self._spent, self._accounts.state("odds").credits.remaining)

    # ── look up ──

    def _look_up(self, job: Job, terms: Terms, started: float, *, thrifty: bool) -> Outcome | Found | None:
        """The outcome, where a stored answer is fresh enough; else the youngest stored answer there is."""
        newest: Found | None = None
        now = self._clock.now()
        for found in self._shelves.covering(job):
            kept = found.kept
            life = freshness.lifetime(job, kept.answer, now, self._settings.freshness, thrifty=thrifty)
            if terms.max_age is not None and not isinstance(job, GeocodeJob):
                life = terms.max_age
            young = kept.sent_at >= started if terms.fresh else freshness.is_fresh(kept.fetched_at, now, life)
            if young:
                return self._from_shelf(job, found, _fresh_reason(found))
            if newest is None or kept.fetched_at > newest.kept.fetched_at:
                newest = found
        return newest

    def _from_shelf(self, job: Job, found: Found, reason: Reason, detail: str | None = None, error: OddsctlError | None = None) -> Outcome:
        self._tell(Served(job, reason, freshness.age(found.kept.fetched_at, self._clock.now())))
        return Outcome(job, reason, found.answer, found.kept.fetched_at, 0, detail, error, found.kept.demo)

    # ── admit, call, settle, keep ──

    def _make_all(self, missing: Sequence[PriorityRequest], terms: Terms) -> dict[Job, _Made]:
        """Make the calls that serve the missing wishes, independent ones side by side."""
        calls = coalesce.plan([request.job for request in missing])
        made = self._side_by_side(calls, missing, terms)
        answers = {want: made[call.job] for call in calls for want in call.wants}
        left = [request for request in missing if _not_held(request.job, answers[request.job])]
        again = self._side_by_side([Call(request.job, (request.job,)) for request in left], left, terms)
        return answers | again

    def _side_by_side(self, calls: Sequence[Call], missing: Sequence[PriorityRequest], terms: Terms) -> dict[Job, _Made]:
        def lane(calls: Iterable[Call]) -> dict[Job, _Made]:
            return {call.job: self._make(call, _speaker(call, missing), terms) for call in calls}

        lanes = _lanes(calls)
        if len(lanes) < 2:
            return lane(calls)
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=4, thread_name_prefix="oddsctl") as pool:
            return {job: made for part in pool.map(lane, lanes) for job, made in part.items()}

    def _make(self, call: Call, speaker: PriorityRequest, terms: Terms) -> _Made:
        """One call through the door."""
        provider = self._providers[call.job.api]
        price = provider.price(call.job)
        if not self._promise(price, terms):
            return _Made(refused=Refused(Refusal.MAX_CREDITS, f"costs {price}, --max-credits allows {terms.max_credits}"))
        try:
            account = provider.account()
            ask = self._ask(price, speaker, terms)
            decision = self._accounts.admit(provider.name, account, ask)
            if isinstance(decision, Refused):
                return _Made(refused=decision)
            if decision.wait > 0:
                self._tell(Waited(provider.name, decision.wait))
                self._clock.sleep(decision.wait)
            return _Made(kept=self._call(provider, account, call.job, ask.id, speaker.purpose))
        except ProviderError as error:
            self._tell(Failed(call.job, error))
            return _Made(error=error)
        finally:
            self._promise(-price, terms)

    def _call(self, provider: Provider, account: str, job: Job, call_id: str, purpose: Purpose) -> Kept:
        """Send, settle the books, read the answer, keep it."""
        sent_at, clock = self._clock.now(), self._clock.monotonic()
        lost = Receipt(call_id, sent_at, sent_at, spent=None, failed=True)
        try:
            response = self._transport.send(provider.request(job))
        except TransportError as error:
            spent = None if error.maybe_sent else 0
            self._settle(job, account, replace(lost, spent=spent, told_at=self._clock.now()), None, self._clock.monotonic() - clock)
            raise
        seconds = self._clock.monotonic() - clock
        receipt = _receipt(provider, job, call_id, response, seconds)
        try:
            answer = provider.parse(job, response)
        except ProviderError as error:
            exhausted = provider.price(job) if isinstance(error, OutOfCreditsError) else None
            rest = error.retry_at if isinstance(error, RateLimitedError) else None
            receipt = replace(receipt, failed=True, rest_until=rest, exhausted_at_price=exhausted)
            self._settle(job, account, receipt, response.status, seconds)
            raise
        self._settle(job, account, receipt, response.status, seconds)
        kept = Kept(job, response.sent_at, response.received_at, receipt.spent or 0, purpose, answer, DEMO_HEADER in response.headers)
        self._keep(kept)
        return kept

    def _settle(self, job: Job, account: str, receipt: Receipt, status: int | None, seconds: float) -> None:
        with self._lock:
            self._calls += 1
            self._spent += receipt.spent or 0
        self._tell(Called(job, status, receipt.spent, seconds))
        try:
            self._accounts.settle(job.api, account, receipt)
        except StateError as error:  # the call is made: its reservation stands, and counts as maybe charged when it expires
            self._tell(Warned(f"the books could not be written: {error.message}"))

    def _keep(self, kept: Kept) -> None:
        try:
            self._shelves.keep(kept)
        except StateError as error:  # the answer is in hand and paid: show it
            self._tell(Warned(f"the answer could not be stored: {error.message}"))

    # ── conclude ──

    def _conclude(self, job: Job, found: Outcome | Found | None, made: Mapping[Job, _Made], terms: Terms) -> Outcome:
        """The outcome of a wish: stored and fresh, just fetched, or why not and what is stored instead."""
        if isinstance(found, Outcome):
            return found
        if terms.offline:
            return self._from_shelf(job, found, Reason.STALE_OFFLINE) if found else Outcome(job, Reason.NONE, detail="OFFLINE")
        result = made[job]
        if kept := result.kept:
            answer = coalesce.cut(kept.job, kept.answer, job)
            return Outcome(job, Reason.FETCHED, answer, kept.fetched_at, kept.credits, demo=kept.demo)
        stale, nothing, detail = _why(result)
        if found:
            return self._from_shelf(job, found, stale, detail, result.error)
        return Outcome(job, nothing, detail=detail, error=result.error)

    # ── small change ──

    def _ask(self, price: int, speaker: PriorityRequest, terms: Terms) -> Ask:
        urgent = speaker.game_time is not None and speaker.game_time - self._clock.now() <= URGENT
        return Ask(uuid4().hex, Purchase(price, speaker.purpose, urgent, terms.force), terms.wait)

    def _promise(self, price: int, terms: Terms) -> bool:
        """Set credits of this run aside, or give them back; false when `--max-credits` does not allow them."""
        with self._lock:
            if price > 0 and terms.max_credits is not None and self._spent + self._promised + price > terms.max_credits:
                return False
            self._promised += price
            return True

    def _preview(self, call: Call, speaker: PriorityRequest, terms: Terms) -> Preview:
        provider = self._providers[call.job.api]
        price = provider.price(call.job)
        if terms.offline:
            return Preview(call.job, price, "not sent: offline")
        try:
            request = provider.request(call.job)
            decision = self._accounts.preview(provider.name, provider.account(), self._ask(price, speaker, terms))
        except MissingKeyError as error:
            return Preview(call.job, 0, f"not sent: {error.message}")
        if isinstance(decision, Refused):
            return Preview(call.job, price, f"refused: {decision.why} ({decision.detail})", request)
        if terms.max_credits is not None and price > terms.max_credits:
            return Preview(call.job, price, f"refused: MAX_CREDITS (--max-credits {terms.max_credits})", request)
        return Preview(call.job, price, f"send after {decision.wait:.1f} s" if decision.wait else "send", request)


def _is_answer(found: Outcome | Found | None) -> bool:
    return isinstance(found, Outcome)


def _not_held(want: Job, made: _Made) -> bool:
    """Whether a shared call came home without the answer to this wish."""
    return made.kept is not None and coalesce.cut(made.kept.job, made.kept.answer, want) is None


def _fresh_reason(found: Found) -> Reason:
    if found.kept.purpose is not Purpose.OWN:
        return Reason.PREFETCHED
    return Reason.FRESH_CACHE if found.whole else Reason.SUPERSET_CACHE


def _speaker(call: Call, requests: Sequence[PriorityRequest]) -> PriorityRequest:
    """Who asks for a call that serves several: the most pressing of them, for the soonest game."""
    askers = [request for request in requests if request.job in call.wants]
    first = min(askers, key=lambda request: (request.purpose is not Purpose.OWN, request.priority))
    times = [request.game_time for request in askers if request.game_time is not None]
    return replace(first, game_time=min(times, default=None))


def _lanes(calls: Sequence[Call]) -> list[list[Call]]:
    """Calls that may run side by side. Open-Meteo allows one at a time per address (FACTS 3.3)."""
    weather = [call for call in calls if call.job.api == "weather"]
    return [[call] for call in calls if call.job.api != "weather"] + ([weather] if weather else [])


def _receipt(provider: Provider, job: Job, call_id: str, response: HttpResponse, seconds: float) -> Receipt:
    quota = provider.quota(response)
    spent: int | None = quota.last
    if spent is None:
        spent = provider.price(job) if response.status == 200 else None if response.status in GATEWAY_LOST_IT else 0
    return Receipt(call_id, response.sent_at, response.received_at, spent, quota, seconds=seconds)


def _why(made: _Made) -> tuple[Reason, Reason, str]:
    """The reason when something older is shown, the reason when nothing is, and the cause in one word."""
    if refused := made.refused:
        stale = {Refusal.RESERVE: Reason.STALE_RESERVE, Refusal.RATE: Reason.STALE_RATE, Refusal.BREAKER: Reason.STALE_BREAKER}
        nothing = {
            Refusal.RATE: Reason.REFUSED_RATE,
            Refusal.BREAKER: Reason.REFUSED_BREAKER,
            Refusal.MAX_CREDITS: Reason.REFUSED_MAX_CREDITS,
        }
        return stale.get(refused.why, Reason.STALE_BUDGET), nothing.get(refused.why, Reason.REFUSED_BUDGET), refused.why.value
    assert made.error is not None  # noqa: S101 - a call without answer or refusal failed
    match made.error:
        case MissingKeyError():
            return Reason.STALE_ERROR, Reason.NO_KEY, made.error.code
        case OutOfCreditsError():
            return Reason.STALE_BUDGET, Reason.REFUSED_BUDGET, made.error.code
        case RateLimitedError():
            return Reason.STALE_RATE, Reason.REFUSED_RATE, made.error.code
        case _:
            return Reason.STALE_ERROR, Reason.NONE, made.error.code
