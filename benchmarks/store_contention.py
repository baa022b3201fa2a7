"""How 8 processes share one bucket: our store beside plain transactions of diskcache, in one run.

Nothing is decided here.

`python benchmarks/store_contention.py` takes about 8 seconds. Numbers of one machine compare only with each
other.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diskcache import Cache

from oddsctl.clock import SystemClock
from oddsctl.store.disk import DiskStore

PROCESSES = 8
SECONDS = 3.0

Turn = Callable[[], object]


def take(old: Any) -> tuple[Any, None]:
    """As small as a decision can be: one token of a bucket."""
    tokens = old["tokens"] if old else 0
    return {"tokens": tokens + 1, "at": 1_795_000_000.0, "calls": []}, None


def ours(directory: Path) -> Turn:
    """A turn at our store."""
    store = DiskStore(directory, SystemClock(), lock_wait=60.0)
    return lambda: store.update("provider/odds", take)


def plain(directory: Path) -> Turn:
    """A turn at diskcache alone, with the same JSON."""
    cache = Cache(str(directory), eviction_policy="none", cull_limit=0)

    def turn() -> None:
        with cache.transact(retry=True):
            text = cache.get("provider/odds")
            cache.set("provider/odds", json.dumps(take(json.loads(text) if text else None)[0]))

    return turn


def work(make: Callable[[Path], Turn], directory: Path, start: Any, results: Any) -> None:
    """Take turns for a while; put the seconds that each took."""
    turn = make(directory)
    took = []
    start.wait()
    end = time.monotonic() + SECONDS
    while (begun := time.monotonic()) < end:
        turn()
        took.append(time.monotonic() - begun)
    results.put(took)


def measure(make: Callable[[Path], Turn]) -> list[list[float]]:
    """The seconds of each turn, by process."""
    with tempfile.TemporaryDirectory() as directory:
        make(Path(directory, "state"))()
        start = multiprocessing.Barrier(PROCESSES)
        results: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
        arguments = (make, Path(directory, "state"), start, results)
        processes = [multiprocessing.Process(target=work, args=arguments) for _ in range(PROCESSES)]
        for process in processes:
            process.start()
        took = [results.get() for _ in processes]
        for process in processes:
            process.join()
    return took


def main() -> None:
    """Measure both and print the table."""
    print(f"{PROCESSES} processes, {SECONDS:g} s each, one key")
    print(
        f"{'':<20}{'updates/s':>10}{'median ms':>11}{'p99 ms':>9}{'longest ms':>12}{'fewest/most turns':>19}"
    )
    rates = {}
    for make, name in ((ours, "oddsctl"), (plain, "diskcache alone")):
        took = measure(make)
        turns = [len(each) for each in took]
        every = sorted(seconds * 1000 for each in took for seconds in each)
        rates[name] = len(every) / SECONDS
        middle, high = every[len(every) // 2], every[int(len(every) * 0.99)]
        print(
            f"{name:<20}{rates[name]:>10.0f}{middle:>11.2f}{high:>9.1f}{every[-1]:>12.0f}{min(turns):>10}/{max(turns)}"
        )
    print(f"ratio of the rates: {rates['oddsctl'] / rates['diskcache alone']:.2f}")


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
