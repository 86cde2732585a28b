"""The freeze test: 200/s for 5 s against a 5 ms handler that freezes itself once for a second, five times.

By arithmetic p50 5.5, p90 505, p97.5 880, p99 955 ms: 200 of 1,000 requests fall into the freeze and wait, evenly
spread, from 0 to 1 s (and all of them 5 ms more, the timer's rounding included). A tool with coordinated omission shows
one slow request instead. Each percentile must come within 5 % or 1 ms.

Then known delays: 8 connections to the reference server, which does nothing but wait. The median of what the generator
saw over what the server's own Server-Timing says must be within 0.3 ms. The same of the aiohttp server, for comparison:
what is more there is its own work around the wait. Run: ``python -m benchmarks.freeze``.
"""

import numpy as np

from compare.contract import Paradigm, Server
from compare.harness import load, reference
from compare.harness.servers import serve
from compare.records import Closed, Contestant, Open

RUNS = 5
SERVER_CPU, CLIENT_CPU = 0, 1
PERCENTILES = (50.0, 90.0, 97.5, 99.0)
ARITHMETIC_MS = (5.5, 505.0, 880.0, 955.0)
FREEZE_AFTER = 500  # requests: in the middle of the window


def freeze(number: int) -> bool:
    """Print one run's percentiles; return whether all are near enough."""
    asked = Open(1000, delay_s=0.005, duration_s=5.0, rate_rps=200.0)
    with reference.serving(delay_s=0.005, freeze_after=FREEZE_AFTER, cpu=SERVER_CPU) as url:
        samples = load.run(url, asked, cpu=CLIENT_CPU).samples
    mine = samples.intended_s >= 0
    found_ms = np.percentile((samples.done_s - samples.intended_s)[mine] * 1e3, PERCENTILES)
    near = [abs(f - a) <= max(1.0, 0.05 * a) for f, a in zip(found_ms, ARITHMETIC_MS, strict=True)]
    cells = "  ".join(f"{one:7.2f}{' ' if ok else '!'}" for one, ok in zip(found_ms, near, strict=True))
    print(f"run {number}      {cells}  {mine.sum()} samples  {'passed' if all(near) else 'FAILED'}")
    return all(near)


def added_ms(url: str, delay_s: float) -> float:
    """Return the median of what 8 connections saw over what the server says it waited."""
    samples = load.run(url, Closed(8, delay_s=delay_s, duration_s=3.0), cpu=CLIENT_CPU).samples
    mine = samples.intended_s >= 0
    return float(np.median((samples.done_s - samples.sent_s - samples.io_s)[mine])) * 1e3


def known_delay(delay_s: float) -> None:
    """Print what is added to a wait."""
    with reference.serving(delay_s=delay_s, cpu=SERVER_CPU) as url:
        bare_ms = added_ms(url, delay_s)
    with serve(Contestant(Server.AIOHTTP, Paradigm.NATIVE), cpu=SERVER_CPU) as server:
        aiohttp_ms = added_ms(f"{server.base_url}/io/native?delay={delay_s}", delay_s)
    verdict = "passed" if 0 <= bare_ms <= 0.3 else "FAILED"
    print(f"delay {delay_s * 1e3:g} ms: + {bare_ms:.3f} ms, {verdict}; of aiohttp + {aiohttp_ms:.3f} ms")


def main() -> None:
    """Print the freeze table, then the known delays."""
    print("           " + "  ".join(f"p{p:g}".rjust(7) + " " for p in PERCENTILES) + "   (ms)")
    print("arithmetic " + "  ".join(f"{one:7.2f} " for one in ARITHMETIC_MS))
    passed = sum(freeze(number) for number in range(1, RUNS + 1))
    print(f"{passed} of {RUNS} runs within 5 % or 1 ms\n")
    for delay_s in (0.0, 0.005, 0.05):
        known_delay(delay_s)


if __name__ == "__main__":
    main()
