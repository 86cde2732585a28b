"""How often does this benchmark find a planted difference, and how often does it invent one? A/B beside A/A.

Each trial compares a server with itself, slowed by a known share (`harness.brake`; 0 = not at all): fresh processes in
turns, looked at after 3, 5 and 8 rounds, decided as a primary pair of a run is. The servers are the reference server
of `compare selftest --long` and `native` on both frameworks, without a wait, so that the CPU decides. "median" is the
ratio that was measured; it must be 1 + the share. Run, on a quiet machine::

    python -m benchmarks.planted_effects [TRIALS]
"""

import sys
import time
from collections.abc import Callable
from functools import partial

from compare.analysis.window import Window
from compare.contract import Paradigm, Server
from compare.harness import load, probe, reference
from compare.harness.brake import braked
from compare.harness.environment import bound, pinning
from compare.harness.servers import serve
from compare.planted import tally
from compare.records import Closed, Contestant, Samples

TRIALS = 10
SHARES = (0.0, 0.05, 0.1, 0.25)
LOAD = Closed(64, 0.0, 0.6, warmup_s=0.2)
PINS = pinning()


def rate(samples: Samples) -> float:
    """Return the answers a second of the window."""
    return Window(samples).successes / samples.window_s


def bare(slower: float, slowed: bool) -> float:  # noqa: FBT001  # as `planted.Rate` is
    """Return what the reference server answers a second."""
    with reference.serving(cpu=PINS.server, slower=slower if slowed else 0.0) as url:
        return rate(load.run(url, LOAD, cpu=PINS.generator).samples)


def native(server: Server, slower: float, slowed: bool) -> float:  # noqa: FBT001  # as above
    """Return what `native` of a framework answers a second."""
    contestant = Contestant(server, Paradigm.NATIVE)
    with serve(contestant, cpu=PINS.server) as running:
        probe.warm(running.base_url, contestant)
        with braked(running.pid, slower if slowed else 0.0):
            url = running.base_url + probe.io_path(contestant, 0.0)
            return rate(load.run(url, LOAD, cpu=PINS.generator).samples)


def main() -> None:
    """Print a line per server and planted share."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else TRIALS
    servers: dict[str, Callable[[float, bool], float]] = {"reference": bare}
    servers |= {f"{server} native": partial(native, server) for server in Server}
    print(f"{trials} trials each\n")
    print(
        f"{'server':15} {'slower by':>9} {'slower':>7} {'faster':>7} {'same':>5} {'unsure':>7} {'median':>7} {'s':>5}"
    )
    for name, answers in servers.items():
        for slower in SHARES:
            begun_s = time.monotonic()
            with bound(PINS.generator):
                found = tally(partial(answers, slower), trials)
            took_s = time.monotonic() - begun_s
            counts = f"{found.found:>7} {found.wrong:>7} {found.same:>5} {found.unsure:>7}"
            print(f"{name:15} {slower:>9.0%} {counts} {found.ratio:>7.3f} {took_s:>5.0f}", flush=True)


if __name__ == "__main__":
    main()
