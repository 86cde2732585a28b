"""Would this benchmark invent a difference, or miss one? A/A and A/B runs on a simulated machine that drifts.

In the first table both sides are one contestant, so every difference named is false. Three ways of deciding look at the
same runs: ours (`analysis.decide`), the paired test at 5 % without a floor, and the one that is common in the field:
all requests of all rounds pooled as if they were independent. In the second table one side is slower by a planted
share; what counts is how often ours names it. `benchmarks.planted_effects` does the same with real servers.

    .venv/bin/python -m benchmarks.aa_simulated [SEEDS]
"""

import sys
import time

import numpy as np
from msgspec.structs import replace
from scipy import stats as scipy_stats

from compare.analysis.decide import decide, decisions, log_ratios
from compare.analysis.intervals import t_test
from compare.analysis.metrics import CPU, P50, THROUGHPUT
from compare.analysis.paired import sides
from compare.analysis.summary import summarise
from compare.contract import Paradigm, Server
from compare.harness import simulated
from compare.records import Cell, Closed, Contestant, Run

CONTESTANT = Contestant(Server.AIOHTTP, Paradigm.NATIVE)
LEVELS = (100, 400)  # at the second the CPU decides
METRICS = (THROUGHPUT, P50, CPU)
ROUNDS = (3, 5, 10)
DRIFTS = (0.0, 0.002)
SPEED_RPS = 2000.0
SHARES = (0.03, 0.1, 0.25, 1.0)


def ab_run(seed: int, rounds: int, drift: float, slower: float = 0.0) -> Run:
    """Return a run whose side b is `slower` by a share, 0 = A/A. Rounds mirror each other.

    Each cell is `drift` slower than the one before.
    """
    once = [(level, side) for level in LEVELS for side in "ab"]
    cells = [
        Cell("aa", CONTESTANT, Closed(level, duration_s=0.4, timeout_s=0.3), number, side)
        for number in range(rounds)
        for level, side in once[:: -1 if number % 2 else 1]
    ]
    speeds_rps = iter([SPEED_RPS / (1 + slower * (cell.side == "b")) for cell in cells])
    measure = simulated.measurer(seed, speed=lambda _: next(speeds_rps), drift=drift)
    return Run("aa", "", "", seed, simulated.ENVIRONMENT, tuple(map(measure, cells)))


def ours(run: Run) -> bool:
    """Whether any difference is named."""
    pairs = sides(summarise(run))
    return any(one.named for metric in METRICS for one in decisions(pairs, metric))


def found(run: Run) -> bool:
    """Whether side b is named as the slower one where the CPU decides."""
    pair = next(pair for pair in sides(summarise(run)) if pair[0].in_flight == LEVELS[-1])
    decision = decide(*pair)
    return decision.named and decision.ratio.value > 1


def without_floor(run: Run) -> bool:
    """Whether the paired test alone would name one at 5 %."""
    pairs = sides(summarise(run))
    return any(t_test(log_ratios(a, b, metric))[0] < 0.05 for metric in METRICS for a, b in pairs)


def pooled(run: Run) -> bool:
    """Whether Welch's test of all response times, rounds thrown together, names one."""
    times: dict[tuple[int, str], list[np.ndarray]] = {}
    for one in run.measurements:
        samples = one.samples
        took = samples.done_s - samples.intended_s
        key = (one.cell.load.concurrency, one.cell.side)
        times.setdefault(key, []).append(took[np.isfinite(took) & (samples.intended_s >= 0)])
    p_values = [
        scipy_stats.ttest_ind(*(np.concatenate(times[level, side]) for side in "ab"), equal_var=False).pvalue
        for level in LEVELS
    ]
    return min(p_values) * len(p_values) < 0.05


def main() -> None:
    """Print both tables, then how long a thousand cells take."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(
        f"A/A runs that name a difference, of {seeds} seeds ({len(LEVELS)} loads x {len(METRICS)} metrics each)\n"
    )
    print(f"{'rounds':>6} {'drift per cell':>14} {'ours':>8} {'no floor':>9} {'pooled requests':>16}")
    for rounds in ROUNDS:
        for drift in DRIFTS:
            runs = [ab_run(seed, rounds, drift) for seed in range(seeds)]
            alarms = [sum(map(rule, runs)) / seeds for rule in (ours, without_floor, pooled)]
            print(f"{rounds:>6} {drift:>14.1%} {alarms[0]:>8.1%} {alarms[1]:>9.1%} {alarms[2]:>16.1%}")
    print(f"\nA/B runs in which the slower side is named, by how much slower it is, of {seeds} seeds\n")
    print(f"{'rounds':>6} {'drift per cell':>14}" + "".join(f"{share:>8.0%}" for share in SHARES))
    for rounds in ROUNDS:
        for drift in DRIFTS:
            shares = [
                sum(found(ab_run(seed, rounds, drift, slower)) for seed in range(seeds)) / seeds
                for slower in SHARES
            ]
            print(f"{rounds:>6} {drift:>14.1%}" + "".join(f"{share:>8.0%}" for share in shares))
    _thousand()


def _thousand() -> None:
    base = ab_run(0, 10, 0.0)
    copies = [
        replace(one, cell=replace(one.cell, experiment=str(number)))
        for number in range(25)
        for one in base.measurements
    ]
    start = time.perf_counter()
    rows = summarise(replace(base, measurements=tuple(copies)))
    print(f"\n{len(copies)} cells in {len(rows)} rows summarised in {time.perf_counter() - start:.2f} s")


if __name__ == "__main__":
    main()
