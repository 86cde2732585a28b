"""Two generators press one server together: sent as asked, begun together, and free of coordinated omission.

    python -m benchmarks.together [free]

`compare load --cluster local:2` five times at 20,000/s in all against a server that answers at once, then the freeze
test of `benchmarks.freeze` five times. The server has a CPU to itself and the cluster with both generators the other;
with `free` the system places all but the server. As root, generators have real-time priority while they send. One clock
says how far apart the windows opened and the first requests left; the two generators know each other's by ping-pong
alone.
"""

import itertools
import resource
import sys

import numpy as np

from benchmarks.freeze import ARITHMETIC_MS, CLIENT_CPU, FREEZE_AFTER, PERCENTILES, SERVER_CPU
from compare import clustered
from compare.commands import load_machines
from compare.commands.load_machines import MachineReport
from compare.engine import joint, pressers
from compare.engine.cluster import Cluster
from compare.engine.joint import Pressed
from compare.harness import environment, reference
from compare.harness.together import Part
from compare.records import Open, Samples

RUNS, MOST_SKEW_S = 5, 1e-3
FAST = Open(2000, delay_s=0.0, duration_s=5.0, rate_rps=20_000.0)
SLOW = Open(1000, delay_s=0.005, duration_s=5.0, rate_rps=200.0)

names = (f"together-{number}" for number in itertools.count())


def press(cluster: Cluster, url: str, load: Open) -> list[Pressed]:
    """Put `load` on `url` from both workers."""
    with pressers.crew(cluster, next(names)) as machines:
        return joint.press(machines, Part(url, load))


def fast(cluster: Cluster, number: int) -> bool:
    """Print how 20,000/s went; return whether it was sent as asked, and begun together."""
    before_s = _ended_cpu_s()
    with reference.serving(cpu=SERVER_CPU) as url:
        pressed = press(cluster, url, FAST)
    served_s = _ended_cpu_s() - before_s
    report = load_machines.of(url, FAST, load_machines.pool(pressed), pressed)
    skew_s = np.ptp([one.result.window[0] for one in pressed])
    good = report.valid and skew_s < MOST_SKEW_S
    reasons = dict.fromkeys(word for one in report.machines for word in one.warnings) or report.warnings
    cells = [
        *map(_row, report.machines),
        f"windows opened {skew_s * 1e6:.0f} us apart",
        f"first requests left {_first_apart_s(pressed) * 1e6:.0f} us apart",
        f"the server used {served_s:.2f} s of CPU in its life",
    ]
    print(f"run {number}: {'; '.join(cells)}: {'passed' if good else 'FAILED: ' + ' '.join(reasons)}")
    return good


def _row(one: MachineReport) -> str:
    lag_ms = (one.lag_s.p99 or np.nan) * 1e3
    return f"{one.reached_rps:,.0f}/s at {one.generator_cpu_share:.0%} of a core, lag p99 {lag_ms:.2f} ms"


def _first_apart_s(pressed: list[Pressed]) -> float:
    """Return how far apart the two sent their first requests; these are due 50 us apart, a slot of 20,000/s."""
    results = [one.result for one in pressed]
    return float(np.ptp([one.window[0] + _first_s(one.samples) for one in results]))


def _first_s(samples: Samples) -> float:
    return float(np.nanmin(samples.sent_s[samples.intended_s >= 0]))


def _ended_cpu_s() -> float:
    """Return the CPU seconds of all processes that this one started and that have ended: of servers alone, here."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def freeze(cluster: Cluster, number: int) -> bool:
    """Print the pool's percentiles of one freeze test; return whether all are near enough."""
    with reference.serving(delay_s=SLOW.delay_s, freeze_after=FREEZE_AFTER, cpu=SERVER_CPU) as url:
        samples = load_machines.pool(press(cluster, url, SLOW)).samples
    mine = samples.intended_s >= 0
    found_ms = np.percentile((samples.done_s - samples.intended_s)[mine] * 1e3, PERCENTILES)
    near = [abs(f - a) <= max(1.0, 0.05 * a) for f, a in zip(found_ms, ARITHMETIC_MS, strict=True)]
    cells = "  ".join(f"{one:7.2f}{' ' if ok else '!'}" for one, ok in zip(found_ms, near, strict=True))
    print(f"run {number}      {cells}  {mine.sum()} samples  {'passed' if all(near) else 'FAILED'}")
    return all(near)


def main(placed: str = "") -> None:
    """Print both tables."""
    # what the cluster starts inherits the CPU, its generators among it
    with (
        environment.bound(None if placed == "free" else CLIENT_CPU),
        clustered.connected(clustered.Where("local:2")) as cluster,
    ):
        cluster.check()
        passed = sum(fast(cluster, number) for number in range(1, RUNS + 1))
        print(f"{passed} of {RUNS} runs sent as asked and began within {MOST_SKEW_S * 1e3:g} ms\n")
        print("           " + "  ".join(f"p{p:g}".rjust(7) + " " for p in PERCENTILES) + "   (ms)")
        print("arithmetic " + "  ".join(f"{one:7.2f} " for one in ARITHMETIC_MS))
        passed = sum(freeze(cluster, number) for number in range(1, RUNS + 1))
        print(f"{passed} of {RUNS} runs within 5 % or 1 ms")


if __name__ == "__main__":
    main(*sys.argv[1:])
