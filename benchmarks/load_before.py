"""Is `compare load` as fast as that of another commit? Both take turns, against one nginx on the other core.

CHECKOUT is a folder that holds the other commit (`git worktree add CHECKOUT COMMIT`). The loads are 20,000 small
answers a second, 200 Mbit a second in answers of 12.5 kB, and 64 connections that ask as fast as they can. With
--instructions, callgrind counts those of a request in user space instead, over one connection, where each answer is a
turn of the loop by itself: seconds depend on what else a machine does, instructions hardly do. Needs nginx;
--instructions needs valgrind.
Run: ``python -m benchmarks.load_before CHECKOUT [--rounds N] [--seconds S] [--instructions]``.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.generator_vs_wrk import LARGE_BYTES, nginx, tool

HERE = Path(__file__).parents[1]
ROUNDS, SECONDS = 7, 3.0
LOADS = {
    "20,000/s": ("", ("--rate", "20000")),
    "200 Mbit/s": ("large", ("--rate", f"{200e6 / 8 / LARGE_BYTES:g}")),
    "64 connections": ("", ("-c", "64")),
}
SHORT_S, LONG_S = 2.0, 7.0  # between these two windows lies what requests cost, without what starting does
# The command itself runs as ever; what it starts, the generator, runs under callgrind, and is left to end by itself,
# because callgrind writes down what it counted then.
COUNTED = """
import runpy, subprocess, sys
subprocess.Popen.kill = lambda process: process.wait(100)
sys.executable, sys.argv = sys.argv[1], ["compare", *sys.argv[2:]]
runpy.run_module("compare", run_name="__main__", alter_sys=True)
"""
WRAPPER = """#!/bin/sh
exec {valgrind} --tool=callgrind --callgrind-out-file={folder}/%p.out {python} "$@"
"""


class Result(NamedTuple):
    """What one run of the command gave."""

    rps: float
    cpu_us_per_request: float
    completed: int


def asked(checkout: Path, url: str, words: Sequence[str], *python: str) -> Result:
    """Return what a checkout's `compare load` says of `url`."""
    command = [sys.executable, *(python or ("-m", "compare")), "load", url, *words, "--json"]
    env = os.environ | {"PYTHONPATH": f"{checkout}:{checkout / 'kit'}"}
    done = subprocess.run(command, cwd=checkout, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{checkout}: {done.stderr.strip() or done.stdout.strip()}")
    said = json.loads(done.stdout)
    rps = said["throughput_rps"]
    return Result(rps, said["generator_cpu_share"] / rps * 1e6, said["completed"])


def in_turns(url: str, checkouts: dict[str, Path], rounds: int, seconds: float) -> None:
    """Print a row for each load: the medians of both, and the median of the rounds' ratios with what half lie in."""
    print(f"{'load':16} {'before':>22} {'now':>22}   {'rate, now/before':24} CPU, before/now")
    for name, (path, words) in LOADS.items():
        made: list[dict[str, Result]] = []
        for number in range(rounds):
            order = list(checkouts.items())[:: -1 if number % 2 else 1]
            long = (*words, "-d", f"{seconds:g}s")
            made.append({side: asked(checkout, url + path, long) for side, checkout in order})
        rates = told([one["now"].rps / one["before"].rps for one in made])
        costs = told([one["before"].cpu_us_per_request / one["now"].cpu_us_per_request for one in made])
        sides = "".join(f" {median(one[side] for one in made):>22}" for side in checkouts)
        print(f"{name:16}{sides}   {rates:24} {costs}", flush=True)


def median(results: Iterable[Result]) -> str:
    """Return the medians of a side as text."""
    rates, costs, _ = zip(*results, strict=True)
    return f"{statistics.median(rates):,.0f}/s {statistics.median(costs):.2f} us"


def told(ratios: Sequence[float]) -> str:
    """Return the median and, in brackets, what half of the values lie in."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.3f} ({low:.3f}-{high:.3f})"


def instructions(url: str, checkout: Path) -> float:
    """Return the instructions in user space that a request costs a checkout's generator."""
    counts, completed = [], []
    for seconds in (SHORT_S, LONG_S):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            wrapper = folder / "python"
            wrapper.write_text(
                WRAPPER.format(valgrind=tool("valgrind"), folder=folder, python=sys.executable)
            )
            wrapper.chmod(0o755)
            words = ("-c", "1", "--warmup", "1", "-d", f"{seconds:g}s")
            completed.append(asked(checkout, url, words, "-c", COUNTED, str(wrapper)).completed)
            counts.append(max(map(total, folder.glob("*.out"))))
    return (counts[1] - counts[0]) / (completed[1] - completed[0])


def total(dump: Path) -> int:
    """Return the instructions that a dump of callgrind counted."""
    found = re.search(r"^(?:totals|summary): (\d+)", dump.read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--instructions", action="store_true")
    given = parser.parse_args()
    checkouts = {"before": given.checkout.resolve(), "now": HERE}
    with nginx() as url:
        if not given.instructions:
            in_turns(url, checkouts, given.rounds, given.seconds)
            return
        for number in range(given.rounds):
            order = list(checkouts.items())[:: -1 if number % 2 else 1]
            counted = {side: instructions(url, checkout) for side, checkout in order}
            before, now = counted["before"], counted["now"]
            print(
                f"instructions a request: before {before:,.0f}, now {now:,.0f}, ratio {before / now:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
