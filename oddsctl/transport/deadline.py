"""One exchange on the wire: whether it began, how long it may take, how large its body may be.

No address and no file may enter.
"""

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
    """No connection came about, so nothing was sent; the cause says why.

    Of no class that urllib3 catches: it reaches us as it is.
    """


class ExchangeDeadline:
    """The time limit of one exchange.

    A byte now and then keeps a read timeout from striking, be it in headers, body or trailers.

    `head` is the status and the headers of the answer, once they are there; `via` the variable that names the
    proxy in between.
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
        self._timer.join()  # or it might hang up on the next exchange

    def check(self) -> None:
        """Raises `TimeoutError` once the time is up: what was read then may be cut off."""
        if self.overdue:
            raise TimeoutError

    def _hang_up(self) -> None:
        self.overdue = True
        if self.sock is not None:
            with suppress(
                OSError, TypeError
            ):  # closed already; TLS within TLS to a proxy is no socket and keeps the read timeout alone
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class Adapter(HTTPAdapter):
    """requests' adapter, never retrying, with connections that know whether they came about.

    One exchange at a time.
    """

    line: ExchangeDeadline

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(_watched(type(pool).ConnectionCls), self)
        return pool


class _Watched:
    """What our connections do beyond urllib3's: a failure to connect is told apart, and the socket is known
    to the time limit.
    """

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
    """The class of connections, watched: urllib3's to a provider, to loopback or a proxy, and those through
    SOCKS.
    """
    return type(f"Watched{connection.__name__}", (_Watched, connection), {})


def decoded(pieces: Iterable[bytes], limit: int) -> bytes | None:
    """The body, or None when it is larger than `limit`.

    Gzip is known by its first bytes, as it comes undeclared, too (FACTS 2).
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
            if inflater.eof:  # a gzip body may have several members
                inflater = zlib.decompressobj(wbits=31)
            body += inflater.decompress(piece, limit + 1 - len(body))
            if len(body) > limit:
                return None
            piece = inflater.unused_data  # noqa: PLW2901  the rest of it
    if inflater is not None and not inflater.eof:
        raise zlib.error("cut off")
    return bytes(body)
