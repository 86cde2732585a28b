"""Two hundred clients ask for the longest answers there are and read nothing: what that costs, and for how long.

    python -m benchmarks.unread [SECONDS]

Each asks with a Cookie header of 60 kB, over a connection with the smallest receive buffer: to clear all cookies, or
to show them. Prints by how much the server's memory grew while the answers lie unread, and how many connections are
open, and what is left of the growth, once the limit for readers is over (75 s; SECONDS to wait instead). A server must
grow by less than 60 MB, and close them all.
"""

import json
import select
import socket
import subprocess
import sys
import time

import psutil

from compare.contract import KEEP_ALIVE_S, Server

CLIENTS = 200
COOKIES = 60_000  # bytes
SETTLED_S = 0.5  # without a change of more than 64 kB


def request(line: str) -> bytes:
    """Return the request: as many cookies as fit."""
    names = (f"{number:x}=" for number in range(0x1000, 0x10000))
    cookies = ";".join(names)[:COOKIES]
    return f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n".encode()


ASKING = {
    "clear all": request("DELETE /cookies?path=/" + "x" * 1000),
    "show all": request("GET /cookies"),
}


def crowd(port: int, asking: bytes) -> list[socket.socket]:
    """Connect, ask, and never read."""
    clients = []
    for _ in range(CLIENTS):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(asking)
        clients.append(client)
    for client in clients:
        client.recv(1, socket.MSG_PEEK)  # its answer has begun
    return clients


def settled_bytes(process: psutil.Process) -> int:
    """Return the resident memory once it has stopped changing."""
    since_s, before = time.monotonic(), process.memory_info().rss
    while time.monotonic() - since_s < SETTLED_S:
        time.sleep(0.05)
        now = process.memory_info().rss
        if abs(now - before) > 65536:
            since_s, before = time.monotonic(), now
    return before


def open_connections(process: psutil.Process) -> int:
    """Return how many connections the server holds."""
    return sum(one.status != psutil.CONN_LISTEN for one in process.net_connections("tcp"))


def measure(server: str, what: str, wait_s: float) -> str:
    """Return a line on one server and one request."""
    command = [sys.executable, "-m", f"compare.{server}_impl", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as popen:
        try:
            assert popen.stdout is not None
            assert select.select([popen.stdout], [], [], 20)[0], "no ready line"
            port = int(json.loads(popen.stdout.readline())["url"].rpartition(":")[2])
            process = psutil.Process(popen.pid)
            before = settled_bytes(process)
            clients = crowd(port, ASKING[what])
            grown = settled_bytes(process) - before
            held = open_connections(process)
            time.sleep(wait_s)
            left, kept = open_connections(process), settled_bytes(process) - before
            for client in clients:
                client.close()
        finally:
            popen.kill()
    return f"{server}, {what}: {held} held, +{grown / 1e6:.1f} MB; after the limit {left} held, +{kept / 1e6:.1f} MB"


def main() -> None:
    """Measure and print."""
    wait_s = float(sys.argv[1]) if sys.argv[1:] else KEEP_ALIVE_S * 1.1
    for server in Server:
        for what in ASKING:
            print(measure(server, what, wait_s), flush=True)


if __name__ == "__main__":
    main()
