"""Twice the capacity on a server with `--max-in-flight`: goodput against capacity, and when latency is normal again.

Run: ``python -m benchmarks.overload``. Capacity is a closed loop of as many as the limit allows; the overload is an
open loop at twice that rate. Recovery is from the end of the load until ten `native` requests in a row, one at a time,
are answered within a tenth of the wait beyond it.
"""

import sys
import time

import numpy as np

from compare.contract import Paradigm, Server
from compare.harness import environment, load, probe
from compare.harness.servers import Running, serve
from compare.records import Arrivals, Closed, Contestant, Open, Samples

LIMIT = 100
WAIT_S = 0.1
WINDOW_S = 5.0
IN_A_ROW = 10
RECOVERED_S = 1.1 * WAIT_S
GIVEN_UP_S = 10.0


def goodput_rps(samples: Samples) -> float:
    """Return the successes a second that ended in the window."""
    ended = (samples.done_s >= 0) & (samples.done_s < samples.window_s) & (samples.status == 200)
    return float(np.count_nonzero(ended) / samples.window_s)


def recovery_s(running: Running, since_s: float) -> float:
    """Return the seconds from `since_s` (`time.monotonic`) until answers take no longer than they should."""
    in_a_row, began_s = 0, time.monotonic()
    while in_a_row < IN_A_ROW and time.monotonic() < since_s + GIVEN_UP_S:
        asked_s = time.monotonic()
        answer = probe.get(f"{running.base_url}/io/native?delay={WAIT_S}", timeout_s=GIVEN_UP_S)
        took_s = time.monotonic() - asked_s
        if answer.status == 200 and took_s <= RECOVERED_S:
            began_s = asked_s if in_a_row == 0 else began_s
            in_a_row += 1
        else:
            in_a_row = 0
    return began_s - since_s if in_a_row == IN_A_ROW else float("nan")


def row(server: Server, paradigm: Paradigm) -> str:
    """Measure one contestant at capacity, in overload and after it."""
    pins = environment.pinning()
    pool = LIMIT if paradigm is Paradigm.EXECUTOR else None
    contestant = Contestant(server, paradigm, threads=pool, max_in_flight=LIMIT)
    at_capacity = Closed(LIMIT, WAIT_S, WINDOW_S, timeout_s=1.0)
    with serve(contestant, cpu=pins.server) as running:
        url = running.base_url + probe.io_path(contestant, WAIT_S)
        capacity = goodput_rps(load.run(url, at_capacity, cpu=pins.generator).samples)
        over = Open(
            2000,
            WAIT_S,
            WINDOW_S,
            rate_rps=2 * capacity,
            arrivals=Arrivals.POISSON,
            timeout_s=0.0,
        )
        result = load.run(url, over, cpu=pins.generator)
        back_s = recovery_s(running, result.window[1])
    samples = result.samples
    good = samples.status == 200
    over_rps = goodput_rps(samples)
    refused = np.count_nonzero(samples.status == 503) / len(samples.status)
    p50, p99 = np.percentile((samples.done_s - samples.intended_s)[good], [50, 99]) * 1e3
    return (
        f"{server:8} {paradigm:9} {capacity:8,.0f}/s {over_rps:8,.0f}/s {over_rps / capacity:7.2f} "
        f"{refused:9.0%} {p50:7.0f} ms {p99:7.0f} ms {back_s:8.2f} s"
    )


def main() -> None:
    """Print a row for each server and paradigm; recovery counts from the load's last request."""
    print("server   paradigm    capacity    goodput   ratio   refused  its p50    its p99    recovery")
    names = sys.argv[1:] or [one for one in Paradigm if one is not Paradigm.BLOCKING]
    for paradigm in map(Paradigm, names):
        for server in Server:
            print(row(server, paradigm), flush=True)


if __name__ == "__main__":
    main()
