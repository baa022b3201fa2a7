"""What every store promises, whatever it keeps its state in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oddsctl.domain.ports import JSON, Store
from oddsctl.store.disk import DiskStore
from oddsctl.store.memory import MemoryStore
from tests.store.store_kit import ReopenedStore, WaitingClock, add_one, put

LAW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(params=["memory", "disk", "reopened"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "disk":
        made = DiskStore(tmp_path / "state", WaitingClock())
    else:
        made = ReopenedStore(tmp_path / "state")
    yield made
    made.close()


def test_a_key_that_was_never_written_reads_as_none(store: Store) -> None:
    assert store.read("bucket") is None


def test_an_update_keeps_the_new_value_and_hands_on_the_answer(store: Store) -> None:
    assert store.update("bucket", lambda old: ({"tokens": 4}, f"was {old}")) == "was None"
    assert store.read("bucket") == {"tokens": 4}


def test_a_change_sees_what_was_last_written(store: Store) -> None:
    store.update("bucket", put({"tokens": 4}))
    assert store.update("bucket", lambda old: ({"tokens": old["tokens"] - 1}, old)) == {"tokens": 4}
    assert store.read("bucket") == {"tokens": 3}


def test_keys_do_not_touch_each_other(store: Store) -> None:
    store.update("a", put(1))
    store.update("A", put(2))
    assert (store.read("a"), store.read("A")) == (1, 2)


@pytest.mark.parametrize("falsy", [0, False, "", [], {}])
def test_an_empty_value_is_a_value(store: Store, falsy: JSON) -> None:
    store.update("key", put(falsy))
    assert store.read("key") == falsy
    assert store.read("key") is not None
    assert list(store.scan("")) == ["key"]


def test_a_new_value_of_none_deletes(store: Store) -> None:
    store.update("bucket", put(1))
    store.update("bucket", put(None))
    assert store.read("bucket") is None
    assert list(store.scan("")) == []


def test_none_for_a_key_that_is_not_there_writes_nothing(store: Store) -> None:
    store.update("bucket", put(None))
    assert list(store.scan("")) == []


def test_a_new_value_that_is_the_old_one_is_not_written(store: Store) -> None:
    """Seen by a change that breaks the rule and alters the old value in place: what is kept stays as it
    was.
    """

    def meddle(old: Any) -> tuple[JSON, None]:
        old.append(2)
        return old, None

    store.update("list", put([1]))
    store.update("list", meddle)
    assert store.read("list") == [1]


def test_a_change_that_raises_changes_nothing_and_wedges_nobody(store: Store) -> None:
    trouble = OSError("of the caller's own")

    def change(_old: JSON) -> tuple[JSON, None]:
        raise trouble

    store.update("bucket", put(1))
    with pytest.raises(OSError, match="of the caller's own") as caught:
        store.update("bucket", change)
    assert caught.value is trouble
    assert store.read("bucket") == 1
    assert store.update("bucket", add_one) == 2


@pytest.mark.parametrize("no_json", [object(), {1, 2}, float("nan"), [float("inf")]])
def test_what_is_no_json_is_refused_and_changes_nothing(store: Store, no_json: object) -> None:
    store.update("bucket", put(1))
    with pytest.raises((TypeError, ValueError)):
        store.update("bucket", put(no_json))
    assert store.read("bucket") == 1


def test_nobody_can_change_the_state_by_holding_on_to_a_value(store: Store) -> None:
    mine = {"tokens": [4]}
    store.update("bucket", put(mine))
    mine["tokens"].append(5)
    store.read("bucket")["tokens"].append(6)
    assert store.read("bucket") == {"tokens": [4]}


def test_delete_forgets_and_is_no_error_where_nothing_is(store: Store) -> None:
    store.update("bucket", put(1))
    store.delete("bucket")
    store.delete("bucket")
    assert store.read("bucket") is None


@LAW
@given(value=PLAIN.filter(lambda value: value is not None))
def test_any_json_comes_back_as_it_was(store: Store, value: JSON) -> None:
    store.update("key", put(value))
    assert store.read("key") == value


@LAW
@given(
    keys=st.sets(st.text(alphabet="ab/%_*?[\x00\x7fé\U0001f3c8\U0010ffff", max_size=4), max_size=8),
    prefix=st.text(alphabet="a/%_\U0010ffff", max_size=2),
)
def test_a_scan_gives_the_keys_with_the_prefix_ascending_whatever_their_letters(
    store: Store, keys: set[str], prefix: str
) -> None:
    for key in list(store.scan("")):
        store.delete(key)
    for key in keys:
        store.update(key, put(1))
    assert list(store.scan(prefix)) == sorted(key for key in keys if key.startswith(prefix))


def test_keys_may_be_deleted_while_they_are_scanned(store: Store) -> None:
    for key in "abc":
        store.update(key, put(1))
    for key in store.scan(""):
        store.delete(key)
    assert list(store.scan("")) == []


def test_updates_of_several_threads_lose_none(store: Store) -> None:
    def work() -> None:
        for _ in range(10):
            store.update("count", add_one)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read("count") == 40
