"""Telling people what changed, once, whichever of many processes sees it first.

Which changes and whose turn it is, policy decides.

What is due is claimed in one transaction and sent outside it. All this comes after a run's own work and never
fails it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4
from zoneinfo import ZoneInfo

from oddsctl.domain.answers import Events
from oddsctl.domain.errors import ConfigError, LockTimeoutError, StateError
from oddsctl.domain.models import OddsEvent
from oddsctl.domain.notices import AlertableNotice
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.ports import JSON, Store
from oddsctl.domain.settings import Settings
from oddsctl.notify import channels as notify
from oddsctl.notify.channels import Channel, Message
from oddsctl.policy import alert_outbox, alert_rules
from oddsctl.policy.alert_outbox import Outbox, PendingAlert
from oddsctl.policy.alert_rules import AlertMemory, BestPrices, Change, Observations
from oddsctl.state.responses import ROOT, cached_entry
from oddsctl.state.shared import SharedState
from oddsctl.store import codec, unreadable_rows

KEY = "alerts/1"
"""The number is the version of what is kept."""
SPARE, LEAST_PATIENCE = 1.0, 1.0
"""Seconds of a run's deadline that are not for sending, and what sending takes at the least."""
ROUNDS = 3
"""What others put into the outbox while one sends goes out with it, so many times."""
BOARDS = f"{ROOT}odds/board/"

Send = Callable[[Mapping[Channel, Message]], Mapping[Channel, str | None]]
PendingByChannel = Mapping[str, tuple[PendingAlert, ...]]


@dataclass(frozen=True, slots=True)
class AlertState:
    """What was sent, and what waits to be sent."""

    told: AlertMemory = field(default_factory=AlertMemory)
    outbox: Outbox = field(default_factory=Outbox)


@dataclass(frozen=True, slots=True)
class AlertService:
    """Sends the configured channels what changed since their last alert, and what failed to go out before.

    `words` turns changes into the title and the text of a message, with times in `zone`. `warn` takes a line
    for whatever goes wrong: nothing is raised, and a later run tries again.
    """

    state: SharedState
    zone: ZoneInfo
    words: Callable[[Sequence[Change], ZoneInfo], tuple[str, str]]
    warn: Callable[[str], None]
    send: Send = notify.send
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def deliver(self, news: Iterable[AlertableNotice] = ()) -> None:
        """Send what is due.

        The balance and the lines are read from the store; `news` is what the run came across (health, missed
        windows, picks).
        """
        channels = {
            channel.id: channel for channel in notify.channels(self.state.settings.notify.urls, self.env)
        }
        if not channels:
            return
        try:
            self._deliver(channels, tuple(news))
        except (StateError, LockTimeoutError) as error:
            self.warn(f"alerts: {error.message}")

    def _deliver(self, channels: Mapping[str, Channel], news: tuple[AlertableNotice, ...]) -> None:
        owner = uuid4().hex
        lines = tuple(_lines(self.state.store)) if "line" in self.state.settings.notify.on else ()
        seen = Observations(self._balance(), lines, news)
        for _ in range(ROUNDS):
            parcels = self._claim(channels, seen, owner)
            if not parcels:
                return
            results = self.send({channels[name]: self._message(parcel) for name, parcel in parcels.items()})
            reasons = {channel.id: why for channel, why in results.items()}
            for line in self._settle(channels, parcels, reasons, owner):
                self.warn(line)

    def _claim(self, channels: Mapping[str, Channel], seen: Observations, owner: str) -> PendingByChannel:
        """Look what changed and take what is due, in one step.

        Nothing is written where there is nothing of either.
        """
        rules = self.state.settings.notify

        def change(old: JSON) -> tuple[JSON, PendingByChannel]:
            now, before = self.state.clock.now(), _state(old)
            told, changes = alert_rules.detect_changes(before.told, seen, rules.on, rules.line_threshold, now)
            waiting = alert_outbox.put(before.outbox, changes, channels, now)
            parcels: PendingByChannel = {}
            if not alert_outbox.is_quiet(rules.quiet, self.zone, now):
                waiting, parcels = alert_outbox.claim(waiting, channels, owner, now)
            after = AlertState(told, waiting)
            return (old if after == before else codec.encode(after)), parcels

        unreadable_rows.read(self.state.store, KEY, _state)
        old = self.state.store.read(KEY)
        return {} if change(old)[0] is old else self.state.store.update(KEY, change)

    def _settle(
        self,
        channels: Mapping[str, Channel],
        parcels: PendingByChannel,
        results: Mapping[str, str | None],
        owner: str,
    ) -> list[str]:
        """Record what became of each parcel; the lines to warn of."""

        def change(old: JSON) -> tuple[JSON, dict[str, int]]:
            state, lost = _state(old), dict[str, int]()
            waiting = state.outbox
            for name, parcel in parcels.items():
                if results[name] is None:
                    waiting = alert_outbox.delivered(waiting, name, owner, parcel)
                else:
                    waiting, lost[name] = alert_outbox.failed(
                        waiting, name, owner, parcel, self.state.clock.now()
                    )
            return codec.encode(AlertState(state.told, waiting)), lost

        lost = self.state.store.update(KEY, change)
        return [
            f"alert not delivered to {channels[name].label}: {results[name]}; "
            + (f"{count} given up after {alert_outbox.ATTEMPTS} tries" if count else "tried again later")
            for name, count in lost.items()
        ]

    def _balance(self) -> alert_rules.CreditBalance | None:
        odds, now = self.state.settings.odds, self.state.clock.now()
        credits = self.state.accounts.state("odds").credits
        return alert_rules.balance(credits, odds.monthly_credits, odds.reset_day, now)

    def _message(self, parcel: tuple[PendingAlert, ...]) -> Message:
        return Message(*self.words([one.change for one in parcel], self.zone))


