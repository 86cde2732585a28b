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

from compare.contract import Server, read_ready
from compare.harness import load
from compare.records import Load

ROUNDS, CONNECTIONS = 15, 64
SERVER_CPU, CLIENT_CPU = 0, 1
TARGETS = {"/ping": 0.93, "/io/native?delay=0": 0.85}


@contextmanager
def process(*words: str) -> Iterator[str]:
    """Run a server module on CPU 0; yield the line it prints when it listens."""
    command = ["taskset", "-c", str(SERVER_CPU), sys.executable, "-m", *words]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline() if server.stdout else ""
    finally:
        server.terminate()
        server.communicate()


def rate(url: str) -> float:
    """Return answers a second over two seconds; raises SystemExit when one was no success."""
    samples = load.run(
        url, Load(CONNECTIONS, delay_s=0.0, duration_s=2.0, warmup_s=0.3), cpu=CLIENT_CPU
    ).samples
    done = (samples.done_s >= 0) & (samples.done_s < samples.window_s)
    if (samples.status[done] != 200).any():
        raise SystemExit(f"{url} answered with an error.")
    return float(done.sum()) / samples.window_s


def pairs(bare: str, twin: str) -> list[tuple[float, float]]:
    """Return the rates of both sides, round by round; every other round begins with the twin."""
    found = []
    for number in range(ROUNDS):
        first, second = (bare, twin) if number % 2 == 0 else (twin, bare)
        rates = {first: rate(first), second: rate(second)}
        found.append((rates[bare], rates[twin]))
    return found


def main() -> None:
    """Print one row per server and path."""
    print(f"{'server':8} {'path':20} {'bare/s':>9} {'twin/s':>9} {'ratio':>6} {'half in':>12} {'target':>7}")
    with ExitStack() as stack:
        for server in Server:
            bare = f"http://127.0.0.1:{stack.enter_context(process(f'benchmarks.bare_{server}')).strip()}"
            twin = read_ready(stack.enter_context(process(f"compare.{server}_impl", "--port", "0"))).url
            for path, target in TARGETS.items():
                found = pairs(bare + path, twin + path)
                ratios = sorted(ours / theirs for theirs, ours in found)
                theirs, ours = (statistics.median(side) for side in zip(*found, strict=True))
                spread = f"{ratios[ROUNDS // 4]:.2f}-{ratios[-1 - ROUNDS // 4]:.2f}"
                median = statistics.median(ratios)
                print(
                    f"{server:8} {path:20} {theirs:9,.0f} {ours:9,.0f} {median:6.3f} {spread:>12} {target:7.2f}"
                )


if __name__ == "__main__":
    main()
