"""Bounds on what a client sends: `MAX_HEADER_BYTES` of a head, `MAX_BODY_BYTES` of a body, within `BODY_TIMEOUT_S`."""

import asyncio
from typing import Any

from aiohttp import hdrs, web, web_protocol
from aiohttp.http import HttpVersion11
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from compare.contract import (
    BODY_TIMEOUT_S,
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    ContractError,
    ErrorCode,
    body_too_large,
)

# Requests that are kept, parsed, behind the one that is answered; aiohttp has 32, of 64 KiB each. With one, reading
# would pause and resume at each request.
web_protocol.MAX_MSG_QUEUE_SIZE = 2
MAX_FRAMING_BYTES = 8 * MAX_BODY_BYTES  # of a body in chunks: six times as much as the smallest chunks hold


class Bounded(web.RequestHandler):
    """aiohttp's side of a connection, which hangs up when a head or the framing of a body is too large.

    aiohttp bounds each line of a head and their number, which together let 8 MB pass; so do the lines behind a body.
    Tornado bounds both by itself.
    """

    __slots__ = ("_body", "_unread_bytes")

    def __init__(self, manager: web.Server, **options: Any) -> None:
        super().__init__(manager, **options)
        self._body: StreamReader = EMPTY_PAYLOAD  # of the latest request
        self._unread_bytes = 0  # that came since its head

    def data_received(self, data: bytes) -> None:
        """Take what came; hang up on a head of more than `MAX_HEADER_BYTES`, as Tornado does."""
        before = self._request_count
        web.RequestHandler.data_received(self, data)  # `super()` would look for it at each request
        self._unread_bytes += len(data)
        if self._request_count == before:
            self._bound()
        elif self._messages:
            if self._unread_bytes > MAX_HEADER_BYTES:
                self._bound_heads(self._request_count - before)
            self._body = self._messages[-1][1]
            self._unread_bytes = 0

    def _bound(self) -> None:
        """Bound what came since the latest head: it belongs to the next one, which is not complete, or to a body."""
        if self._body is EMPTY_PAYLOAD:
            if self._unread_bytes > MAX_HEADER_BYTES:
                self._refuse()
        elif self._body.is_eof():
            self._body = EMPTY_PAYLOAD
            self._unread_bytes = 0
        elif self._unread_bytes - self._body.total_bytes > MAX_FRAMING_BYTES:
            self._refuse()

    def _bound_heads(self, new: int) -> None:
        for message, _body in list(self._messages)[-new:]:
            lines = getattr(message, "raw_headers", ())  # a fault has none
            if sum(len(name) + len(value) for name, value in lines) > MAX_HEADER_BYTES:
                self._refuse()

    def _refuse(self) -> None:
        if self.transport is not None:
            self.transport.abort()


async def receive(request: web.BaseRequest) -> None:
    """Wait for the whole body, before any handler: aiohttp itself would bound only what a handler reads.

    Nor does a request whose body is still on its way take up a place that others wait for. A client that expects
    100 Continue is told so here; aiohttp tells it once more, which RFC 9110, section 15.2, allows.
    """
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise body_too_large()
    if hdrs.EXPECT in request.headers and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            await request.read()
    except TimeoutError as error:
        if request.transport is not None:
            request.transport.abort()
        raise ContractError(ErrorCode.INVALID_BODY, "The body did not come in time.", field="body") from error
