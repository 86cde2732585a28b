"""Is the upstream cheap enough to sit beside the generator? Answers per second and CPU per answer of one process.

Asked from this process, so on two cores; the delay of each level gives its ceiling, connections / delay.

.venv/bin/python -m benchmarks.upstream [SECONDS]
"""

import asyncio
import sys
import time

import psutil
import uvloop

from compare.services.companion import Companion
from compare.work.http import UPSTREAM

LEVELS = ((64, 0.0), (1_000, 0.1), (10_000, 2.0))  # connections, delay in seconds


class Asking(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, request: bytes) -> None:
        self.request, self.answers = request, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self.request)

    def data_received(self, _data: bytes) -> None:
        self.answers += 1
        self.transport.write(self.request)


async def level(url: str, pid: int, connections: int, delay_s: float, seconds: float) -> None:
    """Load the upstream with one level and print its row."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    request = f"GET /?delay={delay_s} HTTP/1.1\r\nHost: up\r\n\r\n".encode()
    loop, asking = asyncio.get_running_loop(), []
    for _ in range(connections):
        _, protocol = await loop.create_connection(lambda: Asking(request), host, int(port))
        asking.append(protocol)
    await asyncio.sleep(delay_s)
    process = psutil.Process(pid)
    before, cpu, begun = sum(one.answers for one in asking), sum(process.cpu_times()[:2]), time.monotonic()
    await asyncio.sleep(seconds)
    answers, took_s = sum(one.answers for one in asking) - before, time.monotonic() - begun
    cpu_s, rss = sum(process.cpu_times()[:2]) - cpu, process.memory_info().rss
    print(
        f"{connections:>11} {delay_s:>8} s {answers / took_s:>10.0f} {cpu_s / max(answers, 1) * 1e6:>9.1f} us "
        f"{rss / 1e6:>8.0f} MB"
    )
    for one in asking:
        one.transport.abort()


async def main(seconds: float) -> None:
    """Print the table."""
    print("connections      delay  answers/s  CPU/answer      RSS")
    for connections, delay_s in LEVELS:
        with Companion(UPSTREAM) as upstream:
            await level(upstream.ready["url"], upstream.pid, connections, delay_s, max(seconds, 2 * delay_s))


if __name__ == "__main__":
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0))
