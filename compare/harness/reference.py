"""A server whose every answer is known beforehand: what the generator is checked against.

`python -m compare.harness.reference DELAY_S FREEZE_AFTER HOST` answers each request after DELAY_S and says in
`Server-Timing` how long it really took. After FREEZE_AFTER requests (0 = never) it stands still once, as a whole, for
a second, like a process in a long garbage collection. It prints its URL, and ends when its standard input does.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from compare.contract import BACKLOG
from compare.harness.brake import braked
from compare.processes.child import Child

START_S = 20.0
FREEZE_S = 1.0
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer-Timing: io;dur=%.3f\r\n\r\nok"
_AT_ONCE = _HEAD % 0.0


class Answering(asyncio.Protocol):
    """One keep-alive connection; the settings are the process's.

    What is told is read from `time.monotonic`: uvloop's own clock counts whole milliseconds.
    """

    delay_s = 0.0
    until_freeze = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # TCP has no other
        self._loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        """Answer each request in `data`, now or after the delay; the generator sends no bodies."""
        for _ in range(data.count(b"\r\n\r\n")):
            if not self.delay_s:
                self._transport.write(_AT_ONCE)
            else:
                self._loop.call_later(self.delay_s, self._answer, time.monotonic())
            if Answering.until_freeze:
                Answering.until_freeze -= 1
                if not Answering.until_freeze:
                    time.sleep(FREEZE_S)

    def _answer(self, since_s: float) -> None:
        if not self._transport.is_closing():  # the generator leaves when its window is over
            self._transport.write(_HEAD % ((time.monotonic() - since_s) * 1e3))


@contextmanager
def serving(
    *,
    delay_s: float = 0.0,
    freeze_after: int = 0,
    cpu: int | None = None,
    slower: float = 0.0,
    host: str = "127.0.0.1",
) -> Iterator[str]:
    """Run the reference server in a process of its own; yield its URL. It never outlives the block.

    It is slowed by the share `slower`, as `brake` does it.
    """
    words = [str(delay_s), str(freeze_after), host]
    command = [sys.executable, "-P", "-m", "compare.harness.reference", *words]
    with Child(command, cpu=cpu) as child:
        url = child.line(START_S).decode()
        with braked(child.pid, slower):
            yield url


async def _serve(listen: str) -> None:
    server = await asyncio.get_running_loop().create_server(Answering, listen, 0, backlog=BACKLOG)
    host, port = server.sockets[0].getsockname()[:2]
    sys.stdout.write(f"http://{host}:{port}/\n")
    sys.stdout.flush()
    async with server:
        ended = asyncio.get_running_loop().create_future()
        threading.Thread(target=_until_stdin_ends, args=(ended,), daemon=True).start()
        await ended


def _until_stdin_ends(ended: "asyncio.Future[None]") -> None:
    while sys.stdin.buffer.read(4096):
        pass
    ended.get_loop().call_soon_threadsafe(ended.set_result, None)


if __name__ == "__main__":
    import uvloop

    Answering.delay_s, Answering.until_freeze = float(sys.argv[1]), int(sys.argv[2])
    uvloop.run(_serve(sys.argv[3]))
