"""What Prometheus reads: the promised names, through its own parser, and never half a file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from prometheus_client.parser import text_string_to_metric_families

from oddsctl.domain.errors import StateError
from oddsctl.domain.settings import Settings
from oddsctl.policy import call_stats
from oddsctl.policy.call_stats import CallStats
from oddsctl.records.call_report import CallReport
from oddsctl.records.database import RecordsDatabase
from oddsctl.render.prometheus import exposition, write_whole
from oddsctl.services import metrics
from oddsctl.services.metrics import Metrics
from oddsctl.state.shared import SharedState
from oddsctl.store.memory import MemoryLocks, MemoryStore
from tests.fakes import FakeClock

ROOT = Path(__file__).parents[2]
DASHBOARD = ROOT / "docs" / "grafana-dashboard.json"
PROMISED = {
    "oddsctl_credits_used", "oddsctl_credits_remaining", "oddsctl_credits_reserved",
    "oddsctl_credits_maybe_charged", "oddsctl_tokens",
    "oddsctl_calls_total", "oddsctl_cache_hits_total", "oddsctl_latency_seconds", "oddsctl_breaker_open",
    "oddsctl_health",
    "oddsctl_oldest_answer_seconds", "oddsctl_windows_total",
}  # fmt: skip


def three_answers() -> CallStats:
    counted = CallStats()
    for seconds in (0.04, 0.2, 100.0):
        counted = call_stats.count(counted, failed=False, retry=False, seconds=seconds)
    return counted


FULL = Metrics(
    credits_used=123,
    credits_remaining=377,
    credits_reserved=3,
    credits_maybe_charged=6,
    tokens={"odds": 4.5, "espn": -1.0},
    calls={("odds", "FETCHED"): 41, ("odds", "TIMEOUT"): 2},
    hits={"odds": 120},
    latency={"odds": three_answers(), "espn": CallStats()},
    breaker_open={"odds": False, "espn": True},
    health={"odds": "healthy", "espn": "unhealthy", "weather": "unknown"},
    oldest={("odds", "nfl"): 61.5, ("weather", ""): 5.0},
    windows={("2h", "captured"): 7, ("30m", "missed"): 1},
)

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    families = list(text_string_to_metric_families(text))
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


def of(text: str, name: str, **labels: str) -> float:
    return samples(text)[name, tuple(sorted(labels.items()))]


def test_every_promised_metric_is_told_under_its_name_and_no_other() -> None:
    text = exposition(FULL)
    assert set(re.findall(r"^# TYPE (\w+) ", text, flags=re.MULTILINE)) == PROMISED
    assert set(re.findall(r"^# HELP (\w+) .", text, flags=re.MULTILINE)) == PROMISED


def test_each_number_is_told_with_its_labels() -> None:
    text = exposition(FULL)
    assert of(text, "oddsctl_credits_used") == 123
    assert of(text, "oddsctl_credits_maybe_charged") == 6
    assert of(text, "oddsctl_tokens", api="espn") == -1
    assert of(text, "oddsctl_calls_total", api="odds", outcome="TIMEOUT") == 2
    assert of(text, "oddsctl_cache_hits_total", api="odds") == 120
    assert of(text, "oddsctl_breaker_open", api="espn") == 1
    assert of(text, "oddsctl_oldest_answer_seconds", api="odds", sport="nfl") == 61.5
    assert of(text, "oddsctl_windows_total", window="2h", outcome="captured") == 7


def test_the_histogram_is_cumulative_with_count_and_sum() -> None:
    text = exposition(FULL)
    buckets = [
        (labels, value)
        for (name, labels), value in samples(text).items()
        if name.endswith("_bucket") and ("api", "odds") in labels
    ]
    values = [value for _, value in buckets]
    assert values == sorted(values)
    assert len(buckets) == len(call_stats.BOUNDS_MS) + 1
    assert of(text, "oddsctl_latency_seconds_bucket", api="odds", le="0.05") == 1
    assert of(text, "oddsctl_latency_seconds_bucket", api="odds", le="0.2") == 2
    assert of(text, "oddsctl_latency_seconds_bucket", api="odds", le="+Inf") == 3
    assert of(text, "oddsctl_latency_seconds_count", api="odds") == 3
    assert of(text, "oddsctl_latency_seconds_sum", api="odds") == pytest.approx(100.24)
    assert of(text, "oddsctl_latency_seconds_count", api="espn") == 0


def test_what_is_not_known_has_no_sample() -> None:
    told = {
        name
        for name, _ in samples(
            exposition(replace(FULL, credits_used=None, credits_remaining=None, windows={}))
        )
    }
    assert not told & {"oddsctl_credits_used", "oddsctl_credits_remaining", "oddsctl_windows_total"}
    assert {labels for name, labels in samples(exposition(FULL)) if name == "oddsctl_health"} == {
        (("api", "odds"),),
        (("api", "espn"),),
    }


@pytest.mark.parametrize(("word", "number"), [("healthy", 1.0), ("degraded", 0.5), ("unhealthy", 0.0)])
def test_health_is_a_number(word: str, number: float) -> None:
    assert of(exposition(replace(FULL, health={"odds": word})), "oddsctl_health", api="odds") == number


def test_demo_metrics_are_marked_and_parse_all_the_same() -> None:
    text = exposition(FULL, demo=True)
    assert text.startswith("# DEMO DATA")
    assert samples(text) == samples(exposition(FULL))


# ── gathering ──


def gathered(tmp_path: Path, health: Mapping[str, str] = MappingProxyType({})) -> Metrics:
    clock = FakeClock()
    records = RecordsDatabase(tmp_path, clock, lambda text: None)
    state = SharedState(tmp_path, MemoryStore(), MemoryLocks(), clock, Settings())
    return metrics.gather(state, CallReport(records, clock, Settings()), health)


def test_before_the_first_call_nothing_is_claimed(tmp_path: Path) -> None:
    found = gathered(tmp_path)
    assert (found.credits_used, found.credits_reserved, found.calls, found.oldest, found.windows) == (
        None,
        0,
        {},
        {},
        {},
    )
    assert found.tokens == {"odds": 5, "espn": 5, "weather": 5}
    assert gathered(tmp_path, health={"odds": "degraded"}).health == {"odds": "degraded"}


# ── the file ──

WRITER = """
import sys
from pathlib import Path
from oddsctl.render.prometheus import write_whole
file, pages = Path(sys.argv[1]), [Path(page).read_text() for page in sys.argv[2:]]
for number in range(400):
    write_whole(file, pages[number % len(pages)])
