"""As many waits in flight as this machine allows, up to 32,000: errors, and memory for each.

Run: ``python -m benchmarks.connections [WAITS]``. 32,000 waits need 32,200 open files in the server and as many in the
generator (`ulimit -Hn`; root may raise it), and two source addresses; with fewer files the first rows are as large as
the limit allows, and a line says so. Each row has a fresh server; RSS is over what it was when idle, divided by the
waits in flight: when every connection is in its first wait, and the peak once connections are used again (aiohttp keeps
a connection's last response until its next one).
"""

import sys
from collections import Counter

import numpy as np

from compare.contract import Paradigm, Server
from compare.harness import environment, load
from compare.harness.monitor import Monitor
from compare.harness.servers import serve
from compare.loadgen import limits
from compare.records import Closed, Contestant, SampleStatus

MOST = 32_000
SPARE_FILES = 200  # of the server and of the generator: the bystander's, the loop's own, pipes
ROWS = (
    (Server.AIOHTTP, MOST, 5.0),
    (Server.TORNADO, MOST, 5.0),
    (Server.AIOHTTP, 10_000, 5.0),
    (Server.TORNADO, 10_000, 5.0),
    (Server.AIOHTTP, 8_000, 2.0),
    (Server.TORNADO, 8_000, 2.0),
)
WAITS = 2
PATIENCE_S = 60.0  # a server at its limit answers late, and nothing of that is an error


def row(server: Server, connections: int, wait_s: float) -> str:
    """Measure one row: the connections open within one wait, then every one waits at least twice."""
    pins = environment.pinning()
    asked = Closed(connections, wait_s, WAITS * wait_s, warmup_s=wait_s, timeout_s=PATIENCE_S)
    with serve(Contestant(server, Paradigm.NATIVE), cpu=pins.server) as running:
        url = f"{running.base_url}/io/native?delay={wait_s:g}"
        with Monitor(running.pid) as monitor:
            result = load.run(url, asked, cpu=pins.generator)
        usage = monitor.usage(result.window)
    samples = result.samples
    mine = samples.intended_s >= 0
    wrong = Counter(map(_said, samples.status[samples.status != 200].tolist()))
    took_s = (samples.done_s - samples.intended_s)[mine & (samples.status == 200)]
    p50, p99 = np.percentile(took_s, [50, 99]) if len(took_s) else (np.nan, np.nan)
    in_window = (samples.done_s >= 0) & (samples.done_s < samples.window_s) & (samples.status == 200)
    first_s = result.window[0] - asked.warmup_s  # every connection has sent its first request
    at_s, rss = zip(*((one.at_s, one.rss_bytes) for one in monitor.readings), strict=True)
    first, peak = (
        (bytes_ - usage.rss_idle_bytes) / connections / 1e3
        for bytes_ in (np.interp(first_s, at_s, rss), usage.rss_peak_bytes)
    )
    return (
        f"{server:8} {connections:11,} {wait_s:5g} s {np.count_nonzero(mine):9,} {sum(wrong.values()):7,} "
        f"{np.count_nonzero(in_window) / samples.window_s:9,.0f}/s {connections / wait_s:9,.0f}/s "
        f"{p50:7.2f} s {p99:7.2f} s {first:6.1f} kB {peak:6.1f} kB  {dict(wrong) or ''}"
    )


def _said(status: int) -> str:
    return str(status) if status > 0 else SampleStatus(status).name.lower()


def main() -> None:
    """Print a row for each server and load."""
    wanted = int(sys.argv[1]) if sys.argv[1:] else MOST
    most = limits.raise_open_files(wanted + SPARE_FILES) - SPARE_FILES  # the server inherits it
    if most < wanted:
        print(f"{wanted:,} waits need {wanted + SPARE_FILES:,} open files; ulimit -Hn allows {most:,} waits.")
    print(
        "server   connections    wait  requests  errors   answers/s    ceiling       p50       p99  RSS first     peak"
    )
    for server, connections, wait_s in ROWS:
        print(row(server, min(most, connections), wait_s), flush=True)


if __name__ == "__main__":
    main()
