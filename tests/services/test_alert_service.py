"""Alerts from the store to a channel: once, also when many look at once, when a channel is down, and when
Apprise is missing.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from oddsctl.domain import settings
from oddsctl.domain.answers import Events
from oddsctl.domain.errors import ConfigError, LockTimeoutError
from oddsctl.domain.http import Quota
from oddsctl.domain.models import OddsEvent, Price
from oddsctl.domain.notices import AlertableNotice, HealthChecked, PickFound, WindowMissed
from oddsctl.domain.odds_api_jobs import OddsJob
from oddsctl.domain.ports import JSON, Store
from oddsctl.domain.requests import Purpose
from oddsctl.domain.settings import Settings
from oddsctl.notify import channels
from oddsctl.notify.channels import NOT_INSTALLED, Channel, Message
from oddsctl.policy.admission import HealthSignal, Receipt
from oddsctl.policy.alert_outbox import LEASE
from oddsctl.render.alerts import MOST_LINES, body, title, words
from oddsctl.services.alerts import KEY, AlertService, Send, send_test
from oddsctl.state.responses import CacheEntry
from oddsctl.state.shared import SharedState
from oddsctl.store.disk import DiskStore
from oddsctl.store.memory import MemoryLocks, MemoryStore
from tests.fakes import FakeClock
from tests.receiver import TOKEN, Receiver

T = TypeVar("T")
UTC_ZONE = ZoneInfo("UTC")
EVERYTHING = settings.NotifySettings(("a://1", "b://2"), ("quota", "health", "picks", "window", "line"))
DOWN = HealthChecked("espn", "unhealthy", "5 failures in a row")


@dataclass
class Post:
    """A stand-in for Apprise: what was sent to which channel, and what goes wrong."""

    sent: list[tuple[str, Message]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def __call__(self, messages: Mapping[Channel, Message]) -> dict[Channel, str | None]:
        results: dict[Channel, str | None] = {}
        for channel, message in messages.items():
            results[channel] = "it is down" if channel.label in self.broken else None
            if channel.label not in self.broken:
                self.sent.append((channel.label, message))
        return results

    def titles(self, label: str = "a://…") -> list[str]:
        return [message.title for to, message in self.sent if to == label]


@dataclass
class House:
    """A store, a clock, settings, and the warnings that were given."""

    store: Store = field(default_factory=MemoryStore)
    clock: FakeClock = field(default_factory=FakeClock)
    rules: settings.NotifySettings = EVERYTHING
    post: Post = field(default_factory=Post)
    warnings: list[str] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings(notify=self.rules)

    @property
    def state(self) -> SharedState:
        return SharedState(Path(), self.store, MemoryLocks(), self.clock, self.settings)

    def run(self, *news: AlertableNotice) -> None:
        self.service(send=self.post).deliver(news)

    def service(self, send: Send = channels.send, env: Mapping[str, str] | None = None) -> AlertService:
        warn = self.warnings.append
        return AlertService(self.state, UTC_ZONE, words, warn, send=send, env=env or {})

    def answered(self, used: int) -> None:
        """An answer of The Odds API told the balance."""
        now = self.clock.now()
        receipt = Receipt("x", "odds", now, now, 0, HealthSignal.ANSWERED, quota=Quota(used, 500 - used, 0))
        self.state.accounts.settle("odds", "me", receipt)

    def bought(self, price: float, markets: tuple[str, ...] = ("h2h",)) -> None:
        now = self.clock.now()
        prices = (
            Price("fanduel", "h2h", "Lions", price),
            Price("betmgm", "h2h", "Lions", 1.2),
            Price("fanduel", "totals", "Over", 9.0),
        )
        events = Events((OddsEvent("e1", now + 86400, "Lions", "Packers", prices),))
        self.state.responses.put(
            CacheEntry(OddsJob("americanfootball_nfl", markets, ("us",)), now, now, 1, Purpose.OWN, events)
        )


@pytest.fixture
def house() -> House:
    return House()


# ── what is told ──


def test_each_channel_is_told_what_changed_and_told_once(house: House) -> None:
    for _ in range(3):
        house.run(DOWN)
    assert house.post.sent == [
        (label, Message("oddsctl: ESPN is unhealthy", "ESPN is unhealthy, was healthy: 5 failures in a row"))
        for label in ("a://…", "b://…")
    ]
    assert house.warnings == []


def test_the_balance_is_that_of_the_books(house: House) -> None:
    for used in (100, 260, 420, 420, 470):
        house.answered(used)
        house.run()
        house.clock.jump(3600)
    lines = [line for to, message in house.post.sent for line in message.body.splitlines() if to == "a://…"]
    month = "the new month begins on Tue 1 Dec 00:00"
    told = [
        f"{left} of 500 credits left ({share} %); {month}" for left, share in ((240, 48), (80, 16), (30, 6))
    ]
    assert [line for line in lines if "left" in line] == told
    assert len([line for line in lines if "at this pace" in line]) == 1


def test_a_line_is_that_of_the_newest_board_with_the_same_books(house: House) -> None:
    house.bought(1.65, markets=("h2h", "spreads"))
    house.run()
    house.clock.jump(3600)
    house.bought(1.85)
    for _ in range(3):
        house.run()
    ((_, message),) = [sent for sent in house.post.sent if sent[0] == "a://…"]
    assert message.title == "oddsctl: a line moved"
    assert message.body.endswith("Lions -154 (1.65) -> -118 (1.85), implied 60.6 % -> 54.1 %, best of us")


def test_several_alerts_are_one_message_and_a_long_one_is_cut() -> None:
    start = 1_795_000_000.0
    changes = (
        WindowMissed("401", "Packers @ Lions", start, 7200.0, "no run came"),
        PickFound("401", "Packers\n@ Lions", start, "spreads", "Lions", -3.5, 1.95, "fanduel", 0.031),
    )
    assert title(changes) == "oddsctl: 2 alerts"
    assert body(changes, UTC_ZONE).splitlines() == [
        "Packers @ Lions (Wed 18 Nov 11:06): the window 2 h before was missed: no run came",
        "Packers @ Lions (Wed 18 Nov 11:06): spreads Lions -3.5 -105 (1.95) at fanduel, edge 3.1 %",
    ]
    assert body(changes * 20, UTC_ZONE).splitlines()[MOST_LINES:] == ["and 20 more"]


def test_quiet_hours_hold_back_and_end_in_one_message(house: House) -> None:
    """It is 11:06 where the clock stands."""
    house.rules = replace(house.rules, quiet=(11 * 60, 12 * 60))
    house.run(DOWN)
    house.clock.jump(1800)
    house.run(replace(DOWN, api="odds"))
    assert house.post.sent == []
    house.clock.jump(1800)
    house.run()
    assert house.post.titles() == ["oddsctl: 2 alerts"]


def test_without_a_channel_nothing_is_looked_at_or_kept(house: House) -> None:
    house.rules = replace(house.rules, urls=())
    house.run(DOWN)
    assert house.store.read(KEY) is None


def test_a_run_with_nothing_to_tell_writes_nothing(house: House) -> None:
    house.run()
    assert house.store.read(KEY) is None


# ── what goes wrong ──


def test_a_channel_that_is_down_hears_it_later_and_the_other_not_twice(house: House) -> None:
    house.post.broken = {"b://…"}
    house.run(DOWN)
    house.run()
    assert house.warnings == ["alert not delivered to b://…: it is down; tried again later"]
    house.post.broken = set()
    house.clock.jump(60)
    house.run()
    assert (len(house.post.titles("a://…")), len(house.post.titles("b://…"))) == (1, 1)


def test_a_killed_sender_silences_nobody_for_long(house: House) -> None:
    def dies(_: Mapping[Channel, Message]) -> dict[Channel, str | None]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.service(send=dies).deliver([DOWN])
    house.run()
    assert house.post.sent == []
    house.clock.jump(LEASE)
    house.run()
    assert house.post.titles() == ["oddsctl: ESPN is unhealthy"]


def test_what_another_run_finds_meanwhile_goes_out_with_it(house: House) -> None:
    def interleaved(messages: Mapping[Channel, Message]) -> dict[Channel, str | None]:
        if not house.post.sent:
            house.run(replace(DOWN, api="odds"))
        return house.post(messages)

    house.service(send=interleaved).deliver([DOWN])
    assert house.post.titles() == ["oddsctl: ESPN is unhealthy", "oddsctl: The Odds API is unhealthy"]


def test_of_many_looking_at_once_one_tells(tmp_path: Path) -> None:
    house = House(DiskStore(tmp_path, FakeClock()))
    house.answered(470)
    start = threading.Barrier(4)

    def look() -> None:
        start.wait()
        house.run(DOWN)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.store.close()
    assert [len(house.post.titles(label)) for label in ("a://…", "b://…")] == [1, 1]


def test_state_that_cannot_be_had_costs_a_warning_and_no_more(house: House) -> None:
    class Locked(MemoryStore):
        def update(self, key: str, change: Callable[[JSON], tuple[JSON, T]]) -> T:
            raise LockTimeoutError("another process has kept the state locked")

    house.store = Locked()
    house.run(DOWN)
    assert house.warnings == ["alerts: another process has kept the state locked"]


def test_state_that_cannot_be_read_is_begun_anew(house: House) -> None:
    house.store.update(KEY, lambda _: ({"told": 7}, None))
    house.run(DOWN)
    assert house.post.titles() == ["oddsctl: ESPN is unhealthy"]


# ── a real receiver ──


def to(
    *urls: str, env: Mapping[str, str] | None = None, patience: float = channels.PATIENCE
) -> list[str | None]:
    """What becomes of a message to each of these addresses."""
    found = channels.channels(urls, env or {})
    results = channels.send(dict.fromkeys(found, Message("hello", "world")), patience)
    return [results[channel] for channel in found]


def test_a_receiver_that_is_down_is_told_when_it_is_up_again(house: House) -> None:
    receiver = Receiver()
    with receiver.up():
        house.rules = replace(house.rules, urls=(receiver.url,))

    def run(*news: AlertableNotice) -> None:
        house.service().deliver(news)

    run(DOWN)
    assert house.warnings == [
        "alert not delivered to json://…: it was not reached, or did not take the message; tried again later"
    ]
    house.clock.jump(60)
    with receiver.up():
        receiver.status = 500
        run()
        receiver.status = 200
        run(replace(DOWN, api="odds"))
        assert receiver.heard == []
        house.clock.jump(120)
        run()
        run()
    assert receiver.titles == ["oddsctl: 2 alerts"]
    assert len(house.warnings) == 2


def test_channels_are_told_side_by_side_and_none_keeps_the_others_waiting() -> None:
    slow, well = Receiver(), Receiver()
    with slow.up(), well.up():
        slow.may_answer.clear()
        assert to(f"{slow.url}?rto=60", well.url, patience=4.0) == ["no answer within 4 s", None]
        assert well.heard[0]["message"] == "world"


def test_many_channels_are_all_told() -> None:
    with ExitStack() as stack:
        receivers = [stack.enter_context(Receiver().up()) for _ in range(6)]
        assert to(*(receiver.url for receiver in receivers)) == [None] * 6
    assert [receiver.titles for receiver in receivers] == [["hello"]] * 6


def test_an_address_may_stand_in_a_variable() -> None:
    with Receiver().up() as receiver:
        results = to("env:HOOK", "env:NOT_THERE", "no-such://x", env={"HOOK": receiver.url})
    assert results == [
        None,
        "the variable NOT_THERE is not set",
        "Apprise knows no such address, or lacks a package for it",
    ]
    assert receiver.titles == ["hello"]


def test_the_process_that_tells_the_channels_knows_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was started with, it writes down itself before anything else of it runs."""
    seen = tmp_path / "seen.json"
    (tmp_path / "sitecustomize.py").write_text(
        f"import json, os\njson.dump(dict(os.environ), open({str(seen)!r}, 'w'))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    secret = "0123456789abcdef"
    for name in (
        "ODDS_API_KEY",
        "MY_OWN_PLACE",
        "ODDSCTL_ODDS_KEY",
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "DATABASE_URL",
        "HOOK",
    ):
        monkeypatch.setenv(name, secret)
    assert to("no such address") == ["Apprise knows no such address, or lacks a package for it"]
    found = json.loads(seen.read_text())
    assert secret not in found.values()
    assert {"PATH", "HOME", "PYTHONPATH", "HTTPS_PROXY"} <= found.keys()


def test_no_address_is_shown_logged_or_kept(
    house: House, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not even with all logging on, and not while the address fails."""
    caplog.set_level(logging.DEBUG - 5)
    with Receiver().up() as receiver:
        urls = (receiver.url, f"json://127.0.0.1:9/{TOKEN}", f"no-such://{TOKEN}", "env:HOOK")
        house.rules = replace(house.rules, urls=urls)
        house.service(env={"HOOK": f"tgram://{TOKEN}"}).deliver([DOWN])
        results = send_test(house.settings, {"HOOK": f"bad {TOKEN}"})
    assert receiver.titles == ["oddsctl: ESPN is unhealthy", "oddsctl: test message"]
    assert caplog.records == []
    logging.getLogger("oddsctl.test").warning("heard again")
    assert [record.getMessage() for record in caplog.records] == ["heard again"]
    printed = capfd.readouterr()
    for text in (*house.warnings, repr(results), str(house.store.read(KEY)), printed.out, printed.err):
        assert TOKEN not in text


def test_without_apprise_a_warning_names_the_remedy_and_the_alert_waits(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    house.rules = replace(house.rules, urls=("json://127.0.0.1:9",))
    house.service().deliver([DOWN])
    assert house.warnings == [f"alert not delivered to json://…: {NOT_INSTALLED}; tried again later"]
    with pytest.raises(ConfigError, match="not installed"):
        send_test(house.settings, {})


def test_a_test_message_needs_a_channel() -> None:
    with pytest.raises(ConfigError, match="no channel") as caught:
        send_test(Settings(), {})
    assert "urls =" in (caught.value.hint or "")


def test_what_is_stored_of_alerts_and_cannot_be_read_costs_itself_alone_and_is_kept(house: House) -> None:
    house.run(DOWN)
    stored = house.store.read(KEY)
    assert isinstance(stored, dict)
    broken = {**stored, "outbox": [{"half": "an alert"}]}
    house.store.update(KEY, lambda _: (broken, None))
    house.run(DOWN)
    (aside,) = house.store.scan(f"damaged/{KEY}/")
    assert house.store.read(aside) == broken
    assert len(house.post.titles()) == 1  # what had been told is still known
