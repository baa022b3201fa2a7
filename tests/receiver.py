"""Someone who listens on loopback: a real HTTP server that keeps what it is told, and can be down, slow or
unwilling.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hook-token-DO-NOT-LEAK"


class Receiver:
    """What was heard, in order. While `status` is not 200 nothing is; `may_answer` holds its answers back."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.status = 200
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.port = 0

    @property
    def url(self) -> str:
        """Its Apprise address, which is a secret."""
        return f"json://127.0.0.1:{self.port}/{TOKEN}"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.heard]

    @contextmanager
    def up(self) -> Iterator[Receiver]:
        """It listens while the block lasts, always at the same port."""
        server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield self
        finally:
            self.may_answer.set()
            server.shutdown()
            thread.join()
            server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["content-length"])))
                receiver.may_answer.wait(60)
                if receiver.status == 200:
                    receiver.heard.append(message)
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
