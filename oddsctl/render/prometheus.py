"""Metrics in Prometheus' text format, through its own exposition; the only user of prometheus_client.

Nothing is counted here.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from oddsctl.domain.errors import StateError
from oddsctl.policy.call_stats import BOUNDS_MS, CallStats
from oddsctl.services.metrics import Metrics

HEALTH = {"healthy": 1.0, "degraded": 0.5, "unhealthy": 0.0}
"""An API whose health is unknown has no sample: no number would be true."""
READABLE = 0o644
"""node_exporter reads as another user."""


def exposition(metrics: Metrics, *, demo: bool = False) -> str:
    """The page that Prometheus scrapes."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(metrics))
    mark = "# DEMO DATA: simulated providers, nothing here is real\n" if demo else ""
    return mark + generate_latest(registry).decode()


def write_whole(path: Path, text: str) -> None:
    """Write the file so that no reader ever sees a part of it.

    Raises `StateError` where it cannot be written.
    """
    path = path.resolve()  # what a link points to is written, the link stays
    if path.exists() and not path.is_file():
        raise StateError(f"{path} is not a regular file", hint="name a file with --output")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fchmod(descriptor, READABLE)
                os.fsync(descriptor)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StateError(
            f"{path} cannot be written ({error.strerror})", hint="name another file with --output"
        ) from None


class _Collector(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        now = self._metrics
        for name, what, value in (
            ("used", "Credits used this month, as last reported by The Odds API.", now.credits_used),
            (
                "remaining",
                "Credits left this month, as last reported by The Odds API.",
                now.credits_remaining,
            ),
            ("reserved", "Credits set aside for calls under way.", now.credits_reserved),
            (
                "maybe_charged",
                "Credits that calls may have been charged and that no balance shows yet.",
                now.credits_maybe_charged,
            ),
        ):
            gauge = GaugeMetricFamily(f"oddsctl_credits_{name}", what)
            if value is not None:
                gauge.add_metric([], value)
            yield gauge
        yield _gauge(
            "oddsctl_tokens",
            "Tokens in the rate limiter's bucket; below 0 where calls are booked ahead.",
            now.tokens,
        )
        yield _counter(
            "oddsctl_calls", "HTTP requests sent, by how they ended.", ("api", "outcome"), now.calls.items()
        )
        hits = [((api,), count) for api, count in now.hits.items()]
        yield _counter("oddsctl_cache_hits", "Wishes answered from the store while fresh.", ("api",), hits)
        yield _histogram(now.latency)
        yield _gauge(
            "oddsctl_breaker_open",
            "1 while calls of some kind are not let through, else 0.",
            now.breaker_open,
        )
        known = {api: HEALTH[word] for api, word in now.health.items() if word in HEALTH}
        yield _gauge(
            "oddsctl_health", "1 healthy, 0.5 degraded, 0 unhealthy; no sample while unknown.", known
        )
        ages = GaugeMetricFamily(
            "oddsctl_oldest_answer_seconds", "Age of the oldest stored answer.", labels=("api", "sport")
        )
        for (api, sport), age in sorted(now.oldest.items()):
            ages.add_metric((api, sport), age)
        yield ages
        yield _counter(
            "oddsctl_windows",
            "Windows before games, by what became of them.",
            ("window", "outcome"),
            now.windows.items(),
        )


def _gauge(name: str, what: str, values: Mapping[str, float]) -> Metric:
    gauge = GaugeMetricFamily(name, what, labels=("api",))
    for api, value in values.items():
        gauge.add_metric((api,), value)
    return gauge


def _counter(
    name: str, what: str, labels: tuple[str, ...], counts: Iterable[tuple[tuple[str, ...], int]]
) -> Metric:
    """The text format adds `_total` to the name."""
    counter = CounterMetricFamily(name, what, labels=labels)
    for values, count in sorted(counts):
        counter.add_metric(values, count)
    return counter


def _histogram(tallies: Mapping[str, CallStats]) -> Metric:
    histogram = HistogramMetricFamily("oddsctl_latency_seconds", "How long answers took.", labels=("api",))
    bounds = [*(f"{bound / 1000:g}" for bound in BOUNDS_MS), "+Inf"]
    for api, tally in tallies.items():
        counts = accumulate(tally.latency or (0,) * len(bounds))
        histogram.add_metric((api,), list(zip(bounds, counts, strict=True)), tally.answer_seconds)
    return histogram
