"""Looks at primary pairs: what is undecided is measured on, after 3, 5 and 8 rounds, and each look is recorded."""

from collections.abc import Sequence

from compare.analysis.decide import LOOKS, Decision, decide
from compare.analysis.paired import with_floor
from compare.analysis.summary import Summary, summarise
from compare.engine import plan
from compare.engine.drive import Drive
from compare.experiments import catalogue
from compare.experiments.catalogue import Experiment
from compare.records import Cell, Look, Run

LAST = f"after {LOOKS[-1]} rounds the error budget of a pair is spent"


def go_on(drive: Drive, experiment: Experiment, seed: int, *, adaptive: bool = True) -> None:
    """Look at the primary pairs of `experiment`; measure what is undecided until the next look, while time lasts."""
    while True:
        found = look(drive.run, experiment)
        drive.looked([_record(experiment, one) for one in found if _is_due(one, drive.run)])
        rounds = further(found, seed)
        cells = [cell for each in rounds for cell in each]
        if not adaptive or not cells or not drive.affords(cells):
            return
        drive.grow(cells)
        drive.rounds(rounds)


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
