"""The driving loop: every round, every cell, one after the other, kept as soon as it is measured.

It measures nothing itself. The measuring function, the sentry, the keeping and the showing are arguments, so that a
whole benchmark runs in milliseconds in a test.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from msgspec.structs import replace

from compare.records import Cell, Look, Measurement, Mixed, Noise, Run

NOISY_CELLS = 0.1  # a round with more noisy cells than this share is noisy as a whole
CALIBRATIONS = 10  # before a repeat, until one is quiet: about two seconds

Upcoming = Callable[[Cell | None], None]


def unprepared(_cell: Cell | None) -> None:
    """Take what comes next and do nothing about it."""


class Watcher(Protocol):
    """Shows how far the benchmark is. Seconds are estimates."""

    def begins(self, cells: int, expected_s: float) -> None:
        """`cells` cells are about to be measured."""

    def grows(self, cells: int) -> None:
        """`cells` more than was known so far will be measured."""

    def measuring(self, cell: Cell, done: int, left_s: float) -> None:
        """`cell` is about to be measured; `done` are finished, and `left_s` seconds are left, this one included."""

    def measured(self, measurement: Measurement) -> None:
        """One more measurement is finished; it may be a failure."""

    def remark(self, sentence: str) -> None:
        """`sentence` is worth knowing at once."""


class Noticing(Protocol):
    """The noise sentry, as `noise.Sentry` is one."""

    def calibrate(self) -> Noise:
        """Return the noise while nothing of ours runs."""


class Drive:
    """Drives rounds of cells; `run` grows by one measurement at a time.

    `keep` is called with the run after every cell. `expected_s` says about how long a cell takes; how wrong it was so
    far corrects the estimate of what is left. A noisy round is measured once more, unless the whole would then take
    longer than `most_s` seconds; both tries are kept, the quieter one is the result. `upcoming` is called before each
    cell with the one that follows in its round, None after the last: it may be made ready while this one is kept.
    """

    def __init__(
        self,
        run: Run,
        measure: Callable[[Cell], Measurement],
        *,
        sentry: Noticing,
        keep: Callable[[Run], None],
        watcher: Watcher,
        expected_s: Callable[[Cell], float],
        clock: Callable[[], float],
        most_s: float = math.inf,
        upcoming: Upcoming = unprepared,
    ) -> None:
        self.run = run
        self._measure, self._sentry, self._keep, self._watcher = measure, sentry, keep, watcher
        self._expected_s, self._clock, self._most_s = expected_s, clock, most_s
        self._upcoming = upcoming
        self._done = 0
        self._left_s = self._spent_s = self._spent_as_expected_s = 0.0

    def begin(self, cells: Sequence[Cell]) -> None:
        """Announce all that is known to be measured."""
        self._expect(cells)
        self.run = replace(self.run, planned=len(self.run.measurements) + len(cells))
        self._watcher.begins(len(cells), self._left_s)

    def grow(self, cells: Sequence[Cell]) -> None:
        """Announce `cells` that could be planned only after others were measured."""
        self._expect(cells)
        self.run = replace(self.run, planned=self.run.planned + len(cells))
        self._watcher.grows(len(cells))

    def rounds(self, rounds: Sequence[Sequence[Cell]], *, repeat: bool = True) -> None:
        """Measure all cells of all `rounds`, in their order. KeyboardInterrupt passes through; `run` is whole then.

        Without `repeat` a noisy round is marked and not made again: where pairs are measured on until they are decided,
        one more round tells more than a round made twice.
        """
        before = self._sentry.calibrate()
        for cells in rounds:
            before = self._round(cells, before, repeat=repeat)

    def affords(self, cells: Sequence[Cell]) -> bool:
        """Return whether `cells` may be measured besides what is left within the time there is."""
        expected_s = sum(map(self._expected_s, cells))
        return self._spent_s + (self._left_s + expected_s) * self._pace() <= self._most_s

    def looked(self, looks: Sequence[Look]) -> None:
        """Record looks at primary pairs, which spend their error budget, before anything else is measured."""
        self.run = replace(self.run, looks=(*self.run.looks, *looks))
        self._keep(self.run)

    def _expect(self, cells: Sequence[Cell]) -> None:
        self._left_s += sum(map(self._expected_s, cells))

    def _round(self, cells: Sequence[Cell], before: Noise, *, repeat: bool) -> Noise:
        start = len(self.run.measurements)
        after = self._once(cells, before, rerun=False)
        if not _noisy(self.run.measurements[start:]) or any(isinstance(cell.load, Mixed) for cell in cells):
            return after  # noise hides no leak
        number, expected_s = cells[0].round + 1, sum(map(self._expected_s, cells))
        if not repeat:
            self._watcher.remark(f"The machine was busy during round {number}.")
            return after
        if self._spent_s + (self._left_s + expected_s) * self._pace() > self._most_s:
            self._watcher.remark(
                f"The machine was busy during round {number}, and there is no time to repeat it."
            )
            return after
        self._left_s += expected_s
        self._watcher.grows(len(cells))
        self._watcher.remark(f"The machine was busy during round {number}: measuring that round once more.")
        middle = len(self.run.measurements)
        after = self._once(cells, self._calmed(), rerun=True)
        self._keep_the_quieter(start, middle)
        return after

    def _calmed(self) -> Noise:
        """Return the noise of a calibration made afresh, once more while it is noisy: what disturbed may be over."""
        for _ in range(CALIBRATIONS):
            noise = self._sentry.calibrate()
            if not noise.noisy:
                break
        return noise

    def _once(self, cells: Sequence[Cell], before: Noise, *, rerun: bool) -> Noise:
        """Measure one round; return the noise after it. A round that was noisy as a whole is marked."""
        start = len(self.run.measurements)
        for cell, then in zip(cells, [*cells[1:], None], strict=False):
            self._upcoming(then)
            self._cell(cell, rerun=rerun)
        after = self._sentry.calibrate()
        made = self.run.measurements[start:]
        noisy_cells = sum(m.noise is not None and m.noise.noisy for m in made)
        if before.noisy or after.noisy or noisy_cells > NOISY_CELLS * len(made):
            self._replace(start, map(_mark, made))
        return after

    def _keep_the_quieter(self, start: int, middle: int) -> None:
        """Mark the noisier of two tries of a round as superseded: both stay in the run, one is the result."""
        measurements = self.run.measurements
        first, second = measurements[start:middle], measurements[middle:]
        noisier_first = _disturbance(first) >= _disturbance(second)
        self._replace(
            start,
            [
                *(replace(one, superseded=noisier_first) for one in first),
                *(replace(one, superseded=not noisier_first) for one in second),
            ],
        )

    def _replace(self, start: int, measurements: Iterable[Measurement]) -> None:
        self.run = replace(self.run, measurements=(*self.run.measurements[:start], *measurements))
        self._keep(self.run)

    def _cell(self, cell: Cell, *, rerun: bool) -> None:
        expected_s, start = self._expected_s(cell), self._clock()
        self._watcher.measuring(cell, self._done, self._left_s * self._pace())
        measurement = replace(self._measure(cell), rerun=rerun)
        self.run = replace(self.run, measurements=(*self.run.measurements, measurement))
        self._keep(self.run)
        self._spent_s += self._clock() - start
        self._spent_as_expected_s += expected_s
        self._left_s -= expected_s
        self._done += 1
        self._watcher.measured(measurement)

    def _pace(self) -> float:
        """Return by how much the cells so far took longer than expected."""
        return self._spent_s / self._spent_as_expected_s if self._spent_as_expected_s else 1.0


def _noisy(round_: Sequence[Measurement]) -> bool:
    """Whether a round was noisy as a whole: then all of it is marked."""
    known = [one.noise.noisy for one in round_ if one.noise is not None]
    return bool(known) and all(known)


def _disturbance(round_: Sequence[Measurement]) -> tuple[bool, float]:
    """Return how disturbed a round was, to be compared: marked as a whole or not, then by how slow spins were."""
    known = [one.noise for one in round_ if one.noise is not None]
    slow = sum(one.spin_ratio - 1 + one.steal_share + one.pressure_share for one in known)
    return _noisy(round_), slow / max(1, len(known))


def _mark(measurement: Measurement) -> Measurement:
    """Return it as one of a noisy round, whatever it was by itself."""
    noise = measurement.noise
    return measurement if noise is None else replace(measurement, noise=replace(noise, noisy=True))
