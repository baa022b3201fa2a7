"""Typed values out of JSON: what each reader takes, what it leaves; and whatever bytes arrive, a provider
reads or refuses them.
"""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oddsctl.domain.http import HttpResponse, Secret
from oddsctl.domain.jobs import ForecastJob, GeocodeJob, Job, ScheduleJob
from oddsctl.domain.models import LeftOut, Place
from oddsctl.domain.odds_api_jobs import EventsJob, OddsJob, ScoresJob, SportsJob
from oddsctl.domain.ports import Provider
from oddsctl.domain.provider_errors import BrokenAnswerError, ServerError
from oddsctl.domain.settings import Settings
from oddsctl.providers import json_fields, json_values, registry
from oddsctl.providers.espn import EspnProvider
from oddsctl.providers.json_fields import EntryFilter, JsonObject
from oddsctl.providers.open_meteo import OpenMeteoProvider
from oddsctl.providers.the_odds_api import TheOddsApiProvider
from tests.providers.payloads import ANY_JSON, NOW, read_or_refused

KEY = "test-key-DO-NOT-LEAK"
PROVIDERS = registry.build(Settings(), lambda: Secret(KEY), "oddsctl/test (+https://example.org)")
JOBS: tuple[Job, ...] = (
    OddsJob("x", ("h2h",), ("us",)),
    OddsJob("x", ("h2h",), ("us",), event="e"),
    EventsJob("x"),
    ScoresJob("x"),
    SportsJob(),
    ScheduleJob("football/nfl", "20251127"),
    ForecastJob((Place(1, 1),), 0, 0),
    ForecastJob((Place(1, 1), Place(2, 2)), 0, 0),
    GeocodeJob("London, England"),
)


# ── one value ──


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (-3.5, -3.5),
        ("-3.5", -3.5),
        ("+150", 150.0),
        (" 7 ", 7.0),
        ("1_000", None),
        ("١٢", None),
        ("", None),
        ("EVEN", None),
        ("nan", None),
        ("1e400", None),
        (float("inf"), None),
        (float("nan"), None),
        (10**400, None),
        (True, None),
        (None, None),
        ([1], None),
        ({}, None),
    ],
)
def test_a_number_is_finite_or_none(value: Any, expected: float | None) -> None:
    assert json_values.number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("24", 24), (24.0, 24), ("-60", -60), (24.5, None), ("24/3", None), (False, None)]
)
def test_a_whole_number_has_no_fraction(value: Any, expected: int | None) -> None:
    assert json_values.whole(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Detroit Lions\n", "Detroit Lions"),
        ("Bodø/Glimt", "Bodø/Glimt"),
        (3727, "3727"),
        (" ", None),
        (True, None),
        (1.5, None),
        (10**400, None),
        (["x"], None),
        (None, None),
    ],
)
def test_a_word_is_a_text_that_is_not_blank_or_a_whole_number(value: Any, expected: str | None) -> None:
    assert json_values.text(value) == expected


def test_half_a_surrogate_pair_does_not_reach_what_is_printed_and_kept() -> None:
    assert json_values.text(json.loads(r'"Detroit \ud83c"')) == "Detroit ?"
    assert json_values.text(json.loads(r'"Detroit \ud83c\udfc8"')) == "Detroit 🏈"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2022-09-09T00:20Z", 1_662_682_800.0),
        ("2022-09-09T00:20:00Z", 1_662_682_800.0),
        ("2022-09-08T20:20:00-04:00", 1_662_682_800.0),
        ("2022-09-09T00:20", 1_662_682_800.0),
        (1_662_682_800, 1_662_682_800.0),
        (1_662_682_800_000, None),  # milliseconds
        (-1, None),
        (True, None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("2022-13-01T00:00Z", None),
        ("TBD", None),
        ("", None),
        (None, None),
        ([], None),
    ],
)
def test_a_time_is_read_in_each_form_that_was_seen_and_within_this_century(
    value: Any, expected: float | None
) -> None:
    assert json_values.instant(value) == expected


@pytest.mark.parametrize(
    ("american", "decimal"),
    [
        (-110, 1.9091),  # 1 + 100/110
        ("+150", 2.5),
        (100, 2.0),
        (-100, 2.0),
        (" even ", 2.0),
        ("OFF", None),
        ("", None),
        (99, None),
        (0, None),
        (-1e9, None),  # 1.0 when rounded: no bet
        (None, None),
        (True, None),
    ],
)
def test_american_odds_become_decimal_or_none(american: Any, decimal: float | None) -> None:
    assert json_values.decimal_odds(american) == decimal


@given(st.integers(100, 100_000))
def test_american_odds_of_both_sides_without_a_margin_make_one_whole(american: int) -> None:
    favourite, underdog = json_values.decimal_odds(-american), json_values.decimal_odds(american)
    assert favourite is not None
    assert underdog is not None
    assert 1 / favourite + 1 / underdog == pytest.approx(1, abs=1e-4)


# ── any value ──


@given(ANY_JSON)
@example(-(10**400))
@example("9" * 5000)
@example("\ud800")
def test_no_reader_raises_whatever_the_value(value: Any) -> None:
    read = [
        json_values.number(value),
        json_values.whole(value),
        json_values.instant(value),
        json_values.decimal_odds(value),
    ]
    assert all(one is None or abs(one) < float("inf") for one in read)
    (json_values.text(value) or "").encode()
    assert isinstance(json_fields.fields(value), dict)


