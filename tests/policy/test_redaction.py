"""Redaction: nothing that is secret is left, by name or by value, and what is not stays as it is."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.policy.redaction import MASK, SHORTEST, by_name, by_value, in_document, is_name_of_secret

KEY = "0123456789abcdef/+ 'q\"=ü"
keys = st.text(st.characters(codec="utf-8", exclude_characters="*").filter(str.isprintable), min_size=SHORTEST, max_size=40)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET /v4/odds?apiKey=abc123&regions=us 200", "GET /v4/odds?apiKey=***&regions=us 200"),
        ("GET /v4/odds?regions=us&APIKEY=abc123", "GET /v4/odds?regions=us&APIKEY=***"),
        ("?url=https%3A%2F%2Fh%2F%3FapiKey%3Dabc123%26regions%3Dus", "?url=https%3A%2F%2Fh%2F%3FapiKey%3D***%26regions%3Dus"),
        ("apiKey%253Dabc%2526x", "apiKey%253D***%2526x"),
        ("/?key=abc&x=1", "/?key=***&x=1"),
        ("Authorization: Bearer abc.def-123", "Authorization: ***"),
        ("{'Authorization': 'Basic dXNlcjpwYXNz', 'Accept': '*/*'}", "{'Authorization': '***', 'Accept': '*/*'}"),
        ('{"client_secret": "a\\"b c", "x": 1}', '{"client_secret": "***", "x": 1}'),
        ('"{\\"password\\": \\"a b\\", \\"x\\": 1}"', '"{\\"password\\": \\"***\\", \\"x\\": 1}"'),
        ("[('apiKey', 'abc'), ('regions', 'us')]", "[('apiKey', '***'), ('regions', 'us')]"),
        ("Set-Cookie: a=b; c=d\nServer: x", "Set-Cookie: ***\nServer: x"),
        ("proxy http://user:pass@host:3128/", "proxy http://***@host:3128/"),
        ("ODDS_API_KEY=abc123", "ODDS_API_KEY=***"),
        ("passwd = hunter2, next", "passwd = ***, next"),
    ],
)
def test_what_a_name_announces_is_masked_and_the_rest_stays(text: str, left: str) -> None:
    assert by_name(text) == left


@pytest.mark.parametrize(
    "text",
    [
        '{"tokens": 4.2, "capacity": 5}',
        "no key for The Odds API: the variable ODDS_API_KEY is not set",
        'odds.key = "env:ODDS_API_KEY"',
        "odds/board/americanfootball_nfl: asking (3 credits, own)",
        "https://api.the-odds-api.com/v4/sports?all=true",
    ],
)
def test_innocent_text_is_left_alone(text: str) -> None:
    assert by_name(text) == text


@given(key=keys, before=st.text(max_size=5), after=st.text(max_size=5))
def test_a_known_value_is_found_however_it_is_written(key: str, before: str, after: str) -> None:
    hide = by_value([key])
    for spelled in (key, quote(key, safe=""), quote_plus(key), quote(quote(key, safe="")), json.dumps(key)[1:-1], repr(key)[1:-1]):
        assert MASK in hide(before + spelled + after), spelled


def test_letter_case_and_full_encoding_do_not_help_a_key() -> None:
    hide = by_value(["Test-Key-1234"])
    everything_encoded = "".join(f"%{ord(char):02X}" for char in "Test-Key-1234")
    assert hide(f"a TEST-KEY-1234 b {everything_encoded} c") == "a *** b *** c"


def test_the_longer_of_two_values_goes_first() -> None:
    assert by_value(["longsecret", "longsecret-and-more"])("longsecret-and-more") == MASK


def test_short_values_are_not_worth_hiding() -> None:
    assert by_value(["nfl"])("fetch nfl") == "fetch nfl"


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner)))
def test_a_document_without_secrets_stays_as_it_is(document: object) -> None:
    assert in_document(document, lambda text: text) == document or any(map(is_name_of_secret, json.dumps(document).split('"')))


def test_a_document_is_masked_by_field_and_by_value() -> None:
    document = {"apiKey": "x", "tokens": 3.5, "rows": [{"text": f"was {KEY} here"}, None], KEY: 1}
    assert in_document(document, by_value([KEY])) == {"apiKey": MASK, "tokens": 3.5, "rows": [{"text": "was *** here"}, None], MASK: 1}
