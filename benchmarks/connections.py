"""As many waits in flight as this machine allows, up to 32,000: errors, and memory for each.

Run: ``python -m benchmarks.connections [WAITS]``. 32,000 waits need 32,200 open files in the server and as many in the
generator (`ulimit -Hn`; root may raise it where it has CAP_SYS_RESOURCE), and two source addresses; with fewer files
the rows of one process are as large as the limit allows, and a line says so. The last row has two workers on one port
and as many generators as it takes, each process below the limit. Each row has a fresh server; RSS is over what it was
when idle, divided by the waits in flight: when every connection is in its first wait, and the peak once connections are
used again (aiohttp keeps a connection's last response until its next one).
"""

import math
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from compare.contract import Paradigm, Server
from compare.harness import environment, load
from compare.harness.load import KEPT, LoadResult, Wire
from compare.harness.monitor import Monitor
from compare.harness.servers import serve
from compare.loadgen import limits
from compare.records import Closed, Contestant, SampleStatus

MOST = 32_000
SPARE_FILES = 200  # of the server and of the generator: the bystander's, the loop's own, pipes
WAITS = 2
PATIENCE_S = 60.0  # a server at its limit answers late, and nothing of that is an error
PER_SOURCE = (
    8_000  # from each address by each of several generators: together they stay below its 28,000 ports
)


@dataclass(frozen=True)
class Asked:
    """One row: so many waits of `wait_s` seconds each at once, in `workers` server processes on one port."""

    server: Server
    waits: int
    wait_s: float
    workers: int = 1


ROWS = (
    Asked(Server.AIOHTTP, MOST, 5.0),
    Asked(Server.TORNADO, MOST, 5.0),
    Asked(Server.AIOHTTP, 10_000, 5.0),
    Asked(Server.TORNADO, 10_000, 5.0),
    Asked(Server.AIOHTTP, 8_000, 2.0),
    Asked(Server.TORNADO, 8_000, 2.0),
    Asked(Server.AIOHTTP, MOST, 20.0, workers=2),
)


def loaded(url: str, asked: Closed, most: int, cpu: int | None) -> list[LoadResult]:
    """Put `asked` on `url` by as few generators as `most` connections each allow; return what each of them saw."""
    count = math.ceil(asked.concurrency / most)
    share = replace(asked, concurrency=asked.concurrency // count)
    wire, cpu = (KEPT, cpu) if count == 1 else (Wire(per_source=PER_SOURCE), None)
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda seed: load.run(url, share, seed=seed, cpu=cpu, wire=wire), range(count)))


def row(asked: Asked, most: int) -> str:
    """Measure one row: the connections open within one wait, then every one waits at least twice."""
    pins = environment.pinning()
    waits, wait_s = min(asked.waits, most * asked.workers), asked.wait_s
    loads = Closed(waits, wait_s, WAITS * wait_s, warmup_s=wait_s, timeout_s=PATIENCE_S)
    contestant = Contestant(asked.server, Paradigm.NATIVE, workers=asked.workers)
    with serve(contestant, cpu=pins.server if asked.workers == 1 else None) as running:
        url = f"{running.base_url}/io/native?delay={wait_s:g}"
        with Monitor(running.pid) as monitor:
            results = loaded(url, loads, most, pins.generator)
        usage = monitor.usage(results[0].window)
    statuses = np.concatenate([one.samples.status for one in results])
    wrong = Counter(map(_said, statuses[statuses != 200].tolist()))
    took_s = np.concatenate([_took_s(one) for one in results])
    p50, p99 = np.percentile(took_s, [50, 99]) if len(took_s) else (np.nan, np.nan)
    per_s = sum(_per_s(one) for one in results)
    # every connection of every generator has sent its first request
    first_s = max(one.window[0] for one in results) - loads.warmup_s
    at_s, rss = zip(*((one.at_s, one.rss_bytes) for one in monitor.readings), strict=True)
    first, peak = (
        (bytes_ - usage.rss_idle_bytes) / waits / 1e3
        for bytes_ in (np.interp(first_s, at_s, rss), usage.rss_peak_bytes)
    )
    return (
        f"{asked.server:8} {asked.workers:7} {waits:7,} {wait_s:5g} s "
        f"{sum(np.count_nonzero(one.samples.intended_s >= 0) for one in results):9,} {sum(wrong.values()):7,} "
        f"{per_s:9,.0f}/s {waits / wait_s:9,.0f}/s {p50:7.2f} s {p99:7.2f} s {first:6.1f} kB {peak:6.1f} kB  "
        f"{dict(wrong) or ''}"
    )


def _took_s(result: LoadResult) -> np.ndarray:
    samples = result.samples
    mine = (samples.intended_s >= 0) & (samples.status == 200)
    return samples.done_s[mine] - samples.intended_s[mine]


def _per_s(result: LoadResult) -> float:
    samples = result.samples
    inside = (samples.done_s >= 0) & (samples.done_s < samples.window_s) & (samples.status == 200)
    return np.count_nonzero(inside) / samples.window_s


def _said(status: int) -> str:
    return str(status) if status > 0 else SampleStatus(status).name.lower()


def main() -> None:
    """Print a row for each server and load."""
    wanted = int(sys.argv[1]) if sys.argv[1:] else MOST
    most = limits.raise_open_files(wanted + SPARE_FILES) - SPARE_FILES  # the server inherits it
    if most < wanted:
        print(f"{wanted:,} waits need {wanted + SPARE_FILES:,} open files; ulimit -Hn allows {most:,} waits.")
    print(
        "server   workers   waits    wait  requests  errors   answers/s    ceiling       p50       p99  RSS first"
        "     peak"
    )
    for asked in ROWS:
        print(row(asked, most), flush=True)


if __name__ == "__main__":
    main()
