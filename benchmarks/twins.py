"""What the contract costs: each twin's `/ping` and `/io/native?delay=0` beside a bare handler of its framework.

The bare handler returns the same bytes and headers and does nothing else. Both servers run all the time, pinned to
CPU 0; the generator, on CPU 1, asks them for a second each in turns, A B, B A, and so on.
Run: ``python -m benchmarks.twins``.
"""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import psutil

from compare.contract import Server, read_ready
from compare.harness import load
from compare.records import Closed

ROUNDS, CONNECTIONS = 11, 64
SERVER_CPU, CLIENT_CPU = 0, 1
TARGETS = {"/ping": 0.98, "/io/native?delay=0": 0.95}


class Side(NamedTuple):
    """One of the two servers: where it answers, and its process, for the CPU time it uses."""

    url: str
    process: psutil.Process


class Rate(NamedTuple):
    """Answers a second, and answers per second of the server's CPU time, which a busy neighbour does not slow."""

    wall: float
    cpu: float


@contextmanager
def serving(*words: str) -> Iterator[tuple[str, psutil.Process]]:
    """Run a server module on CPU 0; yield the line it prints when it listens, and its process."""
    command = ["taskset", "-c", str(SERVER_CPU), sys.executable, "-m", *words]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield server.stdout.readline() if server.stdout else "", psutil.Process(server.pid)
    finally:
        server.terminate()
        server.communicate()


def rate(side: Side, path: str) -> Rate:
    """Load one side for about a second; raises SystemExit when an answer was not a success."""
    asked = Closed(CONNECTIONS, delay_s=0.0, duration_s=1.0, warmup_s=0.2)
    before = side.process.cpu_times()
    samples = load.run(side.url + path, asked, cpu=CLIENT_CPU).samples
    after = side.process.cpu_times()
    done = (samples.done_s >= 0) & (samples.done_s < samples.window_s)
    if (samples.status[done] != 200).any():
        raise SystemExit(f"{side.url}{path} answered with an error.")
    wall = float(done.sum()) / samples.window_s
    answered = wall * (asked.duration_s + asked.warmup_s)  # the CPU is that of warm-up and window
    return Rate(wall, answered / (after.user + after.system - before.user - before.system))


def ratios(bare: Side, twin: Side, path: str) -> list[Rate]:
    """Return twin over bare, round by round; every other round begins with the twin."""
    found = []
    for number in range(ROUNDS):
        first, second = (bare, twin) if number % 2 == 0 else (twin, bare)
        rates = {first: rate(first, path), second: rate(second, path)}
        theirs, ours = rates[bare], rates[twin]
        found.append(Rate(ours.wall / theirs.wall, ours.cpu / theirs.cpu))
    return found


def told(values: list[float]) -> str:
    """Return the median and, in brackets, what half of the values lie in."""
    values = sorted(values)
    quarter = len(values) // 4
    return f"{statistics.median(values):.3f} ({values[quarter]:.2f}-{values[-1 - quarter]:.2f})"


def main() -> None:
    """Print one row per server and path."""
    print(f"{'server':8} {'path':20} {'answers/s, twin/bare':>22} {'per CPU second':>20} {'target':>7}")
    with ExitStack() as stack:
        for server in Server:
            line, process = stack.enter_context(serving(f"benchmarks.bare_{server}"))
            bare = Side(f"http://127.0.0.1:{line.strip()}", process)
            line, process = stack.enter_context(serving(f"compare.{server}_impl", "--port", "0"))
            twin = Side(read_ready(line).url, process)
            for path, target in TARGETS.items():
                found = ratios(bare, twin, path)
                wall, cpu = told([one.wall for one in found]), told([one.cpu for one in found])
                print(f"{server:8} {path:20} {wall:>22} {cpu:>20} {target:7.2f}", flush=True)


if __name__ == "__main__":
    main()
