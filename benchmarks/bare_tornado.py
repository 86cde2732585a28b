"""The least a Tornado handler can do to return the bytes and headers our twin returns: what `twins` compares with."""

import asyncio
import socket

from tornado import web
from tornado.httpserver import HTTPServer

from compare.contract import HEADERS, PONG, Paradigm, Server, io_body

IO = io_body(Server.TORNADO, Paradigm.NATIVE, "sleep", 0.0)


class Bare(web.RequestHandler):
    """Sets the headers and nothing else; the ETag is off, as in the twins."""

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def compute_etag(self) -> None:
        pass


class Ping(Bare):
    """Returns the bytes of `/ping`."""

    def get(self) -> None:
        self.finish(PONG)


class Io(Bare):
    """Returns the bytes of `/io/native?delay=0`."""

    def get(self) -> None:
        self.set_header("Server-Timing", "io;dur=0.0")
        self.finish(IO)


async def main() -> None:
    """Serve until killed; the port goes to stdout."""
    app = web.Application([(r"/ping", Ping), (r"/io/native", Io)], log_function=lambda _handler: None)
    sock = socket.create_server(("127.0.0.1", 0), backlog=4096)
    sock.setblocking(False)
    HTTPServer(app).add_sockets([sock])
    print(sock.getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
