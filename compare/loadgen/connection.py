"""One keep-alive connection: sends a request that was serialised once, stamps it, and knows when its answer is whole.

Everything here runs once per request at more than 100,000 a second, which decides how it is written:

- The request leaves by `socket.send`, not by the transport: uvloop collects writes until the end of the loop's
  iteration, so that up to 64 other answers would be handled between the stamp and the system call.
- The parser, in C, calls Python once per answer. What else is needed of the head is searched for in the raw bytes.
- An answer that came in one piece, byte for byte as the one before, is not parsed again: the parser stood between two
  answers then as now, so it would say the same. That holds until a piece of an answer comes by itself.
- One request at a time, never pipelined: on HTTP/1.1 a pipelined answer waits for the one before it.
"""

import asyncio
import math
import socket
from time import monotonic
from typing import Protocol, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from compare.loadgen import head
from compare.loadgen.ledger import Ended

NAN = math.nan
SEMICOLON = ord(";")  # as a number it is found in 0.06 us, as bytes in 0.3, `io;dur=` in 0.4
REQUEST_TIMEOUT = 408  # what a server may say on a connection before it closes it for having been silent
HEAD_LIMIT = 1 << 16  # of an answer that comes in pieces, kept until its head is whole
BEFORE_BODY_LIMIT = 1 << 20  # interim answers and head of one answer: an endless row would fill the loop


class Owner(Protocol):
    """Sends on connections, and is called back by them."""

    def ended(self, connection: "Connection", status: int, done_s: float, io_s: float) -> None:
        """The request under way has ended: with an HTTP status, or with one of `Ended`."""

    def unasked(self) -> None:
        """A connection brought an answer before its first request: what this server says answers nothing."""

    def lost(self, connection: "Connection") -> None:
        """The connection is gone; called once, before the `ended` of a request it took along."""


class Connection(asyncio.Protocol):
    """A connected socket. `usable` says whether one more request may go on it once the one under way has ended."""

    __slots__ = (
        "_again",
        "_answers",
        "_before_body",
        "_feed",
        "_head",
        "_io_s",
        "_keep",
        "_owner",
        "_parser",
        "_request",
        "_send",
        "_status",
        "_transport",
        "busy",
        "intended_s",
        "sent_s",
        "usable",
    )

    def __init__(self, owner: Owner, sock: socket.socket, request: bytes, *, keep: bool = True) -> None:
        self._owner, self._request, self._send, self._keep = owner, request, sock.send, keep
        self._parser = HttpResponseParser(self)
        self._feed = self._parser.feed_data
        self._answers, self._status, self._io_s, self._head = 0, 0, NAN, b""
        self._again: bytes | None = None
        self._before_body = 0
        self.busy, self.usable = False, True
        self.intended_s = self.sent_s = math.nan

    def send(self, intended_s: float) -> None:
        """Send the request that was due at `intended_s`, now."""
        self.intended_s = intended_s
        self.busy = True
        self.sent_s = monotonic()
        try:
            sent = self._send(self._request)
        except BlockingIOError:
            sent = 0
        except OSError:  # the peer has closed; connection_lost follows and says so
            return
        if sent != len(self._request):
            self._transport.write(self._request[sent:])

    def close(self) -> None:
        """Close at once."""
        self.usable = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Stamp first, then look what came."""
        now_s = monotonic()
        if data == self._again and self.busy:
            self.busy = False
            self._owner.ended(self, self._status, now_s, self._io_s)
            return
        try:
            self._feed(data)
        except (HttpParserError, HttpParserUpgrade):
            self._malformed(now_s)
            return
        if self._answers != 1 or not self.busy:
            self._odd(data, now_s)
            return
        self._answers = self._before_body = 0
        self.busy = False
        if self._head:
            data, self._head = self._head + data, b""
        else:
            self._again = data
        self._io_s = head.io_seconds(data) if SEMICOLON in data else NAN
        self._owner.ended(self, self._status, now_s, self._io_s)

    def on_message_complete(self) -> None:
        """Called by the parser, also for interim answers such as 100 Continue, which answer nothing yet."""
        status = self._parser.get_status_code()
        if status >= 200:
            self._status = status
            self._answers += 1
            self.usable = self._keep and self._parser.should_keep_alive()

    def _odd(self, data: bytes, now_s: float) -> None:
        self._again = None
        if self._answers and math.isnan(self.sent_s) and self._status != REQUEST_TIMEOUT:
            self._owner.unasked()
        if self._answers or not self.busy:  # two answers to one request, or one to none
            self._malformed(now_s)
        elif not head.complete(self._head):
            self._begin(data, now_s)

    def _begin(self, data: bytes, now_s: float) -> None:
        self._before_body += len(data)
        if self._before_body > BEFORE_BODY_LIMIT:
            self._malformed(now_s)
        elif len(self._head) < HEAD_LIMIT:
            self._head = head.final(self._head + data)

    def _malformed(self, now_s: float) -> None:
        busy, self.busy = self.busy, False
        self.close()
        if busy:
            self._owner.ended(self, Ended.MALFORMED, now_s, math.nan)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the request under way: answered, if its body lasts until the close; broken, if not."""
        now_s = monotonic()
        whole = exc is None and head.ends_by_close(self._head)
        status = self._parser.get_status_code() if whole else Ended.RESET
        del self._parser, self._feed  # they refer to us, and no garbage collector will come
        self.usable = False
        self._owner.lost(self)
        if self.busy:
            self.busy = False
            self._owner.ended(self, status, now_s, head.io_seconds(self._head))
