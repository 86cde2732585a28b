"""A server that freezes itself: every answer takes 5 ms, and once, between two requests, nothing runs for a second.

The freeze blocks the whole process, as a garbage collection or a blocking call in a handler does: it is no delay added
to the requests that happen to be there. Argument: after how many requests it freezes, 0 = never. Prints its port.
"""

import asyncio
import sys
import time

WAIT_S, FREEZE_S = 0.005, 1.0
BODY = b"HTTP/1.1 200 OK\r\nServer-Timing: io;dur=5.0\r\nContent-Length: 2\r\n\r\nok"


class Answering(asyncio.Protocol):
    """One keep-alive connection."""

    left = 0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        loop = asyncio.get_running_loop()
        for _ in range(data.count(b"\r\n\r\n")):
            loop.call_at(loop.time() + WAIT_S - loop._clock_resolution, self.transport.write, BODY)
            Answering.left -= 1
            if not Answering.left:
                time.sleep(FREEZE_S)


async def main(freeze_after):
    Answering.left = freeze_after
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
