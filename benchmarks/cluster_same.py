"""Does a cluster change the figures? The same contestants without one and with `--cluster local:2`, in turns.

    python -m benchmarks.cluster_same [ROUNDS]

Each round measures every contestant twice without and twice with a cluster, so that there is an A/A comparison of
either kind. What differs between the kinds must be within what either kind shows against itself, or within 5 %.
"""

import sys
import tempfile
from pathlib import Path

from msgspec.structs import replace

from compare import bench, records
from compare.analysis.decide import SMALLEST_EFFECT, Decision, decide, effect
from compare.analysis.metrics import CPU, P50, THROUGHPUT
from compare.analysis.summary import Summary, summarise
from compare.clustered import Where
from compare.contract import Paradigm
from compare.experiments.aa import SIDES
from compare.experiments.options import Options
from compare.records import Measurement
from compare.report.verdict import name, ratio_text
from compare.screen import progress

KINDS = {"without": None, "with": Where("local:2")}
PAIRS = [("without a", "without b"), ("with a", "with b"), ("with a", "without a"), ("with b", "without b")]
METRICS = (THROUGHPUT, P50, CPU)


def measured(kind: str, number: int, folder: Path) -> list[Measurement]:
    """Return one round's measurements, their sides named after the kind."""
    options = Options(paradigms=(Paradigm.NATIVE,), rounds=1, seed=number)
    ask = bench.Ask(("aa",), options, name=f"{kind}-{number}", out=folder, cluster=KINDS[kind])
    with progress.watcher() as watcher:
        made = records.read(bench.run(ask, watcher).folder).measurements
    return [
        replace(one, cell=replace(one.cell, round=number, side=f"{kind} {one.cell.side}")) for one in made
    ]


def compared(rows: list[Summary], pair: tuple[str, str]) -> list[Decision]:
    """Return the decisions on one pair of sides, for each contestant and metric."""
    ours, theirs = ({row.contestant: row for row in rows if row.side == side} for side in pair)
    return [decide(row, theirs[one], metric) for one, row in ours.items() for metric in METRICS]


def main(rounds: int = 5) -> None:
    """Measure, print a line for each comparison, and fail where one exceeds its floor."""
    made: list[Measurement] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for kind in list(KINDS)[:: -1 if number % 2 else 1]:
                made += measured(kind, number, Path(folder))
        run = records.read(next(Path(folder).iterdir()))
    rows = list(summarise(replace(run, measurements=tuple(made))))
    floors: dict[tuple[object, str], float] = {}
    beyond = 0
    for pair in PAIRS:
        for one in compared(rows, pair):
            key = (one.a.contestant, one.metric.name)
            apart = effect(one.ratio.value)
            against_itself = pair[0].split()[0] == pair[1].split()[0]
            if against_itself:
                floors[key] = max(SMALLEST_EFFECT, apart, floors.get(key, 0.0))
            bad = (
                not against_itself and not apart <= floors[key]
            )  # what could not be compared is not the same
            beyond += bad
            told = f"{name(one.a.contestant)}, {one.metric.name}, {pair[0]} over {pair[1]}: {ratio_text(one.ratio)}"
            print(f"{told}{'' if against_itself else f', floor {floors[key]:.1%}'}{' BEYOND' if bad else ''}")
    print(f"{beyond} comparisons of with and without a cluster beyond what either shows against itself")
    if beyond:
        sys.exit(1)


if __name__ == "__main__":
    assert SIDES == ("a", "b")
    main(*map(int, sys.argv[1:]))
