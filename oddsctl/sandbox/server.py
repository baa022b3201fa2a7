"""HTTP server of the simulated world, for `oddsctl sandbox` and tests: loopback only, nothing on disk.

Below the announced URL, /odds, /espn, /weather and /geocoding are the four APIs. Control: GET /__log (calls
so far) and /__usage (credits and calls), POST /__faults (see `faults`) and /__quota {"remaining": N} (another
program spent, or a new month began).
"""

from __future__ import annotations

import json
import socketserver
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Lock
from urllib.parse import parse_qsl, urlsplit

from oddsctl.domain.errors import UsageError
from oddsctl.domain.http import DEMO_HEADER, HttpResponse
from oddsctl.domain.ports import JSON, Clock
from oddsctl.sandbox import faults
from oddsctl.sandbox.answers import APIS, answer
from oddsctl.sandbox.faults import Fault
from oddsctl.sandbox.odds_api import Account
from oddsctl.sandbox.wire import Ask, reply
from oddsctl.sandbox.world import World

_LOG_LENGTH = 10_000
_PROXY_PAGE = b"<html>upstream connect error</html>"


class SandboxServer(ThreadingHTTPServer):
    """One simulated account with its faults and log, served to many threads. Listens once created."""

    daemon_threads = True
    # A delayed answer must not delay the shutdown.
    block_on_close = False

    def __init__(
        self, world: World, clock: Clock, *, host: str = "127.0.0.1", port: int = 0, key: str | None = None
    ) -> None:
        if not ip_address("127.0.0.1" if host == "localhost" else host).is_loopback:
            raise UsageError(f"the sandbox serves on loopback only, not on {host}", hint="leave out the host")
        self.world = world
        self.clock = clock
        self._key = key
        self._lock = Lock()
        self._account = Account()
        self._faults: dict[str, Fault] = {}
        self._calls: Counter[str] = Counter()
        self._log: deque[JSON] = deque(maxlen=_LOG_LENGTH)
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking DNS for the host's name, as the inherited method does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def url(self) -> str:
        """Return the URL of the server."""
        return f"http://{self.server_name}:{self.server_port}"

    def meet_fault(self, api: str) -> Fault | None:
        """Return the fault that the next call to `api` meets, and count it down."""
        with self._lock:
            self._faults, fault = faults.take(self._faults, api)
            return fault

    def answer(self, ask: Ask, fault: Fault | None) -> HttpResponse:
        """Return the provider's answer, or the fault's; charge and log it."""
        now = self.clock.now()
        with self._lock:
            if fault is not None and fault.status is not None:
                found = reply(
                    fault.status, {"message": "injected"} if fault.body is None else fault.body, fault.headers
                )
            else:
                self._account, found = answer(self.world, self._account, ask, now, self._key)
            self._calls[ask.api] += 1
            safe = {name: "***" if name.lower() == "apikey" else value for name, value in ask.query.items()}
            cost = int(found.headers.get("x-requests-last", 0))
            self._log.append(
                {
                    "api": ask.api,
                    "path": ask.path,
                    "query": safe,
                    "status": found.status,
                    "cost": cost,
                    "t": now,
                }
            )
            return found

    def told(self, path: str, message: JSON) -> JSON:
        """Apply a control message. Raises `ValueError` that names the problem."""
        with self._lock:
            if path == "/__faults":
                merged = {**self._faults, **faults.read(message)}
                self._faults = {api: fault for api, fault in merged.items() if fault is not None}
            else:
                remaining = message.get("remaining") if isinstance(message, dict) else None
                if not isinstance(remaining, int):
                    raise ValueError('expected {"remaining": N}')
                self._account = replace(
                    self._account.at(self.clock.now()), used=self.world.credits - remaining
                )
        return {"ok": True}

    def asked(self, path: str) -> JSON:
        """Return what `/__log` and `/__usage` answer."""
        with self._lock:
            if path == "/__log":
                return list(self._log)
            used = self._account.at(self.clock.now()).used
            return {
                "used": used,
                "remaining": self.world.credits - used,
                "calls": {api: self._calls[api] for api in APIS},
            }


def serve(
    world: World,
    clock: Clock,
    *,
    announce: Callable[[str], None],
    host: str = "127.0.0.1",
    port: int = 0,
    key: str | None = None,
) -> None:
    """Serve until interrupted; call `announce` with the URL once it listens. Port 0 picks a free one."""
    with SandboxServer(world, clock, host=host, port=port, key=key) as server:
        try:
            announce(server.url)
            server.serve_forever()
        except KeyboardInterrupt:
            return


def environment(url: str) -> dict[str, str]:
    """Return the variables that point oddsctl at the sandbox at `url`."""
    return {
        "ODDSCTL_ODDS_BASE_URL": f"{url}/odds",
        "ODDSCTL_ESPN_BASE_URL": f"{url}/espn",
        "ODDSCTL_WEATHER_BASE_URL": f"{url}/weather",
        "ODDSCTL_WEATHER_GEOCODING_URL": f"{url}/geocoding",
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SandboxServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path in ("/__log", "/__usage"):
            self._send(reply(200, self.server.asked(parts.path)))
            return
        api, _, below = parts.path.lstrip("/").partition("/")
        if api not in APIS:
            self._send(reply(404, {"message": "Not Found"}))
            return
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        fault = self.server.meet_fault(api)
        if fault is not None:
            self.server.clock.sleep(fault.delay)
        found = self.server.answer(Ask(api, f"/{below}", query, self.headers.get("User-Agent", "")), fault)
        self._send(found, fault.mode if fault is not None else None)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path not in ("/__faults", "/__quota"):
            self._send(reply(405, {"message": "Method Not Allowed"}))
            return
        try:
            self._send(reply(200, self.server.told(self.path, json.loads(body))))
        except ValueError as error:
            self._send(reply(400, {"message": str(error)}))

    def end_headers(self) -> None:
        # Set here, so that even refusals by http.server itself carry it.
        self.send_header(DEMO_HEADER, "1")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the inherited name
        """Log nothing: the request line holds the key."""

    def _send(self, found: HttpResponse, mode: faults.Mode | None = None) -> None:
        if mode == "drop":
            self.close_connection = True
            return
        body = _PROXY_PAGE if mode == "garbage" else found.body
        self.send_response(found.status)
        for name, value in found.headers.items():
            if name != DEMO_HEADER:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if mode == "truncate":
            self.close_connection = True
            body = body[: len(body) // 2]
        self.wfile.write(body)
