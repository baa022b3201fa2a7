"""Find the proxy and certificates that the environment prescribes for a provider.

Faults are reported by variable name, before anything is sent. The value of a proxy is never shown: it may
hold a password.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from requests.utils import select_proxy

SOCKS = ("socks4", "socks4a", "socks5", "socks5h")
SCHEMES = ("http", "https", *SOCKS)
HOW = 'write it like "http://host:3128"'
SYSTEM = "the proxy settings of the system"
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class BarredError(Exception):
    """The environment prescribes an unusable route. `why` describes the variable, `hint` the remedy."""

    def __init__(self, why: str, hint: str) -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Route:
    """`proxies` and `verify` as requests takes them; `via` names the proxy's variable, or is None."""

    proxies: Mapping[str, str]
    verify: bool | str
    via: str | None = None


def route_to(url: str, proxies: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> Route:
    """Return the route to a URL; `proxies` are those requests found for it. Raises `BarredError`."""
    verify = _verify(environ) if url.startswith("https:") else True
    proxy = select_proxy(url, dict(proxies))
    if not proxy:
        return Route({}, verify)
    via = _variable(proxy, environ)
    return Route({urlsplit(url).scheme: _checked(proxy.strip(), via)}, verify, via)


def _verify(environ: Mapping[str, str]) -> bool | str:
    """Return the certificates that a variable names, or True for the default ones."""
    for variable in CA_VARIABLES:
        if path := environ.get(variable, ""):
            if not os.access(path, os.R_OK):
                what = "may not be read" if os.path.lexists(path) else "does not exist"
                raise BarredError(f"{variable} names {path}, which {what}", f"correct {variable} or unset it")
            return path
    return True


def _checked(proxy: str, via: str) -> str:
    """Validate the proxy's URL and add a missing scheme, as requests does."""
    address = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(address)
        sound = (
            bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
            and not any(map(str.isspace, address))
        )
    except ValueError:
        sound = False
    if not sound:
        raise BarredError(f"{via} is not a valid proxy URL", HOW)
    if parts.scheme.lower() not in SCHEMES:
        raise BarredError(f"{via} names a kind of proxy that is not known here", HOW)
    if parts.scheme.lower() in SOCKS and find_spec("socks") is None:
        raise BarredError(
            f"{via} names a SOCKS proxy, and the package PySocks is not installed",
            f"pip install pysocks where oddsctl is installed (pipx inject oddsctl pysocks), or unset {via}",
        )
    return address


def _variable(proxy: str, environ: Mapping[str, str]) -> str:
    """Return the name of the variable that holds this proxy."""
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY")
    return next((name for name in names if environ.get(name) == proxy), SYSTEM)
