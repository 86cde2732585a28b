"""Bounds on a request's body: at most `MAX_BODY_BYTES`, the application's own limit, within `BODY_TIMEOUT_S`."""

import asyncio

from aiohttp import web

from compare.contract import BODY_TIMEOUT_S, ContractError, ErrorCode


async def read_body(request: web.Request) -> bytes:
    """Read the body; a client that takes too long is hung up on."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except TimeoutError as error:
        if request.transport is not None:
            request.transport.abort()
        raise ContractError(ErrorCode.INVALID_BODY, "The body did not come in time.", field="body") from error
