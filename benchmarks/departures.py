"""Ten thousand clients leave, a byte or 33 requests behind theirs: how long their long I/Os stay in flight.

    python -m benchmarks.departures

Prints seconds, and those of the server's CPU, which say more on a machine that does something else. A server must have
nothing in flight 2 s after the last client left. Needs 20,000 open files.
"""

import json
import resource
import select
import socket
import subprocess
import sys
import time
import urllib.request

import psutil

WAIT = b"GET /io/native?delay=60 HTTP/1.1\r\nHost: localhost\r\n\r\n"
BEHIND = {"a byte": b"G", "33 requests": WAIT * 33}


def in_flight(url: str) -> int:
    """Ask the server."""
    with urllib.request.urlopen(url + "/stats", timeout=60) as answer:
        return int(json.load(answer)["in_flight"])


def cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def measure(server: str, behind: bytes, clients: int) -> tuple[float, float]:
    """Return the seconds from the last departure to nothing in flight, and the server's CPU for all departures."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"compare.{server}_impl", "--port", "0"], stdout=subprocess.PIPE, stderr=None
    )
    try:
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 20)[0], "no ready line"
        url = json.loads(process.stdout.readline())["url"]
        host, _, port = url.removeprefix("http://").rpartition(":")
        crowd = []
        for _ in range(clients):
            client = socket.create_connection((host, int(port)))
            client.sendall(WAIT + behind)
            crowd.append(client)
        while in_flight(url) < clients:
            time.sleep(0.1)
        used_s = cpu_s(process.pid)
        for client in crowd:
            client.close()
        began_s = time.monotonic()
        while in_flight(url):
            time.sleep(0.05)
        return time.monotonic() - began_s, cpu_s(process.pid) - used_s
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Measure and print."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = min(10_000, hard - 100)
    for server in ("tornado", "aiohttp"):
        for name, behind in BEHIND.items():
            took_s, used_s = measure(server, behind, clients)
            print(f"{server}: {clients} clients left with {name} behind: nothing in flight", end=" ")
            print(f"after {took_s:.2f} s; {used_s:.2f} s of CPU", flush=True)


if __name__ == "__main__":
    main()
