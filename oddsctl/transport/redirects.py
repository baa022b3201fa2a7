"""Which redirects are followed: to the same host only, without the key elsewhere."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import requests

from oddsctl.domain.http import HttpRequest
from oddsctl.domain.provider_errors import RedirectRefusedError, TransportError


def allowed_host(request: HttpRequest) -> str:
    """Return the host if it may be called: any by https, loopback by http."""
    scheme, host, _ = _origin(request.url)
    if not host or not (scheme == "https" or (scheme == "http" and is_loopback(host))):
        raise TransportError(
            f"{request.api}: {host or 'this address'} cannot be called: its base_url needs https",
            maybe_sent=False,
            provider=request.api,
            hint="plain http is for loopback addresses only",
        )
    return host


def redirect_within_host(prepared: requests.PreparedRequest, location: str, api: str) -> None:
    """Point the request to `location` if that is within its host."""
    try:
        target = urljoin(prepared.url or "", location)
        there = _origin(target)
        if there == _origin(prepared.url or ""):
            prepared.prepare_url(target, None)
            return
    # Not a URL; requests' InvalidURL is a ValueError as well.
    except ValueError:
        there = "", "", None
    raise RedirectRefusedError(
        f"{api}: redirected to {there[1] or 'nowhere'}, where we do not go", maybe_sent=True, provider=api
    )


def _origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port; empty for an invalid URL."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "", "", None


def is_loopback(host: str | None) -> bool:
    """Return True for localhost and loopback addresses."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Auth that adds nothing. Any auth keeps requests from reading netrc."""
    return request
