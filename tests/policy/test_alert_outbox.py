"""The outbox: everyone is told once, nobody is kept waiting by a dead sender, and nobody is tried for
ever.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.policy.alert_outbox import (
    ATTEMPTS,
    KEEP,
    LEASE,
    LONGEST_WAIT,
    MOST,
    Outbox,
    claim,
    delivered,
    failed,
    is_quiet,
    put,
)
from oddsctl.policy.alert_rules import Change, HealthChanged
from oddsctl.store import codec
from tests.policy.machine import machine_in

NOW = 1_795_000_000.0
BOTH = ("a", "b")


def change(name: str) -> Change:
    return HealthChanged(name, "healthy", "unhealthy")


def filled(*names: str, channels: tuple[str, ...] = BOTH) -> Outbox:
    return put(Outbox(), map(change, names), channels, NOW)


def test_all_that_waits_goes_as_one_message_to_each_channel() -> None:
    box, parcels = claim(filled("x", "y"), BOTH, "me", NOW)
    assert {channel: [one.change for one in parcel] for channel, parcel in parcels.items()} == {
        "a": [change("x"), change("y")],
        "b": [change("x"), change("y")],
    }
    for channel, parcel in parcels.items():
        box = delivered(box, channel, "me", parcel)
    assert box == Outbox(next=2)


def test_what_one_is_sending_nobody_else_sends_until_the_claim_runs_out() -> None:
    box, mine = claim(filled("x"), BOTH, "me", NOW)
    assert claim(box, BOTH, "you", NOW + LEASE - 1) == (box, {})
    box, yours = claim(box, BOTH, "you", NOW + LEASE)
    assert yours == mine


def test_a_late_delivery_counts_and_takes_nothing_from_the_next_sender() -> None:
    box, parcels = claim(filled("x"), BOTH, "me", NOW)
    box, _ = claim(box, BOTH, "you", NOW + LEASE)
    box = delivered(box, "a", "me", parcels["a"])
    assert [one.failed.keys() for one in box.waiting] == [{"b"}]
    assert failed(box, "b", "me", parcels["b"], NOW + LEASE) == (box, 0)
    assert box.turns["a"].owner == "you"


def test_a_channel_that_failed_is_tried_later_and_the_other_is_not_told_again() -> None:
    box, parcels = claim(filled("x"), BOTH, "me", NOW)
    box = delivered(box, "a", "me", parcels["a"])
    box, lost = failed(box, "b", "me", parcels["b"], NOW)
    assert lost == 0
    assert claim(box, BOTH, "me", NOW + 59)[1] == {}
    assert claim(box, BOTH, "me", NOW + 60)[1].keys() == {"b"}


def test_tries_are_ever_further_apart_and_come_to_an_end() -> None:
    box, now, tries = filled("x", channels=("a",)), NOW, list[float]()
    while box.waiting:
        box, parcels = claim(box, ("a",), "me", now)
        if parcels:
            tries.append(now)
            box, lost = failed(box, "a", "me", parcels["a"], now)
            assert lost == (len(tries) == ATTEMPTS)
        now += 60
    gaps = [after - before for before, after in pairwise(tries)]
    assert gaps == [60, 120, 240, 480, 960, 1920, 3840, *[LONGEST_WAIT] * 4]


def test_what_is_new_waits_with_a_channel_that_is_put_off() -> None:
    box, parcels = claim(filled("x", channels=("a",)), ("a",), "me", NOW)
    box, _ = failed(box, "a", "me", parcels["a"], NOW)
    box = put(box, [change("y")], ("a",), NOW + 10)
    assert claim(box, ("a",), "me", NOW + 20)[1] == {}
    assert len(claim(box, ("a",), "me", NOW + 70)[1]["a"]) == 2


def test_a_channel_no_longer_configured_is_forgotten() -> None:
    assert claim(filled("x"), (), "me", NOW)[0] == Outbox(next=1)


def test_nobody_wants_to_hear_it_after_days() -> None:
    assert claim(filled("x"), BOTH, "me", NOW + KEEP + 1) == (Outbox(next=1), {})


def test_of_too_many_the_oldest_give_way() -> None:
    box = filled(*map(str, range(MOST + 5)))
    assert [one.number for one in box.waiting] == list(range(5, MOST + 5))


def test_a_claim_and_a_wait_written_under_a_clock_that_was_wrong_hold_nobody() -> None:
    ahead = NOW + 10 * 86400
    box, parcels = claim(put(Outbox(), [change("x")], BOTH, ahead), BOTH, "me", ahead)
    box, _ = failed(box, "a", "me", parcels["a"], ahead)
    assert claim(box, BOTH, "you", NOW)[1].keys() == {"a", "b"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "claim", "ok", "fail", "die"]), st.sampled_from("ab"), st.integers(0, 90)
        )
    )
)
def test_whatever_happens_no_channel_takes_an_alert_twice(steps: list[tuple[str, str, int]]) -> None:
    """One sender at a time lives; what it was told by a receiver it books.

    A dead one's parcels were never sent.
    """
    box, now, held, heard = Outbox(), NOW, dict[str, tuple[str, tuple[int, ...]]](), set[tuple[str, int]]()
    for number, (step, channel, seconds) in enumerate(steps):
        now += seconds
        box = codec.decode(Outbox, codec.encode(box))
        if step == "put":
            box = put(box, [change("x")], BOTH, now)
        elif step == "claim":
            box, parcels = claim(box, BOTH, str(number), now)
            held |= {to: (str(number), tuple(one.number for one in parcel)) for to, parcel in parcels.items()}
        elif step == "die":
            held.clear()
        elif channel in held:
            owner, numbers = held.pop(channel)
            parcel = tuple(one for one in box.waiting if one.number in numbers)
            if step == "fail":
                box, _ = failed(box, channel, owner, parcel, now)
                continue
            assert not heard & {(channel, one) for one in numbers}
            heard |= {(channel, one) for one in numbers}
            box = delivered(box, channel, owner, parcel)


# ── quiet hours ──

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


@pytest.mark.parametrize(
    ("quiet", "time", "held"),
    [
        ((23 * 60, 7 * 60), "2026-11-20T22:59", False),
        ((23 * 60, 7 * 60), "2026-11-20T23:00", True),
        ((23 * 60, 7 * 60), "2026-11-21T00:00", True),
        ((23 * 60, 7 * 60), "2026-11-21T06:59", True),
        ((23 * 60, 7 * 60), "2026-11-21T07:00", False),
        ((12 * 60, 13 * 60 + 30), "2026-11-21T13:29", True),
        ((12 * 60, 13 * 60 + 30), "2026-11-21T13:30", False),
        ((12 * 60, 13 * 60 + 30), "2026-11-21T03:00", False),
        (None, "2026-11-21T03:00", False),
    ],
)
def test_quiet_hours_are_those_of_the_clock_on_the_wall(
    quiet: tuple[int, int] | None, time: str, held: bool
) -> None:
    assert is_quiet(quiet, BERLIN, at(time)) is held


@pytest.mark.parametrize("night", ["2026-03-28", "2026-10-24"])
def test_they_end_at_seven_also_in_the_night_that_the_clocks_change(night: str) -> None:
    moment = at(f"{night}T23:00")
    while is_quiet((23 * 60, 7 * 60), BERLIN, moment):
        moment += 60
    assert datetime.fromtimestamp(moment, UTC).astimezone(BERLIN).strftime("%H:%M") == "07:00"


def test_who_asks_at_the_same_moment_gets_nothing() -> None:
    box, parcels = claim(filled("x"), BOTH, "me", NOW)
    assert claim(box, BOTH, "you", NOW) == (box, {})
    often = replace(box, turns={"a": replace(box.turns["a"], failures=9)})
    box, _ = failed(often, "a", "me", parcels["a"], NOW)
    assert box.turns["a"].not_before == NOW + LONGEST_WAIT
    assert claim(box, ("a",), "you", NOW)[1] == {}


def test_what_was_claimed_or_put_off_under_a_clock_that_was_ahead_holds_nobody() -> None:
    box, parcels = claim(filled("x"), ("a",), "me", NOW)
    assert claim(box, ("a",), "you", NOW - 1)[1] == parcels
    box, _ = failed(box, "a", "me", parcels["a"], NOW)
    assert claim(box, ("a",), "you", NOW - 1)[1].keys() == {"a"}
    assert claim(box, ("a",), "you", NOW + 1)[1] == {}


def test_what_a_late_sender_delivered_ends_the_wait_that_was_put_on_the_channel() -> None:
    box, parcels = claim(filled("x"), ("a",), "me", NOW)
    box, _ = failed(box, "a", "me", parcels["a"], NOW)
    assert delivered(box, "a", "you", parcels["a"]).turns == {}


def test_a_sender_without_a_claim_may_deliver_and_cannot_fail() -> None:
    box = filled("x", channels=("a",))
    assert delivered(box, "a", "me", box.waiting) == Outbox(next=1)
    assert failed(box, "a", "me", box.waiting, NOW) == (box, 0)


def test_only_what_was_sent_has_failed_and_only_there() -> None:
    box, parcels = claim(filled("x"), BOTH, "me", NOW)
    box = put(box, [change("later")], BOTH, NOW)
    box = delivered(box, "a", "me", parcels["a"])
    box, lost = failed(box, "b", "me", parcels["b"], NOW)
    assert lost == 0
    assert [one.failed for one in box.waiting] == [{"b": 1}, {"a": 0, "b": 0}]
    box, parcels = claim(box, ("a", "b"), "you", NOW)
    box, _ = failed(box, "a", "you", parcels["a"], NOW)
    assert [one.failed for one in box.waiting] == [{"b": 1}, {"a": 1, "b": 0}]


def test_channels_no_longer_configured_are_forgotten_with_their_turns() -> None:
    box, parcels = claim(filled("x"), BOTH, "me", NOW)
    box, _ = failed(box, "b", "me", parcels["b"], NOW)
    box, _ = claim(box, ("a",), "me", NOW + 1)
    assert box.turns.keys() == {"a"}


def test_an_alert_waits_two_days_and_no_longer() -> None:
    assert claim(filled("x"), ("a",), "me", NOW + KEEP)[1].keys() == {"a"}
    assert claim(filled("x"), ("a",), "me", NOW + KEEP + 1)[1] == {}


@pytest.mark.parametrize(
    ("clock", "quiet"), [("12:59", False), ("13:00", True), ("14:59", True), ("15:00", False)]
)
def test_quiet_hours_begin_with_their_first_minute(clock: str, quiet: bool) -> None:
    moment = datetime.fromisoformat(f"2026-11-20T{clock}").replace(tzinfo=UTC).timestamp()
    assert is_quiet((13 * 60, 15 * 60), ZoneInfo("UTC"), moment) is quiet


def test_quiet_hours_do_not_hang_on_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 11, 20, 13, 30, tzinfo=UTC).timestamp()
    with machine_in(monkeypatch, "Asia/Tokyo"):
        assert is_quiet((13 * 60, 14 * 60), ZoneInfo("UTC"), moment)