"""


def test_a_reader_in_another_process_never_sees_a_part_of_the_file(tmp_path: Path) -> None:
    long = exposition(replace(FULL, oldest={("odds", f"sport{number}"): 1.0 for number in range(3000)}))
    pages = {"short": exposition(FULL), "long": long}
    for name, text in pages.items():
        (tmp_path / name).write_text(text)
    file = tmp_path / "seen" / "oddsctl.prom"
    file.parent.mkdir()
    write_whole(file, pages["short"])
    command = [sys.executable, "-c", WRITER, str(file), *(str(tmp_path / name) for name in pages)]
    seen: set[str] = set()
    with subprocess.Popen(command, env={"PYTHONPATH": str(ROOT)}) as writer:
        while writer.poll() is None:
            text = file.read_text()
            assert text in pages.values()
            seen.add(text)
    assert writer.returncode == 0
    assert seen == set(pages.values())
    assert all(samples(text) for text in seen)
    assert [left.name for left in file.parent.iterdir()] == ["oddsctl.prom"]


def test_the_file_is_for_node_exporters_eyes_too_and_a_link_stays_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "a.prom", tmp_path / "link.prom"
    link.symlink_to(file)
    write_whole(link, "x 1\n")
    assert (link.is_symlink(), file.read_text(), file.stat().st_mode & 0o777) == (True, "x 1\n", 0o644)


@pytest.mark.parametrize("where", ["missing/a.prom", "folder"])
def test_where_it_cannot_be_written_nothing_is_left_behind(where: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StateError, match=where):
        write_whole(tmp_path / where, "x 1\n")
    assert [left.name for left in tmp_path.rglob("*")] == ["folder"]


# ── the dashboard ──


def test_the_dashboard_asks_for_metrics_that_exist_and_shows_each() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"oddsctl_\w+", target["expr"])
    }
    told = {name for name, _ in samples(exposition(FULL))}
    assert asked <= told
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked} == PROMISED
