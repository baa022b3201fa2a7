"""Redaction: nothing that is secret is left, by name or by value, and what is not stays as it is."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.observability.secret_patterns import (
    MASK,
    SHORTEST,
    by_name,
    by_value,
    in_document,
    is_name_of_secret,
    secrets_in,
    secrets_in_address,
)

KEY = "0123456789abcdef/+ 'q\"=ü"
keys = st.text(
    st.characters(codec="utf-8", exclude_characters="*").filter(str.isprintable),
    min_size=SHORTEST,
    max_size=40,
)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET /v4/odds?apiKey=abc123&regions=us 200", "GET /v4/odds?apiKey=***&regions=us 200"),
        ("GET /v4/odds?regions=us&APIKEY=abc123", "GET /v4/odds?regions=us&APIKEY=***"),
        (
            "?url=https%3A%2F%2Fh%2F%3FapiKey%3Dabc123%26regions%3Dus",
            "?url=https%3A%2F%2Fh%2F%3FapiKey%3D***%26regions%3Dus",
        ),
        ("apiKey%253Dabc%2526x", "apiKey%253D***%2526x"),
        ("/?key=abc&x=1", "/?key=***&x=1"),
        ("Authorization: Bearer abc.def-123", "Authorization: ***"),
        (
            "{'Authorization': 'Basic dXNlcjpwYXNz', 'Accept': '*/*'}",
            "{'Authorization': '***', 'Accept': '*/*'}",
        ),
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
    for spelled in (
        key,
        quote(key, safe=""),
        quote_plus(key),
        quote(quote(key, safe="")),
        json.dumps(key)[1:-1],
        repr(key)[1:-1],
    ):
        assert MASK in hide(before + spelled + after), spelled


def test_letter_case_and_full_encoding_do_not_help_a_key() -> None:
    hide = by_value(["Test-Key-1234"])
    everything_encoded = "".join(f"%{ord(char):02X}" for char in "Test-Key-1234")
    assert hide(f"a TEST-KEY-1234 b {everything_encoded} c") == "a *** b *** c"


def test_the_longer_of_two_values_goes_first() -> None:
    assert by_value(["longsecret", "longsecret-and-more"])("longsecret-and-more") == MASK


def test_short_values_are_not_worth_hiding() -> None:
    assert by_value(["nfl"])("fetch nfl") == "fetch nfl"


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner),
    )
)
def test_a_document_without_secrets_stays_as_it_is(document: object) -> None:
    assert in_document(document, lambda text: text) == document or any(
        map(is_name_of_secret, json.dumps(document).split('"'))
    )


def test_a_document_is_masked_by_field_and_by_value() -> None:
    document = {"apiKey": "x", "tokens": 3.5, "rows": [{"text": f"was {KEY} here"}, None], KEY: 1}
    assert in_document(document, by_value([KEY])) == {
        "apiKey": MASK,
        "tokens": 3.5,
        "rows": [{"text": "was *** here"}, None],
        MASK: 1,
    }


# ── the environment ──

KEY_IN_BASE64 = "/wJalrXUtnFEMI/K7MDENG/bPxRfiCY+E=="


def found(environ: dict[str, str]) -> set[str]:
    return set(secrets_in(environ, lambda text: text.startswith(("/home", "/run", "/tmp", "/usr"))))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ODDS_API_KEY",
            "GITHUB_TOKEN",
            "DB_PASSWORD",
            "MYSQL_PWD",
            "SMTP_PASS",
            "AWS_SECRET_ACCESS_KEY",
            "client_secret",
            "apiKey",
        ),
        *("API_KEY_2", "REGISTRY_CREDENTIALS", "TELEGRAM_TOKENS", "DJANGO_SECRET_KEY", "HTTP_AUTHORIZATION"),
    ],
)
@pytest.mark.parametrize(
    "value", ["0123456789abcdef", KEY_IN_BASE64, " padded-secret-1 ", "correcthorsebattery"]
)
def test_a_variable_that_is_named_like_a_secret_holds_one(name: str, value: str) -> None:
    assert found({name: value}) == {value.strip()}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PWD", "/home/me"),
        ("OLDPWD", "/srv/elsewhere"),
        ("PWD", "//"),
        ("INIT_PWD", "/home/me"),
        ("HOME", "/home/me"),
        ("TZ", "Europe/Berlin"),
        ("SSH_AUTH_SOCK", "/tmp/ssh-abc/agent.1"),
        ("SUDO_ASKPASS", "/usr/bin/ssh-askpass"),
        ("XAUTHORITY", "/home/me/.Xauthority"),
        ("GNOME_KEYRING_CONTROL", "/run/user/1000/keyring"),
        ("PASSWORD_STORE_DIR", "/home/me/.password-store"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/home/me/key.json"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/run/secrets/token"),
        ("VAULT_TOKEN", "~/.vault-token"),
        ("DB_PASSWORD", "/run/secrets/db"),
        ("SMTP_AUTH", "required"),
        ("USE_TOKEN", "disabled"),
        ("TOKENIZERS_PARALLELISM", "sometimes-on"),
        ("XDG_SESSION_TYPE", "wayland-or-x11"),
    ],
)
def test_paths_zones_and_common_words_are_no_secrets(name: str, value: str) -> None:
    assert found({name: value}) == set()


@pytest.mark.parametrize(
    "public",
    [
        {"USER": "gamekeeper"},
        {"HOME": "/var/lib/gamekeeper"},
        {"HOSTNAME": "gamekeeper"},
        {"PATH": "/bin:/opt/gamekeeper/bin"},
    ],
)
def test_a_password_that_everybody_may_know_is_not_blanked_out_of_every_path(public: dict[str, str]) -> None:
    assert found({"DB_PASSWORD": "gamekeeper"} | public) == set()


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "http_proxy", "ALL_PROXY", "DATABASE_URL", "ALERTS"])
def test_the_password_in_an_address_is_secret_whatever_the_variable_is_called(name: str) -> None:
    assert found({name: "socks5h://me:p%40ss-word-1@proxy.example:3128/x"}) == {
        "p%40ss-word-1",
        "p@ss-word-1",
    }
    assert found({name: "http://proxy.example:3128"}) == set()


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV", {"JHMHI8qBe7bk2ZwO5U711o3dV"}),
        (
            "slack://T1JJ3T3L2A/uk4DfcBnbSkj7M5AAA/tSeXsPDU3kzCdHo9",
            {"uk4DfcBnbSkj7M5AAA", "tSeXsPDU3kzCdHo9"},
        ),
        ("ntfy://my-own-odds-topic", set()),
    ],
)
def test_the_tokens_in_an_address_are_secret_without_the_rest_of_it(address: str, parts: set[str]) -> None:
    assert set(secrets_in_address(address)) == {address} | parts


@pytest.mark.parametrize(
    "text",
    [
        "PWD=/home/me",
        "OLDPWD=/srv",
        "{'PWD': '/home/me', 'OLDPWD': '/'}",
        '[("PWD", "/home/me")]',
        "PWD=~/x",
        "pwd => /home",
    ],
)
def test_the_working_directory_is_readable_in_any_text(text: str) -> None:
    assert by_name(text) == text


def test_a_password_named_pwd_is_not() -> None:
    assert by_name("Server=h;Uid=me;Pwd=hunter2;") == "Server=h;Uid=me;Pwd=***;"
    assert in_document({"PWD": "/home/me", "pwd": "hunter2"}, str) == {"PWD": "/home/me", "pwd": MASK}
