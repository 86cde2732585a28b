"""What the supervisor costs: `/ping` through `compare serve --workers 1` beside the bare server process.

Both run all the time, pinned to CPU 0; the generator, on CPU 1, asks them for a second each in turns, as in `twins`.
Run: ``python -m benchmarks.supervised``, about two minutes. Beside the ratio: the supervisor's memory, and the CPU time
it used while its worker answered.
"""

from contextlib import ExitStack

import psutil

from benchmarks.twins import Side, ratios, serving, told
from compare.contract import Server, read_ready

PATH, TARGET, MOST_MB = "/ping", 0.98, 12.0


def main() -> None:
    """Print one row per server."""
    print(f"{'server':8} {'supervised/bare':>22} {'per CPU second':>20} {'target':>7}  supervisor")
    for server in Server:
        with ExitStack() as stack:
            line, process = stack.enter_context(serving(f"compare.{server}_impl", "--port", "0"))
            bare = Side(read_ready(line).url, process)
            line, parent = stack.enter_context(serving("compare", "serve", server, "--port", "0"))
            ready = read_ready(line)
            before = parent.cpu_times()
            found = ratios(bare, Side(ready.url, psutil.Process(ready.pids[0])), PATH)
            after = parent.cpu_times()
            used_ms = (after.user + after.system - before.user - before.system) * 1e3
            wall, cpu = told([one.wall for one in found]), told([one.cpu for one in found])
            memory = f"{parent.memory_info().rss / 1e6:.1f} MB (under {MOST_MB:g}), {used_ms:.0f} ms of CPU"
            print(f"{server:8} {wall:>22} {cpu:>20} {TARGET:7.2f}  {memory}", flush=True)


if __name__ == "__main__":
    main()