@given(st.text())
@example("a\x00b\x1b[31mc\u202ed\ud800")
@example("long " * 100)
def test_a_quote_is_one_short_line_that_can_be_printed(words: str) -> None:
    quoted = json_values.quote(words)
    assert quoted.isprintable()
    assert len(quoted.encode()) <= 4 * json_values.LONGEST_QUOTE
    assert len(quoted) <= json_values.LONGEST_QUOTE


@given(
    st.text(string.printable),
    st.sampled_from(["?apiKey=", "&apiKey=", "?x=1&APIKEY=", " api_key=", "('apiKey="]),
    st.text(string.printable),
)
def test_a_quote_never_repeats_a_key_that_stands_in_a_query_string(
    before: str, name: str, after: str
) -> None:
    assert KEY not in json_values.quote(f"{before}{name}{KEY}{after}")


@given(
    st.text(max_size=40)
    | st.from_regex(r"\d{1,12}|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", fullmatch=True)
)
def test_no_retry_after_silences_a_provider_for_more_than_a_day(header: str) -> None:
    at = json_values.retry_after(HttpResponse(429, {"retry-after": header}, b"", received_at=NOW))
    assert at is None or at <= NOW + 86_400


# ── places in an answer ──


def test_what_is_missing_is_told_with_its_place() -> None:
    sieve = EntryFilter("odds")
    (first,) = sieve.each("the answer", [{"books": [{}, 7]}], "event {}", lambda entry: entry)
    assert len(first.each("books", "book", lambda entry: entry)) == 1
    assert sieve.left_out == LeftOut((("book", 1),), "book 2 of event 1 is not an object")
    with pytest.raises(BrokenAnswerError, match=r"^odds: markets of event 1 is not a list$"):
        first.each("markets", "market", lambda entry: entry)


@given(ANY_JSON)
def test_what_must_be_there_is_there_or_refused(value: Any) -> None:
    entry = JsonObject(EntryFilter("odds"), "event 1", {"it": value})
    for read in (entry.text, entry.number, entry.instant):
        read_or_refused(lambda read=read: read("it"), "odds")  # type: ignore[misc]
    read_or_refused(lambda: entry.each("it", "one", lambda one: one), "odds")


# ── any bytes ──


@given(
    st.binary(max_size=200),
    st.sampled_from([200, 204, 302, 400, 401, 403, 404, 422, 429, 500, 502, 503]),
    st.sampled_from(JOBS),
)
@example(b"[" * 100_000, 200, JOBS[0])
@example(b'{"a":' * 100_000, 429, JOBS[6])
@example(b'{"message":' + b"[" * 900 + b"]" * 900 + b"}", 401, JOBS[0])
@example(b'{"error":true,"reason":' + b"9" * 5000 + b"}", 200, JOBS[6])
@example(b'{"events":[{"competitions":[{"competitors":[{"homeAway":{}}]}]}]}', 200, JOBS[5])
@example(b"\x1f\x8b\x08\x00", 200, JOBS[5])
@example(b'{"events":[]}\xff', 200, JOBS[5])
def test_whatever_bytes_come_under_whatever_status_they_are_read_or_refused(
    body: bytes, status: int, job: Job
) -> None:
    response = HttpResponse(status, {}, body, received_at=NOW)
    found = read_or_refused(lambda: PROVIDERS[job.api].parse(job, response), job.api)
    assert found is None or status == 200


@given(ANY_JSON, st.sampled_from([200, 400, 401, 429, 503]), st.sampled_from(JOBS))
def test_whatever_json_comes_under_whatever_status_it_is_read_or_refused(
    value: Any, status: int, job: Job
) -> None:
    response = HttpResponse(status, {}, json.dumps(value).encode(), received_at=NOW)
    read_or_refused(lambda: PROVIDERS[job.api].parse(job, response), job.api)


@given(
    st.dictionaries(
        st.sampled_from(["x-requests-used", "x-requests-remaining", "x-requests-last", "retry-after"]),
        st.text(max_size=30),
    )
)
def test_whatever_headers_come_the_balance_is_whole_numbers_or_unknown(headers: dict[str, str]) -> None:
    quota = PROVIDERS["odds"].quota(HttpResponse(200, headers, b""))
    assert all(one is None or isinstance(one, int) for one in (quota.used, quota.remaining, quota.last))


@pytest.mark.parametrize(
    ("provider", "job"),
    [
        (TheOddsApiProvider("https://a.example", lambda: Secret("k")), OddsJob("nfl", ("h2h",), ("us",))),
        (EspnProvider("https://b.example", "x/1 (+https://x)"), ScheduleJob("football/nfl", "20260101")),
        (
            OpenMeteoProvider("https://c.example", "https://d.example"),
            ForecastJob((Place(1, 2),), 20000, 20000),
        ),
    ],
    ids=["odds", "espn", "weather"],
)
def test_a_408_is_worth_another_try(provider: Provider, job: Job) -> None:
    with pytest.raises(ServerError):
        provider.parse(job, HttpResponse(408, {}, b""))
