"""Texts without their secrets, by the names that announce one and by the values that are known. Pure; finds no value out by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

MASK = "***"
SHORTEST = 8
"""Characters of a value worth hiding: no key is shorter, and blanking less would hit innocent text."""

_NAMES = r"(?:(?:api|access|private)[-_]?key|auth(?:orization)?|pass(?:word|wd|phrase)?|pwd|secret|token|credential|signature)"
_END_OF_NAME = r"""["'\\]*\s*(?:=>|[=:]|%(?:25)*3[DA])\s*"""
_SCHEME = r"(?:(?:basic|bearer|digest|negotiate|token|apikey)(?:\s|\+|%(?:25)*20)+)?"
_BARE = r"""(?:(?!%(?:25)*26)[^\s&"',;)}\]<>\\])+"""
_BY_NAME = re.compile(
    rf"""(?P<name>{_NAMES}{_END_OF_NAME}|(?:[?&]|%(?:25)*(?:3F|26))key(?:=|%(?:25)*3D))
    (?:(?P<escaped>\\+["'])(?:(?!(?P=escaped)).)+ | (?P<quote>["'])(?:\\.|(?!(?P=quote)).)+ | {_SCHEME}{_BARE})""",
    re.IGNORECASE | re.VERBOSE,
)
"""`apiKey=…`, `"apiKey": "…"`, `Authorization: Bearer …`, `apiKey%3D…`, `?key=…`."""
_IN_PAIR = re.compile(rf"""((["'])[\w.-]*{_NAMES}\2,\s*b?(["']))(?:(?!\3).)*""", re.IGNORECASE)
"""`('apiKey', '…')`, as parameters and headers are held in lists."""
_COOKIES = re.compile(r"""(cookie["'\\]*\s*:\s*["']?)[^\r\n"']+""", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@'\"]+@")
"""User and password before a host."""
_NAME = re.compile(rf".*{_NAMES}", re.IGNORECASE)


def is_name_of_secret(name: str) -> bool:
    """Whether what goes by this name is secret: `apiKey`, `ODDS_API_KEY`, `client_secret`; not `tokens`."""
    return _NAME.fullmatch(name) is not None


def by_name(text: str) -> str:
    """The text with a mask for whatever a name announces as secret, be it URL-encoded or not."""
    text = _COOKIES.sub(rf"\1{MASK}", _IN_PAIR.sub(rf"\1{MASK}", text))
    text = _BY_NAME.sub(lambda found: found["name"] + (found["escaped"] or found["quote"] or "") + MASK, text)
    return _IN_ADDRESS.sub(f"{MASK}@", text)


def by_value(values: Iterable[str]) -> Callable[[str], str]:
    """A function that masks these values in a text: in any letter case, and with any of their characters escaped or URL-encoded."""
    worth = sorted({value for value in values if len(value) >= SHORTEST}, key=len, reverse=True)
    if not worth:
        return lambda text: text
    pattern = re.compile("|".join("".join(map(_spellings, value)) for value in worth), re.IGNORECASE)
    return lambda text: pattern.sub(MASK, text)


def in_document(value: Any, text: Callable[[str], str]) -> Any:
    """A JSON value with each string in it, names of fields included, put through `text`, and masks for fields whose name tells a secret."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {
            text(name): MASK if is_name_of_secret(name) and isinstance(inner, str) else in_document(inner, text)
            for name, inner in value.items()
        }
    return [in_document(inner, text) for inner in value] if isinstance(value, list | tuple) else value


def _spellings(char: str) -> str:
    """A regular expression for the character: itself, URL-encoded once or more often, or escaped as in JSON."""
    encoded = "".join(f"%(?:25)*{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    units = char.encode("utf-16-be", "surrogatepass")
    escaped = "".join(rf"\\+u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    forms = [rf"\\*{re.escape(char)}", encoded, escaped]
    if char == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"
