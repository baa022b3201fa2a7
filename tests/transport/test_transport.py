"""The transport over real loopback HTTP: one whole answer or one clean error, and the key nowhere but on the
wire.
"""

from __future__ import annotations

import gzip
import json
import logging
import os
import resource
import socket
import sqlite3
import sys
import threading
import traceback
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from oddsctl.domain.http import HttpRequest, Secret
from oddsctl.domain.provider_errors import (
    BodyTooLargeError,
    RedirectRefusedError,
    TimedOutError,
    TransportError,
)
from oddsctl.domain.settings import HttpSettings
from oddsctl.transport import HttpTransport
from oddsctl.transport.deadline import decoded
from tests.fakes import FakeClock

KEY = "test-key-DO-NOT-LEAK"
BOARD = b'[{"id": "e1", "home_team": "Detroit Lions"}]'
QUICK = HttpSettings(connect_timeout=0.2, read_timeout=0.1, max_body=100_000)


class Server(ThreadingHTTPServer):
    """A provider on loopback; the test scripts its answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.answer: Callable[[Visit], None] = lambda visit: visit.reply()
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.over = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/v4/odds"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what these tests are about."""


class Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.server.answer(self)

    do_CONNECT = do_GET  # noqa: N815  http.server's way to name a method

    def reply(self, body: bytes = BOARD, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def raw(self, data: bytes) -> None:
        self.wfile.write(data)
        self.close_connection = True

    def drip(self, data: bytes) -> None:
        """A byte now and then, until the test is over."""
        while not self.server.over.wait(0.02):
            self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as it:
        thread = threading.Thread(target=it.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        yield it
        it.over.set()
        it.shutdown()
        thread.join()


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def cache_file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "http.sqlite"


@pytest.fixture
def transport(warnings: list[str], cache_file: Path) -> Iterator[HttpTransport]:
    with closing(HttpTransport(QUICK, cache_file, FakeClock(), warnings.append, cache_patience=0.05)) as it:
        yield it


def request_to(url: str) -> HttpRequest:
    return HttpRequest("odds", url, (("markets", "h2h"),), (("X-Mine", "yes"),), (("apiKey", Secret(KEY)),))


def failure(transport: HttpTransport, url: str) -> TransportError:
    """The error of a send that must fail, once it is sure that it is one clean line."""
    with pytest.raises(TransportError) as caught:
        transport.send(request_to(url))
    error = caught.value
    told = "\n".join([*traceback.format_exception(error), repr(error), repr(error.args), str(error.hint)])
    assert KEY not in told
    assert "apiKey" not in told
    assert error.__cause__ is None
    assert error.__context__ is None
    assert error.provider == "odds"
    assert error.message.startswith("odds: ")
    assert "\n" not in error.message
    return error


def validated(visit: Visit) -> None:
    """A server with an ETag: 304 to whom has it, each time with the balance of that moment."""
    used = str(len(visit.server.seen))
    if visit.headers["If-None-Match"] == '"v1"':
        visit.send_response(304)
        visit.send_header("x-requests-used", used)
        visit.end_headers()
    else:
        visit.reply(ETag='"v1"', Content_Type="application/json", X_Requests_Last="3", X_Requests_Used=used)


# ── an answer ──


def test_an_answer_comes_whole_with_lower_case_header_names(server: Server, transport: HttpTransport) -> None:
    server.answer = lambda visit: visit.reply(X_Requests_Remaining="-2")
    response = transport.send(request_to(server.url))
    assert response.status == 200
    assert response.body == BOARD
    assert response.headers["x-requests-remaining"] == "-2"


def test_the_secret_parameter_is_added_on_the_wire(server: Server, transport: HttpTransport) -> None:
    transport.send(request_to(server.url))
    path, headers = server.seen[0]
    assert path == f"/v4/odds?markets=h2h&apiKey={KEY}"
    assert headers["x-mine"] == "yes"
    assert headers["accept-encoding"] == "gzip"


def test_times_are_those_before_sending_and_after_the_last_byte(server: Server) -> None:
    clock = FakeClock(now=1000.0)

    def answer(visit: Visit) -> None:
        clock.sleep(2.0)
        visit.reply()

    server.answer = answer
    with closing(HttpTransport(QUICK, None, clock, pytest.fail)) as transport:
        response = transport.send(request_to(server.url))
    assert (response.sent_at, response.received_at) == (1000.0, 1002.0)


@pytest.mark.parametrize("status", [204, 401, 404, 422, 429, 500, 503])
def test_every_status_is_an_answer_and_none_is_tried_again(
    status: int, server: Server, transport: HttpTransport
) -> None:
    server.answer = lambda visit: visit.reply(
        b"" if status == 204 else b'{"error_code": "X"}', status, Retry_After="1"
    )
    assert transport.send(request_to(server.url)).status == status
    assert len(server.seen) == 1


@responses.activate
def test_a_provider_is_asked_by_https() -> None:
    responses.get("https://api.the-odds-api.com/v4/sports", body=b"[]", headers={"X-Requests-Used": "7"})
    with closing(HttpTransport(QUICK, None, FakeClock(), pytest.fail)) as transport:
        response = transport.send(request_to("https://api.the-odds-api.com/v4/sports"))
    assert (response.status, response.body, response.headers["x-requests-used"]) == (200, b"[]", "7")
    assert (
        responses.calls[0].request.url == f"https://api.the-odds-api.com/v4/sports?markets=h2h&apiKey={KEY}"
    )


def test_threads_send_side_by_side(server: Server, transport: HttpTransport) -> None:
    together = threading.Barrier(4, timeout=60)

    def answer(visit: Visit) -> None:
        together.wait()  # only if all four are under way at once
        visit.reply(json.dumps(visit.path).encode())

    server.answer = answer
    bodies: dict[int, Any] = {}

    def work(number: int) -> None:
        bodies[number] = json.loads(transport.send(request_to(f"{server.url}/{number}")).body)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: urlsplit(path).path for number, path in bodies.items()} == {
        number: f"/v4/odds/{number}" for number in range(4)
    }


# ── bodies ──


def test_gzip_is_decoded(server: Server, transport: HttpTransport) -> None:
    server.answer = lambda visit: visit.reply(gzip.compress(BOARD), Content_Encoding="gzip")
    assert transport.send(request_to(server.url)).body == BOARD


def test_gzip_that_was_not_declared_is_decoded(server: Server, transport: HttpTransport) -> None:
    server.answer = lambda visit: visit.reply(gzip.compress(BOARD))
    assert transport.send(request_to(server.url)).body == BOARD


@pytest.mark.parametrize(
    "body", [b"x" * 100_001, gzip.compress(b" " * 50_000_000)], ids=["plain", "a gzip bomb"]
)
def test_a_body_beyond_the_limit_is_refused(body: bytes, server: Server, transport: HttpTransport) -> None:
    server.answer = lambda visit: visit.reply(body)
    error = failure(transport, server.url)
    assert isinstance(error, BodyTooLargeError)
    assert error.maybe_sent


def test_a_body_at_the_limit_is_taken(server: Server, transport: HttpTransport) -> None:
    server.answer = lambda visit: visit.reply(gzip.compress(b"x" * 100_000))
    assert transport.send(request_to(server.url)).body == b"x" * 100_000


CUT_OFF = {
    "by its length": b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n[1, 2",
    "by its chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n",
    "by its gzip": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + gzip.compress(BOARD)[:-9],
    "by broken gzip": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\x1f\x8bnonsense",
    "before its headers": b"",
    "in no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
}


@pytest.mark.parametrize("data", CUT_OFF.values(), ids=CUT_OFF)
def test_an_answer_that_is_not_whole_is_none_and_may_have_been_charged(
    data: bytes, server: Server, transport: HttpTransport
) -> None:
    server.answer = lambda visit: visit.raw(data)
    assert failure(transport, server.url).maybe_sent
    assert len(server.seen) == 1


@given(st.binary(max_size=300), st.lists(st.integers(1, 40), max_size=20), st.integers(0, 310), st.booleans())
def test_however_a_body_is_cut_and_packed_it_is_decoded_up_to_the_limit(
    body: bytes, cuts: list[int], limit: int, packed: bool
) -> None:
    body = b"[" + body  # no JSON begins like gzip
    half = len(body) // 2
    wire = gzip.compress(body[:half]) + gzip.compress(body[half:]) if packed else body
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(wire[at : at + cut])
        at += cut
    assert decoded([*pieces, wire[at:]], limit) == (body if len(body) <= limit else None)


@given(st.binary(min_size=1, max_size=100), st.integers(1, 8))
def test_gzip_without_its_end_is_never_taken_for_whole(body: bytes, missing: int) -> None:
    with pytest.raises(zlib.error):
        decoded([gzip.compress(body)[:-missing]], 1000)


# ── time ──


def test_a_silent_server_is_given_up_and_may_have_charged(server: Server, transport: HttpTransport) -> None:
    server.answer = lambda visit: visit.drip(b"")
    error = failure(transport, server.url)
    assert isinstance(error, TimedOutError)
    assert error.message == "odds: 127.0.0.1 did not answer within 0.1 s"
    assert error.maybe_sent


DRIPS = {
    "headers": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n", b" "),
    "body without a length": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b" "),
    "a chunk's size": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
}


@pytest.mark.parametrize(("start", "rest"), DRIPS.values(), ids=DRIPS)
def test_a_server_that_drips_does_not_hold_us_for_ever(
    start: bytes, rest: bytes, server: Server, transport: HttpTransport
) -> None:
    def answer(visit: Visit) -> None:
        visit.wfile.write(start)
        visit.drip(rest)

    server.answer = answer
    error = failure(transport, server.url)
    assert isinstance(error, TimedOutError)
    assert (
        error.message == "odds: 127.0.0.1 did not finish its answer within 0.5 s"
    )  # 0.2 to connect, three times 0.1 to read
    assert error.maybe_sent


def test_a_dropped_connection_that_was_kept_alive_is_not_tried_again(
    server: Server, transport: HttpTransport
) -> None:
    transport.send(request_to(server.url))
    server.answer = lambda visit: visit.raw(b"")
    assert failure(transport, server.url).maybe_sent
    assert len(server.seen) == 2


# ── what was never sent ──


def test_a_refused_connection_was_not_sent(transport: HttpTransport) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    error = failure(transport, f"http://127.0.0.1:{port}/v4/odds")
    assert error.message == "odds: no connection to 127.0.0.1: Connection refused"
    assert not error.maybe_sent


def test_a_handshake_that_never_ends_was_not_sent(transport: HttpTransport) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        error = failure(transport, f"https://127.0.0.1:{mute.getsockname()[1]}/v4/odds")
    assert isinstance(error, TimedOutError)
    assert error.message == "odds: no connection to 127.0.0.1 within 0.2 s"
    assert not error.maybe_sent


def test_a_handshake_with_a_server_that_speaks_no_tls_was_not_sent(
    server: Server, transport: HttpTransport
) -> None:
    error = failure(transport, server.url.replace("http:", "https:"))
    assert not error.maybe_sent
    assert server.seen == []


AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that prescribes no way."""
    for name in (*AUTHORITIES, *PROXIES, "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("variable", AUTHORITIES)
def test_a_missing_ca_bundle_stops_before_sending(
    variable: str, server: Server, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "/nowhere/ca.pem")
    error = failure(transport, server.url.replace("http:", "https:"))
    assert not error.maybe_sent
    assert f"{variable} names /nowhere/ca.pem, which does not exist" in error.message
    assert variable in str(error.hint)
    assert transport.send(request_to(server.url)).body == BOARD, "plain http needs none"


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("variable", PROXIES)
@pytest.mark.parametrize("scheme", ["socks4", "socks5", "socks5h", "SOCKS5"])
def test_a_socks_proxy_without_its_package_is_told_with_its_variable_and_the_remedy(
    scheme: str, variable: str, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    monkeypatch.setenv(variable, f"{scheme}://me:pass-word@127.0.0.1:9")
    error = failure(transport, "https://api.example.com/v4/odds")
    assert not error.maybe_sent
    assert f"{variable} names a SOCKS proxy, and the package PySocks is not installed" in error.message
    assert "pip install pysocks" in str(error.hint)
    assert "pass-word" not in error.message


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    ("proxy", "says"),
    [
        *(
            (broken, "is not a valid proxy URL")
            for broken in ("http://", "http://:3128", "http://h:port", "http://h:99999", "://", "http://[::1")
        ),
        *(
            (broken, "is not a valid proxy URL")
            for broken in ("http://a b:1", "h:1:2", "http://me:pass-word@")
        ),
        *(
            (other, "a kind of proxy that is not known here")
            for other in ("htp://h:1", "ftp://h:1", "socks://h:1", "quic://me:pass-word@h:1")
        ),
    ],
)
def test_a_proxy_that_is_none_is_told_by_its_variable(
    proxy: str, says: str, variable: str, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy)
    error = failure(transport, "https://api.example.com/v4/odds")
    assert not error.maybe_sent
    assert f"{variable} " in error.message
    assert says in error.message
    assert "pass-word" not in error.message
    assert error.hint


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("around", ["{}", " {} ", "{}\r\n", "{}/"])
def test_blanks_around_the_address_of_a_proxy_are_left_out(
    around: str, server: Server, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", around.format(f"127.0.0.1:{server.server_port}"))
    server.answer = lambda visit: visit.reply(b"", 407)
    error = failure(transport, "https://api.example.com/v4/odds")
    assert [path for path, _ in server.seen] == ["api.example.com:443"]
    assert "through the proxy that HTTPS_PROXY names: refused on the way (HTTP 407)" in error.message


@pytest.mark.usefixtures("bare")
def test_a_proxy_that_is_down_is_told_as_the_proxy(
    transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    error = failure(transport, "https://api.example.com/v4/odds")
    assert not error.maybe_sent
    assert (
        error.message
        == "odds: no connection to api.example.com through the proxy that ALL_PROXY names: Connection refused"
    )
    assert error.hint == "check ALL_PROXY"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.the-odds-api.com/v4",
        "http://10.0.0.1/v4",
        "http://127.0.0.1.example.com/",
        "ftp://127.0.0.1/",
        "https:///v4",
        "x",
        "http://[",
    ],
)
def test_plain_http_beyond_loopback_and_other_schemes_are_refused(url: str, transport: HttpTransport) -> None:
    error = failure(transport, url)
    assert not error.maybe_sent
    assert error.hint == "plain http is for loopback addresses only"


def test_a_refusing_proxy_was_asked_and_saw_no_key(
    server: Server, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass-word@127.0.0.1:{server.server_port}")
    server.answer = lambda visit: visit.reply(b"", 403)
    error = failure(transport, "https://api.example.com/v4/odds")
    assert not error.maybe_sent
    assert "pass-word" not in error.message
    assert [path for path, _ in server.seen] == ["api.example.com:443"]


def test_loopback_is_never_proxied(
    server: Server, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert transport.send(request_to(server.url)).body == BOARD


def test_netrc_is_not_consulted(
    server: Server, transport: HttpTransport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert requests.utils.get_netrc_auth(server.url) == ("me", "secret")  # or the plant would prove nothing
    server.answer = lambda visit: visit.reply(ETag='"v1"')
    transport.send(request_to(server.url))
    assert "authorization" not in server.seen[0][1]


# ── redirects ──


def redirecting(target: str, times: int) -> Callable[[Visit], None]:
    def answer(visit: Visit) -> None:
        if len(visit.server.seen) > times:
            visit.reply()
        else:
            visit.reply(b"moved", 302, Location=target)

    return answer


def test_three_redirects_within_the_host_are_followed(server: Server, transport: HttpTransport) -> None:
    server.answer = redirecting("/v4/elsewhere?x=1", times=3)
    assert transport.send(request_to(server.url)).body == BOARD
    assert [urlsplit(path).path for path, _ in server.seen] == ["/v4/odds", *["/v4/elsewhere"] * 3]


def test_a_fourth_redirect_is_refused(server: Server, transport: HttpTransport) -> None:
    server.answer = redirecting("/v4/elsewhere", times=4)
    error = failure(transport, server.url)
    assert isinstance(error, RedirectRefusedError)
    assert error.maybe_sent


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{other}/?apiKey={key}",
        "http://localhost:{port}/?apiKey={key}",
        "https://127.0.0.1:{port}/",
        "//evil.example",
        "http://[",
    ],
)
def test_a_redirect_to_another_host_port_or_scheme_is_refused(
    target: str, server: Server, transport: HttpTransport
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        other.setblocking(False)
        goal = target.format(other=other.getsockname()[1], port=server.server_port, key=KEY)
        server.answer = redirecting(goal, times=1)
        error = failure(transport, server.url)
        with pytest.raises(BlockingIOError):
            other.accept()
    assert isinstance(error, RedirectRefusedError)
    assert error.maybe_sent
    assert len(server.seen) == 1


def test_a_request_that_was_redirected_and_then_not_connected_may_have_been_sent(
    transport: HttpTransport,
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v4/odds"

        def answer_once() -> None:
            visitor, _ = listener.accept()
            listener.close()  # so that nobody listens when the redirect is followed
            with visitor:
                visitor.recv(4096)
                visitor.sendall(b"HTTP/1.1 302 Found\r\nLocation: /v4/there\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=answer_once)
        thread.start()
        error = failure(transport, url)
        thread.join()
    assert error.message == "odds: no connection to 127.0.0.1: Connection refused"
    assert error.maybe_sent


def test_the_body_of_a_redirect_is_not_waited_for(server: Server, transport: HttpTransport) -> None:
    def answer(visit: Visit) -> None:
        if len(server.seen) > 1:
            visit.reply()
        else:
            visit.wfile.write(
                b"HTTP/1.1 302 Found\r\nLocation: /v4/there\r\nContent-Length: 99999999\r\n\r\n"
            )
            server.over.wait()

    server.answer = answer
    assert transport.send(request_to(server.url)).body == BOARD


# ── the key ──


def test_the_key_is_in_no_file_of_the_cache(
    server: Server, transport: HttpTransport, cache_file: Path
) -> None:
    server.answer = lambda visit: visit.reply(
        json.dumps({"you": KEY}).encode(), ETag=f'"{KEY}"', Content_Type=KEY, X_Url=f"/?apiKey={KEY}"
    )
    response = transport.send(request_to(server.url))
    transport.send(request_to(server.url))
    files = list(cache_file.parent.iterdir())
    assert cache_file in files
    for file in files:
        assert KEY.encode() not in file.read_bytes()
        assert b"apiKey" not in file.read_bytes()
    assert response.body == b'{"you": "***"}'
    assert KEY not in str(response.headers)


def test_no_log_shows_a_query_at_any_level(
    server: Server, transport: HttpTransport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "requests", "requests_cache"):
        caplog.set_level(logging.DEBUG, logger=name)
    server.answer = lambda visit: visit.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n no header\r\n\r\n[]")
    transport.send(request_to(server.url))
    transport.send(request_to(server.url))
    assert "GET /v4/odds?…" in caplog.text  # it was logged, and cut
    assert KEY not in caplog.text
    assert "h2h" not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("urllib3")
    )


# ── the cache ──


def test_a_304_gives_the_stored_body_with_the_live_balance(server: Server, transport: HttpTransport) -> None:
    server.answer = validated
    first, second = transport.send(request_to(server.url)), transport.send(request_to(server.url))
    assert (second.status, second.body) == (200, first.body)
    assert second.headers["content-type"] == "application/json"
    assert second.headers["x-requests-used"] == "2"
    assert "x-requests-last" not in second.headers  # the stored 3 is what the first one cost
    assert len(server.seen) == 2


def test_what_one_process_stored_serves_the_next_under_another_key(
    server: Server, transport: HttpTransport, cache_file: Path, warnings: list[str]
) -> None:
    server.answer = validated
    transport.send(request_to(server.url))
    transport.close()
    with closing(HttpTransport(QUICK, cache_file, FakeClock(), warnings.append)) as next_one:
        again = HttpRequest(
            "odds", server.url, (("markets", "h2h"),), (), (("apiKey", Secret("another-key")),)
        )
        assert next_one.send(again).body == BOARD
    assert server.seen[1][1]["if-none-match"] == '"v1"'
    assert warnings == []


def test_the_cache_never_answers_by_itself(server: Server, transport: HttpTransport) -> None:
    server.answer = lambda visit: visit.reply(
        b"[%d]" % len(server.seen),
        ETag=f'"v{len(server.seen)}"',
        Cache_Control="max-age=3600",
        Expires="Fri, 01 Jan 2100 00:00:00 GMT",
    )
    assert [transport.send(request_to(server.url)).body for _ in range(3)] == [b"[1]", b"[2]", b"[3]"]


def test_last_modified_is_a_validator_too(server: Server, transport: HttpTransport) -> None:
    since = "Mon, 23 Nov 2026 15:21:00 GMT"
    server.answer = lambda visit: visit.reply(Last_Modified=since)
    transport.send(request_to(server.url))
    transport.send(request_to(server.url))
    assert server.seen[1][1]["if-modified-since"] == since


@pytest.mark.parametrize(
    ("body", "status", "headers"),
    [
        (BOARD, 404, {"ETag": '"v1"'}),
        (BOARD, 500, {"ETag": '"v1"'}),
        (BOARD, 203, {"ETag": '"v1"'}),
        (b"[1, 2", 200, {"ETag": '"v1"'}),
        (b"<html>maintenance</html>", 200, {"ETag": '"v1"'}),
        (b"", 200, {"ETag": '"v1"'}),
        (BOARD, 200, {}),
    ],
    ids=["404", "500", "203", "cut off", "no JSON", "empty", "no validator"],
)
def test_what_is_not_worth_keeping_is_not_kept(
    body: bytes, status: int, headers: dict[str, str], server: Server, transport: HttpTransport
) -> None:
    server.answer = lambda visit: visit.reply(body, status, **headers)
    transport.send(request_to(server.url))
    transport.send(request_to(server.url))
    assert "if-none-match" not in server.seen[1][1]


def test_another_request_is_not_answered_from_the_same_row(server: Server, transport: HttpTransport) -> None:
    server.answer = validated
    transport.send(request_to(server.url))
    transport.send(HttpRequest("odds", server.url, (("markets", "totals"),)))
    assert "if-none-match" not in server.seen[1][1]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE responses SET value = replace(value, 'W3si', 'e3si')",
        "UPDATE responses SET value = substr(value, 1, 80)",
        "UPDATE responses SET value = 7",
    ],
    ids=["another body", "cut off", "no text"],
)
def test_a_stored_body_that_is_broken_is_not_served(
    damage: str, server: Server, transport: HttpTransport, cache_file: Path, warnings: list[str]
) -> None:
    server.answer = validated
    transport.send(request_to(server.url))
    with closing(sqlite3.connect(cache_file)) as database:
        assert database.execute(damage).rowcount == 1
        database.commit()
    assert transport.send(request_to(server.url)).body == BOARD
    assert "if-none-match" not in server.seen[1][1]
    assert warnings == []


def test_the_cache_file_is_for_its_owner_only(
    server: Server, transport: HttpTransport, cache_file: Path
) -> None:
    server.answer = validated
    transport.send(request_to(server.url))
    assert cache_file.parent.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in cache_file.parent.iterdir()} == {0o600}


def test_a_cache_file_that_has_grown_too_large_is_emptied(
    server: Server, transport: HttpTransport, cache_file: Path
) -> None:
    server.answer = validated
    transport.send(request_to(server.url))
    transport.close()
    os.truncate(cache_file, 65 * 1024 * 1024)
    assert transport.send(request_to(server.url)).body == BOARD
    assert "if-none-match" not in server.seen[1][1]
    transport.send(request_to(server.url))
    assert server.seen[2][1]["if-none-match"] == '"v1"'


@pytest.mark.parametrize("moment", ["before it is opened", "after it was opened"])
def test_a_locked_cache_costs_a_warning_and_no_answer(
    moment: str, server: Server, transport: HttpTransport, cache_file: Path, warnings: list[str]
) -> None:
    server.answer = validated
    if moment == "after it was opened":
        transport.send(request_to(server.url))
    cache_file.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(cache_file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for number in range(3):
            assert transport.send(request_to(f"{server.url}/{number}")).body == BOARD
    assert warnings == [
        f"the HTTP cache {cache_file} cannot be used, going on without it: database is locked"
    ]


def test_a_damaged_cache_is_begun_anew(
    server: Server, transport: HttpTransport, cache_file: Path, warnings: list[str]
) -> None:
    server.answer = validated
    cache_file.parent.mkdir()
    cache_file.write_bytes(b"this is no database, " * 500)
    assert [transport.send(request_to(server.url)).body for _ in range(2)] == [BOARD, BOARD]
    assert server.seen[1][1]["if-none-match"] == '"v1"'
    assert warnings == [f"the HTTP cache {cache_file} was damaged; a new one is begun"]


@pytest.mark.parametrize("gone", ["unlinked", "moved", "its logs are left"])
def test_a_cache_that_was_taken_away_is_begun_anew_for_all(
    gone: str, server: Server, transport: HttpTransport, cache_file: Path, warnings: list[str]
) -> None:
    server.answer = validated
    transport.send(request_to(server.url))
    if gone == "moved":
        cache_file.parent.rename(cache_file.parent.with_name("moved"))
    else:
        for file in cache_file.parent.iterdir() if gone == "unlinked" else [cache_file]:
            file.unlink()
    transport.send(request_to(server.url))
    assert "if-none-match" not in server.seen[1][1]
    with closing(HttpTransport(QUICK, cache_file, FakeClock(), warnings.append)) as another:
        another.send(request_to(server.url))
    assert server.seen[2][1]["if-none-match"] == '"v1"'
    assert warnings == []


def test_a_full_disk_costs_a_warning_and_no_answer(
    server: Server, transport: HttpTransport, warnings: list[str]
) -> None:
    server.answer = validated
    transport.send(request_to(server.url))
    server.answer = lambda visit: visit.reply(json.dumps("x" * 90_000).encode(), ETag='"large"')
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, limits[1]))
    try:
        bodies = [len(transport.send(request_to(f"{server.url}/{number}")).body) for number in range(2)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert bodies == [90_002, 90_002]
    assert len(warnings) == 1


def test_a_place_that_cannot_be_written_costs_a_warning_and_no_answer(
    server: Server, tmp_path: Path, warnings: list[str]
) -> None:
    (tmp_path / "file").touch()
    server.answer = validated
    with closing(
        HttpTransport(QUICK, tmp_path / "file" / "http.sqlite", FakeClock(), warnings.append)
    ) as transport:
        assert [transport.send(request_to(server.url)).body for _ in range(2)] == [BOARD, BOARD]
    assert len(warnings) == 1


def test_without_a_cache_file_nothing_is_kept(server: Server) -> None:
    server.answer = validated
    with closing(HttpTransport(QUICK, None, FakeClock(), pytest.fail)) as transport:
        transport.send(request_to(server.url))
        transport.send(request_to(server.url))
    assert "if-none-match" not in server.seen[1][1]
