"""Send an HttpRequest with requests; return an HttpResponse or raise TransportError. No retry, no policy."""

from __future__ import annotations

import logging
import re
import threading
import weakref
import zlib
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from oddsctl.domain.http import HttpRequest, HttpResponse, Secret
from oddsctl.domain.ports import Clock
from oddsctl.domain.provider_errors import (
    BodyTooLargeError,
    RedirectRefusedError,
    TransportError,
)
from oddsctl.domain.settings import HttpSettings
from oddsctl.transport.deadline import Adapter, ExchangeDeadline, NotSentError, decoded
from oddsctl.transport.failures import transport_error
from oddsctl.transport.proxy import BarredError, Route, route_to
from oddsctl.transport.redirects import allowed_host, is_loopback, no_auth, redirect_within_host
from oddsctl.transport.revalidation_cache import RevalidationCache

_REDIRECTS = 3
_CHUNK = 64 * 1024
# No key is shorter, and blanking anything shorter would hit innocent text.
_SHORTEST_SECRET = 8
_QUERY = re.compile(r"\?[^\s\"']*")
_LOGGERS_THAT_SHOW_URLS = (
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)


class HttpTransport:
    """Implementation of the `Transport` port. Usable from threads: each has its own session.

    `cache_file` needs a suffix in its name; None disables revalidation. `warn` receives one line when the
    cache cannot be used: a broken cache never costs an answer, and at most a few times `cache_patience`
    seconds.
    """

    def __init__(
        self,
        http: HttpSettings,
        cache_file: Path | None,
        clock: Clock,
        warn: Callable[[str], None],
        *,
        cache_patience: float = 1.0,
    ) -> None:
        self._http = http
        self._clock = clock
        self._cache = None if cache_file is None else RevalidationCache(cache_file, cache_patience, warn)
        self._here = threading.local()
        # A session lives as long as its thread.
        self._sessions: weakref.WeakSet[requests.Session] = weakref.WeakSet()
        self._guard = threading.Lock()
        _hush_loggers()

    def send(self, request: HttpRequest) -> HttpResponse:
        host = allowed_host(request)
        patience = self._http.longest_exchange
        line = ExchangeDeadline(patience)
        try:
            session = self._session()
            plain = session.prepare_request(
                requests.Request("GET", request.url, dict(request.headers), params=list(request.params))
            )
            stored = self._cache.find(plain) if self._cache else None
            with line:
                response = self._exchange(session, plain, request, stored.validators if stored else {}, line)
        except BarredError as error:
            failure = TransportError(
                f"{request.api}: no way to {host}: {error.why}",
                maybe_sent=False,
                provider=request.api,
                hint=error.hint,
            )
        except (requests.RequestException, HTTPError, OSError, zlib.error, NotSentError) as error:
            failure = transport_error(error, request.api, host, self._http, line, patience)
            # After a redirect something was sent, even if the last hop was not.
            failure.maybe_sent |= line.redirected
            failure.head = line.head
        else:
            if response.status == 304 and stored:
                return replace(
                    response, status=200, headers={**stored.headers, **response.headers}, body=stored.body
                )
            if response.status == 200 and self._cache:
                self._cache.keep(plain, response.headers, response.body)
            return response
        # Raised outside the handler: inside, its context would hold the URL with the key.
        raise failure

    def close(self) -> None:
        with self._guard:
            for session in list(self._sessions):
                session.close()
        if self._cache is not None:
            self._cache.close()

    def _exchange(
        self,
        session: requests.Session,
        plain: requests.PreparedRequest,
        request: HttpRequest,
        validators: dict[str, str],
        line: ExchangeDeadline,
    ) -> HttpResponse:
        """Send `plain` with its secret parameters added; return the answer with echoed secrets blanked."""
        prepared = plain.copy()
        prepared.prepare_url(plain.url or "", list(request.secret))
        prepared.headers.update(validators)
        sent_at = self._clock.now()
        with closing(self._follow(session, prepared, request.api, line)) as response:
            line.head = response.status_code, self._headers(response, request)
            body = decoded(response.raw.stream(_CHUNK, decode_content=False), self._http.max_body)
        line.check()
        received_at = self._clock.now()
        if body is None:
            too_large = BodyTooLargeError(
                f"{request.api}: the answer is larger than {self._http.max_body:,} bytes",
                maybe_sent=True,
                provider=request.api,
                hint="http.max_body sets the limit",
            )
            too_large.head = line.head
            raise too_large
        for shown in _spellings(request.secret):
            body = body.replace(shown.encode(), b"***")
        return HttpResponse(*line.head, body, sent_at, received_at)

    @staticmethod
    def _headers(response: requests.Response, request: HttpRequest) -> dict[str, str]:
        headers = {name.lower(): value for name, value in response.headers.items()}
        for shown in _spellings(request.secret):
            headers = {name: value.replace(shown, "***") for name, value in headers.items()}
        return headers

    def _follow(
        self, session: requests.Session, prepared: requests.PreparedRequest, api: str, line: ExchangeDeadline
    ) -> requests.Response:
        """Return the answer after at most three redirects within its host.

        Bypasses the session, which reads the body of a redirect without a limit.
        """
        for _ in range(_REDIRECTS + 1):
            url = prepared.url or ""
            way = _way(session, url)
            line.via = way.via
            adapter = cast("Adapter", session.get_adapter(url))
            adapter.line = line
            response = adapter.send(
                prepared,
                stream=True,
                timeout=(self._http.connect_timeout, self._http.read_timeout),
                verify=way.verify,
                proxies=way.proxies,
            )
            if not response.is_redirect:
                return response
            response.close()
            line.redirected = True
            redirect_within_host(prepared, response.headers["location"], api)
        raise RedirectRefusedError(
            f"{api}: redirected more than {_REDIRECTS} times", maybe_sent=True, provider=api
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._here, "session", None)
        if session is None:
            session = self._here.session = requests.Session()
            session.auth = no_auth
            session.headers["Accept-Encoding"] = "gzip"
            session.mount("https://", Adapter())
            session.mount("http://", Adapter())
            with self._guard:
                self._sessions.add(session)
        return session


def _way(session: requests.Session, url: str) -> Route:
    """Return the route that the environment prescribes; loopback never goes through a proxy."""
    if is_loopback(urlsplit(url).hostname):
        return route_to(url, {})
    return route_to(
        url, session.merge_environment_settings(url, {}, stream=True, verify=True, cert=None)["proxies"]
    )


def _spellings(secrets: Iterable[tuple[str, Secret]]) -> set[str]:
    """Return every form in which a server could echo the secrets."""
    return {
        shown
        for _, value in secrets
        if len(value) >= _SHORTEST_SECRET
        for shown in (str(value), quote(value, safe=""))
    }


def _without_query(record: logging.LogRecord) -> bool:
    record.msg, record.args = _QUERY.sub("?…", record.getMessage()), None
    return True


def _hush_loggers() -> None:
    """Keep queries out of urllib3's log at every level, and requests-cache off stderr."""
    for name in _LOGGERS_THAT_SHOW_URLS:
        # Adding the same filter again has no effect.
        logging.getLogger(name).addFilter(_without_query)
    cache_logger = logging.getLogger("requests_cache")
    if not cache_logger.handlers:
        cache_logger.addHandler(logging.NullHandler())
