"""Kinds of values that name places: URLs, paths, places of keys, channels; and quiet hours."""

from __future__ import annotations

import re
from pathlib import Path

from oddsctl.config.values import ValueKind, quote, text_of
from oddsctl.domain.units import BadValueError

_KEY = re.compile(r"env:(?![0-9A-Fa-f]{32}$)[A-Za-z_][A-Za-z0-9_]*|file:[/~].*|command:.*\S.*")
"""A key of The Odds API has 32 hex digits; nobody names a variable like that."""
_NOTICE_URL = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|[A-Za-z][A-Za-z0-9+.-]*://\S+")
_QUIET = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


def _key_place(value: object) -> str:
    remedy = 'write "env:ODDS_API_KEY", "file:/path" or "command:pass show odds", and keep the key there'
    try:
        text = text_of(value)
    except BadValueError as error:
        raise BadValueError(error.what, remedy) from None
    if not _KEY.fullmatch(text):
        raise BadValueError("must say where the key is to be found, not the key itself", remedy)
    return text


def _url(value: object) -> str:
    from urllib.parse import urlsplit

    text = text_of(value)
    try:
        parts = urlsplit(text)
        host, scheme, _port = parts.hostname or "", parts.scheme, parts.port
    except ValueError:
        host, scheme = "", "https"
    if scheme not in ("https", "http"):
        raise BadValueError("must be an https address", 'write it like "https://host"')
    if "@" in text:
        raise BadValueError("must not hold a user name or password", 'write it like "https://host/path"')
    if "?" in text or "#" in text:
        raise BadValueError("must not hold a query or a fragment", "take out what begins at the ? or #")
    if not _HOST.fullmatch(host) or " " in text or "\\" in text:
        raise BadValueError("is not a valid URL", 'write it like "https://host" or "https://host:8443/path"')
    if scheme == "http" and not _is_loopback(host):
        raise BadValueError(
            "would send data over the net in the clear",
            'write "https://"; plain http is for 127.0.0.1, ::1 and localhost',
        )
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _store_url(value: object) -> str:
    text = text_of(value)
    if text.lower().startswith(("redis:", "rediss:")):
        raise BadValueError("names Redis, which is not in this release", 'write "disk:"')
    if text != "disk:":
        raise BadValueError("names a store that does not exist", 'write "disk:"')
    return text


def _path(value: object) -> Path:
    text = text_of(value)
    if not text:
        return Path()
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise BadValueError(
            "begins with the home directory of a user who has none", "write the whole path"
        ) from None


def _quiet(value: object) -> tuple[int, int] | None:
    text = text_of(value)
    found = _QUIET.fullmatch(text)
    if text and not found:
        raise BadValueError("is not a time range", 'write it like "23:00-07:00", or "" for none')
    if not found:
        return None
    hour, minute, until_hour, until_minute = map(int, found.groups())
    begin, end = 60 * hour + minute, 60 * until_hour + until_minute
    if begin == end:
        raise BadValueError(
            "begins when it ends", 'write it like "23:00-07:00"; to be told nothing at all, empty notify.urls'
        )
    return begin, end


def _spell_quiet(quiet: tuple[int, int] | None) -> str:
    return quote("-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in quiet or ()))


def _notice_url(value: object) -> str:
    text = text_of(value)
    if not _NOTICE_URL.fullmatch(text):
        raise BadValueError("must be Apprise addresses", 'write each like "env:NAME" or "ntfy://topic"')
    return text


KEY_PLACE = ValueKind(_key_place, quote)
URL = ValueKind(_url, quote)
STORE_URL = ValueKind(_store_url, quote)
PATH = ValueKind(_path, lambda path: quote("" if path == Path() else str(path)))
NOTICE_URL = ValueKind(_notice_url, lambda url: quote(url if url.startswith("env:") else "***"))
QUIET = ValueKind(_quiet, _spell_quiet)
