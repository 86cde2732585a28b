"""How much of the ceiling `native` reaches: answers a second over in flight / wait, with a wait of 100 ms.

Every round has a fresh server, pinned to CPU 0, and the generator on CPU 1; rounds go through all rows in turns.
Run: ``python -m benchmarks.ceiling``.
"""

import statistics

from compare.contract import Paradigm, Server
from compare.harness import environment, load
from compare.harness.servers import serve
from compare.records import Closed, Contestant

ROUNDS, WAIT_S = 5, 0.1
ROWS = ((Server.AIOHTTP, 100), (Server.AIOHTTP, 1000), (Server.TORNADO, 100), (Server.TORNADO, 1000))


def share(server: Server, in_flight: int) -> float:
    """Return the share of the ceiling in two seconds; raises SystemExit when an answer was not a success."""
    pins = environment.pinning()
    wanted = Closed(in_flight, WAIT_S, duration_s=2.0, warmup_s=0.5)
    with serve(Contestant(server, Paradigm.NATIVE), cpu=pins.server) as running:
        samples = load.run(f"{running.base_url}/io/native?delay={WAIT_S}", wanted, cpu=pins.generator).samples
    done = (samples.done_s >= 0) & (samples.done_s < samples.window_s)
    if (samples.status[done] != 200).any():
        raise SystemExit(f"{server} answered with an error.")
    return float(done.sum()) / samples.window_s * WAIT_S / in_flight


def main() -> None:
    """Print one row per server and level."""
    shares: dict[tuple[Server, int], list[float]] = {row: [] for row in ROWS}
    for _ in range(ROUNDS):
        for row, found in shares.items():
            found.append(share(*row))
    print(f"{'server':8} {'in flight':>9} {'of ceiling':>10} {'range':>12}")
    for (server, in_flight), found in shares.items():
        spread = f"{min(found):.2f}-{max(found):.2f}"
        print(f"{server:8} {in_flight:9,} {statistics.median(found):10.3f} {spread:>12}")


if __name__ == "__main__":
    main()
