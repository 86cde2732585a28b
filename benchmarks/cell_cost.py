"""What a cell of a run costs beside its load, here and at another commit.

That is the start and end of its server, what is asked before, and what is computed and kept after. CHECKOUT is a folder
that holds the other commit (`git worktree add CHECKOUT COMMIT`); without it only this one is measured. Each turn is a
run of `native` on a server, two rounds of it, by an interpreter of its own; a round's time from its first cell to its
last, less the loads themselves, is divided by its cells. Beside it stand the CPU seconds of the servers, which hardly
depend on what else a machine does; with --levels 10,11,12 they answer so little that nearly all of it is start and end.
Run: ``python -m benchmarks.cell_cost [CHECKOUT] [--turns N] [--levels N,N]``.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parents[1]
TURNS, TARGET_S, LEVELS = 5, 0.5, "10,100,1000"
ROUND = """
import json, resource, sys, tempfile, time
from pathlib import Path
from compare import bench
from compare.contract import Paradigm, Server
from compare.experiments.options import Options

rounds = {}

def ended_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

class Stamps:
    def begins(self, *_): pass
    def grows(self, *_): pass
    def remark(self, *_): pass
    def measuring(self, cell, *_):
        rounds.setdefault(cell.round, [time.monotonic(), ended_s(), 0, 0.0, 0.0, 0.0])
    def measured(self, made):
        load, at = made.cell.load, rounds[made.cell.round]
        if made.failure:
            sys.exit(made.failure)
        ramp_s = max(load.delay_s, load.concurrency * 20e-6)
        loads_s = at[3] + ramp_s + load.warmup_s + load.duration_s + load.delay_s
        at[2:] = at[2] + 1, loads_s, time.monotonic(), ended_s()

options = Options(
    servers=(Server(sys.argv[1]),), paradigms=(Paradigm.NATIVE,), duration_s=1.0, rounds=2,
    concurrency=tuple(map(int, sys.argv[2].split(","))),
)
with tempfile.TemporaryDirectory() as folder:
    bench.run(bench.Ask(options=options, out=Path(folder)), Stamps())
print(json.dumps([
    [(ends - begins - loads_s) / cells, (used_s - before_s) / cells]
    for begins, before_s, cells, loads_s, ends, used_s in rounds.values()
]))
"""


def overheads(checkout: Path, server: str, levels: str) -> list[tuple[float, float]]:
    """Return the seconds that a cell of each round cost beside its load, and the CPU seconds of its server."""
    env = os.environ | {"PYTHONPATH": f"{checkout}:{checkout / 'kit'}"}
    command = [sys.executable, "-c", ROUND, server, levels]
    done = subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{checkout}: {done.stderr.strip()}")
    return [(beside_s, cpu_s) for beside_s, cpu_s in json.loads(done.stdout.splitlines()[-1])]


def told(values: Sequence[float]) -> str:
    """Return the median and, in brackets, what half of the values lie in."""
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.3f} s ({low:.3f}-{high:.3f})"


def main() -> None:
    """Print a row for each side and server, the sides in mirrored turns."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkout", type=Path, nargs="?", metavar="CHECKOUT")
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--levels", default=LEVELS)
    given = parser.parse_args()
    sides = {"here": HERE} | ({"there": given.checkout.resolve()} if given.checkout else {})
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for turn in range(given.turns):
        for side, checkout in list(sides.items())[:: -1 if turn % 2 else 1]:
            for server in ("tornado", "aiohttp"):
                found.setdefault((side, server), []).extend(overheads(checkout, server, given.levels))
    print(f"{'side':6} {'server':8} {'a cell beside its load':24} (at most {TARGET_S:g})  CPU of its server")
    for (side, server), values in sorted(found.items()):
        beside, cpu = zip(*values, strict=True)
        print(f"{side:6} {server:8} {told(beside):38}  {told(cpu)}")


if __name__ == "__main__":
    main()
