"""Looks at primary pairs: what is undecided is measured on, after 3, 5 and 8 rounds, and each look is recorded."""

from collections.abc import Sequence

from compare.analysis.decide import LOOKS, Decision, decide
from compare.analysis.paired import with_floor
from compare.analysis.summary import Summary, summarise
from compare.engine import plan
from compare.engine.drive import Drive
from compare.experiments import catalogue
from compare.experiments.catalogue import Experiment
from compare.experiments.options import Options, Preset
from compare.records import Cell, Look, Run

LAST = f"after {LOOKS[-1]} rounds the error budget of a pair is spent"


def goes_on(experiment: Experiment, options: Options) -> bool:
    """Return whether pairs of `experiment` are measured on until they are decided, within the preset's time."""
    return options.preset is Preset.DEFAULT and options.rounds is None and hasattr(experiment, "primary")


def go_on(drive: Drive, experiment: Experiment, seed: int, *, adaptive: bool = True) -> None:
    """Look at the primary pairs of `experiment`; measure what is undecided until the next look, while time lasts."""
    while True:
        found = look(drive.run, experiment)
        drive.looked([_record(experiment, one) for one in found if _is_due(one, drive.run)])
        rounds = affordable(drive, found, seed) if adaptive else []
        if not rounds:
            return
        drive.grow([cell for cells in rounds for cell in cells])
        drive.rounds(rounds, repeat=False)


def affordable(drive: Drive, found: Sequence[Decision], seed: int) -> list[list[Cell]]:
    """Return the rounds that bring as many undecided pairs as time allows to their next look, the first ones first."""
    for many in range(len(found), 0, -1):
        rounds = further(found[:many], seed)
        if drive.affords([cell for cells in rounds for cell in cells]):
            return rounds
    return []


def look(run: Run, experiment: Experiment) -> list[Decision]:
    """Return what can be said now of each primary pair."""
    return [decide(a, b) for a, b in catalogue.primary(experiment, with_floor(summarise(run)))]


def further(found: Sequence[Decision], seed: int) -> list[list[Cell]]:
    """Return the rounds that bring undecided pairs to their next look; none where all are decided or had their last.

    A pair that was not measured thrice was not meant to be decided: a quick run stays quick.
    """
    undecided = [one for one in found if not one.decided and LOOKS[0] <= _rounds(one) < LOOKS[-1]]
    if not undecided:
        return []
    done = min(map(_rounds, undecided))
    following = next(each for each in LOOKS if each > done)
    rows = {id(row): row for one in undecided if _rounds(one) == done for row in (one.a, one.b)}
    cells = list(dict.fromkeys(_cell(row) for row in rows.values()))
    return plan.order(cells, following - done, seed + done, first=done)


def _rounds(one: Decision) -> int:
    """Return how many rounds were made of both, those in which a server stopped included."""
    return 1 + min(max((each.cell.round for each in row.rounds), default=-1) for row in (one.a, one.b))


def _cell(row: Summary) -> Cell:
    return Cell(row.experiment, row.contestant, row.load, side=row.side)


def _is_due(one: Decision, run: Run) -> bool:
    """Whether this is a look of the schedule that is not recorded yet."""
    rounds = _rounds(one)
    known = {(each.a, each.b, each.concurrency, each.rounds) for each in run.looks}
    return rounds in LOOKS and (one.a.contestant, one.b.contestant, one.a.in_flight, rounds) not in known


def _record(experiment: Experiment, one: Decision) -> Look:
    sides = one.a.contestant, one.b.contestant
    return Look(experiment.NAME, *sides, one.a.in_flight, _rounds(one), str(one.word))


def experiments_of(run: Run) -> set[str]:
    """Return the names of the experiments that `run` has measurements of."""
    return {one.cell.experiment for one in run.measurements}
