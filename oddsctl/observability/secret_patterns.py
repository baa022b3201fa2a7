"""Remove secrets from texts, by names that mark them and by known values.

Pure; discovers no values itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

MASK = "***"
SHORTEST = 8
"""Shortest value worth hiding. No key is shorter, and blanking anything shorter would hit innocent text."""
LONG = 16
"""Length from which a part of an address with letters and digits counts as a token."""

_KEYS = r"(?:account|api|access|auth|encryption|license|master|private|secret|signing)[-_]?key"
_NO_PATH = r"""(?!["'\\]*\s*(?:=>|[=:,])\s*["'\\]*[/~])"""
"""`Pwd=…` is a password, unless a path follows: then it is the working directory."""
_NAMES = (
    rf"(?:{_KEYS}|auth(?:orization)?|pass(?:word|wd|phrase)?|pwd{_NO_PATH}|secret|token|credential|signature)"
)
_END_OF_NAME = r"""["'\\]*\s*(?:=>|[=:]|%(?:25)*3[DA])\s*"""
_SCHEME = r"(?:(?:basic|bearer|digest|negotiate|token|apikey)(?:\s|\+|%(?:25)*20)+)?"
_BARE = r"""(?:(?!%(?:25)*26)[^\s&"',;)}\]<>\\])+"""
_BY_NAME = re.compile(
    rf"""(?P<name>{_NAMES}{_END_OF_NAME}|(?:[?&]|%(?:25)*(?:3F|26))key(?:=|%(?:25)*3D))
    (?:(?P<escaped>\\+["'])(?:(?!(?P=escaped)).)+
        | (?P<quote>["'])(?:\\.|(?!(?P=quote)).)+ | {_SCHEME}{_BARE})""",
    re.IGNORECASE | re.VERBOSE,
)
"""Matches `apiKey=…`, `"apiKey": "…"`, `Authorization: Bearer …`, `apiKey%3D…`, `?key=…`."""
_IN_PAIR = re.compile(rf"""((["'])[\w.-]*{_NAMES}\2,\s*b?(["']))(?:(?!\3).)*""", re.IGNORECASE)
"""Matches `('apiKey', '…')`, as parameters and headers are held in lists."""
_COOKIES = re.compile(r"""(cookie["'\\]*\s*:\s*["']?)[^\r\n"']+""", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@'\"]+@")
"""Matches user and password before a host."""
_NAME = re.compile(rf".*{_NAMES}", re.IGNORECASE)
_VARIABLE = re.compile(rf".*{_NAMES}s?(?:_?\d+)?", re.IGNORECASE)
"""Matches names of variables: those above, and numbered ones (`API_KEY_2`)."""
_DIRECTORIES = {"PWD", "OLDPWD"}
_PUBLIC = ("HOME", "HOSTNAME", "LANG", "LOGNAME", "OLDPWD", "PATH", "PWD", "SHELL", "TERM", "TZ", "USER")
"""Variables whose values are public: a password equal to one of them hides nothing."""
_USER_INFO = re.compile(r"://([^/\s:@]*):([^/\s@]+)@")
_WORDS = {
    *(
        "anonymous",
        "automatic",
        "bearer",
        "changeme",
        "default",
        "disabled",
        "enabled",
        "inherit",
        "localhost",
        "optional",
    ),
    *("password", "postgres", "production", "required", "undefined"),
}
"""Values too common to be hidden wherever they appear."""


def is_name_of_secret(name: str) -> bool:
    """Return True if the name marks a secret: `apiKey`, `ODDS_API_KEY`, `client_secret`; not `tokens`."""
    return _NAME.fullmatch(name) is not None


def secrets_in(environ: Mapping[str, str], is_path: Callable[[str], bool]) -> Iterator[str]:
    """Return the secret values among the variables: by name, or as the password in an address.

    `is_path` tells whether a text that begins like a path is one. Paths, common words and the values of
    public variables are not secret.
    """
    public = {
        part
        for name in _PUBLIC
        for whole in (environ.get(name, ""),)
        for part in (whole, *re.split("[/:]", whole))
    }
    for name, value in environ.items():
        text = value.strip()
        for found in _USER_INFO.finditer(text):
            yield from {found[2], unquote(found[2])}
        if (
            name not in _DIRECTORIES
            and _VARIABLE.fullmatch(name)
            and not _is_common(text, public)
            and not _is_path(text, is_path)
        ):
            yield text


def secrets_in_address(address: str) -> Iterator[str]:
    """Return the address and each of its parts that looks random: a service may show its token alone."""
    yield address
    for part in re.split(r"[/@?&=:,]+", address):
        if len(part) >= LONG and re.search(r"\d", part) and re.search(r"[A-Za-z]", part):
            yield from {part, unquote(part)}


def _is_common(text: str, public: set[str]) -> bool:
    return text in public or text.lower() in _WORDS


def _is_path(text: str, is_path: Callable[[str], bool]) -> bool:
    return text.startswith(("~/", "./", "../", "file:")) or (text.startswith("/") and is_path(text))


def by_name(text: str) -> str:
    """Mask whatever a name in the text marks as secret, URL-encoded or not."""
    text = _COOKIES.sub(rf"\1{MASK}", _IN_PAIR.sub(rf"\1{MASK}", text))
    text = _BY_NAME.sub(lambda found: found["name"] + (found["escaped"] or found["quote"] or "") + MASK, text)
    return in_addresses(text)


def in_addresses(text: str) -> str:
    """Mask user and password before a host."""
    return _IN_ADDRESS.sub(f"{MASK}@", text)


def by_value(values: Iterable[str]) -> Callable[[str], str]:
    """Return a function that masks these values in a text.

    Matches any letter case, and any character escaped or URL-encoded.
    """
    worth = sorted({value for value in values if len(value) >= SHORTEST}, key=len, reverse=True)
    if not worth:
        return lambda text: text
    pattern = re.compile("|".join("".join(map(_spellings, value)) for value in worth), re.IGNORECASE)
    return lambda text: pattern.sub(MASK, text)


def in_document(value: Any, text: Callable[[str], str]) -> Any:
    """Mask every string in a JSON value, including field names; mask fields named like a secret."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {
            text(name): MASK
            if isinstance(inner, str) and _is_secret_field(name, inner)
            else in_document(inner, text)
            for name, inner in value.items()
        }
    return [in_document(inner, text) for inner in value] if isinstance(value, list | tuple) else value


def _is_secret_field(name: str, value: str) -> bool:
    return is_name_of_secret(name) and not (name.upper() in _DIRECTORIES and value.startswith(("/", "~")))


def _spellings(char: str) -> str:
    """Return a regular expression for the character: itself, URL-encoded (even twice), or JSON-escaped."""
    encoded = "".join(f"%(?:25)*{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    units = char.encode("utf-16-be", "surrogatepass")
    escaped = "".join(rf"\\+u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    forms = [rf"\\*{re.escape(char)}", encoded, escaped]
    if char == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"
