"""SIGTERM under 1,000 connections, to servers whose threads fight for the GIL on one CPU: is each stop in time.

Run: ``python -m benchmarks.signals [STOPS [SECONDS]]``, about eight minutes for 40. A quarter of the stops is for each
server and paradigm. The server (`compare serve`, supervisor and worker) is pinned to one CPU, and the signal comes
SECONDS after the first answers. In time is within the grace and a second, with exit code 0 and no process left. A stop
that is not is counted as lost.
"""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from compare.contract import Paradigm, Ready, Server, read_ready
from compare.harness import load, probe
from compare.harness.load import LoadError
from compare.harness.probe import NoAnswerError
from compare.processes import launch
from compare.records import Abandoned, Load

STOPS = 40
GRACE_S = 1.0
PARADIGMS = (Paradigm.CALLBACK, Paradigm.EXECUTOR)
THREADS = 1_000
CPU = 0
ALLOWED_S = GRACE_S + 1.0
CONNECTIONS = 1_000
HAMMERED_S = 1.5  # after the first answers, unless told otherwise
ANSWERS_S = (
    20.0  # how long the first answers are waited for: none may come at all, which is the state in question
)


@contextmanager
def hammered(base_url: str, paradigm: Paradigm, hammered_s: float) -> Iterator[None]:
    """Put the load on until the block ends; it goes on while the server stops."""
    asked = Abandoned(CONNECTIONS, 0.1, duration_s=hammered_s + ALLOWED_S, warmup_s=0.0)
    thread = threading.Thread(target=_hammer, args=[f"{base_url}/io/{paradigm}?delay=0.1", asked])
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


def stopped(server: Server, paradigm: Paradigm, hammered_s: float) -> float | None:
    """Return how many seconds the server took to stop under the load; None when it was late or left something."""
    options = ["--port", "0", "--grace", f"{GRACE_S:g}", "--threads", str(THREADS)]
    command = launch.argv([sys.executable, "-m", "compare", "serve", server, *options], cpu=CPU)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            ready: Ready = read_ready(process.stdout.readline())
            with hammered(ready.url, paradigm, hammered_s):
                _await_load(ready.url)
                time.sleep(hammered_s)
                return _stop(process, ready.pids)
        finally:
            process.kill()


def _await_load(base_url: str) -> None:
    until_s = time.monotonic() + ANSWERS_S
    while time.monotonic() < until_s:
        with contextlib.suppress(NoAnswerError):
            if probe.stats(base_url, timeout_s=10).completed >= CONNECTIONS:
                return
        time.sleep(0.05)


def _stop(process: "subprocess.Popen[bytes]", workers: tuple[int, ...]) -> float | None:
    sent_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(ALLOWED_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return None
    took_s = time.monotonic() - sent_s
    gone = not any(psutil.pid_exists(pid) for pid in workers)
    return took_s if code == 0 and gone else None


def main() -> None:
    """Print a row for each server."""
    stops = int(sys.argv[1]) if len(sys.argv) > 1 else STOPS
    hammered_s = float(sys.argv[2]) if len(sys.argv) > 2 else HAMMERED_S
    began_s, every = time.monotonic(), []
    print(f"server    paradigm  stops  honoured within {ALLOWED_S:g} s   slowest")
    for server in Server:
        for paradigm in PARADIGMS:
            took = [stopped(server, paradigm, hammered_s) for _ in range(stops // 4)]
            every += took
            honoured = [one for one in took if one is not None]
            slowest = f"{max(honoured):6.2f} s" if honoured else "     -"
            print(
                f"{server:8}  {paradigm:8} {len(took):6} {len(honoured):14} of {len(took):<10} {slowest}",
                flush=True,
            )
    honoured = [one for one in every if one is not None]
    lasted_s = time.monotonic() - began_s
    print(
        f"all: {len(honoured)} of {len(every)}, slowest {max(honoured, default=0.0):.2f} s; {lasted_s:.0f} s in all"
    )


if __name__ == "__main__":
    main()
