"""Bounds on bodies: a request's has at most `MAX_BODY_BYTES` and `BODY_TIMEOUT_S`, and no long answer is kept."""

import asyncio

from aiohttp import hdrs, web
from aiohttp.http import HttpVersion11

from compare.contract import BODY_TIMEOUT_S, MAX_BODY_BYTES, ContractError, ErrorCode, body_too_large

LONG_BYTES = 1024  # of an answer; waits and pings have a tenth of it


class Forgotten(web.Response):
    """A response whose body goes once it is written: aiohttp keeps a connection's last response until its next one."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Write what is left, and keep none of it."""
        await super().write_eof(data)
        self.body = None


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
    await read_body(request)


async def read_body(request: web.BaseRequest) -> bytes:
    """Read the body, once; a client that takes too long is hung up on."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except TimeoutError as error:
        if request.transport is not None:
            request.transport.abort()
        raise ContractError(ErrorCode.INVALID_BODY, "The body did not come in time.", field="body") from error
