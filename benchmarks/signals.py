"""SIGTERM while 1,000 connections hammer the callback paradigm: how many of 20 stops are honoured in time.

Run: ``python -m benchmarks.signals [STOPS]``. In time is within the grace and a second; the exit code must be 0.
A stop that is not is ended by SIGKILL and counted as lost.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from compare.contract import Ready, Server, read_ready
from compare.harness import load, probe
from compare.harness.load import LoadError
from compare.records import Abandoned, Load

STOPS = 20
GRACE_S = 5.0
ALLOWED_S = GRACE_S + 1.0
CONNECTIONS = 1_000
HAMMERED_S = 1.5  # after the first answer


@contextmanager
def hammered(base_url: str) -> Iterator[None]:
    """Put the load on until the block ends; it goes on while the server stops."""
    asked = Abandoned(CONNECTIONS, 0.1, duration_s=HAMMERED_S + ALLOWED_S, warmup_s=0.0)
    thread = threading.Thread(target=_hammer, args=[f"{base_url}/io/callback?delay=0.1", asked])
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _hammer(url: str, asked: Load) -> None:
    try:
        load.run(url, asked)
    except LoadError as error:
        print(error, file=sys.stderr)


def stopped(server: Server) -> float | None:
    """Return how many seconds the server took to stop under the load; None when the signal was lost."""
    command = [sys.executable, "-m", f"compare.{server}_impl", "--port", "0", "--grace", f"{GRACE_S:g}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            ready: Ready = read_ready(process.stdout.readline())
            with hammered(ready.url):
                _await_load(ready.url)
                time.sleep(HAMMERED_S)
                return _stop(process)
        finally:
            process.kill()


def _await_load(base_url: str) -> None:
    while probe.stats(base_url, timeout_s=10).completed < CONNECTIONS:
        time.sleep(0.05)


def _stop(process: "subprocess.Popen[bytes]") -> float | None:
    sent_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(ALLOWED_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return None
    return time.monotonic() - sent_s if code == 0 else None


def main() -> None:
    """Print a row for each server."""
    stops = int(sys.argv[1]) if len(sys.argv) > 1 else STOPS
    print(f"server    stops  honoured within {ALLOWED_S:g} s   slowest")
    for server in Server:
        took = [stopped(server) for _ in range(stops)]
        honoured = [one for one in took if one is not None]
        slowest = f"{max(honoured):6.2f} s" if honoured else "     -"
        print(f"{server:8} {stops:6} {len(honoured):14} of {stops:<10} {slowest}", flush=True)


if __name__ == "__main__":
    main()
