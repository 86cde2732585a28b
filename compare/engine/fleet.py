"""The driving loop over many machines: whole rounds side by side, each kept cell by cell as it comes.

What `drive` promises holds: every cell is kept as soon as it is measured, and Ctrl-C loses nothing. A noisy cell says
so; no round is repeated for it, because another machine may be measuring what comes next.
"""

from collections.abc import Callable, Sequence
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from msgspec.structs import replace

from compare.engine.drive import Drive, Noticing, Watcher
from compare.engine.many import Began, Event, Finished, Machine, MachineLostError, Made, Many
from compare.engine.ready import Seen, together
from compare.engine.spread import MOST_ATTEMPTS, Attempt, Lost
from compare.errors import CompareError
from compare.records import Cell, LostRound, Measurement, Run


class NoMachineError(CompareError):
    """No machine is left to measure on; one sentence."""


class Machines(Protocol):
    """Where rounds are measured: a cluster, or made-up machines in a test."""

    def find(self) -> Sequence[Machine]:
        """Return the machines that are there now."""

    def drop(self) -> None:
        """End the cells that run now."""


class Fleet(Drive):
    """Drives rounds of cells over `machines`, which measure; `whole` adds to a measurement what is computed here.

    Rounds wait `patience_s` seconds when there is no machine at all. The other arguments are those of `Drive`.
    """

    def __init__(
        self,
        run: Run,
        machines: Machines,
        whole: Callable[[Measurement], Measurement],
        *,
        sentry: Noticing,
        keep: Callable[[Run], None],
        watcher: Watcher,
        expected_s: Callable[[Cell], float],
        clock: Callable[[], float],
        patience_s: float = 30.0,
    ) -> None:
        super().__init__(
            run, elsewhere, sentry=sentry, keep=keep, watcher=watcher, expected_s=expected_s, clock=clock
        )
        self._machines, self._whole, self._patience_s = machines, whole, patience_s

    def prepare(self) -> Seen:
        """Have every machine make ready what it will measure; return what holds for all that they saw of it.

        A machine that is lost meanwhile is told. Raises CompareError when one of them cannot, or none is left.
        """
        machines = self._machines.find()
        with ThreadPoolExecutor(max(1, len(machines))) as threads:
            asked = [threads.submit(_prepared, machine) for machine in machines]
            try:
                futures.wait(asked)
            except KeyboardInterrupt:
                self._machines.drop()
                raise
        seen = []
        for one in asked:
            try:
                seen.append(one.result())
            except MachineLostError as error:
                self._watcher.remark(f"{error} It had measured nothing.")
        if not seen:
            raise NoMachineError("No machine is left to measure on: start the workers again.")
        return together(seen)

    def rounds(self, rounds: Sequence[Sequence[Cell]], *, repeat: bool = False) -> None:  # noqa: ARG002
        """Measure all `rounds`, each on one machine. KeyboardInterrupt passes through once the machines stopped."""
        many = Many([cells for cells in rounds if cells], self._machines.find, patience_s=self._patience_s)
        try:
            for event in many.events():
                self._take(event, many)
        except KeyboardInterrupt:
            many.stop()
            self._machines.drop()
            raise
        for number in sorted({*many.spread.given_up, *many.spread.unmade}):
            cell = many.rounds[number][0]
            self._watcher.remark(f"Round {cell.round + 1} was not made: there is no machine left for it.")

    def _take(self, event: Event, many: Many) -> None:
        if isinstance(event, Made):
            self._made(event)
            return
        attempt = event.attempt
        number = many.rounds[attempt.round][0].round + 1
        if isinstance(event, Began):
            again = f", attempt {attempt.number}" if attempt.number > 1 else ""
            self._watcher.remark(f"{attempt.machine} begins round {number}{again}.")
        elif isinstance(event, Finished):
            self._watcher.remark(f"{attempt.machine} has made round {number}.")
        else:
            self._lost(event, many.rounds[attempt.round])

    def _made(self, event: Made) -> None:
        about = {"machine": event.attempt.machine, "attempt": event.attempt.number}
        measurement = replace(self._whole(event.measurement), **about)
        self.run = replace(self.run, measurements=(*self.run.measurements, measurement))
        self._keep(self.run)
        self._left_s -= self._expected_s(measurement.cell)
        self._watcher.measuring(measurement.cell, self._done, max(0.0, self._left_s))
        self._done += 1
        self._watcher.measured(measurement)

    def _lost(self, event: Lost, cells: Sequence[Cell]) -> None:
        """Keep what the lost attempt had measured, marked, and who lost it: the round is made again whole."""
        attempt, mine = event.attempt, set(cells)
        kept = tuple(
            replace(one, superseded=True) if _is_of(one, attempt) and one.cell in mine else one
            for one in self.run.measurements
        )
        lost = LostRound(cells[0].experiment, cells[0].round, attempt.number, attempt.machine, event.reason)
        self.run = replace(self.run, measurements=kept, lost=(*self.run.lost, lost))
        self._keep(self.run)
        if attempt.number == MOST_ATTEMPTS:
            self._watcher.remark(f"{event.reason} Its round {lost.round + 1} is given up.")
            return
        self._left_s += sum(self._expected_s(cell) for cell in cells)
        self._watcher.grows(len(cells))
        self._watcher.remark(f"{event.reason} Its round {lost.round + 1} is made again elsewhere.")


def _is_of(measurement: Measurement, attempt: Attempt) -> bool:
    return (measurement.machine, measurement.attempt) == (attempt.machine, attempt.number)


def _prepared(machine: Machine) -> Seen:
    with machine.turn:
        return machine.prepare()


def elsewhere(cell: Cell) -> Measurement:
    """Stand for the measuring function where machines measure."""
    raise AssertionError(f"{cell} is measured by machines, not by this process")
