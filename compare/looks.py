"""Looks at primary pairs: what is undecided is measured on, after 3, 5 and 8 rounds, and each look is recorded."""

from collections.abc import Callable, Sequence

from compare.analysis.decide import LOOKS, Decision, decide
from compare.analysis.paired import with_floor
from compare.analysis.summary import Summary, summarise
from compare.contract import Paradigm
from compare.engine import plan
from compare.engine.drive import Drive
from compare.experiments import catalogue
from compare.experiments.catalogue import Experiment
from compare.experiments.options import Options, Preset
from compare.records import Cell, Look, Run

LAST = f"after {LOOKS[-1]} rounds the error budget of a pair is spent"

Wanted = Callable[[Decision], bool]  # which pairs are measured on


def goes_on(experiment: Experiment, options: Options) -> bool:
    """Return whether pairs of `experiment` are measured on until they are decided, within the preset's time."""
    return options.preset is Preset.DEFAULT and options.rounds is None and hasattr(experiment, "primary")


def wanted(pairs: Sequence[Paradigm] = (), up_to: int | None = None) -> Wanted:
    """Return which pairs are measured on: those with one of the paradigms `pairs`, all where none is named.

    A pair that has had `up_to` rounds is not; None = whatever it has had.
    """
    return lambda one: (
        (not pairs or one.b.contestant.paradigm in pairs) and (up_to is None or rounds_of(one) < up_to)
    )


def go_on(
    drive: Drive, experiment: Experiment, seed: int, *, adaptive: bool = True, of: Wanted | None = None
) -> None:
    """Look at the primary pairs of `experiment`; measure those `of` that are undecided until the next look.

    That goes on while time lasts; where it is not `adaptive`, the looks are recorded and nothing is measured.
    """
    of, made = of or wanted(), set[Cell]()
    while True:
        found = look(drive.run, experiment)
        drive.looked([_record(experiment, one) for one in found if _is_due(one, drive.run)])
        rounds = affordable(drive, list(filter(of, found)), seed) if adaptive else []
        cells = [cell for round_ in rounds for cell in round_]
        if made.issuperset(cells):  # nothing is left, or nothing came of these the first time
            return
        made.update(cells)
        drive.grow(cells)
        drive.rounds(rounds, repeat=False)


def affordable(drive: Drive, found: Sequence[Decision], seed: int) -> list[list[Cell]]:
    """Return the rounds that bring as many undecided pairs as time allows to their next look, the first ones first."""
    for many in range(len(found), 0, -1):
        rounds = further(found[:many], seed)
        if drive.affords([cell for cells in rounds for cell in cells]):
            return rounds
    return []


def undecided(run: Run, seed: int, of: Wanted) -> dict[str, list[list[Cell]]]:
    """Return by experiment the rounds that bring the undecided ones `of` the pairs of a kept run to their next look."""
    return {
        name: further(list(filter(of, look(run, experiment))), seed)
        for name, experiment in catalogue.EXPERIMENTS.items()
        if name in experiments_of(run)
    }


def look(run: Run, experiment: Experiment) -> list[Decision]:
    """Return what can be said now of each primary pair."""
    return [decide(a, b) for a, b in catalogue.primary(experiment, with_floor(summarise(run)))]


def further(found: Sequence[Decision], seed: int) -> list[list[Cell]]:
    """Return the rounds that bring undecided pairs to their next look; none where all are decided or had their last.

    A pair that was not measured thrice was not meant to be decided: a quick run stays quick.
    """
    undecided = [one for one in found if not one.decided and LOOKS[0] <= rounds_of(one) < LOOKS[-1]]
    if not undecided:
        return []
    done = min(map(rounds_of, undecided))
    following = next(each for each in LOOKS if each > done)
    rows = {id(row): row for one in undecided if rounds_of(one) == done for row in (one.a, one.b)}
    cells = list(dict.fromkeys(_cell(row) for row in rows.values()))
    return plan.order(cells, following - done, seed + done, first=done)


def rounds_of(one: Decision) -> int:
    """Return how many rounds were made of both, those in which a server stopped included."""
    return 1 + min(max((each.cell.round for each in row.rounds), default=-1) for row in (one.a, one.b))


def _cell(row: Summary) -> Cell:
    return Cell(row.experiment, row.contestant, row.load, side=row.side)


def _is_due(one: Decision, run: Run) -> bool:
    """Whether this is a look of the schedule that is not recorded yet."""
    rounds = rounds_of(one)
    known = {(each.a, each.b, each.concurrency, each.rounds) for each in run.looks}
    return rounds in LOOKS and (one.a.contestant, one.b.contestant, one.a.in_flight, rounds) not in known


def _record(experiment: Experiment, one: Decision) -> Look:
    sides = one.a.contestant, one.b.contestant
    return Look(experiment.NAME, *sides, one.a.in_flight, rounds_of(one), str(one.word))


def experiments_of(run: Run) -> set[str]:
    """Return the names of the experiments that `run` has measurements of."""
    return {one.cell.experiment for one in run.measurements}
