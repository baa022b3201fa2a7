"""Limit one HTTP exchange: total time, body size, and whether the connection was ever made."""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Iterable
from contextlib import suppress
from functools import cache, partial
from typing import Any

from requests.adapters import HTTPAdapter


class NotSentError(Exception):
    """No connection was made, so nothing was sent; the cause says why.

    Derives from no class that urllib3 catches, so it reaches us unchanged.
    """


class ExchangeDeadline:
    """Time limit of one exchange.

    A read timeout never fires while single bytes keep arriving, so this limits the exchange as a whole.
    `head` holds status and headers once they arrived; `via` names the variable of the proxy in between.
    """

    def __init__(self, patience: float) -> None:
        self.sock: socket.socket | None = None
        self.overdue = False
        self.redirected = False
        self.head: tuple[int, dict[str, str]] | None = None
        self.via: str | None = None
        self._timer = threading.Timer(patience, self._hang_up)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        # Otherwise the timer might close the connection of the next exchange.
        self._timer.join()

    def check(self) -> None:
        """Raise `TimeoutError` once the time is up: a body read until then may be cut off."""
        if self.overdue:
            raise TimeoutError

    def _hang_up(self) -> None:
        self.overdue = True
        if self.sock is not None:
            # Closed already. TLS within TLS to a proxy has no socket and relies on the read timeout.
            with suppress(OSError, TypeError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class Adapter(HTTPAdapter):
    """Adapter for requests that never retries and records whether the connection was made.

    One exchange at a time.
    """

    line: ExchangeDeadline

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(_watched(type(pool).ConnectionCls), self)
        return pool


class _Watched:
    """Connection mixin: reports failures to connect separately and hands its socket to the time limit."""

    sock: Any

    def __init__(self, adapter: Adapter, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._adapter = adapter

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]  # urllib3's, beside us in the bases
            self._adapter.line.check()
        except Exception as error:
            raise NotSentError from error

    def getresponse(self) -> Any:
        self._adapter.line.sock = self.sock
        self._adapter.line.check()
        return super().getresponse()  # type: ignore[misc]  # likewise


@cache
def _watched(connection: type) -> type:
    """Return the watched subclass of a urllib3 connection class (direct, proxy or SOCKS)."""
    return type(f"Watched{connection.__name__}", (_Watched, connection), {})


def decoded(pieces: Iterable[bytes], limit: int) -> bytes | None:
    """Join and decompress the body; None when it is larger than `limit` bytes.

    Detects gzip by its first bytes, because it also arrives undeclared.
    """
    body = bytearray()
    inflater = None
    for piece in pieces:
        if inflater is None:
            body += piece
            if body[:2] != b"\x1f\x8b":
                if len(body) > limit:
                    return None
                continue
            inflater, piece = zlib.decompressobj(wbits=31), bytes(body)  # noqa: PLW2901  from here on all is gzip
            body.clear()
        while piece:
            # A gzip body may have several members.
            if inflater.eof:
                inflater = zlib.decompressobj(wbits=31)
            body += inflater.decompress(piece, limit + 1 - len(body))
            if len(body) > limit:
                return None
            piece = inflater.unused_data  # noqa: PLW2901  the rest of it
    if inflater is not None and not inflater.eof:
        raise zlib.error("cut off")
    return bytes(body)
