"""SIGHUP under 500 requests a second, and ``kill -9`` of a worker: how many requests are lost.

Run: ``python -m benchmarks.replacing [SECONDS]``. Two workers; in the first row they are replaced over and over, in the
second one of them is killed once. Every request is counted, those that failed by kind; of the killed worker, how many
it held (`/stats?all=1` just before) and after how many seconds another one listens. With 21 seconds it takes about 80.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from compare.contract import Ready, Server, read_ready
from compare.harness import load, probe
from compare.records import Open

RATE_RPS, SECONDS = 500.0, 21.0
DELAY_S = 0.01
CONNECTIONS = 100


def disturbed(server: Server, seconds: float, disturb: Callable[[int, Ready], str]) -> str:
    """Return a row: what was sent, what failed, and what `disturb` says of what it did."""
    command = [sys.executable, "-m", "compare", "serve", server, "--port", "0", "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            ready = read_ready(process.stdout.readline())
            asked = Open(CONNECTIONS, DELAY_S, rate_rps=RATE_RPS, duration_s=seconds, warmup_s=0.5)
            said: list[str] = []
            beside = threading.Thread(target=lambda: said.append(disturb(process.pid, ready)))
            beside.start()
            result = load.run(f"{ready.url}/io/native?delay={DELAY_S}", asked)
            beside.join()
            statuses = Counter(result.samples.status.tolist())
            failed = {status: count for status, count in statuses.items() if status != 200}
            return f"{len(result.samples.status):8,} {sum(failed.values()):7,}  {said[0]}   {failed or ''}"
        finally:
            process.send_signal(signal.SIGTERM)


def replaced(seconds: float) -> Callable[[int, Ready], str]:
    """Send SIGHUP, wait until both workers are new, and so on."""

    def disturb(pid: int, ready: Ready) -> str:
        until_s, before, count = time.monotonic() + seconds - 2, set(ready.pids), 0
        while time.monotonic() < until_s:
            os.kill(pid, signal.SIGHUP)
            count += 1
            while (now := _pids(ready.url)) & before or len(now) < 2:
                time.sleep(0.1)
                if time.monotonic() > until_s:
                    break
            before = now
        return f"{count} times"

    return disturb


def killed(_pid: int, ready: Ready) -> str:
    """Kill one worker after two seconds, and wait for the next."""
    time.sleep(2)
    victim = ready.pids[0]
    held = _rows(ready.url)[victim].get("in_flight", "unknown")
    os.kill(victim, signal.SIGKILL)
    began_s = time.monotonic()
    while victim in (now := _rows(ready.url)) or len(now) < 2:
        time.sleep(0.01)
    return f"held {held}, another after {time.monotonic() - began_s:.2f} s"


def _pids(url: str) -> set[int]:
    return set(_rows(url))


def _rows(url: str) -> dict[int, dict[str, Any]]:
    answer = probe.get(f"{url}/stats?all=1", timeout_s=10)
    return {row["pid"]: row for row in json.loads(answer.body)["workers"]}


def main() -> None:
    """Print two rows for each server."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    print(
        "server    what      requests  failed  what happened   by status (negative: no answer, see SampleStatus)"
    )
    for server in Server:
        print(f"{server:8}  SIGHUP  {disturbed(server, seconds, replaced(seconds))}", flush=True)
        print(f"{server:8}  kill -9 {disturbed(server, seconds / 3, killed)}", flush=True)


if __name__ == "__main__":
    main()
