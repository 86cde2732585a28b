"""What stands ready to be measured on a machine, this one or one of a cluster, and what was seen of its works. Pure."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from compare.engine.drive import Upcoming, unprepared
from compare.records import Cell, Measurement, NotMeasured, Run, Wire

Measure = Callable[[Cell], Measurement]
_T = TypeVar("_T")


class Seen(msgspec.Struct, frozen=True):
    """What a machine saw of the works that were asked for, before it measured anything."""

    not_measured: tuple[NotMeasured, ...] = ()  # paradigms that a work has no face for
    took_s: float = 0.0  # by a user's own work; 0 where the work waits as asked
    blocking: tuple[str, ...] = ()  # works whose native face blocks the loop


def together(machines: Iterable[Seen]) -> Seen:
    """Return what holds for a run on all these machines: what any of them saw, the slowest one's time."""
    seen = list(machines)
    return Seen(
        _joined(*(each.not_measured for each in seen)),
        max((each.took_s for each in seen), default=0.0),
        _joined(*(each.blocking for each in seen)),
    )


class Ready(msgspec.Struct, frozen=True):
    """What stands ready: how it is measured, and what was seen beforehand."""

    measure: Measure
    seen: Seen = Seen()
    wires: tuple[Wire, ...] = ()
    upcoming: Upcoming = unprepared  # is told before each cell which one follows

    def possible(self, rounds: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
        """Return `rounds` without the cells of paradigms that their work has no face for."""
        missing = {(one.work, one.paradigm) for one in self.seen.not_measured}
        return [
            [cell for cell in cells if (cell.contestant.work, cell.contestant.paradigm) not in missing]
            for cells in rounds
        ]

    def told(self, run: Run) -> Run:
        """Return `run` with what was seen; what was seen when it was begun stays in a run that is measured on."""
        return replace(
            run,
            not_measured=_joined(run.not_measured, self.seen.not_measured),
            blocking=_joined(run.blocking, self.seen.blocking),
            wires=_joined(run.wires, self.wires),
        )


def _joined(*several: tuple[_T, ...]) -> tuple[_T, ...]:
    """Return all entries in order, each once."""
    return tuple(dict.fromkeys(itertools.chain.from_iterable(several)))
