"""The least an aiohttp handler can do to return the bytes and headers our twin returns: what `twins` compares with."""

import asyncio
import socket

from aiohttp import web
from multidict import CIMultiDict

from compare.contract import HEADERS, PONG, Paradigm, Server, io_body

IO = io_body(Server.AIOHTTP, Paradigm.NATIVE, "sleep", 0.0)


async def ping(_request: web.Request) -> web.Response:
    """Return the bytes of `/ping`."""
    return web.Response(body=PONG, headers=CIMultiDict(HEADERS))


async def io(_request: web.Request) -> web.Response:
    """Return the bytes of `/io/native?delay=0`."""
    return web.Response(body=IO, headers=CIMultiDict(HEADERS | {"Server-Timing": "io;dur=0.0"}))


async def main() -> None:
    """Serve until killed; the port goes to stdout."""
    app = web.Application()
    app.add_routes([web.get("/ping", ping), web.get("/io/native", io)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    sock = socket.create_server(("127.0.0.1", 0), backlog=4096)
    await web.SockSite(runner, sock, backlog=4096).start()
    print(sock.getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
