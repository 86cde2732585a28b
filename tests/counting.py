"""A server in a thread that counts what it is asked, for tests that wait until a load is really under way."""

import contextlib
import socketserver
import threading
import time
from collections.abc import Callable, Iterator

from running import PAUSE_S

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Server(socketserver.ThreadingTCPServer):
    """Has a thread for each connection, and in `asked` an item for each request."""

    daemon_threads, block_on_close, request_queue_size = True, False, 128

    def __init__(self) -> None:
        self.asked: list[None] = []
        super().__init__(("127.0.0.1", 0), Talk)


class Talk(socketserver.StreamRequestHandler):
    """Answers each request on a connection at once."""

    server: Server

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            while self.rfile.readline():
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(OK)
                self.server.asked.append(None)


@contextlib.contextmanager
def counting() -> Iterator[tuple[str, Callable[[int], None]]]:
    """Yield the server's URL and a function that returns once it was asked so many times more."""
    with Server() as server:

        def until(times: int) -> None:
            wanted = len(server.asked) + times
            while len(server.asked) < wanted:
                time.sleep(PAUSE_S)

        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", until
        finally:
            server.shutdown()
            serving.join()
