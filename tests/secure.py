"""An https server of fixed bytes in a thread, with a certificate for localhost that no authority vouches for."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CERTIFICATE = Path(__file__).parent / "data" / "localhost.pem"
_WITH_KEY = CERTIFICATE.with_name("localhost-with-key.pem")
OK = b"HTTP/1.1 200 OK\r\nServer-Timing: io;dur=1.5\r\nContent-Length: 2\r\n\r\nhi"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nhi"


class Served:
    """The server's port, and what it saw: connections made and requests asked."""

    def __init__(self, answer: bytes, *, close: bool, cut: bool) -> None:
        self.port = self.connections = self.requests = 0
        self._answer, self._close, self._cut = answer, close, cut
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    def run(self) -> None:
        asyncio.run(self._serve())

    def await_port(self) -> None:
        assert self._ready.wait(60)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)

    async def _serve(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_WITH_KEY)
        self._loop = asyncio.get_running_loop()
        listening = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=context)
        self.port = listening.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        listening.close()
        for writer in self._writers:
            writer.transport.abort()  # a connection that is left to the collector is a warning
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                writer.write(self._answer)
                if self._cut:
                    writer.transport.abort()
                elif self._close:
                    writer.close()
        if not writer.is_closing():  # a second close makes Python 3.11.2 forget what there is to abort
            writer.close()


@contextmanager
def serving(answer: bytes = OK, *, close: bool = False, cut: bool = False) -> Iterator[Served]:
    """Answer each request with `answer`; then `close`, or `cut` the connection without the close_notify of TLS."""
    served = Served(answer, close=close, cut=cut)
    thread = threading.Thread(target=served.run)
    thread.start()
    served.await_port()
    try:
        yield served
    finally:
        served.stop()
        thread.join(60)
