"""Which TransportError a failed exchange is, and whether the request can have been sent."""

from __future__ import annotations

import re
import ssl
import zlib

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.exceptions import TimeoutError as WireTimeoutError

from oddsctl.domain.provider_errors import TimedOutError, TransportError
from oddsctl.domain.settings import HttpSettings
from oddsctl.transport.deadline import ExchangeDeadline, NotSentError
from oddsctl.transport.proxy import CA_VARIABLES


def transport_error(
    error: Exception, api: str, host: str, http: HttpSettings, line: ExchangeDeadline, patience: float
) -> TransportError:
    """Translate an exception of requests, urllib3 or zlib.

    Keeps nothing of its text except parts that contain no URL.
    """
    if isinstance(error, NotSentError):
        return _not_sent(error.__cause__, api, host, http, line.via)
    if line.overdue:
        return TimedOutError(
            f"{api}: {host} did not finish its answer within {patience:g} s", maybe_sent=True, provider=api
        )
    if isinstance(error, (requests.Timeout, WireTimeoutError, TimeoutError)):
        return TimedOutError(
            f"{api}: {host} did not answer within {http.read_timeout:g} s", maybe_sent=True, provider=api
        )
    if isinstance(error, zlib.error):
        return TransportError(f"{api}: {host} sent an incomplete gzip body", maybe_sent=True, provider=api)
    if (
        isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema))
        or type(error) is OSError
    ):
        # requests rejects the request before it connects.
        return TransportError(
            f"{api}: the request to {host} could not be set up",
            maybe_sent=False,
            provider=api,
            hint="check the base_url",
        )
    return TransportError(
        f"{api}: {host} broke off before its answer was whole", maybe_sent=True, provider=api
    )


def _not_sent(
    cause: BaseException | None, api: str, host: str, http: HttpSettings, via: str | None
) -> TransportError:
    where = f"{host} through the proxy that {via} names" if via else host
    # A subclass of the first, so it must be tested here.
    slow = isinstance(cause, (ConnectTimeoutError, TimeoutError)) and not isinstance(
        cause, NewConnectionError
    )
    if slow:
        return TimedOutError(
            f"{api}: no connection to {where} within {http.connect_timeout:g} s",
            maybe_sent=False,
            provider=api,
        )
    root = getattr(cause, "__cause__", None) or cause
    hint = f"check {via}" if via else None
    if isinstance(cause, NameResolutionError):
        why = "the proxy's name has no address" if via else "its name has no address"
    elif isinstance(root, ssl.SSLCertVerificationError):
        why, hint = (
            f"its certificate is not trusted ({root.verify_message})",
            "REQUESTS_CA_BUNDLE names a file of further authorities",
        )
    elif isinstance(root, ssl.SSLError) and root.library in ("X509", "PEM"):
        why, hint = "the file of authorities holds no certificate", f"check {' and '.join(CA_VARIABLES)}"
    elif isinstance(root, ssl.SSLError):
        why = "it speaks no TLS"
    elif isinstance(root, OSError) and root.strerror:
        why = root.strerror
    elif refused := re.search(r"Tunnel connection failed: ([0-9]{3})", str(root)):
        why = f"refused on the way (HTTP {refused[1]})"
    else:
        why, hint = "refused on the way", hint or "check HTTPS_PROXY"
    return TransportError(
        f"{api}: no connection to {where}: {why}", maybe_sent=False, provider=api, hint=hint
    )
