"""What surrounds a key beyond doubt is left out; what is no key is named, and never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.api_key import UnusableKeyError, cleaned, core

KEY = "0123456789abcdef0123456789abcdef"
KEYS = (KEY, "test-key-0123456789", "sk_live.4eC39HqL", "dGVzdC1rZXk=", "a+b/c==", "sandbox")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "around",
    [
        *("{}", " {} ", "{}\n", "{}\r\n", "\n\n{}\n", "\t{}\t", "{}\nsecond line\n"),
        *('"{}"', "'{}'", "`{}`", "“{}”", "„{}“", "‘{}’", "«{}»", "″{}″", '" {} "', "'\"{}\"'", '\\"{}\\"'),  # noqa: RUF001
        *(
            "\ufeff{}",
            "\ufeff\ufeff{}",
            "\u200b{}\u200b",
            "\u00a0{}\u00a0",
            "\u2003{}",
            "\u2060{}\u200d",
            "{}\0",
        ),
        *(
            "ODDS_API_KEY={}",
            "export ODDS_API_KEY={}",
            "ODDS_API_KEY = {}",
            "ODDS_API_KEY: {}",
            "api_key: '{}'",
            "apiKey={}",
        ),
        *(
            'ODDS_API_KEY="{}"',
            "export ODDS_API_KEY='{}'",
            '"ODDS_API_KEY={}"',
            '$env:ODDS_API_KEY = "{}"',
            "set MY_ODDS_KEY={}",
        ),
        *(
            "{} # the free plan",
            "ODDS_API_KEY={}  # the free plan",
            "{};",
            'api_key = "{}",',
            "# comment\n{}",
        ),
        *("TZ=UTC\nODDS_API_KEY={}\n", "OTHER_KEY=x\nODDS_API_KEY={}\n", "DEBUG=1\nTHE_ODDS_KEY={}\nLAST=2"),
    ],
)
def test_what_is_certainly_not_of_the_key_is_left_out(around: str, key: str) -> None:
    assert cleaned(around.format(key)) == key


@pytest.mark.parametrize(
    "empty", ["", " ", "\n", '""', "''", "“”", "\ufeff", "# comment only", "\u200b\n\u00a0"]
)
def test_nothing_is_no_key(empty: str) -> None:
    assert cleaned(empty) == ""


@pytest.mark.parametrize(
    "text",
    [
        *(
            "your-key-here",
            "YOUR_API_KEY",
            "your_odds_api_key",
            "<your key>",
            "<key>",
            "[key]",
            "{{ odds_key }}",
            "{key}",
            "YourKey",
        ),
        *(
            "...",
            "…",
            "changeme",
            "CHANGE_ME",
            "change-me-please",
            "replace-me",
            "insert-key-here",
            "paste your key here",
            "TODO",
            "TBD",
        ),
        *(
            "${ODDS_API_KEY}",
            "$ODDS_API_KEY",
            "$(pass show odds)",
            "%ODDS_API_KEY%",
            "op://vault/odds/key",
            "env:ODDS_API_KEY",
        ),
        *(
            "file:/run/secrets/odds",
            "@Microsoft.KeyVault(SecretUri=x)",
            "xxxxxxxx",
            "********",
            "0000000000000000",
            "abcd****",
            "012345...",
        ),
        *(
            "ODDS_API_KEY",
            "api-key",
            "apikey",
            "key",
            "none",
            "null",
            "undefined",
            "ODDS_API_KEY=your-key-here",
            '"changeme"',
        ),
    ],
)
def test_what_only_stands_for_a_key_is_named(text: str) -> None:
    with pytest.raises(UnusableKeyError, match=r"placeholder|reference"):
        cleaned(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{KEY[:16]} {KEY[16:]}", "a blank"),
        (f"{KEY[:16]}\u00a0{KEY[16:]}", "a blank"),
        (f'"{KEY}', "a quotation mark"),
        (f"{KEY}”", "a quotation mark"),
        (f"{KEY[:16]}\u0435{KEY[16:]}", r"the character U\+0435"),
        (f"{KEY[:16]}\x1b{KEY[16:]}", r"the character U\+001B"),
        (f"https://api.the-odds-api.com/v4/sports?apiKey={KEY}", "an address"),
        (f'{{"odds": ["{KEY}"], "x": 1', "the character {"),
        (KEY * 20, "640 characters"),
        ("-----BEGIN PRIVATE KEY-----", "a blank"),
    ],
)
def test_what_can_be_no_key_is_named_and_not_shown(text: str, says: str) -> None:
    with pytest.raises(UnusableKeyError, match=says) as caught:
        cleaned(text)
    assert KEY[:16] not in str(caught.value)


@given(st.text(max_size=60))
def test_whatever_stands_there_a_key_is_visible_ascii_and_nothing_else_escapes(text: str) -> None:
    try:
        key = cleaned(text)
    except UnusableKeyError:
        return
    assert all("!" <= char <= "~" and char not in "\"'`<>" for char in key)


@given(
    st.text(
        st.characters(min_codepoint=48, max_codepoint=122, exclude_characters=":;<=>?@[\\]^_`#"),
        min_size=20,
        max_size=40,
    )
)
def test_a_key_is_left_as_it_is(key: str) -> None:
    assert core(key) == key