def sender_within(left: float | None) -> Send | None:
    """What sends within so many seconds (None: as long as it takes); None where there is no time for that,
    and a later run has to.
    """
    if left is None:
        return notify.send
    patience = min(notify.PATIENCE, (left - SPARE) / ROUNDS)
    return partial(notify.send, patience=patience) if patience >= LEAST_PATIENCE else None


def send_test(
    settings: Settings, env: Mapping[str, str], send: Send = notify.send
) -> list[tuple[Channel, str | None]]:
    """Send a test message through each channel, in the order configured; None for those that took it, else
    why not.

    Raises `ConfigError` where there is no channel, or nothing to send with.
    """
    channels = notify.channels(settings.notify.urls, env)
    if not channels:
        raise ConfigError(
            "notify.urls names no channel",
            hint='add an Apprise address to [notify], such as urls = ["ntfy://your-topic"]',
        )
    message = Message(
        "oddsctl: test message",
        "This channel hears what [notify] on names: " + ", ".join(settings.notify.on) + ".",
    )
    results = send(dict.fromkeys(channels, message))
    if notify.NOT_INSTALLED in results.values():
        raise ConfigError(
            "notify.urls needs Apprise, which is not installed", hint="pip install 'oddsctl[notify]'"
        )
    return [(channel, results[channel]) for channel in channels]


def _lines(store: Store) -> Iterator[BestPrices]:
    """The best head-to-head prices of every game on a stored board; of several boards with the same books the
    newest counts.
    """
    boards = [kept for key in store.scan(BOARDS) if (kept := cached_entry(store.read(key)))]
    found: dict[tuple[str, str], BestPrices] = {}
    for kept in sorted(boards, key=lambda kept: kept.fetched_at):
        if isinstance(kept.job, OddsJob) and isinstance(kept.answer, Events) and "h2h" in kept.job.markets:
            books = ", ".join(kept.job.bookmakers or kept.job.regions)
            found |= {
                (event.id, books): line for event in kept.answer.games if (line := _line(event, books)).prices
            }
    yield from found.values()


def _line(event: OddsEvent, books: str) -> BestPrices:
    best: dict[str, float] = {}
    for price in event.prices:
        if price.market == "h2h" and price.price > 1:
            best[price.outcome] = max(price.price, best.get(price.outcome, 0.0))
    return BestPrices(event.id, f"{event.away} @ {event.home}", event.commence_time, books, best)


def _state(value: JSON) -> AlertState:
    return unreadable_rows.salvaged(KEY, AlertState, value, "what is stored of alerts")
